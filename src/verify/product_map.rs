//! The product map, as a verification reads it.

use crate::domain::cell_reader::optional;
use crate::domain::export_fields::ProductCells;
use crate::domain::money;
use crate::domain::money::MoneyStyle;
use crate::domain::product_map::{ProductKind, ProductMap, ProductMapping};
use crate::domain::source_id;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::source;
use crate::source::Export;
use crate::source::discover::Exports;
use crate::verify::reader::ExportReader;
use crate::verify::request::VerifyRequest;
use crate::verify::standing_runs::StandingRun;

/// The product map of a verification.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChosenMap {
    /// The map; `None` where there is none at all.
    pub(crate) map: Option<ProductMap>,
    /// Whether the files hold another one than the runs have used.
    pub(crate) differs_from_files: bool,
}

/// The product map that the request names, else the one by which the newest run with a map was imported, else the one
/// among the files.
///
/// # Errors
/// Exit code 6 when a map is needed and several are among the files, or a row cannot be read.
pub(crate) fn product_map(
    request: &VerifyRequest,
    exports: &Exports,
    runs: &[StandingRun],
) -> anyhow::Result<ChosenMap> {
    if request.products.is_some() {
        return Ok(ChosenMap { map: given(request, exports)?, differs_from_files: false });
    }
    let of_run = |run: &StandingRun| {
        let map: ProductMap = serde_json::from_value(run.options.get("products")?.clone()).ok()?;
        (!map.products.is_empty()).then_some(map)
    };
    let Some(imported) = runs.iter().rev().find_map(of_run) else {
        return Ok(ChosenMap { map: given(request, exports)?, differs_from_files: false });
    };
    let differs_from_files = given(request, exports)?.is_some_and(|map| map.products != imported.products);
    Ok(ChosenMap { map: Some(imported), differs_from_files })
}

/// The product map that the request names, else the one among the files, which may stand there in several forms;
/// `None` where there is none.
fn given(request: &VerifyRequest, exports: &Exports) -> anyhow::Result<Option<ProductMap>> {
    let named = match &request.products {
        Some(path) => {
            source::open(path, &request.source)?.into_iter().find(|one| one.kind == SourceKind::Products)
        }
        None => None,
    };
    if let Some(export) = named {
        return read(&export).map(Some);
    }
    let mut maps = exports.of(SourceKind::Products).into_iter().map(read);
    let Some(first) = maps.next().transpose()? else { return Ok(None) };
    for other in maps {
        if other? != first {
            return Err(Failure::input(tr!(
                "several product maps are among the files; choose one with --products"
            )));
        }
    }
    Ok(Some(first))
}

/// Reads the rows of a product map.
fn read(export: &Export) -> anyhow::Result<ProductMap> {
    let mut reader = ExportReader::open(export, ProductCells::FIELDS);
    let mut map = ProductMap::default();
    loop {
        let rows = reader.chunk()?;
        if rows.is_empty() {
            return Ok(map);
        }
        for row in rows {
            let unusable =
                || Failure::input(tr!("{} line {}: not a row of a product map", export.file, row.line));
            let record = row.cells.as_ref().ok_or_else(unusable)?;
            let cells = ProductCells::read(|field| reader.cell(record, field));
            let (id, mapped) = mapped(&cells).ok_or_else(unusable)?;
            map.products.insert(id, mapped);
        }
    }
}

fn mapped(cells: &ProductCells<'_>) -> Option<(String, ProductMapping)> {
    let price = match optional(cells.price) {
        Some(price) => Some(money::parse(&price, MoneyStyle::Checklist).ok()?),
        None => None,
    };
    let mapped = ProductMapping {
        name: optional(cells.product_name).unwrap_or_default(),
        kind: ProductKind::from_word(cells.kind)?,
        membership: optional(cells.membership),
        duration: optional(cells.duration),
        price,
        product: optional(cells.product),
    };
    Some((source_id::key(&optional(cells.product_id)?).into_owned(), mapped))
}

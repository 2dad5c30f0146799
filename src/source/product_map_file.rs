//! Reads the product map from a file.

use std::path::Path;

use crate::domain::cell_reader::optional;
use crate::domain::export_fields::ProductCells;
use crate::domain::money;
use crate::domain::money::MoneyStyle;
use crate::domain::product_map::{DURATIONS, ProductKind, ProductMap, ProductMapping};
use crate::domain::source_id;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::source::file_options::FileOptions;
use crate::source::reader;
use crate::source::source_row::RowCells;

/// Reads a product map. It decides which memberships people get, so any mistake in it is an error.
///
/// # Errors
/// Exit code 6 with the line and the cell: the file is no product map, or a line of it is wrong.
pub(crate) fn read(path: &Path, options: &FileOptions) -> anyhow::Result<ProductMap> {
    let exports = reader::open(path, options)?;
    let Some(export) = exports.into_iter().find(|export| export.kind == SourceKind::Products) else {
        return Err(Failure::input(tr!("{}: not a product map", path.display())));
    };
    let mut map = ProductMap::default();
    let mut problem = None;
    reader::read(&export, 100, |rows| {
        for row in rows {
            let added = match &row.cells {
                RowCells::Whole(record) => {
                    let cell =
                        |at: usize| export.layout.positions[at].and_then(|at| record.get(at)).unwrap_or("");
                    add(&mut map, &ProductCells::read(cell))
                }
                _ => Err(tr!("a wrong number of cells, or bytes that are no UTF-8").to_owned()),
            };
            if let Err(why) = added {
                problem = Some(tr!("{} line {}: {why}", path.display(), row.line));
                return false;
            }
        }
        true
    })?;
    problem.map_or(Ok(map), |message| Err(Failure::input(message)))
}

fn add(map: &mut ProductMap, cells: &ProductCells<'_>) -> Result<(), String> {
    let id = optional(cells.product_id).ok_or(tr!("product_id is empty"))?;
    let id = source_id::key(&id).into_owned();
    let Some(kind) = ProductKind::from_word(cells.kind) else {
        return Err(tr!("kind \"{}\" is none of MEMBERSHIP, PRODUCT, COURSE, EVENT", cells.kind.trim()));
    };
    let membership = optional(cells.membership);
    if membership.is_some() && kind != ProductKind::Membership {
        return Err(tr!("only a MEMBERSHIP names a membership").to_owned());
    }
    let duration = optional(cells.duration);
    if let Some(word) = duration.as_deref().filter(|word| !DURATIONS.contains(word)) {
        return Err(tr!("duration \"{word}\" is none of {}", DURATIONS.join(", ")));
    }
    let price = match optional(cells.price) {
        Some(price) => Some(
            money::parse(&price, MoneyStyle::Checklist).map_err(|error| tr!("price \"{price}\": {error}"))?,
        ),
        None => None,
    };
    let mapped = ProductMapping {
        name: optional(cells.product_name).unwrap_or_default(),
        kind,
        membership,
        duration,
        price,
        product: optional(cells.product),
    };
    match map.products.insert(id.clone(), mapped) {
        Some(_) => Err(tr!("product {id} stands twice in the map")),
        None => Ok(()),
    }
}

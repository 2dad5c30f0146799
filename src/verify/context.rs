//! What every check needs to know: the runs that stand, the product map, the affiliates of the app.

use std::collections::HashMap;

use crate::domain::cell_reader::{CellRules, optional};
use crate::domain::date::{DateOrder, DateRules, Millis, SourceZone};
use crate::domain::export_fields::ProductCells;
use crate::domain::money;
use crate::domain::money::MoneyStyle;
use crate::domain::native_order::ProductsByTitle;
use crate::domain::product_map::{ProductKind, ProductMap, ProductMapping};
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::source;
use crate::source::discover::Exports;
use crate::store::history::runs::state;
use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile, ImportRun, Membership, Product};
use crate::store::session::store::Store;
use crate::verify::VerifyRequest;
use crate::verify::reader::ExportReader;
use crate::verify::rejects::{Hashes, Rejects};

/// A run that stands.
#[derive(Clone, Debug)]
pub struct StandingRun {
    /// Its row.
    pub row: ImportRun,
    /// Its options.
    pub options: serde_json::Value,
    /// What stood in for now.
    pub as_of: Millis,
}

/// A verified affiliate.
#[derive(Clone, Debug)]
pub struct VerifiedAffiliate {
    /// AffiliateProfile.id (L19).
    pub profile_id: String,
    /// Its user.
    pub user_id: String,
}

/// What is known before the checks.
#[derive(Clone, Debug)]
pub struct VerifyContext {
    /// The runs that stand, the oldest first.
    pub runs: Vec<StandingRun>,
    /// How many runs were rolled back.
    pub rolled_back: usize,
    /// How cells are read.
    pub rules: CellRules,
    /// What was asked to stand in for now.
    pub as_of: Option<Millis>,
    /// The product map, if there is one.
    pub map: Option<ProductMap>,
    /// The product map's titles.
    pub products_by_title: ProductsByTitle,
    /// The app's products by slug.
    pub products: HashMap<String, String>,
    /// The app's memberships: slug by id.
    pub memberships: HashMap<String, String>,
    /// Verified affiliates by Sejoli's code.
    pub sellers: HashMap<String, VerifiedAffiliate>,
    /// What the runs have held and rejected.
    pub rejects: Rejects,
    hashes: Hashes,
    times: HashMap<i64, usize>,
}

impl VerifyContext {
    /// Looks at the database and the files.
    pub fn load(store: &mut Store, request: &VerifyRequest, exports: &Exports) -> anyhow::Result<Self> {
        let (runs, rolled_back) = standing_runs(store)?;
        let times = runs.iter().enumerate().map(|(at, run)| (run.row.started_at.0, at)).collect();
        let map = product_map(request, exports)?;
        let hashes = Hashes::of(exports)?;
        let products: Vec<Product> = store.select("", &[])?;
        let memberships: Vec<Membership> = store.select("", &[])?;
        Ok(Self {
            rules: rules(request, runs.last()),
            as_of: request.as_of,
            products: products.into_iter().filter_map(|row| Some((row.slug?, row.id))).collect(),
            memberships: memberships.into_iter().filter_map(|row| Some((row.id, row.slug?))).collect(),
            sellers: sellers(store)?,
            rejects: Rejects::load(store, &runs, &hashes)?,
            hashes,
            products_by_title: map.as_ref().map(ProductsByTitle::of).unwrap_or_default(),
            map,
            times,
            runs,
            rolled_back,
        })
    }

    /// Whether a time is that of a run's writing.
    pub fn is_run_time(&self, time: Millis) -> bool {
        self.times.contains_key(&time.0)
    }

    /// Whether a run of one of these times has read the very file that is given under this name.
    pub fn was_read(&self, times: &[Millis], kind: SourceKind, file: &str) -> bool {
        let runs = times.iter().filter_map(|time| self.times.get(&time.0));
        runs.into_iter().any(|&at| self.hashes.same(&self.runs[at], kind, file))
    }

    /// What stood in for now when a row of `written_at` was written.
    pub fn as_of(&self, written_at: Millis) -> Option<Millis> {
        self.as_of.or_else(|| self.times.get(&written_at.0).map(|&at| self.runs[at].as_of))
    }
}

fn standing_runs(store: &mut Store) -> anyhow::Result<(Vec<StandingRun>, usize)> {
    let rows: Vec<ImportRun> = store.select("ORDER BY \"startedAt\", \"id\"", &[])?;
    let all = rows.len();
    let runs: Vec<StandingRun> = rows
        .into_iter()
        .filter(|row| row.state != state::ROLLED_BACK)
        .map(|row| {
            let options: serde_json::Value = serde_json::from_str(&row.options.0).unwrap_or_default();
            let given = options.get("as_of").and_then(|time| time.as_str()).and_then(Millis::parse_rfc3339);
            StandingRun { as_of: given.unwrap_or(row.started_at), options, row }
        })
        .collect();
    Ok((runs.clone(), all - runs.len()))
}

/// The rules that were asked for, else those of the last run.
fn rules(request: &VerifyRequest, last: Option<&StandingRun>) -> CellRules {
    let option = |name: &str| last.and_then(|run| run.options.get(name)?.as_str().map(str::to_owned));
    let zone = request.source_tz.or_else(|| option("zone")?.parse::<SourceZone>().ok());
    let order = match option("date_order").as_deref() {
        Some("Mdy") => DateOrder::MonthFirst,
        _ => DateOrder::DayFirst,
    };
    let dates = DateRules {
        zone: zone.unwrap_or(SourceZone::JAKARTA),
        order: request.date_order.unwrap_or(order),
        epoch_1904: false,
    };
    CellRules { dates, money: MoneyStyle::Checklist }
}

fn sellers(store: &mut Store) -> anyhow::Result<HashMap<String, VerifiedAffiliate>> {
    let mappings: Vec<AffiliateMapping> = store.select("WHERE \"mappingStatus\" = 'VERIFIED'", &[])?;
    let users: Vec<&str> = mappings.iter().filter_map(|row| row.eksporyuk_user_id.as_deref()).collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
    let profile_of: HashMap<String, String> = profiles.into_iter().map(|row| (row.user_id, row.id)).collect();
    let seller = |mapping: AffiliateMapping| {
        let user_id = mapping.eksporyuk_user_id?;
        let profile_id = profile_of.get(&user_id)?.clone();
        Some((mapping.code, VerifiedAffiliate { profile_id, user_id }))
    };
    Ok(mappings.into_iter().filter_map(seller).collect())
}

fn product_map(request: &VerifyRequest, exports: &Exports) -> anyhow::Result<Option<ProductMap>> {
    let among = exports.of(SourceKind::Products);
    let named = match &request.products {
        Some(path) => {
            source::open(path, &request.source)?.into_iter().find(|one| one.kind == SourceKind::Products)
        }
        None => None,
    };
    let export = match (&named, among.as_slice()) {
        (Some(export), _) => export,
        (None, []) => return Ok(None),
        (None, [one]) => *one,
        (None, _) => {
            return Err(Failure::input(
                "several product maps are among the files; choose one with --products",
            ));
        }
    };
    let mut reader = ExportReader::open(export, ProductCells::FIELDS);
    let mut map = ProductMap::default();
    loop {
        let rows = reader.chunk()?;
        if rows.is_empty() {
            return Ok(Some(map));
        }
        for row in rows {
            let unusable =
                || Failure::input(format!("{} line {}: not a row of a product map", export.file, row.line));
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
    Some((optional(cells.product_id)?, mapped))
}

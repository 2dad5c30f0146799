//! Sejoli's commissions: every row of the files is kept, and what is kept of a row is what it says. What is due of tiers
//! above the first is told to the check of the wallets.

use std::collections::HashMap;

use crate::domain::cell_reader::Parsed;
use crate::domain::commission_row;
use crate::domain::commission_row::{Commission, CommissionRow};
use crate::domain::commission_status::CommissionStatus;
use crate::domain::date::Millis;
use crate::domain::export_fields::CommissionCells;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::domain::paid_record::PaidFlag;
use crate::domain::source_id;
use crate::domain::source_kind::SourceKind;
use crate::language::tr;
use crate::source::Export;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{SourceRecord, Transaction, TransactionStatus};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::reader::{ExportReader, ExportRow, Payload, kept};
use crate::verify::rejects;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::external_id;

const KIND: SourceKind = SourceKind::Commissions;

/// Compares every row of the files.
///
/// # Errors
/// Those of the files and of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    exports: &[&Export],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let mut not_written = 0_u64;
    for export in exports {
        let mut reader = ExportReader::open(export, CommissionCells::FIELDS);
        loop {
            let rows = reader.chunk()?;
            if rows.is_empty() {
                break;
            }
            let keys: Vec<String> = rows.iter().map(|row| key(&reader, row)).collect();
            let wanted: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
            let sources = store.answer(kept(store, SourceRecordKind::Commission, &wanted))?;
            let sources: HashMap<String, SourceRecord> =
                sources.into_iter().map(|row| (row.source_key.clone(), row)).collect();
            for (row, key) in rows.iter().zip(&keys) {
                check.rows += 1;
                let mut one = CommissionComparison {
                    context,
                    check,
                    reader: &reader,
                    row,
                    key,
                    stored: sources.get(key),
                };
                not_written += u64::from(!one.compare());
            }
        }
    }
    if not_written > 0 {
        check.facts.push(tr!("{not_written} rows held or rejected"));
    }
    Ok(())
}

fn key(reader: &ExportReader, row: &ExportRow) -> String {
    source_id::key(row.cells.as_ref().map_or("", |record| reader.cell(record, 0)).trim()).into_owned()
}

struct CommissionComparison<'a> {
    context: &'a VerifyContext,
    check: &'a mut VerifyCheck,
    reader: &'a ExportReader,
    row: &'a ExportRow,
    key: &'a str,
    stored: Option<&'a SourceRecord>,
}

impl CommissionComparison<'_> {
    /// Compares the row, and returns whether it is in the database. If it is not, it was held or rejected, or a
    /// difference has been entered.
    fn compare(&mut self) -> bool {
        let Parsed { record, findings, amount } = self.parse();
        let rejects = self.context.rejects.at(KIND, &self.reader.file, self.row.number);
        for reject in &rejects {
            rejects::compare(self.check, reject, self.row, self.key, &findings, amount);
        }
        if let (Some(source), Some(row), Some(cells)) = (self.stored, record, &self.row.cells) {
            let payload = Payload::read(&source.payload.0);
            if self.reader.same_cells(cells, &payload) {
                self.compare_row(&row, source, payload.commission());
                return true;
            }
            let here = payload.file == self.reader.file.as_str() && payload.record == self.row.number;
            if !here && self.context.was_read(&[source.created_at, source.updated_at], KIND, &payload.file) {
                return true;
            }
        }
        if rejects.is_empty() && !self.context.rejects.has_key(KIND, self.key, &self.reader.file) {
            let what = tr!("is neither in the database as it stands there nor among the rejects");
            let (file, record) = (&self.reader.file, self.row.number);
            self.check.differ(tr!("commission {} ({file} record {record}): {what}", self.key));
        }
        false
    }

    fn parse(&self) -> Parsed<CommissionRow> {
        let Some(record) = &self.row.cells else {
            return Parsed { record: None, findings: Vec::new(), amount: None };
        };
        let cells = CommissionCells::read(|field| self.reader.cell(record, field));
        commission_row::parse(&cells, self.reader.rules(self.context.rules))
    }

    fn compare_row(&mut self, row: &CommissionRow, source: &SourceRecord, kept: Option<Commission>) {
        let who = tr!("commission {}", row.id);
        self.check.values += self.reader.columns.len() as u64;
        let id = id_for("SejoliSourceRecord", &format!("commission/{}", self.key), Millis(0));
        self.check.compare(source.id == id, || format!("{who}: SejoliSourceRecord: id"));
        let target = owner_of(&row.commission.affiliate_code);
        self.check.compare(source.target_id == target, || format!("{who}: SejoliSourceRecord: targetId"));
        let is_same = kept.as_ref() == Some(&row.commission);
        self.check.compare(is_same, || tr!("{who}: SejoliSourceRecord: payload: commission"));
    }
}

/// The decision in whose wallet a code is settled.
fn owner_of(code: &str) -> String {
    id_for("SejoliIdentity", &format!("affiliate/{code}"), Millis(0))
}

/// A commission of a tier above the first that is due in a wallet.
#[derive(Clone, Debug)]
pub(crate) struct DueTier {
    /// The reference of its entry in the ledger.
    pub(crate) reference: String,
    /// Its description there.
    pub(crate) description: String,
    /// Sejoli's code of the affiliate.
    pub(crate) code: String,
    /// The commission.
    pub(crate) amount: Money,
    /// Whether Sejoli has paid it out.
    pub(crate) paid: bool,
    /// When it was earned.
    pub(crate) earned_at: Millis,
}

impl DueTier {
    /// What is stated of it, for what was paid of its code.
    pub(crate) fn paid_flag(&self) -> PaidFlag {
        PaidFlag { amount: self.amount, stated: Some(self.paid), is_paid_by_app: false }
    }
}

/// What is kept of some affiliates' commissions.
#[derive(Clone, Debug, Default)]
pub(crate) struct DueCommissions {
    /// Whether those of the first tier were paid out, by the orders' numbers.
    pub(crate) first_tier: HashMap<String, bool>,
    /// Those above it that are due: Sejoli has added them, and their orders are paid.
    pub(crate) tiers: Vec<DueTier>,
}

/// The kept commissions of some affiliates, by the numbers of their rows.
#[derive(Debug)]
pub(crate) struct KeptCommissions {
    first_tier: Vec<(String, Commission)>,
    above: Vec<(String, Commission)>,
}

/// An order's external id, its status, when it was paid and when it was placed.
type SaleColumns = (String, TransactionStatus, Option<Millis>, Millis);

impl KeptCommissions {
    /// Those of some codes.
    pub(crate) fn of(store: &Store, codes: &[&str]) -> DeferredQuery<'static, Self> {
        let owners: Vec<String> = codes.iter().map(|code| owner_of(code)).collect();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let of_kind = Some(("kind", SourceRecordKind::Commission.as_str()));
        let read = |row: SourceRecord| Some((row.source_key, Payload::read(&row.payload.0).commission()?));
        store.rows_among(of_kind, "targetId", &owners).map(move |rows: Vec<SourceRecord>| {
            let (first_tier, above) =
                rows.into_iter().filter_map(read).partition(|(_, commission)| commission.tier == 1);
            Self { first_tier, above }
        })
    }

    /// What is due of them, by the orders to which those above the first tier belong.
    pub(crate) fn due(self, store: &Store) -> DeferredQuery<'static, DueCommissions> {
        let external: Vec<String> =
            self.above.iter().map(|(_, commission)| external_id(&commission.order_id)).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let names = ["externalId", "status", "paidAt", "createdAt"];
        let sales = store.columns_in(Transaction::TABLE, &names, KeyFilter::keys("externalId", &external));
        sales.map(|sales| DueCommissions::new(self, sales))
    }
}

impl DueCommissions {
    fn new(kept: KeptCommissions, sales: Vec<SaleColumns>) -> Self {
        let earned: HashMap<String, Millis> = sales
            .into_iter()
            .filter(|(_, status, ..)| *status == TransactionStatus::Success)
            .map(|(external, _, paid_at, placed_at)| (external, paid_at.unwrap_or(placed_at)))
            .collect();
        let due = |(id, commission): (String, Commission)| {
            let Commission { order_id, affiliate_code, tier, amount, status, paid } = commission;
            let earned_at = *earned.get(&external_id(&order_id))?;
            let is_due = status == CommissionStatus::Added && amount.is_positive();
            is_due.then(|| DueTier {
                reference: format!("sejoli-{order_id}-tier-{tier}-{id}"),
                description: format!("Sejoli commission, order {order_id}, tier {tier}"),
                code: affiliate_code,
                amount,
                paid,
                earned_at,
            })
        };
        Self {
            first_tier: kept.first_tier.into_iter().map(|(_, one)| (one.order_id, one.paid)).collect(),
            tiers: kept.above.into_iter().filter_map(due).collect(),
        }
    }
}

//! What the reconciliation goes by: what is stored of an order, and conversions, ledgers and payouts by their owner. Amounts are
//! grouped here and summed in the program, since a database would add some of them as floats.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Field};
use crate::store::queries::answers::field;
use crate::store::queries::rows::KeyPage;
use crate::store::schema::tables::{
    AffiliateConversion, ImportReject, Payout, PayoutStatus, TransactionStatus, WalletTransaction,
};
use crate::store::session::store::Store;

/// An imported order with what its log and its conversion say of it.
#[derive(Clone, Debug)]
pub(crate) struct OrderFacts {
    /// Sejoli's number.
    pub(crate) external_id: String,
    /// The transaction's status.
    pub(crate) status: TransactionStatus,
    /// What it has charged.
    pub(crate) amount: Money,
    /// The order's total, before what was paid is known.
    pub(crate) original_amount: Option<Money>,
    /// The commission that the order has recorded.
    pub(crate) share: Option<Money>,
    /// When it was placed.
    pub(crate) placed_at: Millis,
    /// When it was paid.
    pub(crate) paid_at: Option<Millis>,
    /// What its log says; none where the log is gone.
    pub(crate) log: Option<LogFacts>,
    /// The buyer's address.
    pub(crate) buyer: Option<String>,
    /// Its conversions: one, unless the database lets it have more.
    pub(crate) conversions: Vec<ConversionFacts>,
}

/// What an order's log says of it.
#[derive(Clone, Debug)]
pub(crate) struct LogFacts {
    /// Sejoli's number of the product.
    pub(crate) product_id: String,
    /// The product's name.
    pub(crate) product_name: String,
    /// The affiliate's code.
    pub(crate) code: Option<String>,
    /// The order's status in Sejoli.
    pub(crate) order_status: String,
    /// The rate, in percent.
    pub(crate) rate: Option<f64>,
}

/// An order's conversion.
#[derive(Clone, Debug)]
pub(crate) struct ConversionFacts {
    /// Its id.
    pub(crate) id: String,
    /// The id of the `AffiliateProfile`.
    pub(crate) profile_id: String,
    /// The commission.
    pub(crate) commission: Money,
    /// When it was earned.
    pub(crate) earned_at: Millis,
    /// Whether it counts as paid out.
    pub(crate) is_paid_out: bool,
    /// Whether imports have said that it is paid out: then the app has not.
    pub(crate) is_marked: bool,
}

/// The cells of a row, one after the other.
struct CellCursor<'a> {
    store: &'a Store,
    cells: &'a mut std::vec::IntoIter<Cell>,
}

impl CellCursor<'_> {
    fn field<F: Field>(&mut self) -> anyhow::Result<F> {
        field(self.store, self.cells.next().unwrap_or(Cell::Null))
    }
}

/// Conversions of one profile that have one commission and one mark of payment, whoever has made them.
#[derive(Clone, Debug)]
pub(crate) struct MarkedConversions {
    /// The id of the `AffiliateProfile`.
    pub(crate) profile_id: String,
    /// Whether they are marked as paid out.
    pub(crate) paid_out: bool,
    /// The commission of each.
    pub(crate) commission: Money,
    /// How many there are.
    pub(crate) conversions: i64,
}

/// All conversions by profile, mark of payment and commission, in no order.
pub(crate) fn marked_conversions(store: &mut Store) -> anyhow::Result<Vec<MarkedConversions>> {
    let table = AffiliateConversion::TABLE.name;
    let sql = format!(
        "SELECT \"affiliateId\", \"paidOut\", \"commissionAmount\", count(*) FROM \"{table}\" \
         GROUP BY \"affiliateId\", \"paidOut\", \"commissionAmount\""
    );
    let rows = store.query(&sql, &[])?;
    let store = &*store;
    let marked = |row: Vec<Cell>| {
        let mut cells = row.into_iter();
        let mut next = CellCursor { store, cells: &mut cells };
        Ok(MarkedConversions {
            profile_id: next.field()?,
            paid_out: next.field()?,
            commission: next.field()?,
            conversions: next.field()?,
        })
    };
    rows.into_iter().map(marked).collect()
}

/// Entries or payouts of one wallet that have one amount.
#[derive(Clone, Debug)]
pub(crate) struct WalletAmounts {
    /// The wallet's id.
    pub(crate) wallet_id: String,
    /// The amount of each.
    pub(crate) amount: Money,
    /// How many there are.
    pub(crate) entries: i64,
}

/// The ledgers' entries by wallet and amount, in no order: those of imports, or the app's own.
pub(crate) fn ledger_amounts(store: &mut Store, of_imports: bool) -> anyhow::Result<Vec<WalletAmounts>> {
    let of_sejoli = store.of_sejoli();
    let condition = match of_imports {
        true => format!("\"reference\" {of_sejoli}"),
        false => format!("\"reference\" IS NULL OR \"reference\" NOT {of_sejoli}"),
    };
    wallet_amounts(store, "WalletTransaction", &condition)
}

/// The imports' entries of tiers above the first, by wallet and amount, in no order.
pub(crate) fn higher_tier_amounts(store: &mut Store) -> anyhow::Result<Vec<WalletAmounts>> {
    let condition = of_higher_tiers(store);
    wallet_amounts(store, "WalletTransaction", &condition)
}

/// The references of the imports' entries of tiers above the first.
pub(crate) fn higher_tier_references(store: &mut Store) -> anyhow::Result<HashSet<String>> {
    let narrowed = format!("{} AND ", of_higher_tiers(store));
    let (mut references, mut after) = (HashSet::new(), String::new());
    loop {
        let page = KeyPage { key: "id", after: &after, limit: 5000 };
        let names = ["id", "reference"];
        let rows: Vec<(String, String)> =
            store.columns_where(WalletTransaction::TABLE, &names, &page.tail(&narrowed), &page.cells())?;
        let Some((last, _)) = rows.last() else { return Ok(references) };
        after.clone_from(last);
        references.extend(rows.into_iter().map(|(_, reference)| reference));
    }
}

fn of_higher_tiers(store: &Store) -> String {
    format!("\"reference\" {} AND \"reference\" LIKE '%-tier-%'", store.of_sejoli())
}

/// What was asked for and not paid yet, by wallet and amount, in no order; nothing where the app has no payouts.
pub(crate) fn open_payouts(store: &mut Store) -> anyhow::Result<Vec<WalletAmounts>> {
    if !store.has_table(Payout::TABLE.name) {
        return Ok(Vec::new());
    }
    let words = [PayoutStatus::Pending, PayoutStatus::Approved].map(PayoutStatus::as_str);
    let condition = format!("\"status\" IN ('{}', '{}')", words[0], words[1]);
    wallet_amounts(store, Payout::TABLE.name, &condition)
}

fn wallet_amounts(store: &mut Store, table: &str, condition: &str) -> anyhow::Result<Vec<WalletAmounts>> {
    let sql = format!(
        "SELECT \"walletId\", \"amount\", count(*) FROM \"{table}\" WHERE {condition} GROUP BY \"walletId\", \"amount\""
    );
    let rows = store.query(&sql, &[])?;
    let store = &*store;
    let amounts = |row: Vec<Cell>| {
        let mut cells = row.into_iter();
        let mut next = CellCursor { store, cells: &mut cells };
        Ok(WalletAmounts { wallet_id: next.field()?, amount: next.field()?, entries: next.field()? })
    };
    rows.into_iter().map(amounts).collect()
}

/// A row that a run has left out.
#[derive(Clone, Debug)]
pub(crate) struct LeftOut {
    /// The run.
    pub(crate) run_id: String,
    /// The file.
    pub(crate) file: String,
    /// Sejoli's number; none where the row has none.
    pub(crate) key: Option<String>,
    /// `HELD` or `REJECTED`.
    pub(crate) disposition: String,
    /// The code of the finding.
    pub(crate) code: String,
    /// The amount; none where it cannot be read.
    pub(crate) amount: Option<Money>,
}

/// The rows of a kind that any run has left out, in the order of their places.
pub(crate) fn left_out(store: &mut Store, kind: &str) -> anyhow::Result<Vec<LeftOut>> {
    let names = ["runId", "file", "sourceKey", "disposition", "code", "amount"];
    let tail = "WHERE \"kind\" = ? ORDER BY \"file\", \"record\", \"id\"";
    let rows = store.columns_where(ImportReject::TABLE, &names, tail, &[Cell::Text(kind.to_owned())])?;
    let left_out = |(run_id, file, key, disposition, code, amount)| LeftOut {
        run_id,
        file,
        key,
        disposition,
        code,
        amount,
    };
    Ok(rows.into_iter().map(left_out).collect())
}

//! Orders: transactions of the app and the webhook logs of Sejoli.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::queries::answers::{count, field, texts};
use crate::store::queries::rows::KeyPage;
use crate::store::schema::tables::{Transaction, TransactionStatus, WebhookLog};
use crate::store::session::store::Store;

/// Imported orders that have one status and have charged one amount. Amounts are summed in the
/// program and not in SQL, since a database would add some of them as floats.
#[derive(Clone, Debug)]
pub(crate) struct OrdersOfAmount {
    /// The status of the transactions.
    pub(crate) status: String,
    /// What each of them has charged.
    pub(crate) amount: Money,
    /// How many there are.
    pub(crate) orders: i64,
}

/// The imported orders, and those among them that are paid.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImportedOrders {
    /// How many there are of any status.
    pub(crate) orders: u64,
    /// The paid ones by amount and commission, in no order.
    pub(crate) paid: Vec<PaidOrders>,
}

/// Paid orders that have one amount and one commission.
#[derive(Clone, Debug)]
pub(crate) struct PaidOrders {
    /// What each of them has charged.
    pub(crate) amount: Money,
    /// The affiliate's share of each.
    pub(crate) affiliate_share: Option<Money>,
    /// How many there are.
    pub(crate) orders: i64,
}

/// The imported orders by status and amount, in no order.
pub(crate) fn by_amount(store: &mut Store) -> anyhow::Result<Vec<OrdersOfAmount>> {
    grouped_by_amount(store, "")
}

/// The imported orders by status and amount, in the order of the statuses.
pub(crate) fn by_amount_in_order_of_status(store: &mut Store) -> anyhow::Result<Vec<OrdersOfAmount>> {
    grouped_by_amount(store, " ORDER BY \"status\"")
}

fn grouped_by_amount(store: &mut Store, order: &str) -> anyhow::Result<Vec<OrdersOfAmount>> {
    let sql = format!(
        "SELECT \"status\", \"amount\", count(*) FROM \"Transaction\" \
         WHERE \"externalId\" {} GROUP BY \"status\", \"amount\"{order}",
        store.of_sejoli()
    );
    let mut groups = Vec::new();
    for row in store.query(&sql, &[])? {
        let Ok([Cell::Text(status), amount, Cell::Int(orders)]) = <[Cell; 3]>::try_from(row) else {
            continue;
        };
        groups.push(OrdersOfAmount { status, amount: field(store, amount)?, orders });
    }
    Ok(groups)
}

/// The imported orders, for control totals.
pub(crate) fn imported(store: &mut Store) -> anyhow::Result<ImportedOrders> {
    let sql = format!(
        "SELECT \"status\", \"amount\", \"affiliateShare\", count(*) FROM \"Transaction\" WHERE \"externalId\" {} \
         GROUP BY \"status\", \"amount\", \"affiliateShare\"",
        store.of_sejoli()
    );
    let mut imported = ImportedOrders::default();
    for row in store.query(&sql, &[])? {
        let Ok([Cell::Text(status), amount, share, Cell::Int(orders)]) = <[Cell; 4]>::try_from(row) else {
            anyhow::bail!("the database has answered the sums of orders in another form");
        };
        imported.orders += u64::try_from(orders)?;
        if status == TransactionStatus::Success.as_str() {
            let (amount, affiliate_share) = (field(store, amount)?, field(store, share)?);
            imported.paid.push(PaidOrders { amount, affiliate_share, orders });
        }
    }
    Ok(imported)
}

/// Whether a user has an order with this phone number that also names an e-mail address.
pub(crate) fn has_order_with_phone(store: &mut Store, user_id: &str, phone: &str) -> anyhow::Result<bool> {
    let sql = "SELECT count(*) FROM \"Transaction\" WHERE \"userId\" = ? AND \"customerPhone\" = ? \
               AND \"customerEmail\" IS NOT NULL";
    let cells = [Cell::Text(user_id.to_owned()), Cell::Text(phone.to_owned())];
    Ok(count(&store.query(sql, &cells)?)? > 0)
}

/// The `externalId` of each imported order that the run which began at this time has written.
pub(crate) fn external_ids_written_at(
    store: &mut Store,
    started_at: Millis,
) -> anyhow::Result<impl Iterator<Item = String> + use<>> {
    let placeholder = store.placeholder(Transaction::TABLE, "updatedAt")?;
    let sql = format!(
        "SELECT \"externalId\" FROM \"Transaction\" WHERE \"updatedAt\" = {placeholder} AND \"externalId\" {}",
        store.of_sejoli()
    );
    let time = store.encode(Value::Time(started_at));
    let found = store.over_whole_tables(|store| store.query(&sql, &[time]))?;
    Ok(texts(found))
}

/// Up to 1,000 webhook logs whose order ids lie behind `after`, in the order of these ids.
pub(crate) fn logs_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<WebhookLog>> {
    let page = KeyPage { key: "orderId", after, limit: 1_000 };
    store.select(&page.tail(""), &page.cells())
}

/// The numbers of a transaction that no import has created.
#[derive(Debug)]
pub(crate) struct TransactionNumbers {
    /// The id that another system knows it by.
    pub(crate) external_id: Option<String>,
    /// The invoice number.
    pub(crate) invoice_number: Option<String>,
}

/// The numbers of the transactions that have one and were not made by an import, that is, whose
/// invoice number is no webhook log's order.
pub(crate) fn numbers_without_log(store: &mut Store) -> anyhow::Result<Vec<TransactionNumbers>> {
    let tail = "WHERE (\"externalId\" IS NOT NULL OR \"invoiceNumber\" IS NOT NULL) AND NOT EXISTS \
                (SELECT 1 FROM \"SejoliWebhookLog\" l WHERE l.\"orderId\" = \"Transaction\".\"invoiceNumber\")";
    let names = ["externalId", "invoiceNumber"];
    let rows = store.columns_where(Transaction::TABLE, &names, tail, &[])?;
    let numbers = |(external_id, invoice_number)| TransactionNumbers { external_id, invoice_number };
    Ok(rows.into_iter().map(numbers).collect())
}

/// A webhook log that no affiliate of the app is linked to.
#[derive(Debug)]
pub(crate) struct UnlinkedLog {
    /// Sejoli's code of the affiliate.
    pub(crate) affiliate_code: String,
    /// The log's id.
    pub(crate) id: String,
}

/// The webhook logs of orders that name one of these affiliates and are linked to none, by id.
pub(crate) fn unlinked_logs(store: &mut Store, codes: &[&str]) -> anyhow::Result<Vec<UnlinkedLog>> {
    let (among, cells) = store.condition(None, "affiliateCode", codes);
    let tail = format!("{among} AND \"eksporyukAffiliateId\" IS NULL ORDER BY \"id\"");
    let rows = store.columns_where(WebhookLog::TABLE, &["affiliateCode", "id"], &tail, &cells)?;
    let log = |(affiliate_code, id)| UnlinkedLog { affiliate_code, id };
    Ok(rows.into_iter().map(log).collect())
}

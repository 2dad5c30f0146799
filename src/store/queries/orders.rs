//! Orders: transactions of the app and the webhook logs of Sejoli.

use std::collections::{HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::domain::source_payload::VERSION;
use crate::domain::status::OrderStatus;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::queries::answers::{count, field, texts};
use crate::store::queries::rows::{KeyPage, Page};
use crate::store::schema::tables::{Transaction, TransactionStatus, WebhookLog};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

/// Imported orders that have one status, have charged one amount and have recorded one commission. Amounts are summed in
/// the program and not in SQL, since a database would add some of them as floats.
#[derive(Clone, Debug)]
pub(crate) struct OrdersOfAmount {
    /// The status of the transactions.
    pub(crate) status: String,
    /// What each of them has charged.
    pub(crate) amount: Money,
    /// The affiliate's share of each.
    pub(crate) affiliate_share: Option<Money>,
    /// How many there are.
    pub(crate) orders: i64,
}

impl OrdersOfAmount {
    /// Whether they are revenue.
    pub(crate) fn are_paid(&self) -> bool {
        self.status == TransactionStatus::Success.as_str()
    }
}

/// Whether any order was imported.
pub(crate) fn has_any(store: &mut Store) -> anyhow::Result<bool> {
    store.has_any_row::<WebhookLog>()
}

/// The imported orders by status, amount and commission, in no order.
pub(crate) fn by_amount(store: &mut Store) -> anyhow::Result<Vec<OrdersOfAmount>> {
    let sql = format!(
        "SELECT \"status\", \"amount\", \"affiliateShare\", count(*) FROM \"Transaction\" WHERE \"externalId\" {} \
         GROUP BY \"status\", \"amount\", \"affiliateShare\"",
        store.of_sejoli()
    );
    let rows = store.query(&sql, &[])?;
    let store = &*store;
    let group = |row| {
        let Ok([Cell::Text(status), amount, share, Cell::Int(orders)]) = <[Cell; 4]>::try_from(row) else {
            anyhow::bail!("the database has answered the sums of orders in another form");
        };
        let (amount, affiliate_share) = (field(store, amount)?, field(store, share)?);
        Ok(OrdersOfAmount { status, amount, affiliate_share, orders })
    };
    rows.into_iter().map(group).collect()
}

/// Whether a user has an order with this phone number that also names an e-mail address.
pub(crate) fn has_order_with_phone(store: &mut Store, user_id: &str, phone: &str) -> anyhow::Result<bool> {
    let sql = "SELECT count(*) FROM \"Transaction\" WHERE \"userId\" = ? AND \"customerPhone\" = ? \
               AND \"customerEmail\" IS NOT NULL";
    let cells = [Cell::Text(user_id.to_owned()), Cell::Text(phone.to_owned())];
    Ok(count(&store.query(sql, &cells)?)? > 0)
}

/// Whether a user has an order with this number as phone or WhatsApp number that also names an e-mail address.
pub(crate) fn has_order_with_number(store: &mut Store, user_id: &str, number: &str) -> anyhow::Result<bool> {
    let sql = "SELECT count(*) FROM \"Transaction\" WHERE \"userId\" = ? AND \"customerEmail\" IS NOT NULL \
               AND (\"customerPhone\" = ? OR \"customerWhatsapp\" = ?)";
    let cells = [user_id, number, number].map(|text| Cell::Text(text.to_owned()));
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

/// The numbers of orders that are read at once.
const NUMBERS: usize = 20_000;

/// The next numbers of orders that have a webhook log, in their order.
pub(crate) fn numbers_after(store: &Store, after: &str) -> DeferredQuery<'static, Page<String>> {
    let page = KeyPage { key: "orderId", after, limit: NUMBERS };
    let sql = format!("SELECT \"orderId\" FROM \"SejoliWebhookLog\" {}", page.tail(""));
    let numbers = store.texts("SejoliWebhookLog", sql, page.cells().to_vec());
    numbers.map(|numbers| {
        let mut page = KeyPage::page(NUMBERS, numbers, String::clone);
        page.rows.dedup();
        page
    })
}

/// Up to 4,000 webhook logs whose order ids lie behind `after`, in the order of these ids.
pub(crate) fn logs_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<WebhookLog>> {
    let page = KeyPage { key: "orderId", after, limit: 4_000 };
    store.select(&page.tail(""), &page.cells())
}

/// The numbers of a transaction that no import has created.
#[derive(Debug)]
pub(crate) struct TransactionNumbers {
    /// Its id.
    pub(crate) id: String,
    /// The id that another system knows it by.
    pub(crate) external_id: Option<String>,
    /// The invoice number.
    pub(crate) invoice_number: Option<String>,
    /// Who was paid.
    pub(crate) provider: Option<String>,
}

/// The numbers of the transactions that have one and were not made by an import, that is, whose external id is that of
/// no webhook log's order.
pub(crate) fn numbers_without_log(store: &Store) -> DeferredQuery<'static, Vec<TransactionNumbers>> {
    let tail = "WHERE (\"externalId\" IS NOT NULL OR \"invoiceNumber\" IS NOT NULL) AND NOT EXISTS \
                (SELECT 1 FROM \"SejoliWebhookLog\" l WHERE l.\"orderId\" = SUBSTR(\"Transaction\".\"externalId\", 8))";
    let names = ["id", "externalId", "invoiceNumber", "paymentProvider"];
    let rows = store.columns_that(Transaction::TABLE, &names, tail, Vec::new());
    let numbers = |(id, external_id, invoice_number, provider)| TransactionNumbers {
        id,
        external_id,
        invoice_number,
        provider,
    };
    rows.map(move |rows: Vec<_>| rows.into_iter().map(numbers).collect())
}

/// The profile that orders of a code are linked to.
#[derive(Debug)]
pub(crate) struct CodeLink {
    /// Sejoli's code of the affiliate.
    pub(crate) affiliate_code: String,
    /// The id of the `AffiliateProfile`; none where the orders are linked to nobody.
    pub(crate) profile_id: Option<String>,
}

/// The profiles that the orders of each code are linked to, each once and in no order.
pub(crate) fn code_links(store: &mut Store) -> anyhow::Result<Vec<CodeLink>> {
    let sql = "SELECT \"affiliateCode\", \"eksporyukAffiliateId\" FROM \"SejoliWebhookLog\" \
               WHERE \"affiliateCode\" IS NOT NULL GROUP BY \"affiliateCode\", \"eksporyukAffiliateId\"";
    let link = |row: Vec<Cell>| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(affiliate_code), profile_id]) => {
            Some(CodeLink { affiliate_code, profile_id: profile_id.into_text() })
        }
        _ => None,
    };
    Ok(store.query(sql, &[])?.into_iter().filter_map(link).collect())
}

/// The ids of the webhook logs of a code's orders that are linked to a profile, or to nobody, in their order.
pub(crate) fn logs_linked_to(
    store: &mut Store,
    code: &str,
    profile_id: Option<&str>,
) -> anyhow::Result<Vec<String>> {
    let mut cells = vec![Cell::Text(code.to_owned())];
    let linked = match profile_id {
        None => "IS NULL",
        Some(profile_id) => {
            cells.push(Cell::Text(profile_id.to_owned()));
            "= ?"
        }
    };
    let tail = format!("WHERE \"affiliateCode\" = ? AND \"eksporyukAffiliateId\" {linked} ORDER BY \"id\"");
    let rows: Vec<(String,)> = store.columns_where(WebhookLog::TABLE, &["id"], &tail, &cells)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// An imported order and the code of its affiliate.
#[derive(Debug)]
pub(crate) struct OrderOfCode {
    /// Sejoli's number of the order.
    pub(crate) order_id: String,
    /// Sejoli's code of the affiliate.
    pub(crate) affiliate_code: String,
}

/// The orders of some affiliates, in no order.
pub(crate) fn of_codes(store: &Store, codes: &[&str]) -> DeferredQuery<'static, Vec<OrderOfCode>> {
    let among = KeyFilter::keys("affiliateCode", codes);
    let rows = store.columns_in(WebhookLog::TABLE, &["orderId", "affiliateCode"], among);
    let order = |(order_id, affiliate_code)| OrderOfCode { order_id, affiliate_code };
    rows.map(move |rows: Vec<_>| rows.into_iter().map(order).collect())
}

/// Whether the commissions of some orders were paid out, of those whose rows say it, by the orders' numbers. Of the kept
/// rows, which are long, the server hands over the two words that count.
pub(crate) fn stated_as_paid(
    store: &Store,
    order_ids: &[&str],
) -> DeferredQuery<'static, HashMap<String, bool>> {
    type Found = (String, Option<String>, Option<String>);
    let [version, paid] = words_of_payment(store);
    let parts = order_ids.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT \"orderId\", {version}, {paid} FROM \"SejoliWebhookLog\" WHERE \"orderId\" {one_of}"
        );
        store.tuples::<Found>("SejoliWebhookLog", sql, cells)
    });
    let stated = |(order_id, version, paid): Found| Some((order_id, stated_payment(version, paid)?));
    DeferredQuery::joined(parts).map(move |rows| rows.into_iter().filter_map(stated).collect())
}

/// The expressions for the two words of an order's kept row that say whether its commission was paid out.
pub(super) fn words_of_payment(store: &Store) -> [String; 2] {
    ["version", "commission_paid"].map(|name| store.json_extract("webhookPayload", name))
}

/// What these two words say; none where the row says nothing, or in a form that a later version has written.
pub(super) fn stated_payment(version: Option<String>, paid: Option<String>) -> Option<bool> {
    let is_known = version.is_none_or(|version| version.parse().is_ok_and(|version: u32| version <= VERSION));
    paid.filter(|_| is_known)?.parse().ok()
}

/// The numbers of those of some orders that Sejoli had as paid when they were imported last.
pub(crate) fn paid_in_source(store: &Store, order_ids: &[&str]) -> DeferredQuery<'static, HashSet<String>> {
    let among = KeyFilter {
        narrowed: Some(("orderStatus", OrderStatus::Paid.as_str())),
        ..KeyFilter::keys("orderId", order_ids)
    };
    let rows = store.columns_in(WebhookLog::TABLE, &["orderId"], among);
    rows.map(|rows: Vec<(String,)>| rows.into_iter().map(|(order_id,)| order_id).collect())
}

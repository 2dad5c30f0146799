//! What the app's pages read of orders, beside what Sejoli said of them.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::domain::status::OrderStatus;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Field as _, Kind, Read};
use crate::store::queries::answers::RowCursor;
use crate::store::queries::orders::{stated_payment, words_of_payment};
use crate::store::queries::rows::{KeyPage, Page};
use crate::store::schema::tables::{Transaction, TransactionStatus};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// An order of the source with the app's rows of it.
#[derive(Clone, Debug)]
pub(crate) struct ScreenOrder {
    /// Sejoli's number.
    pub(crate) order_id: String,
    /// What Sejoli said of the payment, in the checklist's words.
    pub(crate) source_status: String,
    /// Sejoli's number of the product.
    pub(crate) source_product: String,
    /// The product's title.
    pub(crate) source_title: String,
    /// The buyer's address; empty where there is none.
    pub(crate) source_email: String,
    /// The buyer's number, else the WhatsApp number.
    pub(crate) source_number: Option<String>,
    /// The total.
    pub(crate) source_amount: Money,
    /// What was paid.
    pub(crate) source_paid: Option<Money>,
    /// The affiliate's code.
    pub(crate) source_code: Option<String>,
    /// The commission that was recorded.
    pub(crate) source_commission: Option<Money>,
    /// Whether the commission was paid out, where a paid order's row says it.
    pub(crate) source_commission_paid: Option<bool>,
    /// The payment; none where it is gone.
    pub(crate) transaction: Option<ScreenTransaction>,
    /// What the conversion's `affiliateId` holds.
    pub(crate) conversion_of: Option<String>,
}

/// An order's payment, as the pages read it.
#[derive(Clone, Debug)]
pub(crate) struct ScreenTransaction {
    /// The id.
    pub(crate) id: String,
    /// The buyer.
    pub(crate) user_id: String,
    /// Where the payment stands.
    pub(crate) status: TransactionStatus,
    /// What was charged.
    pub(crate) amount: Money,
    /// The app's product.
    pub(crate) product_id: Option<String>,
    /// The app's membership.
    pub(crate) membership_id: Option<String>,
    /// Whom the order is credited to.
    pub(crate) affiliate_id: Option<String>,
    /// The invoice number.
    pub(crate) invoice_number: Option<String>,
    /// What was sold, in words.
    pub(crate) description: Option<String>,
    /// The rest, as JSON.
    pub(crate) metadata: Option<String>,
    /// When the order was placed.
    pub(crate) created_at: Millis,
}

/// The orders that are read at once.
const PAGE: usize = 4_000;

/// An amount of the log's `Float` columns, which hold at most two decimals.
pub(crate) fn amount(number: f64) -> Money {
    Money::from_minor((number * 100.0).round() as i64)
}

/// The next orders behind a number, by number.
pub(crate) fn orders_after(store: &Store, after: &str) -> DeferredQuery<'static, Page<ScreenOrder>> {
    let tail = format!("WHERE l.\"orderId\" > ? ORDER BY l.\"orderId\" LIMIT {PAGE}");
    let rows = orders(store, &tail, vec![Cell::Text(after.to_owned())]);
    rows.map(|rows| KeyPage::page(PAGE, rows, |order| order.order_id.clone()))
}

/// The orders that are this user's, or that name this address, the oldest number first.
pub(crate) fn orders_of(store: &mut Store, user_id: &str, email: &str) -> anyhow::Result<Vec<ScreenOrder>> {
    let [user_id, email] = [user_id, email].map(|text| vec![Cell::Text(text.to_owned())]);
    let (mut found, by_address) = store.answer((
        orders(store, "WHERE t.\"userId\" = ? ORDER BY l.\"orderId\"", user_id),
        orders(store, "WHERE l.\"buyerEmail\" = ? ORDER BY l.\"orderId\"", email),
    ))?;
    let known: HashSet<String> = found.iter().map(|order| order.order_id.clone()).collect();
    found.extend(by_address.into_iter().filter(|order| !known.contains(&order.order_id)));
    Ok(found)
}

/// The kinds of the columns of [`orders`].
const ORDER_COLUMNS: [Kind; 25] = [
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Real,
    Kind::Real,
    Kind::Text,
    Kind::Real,
    Kind::Text,
    Kind::Text,
    TransactionStatus::KIND,
    Kind::Money,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Time,
    Kind::Text,
    Kind::Text,
    Kind::Text,
];

fn orders(store: &Store, tail: &str, cells: Vec<Cell>) -> DeferredQuery<'static, Vec<ScreenOrder>> {
    let optional = |name: &str| match store.has_column(Transaction::TABLE, name) {
        true => format!("t.\"{name}\""),
        false => "NULL".to_owned(),
    };
    // The kept row is long, and only of an affiliate's paid order it says something that counts here.
    let [version, paid] = words_of_payment(store).map(|word| {
        let is_paid = OrderStatus::Paid.as_str();
        format!(
            "CASE WHEN l.\"affiliateCode\" IS NOT NULL AND l.\"orderStatus\" = '{is_paid}' THEN {word} END"
        )
    });
    let sql = format!(
        "SELECT l.\"orderId\", l.\"orderStatus\", l.\"productId\", l.\"productName\", l.\"buyerEmail\", \
         l.\"buyerPhone\", l.\"buyerWhatsapp\", l.\"amount\", l.\"paidAmount\", l.\"affiliateCode\", \
         l.\"affiliateAmount\", t.\"id\", t.\"userId\", t.\"status\", t.\"amount\", t.\"productId\", {}, \
         t.\"affiliateId\", t.\"invoiceNumber\", {}, t.\"metadata\", t.\"createdAt\", c.\"affiliateId\", \
         {version}, {paid} \
         FROM \"SejoliWebhookLog\" l LEFT JOIN \"Transaction\" t ON t.\"externalId\" = concat('sejoli-', l.\"orderId\") \
         LEFT JOIN \"AffiliateConversion\" c ON c.\"transactionId\" = t.\"id\" {tail}",
        optional("membershipId"),
        optional("description"),
    );
    let rows = store.values_of("SejoliWebhookLog", sql, cells, ORDER_COLUMNS.to_vec());
    rows.and_then(|rows| rows.into_iter().map(order).collect())
}

fn order(row: Vec<Read>) -> anyhow::Result<ScreenOrder> {
    let mut next = RowCursor::new(row);
    let (order_id, source_status) = (next.field()?, next.field()?);
    let (source_product, source_title, source_email) = (next.field()?, next.field()?, next.field()?);
    let (phone, whatsapp): (Option<String>, Option<String>) = (next.field()?, next.field()?);
    let [source_amount, source_paid]: [Option<f64>; 2] = [next.field()?, next.field()?];
    let (source_code, source_commission): (_, Option<f64>) = (next.field()?, next.field()?);
    let transaction = match next.field::<Option<String>>()? {
        None => {
            next.skip(10);
            None
        }
        Some(id) => Some(ScreenTransaction {
            id,
            user_id: next.field()?,
            status: next.field()?,
            amount: next.field()?,
            product_id: next.field()?,
            membership_id: next.field()?,
            affiliate_id: next.field()?,
            invoice_number: next.field()?,
            description: next.field()?,
            metadata: next.field()?,
            created_at: next.field()?,
        }),
    };
    let conversion_of = next.field()?;
    let (version, paid): (Option<String>, Option<String>) = (next.field()?, next.field()?);
    Ok(ScreenOrder {
        order_id,
        source_status,
        source_product,
        source_title,
        source_email,
        source_number: phone.or(whatsapp),
        source_amount: source_amount.map(amount).unwrap_or_default(),
        source_paid: source_paid.map(amount),
        source_code,
        source_commission: source_commission.map(amount),
        source_commission_paid: stated_payment(version, paid),
        transaction,
        conversion_of,
    })
}

/// Who owns which product and sees it, of these users: user id and product id.
pub(crate) fn shown_products(
    store: &Store,
    users: &[&str],
) -> DeferredQuery<'static, HashSet<(String, String)>> {
    use crate::store::schema::tables::UserProduct;
    let names = ["userId", "productId", "isActive"];
    let rows = store.columns_in(UserProduct::TABLE, &names, KeyFilter::keys("userId", users));
    rows.map(|rows: Vec<(String, String, bool)>| {
        rows.into_iter().filter(|row| row.2).map(|(user, product, _)| (user, product)).collect()
    })
}

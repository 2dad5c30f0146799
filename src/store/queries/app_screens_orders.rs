//! What the app's pages read of orders, beside what Sejoli said of them.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::answers::field;
use crate::store::schema::tables::{Transaction, TransactionStatus, User, Wallet};
use crate::store::session::columns::KeyFilter;
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
pub(crate) fn orders_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<ScreenOrder>> {
    let tail = format!("WHERE l.\"orderId\" > ? ORDER BY l.\"orderId\" LIMIT {PAGE}");
    orders(store, &tail, &[Cell::Text(after.to_owned())])
}

/// The orders that are this user's, or that name this address, the oldest number first.
pub(crate) fn orders_of(store: &mut Store, user_id: &str, email: &str) -> anyhow::Result<Vec<ScreenOrder>> {
    let cells = [user_id, email].map(|text| Cell::Text(text.to_owned()));
    let mut found = orders(store, "WHERE t.\"userId\" = ? ORDER BY l.\"orderId\"", &cells[..1])?;
    let by_address = orders(store, "WHERE l.\"buyerEmail\" = ? ORDER BY l.\"orderId\"", &cells[1..])?;
    let known: HashSet<String> = found.iter().map(|order| order.order_id.clone()).collect();
    found.extend(by_address.into_iter().filter(|order| !known.contains(&order.order_id)));
    Ok(found)
}

fn orders(store: &mut Store, tail: &str, cells: &[Cell]) -> anyhow::Result<Vec<ScreenOrder>> {
    let optional = |name: &str| match store.has_column(Transaction::TABLE, name) {
        true => format!("t.\"{name}\""),
        false => "NULL".to_owned(),
    };
    let sql = format!(
        "SELECT l.\"orderId\", l.\"orderStatus\", l.\"productId\", l.\"productName\", l.\"buyerEmail\", \
         l.\"buyerPhone\", l.\"buyerWhatsapp\", l.\"amount\", l.\"paidAmount\", l.\"affiliateCode\", \
         l.\"affiliateAmount\", t.\"id\", t.\"userId\", t.\"status\", t.\"amount\", t.\"productId\", {}, \
         t.\"affiliateId\", t.\"invoiceNumber\", {}, t.\"metadata\", t.\"createdAt\", c.\"affiliateId\" \
         FROM \"SejoliWebhookLog\" l LEFT JOIN \"Transaction\" t ON t.\"externalId\" = concat('sejoli-', l.\"orderId\") \
         LEFT JOIN \"AffiliateConversion\" c ON c.\"transactionId\" = t.\"id\" {tail}",
        optional("membershipId"),
        optional("description"),
    );
    let rows = store.query(&sql, cells)?;
    rows.into_iter().map(|row| order(store, row)).collect()
}

fn order(store: &Store, row: Vec<Cell>) -> anyhow::Result<ScreenOrder> {
    let mut cells = row.into_iter();
    let mut next = || cells.next().unwrap_or(Cell::Null);
    let text = |cell: Cell| field::<String>(store, cell);
    let maybe = |cell: Cell| field::<Option<String>>(store, cell);
    let real = |cell: Cell| anyhow::Ok(field::<Option<f64>>(store, cell)?.map(amount));
    let (order_id, source_status) = (text(next())?, text(next())?);
    let (source_product, source_title, source_email) = (text(next())?, text(next())?, text(next())?);
    let (phone, whatsapp) = (maybe(next())?, maybe(next())?);
    let (source_amount, source_paid) = (real(next())?.unwrap_or_default(), real(next())?);
    let (source_code, source_commission) = (maybe(next())?, real(next())?);
    let transaction = match maybe(next())? {
        None => {
            (0..10).for_each(|_| drop(next()));
            None
        }
        Some(id) => Some(ScreenTransaction {
            id,
            user_id: text(next())?,
            status: field(store, next())?,
            amount: field(store, next())?,
            product_id: maybe(next())?,
            membership_id: maybe(next())?,
            affiliate_id: maybe(next())?,
            invoice_number: maybe(next())?,
            description: maybe(next())?,
            metadata: maybe(next())?,
            created_at: field(store, next())?,
        }),
    };
    Ok(ScreenOrder {
        order_id,
        source_status,
        source_product,
        source_title,
        source_email,
        source_number: phone.or(whatsapp),
        source_amount,
        source_paid,
        source_code,
        source_commission,
        transaction,
        conversion_of: maybe(next())?,
    })
}

/// Which of these ids are users', and which of those have a wallet.
#[derive(Debug, Default)]
pub(crate) struct KnownUsers {
    /// The users.
    pub(crate) users: HashSet<String>,
    /// Those with a wallet.
    pub(crate) with_wallet: HashSet<String>,
}

/// Looks up which of these ids are users'.
pub(crate) fn known_users(store: &mut Store, ids: &[&str]) -> anyhow::Result<KnownUsers> {
    let users: Vec<(String,)> = store.columns(User::TABLE, &["id"], KeyFilter::keys("id", ids))?;
    let wallets: Vec<(String,)> =
        store.columns(Wallet::TABLE, &["userId"], KeyFilter::keys("userId", ids))?;
    let set = |rows: Vec<(String,)>| rows.into_iter().map(|(id,)| id).collect();
    Ok(KnownUsers { users: set(users), with_wallet: set(wallets) })
}

/// Who owns which product and sees it, of these users: user id and product id.
pub(crate) fn shown_products(store: &mut Store, users: &[&str]) -> anyhow::Result<HashSet<(String, String)>> {
    use crate::store::schema::tables::UserProduct;
    let names = ["userId", "productId", "isActive"];
    let rows: Vec<(String, String, bool)> =
        store.columns(UserProduct::TABLE, &names, KeyFilter::keys("userId", users))?;
    Ok(rows.into_iter().filter(|row| row.2).map(|(user, product, _)| (user, product)).collect())
}

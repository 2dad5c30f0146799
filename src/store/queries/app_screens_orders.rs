//! What the app's pages of orders read beside the orders' own rows, and whose orders are whose.

use std::collections::HashSet;

use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::schema::tables::UserProduct;
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// An amount of the log's `Float` columns, which hold at most two decimals.
pub(crate) fn amount(number: f64) -> Money {
    Money::from_minor((number * 100.0).round() as i64)
}

/// The numbers of the orders that are this user's or that name this address, each once and in their order.
pub(crate) fn numbers_of(store: &mut Store, user_id: &str, email: &str) -> anyhow::Result<Vec<String>> {
    let [user_id, email] = [user_id, email].map(|text| vec![Cell::Text(text.to_owned())]);
    let numbers = |condition: &str, cells| {
        let sql = format!(
            "SELECT l.\"orderId\" FROM \"SejoliWebhookLog\" l LEFT JOIN \"Transaction\" t \
             ON t.\"externalId\" = concat('sejoli-', l.\"orderId\") WHERE {condition} = ?"
        );
        store.texts("SejoliWebhookLog", sql, cells)
    };
    let (mut found, by_address) =
        store.answer((numbers("t.\"userId\"", user_id), numbers("l.\"buyerEmail\"", email)))?;
    found.extend(by_address);
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Who owns which product and sees it, of these users: user id and product id.
pub(crate) fn shown_products(
    store: &Store,
    users: &[&str],
) -> DeferredQuery<'static, HashSet<(String, String)>> {
    let names = ["userId", "productId", "isActive"];
    let rows = store.columns_in(UserProduct::TABLE, &names, KeyFilter::keys("userId", users));
    rows.map(|rows: Vec<(String, String, bool)>| {
        rows.into_iter().filter(|row| row.2).map(|(user, product, _)| (user, product)).collect()
    })
}

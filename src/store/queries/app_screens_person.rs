//! What is asked about one person, for the support desk.

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::queries::answers::{field, texts};
use crate::store::queries::app_screens::has_column;
use crate::store::schema::tables::{
    AffiliateMapping, Identity, ImportReject, ImportRun, Membership, Product, SourceRecord, User, WebhookLog,
};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// The users who have this address, whatever its case.
pub(crate) fn users_with_address(store: &mut Store, address: &str) -> anyhow::Result<Vec<User>> {
    let cell = Cell::Text(address.to_lowercase());
    store.over_whole_tables(|store| store.select("WHERE LOWER(\"email\") = ?", &[cell]))
}

/// A user by id.
pub(crate) fn user(store: &mut Store, id: &str) -> anyhow::Result<Option<User>> {
    Ok(store.select_in::<User>("id", &[id])?.pop())
}

/// Which of the questions before a course the account leaves open: the app's columns that are there and empty.
pub(crate) fn empty_columns(
    store: &mut Store,
    user_id: &str,
    names: &[&'static str],
) -> anyhow::Result<Vec<&'static str>> {
    let mut empty = Vec::new();
    for name in names.iter().copied() {
        if !has_column(store, User::TABLE.name, name) {
            continue;
        }
        let sql = format!(
            "SELECT \"id\" FROM \"User\" WHERE \"id\" = ? AND (\"{name}\" IS NULL OR \"{name}\" = '')"
        );
        if !store.query(&sql, &[Cell::Text(user_id.to_owned())])?.is_empty() {
            empty.push(name);
        }
    }
    Ok(empty)
}

/// The decisions that somebody of the source is this user.
pub(crate) fn decisions_on(store: &mut Store, user_id: &str) -> anyhow::Result<Vec<Identity>> {
    store.select_in("userId", &[user_id])
}

/// The codes of the affiliates who are this user.
pub(crate) fn mappings_to(store: &mut Store, user_id: &str) -> anyhow::Result<Vec<AffiliateMapping>> {
    store.select_in("eksporyukUserId", &[user_id])
}

/// The kept source rows of these memberships.
pub(crate) fn membership_sources(store: &mut Store, targets: &[&str]) -> anyhow::Result<Vec<SourceRecord>> {
    store.select_in("targetId", targets)
}

/// The kept source rows of affiliates with these codes.
pub(crate) fn affiliate_sources(store: &mut Store, codes: &[&str]) -> anyhow::Result<Vec<SourceRecord>> {
    store.select_among(Some(("kind", "affiliate")), "sourceKey", codes)
}

/// The kept source rows of the commissions of these codes.
pub(crate) fn commission_sources(store: &mut Store, codes: &[&str]) -> anyhow::Result<Vec<SourceRecord>> {
    let targets: Vec<String> = codes.iter().map(|code| super::commissions::target_of_code(code)).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    store.select_among(Some(("kind", "commission")), "targetId", &targets)
}

/// The webhook logs of these orders, with their kept rows.
pub(crate) fn logs(store: &mut Store, orders: &[&str]) -> anyhow::Result<Vec<WebhookLog>> {
    store.select_in("orderId", orders)
}

/// What was held or rejected of the rows with these numbers, the latest first.
pub(crate) fn rejects_of(store: &mut Store, kind: &str, keys: &[&str]) -> anyhow::Result<Vec<ImportReject>> {
    store.select_among(Some(("kind", kind)), "sourceKey", keys)
}

/// The runs that began at one of these times, or have one of these ids, the oldest first.
pub(crate) fn runs_of(store: &mut Store, times: &[Millis], ids: &[&str]) -> anyhow::Result<Vec<ImportRun>> {
    let all: Vec<ImportRun> = store.select("ORDER BY \"startedAt\", \"id\"", &[])?;
    let concerns = |run: &ImportRun| times.contains(&run.started_at) || ids.contains(&run.id.as_str());
    Ok(all.into_iter().filter(concerns).collect())
}

/// A name by an id.
pub(crate) type Named = (String, String);

/// The names of the app's plans and products.
pub(crate) fn plans_and_products(store: &mut Store) -> anyhow::Result<Vec<Named>> {
    let plans: Vec<Membership> = store.all_rows()?;
    let products: Vec<Product> = store.all_rows()?;
    let plans = plans.into_iter().map(|plan| (plan.id, plan.name));
    Ok(plans.chain(products.into_iter().map(|product| (product.id, product.name))).collect())
}

/// All addresses, among which one that was mistyped may be.
pub(crate) fn addresses(store: &mut Store) -> anyhow::Result<Vec<String>> {
    Ok(texts(store.query("SELECT \"email\" FROM \"User\"", &[])?).collect())
}

/// The orders of the app's own of a user: invoice number, status and amount.
pub(crate) fn orders_of_app(store: &mut Store, user_id: &str) -> anyhow::Result<Vec<AppOrder>> {
    let sql = format!(
        "SELECT \"invoiceNumber\", \"status\", \"amount\", \"createdAt\" FROM \"Transaction\" WHERE \"userId\" = ? \
         AND (\"externalId\" IS NULL OR \"externalId\" NOT {}) ORDER BY \"createdAt\"",
        store.of_sejoli()
    );
    let rows = store.query(&sql, &[store.encode(Value::Text(user_id.to_owned()))])?;
    let order = |row: Vec<Cell>| {
        let Ok([invoice, status, amount, created_at]) = <[Cell; 4]>::try_from(row) else {
            anyhow::bail!("the database has answered the orders in another form");
        };
        Ok(AppOrder {
            invoice: field(store, invoice)?,
            status: field(store, status)?,
            amount: field(store, amount)?,
            created_at: field(store, created_at)?,
        })
    };
    rows.into_iter().map(order).collect()
}

/// An order of the app's own.
#[derive(Clone, Debug)]
pub(crate) struct AppOrder {
    /// The invoice number.
    pub(crate) invoice: Option<String>,
    /// Where the payment stands.
    pub(crate) status: String,
    /// What was charged.
    pub(crate) amount: crate::domain::money::Money,
    /// When it was placed.
    pub(crate) created_at: Millis,
}

/// The codes of the orders' affiliates are looked up with the orders; this is who decided an address or a number.
pub(crate) fn decided_user(store: &mut Store, decision: &str) -> anyhow::Result<Option<String>> {
    let found: Vec<(String,)> =
        store.columns(Identity::TABLE, &["userId"], KeyFilter::keys("id", &[decision]))?;
    Ok(found.into_iter().next().map(|(id,)| id))
}

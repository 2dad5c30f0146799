//! What is read from the app before orders are planned: their rows, their buyers' rows and the app's products.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::product_map::ProductMap;
use crate::pipeline::plan::order_rows::external_id;
use crate::pipeline::plan::people::IncompleteUsers;
use crate::pipeline::plan::product_ownership::ProductOwnership;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateConversion, Product, Transaction, WebhookLog};
use crate::store::session::store::Store;

/// The numbers of Sejoli orders that the app has by other means: as an invoice number, or as an
/// external id in one of the spellings that were in use (`SEJOLI-12`, `12`).
pub(crate) fn app_order_numbers(store: &mut Store) -> anyhow::Result<HashSet<String>> {
    let found = queries::orders::numbers_without_log(store)?;
    let texts =
        found.into_iter().flat_map(|found| [found.external_id.map(without_prefix), found.invoice_number]);
    Ok(texts.flatten().collect())
}

/// An external id without its prefix, however that is written.
fn without_prefix(external: String) -> String {
    match external.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("sejoli-") => external[7..].to_owned(),
        _ => external,
    }
}

/// The app's products that the map names, by slug.
pub(crate) fn app_products(store: &mut Store, map: &ProductMap) -> anyhow::Result<HashMap<String, String>> {
    let slugs: Vec<&str> = map.products.values().filter_map(|mapped| mapped.product.as_deref()).collect();
    let found: Vec<Product> = store.select_in("slug", &slugs)?;
    Ok(found.into_iter().filter_map(|product| Some((product.slug?, product.id))).collect())
}

/// The rows of an order as they stand in the app.
#[derive(Debug, Default)]
pub(crate) struct StandingOrder {
    pub(super) log: Option<WebhookLog>,
    pub(super) transaction: Option<Transaction>,
    pub(super) conversion: Option<AffiliateConversion>,
}

/// What is to be looked up for the orders of a batch.
#[derive(Debug, Default)]
pub(crate) struct OrderLookup {
    /// The numbers of the orders; none where the app has no order of Sejoli yet.
    pub(super) orders: Vec<String>,
    /// Users whose rows have empty fields that the files can fill.
    pub(super) incomplete: Vec<String>,
    /// Users who buy a product of the app; none where the app does not keep who owns which.
    pub(super) buyers: BTreeSet<String>,
    /// Whether the app keeps who owns which product.
    pub(super) keeps_ownership: bool,
}

/// What the app has of it.
#[derive(Debug, Default)]
pub(crate) struct OrderLookupResult {
    /// By the number of the order.
    pub(super) standing: HashMap<String, StandingOrder>,
    pub(super) incomplete: IncompleteUsers,
    pub(super) ownership: ProductOwnership,
}

/// The rows of the app that belong to the orders of a batch.
pub(super) fn standing_orders(
    store: &mut Store,
    ids: &[String],
) -> anyhow::Result<HashMap<String, StandingOrder>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let external: Vec<String> = ids.iter().map(|id| external_id(id)).collect();
    let external: Vec<&str> = external.iter().map(String::as_str).collect();
    let mut standing: HashMap<String, StandingOrder> = HashMap::new();
    for log in store.select_in::<WebhookLog>("orderId", &ids)? {
        let order_id = log.order_id.clone();
        standing.entry(order_id).or_default().log = Some(log);
    }
    let found: Vec<Transaction> = store.select_in("externalId", &external)?;
    let transaction_ids: Vec<&str> = found.iter().map(|found| found.id.as_str()).collect();
    let conversions: Vec<AffiliateConversion> = store.select_in("transactionId", &transaction_ids)?;
    let mut by_transaction: HashMap<String, AffiliateConversion> =
        conversions.into_iter().map(|found| (found.transaction_id.clone(), found)).collect();
    for transaction in found {
        let external = transaction.external_id.as_deref().unwrap_or_default();
        let order_id = external.strip_prefix("sejoli-").unwrap_or(external).to_owned();
        let entry = standing.entry(order_id).or_default();
        entry.conversion = by_transaction.remove(&transaction.id);
        entry.transaction = Some(transaction);
    }
    Ok(standing)
}

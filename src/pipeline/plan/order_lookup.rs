//! What is read from the app before orders are planned: their rows, their buyers' rows and the app's products.

use std::collections::{BTreeSet, HashMap};

use crate::domain::order::Order;
use crate::domain::product_map::ProductMap;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::order_rows::{external_id, is_own_conversion};
use crate::pipeline::plan::people::IncompleteUsers;
use crate::pipeline::plan::product_ownership::ProductOwnership;
use crate::store::schema::tables::{AffiliateConversion, Product, Transaction, WebhookLog};
use crate::store::session::store::Store;

/// The ids of the app's products that the product map names, by slug.
///
/// # Errors
/// The database's errors.
pub(crate) fn app_products(store: &mut Store, map: &ProductMap) -> anyhow::Result<HashMap<String, String>> {
    let slugs: Vec<&str> = map.products.values().filter_map(|mapped| mapped.product.as_deref()).collect();
    let found: Vec<Product> = store.select_in("slug", &slugs)?;
    Ok(found.into_iter().filter_map(|product| Some((product.slug?, product.id))).collect())
}

/// The rows that the app has for one order.
#[derive(Debug, Default)]
pub(crate) struct StandingOrder {
    pub(super) log: Option<WebhookLog>,
    pub(super) transaction: Option<Transaction>,
    pub(super) conversion: Option<AffiliateConversion>,
}

impl StandingOrder {
    /// Whether the commission was paid out by an earlier file: what is known stays known where a later one does not say it,
    /// as long as the commission is the same affiliate's.
    pub(super) fn known_as_paid(&self, order: &Order) -> Option<bool> {
        let log = self.log.as_ref().filter(|log| log.affiliate_code == order.affiliate_code)?;
        let payload = log.webhook_payload.0.as_str();
        if !payload.contains("commission_paid") {
            return None;
        }
        SourcePayload::parse(payload).ok()?.commission_paid
    }

    /// The order without a conversion that the app's people have made, and whether there is one: an import leaves it
    /// as it is, and makes none beside it.
    pub(super) fn without_conversion_of_app(self, order_id: &str) -> (Self, bool) {
        let of_app = self.conversion.as_ref().is_some_and(|found| !is_own_conversion(found, order_id));
        let conversion = self.conversion.filter(|_| !of_app);
        (Self { conversion, ..self }, of_app)
    }
}

/// What to look up for the orders of one batch.
#[derive(Debug, Default)]
pub(crate) struct OrderLookup {
    /// The orders' numbers; empty if the app has no Sejoli order yet.
    pub(super) orders: Vec<String>,
    /// Ids of users whose rows have empty fields that the files can fill.
    pub(super) incomplete: Vec<String>,
    /// Ids of users who buy a product of the app; empty if the app does not record product ownership.
    pub(super) buyers: BTreeSet<String>,
    /// Whether the app records product ownership.
    pub(super) keeps_ownership: bool,
}

/// The answer to an [`OrderLookup`].
#[derive(Debug, Default)]
pub(crate) struct OrderLookupResult {
    /// By order number.
    pub(super) standing: HashMap<String, StandingOrder>,
    pub(super) incomplete: IncompleteUsers,
    pub(super) ownership: ProductOwnership,
}

/// Reads the rows of orders, by order number.
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

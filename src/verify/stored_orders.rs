//! What the database holds of some orders.

use std::collections::{HashMap, HashSet};

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateConversion, Transaction, User, UserProduct, WebhookLog};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::rows_by_key::RowsByKey;

/// Orders that are read at once.
pub(crate) const CHUNK: usize = 2_000;

/// The stored rows of some orders. Where the database lets an order have two rows of a kind, both are here.
#[derive(Debug, Default)]
pub(crate) struct StoredOrders {
    /// The webhook logs by the orders' numbers.
    pub(crate) logs: RowsByKey<WebhookLog>,
    /// The transactions by their external ids.
    pub(crate) transactions: RowsByKey<Transaction>,
    /// The conversions by the transactions' ids.
    pub(crate) conversions: RowsByKey<AffiliateConversion>,
    /// The transactions' users by id.
    pub(crate) buyers: HashMap<String, StoredBuyer>,
    /// Which products these users see: user id and product id.
    pub(crate) shown_products: HashSet<(String, String)>,
}

/// What of a user an order can be compared with.
#[derive(Debug)]
pub(crate) struct StoredBuyer {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) phone: Option<String>,
    pub(crate) whatsapp: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) import_source: Option<String>,
}

impl StoredBuyer {
    fn of(store: &Store, ids: &[&str]) -> DeferredQuery<'static, HashMap<String, Self>> {
        let names = ["id", "email", "name", "phone", "whatsapp", "createdAt", "importSource"];
        let users = store.columns_in(User::TABLE, &names, KeyFilter::keys("id", ids));
        let buyer = |(id, email, name, phone, whatsapp, created_at, import_source)| {
            (id, Self { email, name, phone, whatsapp, created_at, import_source })
        };
        users.map(move |users: Vec<_>| users.into_iter().map(buyer).collect())
    }
}

impl StoredOrders {
    /// Reads the rows of the orders with these numbers, which may be repeated.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn load(store: &mut Store, numbers: &[impl AsRef<str>]) -> anyhow::Result<Self> {
        let mut numbers: Vec<&str> = numbers.iter().map(AsRef::as_ref).collect();
        numbers.sort_unstable();
        numbers.dedup();
        debug_assert!(numbers.len() <= CHUNK);
        let external: Vec<String> = numbers.iter().map(|number| external_id(number)).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let (mut logs, mut transactions) = store.answer((
            store.rows_in::<WebhookLog>("orderId", &numbers),
            store.rows_in::<Transaction>("externalId", &external),
        ))?;
        // MySQL finds other spellings, too: those are orders of their own.
        let is_wanted = |number: &str| numbers.binary_search(&number).is_ok();
        logs.retain(|log| is_wanted(&log.order_id));
        transactions.retain(|row| order_number(row.external_id.as_deref()).is_some_and(is_wanted));
        let keys: Vec<&str> = transactions.iter().map(|row| row.id.as_str()).collect();
        let mut people: Vec<&str> = transactions.iter().map(|row| row.user_id.as_str()).collect();
        people.sort_unstable();
        people.dedup();
        let (conversions, buyers, shown_products) = store.answer((
            store.rows_in::<AffiliateConversion>("transactionId", &keys),
            StoredBuyer::of(store, &people),
            shown_products(store, &people),
        ))?;
        Ok(Self {
            logs: RowsByKey::new(logs, |row| &row.order_id),
            transactions: RowsByKey::new(transactions, |row| row.external_id.as_deref().unwrap_or_default()),
            conversions: RowsByKey::new(conversions, |row| &row.transaction_id),
            buyers,
            shown_products,
        })
    }
}

/// The number by which the app's own tables know an order of Sejoli's.
pub(crate) fn external_id(number: &str) -> String {
    format!("sejoli-{number}")
}

fn shown_products(store: &Store, users: &[&str]) -> DeferredQuery<'static, HashSet<(String, String)>> {
    match store.has_table(UserProduct::TABLE.name) {
        true => queries::app_screens_orders::shown_products(store, users),
        false => DeferredQuery::known(HashSet::new()),
    }
}

/// Sejoli's number of an order, by what the app's own tables know it by; none for an order of the app's own.
pub(crate) fn order_number(external_id: Option<&str>) -> Option<&str> {
    external_id?.strip_prefix("sejoli-")
}

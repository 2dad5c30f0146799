//! What the database holds of a chunk of orders.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{AffiliateConversion, Transaction, User, WebhookLog};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::reader::CHUNK;

/// The stored rows of a chunk of orders.
#[derive(Default)]
pub(crate) struct StoredOrders {
    /// The webhook logs by the orders' numbers.
    pub(crate) logs: HashMap<String, WebhookLog>,
    /// The transactions by their external ids.
    pub(crate) transactions: HashMap<String, Transaction>,
    /// The conversions by the transactions' ids.
    pub(crate) conversions: HashMap<String, AffiliateConversion>,
    /// The transactions' users by id.
    pub(crate) buyers: HashMap<String, StoredBuyer>,
}

/// What of a user an order can be compared with.
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
    pub(crate) fn load(store: &mut Store, mut ids: Vec<&str>) -> anyhow::Result<Self> {
        ids.sort_unstable();
        ids.dedup();
        debug_assert!(ids.len() <= CHUNK);
        let external: Vec<String> = ids.iter().map(|id| format!("sejoli-{id}")).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let (logs, transactions) = store.answer((
            store.rows_in::<WebhookLog>("orderId", &ids),
            store.rows_in::<Transaction>("externalId", &external),
        ))?;
        let keys: Vec<&str> = transactions.iter().map(|row| row.id.as_str()).collect();
        let mut people: Vec<&str> = transactions.iter().map(|row| row.user_id.as_str()).collect();
        people.sort_unstable();
        people.dedup();
        let (conversions, buyers) = store.answer((
            store.rows_in::<AffiliateConversion>("transactionId", &keys),
            StoredBuyer::of(store, &people),
        ))?;
        Ok(Self {
            buyers,
            logs: logs.into_iter().map(|row| (row.order_id.clone(), row)).collect(),
            conversions: conversions.into_iter().map(|row| (row.transaction_id.clone(), row)).collect(),
            transactions: transactions
                .into_iter()
                .filter_map(|row| Some((row.external_id.clone()?, row)))
                .collect(),
        })
    }
}

//! The rows of the app that a batch of memberships is planned against, read in a few look-ups.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::membership::Period;
use crate::domain::source_payload::SourcePayload;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{
    Role, SourceRecord, Transaction, TransactionStatus, User, UserMembership,
};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

use crate::pipeline::plan::order_rows::external_id;

/// The app's rows for the members of one batch.
#[derive(Debug, Default)]
pub(crate) struct MemberRows {
    /// By user id and membership id.
    memberships: HashMap<(String, String), UserMembership>,
    /// Source rows of earlier imports, by the id of the membership that they became.
    history: HashMap<String, Vec<SourceRecord>>,
    /// By `externalId`.
    purchases: HashMap<String, LinkedOrder>,
    /// The id of the membership that has a transaction, by transaction id.
    membership_by_transaction: HashMap<String, String>,
    /// By user id.
    roles: HashMap<String, Role>,
}

/// The columns of a transaction that planning a membership needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkedOrder {
    /// Transaction.id.
    pub id: String,
    /// The buyer's user id.
    pub user_id: String,
    /// The transaction's status.
    pub status: TransactionStatus,
    /// When the order was placed.
    pub placed_at: Millis,
}

impl MemberRows {
    /// Reads these users' memberships and the source rows that they came from.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load_standing(&mut self, store: &mut Store, users: &[&str]) -> anyhow::Result<()> {
        let standing: Vec<UserMembership> = store.select_in("userId", users)?;
        let ids: Vec<&str> = standing.iter().map(|membership| membership.id.as_str()).collect();
        for source in store.select_in::<SourceRecord>("targetId", &ids)? {
            self.history.entry(source.target_id.clone()).or_default().push(source);
        }
        let keyed = |row: UserMembership| ((row.user_id.clone(), row.membership_id.clone()), row);
        self.memberships = standing.into_iter().map(keyed).collect();
        Ok(())
    }

    /// Reads these orders' transactions and those of the periods imported earlier.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load_orders(&mut self, store: &mut Store, orders: &[String]) -> anyhow::Result<()> {
        let history = self.history.values().flatten();
        let older = history.filter_map(|source| period_of(source)?.order_id);
        let external: Vec<String> = orders.iter().cloned().chain(older).map(|id| external_id(&id)).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        self.purchases = purchases(store, &external)?;
        Ok(())
    }

    /// Reads which memberships have the orders' transactions already.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load_memberships_of_orders(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let transactions: Vec<&str> = self.purchases.values().map(|purchase| purchase.id.as_str()).collect();
        let among = KeyFilter::keys("transactionId", &transactions);
        let found = store.columns(UserMembership::TABLE, &["transactionId", "id"], among)?;
        self.membership_by_transaction = found.into_iter().collect();
        Ok(())
    }

    /// Reads these users' roles.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load_roles(&mut self, store: &mut Store, users: &[&str]) -> anyhow::Result<()> {
        let roles = store.columns(User::TABLE, &["id", "role"], KeyFilter::keys("id", users))?;
        self.roles = roles.into_iter().collect();
        Ok(())
    }

    /// Sets roles that need no look-up.
    pub(crate) fn know_roles(&mut self, roles: Vec<(String, Role)>) {
        self.roles = roles.into_iter().collect();
    }

    /// The row that the app has for this user and membership.
    pub(crate) fn standing(&self, user_id: &str, membership_id: &str) -> Option<&UserMembership> {
        self.memberships.get(&(user_id.to_owned(), membership_id.to_owned()))
    }

    /// The source rows of earlier imports that became this membership.
    pub(crate) fn history(&self, membership: Option<&UserMembership>) -> &[SourceRecord] {
        membership.and_then(|standing| self.history.get(&standing.id)).map_or(&[], Vec::as_slice)
    }

    /// The transactions of these orders, as far as the app has them.
    pub(crate) fn purchases<'a>(&'a self, order_ids: &'a [String]) -> impl Iterator<Item = &'a LinkedOrder> {
        order_ids.iter().filter_map(|id| self.purchases.get(&external_id(id)))
    }

    /// The id of the membership that has this transaction.
    pub(crate) fn membership_of(&self, transaction_id: &str) -> Option<&str> {
        self.membership_by_transaction.get(transaction_id).map(String::as_str)
    }

    /// The role of a user; none for a user that this batch creates.
    pub(crate) fn role(&self, user_id: &str) -> Option<Role> {
        self.roles.get(user_id).copied()
    }
}

/// The transactions of orders, by `externalId`.
fn purchases(store: &mut Store, external: &[&str]) -> anyhow::Result<HashMap<String, LinkedOrder>> {
    let names = ["externalId", "id", "userId", "status", "createdAt"];
    let found = store.columns(Transaction::TABLE, &names, KeyFilter::keys("externalId", external))?;
    let keyed = |(key, id, user_id, status, placed_at)| (key, LinkedOrder { id, user_id, status, placed_at });
    Ok(found.into_iter().map(keyed).collect())
}

/// The period in a source record's payload, if it has one and can be read.
pub(crate) fn period_of(source: &SourceRecord) -> Option<Period> {
    SourcePayload::parse(&source.payload.0).ok()?.period.map(|period| *period)
}

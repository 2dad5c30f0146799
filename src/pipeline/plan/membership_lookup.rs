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

/// What the app has of the members of a batch.
#[derive(Debug, Default)]
pub(crate) struct MemberRows {
    /// By user and membership.
    memberships: HashMap<(String, String), UserMembership>,
    /// Source rows of earlier imports, by the membership that they became.
    history: HashMap<String, Vec<SourceRecord>>,
    /// By `externalId`.
    purchases: HashMap<String, LinkedOrder>,
    /// Which membership a transaction belongs to.
    membership_by_transaction: HashMap<String, String>,
    /// By user.
    roles: HashMap<String, Role>,
}

/// What a membership needs to know of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkedOrder {
    /// Transaction.id.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// Whether it was paid.
    pub status: TransactionStatus,
    /// When the order was placed.
    pub placed_at: Millis,
}

impl MemberRows {
    /// Reads the memberships that these users have, and the rows that they came from.
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

    /// Reads these orders, and those of the periods that were imported before.
    pub(crate) fn load_orders(&mut self, store: &mut Store, orders: &[String]) -> anyhow::Result<()> {
        let history = self.history.values().flatten();
        let older = history.filter_map(|source| period_of(source)?.order_id);
        let external: Vec<String> = orders.iter().cloned().chain(older).map(|id| external_id(&id)).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        self.purchases = purchases(store, &external)?;
        Ok(())
    }

    /// Reads which memberships have the transactions of these orders already.
    pub(crate) fn load_memberships_of_orders(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let transactions: Vec<&str> = self.purchases.values().map(|purchase| purchase.id.as_str()).collect();
        let among = KeyFilter::keys("transactionId", &transactions);
        let found = store.columns(UserMembership::TABLE, &["transactionId", "id"], among)?;
        self.membership_by_transaction = found.into_iter().collect();
        Ok(())
    }

    /// Reads the roles of these users.
    pub(crate) fn load_roles(&mut self, store: &mut Store, users: &[&str]) -> anyhow::Result<()> {
        let roles = store.columns(User::TABLE, &["id", "role"], KeyFilter::keys("id", users))?;
        self.roles = roles.into_iter().collect();
        Ok(())
    }

    /// Takes in roles that are known already.
    pub(crate) fn know_roles(&mut self, roles: Vec<(String, Role)>) {
        self.roles = roles.into_iter().collect();
    }

    /// The membership that a user has already.
    pub(crate) fn standing(&self, user_id: &str, membership_id: &str) -> Option<&UserMembership> {
        self.memberships.get(&(user_id.to_owned(), membership_id.to_owned()))
    }

    /// The source rows that a membership came from in earlier imports.
    pub(crate) fn history(&self, membership: Option<&UserMembership>) -> &[SourceRecord] {
        membership.and_then(|standing| self.history.get(&standing.id)).map_or(&[], Vec::as_slice)
    }

    /// The transactions of orders.
    pub(crate) fn purchases<'a>(&'a self, order_ids: &'a [String]) -> impl Iterator<Item = &'a LinkedOrder> {
        order_ids.iter().filter_map(|id| self.purchases.get(&external_id(id)))
    }

    /// The membership that has a transaction already.
    pub(crate) fn membership_of(&self, transaction_id: &str) -> Option<&str> {
        self.membership_by_transaction.get(transaction_id).map(String::as_str)
    }

    /// The role of a user; a user of this very batch has none yet.
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

/// The period of a kept source row, if it is a membership's and can be read.
pub(crate) fn period_of(source: &SourceRecord) -> Option<Period> {
    SourcePayload::parse(&source.payload.0).ok()?.period.map(|period| *period)
}

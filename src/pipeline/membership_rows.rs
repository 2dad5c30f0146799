//! The rows of the app that a batch of memberships is planned against, read in a few look-ups.

use std::collections::HashMap;

use crate::domain::membership::Period;
use crate::domain::money::Money;
use crate::store::Store;
use crate::store::tables::{Role, SourceRecord, Transaction, User, UserMembership};

use super::orders::external_id;

/// What the app has of the members of a batch.
#[derive(Debug, Default)]
pub struct MemberRows {
    /// By user and membership.
    memberships: HashMap<(String, String), UserMembership>,
    /// Source rows of earlier imports, by the membership that they became.
    history: HashMap<String, Vec<SourceRecord>>,
    /// By `externalId`.
    transactions: HashMap<String, Transaction>,
    /// Which membership a transaction belongs to.
    owners: HashMap<String, String>,
    /// By user.
    roles: HashMap<String, Role>,
}

impl MemberRows {
    /// Reads what the app has of these users and of the orders of these periods.
    pub fn load(store: &mut Store, users: &[&str], periods: &[&Period]) -> anyhow::Result<Self> {
        let mut rows = Self::default();
        let standing: Vec<UserMembership> = store.select_in("userId", users)?;
        let ids: Vec<&str> = standing.iter().map(|membership| membership.id.as_str()).collect();
        for source in store.select_in::<SourceRecord>("targetId", &ids)? {
            rows.history.entry(source.target_id.clone()).or_default().push(source);
        }
        let older: Vec<Period> =
            rows.history.values().flatten().filter_map(|source| period_of(&source.payload.0)).collect();
        let orders = periods.iter().copied().chain(&older).filter_map(|period| period.order_id.as_deref());
        let external: Vec<String> = orders.map(external_id).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let found: Vec<Transaction> = store.select_in("externalId", &external)?;
        let transactions: Vec<&str> = found.iter().map(|transaction| transaction.id.as_str()).collect();
        for owner in store.select_in::<UserMembership>("transactionId", &transactions)? {
            rows.owners.extend(owner.transaction_id.map(|transaction| (transaction, owner.id)));
        }
        let known: Vec<User> = store.select_in("id", users)?;
        rows.roles = known.into_iter().map(|user| (user.id, user.role)).collect();
        let keyed = |row: UserMembership| ((row.user_id.clone(), row.membership_id.clone()), row);
        rows.memberships = standing.into_iter().map(keyed).collect();
        let keyed = |row: Transaction| Some((row.external_id.clone()?, row));
        rows.transactions = found.into_iter().filter_map(keyed).collect();
        Ok(rows)
    }

    /// The membership that a user has already.
    pub fn standing(&self, user_id: &str, membership_id: &str) -> Option<&UserMembership> {
        self.memberships.get(&(user_id.to_owned(), membership_id.to_owned()))
    }

    /// The source rows that a membership came from in earlier imports.
    pub fn history(&self, membership: Option<&UserMembership>) -> &[SourceRecord] {
        membership.and_then(|standing| self.history.get(&standing.id)).map_or(&[], Vec::as_slice)
    }

    /// The transactions of orders.
    pub fn transactions<'a>(&'a self, order_ids: &'a [String]) -> impl Iterator<Item = &'a Transaction> {
        order_ids.iter().filter_map(|id| self.transactions.get(&external_id(id)))
    }

    /// The membership that has a transaction already.
    pub fn owner(&self, transaction_id: &str) -> Option<&str> {
        self.owners.get(transaction_id).map(String::as_str)
    }

    /// The role of a user; a user of this very batch has none yet.
    pub fn role(&self, user_id: &str) -> Option<Role> {
        self.roles.get(user_id).copied()
    }
}

/// The period that a kept source row stands for.
pub fn period_of(payload: &str) -> Option<Period> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    let period = payload.get("period")?;
    Some(Period {
        id: period["id"].as_str()?.to_owned(),
        start: crate::domain::date::Millis(period["start"].as_i64()?),
        end: crate::domain::date::Millis(period["end"].as_i64()?),
        price: period["price"].as_i64().map(Money::from_minor),
        order_id: period["order"].as_str().map(str::to_owned),
    })
}

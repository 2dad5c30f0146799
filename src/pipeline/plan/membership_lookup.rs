//! The rows of the app that a batch of memberships is planned against, read in a few look-ups.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::membership::Period;
use crate::domain::source_payload::SourcePayload;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{
    Role, SourceRecord, Transaction, TransactionStatus, User, UserMembership,
};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

use crate::pipeline::plan::order_rows::external_id;

/// The app's rows for the members of one batch.
#[derive(Debug, Default)]
pub(crate) struct MemberRows {
    /// By user id and membership id.
    memberships: BTreeMap<(String, String), UserMembership>,
    /// The ids of those that this batch has written.
    written: HashSet<String>,
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
        let kept: Vec<SourceRecord> = store.select_in("targetId", &ids)?;
        for source in kept.into_iter().filter(|source| source.kind == SourceRecordKind::Membership) {
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

    /// Reads all that is to be known of the members who have these memberships.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load_members_of(&mut self, store: &mut Store, memberships: &[&str]) -> anyhow::Result<()> {
        let among = KeyFilter::keys("id", memberships);
        let mut users: Vec<String> = Vec::new();
        users.extend(
            store
                .columns(UserMembership::TABLE, &["userId"], among)?
                .into_iter()
                .map(|(user,): (String,)| user),
        );
        users.sort_unstable();
        users.dedup();
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        self.load_standing(store, &users)?;
        self.load_orders(store, &[])?;
        self.load_memberships_of_orders(store)?;
        self.load_roles(store, &users)
    }

    /// Reads these users' roles.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load_roles(&mut self, store: &mut Store, users: &[&str]) -> anyhow::Result<()> {
        let among = KeyFilter::keys("id", users);
        let roles = store.columns(User::TABLE, &["id", "role"], among)?;
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

    /// The transaction of an order, if the app has it.
    pub(crate) fn purchase(&self, order_id: &str) -> Option<&LinkedOrder> {
        self.purchases.get(&external_id(order_id))
    }

    /// The ids of the memberships that have any of the orders.
    pub(crate) fn holders(&self) -> impl Iterator<Item = &str> {
        self.membership_by_transaction.values().map(String::as_str)
    }

    /// The membership of an id.
    pub(crate) fn of_id(&self, id: &str) -> Option<&UserMembership> {
        self.memberships.values().find(|membership| membership.id == id)
    }

    /// The memberships of a user, in the order of what they are of.
    pub(crate) fn of_user(&self, user_id: &str) -> impl Iterator<Item = &UserMembership> {
        let from = (user_id.to_owned(), String::new());
        self.memberships.range(from..).map(|(_, row)| row).take_while(move |row| row.user_id == user_id)
    }

    /// Replaces a membership by what this batch makes of it. It is an import's by that.
    pub(crate) fn replace(&mut self, row: UserMembership) {
        self.written.insert(row.id.clone());
        self.fill(row);
    }

    /// Replaces a membership of the app's own by one of which more is filled in.
    pub(crate) fn fill(&mut self, row: UserMembership) {
        self.memberships.insert((row.user_id.clone(), row.membership_id.clone()), row);
    }

    /// Whether this batch has written a membership. What is kept of it is older then.
    pub(crate) fn is_of_batch(&self, row: &UserMembership) -> bool {
        self.written.contains(&row.id)
    }

    /// Takes away a membership that this batch deletes.
    pub(crate) fn remove(&mut self, row: &UserMembership) {
        self.memberships.remove(&(row.user_id.clone(), row.membership_id.clone()));
    }

    /// Whether any membership of a user is active.
    pub(crate) fn has_active(&self, user_id: &str) -> bool {
        self.of_user(user_id).any(|row| row.is_active)
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

/// Whether a membership's id was made of this user and this membership of the app, whatever its start.
pub(crate) fn is_made_of(id: &str, user_id: &str, membership_id: &str) -> bool {
    part_without_start(id) == Some(&made_of(user_id, membership_id))
}

/// What all ids have in common that are made of this user and this membership of the app.
pub(crate) fn made_of(user_id: &str, membership_id: &str) -> String {
    let made = id_for(UserMembership::TABLE.name, &format!("{user_id}/{membership_id}"), Millis(0));
    part_without_start(&made).unwrap_or_default().to_owned()
}

/// A membership's id without its start; none if it is no id that an import has made.
pub(crate) fn part_without_start(id: &str) -> Option<&str> {
    id.get(9..)
}

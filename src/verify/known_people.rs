//! Which ids are users', who of them has a wallet, and who somebody of the source is (L37).

use crate::domain::id_index::{IdMap, IdSet};
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{Identity, User, Wallet};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// People by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownPeople {
    users: IdSet,
    with_wallet: IdSet,
    decided: IdMap,
}

impl KnownPeople {
    /// Everybody.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn all(store: &mut Store) -> anyhow::Result<Self> {
        let mut known = Self::default();
        let ids = |page: Vec<(String, String)>| page.into_iter().map(|(id, _)| id);
        store.pages_of_pairs((User::TABLE, ""), ["id", "id"], |page| known.users.extend(ids(page)))?;
        store.pages_of_pairs((Wallet::TABLE, ""), ["userId", "id"], |page| {
            known.with_wallet.extend(ids(page))
        })?;
        store.pages_of_pairs((Identity::TABLE, ""), ["id", "userId"], |page| known.decided.extend(page))?;
        known.users.shrink_to_fit();
        known.decided.shrink_to_fit();
        Ok(known)
    }

    /// Those among these ids of users and of decisions.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn among(store: &mut Store, users: &[&str], decisions: &[&str]) -> anyhow::Result<Self> {
        let set = |rows: Vec<(String,)>| rows.into_iter().map(|(id,)| id).collect();
        let decided = store.columns_in(Identity::TABLE, &["id", "userId"], KeyFilter::keys("id", decisions));
        let (users, with_wallet, decided) = store.answer((
            store.columns_in(User::TABLE, &["id"], KeyFilter::keys("id", users)).map(set),
            store.columns_in(Wallet::TABLE, &["userId"], KeyFilter::keys("userId", users)).map(set),
            decided.map(|rows: Vec<(String, String)>| rows.into_iter().collect()),
        ))?;
        Ok(Self { users, with_wallet, decided })
    }

    /// Whether an id is a user's.
    pub(crate) fn is_user(&self, id: &str) -> bool {
        self.users.contains(id)
    }

    /// Whether an id is that of a user with a wallet.
    pub(crate) fn has_wallet(&self, id: &str) -> bool {
        self.is_user(id) && self.with_wallet.contains(id)
    }

    /// The user whom imports have decided somebody to be, by the decision's id.
    pub(crate) fn decided(&self, decision: &str) -> Option<String> {
        self.decided.get(decision)
    }
}

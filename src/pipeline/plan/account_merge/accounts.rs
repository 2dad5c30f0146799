//! The two users of a merge: the one that is kept gets what it lacks, and the other one is closed.

use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::language::tr;
use crate::store::history::journal::Change;
use crate::store::schema::tables::User;
use crate::store::session::store::Store;

/// The two accounts of a merge.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    /// The account that goes on.
    pub(crate) kept: User,
    /// The account that is closed.
    pub(crate) other: User,
}

impl Accounts {
    /// Reads both, locked until the transaction ends.
    ///
    /// # Errors
    /// Exit code 2: they are one account, or one is not there; the database's errors.
    pub(crate) fn load(store: &mut Store, kept: &str, other: &str) -> anyhow::Result<Self> {
        Self::of(store.select_for_update("id", &[kept, other])?, kept, other)
    }

    /// Reads both, to be looked at only.
    ///
    /// # Errors
    /// As for [`Accounts::load`].
    pub(crate) fn look_up(store: &mut Store, kept: &str, other: &str) -> anyhow::Result<Self> {
        Self::of(store.select_in("id", &[kept, other])?, kept, other)
    }

    fn of(users: Vec<User>, kept: &str, other: &str) -> anyhow::Result<Self> {
        if kept == other {
            return Err(Failure::usage(tr!("both names lead to the same account")));
        }
        let user = |id: &str| users.iter().find(|user| user.id == id).cloned();
        let (Some(kept), Some(other)) = (user(kept), user(other)) else {
            return Err(Failure::usage(tr!("an account is not there any more")));
        };
        Ok(Self { kept, other })
    }

    /// The same the other way round.
    pub(crate) fn turned(&self) -> Self {
        Self { kept: self.other.clone(), other: self.kept.clone() }
    }

    /// The ids of both users.
    pub(crate) fn ids(&self) -> [&str; 2] {
        [&self.kept.id, &self.other.id]
    }

    /// Closes the one account as the app does it (`isActive`), and fills what is empty in the other (L9).
    pub(crate) fn closing(&self, written_at: Millis) -> Vec<Change> {
        let Self { kept, other } = self;
        let closed = User { is_active: false, updated_at: written_at, ..other.clone() };
        let name = if kept.name.trim().is_empty() { other.name.clone() } else { kept.name.clone() };
        let mut filled = User {
            name,
            phone: first_of(&kept.phone, &other.phone),
            whatsapp: first_of(&kept.whatsapp, &other.whatsapp),
            ..kept.clone()
        };
        if filled != *kept {
            filled.updated_at = written_at;
        }
        let changes = [
            Change::diff(&other.id, other.clone(), closed, &["id"]),
            Change::diff(&kept.id, kept.clone(), filled, &["id"]),
        ];
        changes.into_iter().flatten().collect()
    }
}

/// The first text that is not empty.
fn first_of(kept: &Option<String>, other: &Option<String>) -> Option<String> {
    let is_empty = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    if is_empty(kept) && !is_empty(other) { other.clone() } else { kept.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_empty_is_filled() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(first_of(&None, &text("08")), text("08"));
        assert_eq!(first_of(&text(" "), &text("08")), text("08"));
        assert_eq!(first_of(&text("07"), &text("08")), text("07"));
        assert_eq!(first_of(&None, &text("")), None, "nothing is changed for nothing");
    }
}

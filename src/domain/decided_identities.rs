//! Who of the app somebody of the source is, as imports have decided it (lesson L37, `docs/lessons.md`).
//!
//! A decision stands as long as that user exists, whatever address or number anybody has by then. The key is a hash,
//! so that no address outlives a purge.

use std::collections::HashSet;

use crate::domain::chunked_vec::ChunkedVec;
use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::hash_index::HashIndex;
use crate::domain::ids::{KeyHash, cuid};

/// The table of the decisions, by which their keys are hashed.
const TABLE: &str = "SejoliIdentity";

/// An id shows the hash in sixteen digits of base 36, and no more of it is kept.
const SHOWN: u128 = 36_u128.pow(16);

/// How the source names somebody, as a hash: by an e-mail address, a phone number or an affiliate's code. Kept at
/// twelve bytes, because a large shop has a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdentityKey([u32; 3]);

impl IdentityKey {
    fn of(key: &str) -> Self {
        Self::from_number(KeyHash::of(TABLE, key).0 % SHOWN)
    }

    fn from_number(number: u128) -> Self {
        Self([number as u32, (number >> 32) as u32, (number >> 64) as u32])
    }

    /// Of an e-mail address.
    pub(crate) fn of_email(email: &Email) -> Self {
        Self::of(&["email/", email.as_str()].concat())
    }

    /// Of a phone number.
    pub(crate) fn of_phone(phone: Phone) -> Self {
        Self::of(&format!("phone/{phone}"))
    }

    /// Of a buyer: the address counts, and a number only where there is none, the phone's before that of WhatsApp.
    pub(crate) fn of_buyer(
        email: Option<&Email>,
        phone: Option<Phone>,
        whatsapp: Option<Phone>,
    ) -> Option<Self> {
        email.map(Self::of_email).or_else(|| phone.or(whatsapp).map(Self::of_phone))
    }

    /// The id of the decision's row.
    pub(crate) fn id(self) -> String {
        let [low, middle, high] = self.0.map(u128::from);
        cuid(Millis(0), KeyHash(low | middle << 32 | high << 64))
    }

    /// The key of the row with this id; none if it is no id of a decision.
    pub(crate) fn of_id(id: &str) -> Option<Self> {
        let digits = id.strip_prefix("c00000000").filter(|digits| digits.len() == 16)?;
        u128::from_str_radix(digits, 36).ok().map(Self::from_number)
    }
}

/// What imports have written of a user, so that a later one knows that the app has taken it away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WrittenDetails {
    /// A name that is not empty.
    pub name: bool,
    /// A phone number.
    pub phone: bool,
    /// A WhatsApp number.
    pub whatsapp: bool,
    /// A higher role, for a membership.
    pub raised_role: bool,
}

impl WrittenDetails {
    /// What either of two says.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            name: self.name || other.name,
            phone: self.phone || other.phone,
            whatsapp: self.whatsapp || other.whatsapp,
            raised_role: self.raised_role || other.raised_role,
        }
    }
}

/// How far the database knows of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecisionState {
    /// Its row is there.
    Stored,
    /// It follows from what earlier imports have written, and has no row yet.
    Learnt,
    /// The same, and another part of a shared import writes it unless this one has a row of that identity.
    LearntElsewhere,
}

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// The identity.
    pub key: IdentityKey,
    /// Who that is: a position in the index of people.
    pub person: u32,
    /// What was written under this identity.
    pub written: WrittenDetails,
    /// Whether the database knows.
    pub state: DecisionState,
}

/// The decisions, by identity.
#[derive(Debug, Default)]
pub(crate) struct DecidedIdentities {
    decisions: ChunkedVec<Decision>,
    by_key: HashIndex,
    /// Identities whose user is gone and that are decided anew: their rows are there already.
    reopened: HashSet<IdentityKey>,
}

impl DecidedIdentities {
    fn position(&self, key: IdentityKey) -> Option<u32> {
        self.by_key.find(key, |at| self.decisions[at].key)
    }

    /// The decision on an identity.
    pub(crate) fn get(&self, key: IdentityKey) -> Option<&Decision> {
        Some(&self.decisions[self.position(key)?])
    }

    /// Adds or replaces a decision.
    pub(crate) fn set(&mut self, decision: Decision) {
        match self.position(decision.key) {
            Some(at) => self.decisions[at] = decision,
            None => {
                let at = self.decisions.push(decision);
                self.by_key.add(at, |at| self.decisions[at].key);
            }
        }
    }

    /// Lets an identity be decided anew, although a row of it is there.
    pub(crate) fn reopen(&mut self, key: IdentityKey) {
        self.reopened.insert(key);
    }

    /// Whether an identity is to be decided anew; afterwards it is not any more.
    pub(crate) fn take_reopened(&mut self, key: IdentityKey) -> bool {
        self.reopened.remove(&key)
    }

    /// Whether nothing was decided.
    pub(crate) fn is_empty(&self) -> bool {
        self.decisions.len() == 0
    }

    /// All decisions, in the order in which they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::parse_phones;
    use crate::domain::ids::id_for;

    #[test]
    fn an_id_says_which_identity_it_is() {
        let email = Email::parse("Rina@example.org").unwrap();
        let key = IdentityKey::of_email(&email);
        assert_eq!(key.id(), id_for(TABLE, "email/rina@example.org", Millis(0)));
        assert_eq!(IdentityKey::of_id(&key.id()), Some(key));
        for other in ["", "c00000000", "ckk8370000000000000000000", "c00000000!!!!!!!!!!!!!!!!"] {
            assert_eq!(IdentityKey::of_id(other), None, "{other}");
        }
    }

    #[test]
    fn the_address_counts_and_the_number_only_without_one() {
        let email = Email::parse("rina@example.org").unwrap();
        let phone = parse_phones("08123456789").unwrap().first;
        assert_eq!(IdentityKey::of_buyer(Some(&email), phone, None), Some(IdentityKey::of_email(&email)));
        assert_eq!(IdentityKey::of_buyer(None, phone, None), phone.map(IdentityKey::of_phone));
        assert_eq!(IdentityKey::of_buyer(None, None, None), None);
        let id = IdentityKey::of_buyer(None, phone, None).unwrap().id();
        assert_eq!(id, id_for(TABLE, "phone/+628123456789", Millis(0)));
    }

    #[test]
    fn a_decision_is_small() {
        assert_eq!(size_of::<Decision>(), 24);
    }
}

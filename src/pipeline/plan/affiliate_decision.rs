//! Decides which user of the app each affiliate is. All affiliates are decided together, so that the order of the
//! rows does not matter.

use crate::domain::pending_notes;
use crate::language::msg;
use std::collections::{HashMap, HashSet};

use crate::domain::affiliate::Affiliate;
use crate::domain::contact::Email;
use crate::domain::identity::{PeopleIndex, PersonRef, PersonState, PhoneHolder};
use crate::pipeline::plan::people::load_own;
use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// The user of the app that an affiliate is mapped to, or why there is none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AffiliateDecision {
    /// An existing user of the app.
    User {
        /// The user, as a person of the index.
        person: PersonRef,
        /// How the user was found: "email" or "phone".
        by: &'static str,
    },
    /// No user has the address: one is created with it.
    Create,
    /// The mapping has to be decided by hand in the app.
    Pending {
        /// The reason, and the ids of the users that come into question.
        notes: String,
    },
}

/// What the app's users, codes and links are before the affiliates are decided.
#[derive(Debug, Default)]
pub(crate) struct AffiliateIndex {
    /// Ids of users who are verified affiliates already.
    users: HashSet<String>,
    /// The codes of the app's profiles, in lower case.
    pub(super) codes: HashSet<String>,
    /// The short links of the app's profiles, in lower case.
    pub(super) links: HashSet<String>,
    /// The app's own users. Only their phones name an affiliate: those of imported buyers would make
    /// the decision depend on what was imported before.
    own: PeopleIndex,
}

impl AffiliateIndex {
    /// Reads mappings, profiles and the app's own users.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let mappings: Vec<AffiliateMapping> = store.all_rows()?;
        let profiles: Vec<AffiliateProfile> = store.all_rows()?;
        let mut own = PeopleIndex::default();
        load_own(store, &mut own)?;
        let verified = |mapping: AffiliateMapping| {
            mapping
                .eksporyuk_user_id
                .filter(|_| MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified))
        };
        let users = mappings.into_iter().filter_map(verified).collect();
        Ok(Self { users, own, ..Self::default() }.with_names(&profiles))
    }

    /// Knows only which codes and links are taken, for an affiliate whose user is decided already.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn of_names(store: &mut Store) -> anyhow::Result<Self> {
        let profiles: Vec<AffiliateProfile> = store.all_rows()?;
        Ok(Self::default().with_names(&profiles))
    }

    fn with_names(self, profiles: &[AffiliateProfile]) -> Self {
        Self {
            codes: profiles.iter().map(|profile| profile.affiliate_code.to_lowercase()).collect(),
            links: profiles.iter().map(|profile| profile.short_link.to_lowercase()).collect(),
            ..self
        }
    }

    /// The holder of an affiliate's phone among the app's own users, as a person of `people`.
    fn phone_holder(&self, affiliate: &Affiliate, people: &PeopleIndex) -> Option<PhoneHolder> {
        match self.own.phone_holder(affiliate.phone?)? {
            PhoneHolder::One(person) => {
                let email = Email::parse(self.own.email(person)).ok()?;
                people.find(&email).map(PhoneHolder::One)
            }
            PhoneHolder::Several => Some(PhoneHolder::Several),
        }
    }

    /// Claims a code or link that no profile has: Sejoli's own, or the same with the prefix `SJ-`. None if both
    /// exist.
    pub(super) fn claim_name(names: &mut HashSet<String>, code: &str) -> Option<String> {
        let choices = [code.to_owned(), Self::fallback(code)];
        choices.into_iter().find(|choice| names.insert(choice.to_lowercase()))
    }

    /// The name that is taken where the code itself is not free.
    pub(super) fn fallback(code: &str) -> String {
        format!("SJ-{code}")
    }
}

/// Decides which user each affiliate is, by code. An e-mail address takes precedence over a phone number, and an
/// affiliate is pending when another one claims the same user.
pub(crate) fn decide(
    affiliates: &[&Affiliate],
    people: &PeopleIndex,
    index: &AffiliateIndex,
) -> HashMap<String, AffiliateDecision> {
    let mut by_email: HashMap<PersonRef, Vec<&str>> = HashMap::new();
    let mut addresses: HashMap<&str, usize> = HashMap::new();
    for affiliate in affiliates {
        let Some(email) = &affiliate.email else { continue };
        *addresses.entry(email.as_str()).or_default() += 1;
        if let Some(person) = people.find(email) {
            by_email.entry(person).or_default().push(&affiliate.code);
        }
    }
    let mut by_phone: HashMap<PersonRef, usize> = HashMap::new();
    for affiliate in affiliates {
        if let Some(person) = phone_candidate(affiliate, people, index, &by_email) {
            *by_phone.entry(person).or_default() += 1;
        }
    }
    let decide_one = |affiliate: &&Affiliate| {
        let shared = affiliate.email.as_ref().is_some_and(|email| addresses[email.as_str()] > 1);
        let decision = if shared {
            pending(msg!("several affiliates have this e-mail address"), &[], people)
        } else {
            decide_one(affiliate, people, index, &by_email, &by_phone)
        };
        (affiliate.code.clone(), decision)
    };
    affiliates.iter().map(decide_one).collect()
}

/// The one user with the affiliate's phone, unless another affiliate claims that user by e-mail.
fn phone_candidate(
    affiliate: &Affiliate,
    people: &PeopleIndex,
    index: &AffiliateIndex,
    by_email: &HashMap<PersonRef, Vec<&str>>,
) -> Option<PersonRef> {
    if affiliate.email.as_ref().and_then(|email| people.find(email)).is_some() {
        return None;
    }
    match index.phone_holder(affiliate, people)? {
        PhoneHolder::One(person) if !by_email.contains_key(&person) => {
            people.user_id(person).filter(|user| !index.users.contains(*user)).map(|_| person)
        }
        _ => None,
    }
}

fn decide_one(
    affiliate: &Affiliate,
    people: &PeopleIndex,
    index: &AffiliateIndex,
    by_email: &HashMap<PersonRef, Vec<&str>>,
    by_phone: &HashMap<PersonRef, usize>,
) -> AffiliateDecision {
    let phone_holder = index.phone_holder(affiliate, people);
    if let Some(person) = affiliate.email.as_ref().and_then(|email| people.find(email)) {
        let user = people.user_id(person);
        if people.state(person) == PersonState::Ambiguous {
            return pending(msg!("several users have this e-mail address"), &[], people);
        }
        if people.state(person) == PersonState::Gone {
            return pending(
                msg!("the user whom imports knew by this e-mail address was deleted"),
                &[],
                people,
            );
        }
        if user.is_some_and(|user| index.users.contains(user)) {
            return pending(msg!("this user is a verified affiliate under another code"), &[person], people);
        }
        return match phone_holder {
            Some(PhoneHolder::One(other)) if other != person => {
                pending(msg!("e-mail and phone point at different users"), &[person, other], people)
            }
            _ => AffiliateDecision::User { person, by: "email" },
        };
    }
    if let Some(person) = phone_candidate(affiliate, people, index, by_email) {
        if by_phone.get(&person).copied().unwrap_or(0) > 1 {
            return pending(msg!("several affiliates have this phone number"), &[person], people);
        }
        return AffiliateDecision::User { person, by: "phone" };
    }
    match (&affiliate.email, phone_holder) {
        (Some(_), _) => AffiliateDecision::Create,
        (None, Some(PhoneHolder::Several)) => {
            pending(msg!("several users have this phone number"), &[], people)
        }
        (None, Some(PhoneHolder::One(person))) => {
            pending(msg!("the user with this phone is another affiliate"), &[person], people)
        }
        (None, None) => pending(msg!("no e-mail address, and nobody has the phone number"), &[], people),
    }
}

/// The reason is kept, in English; `mappings show` says it in the language that is spoken.
fn pending(why: &str, candidates: &[PersonRef], people: &PeopleIndex) -> AffiliateDecision {
    let users: Vec<&str> = candidates.iter().filter_map(|&person| people.user_id(person)).collect();
    AffiliateDecision::Pending { notes: pending_notes::written(why, &users) }
}

//! Recognises people by e-mail address first, then by phone number (lessons L6 and L7, `docs/lessons.md`).
//!
//! Who was decided before comes first: a decision stands whatever address or number anybody has by now (lesson L37).
//!
//! One index holds the users of the app and the people of the files, in about a hundred bytes each. What is
//! known of a person does not depend on the order of the rows: the earliest row that has a name, a phone or a
//! WhatsApp number gives it.

use std::collections::HashMap;
use std::num::NonZeroU32;

use crate::domain::chunked_vec::ChunkedVec;
use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::decided_identities::{
    DecidedIdentities, Decision, DecisionState, IdentityKey, WrittenDetails,
};
use crate::domain::hash_index::HashIndex;
use crate::domain::string_arena::{StringArena, StringRef};

/// A person of a [`PeopleIndex`] index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PersonRef(u32);

impl PersonRef {
    /// Its number: people are counted from 0 in the order in which they were added.
    pub(crate) fn number(self) -> usize {
        self.0 as usize
    }
}

/// When a row was made in the source. Rows are ordered by it, and the earliest row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FirstSeen {
    /// The date of the row.
    pub at: Millis,
    /// Sejoli's number of the row; it orders rows of one date.
    pub number: u64,
}

const NEVER: FirstSeen = FirstSeen { at: Millis(i64::MAX), number: u64::MAX };

/// Kept at forty bytes, because a large shop has a million of them.
#[derive(Clone, Copy, Debug)]
struct IndexedPerson {
    first: FirstSeen,
    email: StringRef,
    name: StringRef,
    /// The id of the app's user, when there is one.
    user: StringRef,
    phone: Option<PhoneRef>,
    whatsapp: Option<PhoneRef>,
    state: PersonState,
    /// Whether an import has raised the user's role for a membership.
    raised_role: bool,
}

/// The rows that each detail of a person comes from.
#[derive(Clone, Copy, Debug)]
struct DetailsFirstSeen {
    name: FirstSeen,
    phone: FirstSeen,
    whatsapp: FirstSeen,
}

impl DetailsFirstSeen {
    /// Whether every known detail comes from this row.
    fn is_from_one_row(&self, row: FirstSeen) -> bool {
        [self.name, self.phone, self.whatsapp].iter().all(|seen| *seen == row || *seen == NEVER)
    }
}

/// The position of a phone number plus one, so that an `Option` of it needs no more room.
#[derive(Clone, Copy, Debug)]
struct PhoneRef(NonZeroU32);

impl PhoneRef {
    fn at(self) -> u32 {
        self.0.get() - 1
    }
}

/// A number, who has it as a phone, and who has it as a phone or a WhatsApp number.
#[derive(Clone, Copy, Debug)]
struct PhoneEntry {
    phone: Phone,
    phone_holder: Option<PhoneHolder>,
    holder: Option<PhoneHolder>,
}

/// The fields of a user that are empty in the app and may be filled in (lesson L9, `docs/lessons.md`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MissingDetails {
    /// The name.
    pub name: bool,
    /// The phone.
    pub phone: bool,
    /// The WhatsApp number.
    pub whatsapp: bool,
}

impl MissingDetails {
    fn of(details: PersonDetails<'_>) -> Self {
        Self {
            name: details.name.is_empty(),
            phone: details.phone.is_none(),
            whatsapp: details.whatsapp.is_none(),
        }
    }
}

/// What the app knows of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonState {
    /// Only the files know this person.
    New,
    /// The app has one user with this address.
    Existing(MissingDetails),
    /// The app has several users with this address.
    Ambiguous,
    /// Imports have decided who this is, and the app has deleted that user since.
    Gone,
}

/// What the files say of a person besides the e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PersonDetails<'a> {
    /// The name; empty when unknown.
    pub name: &'a str,
    /// The phone.
    pub phone: Option<Phone>,
    /// The WhatsApp number.
    pub whatsapp: Option<Phone>,
}

/// Who has a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PhoneHolder {
    /// One person.
    One(PersonRef),
    /// Several people.
    Several,
}

impl PhoneHolder {
    /// Who has a number once this person has it, too.
    fn with(before: Option<Self>, person: PersonRef) -> Self {
        match before {
            Some(other) if other != Self::One(person) => Self::Several,
            _ => Self::One(person),
        }
    }

    /// The one person, if it is one.
    fn one(self) -> Option<PersonRef> {
        match self {
            Self::One(person) => Some(person),
            Self::Several => None,
        }
    }
}

/// An index of people by e-mail address and by phone number.
#[derive(Debug, Default)]
pub(crate) struct PeopleIndex {
    people: ChunkedVec<IndexedPerson>,
    by_email: HashIndex,
    /// Users of the app, by id.
    by_user: HashIndex,
    decided: DecidedIdentities,
    phones: ChunkedVec<PhoneEntry>,
    by_phone: HashIndex,
    texts: StringArena,
    /// Only people whose details come from several rows; they are few.
    details_first_seen: HashMap<PersonRef, DetailsFirstSeen>,
    /// The id of the run that decides who is not decided yet.
    run: String,
}

impl PeopleIndex {
    /// An index in which this run decides who is not decided yet.
    pub(crate) fn of_run(run_id: &str) -> Self {
        Self { run: run_id.to_owned(), ..Self::default() }
    }

    /// The id of the run that decides.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Adds a user of the app. A second user with the same address makes the person ambiguous.
    pub(crate) fn add_user(&mut self, user_id: &str, email: &Email, details: PersonDetails<'_>) -> PersonRef {
        let missing = MissingDetails::of(details);
        let person = match self.find_email(email) {
            None => self.push_user(user_id, Some(email), missing),
            Some(person) => {
                // Each user remains a person of its own, whom a decision can name.
                if let PersonState::Existing(missing) = self.state(person) {
                    let first = self.texts.text(self.people[person.0].user).to_owned();
                    self.people[person.0].user = StringRef::EMPTY;
                    self.push_user(&first, None, missing);
                }
                self.push_user(user_id, None, missing);
                self.people[person.0].state = PersonState::Ambiguous;
                person
            }
        };
        if let Some(phone) = details.phone {
            let number = self.number(phone);
            self.assign_phone(number, person);
        }
        self.assign_whatsapp(details.whatsapp, person);
        person
    }

    /// Adds a user of the app without an address that an export could name.
    pub(crate) fn add_user_without_email(&mut self, user_id: &str, details: PersonDetails<'_>) {
        self.push_user(user_id, None, MissingDetails::of(details));
    }

    /// Adds what a row of a file says about a person, and returns who else has the same phone number.
    pub(crate) fn observe(
        &mut self,
        email: &Email,
        seen: FirstSeen,
        details: PersonDetails<'_>,
    ) -> (PersonRef, Option<PhoneHolder>) {
        let person = self.entry(email);
        let phone = details.phone.map(|phone| self.number(phone));
        self.merge_details(person, seen, phone, details);
        let other = phone.and_then(|number| self.assign_phone(number, person));
        self.assign_whatsapp(details.whatsapp, person);
        (person, other)
    }

    fn entry(&mut self, email: &Email) -> PersonRef {
        self.find(email).unwrap_or_else(|| self.push(Some(email), "", PersonState::New))
    }

    fn push(&mut self, email: Option<&Email>, user_id: &str, state: PersonState) -> PersonRef {
        let person = self.people.push(IndexedPerson {
            first: NEVER,
            email: email.map_or(StringRef::EMPTY, |email| self.texts.keep(email.as_str())),
            name: StringRef::EMPTY,
            user: if user_id.is_empty() { StringRef::EMPTY } else { self.texts.keep(user_id) },
            phone: None,
            whatsapp: None,
            state,
            raised_role: false,
        });
        if email.is_some() {
            self.by_email.add(person, |number| self.texts.text(self.people[number].email));
        }
        PersonRef(person)
    }

    fn push_user(&mut self, user_id: &str, email: Option<&Email>, missing: MissingDetails) -> PersonRef {
        let person = self.push(email, user_id, PersonState::Existing(missing));
        self.by_user.add(person.0, |number| self.texts.text(self.people[number].user));
        person
    }

    fn merge_details(
        &mut self,
        person: PersonRef,
        seen: FirstSeen,
        phone: Option<PhoneRef>,
        details: PersonDetails<'_>,
    ) {
        let mut known = self.people[person.0];
        let (mut details_first_seen, had_own_entry) = self.details_first_seen(person);
        known.first = known.first.min(seen);
        if seen < details_first_seen.name && !details.name.is_empty() {
            (known.name, details_first_seen.name) = (self.insert_if_changed(known.name, details.name), seen);
        }
        if phone.is_some() && seen < details_first_seen.phone {
            (known.phone, details_first_seen.phone) = (phone, seen);
        }
        if let Some(whatsapp) = details.whatsapp.filter(|_| seen < details_first_seen.whatsapp) {
            (known.whatsapp, details_first_seen.whatsapp) = (Some(self.number(whatsapp)), seen);
        }
        self.people[person.0] = known;
        if !details_first_seen.is_from_one_row(known.first) {
            self.details_first_seen.insert(person, details_first_seen);
        } else if had_own_entry {
            self.details_first_seen.remove(&person);
        }
    }

    /// The rows that a person's details come from, and whether an entry of their own says so: without one they
    /// all come from the person's first row.
    fn details_first_seen(&self, person: PersonRef) -> (DetailsFirstSeen, bool) {
        if let Some(details_first_seen) = self.details_first_seen.get(&person) {
            return (*details_first_seen, true);
        }
        let known = &self.people[person.0];
        let seen_if = |is_known| if is_known { known.first } else { NEVER };
        let name = seen_if(!known.name.is_empty());
        let (phone, whatsapp) = (seen_if(known.phone.is_some()), seen_if(known.whatsapp.is_some()));
        (DetailsFirstSeen { name, phone, whatsapp }, false)
    }

    fn number(&mut self, phone: Phone) -> PhoneRef {
        let at = self.find_phone(phone).unwrap_or_else(|| {
            let at = self.phones.push(PhoneEntry { phone, phone_holder: None, holder: None });
            self.by_phone.add(at, |at| self.phones[at].phone);
            at
        });
        PhoneRef(NonZeroU32::MIN.saturating_add(at))
    }

    fn find_phone(&self, phone: Phone) -> Option<u32> {
        self.by_phone.find(phone, |at| self.phones[at].phone)
    }

    /// Returns the previous holder, if that is somebody else.
    fn assign_phone(&mut self, number: PhoneRef, person: PersonRef) -> Option<PhoneHolder> {
        let entry = &mut self.phones[number.at()];
        entry.holder = Some(PhoneHolder::with(entry.holder, person));
        let before = entry.phone_holder.filter(|holder| *holder != PhoneHolder::One(person));
        entry.phone_holder = Some(PhoneHolder::with(entry.phone_holder, person));
        before
    }

    fn assign_whatsapp(&mut self, whatsapp: Option<Phone>, person: PersonRef) {
        if let Some(number) = whatsapp.map(|whatsapp| self.number(whatsapp)) {
            let entry = &mut self.phones[number.at()];
            entry.holder = Some(PhoneHolder::with(entry.holder, person));
        }
    }

    /// Most people write their name the same way every time, and the arena does not find duplicates.
    fn insert_if_changed(&mut self, known: StringRef, text: &str) -> StringRef {
        if self.texts.text(known) == text { known } else { self.texts.keep(text) }
    }

    /// The person of an e-mail address: whom an import has decided it to be, else who has it now.
    pub(crate) fn find(&self, email: &Email) -> Option<PersonRef> {
        self.decided_buyer(Some(email), None, None).or_else(|| self.find_email(email))
    }

    fn find_email(&self, email: &Email) -> Option<PersonRef> {
        let email_of = |person: u32| self.texts.text(self.people[person].email);
        self.by_email.find(email.as_str(), email_of).map(PersonRef)
    }

    /// Who has a phone number.
    pub(crate) fn phone_holder(&self, phone: Phone) -> Option<PhoneHolder> {
        self.phones[self.find_phone(phone)?].phone_holder
    }

    /// The person of an e-mail address; without one, of a phone number that exactly one person has as a phone;
    /// without that too, of a WhatsApp number that exactly one person has as either: whom an import has decided it to
    /// be, else the one who has it now.
    pub(crate) fn resolve(
        &self,
        email: Option<&Email>,
        phone: Option<Phone>,
        whatsapp: Option<Phone>,
    ) -> Option<PersonRef> {
        if let Some(person) = self.decided_buyer(email, phone, whatsapp) {
            return Some(person);
        }
        match (email, phone, whatsapp) {
            (Some(email), _, _) => self.find_email(email),
            (None, Some(phone), _) => self.phone_holder(phone)?.one(),
            (None, None, Some(whatsapp)) => self.phones[self.find_phone(whatsapp)?].holder?.one(),
            (None, None, None) => None,
        }
    }

    /// The user of the app with this id.
    pub(crate) fn user(&self, user_id: &str) -> Option<PersonRef> {
        self.by_user.find(user_id, |person| self.texts.text(self.people[person].user)).map(PersonRef)
    }

    /// Who an import has decided an identity to be.
    pub(crate) fn decided(&self, key: IdentityKey) -> Option<PersonRef> {
        self.decision(key).map(|decision| PersonRef(decision.person))
    }

    /// The decision on an identity.
    pub(crate) fn decision(&self, key: IdentityKey) -> Option<&Decision> {
        self.decided.get(key)
    }

    /// As long as nothing is decided, nothing needs to be hashed.
    fn decided_buyer(
        &self,
        email: Option<&Email>,
        phone: Option<Phone>,
        whatsapp: Option<Phone>,
    ) -> Option<PersonRef> {
        if self.decided.is_empty() {
            return None;
        }
        self.decided(IdentityKey::of_buyer(email, phone, whatsapp)?)
    }

    /// All decisions.
    pub(crate) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.decided.iter()
    }

    /// Adds a decision of an earlier import. Where the user is gone, so is the person; nobody is created again.
    pub(crate) fn add_decision(
        &mut self,
        key: IdentityKey,
        user_id: &str,
        written: WrittenDetails,
        state: DecisionState,
    ) {
        let person = self.user(user_id).unwrap_or_else(|| self.push(None, "", PersonState::Gone));
        self.decide(key, person, written, state);
    }

    /// Records who an identity is, and what was written of that person's user.
    pub(crate) fn decide(
        &mut self,
        key: IdentityKey,
        person: PersonRef,
        written: WrittenDetails,
        state: DecisionState,
    ) {
        self.decided.set(Decision { key, person: person.0, written, state });
        self.people[person.0].raised_role |= written.raised_role;
    }

    /// Lets an identity be decided anew whose row says that its user is gone.
    pub(crate) fn reopen(&mut self, key: IdentityKey) {
        self.decided.reopen(key);
    }

    /// Whether a row of this identity is there and is to be decided anew; afterwards it is not any more.
    pub(crate) fn take_reopened(&mut self, key: IdentityKey) -> bool {
        self.decided.take_reopened(key)
    }

    /// Whether an import has raised the person's role for a membership.
    pub(crate) fn has_raised_role(&self, person: PersonRef) -> bool {
        self.people[person.0].raised_role
    }

    /// Records that no import's raise of the person's role stands any more.
    pub(crate) fn forget_raised_role(&mut self, person: PersonRef) {
        self.people[person.0].raised_role = false;
    }

    /// The decisions on a person.
    pub(crate) fn decisions_on(&self, person: PersonRef) -> impl Iterator<Item = &Decision> {
        self.decided.iter().filter(move |decision| decision.person == person.0)
    }

    /// An identity that an import has decided to be this user; none if there is none.
    pub(crate) fn key_of_user(&self, user_id: &str) -> Option<IdentityKey> {
        let person = self.user(user_id)?;
        self.decisions_on(person).next().map(|decision| decision.key)
    }

    /// What an import has written and what is empty now was emptied in the app: it is not filled again.
    pub(crate) fn keep_emptied(&mut self, key: IdentityKey) {
        let Some(&Decision { person, written, .. }) = self.decision(key) else { return };
        if let PersonState::Existing(missing) = &mut self.people[person].state {
            missing.name &= !written.name;
            missing.phone &= !written.phone;
            missing.whatsapp &= !written.whatsapp;
        }
    }

    /// What the app knows of a person.
    pub(crate) fn state(&self, person: PersonRef) -> PersonState {
        self.people[person.0].state
    }

    /// Records that the app has the person now, and which fields are empty there.
    pub(crate) fn mark_created(&mut self, person: PersonRef, user_id: &str, missing: MissingDetails) {
        let user = self.texts.keep(user_id);
        let known = &mut self.people[person.0];
        known.user = user;
        known.state = PersonState::Existing(missing);
    }

    /// The details that may be filled in.
    pub(crate) fn missing(&self, person: PersonRef) -> MissingDetails {
        match self.state(person) {
            PersonState::Existing(missing) => missing,
            PersonState::New | PersonState::Ambiguous | PersonState::Gone => MissingDetails::default(),
        }
    }

    /// Records that no field of the person is left to fill in.
    pub(crate) fn mark_completed(&mut self, person: PersonRef) {
        self.people[person.0].state = PersonState::Existing(MissingDetails::default());
    }

    /// Whether the files know a detail that is empty in the app.
    pub(crate) fn can_fill_details(&self, person: PersonRef) -> bool {
        let PersonState::Existing(missing) = self.state(person) else {
            return false;
        };
        let known = self.details(person);
        (missing.name && !known.name.is_empty())
            || (missing.phone && known.phone.is_some())
            || (missing.whatsapp && known.whatsapp.is_some())
    }

    /// The id of the person's user in the app; `None` if there is none or several.
    pub(crate) fn user_id(&self, person: PersonRef) -> Option<&str> {
        let known = &self.people[person.0];
        matches!(known.state, PersonState::Existing(_)).then(|| self.texts.text(known.user))
    }

    /// The e-mail address.
    pub(crate) fn email(&self, person: PersonRef) -> &str {
        self.texts.text(self.people[person.0].email)
    }

    /// The date of the earliest row about the person; `None` if no file has one.
    pub(crate) fn first_seen(&self, person: PersonRef) -> Option<Millis> {
        let first = self.people[person.0].first;
        (first != NEVER).then_some(first.at)
    }

    /// What the files say of a person.
    pub(crate) fn details(&self, person: PersonRef) -> PersonDetails<'_> {
        let known = &self.people[person.0];
        let phone = |number: PhoneRef| self.phones[number.at()].phone;
        PersonDetails {
            name: self.texts.text(known.name),
            phone: known.phone.map(phone),
            whatsapp: known.whatsapp.map(phone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::parse_phones;
    use proptest::prelude::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    fn seen(at: i64) -> FirstSeen {
        FirstSeen { at: Millis(at), number: 0 }
    }

    fn phone(text: &str) -> Option<Phone> {
        parse_phones(text).unwrap().first
    }

    const UNKNOWN: PersonDetails<'_> = PersonDetails { name: "", phone: None, whatsapp: None };

    #[test]
    fn l7_a_user_of_the_app_is_found_whatever_the_case() {
        let mut people = PeopleIndex::default();
        people.add_user("u1", &email("Rina@Example.ORG"), UNKNOWN);
        let person = people.resolve(Some(&email(" rina@example.org ")), None, None).unwrap();
        assert_eq!(people.user_id(person), Some("u1"));
    }

    #[test]
    fn l7_two_users_with_one_address_are_not_chosen_between() {
        let mut people = PeopleIndex::default();
        people.add_user("u1", &email("a@example.org"), UNKNOWN);
        let person = people.add_user("u2", &email("A@example.org"), UNKNOWN);
        assert_eq!(people.state(person), PersonState::Ambiguous);
        assert_eq!(people.user_id(person), None);
    }

    #[test]
    fn the_same_phone_under_two_addresses_keeps_two_people() {
        let mut people = PeopleIndex::default();
        let details = PersonDetails { name: "A", phone: phone("+628123456789"), whatsapp: None };
        let (first, nobody) = people.observe(&email("a@example.org"), seen(1), details);
        let (second, other) = people.observe(&email("b@example.org"), seen(2), details);
        assert_eq!(nobody, None);
        assert_eq!(other, Some(PhoneHolder::One(first)));
        assert_ne!(first, second);
        assert_eq!(people.resolve(None, phone("08123456789"), None), None, "a shared number names nobody");
    }

    #[test]
    fn without_an_address_the_phone_names_its_one_owner() {
        let mut people = PeopleIndex::default();
        let details = PersonDetails { name: "A", phone: phone("+628123456789"), whatsapp: None };
        let (person, _) = people.observe(&email("a@example.org"), seen(1), details);
        assert_eq!(people.resolve(None, phone("0812-3456-789"), None), Some(person));
        assert_eq!(people.resolve(None, None, None), None, "no shared or placeholder person, ever");
    }

    #[test]
    fn a_whatsapp_number_is_not_owned() {
        let mut people = PeopleIndex::default();
        let details = PersonDetails { name: "A", phone: None, whatsapp: phone("08123456789") };
        people.observe(&email("a@example.org"), seen(1), details);
        assert_eq!(people.phone_holder(phone("08123456789").unwrap()), None);
    }

    #[test]
    fn a_whatsapp_number_names_the_one_person_who_has_it_as_either() {
        let mut people = PeopleIndex::default();
        let (phone_a, phone_b) = (phone("08123456789"), phone("08123456780"));
        let details = PersonDetails { name: "A", phone: phone_a, whatsapp: phone_b };
        let (person, _) = people.observe(&email("a@example.org"), seen(1), details);
        assert_eq!(people.resolve(None, None, phone_a), Some(person));
        assert_eq!(people.resolve(None, None, phone_b), Some(person));
        assert_eq!(people.resolve(None, None, phone("08123456781")), None);
        let other = PersonDetails { name: "B", phone: phone_b, whatsapp: None };
        let other = people.add_user("u1", &email("b@example.org"), other);
        assert_eq!(people.resolve(None, None, phone_b), None, "two people have it");
        assert_eq!(people.resolve(None, phone_b, None), Some(other), "one of them as a phone");
    }

    #[test]
    fn l37_an_address_that_changes_hands_moves_nobody() {
        let mut people = PeopleIndex::default();
        let (old, new) = (email("lama@example.org"), email("baru@example.org"));
        let first = people.add_user("u1", &new, UNKNOWN);
        let second = people.add_user("u2", &old, UNKNOWN);
        people.add_decision(
            IdentityKey::of_email(&old),
            "u1",
            WrittenDetails::default(),
            DecisionState::Stored,
        );
        assert_eq!(people.resolve(Some(&old), None, None), Some(first));
        assert_eq!(people.observe(&old, seen(1), UNKNOWN).0, first);
        assert_eq!(people.resolve(Some(&new), None, None), Some(first), "nobody has decided that one");
        assert_eq!(people.user("u2"), Some(second));
    }

    #[test]
    fn l37_a_number_stays_with_whom_it_was_decided_to_be_though_several_have_it() {
        let mut people = PeopleIndex::default();
        let details = PersonDetails { name: "A", phone: phone("08123456789"), whatsapp: None };
        let first = people.add_user("u1", &email("a@example.org"), details);
        people.add_user("u2", &email("b@example.org"), details);
        let key = IdentityKey::of_phone(details.phone.unwrap());
        assert_eq!(people.resolve(None, details.phone, None), None);
        people.add_decision(key, "u1", WrittenDetails::default(), DecisionState::Stored);
        assert_eq!(people.resolve(None, details.phone, None), Some(first));
    }

    #[test]
    fn l37_somebody_who_was_deleted_is_gone_and_not_somebody_new() {
        let mut people = PeopleIndex::default();
        let address = email("a@example.org");
        people.add_decision(
            IdentityKey::of_email(&address),
            "u1",
            WrittenDetails::default(),
            DecisionState::Stored,
        );
        let (person, _) = people.observe(&address, seen(1), UNKNOWN);
        assert_eq!(people.state(person), PersonState::Gone);
        assert_eq!(people.user_id(person), None);
    }

    #[test]
    fn l37_one_of_two_users_with_one_address_can_be_decided() {
        let mut people = PeopleIndex::default();
        let address = email("a@example.org");
        people.add_user("u1", &address, UNKNOWN);
        people.add_user("u2", &email("A@example.org"), UNKNOWN);
        assert_eq!(people.state(people.find(&address).unwrap()), PersonState::Ambiguous);
        people.add_decision(
            IdentityKey::of_email(&address),
            "u1",
            WrittenDetails::default(),
            DecisionState::Stored,
        );
        assert_eq!(people.user_id(people.find(&address).unwrap()), Some("u1"));
    }

    #[test]
    fn l37_what_was_written_and_is_empty_is_not_filled_again() {
        let mut people = PeopleIndex::default();
        let address = email("a@example.org");
        people.add_user("u1", &address, UNKNOWN);
        let written = WrittenDetails { name: true, ..WrittenDetails::default() };
        people.add_decision(IdentityKey::of_email(&address), "u1", written, DecisionState::Stored);
        people.keep_emptied(IdentityKey::of_email(&address));
        let details = PersonDetails { name: "A", phone: phone("08123456789"), whatsapp: None };
        let (person, _) = people.observe(&address, seen(1), details);
        assert_eq!(people.missing(person), MissingDetails { name: false, phone: true, whatsapp: true });
        assert!(people.can_fill_details(person), "the number was never written");
    }

    #[test]
    fn a_person_is_small() {
        assert_eq!((size_of::<IndexedPerson>(), size_of::<PhoneEntry>()), (40, 24));
    }

    #[derive(Clone, Debug)]
    struct Row {
        seen: FirstSeen,
        email: Email,
        name: String,
        phone: Option<Phone>,
        whatsapp: Option<Phone>,
    }

    /// Rows of few people with few phones, no two of them seen at the same place in time.
    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let number = || prop::sample::select(vec!["", "081234567", "081234568"]).prop_map(phone);
        let row = (0i64..4, "[abc]", "[xy]?", number(), number());
        prop::collection::vec(row, 1..14).prop_map(|rows| {
            let row = |(number, (at, person, name, phone, whatsapp)): (u64, (i64, String, _, _, _))| Row {
                seen: FirstSeen { at: Millis(at), number },
                email: email(&format!("{person}@example.org")),
                name,
                phone,
                whatsapp,
            };
            (0..).zip(rows).map(row).collect()
        })
    }

    /// What the earliest row tells that tells anything.
    fn earliest<T>(rows: &[&Row], tells: impl Fn(&Row) -> Option<T>) -> Option<T> {
        let tells = rows.iter().filter_map(|row| Some((row.seen, tells(row)?)));
        tells.min_by_key(|(seen, _)| *seen).map(|(_, tells)| tells)
    }

    fn expected_holder(rows: &[Row], people: &PeopleIndex, phone: Phone) -> Option<PhoneHolder> {
        let mut owners = rows.iter().filter(|row| row.phone == Some(phone)).map(|row| &row.email);
        let first = owners.next()?;
        let alone = owners.all(|other| other == first);
        if alone { people.find(first).map(PhoneHolder::One) } else { Some(PhoneHolder::Several) }
    }

    proptest! {
        #[test]
        fn what_a_person_is_made_of_does_not_depend_on_the_order(
            (rows, order) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        ) {
            let mut people = PeopleIndex::default();
            for row in &order {
                let Row { seen, email, name, phone, whatsapp } = row;
                people.observe(email, *seen, PersonDetails { name, phone: *phone, whatsapp: *whatsapp });
            }
            for row in &rows {
                let person = people.find(&row.email).unwrap();
                let assign_phone: Vec<&Row> = rows.iter().filter(|other| other.email == row.email).collect();
                let name = earliest(&assign_phone, |row| Some(row.name.clone()).filter(|name| !name.is_empty()));
                prop_assert_eq!(people.details(person), PersonDetails {
                    name: &name.unwrap_or_default(),
                    phone: earliest(&assign_phone, |row| row.phone),
                    whatsapp: earliest(&assign_phone, |row| row.whatsapp),
                });
                prop_assert_eq!(people.first_seen(person), earliest(&assign_phone, |row| Some(row.seen.at)));
                prop_assert_eq!(people.email(person), row.email.as_str());
                if let Some(phone) = row.phone {
                    prop_assert_eq!(people.phone_holder(phone), expected_holder(&rows, &people, phone));
                }
            }
        }
    }
}

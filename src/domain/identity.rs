//! Who is who: people by e-mail first, then by phone (L6, L7).
//!
//! One index for the people of the app and those of the files. It holds about a hundred bytes a
//! person and is the only thing in an import that grows with the shop. What a person is created
//! from does not depend on the order of the rows: the earliest order gives the name and the date,
//! and the earliest one that has a phone gives the phone.

use std::collections::HashMap;

use super::arena::{Arena, Span};
use super::contact::{Email, Phone};
use super::date::Millis;

/// A person in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonRef(u32);

/// A place in time of what was seen: the earliest one wins; the number breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// When.
    pub at: Millis,
    /// A number that the source itself gives.
    pub number: u64,
}

const NEVER: Seen = Seen { at: Millis(i64::MAX), number: u64::MAX };

/// A text of the index and since when it is known.
#[derive(Clone, Copy, Debug)]
struct Known {
    since: Seen,
    text: Span,
}

const NOTHING: Known = Known { since: NEVER, text: Span::EMPTY };

#[derive(Clone, Copy, Debug)]
struct Person {
    email: Span,
    first: Seen,
    name: Known,
    phone: Known,
    whatsapp: Known,
    /// The id of the app's user, when there is one.
    user: Span,
    state: State,
}

/// What is empty in a user's row of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The name.
    pub name: bool,
    /// The phone.
    pub phone: bool,
    /// The WhatsApp number.
    pub whatsapp: bool,
}

/// Whether a person has a row in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Only the files know this person.
    New,
    /// The app has one user with this address.
    Existing(Missing),
    /// The app has several users with this address.
    Ambiguous,
}

/// What is known of a person besides the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Details<'a> {
    /// The name; empty when unknown.
    pub name: &'a str,
    /// The phone, E.164.
    pub phone: Option<&'a str>,
    /// The WhatsApp number, E.164.
    pub whatsapp: Option<&'a str>,
}

/// The owner of a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One person.
    One(PersonRef),
    /// Several people.
    Several,
}

/// The index.
#[derive(Debug, Default)]
pub struct People {
    people: Vec<Person>,
    by_email: HashMap<u128, PersonRef>,
    by_phone: HashMap<u64, Owner>,
    texts: Arena,
}

/// The key of an address: what its user's id is made of, too.
fn email_key(email: &Email) -> u128 {
    super::ids::KeyHash::of("User", email.as_str()).0
}

/// An E.164 number has at most fifteen digits.
fn phone_key(phone: &str) -> u64 {
    phone.bytes().filter(u8::is_ascii_digit).fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

impl People {
    /// How many people are in the index.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether nobody is in the index.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Takes in a user of the app.
    pub fn add_user(&mut self, user_id: &str, email: &Email, details: Details<'_>) -> PersonRef {
        let (person, is_new) = self.entry(email);
        let missing = Missing {
            name: details.name.is_empty(),
            phone: details.phone.is_none(),
            whatsapp: details.whatsapp.is_none(),
        };
        let user = self.texts.keep(user_id);
        let known = &mut self.people[person.0 as usize];
        known.state = if is_new { State::Existing(missing) } else { State::Ambiguous };
        known.user = user;
        if let Some(phone) = details.phone {
            self.own_phone(phone, person);
        }
        person
    }

    /// Takes in what a row of a file says about a person. Returns the other person who has the
    /// same phone number, if somebody has.
    pub fn observe(&mut self, email: &Email, seen: Seen, details: Details<'_>) -> (PersonRef, Option<Owner>) {
        let (person, _) = self.entry(email);
        let at = person.0 as usize;
        self.people[at].first = self.people[at].first.min(seen);
        if seen < self.people[at].name.since && !details.name.is_empty() {
            self.people[at].name = self.keep_again(self.people[at].name, seen, details.name);
        }
        if let Some(phone) = details.phone.filter(|_| seen < self.people[at].phone.since) {
            self.people[at].phone = self.keep_again(self.people[at].phone, seen, phone);
        }
        if let Some(whatsapp) = details.whatsapp.filter(|_| seen < self.people[at].whatsapp.since) {
            self.people[at].whatsapp = self.keep_again(self.people[at].whatsapp, seen, whatsapp);
        }
        let other = details.phone.and_then(|phone| self.own_phone(phone, person));
        (person, other)
    }

    fn entry(&mut self, email: &Email) -> (PersonRef, bool) {
        let next = PersonRef(u32::try_from(self.people.len()).expect("fewer than four billion people"));
        let mut is_new = false;
        let person = *self.by_email.entry(email_key(email)).or_insert_with(|| {
            is_new = true;
            next
        });
        if is_new {
            let state = State::New;
            let (name, phone, whatsapp, user) = (NOTHING, NOTHING, NOTHING, Span::EMPTY);
            let email = self.texts.keep(email.as_str());
            self.people.push(Person { email, first: NEVER, name, phone, whatsapp, user, state });
        }
        (person, is_new)
    }

    /// Notes who has a number; returns the owner so far, if that is somebody else.
    fn own_phone(&mut self, phone: &str, person: PersonRef) -> Option<Owner> {
        let owner = self.by_phone.entry(phone_key(phone)).or_insert(Owner::One(person));
        let before = *owner;
        if before == Owner::One(person) {
            return None;
        }
        *owner = Owner::Several;
        Some(before)
    }

    /// Most people write themselves the same way every time: then no text is added.
    fn keep_again(&mut self, known: Known, since: Seen, text: &str) -> Known {
        let text = if self.texts.text(known.text) == text { known.text } else { self.texts.keep(text) };
        Known { since, text }
    }

    /// The person with an address.
    pub fn find(&self, email: &Email) -> Option<PersonRef> {
        self.by_email.get(&email_key(email)).copied()
    }

    /// Who has a phone number.
    pub fn owner(&self, phone: &Phone) -> Option<Owner> {
        self.by_phone.get(&phone_key(phone.as_str())).copied()
    }

    /// The person whom an address or, without one, a number stands for.
    pub fn resolve(&self, email: Option<&Email>, phone: Option<&Phone>) -> Option<PersonRef> {
        match (email, phone) {
            (Some(email), _) => self.find(email),
            (None, Some(phone)) => match self.owner(phone)? {
                Owner::One(person) => Some(person),
                Owner::Several => None,
            },
            (None, None) => None,
        }
    }

    /// Whether the app has the person.
    pub fn state(&self, person: PersonRef) -> State {
        self.people[person.0 as usize].state
    }

    /// Notes that the app has the person now, and what is still empty there.
    pub fn created(&mut self, person: PersonRef, user_id: &str, missing: Missing) {
        let user = self.texts.keep(user_id);
        let known = &mut self.people[person.0 as usize];
        known.user = user;
        known.state = State::Existing(missing);
    }

    /// Notes that nothing is left to fill in.
    pub fn completed(&mut self, person: PersonRef) {
        self.people[person.0 as usize].state = State::Existing(Missing::default());
    }

    /// Whether the files know something that is empty in the app.
    pub fn can_complete(&self, person: PersonRef) -> bool {
        let State::Existing(missing) = self.state(person) else {
            return false;
        };
        let known = self.details(person);
        (missing.name && !known.name.is_empty())
            || (missing.phone && known.phone.is_some())
            || (missing.whatsapp && known.whatsapp.is_some())
    }

    /// The id of the app's user, if there is one.
    pub fn user_id(&self, person: PersonRef) -> Option<&str> {
        let known = &self.people[person.0 as usize];
        matches!(known.state, State::Existing(_)).then(|| self.texts.text(known.user))
    }

    /// The address.
    pub fn email(&self, person: PersonRef) -> &str {
        self.texts.text(self.people[person.0 as usize].email)
    }

    /// When the files know the person from; none where no row told.
    pub fn first_seen(&self, person: PersonRef) -> Option<Millis> {
        let first = self.people[person.0 as usize].first;
        (first != NEVER).then_some(first.at)
    }

    /// What the files know of a person.
    pub fn details(&self, person: PersonRef) -> Details<'_> {
        let known = &self.people[person.0 as usize];
        let some = |known: Known| (!known.text.is_empty()).then(|| self.texts.text(known.text));
        Details {
            name: self.texts.text(known.name.text),
            phone: some(known.phone),
            whatsapp: some(known.whatsapp),
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

    fn seen(at: i64) -> Seen {
        Seen { at: Millis(at), number: 0 }
    }

    const UNKNOWN: Details<'_> = Details { name: "", phone: None, whatsapp: None };

    #[test]
    fn l7_a_user_of_the_app_is_found_whatever_the_case() {
        let mut people = People::default();
        people.add_user("u1", &email("Rina@Example.ORG"), UNKNOWN);
        let person = people.resolve(Some(&email(" rina@example.org ")), None).unwrap();
        assert_eq!(people.user_id(person), Some("u1"));
    }

    #[test]
    fn l7_two_users_with_one_address_are_not_chosen_between() {
        let mut people = People::default();
        people.add_user("u1", &email("a@example.org"), UNKNOWN);
        let person = people.add_user("u2", &email("A@example.org"), UNKNOWN);
        assert_eq!(people.state(person), State::Ambiguous);
        assert_eq!(people.user_id(person), None);
    }

    #[test]
    fn the_same_phone_under_two_addresses_keeps_two_people() {
        let mut people = People::default();
        let phone = Details { name: "A", phone: Some("+628123456789"), whatsapp: None };
        let (first, nobody) = people.observe(&email("a@example.org"), seen(1), phone);
        let (second, other) = people.observe(&email("b@example.org"), seen(2), phone);
        assert_eq!(nobody, None);
        assert_eq!(other, Some(Owner::One(first)));
        assert_ne!(first, second);
        let number = parse_phones("08123456789").unwrap().first.unwrap();
        assert_eq!(people.resolve(None, Some(&number)), None, "a shared number names nobody");
    }

    #[test]
    fn without_an_address_the_phone_names_its_one_owner() {
        let mut people = People::default();
        let phone = Details { name: "A", phone: Some("+628123456789"), whatsapp: None };
        let (person, _) = people.observe(&email("a@example.org"), seen(1), phone);
        let number = parse_phones("0812-3456-789").unwrap().first.unwrap();
        assert_eq!(people.resolve(None, Some(&number)), Some(person));
        assert_eq!(people.resolve(None, None), None, "no shared or placeholder person, ever");
    }

    proptest! {
        #[test]
        fn what_a_person_is_made_of_does_not_depend_on_the_order(mut rows in prop::collection::vec((0i64..9, "[ab]?", prop::bool::ANY), 1..9)) {
            let build = |rows: &[(i64, String, bool)]| {
                let mut people = People::default();
                for (number, (at, name, has_phone)) in rows.iter().enumerate() {
                    let phone = format!("+62812345678{}{at}", name.len());
                    let details = Details { name, phone: has_phone.then_some(phone.as_str()), whatsapp: None };
                    let seen = Seen { at: Millis(*at), number: name.len() as u64 * 2 + u64::from(*has_phone) };
                    let _ = number;
                    people.observe(&email("a@example.org"), seen, details);
                }
                let person = people.find(&email("a@example.org")).unwrap();
                let details = people.details(person);
                (people.first_seen(person), details.phone.map(str::to_owned), details.name.len())
            };
            let forward = build(&rows);
            rows.reverse();
            prop_assert_eq!(forward, build(&rows));
        }
    }
}

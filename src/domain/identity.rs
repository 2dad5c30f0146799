//! Who is who: people by e-mail first, then by phone (L6, L7).
//!
//! One index for the people of the app and those of the files. It holds about a hundred bytes a
//! person and is the only thing in an import that grows with the shop. What a person is created
//! from does not depend on the order of the rows: the earliest order gives the name and the date,
//! and the earliest one that has a phone gives the phone.

use std::collections::HashMap;
use std::num::NonZeroU32;

use crate::domain::chunked_vec::ChunkedVec;
use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::hash_index::HashIndex;
use crate::domain::string_arena::{StringArena, StringRef};

/// A person in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonRef(u32);

/// A place in time of what was seen: the earliest one wins; the number breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FirstSeen {
    /// When.
    pub at: Millis,
    /// A number that the source itself gives.
    pub number: u64,
}

const NEVER: FirstSeen = FirstSeen { at: Millis(i64::MAX), number: u64::MAX };

/// Of a million there are as many: forty bytes each.
#[derive(Clone, Copy, Debug)]
struct Person {
    first: FirstSeen,
    email: StringRef,
    name: StringRef,
    /// The id of the app's user, when there is one.
    user: StringRef,
    phone: Option<NumberRef>,
    whatsapp: Option<NumberRef>,
    state: PersonState,
}

/// Since when it is known what is known of a person.
#[derive(Clone, Copy, Debug)]
struct Since {
    name: FirstSeen,
    phone: FirstSeen,
    whatsapp: FirstSeen,
}

impl Since {
    /// Whether everything that is known comes from one row.
    fn is_all(&self, row: FirstSeen) -> bool {
        [self.name, self.phone, self.whatsapp].iter().all(|seen| *seen == row || *seen == NEVER)
    }
}

/// A number in the index, counted from one, so that none takes no more room than one.
#[derive(Clone, Copy, Debug)]
struct NumberRef(NonZeroU32);

impl NumberRef {
    fn at(self) -> u32 {
        self.0.get() - 1
    }
}

/// A number and who has it as a phone.
#[derive(Clone, Copy, Debug)]
struct Number {
    phone: Phone,
    owner: Option<PhoneOwner>,
}

/// What is empty in a user's row of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissingDetails {
    /// The name.
    pub name: bool,
    /// The phone.
    pub phone: bool,
    /// The WhatsApp number.
    pub whatsapp: bool,
}

/// Whether a person has a row in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonState {
    /// Only the files know this person.
    New,
    /// The app has one user with this address.
    Existing(MissingDetails),
    /// The app has several users with this address.
    Ambiguous,
}

/// What is known of a person besides the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonDetails<'a> {
    /// The name; empty when unknown.
    pub name: &'a str,
    /// The phone.
    pub phone: Option<Phone>,
    /// The WhatsApp number.
    pub whatsapp: Option<Phone>,
}

/// The owner of a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneOwner {
    /// One person.
    One(PersonRef),
    /// Several people.
    Several,
}

/// The index.
#[derive(Debug, Default)]
pub struct People {
    people: ChunkedVec<Person>,
    by_email: HashIndex,
    numbers: ChunkedVec<Number>,
    by_number: HashIndex,
    texts: StringArena,
    /// The people of whom not everything is known from their first row. They are few.
    since: HashMap<PersonRef, Since>,
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
    pub fn add_user(&mut self, user_id: &str, email: &Email, details: PersonDetails<'_>) -> PersonRef {
        let (person, is_new) = self.entry(email);
        let missing = MissingDetails {
            name: details.name.is_empty(),
            phone: details.phone.is_none(),
            whatsapp: details.whatsapp.is_none(),
        };
        let user = self.texts.keep(user_id);
        let known = &mut self.people[person.0];
        known.state = if is_new { PersonState::Existing(missing) } else { PersonState::Ambiguous };
        known.user = user;
        if let Some(phone) = details.phone {
            let number = self.number(phone);
            self.own(number, person);
        }
        person
    }

    /// Takes in what a row of a file says about a person. Returns the other person who has the
    /// same phone number, if somebody has.
    pub fn observe(
        &mut self,
        email: &Email,
        seen: FirstSeen,
        details: PersonDetails<'_>,
    ) -> (PersonRef, Option<PhoneOwner>) {
        let (person, _) = self.entry(email);
        let phone = details.phone.map(|phone| self.number(phone));
        self.learn(person, seen, phone, details);
        let other = phone.and_then(|number| self.own(number, person));
        (person, other)
    }

    fn entry(&mut self, email: &Email) -> (PersonRef, bool) {
        if let Some(person) = self.find(email) {
            return (person, false);
        }
        let person = self.people.push(Person {
            first: NEVER,
            email: self.texts.keep(email.as_str()),
            name: StringRef::EMPTY,
            user: StringRef::EMPTY,
            phone: None,
            whatsapp: None,
            state: PersonState::New,
        });
        self.by_email.add(person, |number| self.texts.text(self.people[number].email));
        (PersonRef(person), true)
    }

    /// Keeps what a row says that is earlier than what is known.
    fn learn(
        &mut self,
        person: PersonRef,
        seen: FirstSeen,
        phone: Option<NumberRef>,
        details: PersonDetails<'_>,
    ) {
        let mut known = self.people[person.0];
        let (mut since, was_apart) = self.since(person);
        known.first = known.first.min(seen);
        if seen < since.name && !details.name.is_empty() {
            (known.name, since.name) = (self.keep_again(known.name, details.name), seen);
        }
        if phone.is_some() && seen < since.phone {
            (known.phone, since.phone) = (phone, seen);
        }
        if let Some(whatsapp) = details.whatsapp.filter(|_| seen < since.whatsapp) {
            (known.whatsapp, since.whatsapp) = (Some(self.number(whatsapp)), seen);
        }
        self.people[person.0] = known;
        if !since.is_all(known.first) {
            self.since.insert(person, since);
        } else if was_apart {
            self.since.remove(&person);
        }
    }

    /// Since when what is known of a person is known, and whether that is told apart from the rest.
    fn since(&self, person: PersonRef) -> (Since, bool) {
        if let Some(since) = self.since.get(&person) {
            return (*since, true);
        }
        let known = &self.people[person.0];
        let since = |is_known| if is_known { known.first } else { NEVER };
        let name = since(!known.name.is_empty());
        let (phone, whatsapp) = (since(known.phone.is_some()), since(known.whatsapp.is_some()));
        (Since { name, phone, whatsapp }, false)
    }

    /// The place of a number, which is made where it has none.
    fn number(&mut self, phone: Phone) -> NumberRef {
        let at = self.find_number(phone).unwrap_or_else(|| {
            let at = self.numbers.push(Number { phone, owner: None });
            self.by_number.add(at, |at| self.numbers[at].phone);
            at
        });
        NumberRef(NonZeroU32::MIN.saturating_add(at))
    }

    fn find_number(&self, phone: Phone) -> Option<u32> {
        self.by_number.find(phone, |at| self.numbers[at].phone)
    }

    /// Notes who has a number; returns the owner so far, if that is somebody else.
    fn own(&mut self, number: NumberRef, person: PersonRef) -> Option<PhoneOwner> {
        let owner = &mut self.numbers[number.at()].owner;
        let before = owner.filter(|owner| *owner != PhoneOwner::One(person));
        *owner = Some(before.map_or(PhoneOwner::One(person), |_| PhoneOwner::Several));
        before
    }

    /// Most people write themselves the same way every time: then no text is added.
    fn keep_again(&mut self, known: StringRef, text: &str) -> StringRef {
        if self.texts.text(known) == text { known } else { self.texts.keep(text) }
    }

    /// The person with an address.
    pub fn find(&self, email: &Email) -> Option<PersonRef> {
        let email_of = |person: u32| self.texts.text(self.people[person].email);
        self.by_email.find(email.as_str(), email_of).map(PersonRef)
    }

    /// Who has a phone number.
    pub fn owner(&self, phone: Phone) -> Option<PhoneOwner> {
        self.numbers[self.find_number(phone)?].owner
    }

    /// The person whom an address or, without one, a number stands for.
    pub fn resolve(&self, email: Option<&Email>, phone: Option<Phone>) -> Option<PersonRef> {
        match (email, phone) {
            (Some(email), _) => self.find(email),
            (None, Some(phone)) => match self.owner(phone)? {
                PhoneOwner::One(person) => Some(person),
                PhoneOwner::Several => None,
            },
            (None, None) => None,
        }
    }

    /// Whether the app has the person.
    pub fn state(&self, person: PersonRef) -> PersonState {
        self.people[person.0].state
    }

    /// Notes that the app has the person now, and what is still empty there.
    pub fn created(&mut self, person: PersonRef, user_id: &str, missing: MissingDetails) {
        let user = self.texts.keep(user_id);
        let known = &mut self.people[person.0];
        known.user = user;
        known.state = PersonState::Existing(missing);
    }

    /// Notes that nothing is left to fill in.
    pub fn completed(&mut self, person: PersonRef) {
        self.people[person.0].state = PersonState::Existing(MissingDetails::default());
    }

    /// Whether the files know something that is empty in the app.
    pub fn can_complete(&self, person: PersonRef) -> bool {
        let PersonState::Existing(missing) = self.state(person) else {
            return false;
        };
        let known = self.details(person);
        (missing.name && !known.name.is_empty())
            || (missing.phone && known.phone.is_some())
            || (missing.whatsapp && known.whatsapp.is_some())
    }

    /// The id of the app's user, if there is one.
    pub fn user_id(&self, person: PersonRef) -> Option<&str> {
        let known = &self.people[person.0];
        matches!(known.state, PersonState::Existing(_)).then(|| self.texts.text(known.user))
    }

    /// The address.
    pub fn email(&self, person: PersonRef) -> &str {
        self.texts.text(self.people[person.0].email)
    }

    /// When the files know the person from; none where no row told.
    pub fn first_seen(&self, person: PersonRef) -> Option<Millis> {
        let first = self.people[person.0].first;
        (first != NEVER).then_some(first.at)
    }

    /// What the files know of a person.
    pub fn details(&self, person: PersonRef) -> PersonDetails<'_> {
        let known = &self.people[person.0];
        let phone = |number: NumberRef| self.numbers[number.at()].phone;
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
        assert_eq!(people.state(person), PersonState::Ambiguous);
        assert_eq!(people.user_id(person), None);
    }

    #[test]
    fn the_same_phone_under_two_addresses_keeps_two_people() {
        let mut people = People::default();
        let details = PersonDetails { name: "A", phone: phone("+628123456789"), whatsapp: None };
        let (first, nobody) = people.observe(&email("a@example.org"), seen(1), details);
        let (second, other) = people.observe(&email("b@example.org"), seen(2), details);
        assert_eq!(nobody, None);
        assert_eq!(other, Some(PhoneOwner::One(first)));
        assert_ne!(first, second);
        assert_eq!(people.resolve(None, phone("08123456789")), None, "a shared number names nobody");
    }

    #[test]
    fn without_an_address_the_phone_names_its_one_owner() {
        let mut people = People::default();
        let details = PersonDetails { name: "A", phone: phone("+628123456789"), whatsapp: None };
        let (person, _) = people.observe(&email("a@example.org"), seen(1), details);
        assert_eq!(people.resolve(None, phone("0812-3456-789")), Some(person));
        assert_eq!(people.resolve(None, None), None, "no shared or placeholder person, ever");
    }

    #[test]
    fn a_whatsapp_number_is_not_owned() {
        let mut people = People::default();
        let details = PersonDetails { name: "A", phone: None, whatsapp: phone("08123456789") };
        people.observe(&email("a@example.org"), seen(1), details);
        assert_eq!(people.owner(phone("08123456789").unwrap()), None);
    }

    #[test]
    fn a_person_is_small() {
        assert_eq!((size_of::<Person>(), size_of::<Number>()), (40, 16));
    }

    #[derive(Clone, Debug)]
    struct Row {
        seen: FirstSeen,
        email: Email,
        name: String,
        phone: Option<Phone>,
        whatsapp: Option<Phone>,
    }

    /// Rows of few people with few numbers, no two of them seen at the same place in time.
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
    fn earliest<T>(rows: &[&Row], told: impl Fn(&Row) -> Option<T>) -> Option<T> {
        let told = rows.iter().filter_map(|row| Some((row.seen, told(row)?)));
        told.min_by_key(|(seen, _)| *seen).map(|(_, told)| told)
    }

    fn expected_owner(rows: &[Row], people: &People, phone: Phone) -> Option<PhoneOwner> {
        let mut owners = rows.iter().filter(|row| row.phone == Some(phone)).map(|row| &row.email);
        let first = owners.next()?;
        let alone = owners.all(|other| other == first);
        if alone { people.find(first).map(PhoneOwner::One) } else { Some(PhoneOwner::Several) }
    }

    proptest! {
        #[test]
        fn what_a_person_is_made_of_does_not_depend_on_the_order(
            (rows, order) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        ) {
            let mut people = People::default();
            for row in &order {
                let Row { seen, email, name, phone, whatsapp } = row;
                people.observe(email, *seen, PersonDetails { name, phone: *phone, whatsapp: *whatsapp });
            }
            for row in &rows {
                let person = people.find(&row.email).unwrap();
                let own: Vec<&Row> = rows.iter().filter(|other| other.email == row.email).collect();
                let name = earliest(&own, |row| Some(row.name.clone()).filter(|name| !name.is_empty()));
                prop_assert_eq!(people.details(person), PersonDetails {
                    name: &name.unwrap_or_default(),
                    phone: earliest(&own, |row| row.phone),
                    whatsapp: earliest(&own, |row| row.whatsapp),
                });
                prop_assert_eq!(people.first_seen(person), earliest(&own, |row| Some(row.seen.at)));
                prop_assert_eq!(people.email(person), row.email.as_str());
                if let Some(phone) = row.phone {
                    prop_assert_eq!(people.owner(phone), expected_owner(&rows, &people, phone));
                }
            }
        }
    }
}

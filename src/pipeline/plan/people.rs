//! People between the index, the app's users and the rows that name them.

use std::collections::HashMap;

use anyhow::Context as _;

use crate::domain::contact::{Email, Phone, parse_phones};
use crate::domain::date::Millis;
use crate::domain::identity::{MissingDetails, People, PersonDetails, PersonRef, PersonState};
use crate::domain::ids::id_for;
use crate::domain::order::Order;
use crate::pipeline::write::batch::Batch;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Role, User};
use crate::store::session::store::Store;

/// What an order tells of its buyer.
pub fn order_details(order: &Order) -> PersonDetails<'_> {
    PersonDetails { name: &order.buyer_name, phone: order.phone, whatsapp: order.whatsapp }
}

/// Takes all users of the app into the index.
pub fn load(store: &mut Store, people: &mut People) -> anyhow::Result<()> {
    load_where(store, people, "")
}

/// Takes those users of the app into the index that no import has created.
pub fn load_own(store: &mut Store, people: &mut People) -> anyhow::Result<()> {
    load_where(store, people, "WHERE \"importSource\" IS NULL")
}

fn load_where(store: &mut Store, people: &mut People, condition: &str) -> anyhow::Result<()> {
    let table = User::TABLE.name;
    let sql = format!(
        "SELECT \"id\", \"email\", \"name\", \"phone\", \"whatsapp\" FROM \"{table}\" {condition} ORDER BY \"id\""
    );
    for row in store.query(&sql, &[])? {
        let [Cell::Text(id), Cell::Text(email), name, phone, whatsapp] = row.as_slice() else {
            continue;
        };
        let Ok(email) = Email::parse(email) else {
            continue;
        };
        let name = if let Cell::Text(name) = name { name.as_str() } else { "" };
        let details = PersonDetails { name, phone: number(phone), whatsapp: number(whatsapp) };
        people.add_user(id, &email, details);
    }
    Ok(())
}

/// A number of the app; one that cannot be read is still one, and not filled over.
fn number(cell: &Cell) -> Option<Phone> {
    match cell {
        Cell::Text(text) if !text.trim().is_empty() => {
            let phone = parse_phones(text).ok().and_then(|phones| phones.first);
            Some(phone.unwrap_or_else(|| Phone::from_digits_lossy(text)))
        }
        _ => None,
    }
}

/// The id of the user that a person is, created in this batch where there is none yet. A user of
/// the app is only filled where something is empty (L9).
///
/// # Errors
/// A person who is nobody in particular: whoever plans has to hold those.
pub fn user_of(
    batch: &mut Batch,
    people: &mut People,
    person: PersonRef,
    fallback: Millis,
) -> anyhow::Result<String> {
    if people.state(person) == PersonState::New {
        return Ok(create(batch, people, person, fallback));
    }
    let user = people.user_id(person).map(str::to_owned);
    let user = user.context("a person without a user was not held")?;
    if people.can_fill_details(person) {
        batch.complete_later(Completion::of(&user, people.details(person)));
        people.mark_completed(person);
    }
    Ok(user)
}

/// A new user: no password, no invented name, nothing sent (L6, L8, L28).
fn create(batch: &mut Batch, people: &mut People, person: PersonRef, fallback: Millis) -> String {
    let created_at = people.first_seen(person).unwrap_or(fallback);
    let email = people.email(person).to_owned();
    let id = id_for(User::TABLE.name, &email, created_at);
    let details = people.details(person);
    batch.change(Change::insert(User {
        id: id.clone(),
        email,
        username: None,
        name: details.name.to_owned(),
        password: None,
        role: Role::MemberFree,
        phone: details.phone.map(|phone| phone.to_string()),
        whatsapp: details.whatsapp.map(|phone| phone.to_string()),
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: Some("SEJOLI".to_owned()),
        created_at,
        updated_at: batch.written_at(),
    }));
    people.mark_created(person, &id, MissingDetails::default());
    id
}

/// What the files know of a user of the app.
#[derive(Clone, Debug)]
pub struct Completion {
    user_id: String,
    name: String,
    phone: Option<Phone>,
    whatsapp: Option<Phone>,
}

impl Completion {
    fn of(user_id: &str, known: PersonDetails<'_>) -> Self {
        Self {
            user_id: user_id.to_owned(),
            name: known.name.to_owned(),
            phone: known.phone,
            whatsapp: known.whatsapp,
        }
    }

    /// What it fills in a row as that stands there now.
    fn change(self, user: &User, written_at: Millis) -> Option<Change> {
        let empty = |stored: &Option<String>| stored.as_deref().is_none_or(|text| text.trim().is_empty());
        let mut set = Vec::new();
        if user.name.trim().is_empty() && !self.name.is_empty() {
            set.push(("name", Value::Text(self.name)));
        }
        let numbers = [("phone", self.phone, &user.phone), ("whatsapp", self.whatsapp, &user.whatsapp)];
        for (column, number, stored) in numbers {
            set.extend(
                number.filter(|_| empty(stored)).map(|number| (column, Value::Text(number.to_string()))),
            );
        }
        if set.is_empty() {
            return None;
        }
        set.push(("updatedAt", Value::Time(written_at)));
        Some(Change::update::<User>(&self.user_id, set))
    }
}

/// Fills what is empty in the app, and only that, by what stands there now.
///
/// # Errors
/// Those of the database.
pub fn complete(
    store: &mut Store,
    completions: Vec<Completion>,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let ids: Vec<&str> = completions.iter().map(|completion| completion.user_id.as_str()).collect();
    let users: Vec<User> = store.select_for_update("id", &ids)?;
    let by_id: HashMap<&str, &User> = users.iter().map(|user| (user.id.as_str(), user)).collect();
    let changes = completions.into_iter().filter_map(|completion| {
        let user = by_id.get(completion.user_id.as_str())?;
        completion.change(user, written_at)
    });
    Ok(changes.collect())
}

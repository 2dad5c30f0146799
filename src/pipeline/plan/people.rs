//! The users behind people: loads the app's users into the index, and plans users to create or fill in.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::Context as _;

use crate::domain::contact::{Email, Phone, parse_phones};
use crate::domain::date::Millis;
use crate::domain::decided_identities::{IdentityKey, WrittenDetails};
use crate::domain::identity::{MissingDetails, PeopleIndex, PersonDetails, PersonRef, PersonState};
use crate::domain::ids::id_for;
use crate::pipeline::plan::account_merge::record::merged_users;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::identities::{load_decisions, record_decision};
use crate::store::codec::record::Record as _;
use crate::store::codec::value::LaterColumn;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::queries::people::UserContact;
use crate::store::schema::tables::{Role, User};
use crate::store::session::store::Store;

/// The index of a run: all users of the app but those who were merged into others, and who imports have decided them to be.
/// Restoring what the app has taken away, decisions on people who are gone are made anew, and what was emptied is filled again.
///
/// # Errors
/// The database's errors.
pub(crate) fn load(store: &mut Store, run_id: &str, restores: bool) -> anyhow::Result<PeopleIndex> {
    let mut people = PeopleIndex::of_run(run_id);
    let merged = merged_users(store)?;
    add_users(&mut people, queries::people::contacts(store)?, &merged);
    load_decisions(store, &mut people, restores)?;
    Ok(people)
}

/// Adds the users of the app that no import has created to the index.
///
/// # Errors
/// The database's errors.
pub(crate) fn load_own(store: &mut Store, people: &mut PeopleIndex) -> anyhow::Result<()> {
    let merged = merged_users(store)?;
    add_users(people, queries::people::contacts_not_imported(store)?, &merged);
    Ok(())
}

fn add_users(people: &mut PeopleIndex, users: impl Iterator<Item = UserContact>, merged: &HashSet<String>) {
    for user in users.filter(|user| !merged.contains(&user.id)) {
        let (phone, whatsapp) = (number(user.phone.as_deref()), number(user.whatsapp.as_deref()));
        let details = PersonDetails { name: &user.name, phone, whatsapp };
        match Email::parse(&user.email) {
            Ok(email) => drop(people.add_user(&user.id, &email, details)),
            Err(_) => people.add_user_without_email(&user.id, details),
        }
    }
}

/// A phone number of the app. One that cannot be parsed still counts, so that it is not overwritten.
fn number(stored: Option<&str>) -> Option<Phone> {
    let text = stored.filter(|text| !text.trim().is_empty())?;
    let phone = parse_phones(text).ok().and_then(|phones| phones.first);
    Some(phone.unwrap_or_else(|| Phone::from_digits_lossy(text)))
}

/// The users of the app whose rows have empty fields that the files can fill, by their ids, as they were looked up.
#[derive(Debug, Default)]
pub(crate) struct IncompleteUsers(HashMap<String, User>);

impl IncompleteUsers {
    /// The ids of those of some people who are users with something to fill in, each once.
    pub(crate) fn among(people: &PeopleIndex, persons: impl IntoIterator<Item = PersonRef>) -> Vec<String> {
        let incomplete = persons.into_iter().filter(|person| people.can_fill_details(*person));
        let ids: BTreeSet<&str> = incomplete.filter_map(|person| people.user_id(person)).collect();
        ids.into_iter().map(str::to_owned).collect()
    }

    /// Reads their rows.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn look_up(store: &mut Store, ids: &[String]) -> anyhow::Result<Self> {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let users: Vec<User> = store.select_in("id", &ids)?;
        Ok(Self(users.into_iter().map(|user| (user.id.clone(), user)).collect()))
    }
}

/// The id of the user that a person is, created by this plan where there is none yet, and the decision on the identity
/// by which the source names that person (L37). A user of the app is only filled where something is empty (L9); if
/// the app fills it first, the change no longer fits and the batch is planned again.
///
/// # Errors
/// Only a bug: the planner has to hold rows of an ambiguous person and of one who is gone.
pub(crate) fn user_of(
    plan: &mut BatchPlan,
    people: &mut PeopleIndex,
    incomplete: &mut IncompleteUsers,
    identity: IdentityKey,
    person: PersonRef,
    fallback: Millis,
) -> anyhow::Result<String> {
    let mut written = WrittenDetails::default();
    if people.state(person) == PersonState::New {
        written = create(plan, people, person, fallback);
    } else if people.can_fill_details(person) {
        let user = people.user_id(person).and_then(|id| incomplete.0.remove(id));
        if let Some(user) = user {
            written = fill(plan, user, people.missing(person), people.details(person));
        }
        people.mark_completed(person);
    }
    record_decision(plan, people, identity, person, written);
    let id = people.user_id(person).context("a person without a user was not held")?;
    Ok(id.to_owned())
}

/// A new user: no password, no invented name, nothing sent (L6, L8, L28).
fn create(
    plan: &mut BatchPlan,
    people: &mut PeopleIndex,
    person: PersonRef,
    fallback: Millis,
) -> WrittenDetails {
    let created_at = people.first_seen(person).unwrap_or(fallback);
    let email = people.email(person).to_owned();
    let id = id_for(User::TABLE.name, &email, created_at);
    let details = people.details(person);
    let written = WrittenDetails {
        name: !details.name.is_empty(),
        phone: details.phone.is_some(),
        whatsapp: details.whatsapp.is_some(),
        raised_role: false,
    };
    plan.change([Change::insert(User {
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
        updated_at: plan.written_at,
        affiliate_menu_enabled: LaterColumn::default(),
    })]);
    people.mark_created(person, &id, MissingDetails::default());
    written
}

/// Fills what is missing in a user's row, if the files know any of it, and returns what was filled.
fn fill(
    plan: &mut BatchPlan,
    user: User,
    missing: MissingDetails,
    details: PersonDetails<'_>,
) -> WrittenDetails {
    let is_empty = |stored: &Option<String>| stored.as_deref().is_none_or(|text| text.trim().is_empty());
    let mut filled = user.clone();
    if missing.name && user.name.trim().is_empty() && !details.name.is_empty() {
        filled.name = details.name.to_owned();
    }
    if let Some(phone) = details.phone.filter(|_| missing.phone && is_empty(&user.phone)) {
        filled.phone = Some(phone.to_string());
    }
    if let Some(whatsapp) = details.whatsapp.filter(|_| missing.whatsapp && is_empty(&user.whatsapp)) {
        filled.whatsapp = Some(whatsapp.to_string());
    }
    let written = WrittenDetails {
        name: filled.name != user.name,
        phone: filled.phone != user.phone,
        whatsapp: filled.whatsapp != user.whatsapp,
        raised_role: false,
    };
    if written != WrittenDetails::default() {
        filled.updated_at = plan.written_at;
        let id = user.id.clone();
        plan.change(Change::diff(&id, user, filled, &["id"]));
    }
    written
}

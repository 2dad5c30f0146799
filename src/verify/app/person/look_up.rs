//! Finds the person whom an address names, or says which addresses are like it.

use crate::domain::contact::Email;
use crate::store::queries::app_screens_person;
use crate::store::schema::tables::User;
use crate::store::session::store::Store;
use crate::verify::identities::decision_id;

/// Whom an address names.
#[derive(Debug)]
pub(crate) enum PersonLookup {
    /// A user.
    Found(Box<User>),
    /// Nobody; with addresses that are like it, which may be personal data of others.
    Unknown(Vec<Email>),
}

/// The most addresses that are offered.
const OFFERED: usize = 5;
/// How many letters an address that is offered may differ in.
const NEAR: usize = 2;

/// Looks for the user who has this address, in whatever case, or whom an import has recognised by it.
///
/// # Errors
/// Those of the database.
pub(crate) fn look_up(store: &mut Store, address: &str) -> anyhow::Result<PersonLookup> {
    let address = address.trim();
    let mut users = app_screens_person::users_with_address(store, address)?;
    users.sort_by_key(|user| (user.email != address, user.id.clone()));
    if let Some(user) = users.into_iter().next() {
        return Ok(PersonLookup::Found(Box::new(user)));
    }
    let email = Email::parse(address).ok();
    let decided = match decision_id(email.as_ref(), None) {
        Some(decision) => app_screens_person::decided_user(store, &decision)?,
        None => None,
    };
    if let Some(user) = decided.map(|id| app_screens_person::user(store, &id)).transpose()?.flatten() {
        return Ok(PersonLookup::Found(Box::new(user)));
    }
    let wanted: Vec<char> = address.to_lowercase().chars().collect();
    let all = app_screens_person::addresses(store)?;
    let mut near: Vec<(usize, Email)> = all
        .iter()
        .filter_map(|known| {
            Some((distance(&wanted, &known.to_lowercase(), NEAR)?, Email::parse(known).ok()?))
        })
        .collect();
    near.sort_by(|a, b| (a.0, a.1.as_str()).cmp(&(b.0, b.1.as_str())));
    Ok(PersonLookup::Unknown(near.into_iter().map(|(_, email)| email).take(OFFERED).collect()))
}

/// How many letters have to be put in, left out or replaced to make one text of another; `None` for more than `most`.
fn distance(wanted: &[char], text: &str, most: usize) -> Option<usize> {
    let text: Vec<char> = text.chars().collect();
    if wanted.len().abs_diff(text.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=text.len()).collect();
    for (at, letter) in wanted.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in text.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_letter_too_many_or_another_one_is_near() {
        let wanted: Vec<char> = "rina@example.org".chars().collect();
        for (text, expected) in [
            ("rina@example.org", Some(0)),
            ("rinna@example.org", Some(1)),
            ("rani@example.org", Some(2)),
            ("rina@exampl.org", Some(1)),
            ("siti@example.org", None),
            ("r@e.org", None),
        ] {
            assert_eq!(distance(&wanted, text, 2), expected, "{text}");
        }
    }
}

//! One person's story: who is asked for, and what is told.

use crate::source::discover::Exports;
use crate::store::session::store::Store;
use crate::verify::app;
use crate::verify::app::Sample;
use crate::verify::app::person::{PersonLookup, PersonStory, look_up, tell};
use crate::verify::context::VerifyContext;
use crate::verify::request::VerifyRequest;

/// What came of asking for a person.
#[derive(Debug)]
pub(crate) enum PersonAnswer {
    /// The story.
    Told(Box<PersonStory>),
    /// Nobody has this address; these are like it. They are masked, unless personal data is to be shown.
    Unknown(Vec<String>),
}

/// Draws so many people by a seed, and tells of each.
///
/// # Errors
/// Exit code 7 when the database cannot be used.
pub(crate) fn sample(
    store: &mut Store,
    people: usize,
    seed: u64,
    request: &VerifyRequest,
) -> anyhow::Result<Sample> {
    crate::store::migration::check::ensure_ready(store)?;
    let context = VerifyContext::load(store, request, &Exports::default())?;
    app::draw(store, &context, people, seed)
}

/// Asks for a person by an address.
///
/// # Errors
/// Exit code 7 when the database cannot be used.
pub(crate) fn ask(store: &mut Store, address: &str, request: &VerifyRequest) -> anyhow::Result<PersonAnswer> {
    crate::store::migration::check::ensure_ready(store)?;
    let shown = |show_pii: bool, email: &crate::domain::contact::Email| match show_pii {
        true => email.as_str().to_owned(),
        false => email.masked(),
    };
    match look_up(store, address)? {
        PersonLookup::Unknown(near) => {
            Ok(PersonAnswer::Unknown(near.iter().map(|email| shown(request.show_pii, email)).collect()))
        }
        PersonLookup::Found(user) => {
            let context = VerifyContext::load(store, request, &Exports::default())?;
            Ok(PersonAnswer::Told(Box::new(tell(store, &context, address, *user)?)))
        }
    }
}

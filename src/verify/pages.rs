//! What the app's pages show of what was imported, without the exports: for the report, which has none at hand.

use anyhow::Context as _;

use crate::language::tr;
use crate::source::discover::Exports;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::jobs::Jobs;
use crate::verify::outcome::unreadable;
use crate::verify::report::VerifyCheck;
use crate::verify::request::VerifyRequest;

/// Replays the app's reads over everybody who was imported, while one of two connections answers a question of the caller's,
/// too. There is no check where nothing was imported.
///
/// # Errors
/// The database's errors, and those of `question`; a difference is none.
pub(crate) fn of_app_beside<T: Send>(
    store: &mut Store,
    second: impl FnOnce() -> anyhow::Result<Store> + Send,
    show_pii: bool,
    question: impl FnOnce(&mut Store) -> anyhow::Result<T> + Send,
) -> anyhow::Result<(Vec<VerifyCheck>, T)> {
    let request = VerifyRequest { replays_app: true, show_pii, ..VerifyRequest::default() };
    let context = match VerifyContext::load(store, &request, &Exports::default()) {
        Ok(context) => context,
        Err(error) => {
            let check = unreadable("app: what imports have kept", error)?;
            return Ok((vec![check], question(store)?));
        }
    };
    let mut answer = None;
    let mut jobs = Jobs::default();
    jobs.add(|store| {
        answer = Some(question(store)?);
        Ok(Vec::new())
    });
    if !context.runs.is_empty() {
        jobs.add_people(&context);
        jobs.add_sales(&context);
    }
    let checks = jobs.run(store, second)?.done.into_iter().flatten().collect();
    Ok((checks, answer.context(tr!("the question beside the checks has no answer"))?))
}

//! What the app's pages show of what was imported, without the exports: for the report, which has none at hand.

use anyhow::Context as _;

use crate::language::tr;
use crate::source::discover::Exports;
use crate::store::session::store::Store;
use crate::verify::app::AppFacts;
use crate::verify::context::VerifyContext;
use crate::verify::jobs::{CheckResults, Jobs};
use crate::verify::order_walk::{OrderListener, OrderWalk, tell_all};
use crate::verify::outcome::unreadable;
use crate::verify::people_walk;
use crate::verify::report::VerifyCheck;
use crate::verify::request::VerifyRequest;

/// Replays the app's reads over everybody who was imported. Who else wants to know something of the database is told of all
/// orders while they are read, and is asked a `question` when all of them are known. There is no check where nothing was imported.
///
/// # Errors
/// The database's errors, and those of the other; a difference is none.
pub(crate) fn of_app_beside<T: Send>(
    store: &mut Store,
    second: impl FnOnce() -> anyhow::Result<Store> + Send,
    show_pii: bool,
    (listener, question): (OrderListener<'_>, impl FnOnce(&mut Store) -> anyhow::Result<T> + Send),
) -> anyhow::Result<(Vec<VerifyCheck>, T)> {
    let request = VerifyRequest { replays_app: true, show_pii, ..VerifyRequest::default() };
    let context = match VerifyContext::load(store, &request, &Exports::default()) {
        Ok(context) => context,
        Err(error) => {
            let check = unreadable("app: what imports have kept", error)?;
            tell_all(store, listener)?;
            return Ok((vec![check], question(store)?));
        }
    };
    let app = (!context.runs.is_empty()).then(|| AppFacts::load(store, &context)).transpose()?;
    let walk = OrderWalk::new(&context, &[], app.as_ref(), listener);
    let mut jobs = Jobs::default();
    jobs.add_orders(&walk);
    if let Some(app) = &app {
        jobs.add(|store| people_walk::pages(store, &context, app));
    }
    let CheckResults { mut done, second, .. } = jobs.run(store, second)?;
    let mut answer = None;
    let mut jobs = Jobs::default();
    jobs.add(|store| {
        answer = Some(question(store)?);
        Ok(Vec::new())
    });
    jobs.add(|store| match walk.close(store)?.sales.zip(app.as_ref()) {
        Some((sales, app)) => sales.close(store, app),
        None => Ok(Vec::new()),
    });
    done.extend(jobs.run(store, || Ok(second))?.done);
    let checks = done.into_iter().flatten().collect();
    Ok((checks, answer.context(tr!("the question beside the checks has no answer"))?))
}

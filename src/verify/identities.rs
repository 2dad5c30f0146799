//! Who of the app somebody of the source is, as imports have decided it: the rows belong together, and a source row
//! belongs to whom its identity was decided to be (L37).

use std::collections::{HashMap, HashSet};

use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{Identity, User};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::report::VerifyCheck;

/// The id of the decision on a buyer or member; none without an address and a number.
pub(crate) fn decision_id(email: Option<&Email>, number: Option<Phone>) -> Option<String> {
    let key = match (email, number) {
        (Some(email), _) => format!("email/{}", email.as_str()),
        (None, Some(number)) => format!("phone/{number}"),
        (None, None) => return None,
    };
    Some(id_for(Identity::TABLE.name, &key, Millis(0)))
}

/// The users whom these identities were decided to be, by the decision's id.
pub(crate) fn decided_users(
    store: &Store,
    ids: &[String],
) -> DeferredQuery<'static, HashMap<String, String>> {
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = store.columns_in(Identity::TABLE, &["id", "userId"], KeyFilter::keys("id", &ids));
    found.map(|rows: Vec<(String, String)>| rows.into_iter().collect())
}

/// Checks every decision: its id, its run, its times, and whether its user is there.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let runs: HashSet<&str> = context.runs.iter().map(|run| run.row.id.as_str()).collect();
    let mut page = store.answer(queries::identities::rows_after(store, ""))?;
    loop {
        let users: HashSet<&str> = page.rows.iter().map(|decision| decision.user_id.as_str()).collect();
        let users: Vec<&str> = users.into_iter().collect();
        let there = store.columns_in(User::TABLE, &["id"], KeyFilter::keys("id", &users));
        let (there, following): (Vec<(String,)>, _) =
            store.answer((there, page.following(|last| queries::identities::rows_after(store, last))))?;
        let there: HashSet<String> = there.into_iter().map(|(id,)| id).collect();
        for decision in &page.rows {
            check.rows += 1;
            compare(context, &runs, &there, decision, check);
        }
        let Some(following) = following? else { return Ok(()) };
        page = following;
    }
}

fn compare(
    context: &VerifyContext,
    runs: &HashSet<&str>,
    users: &HashSet<String>,
    decision: &Identity,
    check: &mut VerifyCheck,
) {
    let who = format!("SejoliIdentity {}", decision.id);
    check.turn_to(Subject::row(Identity::TABLE, &decision.id));
    let mut hold = |holds: bool, what: &str| check.compare(holds, || format!("{who}: {what}"));
    hold(
        decision.id.len() == 25 && decision.id.starts_with("c00000000"),
        tr!("id is not that of a decision"),
    );
    hold(runs.contains(decision.run_id.as_str()), tr!("runId is no standing run's id"));
    hold(context.is_run_time(decision.created_at), tr!("createdAt is not the time of any run"));
    hold(context.is_run_time(decision.updated_at), tr!("updatedAt is not the time of any run"));
    if !users.contains(&decision.user_id) {
        check.facts.push(tr!("{who}: the app has deleted its user"));
    }
}

//! Who of the app somebody of the source is, as imports have decided it: the rows belong together, and a source row
//! belongs to whom its identity was decided to be (L37).

use std::collections::HashSet;

use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::Identity;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::known_people::KnownPeople;
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
    let people = context.people(store)?;
    let mut next = Some(String::new());
    while let Some(last) = next {
        let page = store.answer(queries::identities::rows_after(store, &last))?;
        for decision in &page.rows {
            check.rows += 1;
            compare(context, &runs, people, decision, check);
        }
        next = page.next;
    }
    Ok(())
}

fn compare(
    context: &VerifyContext,
    runs: &HashSet<&str>,
    people: &KnownPeople,
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
    if !people.is_user(&decision.user_id) {
        check.facts.push(tr!("{who}: the app has deleted its user"));
    }
}

//! What the operator does before and after an import.

use serde::Serialize;

use crate::domain::conventions::AppRelease;
use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::queries;
use crate::store::session::store::Store;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Task {
    /// Whether it belongs before the import.
    pub(crate) before: bool,
    /// What to do.
    pub(crate) text: String,
}

/// The numbers after EY9999 sort below it as texts, and then nobody can register.
const LAST_SAFE_CODE: u64 = 9_999;

/// The tasks, in their order.
pub(super) fn gather(store: &mut Store, app: AppRelease, now: Millis) -> anyhow::Result<Vec<Task>> {
    let mut tasks = Vec::new();
    let mut add = |before, text: String| tasks.push(Task { before, text });
    add(true, tr!("Turn the app's scheduled jobs off; turn them on again after `verify`.").to_owned());
    let unlinked = queries::operator::unlinked_plans(store, now)?;
    if unlinked.is_empty() {
        add(true, tr!("Link the plans to their groups, courses and products.").to_owned());
    }
    for plan in unlinked {
        add(
            true,
            tr!(
                "Link the plan \"{}\", which opens nothing to {} people; then `sejoli-migrate grant`.",
                plan.name,
                plan.people
            ),
        );
    }
    if let Some(code) = queries::operator::greatest_member_code(store)? {
        let last = code.as_deref().and_then(number).unwrap_or(0);
        let people = queries::operator::imported_people(store)?;
        let reached =
            if last + people > LAST_SAFE_CODE { tr!("would reach") } else { tr!("comes nearer to") };
        add(
            false,
            tr!(
                "Do not press \"update member codes\": for {people} imported people it {reached} EY{LAST_SAFE_CODE}, \
                 behind which nobody can register any more. An import writes no codes."
            ),
        );
    }
    add(
        false,
        tr!("Never start the app's own Sejoli sync or CSV import: it looks for bare numbers and doubles the rest.")
            .to_owned(),
    );
    add(false, tr!("Ask affiliates to log in again: the app notices their role at log-in.").to_owned());
    let page = app.reset_page();
    add(false, tr!("Name {page} in invitations: that is the reset page of this release."));
    if let Some(people) = queries::operator::people_without_place(store)?.filter(|people| *people > 0) {
        add(
            false,
            tr!(
                "Have an answer ready for \"why am I asked for my city?\": {people} imported people have no province \
                 or city, and each sees that form once."
            ),
        );
    }
    add(false, tr!("Redirect old affiliate links: `sejoli-migrate report redirects`.").to_owned());
    Ok(tasks)
}

/// The number of a member code.
fn number(code: &str) -> Option<u64> {
    code.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().ok()
}

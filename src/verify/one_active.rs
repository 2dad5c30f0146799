//! One ACTIVE membership a person (L34): which of them it has to be, by an account of its own.

use crate::domain::date::{FOREVER, Millis};
use crate::domain::ids::time_of;
use crate::language::tr;
use crate::store::schema::tables::UserMembership;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;

/// All memberships of one person.
pub(crate) struct OnesMemberships<'r>(Vec<&'r UserMembership>);

/// What a membership has to be among those of its person.
pub(crate) struct ExpectedStanding {
    pub(crate) is_active: bool,
    /// When the app is to think that it was made, which is why it is the newest one.
    pub(crate) created_at: Millis,
}

impl<'r> OnesMemberships<'r> {
    /// These rows, which are all of one person.
    pub(crate) fn new(rows: impl Iterator<Item = &'r UserMembership>) -> Self {
        Self(rows.collect())
    }

    /// What the person's memberships come to for one of them that an import has made. `None` if no run has written it.
    pub(crate) fn expected(&self, context: &VerifyContext, row: &UserMembership) -> Option<ExpectedStanding> {
        context.as_of(row.updated_at)?;
        let all = &self.0;
        // What ran was judged by the run that has written any of them last.
        let written = all.iter().map(|one| one.updated_at).filter(|at| context.is_run_time(*at));
        let as_of = context.as_of(written.max().unwrap_or(row.updated_at))?;
        let chosen = all
            .iter()
            .filter(|one| one.end_date > as_of && (is_of_import(context, one) || is_active(one)))
            .max_by_key(|one| {
                let of_app = !is_of_import(context, one);
                (one.end_date.min(FOREVER), of_app, one.start_date, one.membership_id.as_str())
            });
        let own = made_at(row);
        let is_active = chosen.is_some_and(|chosen| chosen.id == row.id);
        let created_at = match chosen {
            Some(chosen) if !is_active && !is_of_import(context, chosen) => {
                own.min(Millis(chosen.created_at.0 - 1))
            }
            Some(_) if is_active => {
                let others = all.iter().filter(|one| one.id != row.id);
                let others = others.map(|one| match is_of_import(context, one) {
                    true => made_at(one),
                    false => one.created_at,
                });
                others.max().map_or(own, |newest| own.max(Millis(newest.0 + 1)))
            }
            _ => own,
        };
        Some(ExpectedStanding { is_active, created_at })
    }

    /// Compares that no more than one is ACTIVE: a difference, unless all but one are the app's own, which no import
    /// changes.
    pub(crate) fn compare(&self, context: &VerifyContext, check: &mut VerifyCheck) {
        check.values += 1;
        let active: Vec<&UserMembership> = self.0.iter().copied().filter(|one| is_active(one)).collect();
        let [first, _, ..] = active[..] else { return };
        let is_wrong = |one: &&UserMembership| {
            made_by_import(one) && self.expected(context, one).is_none_or(|expected| !expected.is_active)
        };
        let user_id = &first.user_id;
        let line = tr!("user {user_id}: {} memberships are ACTIVE", active.len());
        if active.iter().any(is_wrong) {
            check.differ(line);
        } else {
            check.facts.push(tr!("{line}, of which the app's own are left as they are"));
        }
    }
}

fn is_active(row: &UserMembership) -> bool {
    row.is_active && row.status == "ACTIVE"
}

/// Whether a row is an import's, and the app has not touched it since.
fn is_of_import(context: &VerifyContext, row: &UserMembership) -> bool {
    made_by_import(row) && context.is_run_time(row.updated_at) && matches!(&*row.status, "ACTIVE" | "EXPIRED")
}

fn made_by_import(row: &UserMembership) -> bool {
    time_of(&row.id, "UserMembership", &format!("{}/{}", row.user_id, row.membership_id)).is_some()
}

/// When an import has made a row, by its id, whatever the choice has made of `createdAt`.
fn made_at(row: &UserMembership) -> Millis {
    let key = format!("{}/{}", row.user_id, row.membership_id);
    time_of(&row.id, "UserMembership", &key).unwrap_or(row.created_at)
}

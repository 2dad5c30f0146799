//! Memberships that stand and name an order that a run has written: one that waited for its order gets its transaction,
//! and one whose order was refunded ends.

use crate::domain::date::Millis;
use crate::domain::identity::PeopleIndex;
use crate::domain::membership::{Period, merge};
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_lookup::{MemberRows, period_of};
use crate::pipeline::plan::membership_reconciliation::{is_edited, is_of_app};
use crate::pipeline::plan::membership_regroup::KeptMembership;
use crate::pipeline::plan::membership_roles::{RoleChanges, RoleRecord};
use crate::store::schema::tables::{SourceRecord, UserMembership};
use crate::store::session::store::Store;

/// Merges memberships anew from what is kept of their source rows. What the app has edited or deleted stays as it is.
///
/// # Errors
/// The database's errors.
pub(crate) fn follow_up(
    store: &mut Store,
    ids: &[String],
    as_of: Millis,
    people: &PeopleIndex,
    written_at: Millis,
) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)> {
    merge_where(store, ids, as_of, people, written_at, is_complete)
}

/// The same, also of memberships that more rows belong to now than they were made of.
///
/// # Errors
/// The database's errors.
pub(crate) fn merge_anew(
    store: &mut Store,
    ids: &[String],
    as_of: Millis,
    people: &PeopleIndex,
    written_at: Millis,
) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)> {
    merge_where(store, ids, as_of, people, written_at, |_, _| true)
}

fn merge_where(
    store: &mut Store,
    ids: &[String],
    as_of: Millis,
    people: &PeopleIndex,
    written_at: Millis,
    is_meant: fn(&UserMembership, &[SourceRecord]) -> bool,
) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)> {
    let mut rows = MemberRows::default();
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    rows.load_members_of(store, &keys)?;
    let (mut plan, mut roles) = (BatchPlan::new(written_at), RoleChanges::default());
    for id in ids {
        let Some(standing) = rows.of_id(id).cloned() else { continue };
        let history = rows.history(Some(&standing)).to_vec();
        let edited = !is_of_app(&history) && is_edited(&standing, &history);
        if edited || !is_meant(&standing, &history) {
            continue;
        }
        let key = people.key_of_user(&standing.user_id);
        KeptMembership { standing, history }.regroup(&mut plan, &mut rows, &mut roles, key, as_of);
    }
    let records = roles.plan(&mut plan, &rows, people);
    Ok((plan, records))
}

/// Whether the rows that are kept of a membership are all that it was made of. While another part of a shared import
/// writes it, and after an import that was left behind, some of them are missing.
fn is_complete(standing: &UserMembership, history: &[SourceRecord]) -> bool {
    let periods: Vec<Period> = history.iter().filter_map(period_of).collect();
    is_of_app(history)
        || merge(&periods)
            .is_some_and(|merged| (merged.start, merged.end) == (standing.start_date, standing.end_date))
}

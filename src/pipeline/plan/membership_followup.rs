//! Memberships that stand and name an order that a run has written: one that waited for its order gets its transaction,
//! and one whose order was refunded ends.

use crate::domain::date::Millis;
use crate::domain::identity::People;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_lookup::MemberRows;
use crate::pipeline::plan::membership_regroup::KeptMembership;
use crate::pipeline::plan::membership_roles::{RoleChanges, RoleRecord};
use crate::store::session::store::Store;

/// Merges memberships anew from what is kept of their source rows. What the app has edited or deleted stays as it is.
///
/// # Errors
/// The database's errors.
pub(crate) fn follow_up(
    store: &mut Store,
    ids: &[String],
    as_of: Millis,
    people: &People,
    written_at: Millis,
) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)> {
    let mut rows = MemberRows::default();
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    rows.load_members_of(store, &keys)?;
    let (mut plan, mut roles) = (BatchPlan::new(written_at), RoleChanges::default());
    for id in ids {
        let Some(standing) = rows.of_id(id).cloned() else { continue };
        let history = rows.history(Some(&standing)).to_vec();
        let key = people.key_of_user(&standing.user_id);
        KeptMembership { standing, history }.regroup(&mut plan, &mut rows, &mut roles, key, as_of);
    }
    let records = roles.plan(&mut plan, &rows, people);
    Ok((plan, records))
}

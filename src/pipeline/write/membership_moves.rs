//! Writes what has to be done about memberships that stand: before the first one is planned, what rows that have moved
//! leave behind; after all, what orders that have come or changed mean to memberships that name them, and which of each
//! person's memberships is the ACTIVE one.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::domain::identity::PeopleIndex;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_followup::follow_up;
use crate::pipeline::plan::membership_roles::RoleRecord;
use crate::pipeline::plan::memberships::Memberships;
use crate::pipeline::plan::one_active::{choose, to_choose_for};
use crate::pipeline::plan::order_rows::external_id;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::write::commit::Committer;
use crate::pipeline::write::phase::Phase;
use crate::signals;
use crate::store::queries;
use crate::store::session::store::Store;

/// Number of memberships that are merged anew in one transaction.
const MEMBERSHIPS_AT_ONCE: usize = 100;

/// Number of users whose memberships are looked at together.
const USERS_AT_ONCE: usize = 500;

/// Number of orders whose holders are looked up together.
const ORDERS_AT_ONCE: usize = 500;

/// Takes rows out of the memberships that they were a part of, and transactions from those that do not name them any more.
/// Interrupted, it finds what is left to do.
///
/// # Errors
/// The database's errors.
pub(crate) fn take_back_moved(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    planner: &mut Memberships<'_>,
) -> anyhow::Result<()> {
    let written_at = committer.run.started_at;
    for ids in planner.left().chunks(MEMBERSHIPS_AT_ONCE) {
        let records = commit(store, committer, phase, |store| planner.take_back(store, ids, written_at))?;
        planner.record_roles(records);
    }
    for orders in planner.claimed_orders(ORDERS_AT_ONCE) {
        let release = |store: &mut Store| Ok((planner.release(store, &orders, written_at)?, Vec::new()));
        commit(store, committer, phase, release)?;
    }
    Ok(())
}

/// Brings memberships up to date that name orders which this run has written, also where the files do not have them.
///
/// # Errors
/// The database's errors.
pub(crate) fn follow_orders(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    people: &mut PeopleIndex,
    as_of: Millis,
) -> anyhow::Result<()> {
    let written_at = committer.run.started_at;
    let orders = queries::orders::external_ids_written_at(store, written_at)?;
    let written: HashSet<u64> = orders.map(|external_id| key_hash(&external_id)).collect();
    if written.is_empty() {
        return Ok(());
    }
    let mut next = Some(String::new());
    while let Some(last) = next {
        let targets = store.answer(queries::kept_rows::targets_after(store, &last))?;
        let keys: Vec<&str> = targets.rows.iter().map(String::as_str).collect();
        let kept = store.answer(queries::kept_rows::periods_of(store, &keys))?;
        let concerned = kept.into_iter().filter(|row| {
            let order_id = row.period.as_deref().and_then(order_of);
            order_id.is_some_and(|order_id| written.contains(&key_hash(&external_id(&order_id))))
        });
        let mut ids: Vec<String> = concerned.map(|row| row.target_id).collect();
        ids.sort_unstable();
        ids.dedup();
        for ids in ids.chunks(MEMBERSHIPS_AT_ONCE) {
            let follow_up = |store: &mut Store| follow_up(store, ids, as_of, people, written_at);
            let records = commit(store, committer, phase, follow_up)?;
            records.into_iter().for_each(|record| record.apply(people));
        }
        next = targets.next;
    }
    Ok(())
}

/// Sees to it that of each person's memberships one is ACTIVE (L34). Interrupted, it finds what is left to do. In a shared
/// import only the users are looked at of whom `is_own` tells that they are this part's.
///
/// # Errors
/// The database's errors.
pub(crate) fn choose_active(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    people: &mut PeopleIndex,
    as_of: Millis,
    is_own: impl Fn(&str, &PeopleIndex) -> bool,
) -> anyhow::Result<()> {
    let written_at = committer.run.started_at;
    let mut users = queries::memberships::users_to_choose_for(store, as_of)?;
    users.retain(|user_id| is_own(user_id, people));
    for users in users.chunks(USERS_AT_ONCE) {
        let ids: Vec<&str> = users.iter().map(String::as_str).collect();
        for users in to_choose_for(store, &ids, as_of)?.chunks(MEMBERSHIPS_AT_ONCE) {
            let choose = |store: &mut Store| choose(store, users, as_of, people, written_at);
            let records = commit(store, committer, phase, choose)?;
            records.into_iter().for_each(|record| record.apply(people));
        }
    }
    Ok(())
}

/// The order that a kept period names.
fn order_of(period: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        order: Option<String>,
    }
    serde_json::from_str::<Named>(period).ok()?.order
}

/// Commits what is planned, unless that is nothing, and returns what the index of people has to know of it.
fn commit(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    plan: impl FnOnce(&mut Store) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)>,
) -> anyhow::Result<Vec<RoleRecord>> {
    signals::check()?;
    let mut records = Vec::new();
    committer.commit_changes_within(store, phase, |store| {
        let (plan, roles) = plan(store)?;
        records = roles;
        Ok(plan)
    })?;
    Ok(records)
}

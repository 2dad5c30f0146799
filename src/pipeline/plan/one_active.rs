//! Plans that of each person's memberships one is ACTIVE (L34), when all of them are written: the app's screens each show
//! one row, in an order of their own, and agree only where one is ACTIVE and is the newest.

use crate::domain::date::Millis;
use crate::domain::identity::PeopleIndex;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_choice::{Contender, Contenders};
use crate::pipeline::plan::membership_lookup::{MemberRows, is_made_of};
use crate::pipeline::plan::membership_regroup::kept_again;
use crate::pipeline::plan::membership_roles::{RoleChanges, RoleRecord};
use crate::pipeline::plan::membership_rows::written_fingerprint;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::UserMembership;
use crate::store::session::store::Store;

/// Those among some users of whose memberships not the right one may be ACTIVE. Whether the app has edited one that an
/// import has made, their rows alone do not say.
///
/// # Errors
/// The database's errors.
pub(crate) fn to_choose_for(store: &mut Store, users: &[&str], as_of: Millis) -> anyhow::Result<Vec<String>> {
    let of_user = store.answer(queries::memberships::of_users(store, users))?;
    let is_off = |rows: &Vec<UserMembership>| {
        let made = |row: &UserMembership| is_made_of(&row.id, &row.user_id, &row.membership_id);
        let all = rows.iter().map(|row| Contender::of_row(row, !made(row))).collect();
        let contenders = Contenders::new(all, as_of);
        rows.iter().any(|row| contenders.settled(row.clone()) != *row)
    };
    let off = of_user.into_iter().filter(|(_, rows)| is_off(rows));
    let mut users: Vec<String> = off.map(|(user, _)| user).collect();
    users.sort_unstable();
    Ok(users)
}

/// Plans the choice among the memberships of some users.
///
/// # Errors
/// The database's errors.
pub(crate) fn choose(
    store: &mut Store,
    users: &[String],
    as_of: Millis,
    people: &PeopleIndex,
    written_at: Millis,
) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)> {
    let mut rows = MemberRows::default();
    let ids: Vec<&str> = users.iter().map(String::as_str).collect();
    rows.load_standing(store, &ids)?;
    rows.load_roles(store, &ids)?;
    let (mut plan, mut roles) = (BatchPlan::new(written_at), RoleChanges::default());
    for user_id in users {
        let contenders = Contenders::standing(&rows, user_id, as_of);
        let standing: Vec<UserMembership> = rows.of_user(user_id).cloned().collect();
        for before in standing {
            let settled = contenders.settled(before.clone());
            if settled == before {
                continue;
            }
            let row = UserMembership { updated_at: written_at, ..settled };
            let written = written_fingerprint(&row);
            if written != written_fingerprint(&before) {
                let history = rows.history(Some(&before)).to_vec();
                let again = |source| kept_again(source, written, None, true, written_at);
                plan.change(history.into_iter().filter_map(again));
                roles.note(Some(&before), Some(&row), people.key_of_user(user_id));
            }
            plan.change(Change::diff(&row.id.clone(), before, row.clone(), &["id"]));
            rows.replace(row);
        }
    }
    let records = roles.plan(&mut plan, &rows, people);
    Ok((plan, records))
}

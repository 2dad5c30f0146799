//! Why two accounts cannot be merged as a whole. It is asked before anything is written, and by whoever only looks.

use crate::domain::date::Millis;
use crate::language::tr;
use crate::pipeline::plan::account_merge::access::AccessMove;
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::account_merge::affiliate::AffiliateSide;
use crate::pipeline::plan::account_merge::memberships::MembershipMoves;
use crate::store::queries;
use crate::store::schema::tables::{Role, User};
use crate::store::session::store::Store;

/// The reasons, each in a few words; none where the accounts can be merged.
///
/// # Errors
/// The database's errors.
pub(crate) fn obstacles(store: &mut Store, accounts: &Accounts, now: Millis) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    if !queries::identities::any_of_completed_run(store)? {
        found.push(tr!("no import has said yet who people are: import the shop's files first").to_owned());
    }
    found.extend(of_user(&accounts.kept, tr!("the kept account")));
    found.extend(of_user(&accounts.other, tr!("the other account")));
    if matches!(accounts.other.role, Role::Admin | Role::Mentor) {
        found.push(tr!("the other account is that of an admin or a mentor: keep that one").to_owned());
    }
    found.extend(MembershipMoves::decide(store, accounts, now)?.obstacles);
    found.extend(AccessMove::look_up(store, accounts)?.obstacles);
    found.extend(AffiliateSide::look_up(store, accounts)?.obstacles);
    found.dedup();
    Ok(found)
}

fn of_user(user: &User, which: &str) -> Option<String> {
    let is_closed = !user.is_active || user.is_suspended;
    is_closed.then(|| tr!("{which} is closed or suspended in the app"))
}

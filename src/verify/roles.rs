//! Roles and sign-in: nobody has a higher or lower role than an import may give (L8, L9), and everybody
//! who was imported can be invited to set a password.

use crate::domain::contact::Email;
use crate::domain::ids::id_for;
use crate::store::queries;
use crate::store::schema::tables::{Role, User};
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;

/// Checks every imported user, and the role of every member.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let mut last = String::new();
    loop {
        let users = queries::people::imported_after(store, &last)?;
        let Some(end) = users.last() else { break };
        last.clone_from(&end.id);
        for user in &users {
            check.rows += 1;
            compare_user(context, user, check);
        }
    }
    store.over_whole_tables(|store| compare_members(store, check))
}

fn compare_user(context: &VerifyContext, user: &User, check: &mut VerifyCheck) {
    let mut hold = |holds: bool, what: &str| check.compare(holds, || format!("user {}: {what}", user.id));
    hold(user.role < Role::Mentor, "an imported user is MENTOR or ADMIN");
    let usable = Email::parse(&user.email).is_ok_and(|email| email.as_str() == user.email);
    hold(usable, "email is not usable to sign in");
    hold(
        user.id == id_for("User", &user.email, user.created_at),
        "id, email and createdAt do not belong together",
    );
    hold(user.password.is_none(), "password is set");
    hold(user.username.is_none(), "username was invented");
    hold(!user.email_verified, "emailVerified");
    hold(user.is_active, "isActive");
    hold(!user.is_suspended, "isSuspended");
    hold(context.is_run_time(user.updated_at), "updatedAt is not the time of any run");
}

/// A running membership makes MEMBER_PREMIUM of MEMBER_FREE; without any membership an imported user
/// stays MEMBER_FREE.
fn compare_members(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let too_low = queries::people::members_of_lowest_role(store)?;
    differ(check, too_low, "has a running membership and is MEMBER_FREE");
    let too_high = queries::people::higher_roles_without_membership(store)?;
    differ(check, too_high, "has a higher role than MEMBER_FREE and no membership");
    Ok(())
}

fn differ(check: &mut VerifyCheck, users: Vec<String>, what: &str) {
    check.values += 1;
    for id in users {
        check.differ(format!("user {id}: {what}"));
    }
}

//! Roles and sign-in: nobody has a higher or lower role than an import may give (L8, L9), and everybody
//! who was imported can be invited to set a password.

use std::collections::HashSet;

use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::language::tr;
use crate::store::queries;
use crate::store::schema::tables::{Role, User};
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::report::VerifyCheck;

/// Whether an import has created a user.
pub(crate) fn is_of_import(user: &User) -> bool {
    user.import_source.as_deref() == Some("SEJOLI")
}

/// Checks a user whom an import has created.
pub(crate) fn look_at(context: &VerifyContext, user: &User, check: &mut VerifyCheck) {
    check.rows += 1;
    check.turn_to(Subject::User(user.id.clone()));
    compare_user(context, user, check);
}

/// Checks the role of every member. A running membership makes MEMBER_PREMIUM of MEMBER_FREE, and the role that an import has
/// given for one goes with it; without any membership an imported user who is no affiliate stays MEMBER_FREE (L32). A role that
/// the app has lowered since is said, and the role of somebody whose membership the app has deleted is the app's affair.
///
/// # Errors
/// Those of the database.
pub(crate) fn look_at_members(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let ask = |store: &mut Store| {
        store.answer((
            queries::people::members_of_lowest_role(store),
            queries::people::higher_roles_without_membership(store),
            queries::people::raised_without_membership(store),
            queries::people::members_lowered_by_app(store),
        ))
    };
    let (too_low, mut too_high, mut unjustified, lowered) = store.over_whole_tables(ask)?;
    if !(too_high.is_empty() && unjustified.is_empty()) {
        let had_one = had_gone_membership(context, context.gone_memberships(store)?);
        too_high.retain(|user| !had_one(user));
        unjustified.retain(|user| !had_one(user) && !too_high.contains(user));
    }
    differ(check, too_low, tr!("has a running membership and is MEMBER_FREE"));
    differ(
        check,
        too_high,
        tr!("has a higher role than MEMBER_FREE, no membership and no affiliate profile"),
    );
    differ(check, unjustified, tr!("is MEMBER_PREMIUM by an import, which no membership justifies"));
    check.facts.extend(
        lowered.iter().map(|id| tr!("user {id}: has a running membership; lowered by the app since")),
    );
    Ok(())
}

fn compare_user(context: &VerifyContext, user: &User, check: &mut VerifyCheck) {
    let mut hold = |holds: bool, what: &str| check.compare(holds, || tr!("user {}: {what}", user.id));
    hold(user.role < Role::Mentor, tr!("an imported user is MENTOR or ADMIN"));
    let usable = Email::parse(&user.email).is_ok_and(|email| email.as_str() == user.email);
    hold(usable, tr!("email is not usable to sign in"));
    hold(
        user.id == id_for("User", &user.email, user.created_at),
        tr!("id, email and createdAt do not belong together"),
    );
    hold(user.password.is_none(), tr!("password is set"));
    hold(user.username.is_none(), tr!("username was invented"));
    hold(!user.email_verified, "emailVerified");
    // Whoever was merged into somebody else is closed for good.
    hold(user.is_active != context.merged.contains(&user.id), "isActive");
    hold(!user.is_suspended, "isSuspended");
    hold(context.is_run_time(user.updated_at), tr!("updatedAt is not the time of any run"));
}

/// Whether a user is one of those whose membership an import has written and the app has deleted: its id is made of theirs.
fn had_gone_membership<'a>(context: &'a VerifyContext, gone: &'a [String]) -> impl Fn(&str) -> bool + 'a {
    let gone: HashSet<&str> = gone.iter().filter_map(|id| id.get(9..)).collect();
    move |user| {
        let made_of =
            |membership: &String| id_for("UserMembership", &format!("{user}/{membership}"), Millis(0));
        context.memberships.keys().any(|membership| gone.contains(&made_of(membership)[9..]))
    }
}

fn differ(check: &mut VerifyCheck, users: Vec<String>, what: &str) {
    check.values += 1;
    for id in users {
        check.turn_to(Subject::User(id.clone()));
        check.differ(tr!("user {id}: {what}"));
    }
}

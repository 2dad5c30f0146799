//! Roles and sign-in: nobody is more or less than an import may make them (L8, L9), and everybody
//! who was imported can be invited to set a password.

use crate::domain::contact::Email;
use crate::domain::ids::id_for;
use crate::store::codec::value::Cell;
use crate::store::schema::tables::{Role, User};
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;

/// Users that are read at once.
const PAGE: usize = 1_000;

/// Checks every imported user, and every member.
pub fn check(store: &mut Store, world: &VerifyContext, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let mut last = String::new();
    loop {
        let tail = format!("WHERE \"importSource\" = 'SEJOLI' AND \"id\" > ? ORDER BY \"id\" LIMIT {PAGE}");
        let users: Vec<User> = store.select(&tail, &[Cell::Text(last.clone())])?;
        let Some(end) = users.last() else { break };
        last.clone_from(&end.id);
        for user in &users {
            check.rows += 1;
            imported(world, user, check);
        }
    }
    store.over_whole_tables(|store| members(store, check))
}

fn imported(world: &VerifyContext, user: &User, check: &mut VerifyCheck) {
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
    hold(world.is_run_time(user.updated_at), "updatedAt is no run's time");
}

/// A running membership makes MEMBER_FREE a MEMBER_PREMIUM; nothing else makes one of an imported user.
fn members(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let free = "SELECT DISTINCT u.\"id\" FROM \"UserMembership\" m JOIN \"User\" u ON u.\"id\" = m.\"userId\" \
                WHERE m.\"status\" = 'ACTIVE' AND m.\"externalId\" IS NOT NULL AND u.\"role\" = 'MEMBER_FREE' LIMIT 100";
    names(store, check, free, "has a running membership and is MEMBER_FREE")?;
    let premium = "SELECT u.\"id\" FROM \"User\" u WHERE u.\"importSource\" = 'SEJOLI' AND u.\"role\" <> 'MEMBER_FREE' \
                   AND NOT EXISTS (SELECT 1 FROM \"UserMembership\" m WHERE m.\"userId\" = u.\"id\") LIMIT 100";
    names(store, check, premium, "was raised and has no membership")
}

fn names(store: &mut Store, check: &mut VerifyCheck, sql: &str, what: &str) -> anyhow::Result<()> {
    check.values += 1;
    for cell in store.query(sql, &[])?.into_iter().flatten() {
        if let Cell::Text(id) = cell {
            check.differ(format!("user {id}: {what}"));
        }
    }
    Ok(())
}

//! The roles of members: a membership that an import makes active raises the lowest role, and one that an import ends or
//! takes back lowers it again, if an import had raised it and nothing else keeps it up (L9).

use std::collections::BTreeMap;

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_lookup::MemberRows;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Identity, Role, User, UserMembership};

/// What the memberships of one batch do to their members' roles.
#[derive(Debug, Default)]
pub(super) struct RoleChanges {
    /// By user id: the address of whom a membership became active for, or nothing where memberships only ended.
    members: BTreeMap<String, Option<String>>,
}

impl RoleChanges {
    /// Takes in what an import has made of a membership. `email` is the member's address in the source.
    pub(super) fn note(
        &mut self,
        before: Option<&UserMembership>,
        after: Option<&UserMembership>,
        email: &str,
    ) {
        let was_active = before.is_some_and(|row| row.is_active);
        let is_active = after.is_some_and(|row| row.is_active);
        let Some(user_id) = after.or(before).map(|row| row.user_id.clone()) else { return };
        if is_active && !was_active {
            self.members.insert(user_id, Some(email.to_owned()));
        } else if was_active && !is_active {
            self.members.entry(user_id).or_default();
        }
    }

    /// Plans the changes of roles. `rows` hold the memberships as this batch leaves them.
    pub(super) fn plan(self, plan: &mut BatchPlan, rows: &MemberRows, run_id: &str) {
        for (user_id, began) in self.members {
            match began {
                Some(email) => raise(plan, rows, &user_id, &email, run_id),
                None if !rows.has_active(&user_id) => lower(plan, rows, &user_id),
                None => {}
            }
        }
    }
}

/// The id of what was decided about an address.
pub(super) fn identity_id(email: &str) -> String {
    id_for(Identity::TABLE.name, &format!("email/{email}"), Millis(0))
}

fn raise(plan: &mut BatchPlan, rows: &MemberRows, user_id: &str, email: &str, run_id: &str) {
    let role = rows.role(user_id);
    if role.is_some_and(|role| role != Role::MemberFree) {
        return;
    }
    let raised = set_role(user_id, Role::MemberPremium, plan.written_at);
    plan.change([match role {
        Some(role) => raised.if_unchanged("role", Value::Text(role.as_str().to_owned())),
        None => raised,
    }]);
    let id = identity_id(email);
    let flagged = match rows.identity(&id, user_id) {
        Some(identity) => Change::diff(
            &identity.id,
            identity.clone(),
            Identity { raised_role: true, updated_at: plan.written_at, ..identity.clone() },
            &["id"],
        ),
        None => Some(Change::insert(Identity {
            id,
            user_id: user_id.to_owned(),
            run_id: run_id.to_owned(),
            wrote_name: false,
            wrote_phone: false,
            wrote_whatsapp: false,
            raised_role: true,
            created_at: plan.written_at,
            updated_at: plan.written_at,
        })),
    };
    plan.change(flagged);
}

fn lower(plan: &mut BatchPlan, rows: &MemberRows, user_id: &str) {
    let mut raised = rows.raised_identities(user_id).peekable();
    if rows.role(user_id) != Some(Role::MemberPremium) || raised.peek().is_none() {
        return;
    }
    let lowered = set_role(user_id, Role::MemberFree, plan.written_at);
    plan.change([lowered.if_unchanged("role", Value::Text(Role::MemberPremium.as_str().to_owned()))]);
    for identity in raised {
        let cleared = Identity { raised_role: false, updated_at: plan.written_at, ..identity.clone() };
        plan.change(Change::diff(&identity.id, identity.clone(), cleared, &["id"]));
    }
}

fn set_role(user_id: &str, role: Role, written_at: Millis) -> Change {
    let role = Value::Text(role.as_str().to_owned());
    Change::update::<User>(user_id, vec![("role", role), ("updatedAt", Value::Time(written_at))])
}

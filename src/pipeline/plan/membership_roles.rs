//! The roles of members: a membership that an import makes active raises the lowest role, and one that an import ends or
//! takes back lowers it again, if an import had raised it and nothing else keeps it up (L9).

use std::collections::BTreeMap;

use crate::domain::date::Millis;
use crate::domain::decided_identities::{DecisionState, IdentityKey, WrittenDetails};
use crate::domain::identity::{PeopleIndex, PersonRef};
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::identities::update_written;
use crate::pipeline::plan::membership_lookup::MemberRows;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Role, User, UserMembership};

/// What the memberships of one batch do to their members' roles.
#[derive(Debug, Default)]
pub(super) struct RoleChanges {
    /// By user id: the identity of whom a membership became active for, or nothing where memberships only ended.
    members: BTreeMap<String, Option<IdentityKey>>,
}

/// What the index of people has to know of a role that was changed, once that is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoleRecord {
    key: IdentityKey,
    person: PersonRef,
    written: WrittenDetails,
}

impl RoleRecord {
    /// Tells the index.
    pub(crate) fn apply(self, people: &mut PeopleIndex) {
        if !self.written.raised_role {
            people.forget_raised_role(self.person);
        }
        people.decide(self.key, self.person, self.written, DecisionState::Stored);
    }
}

impl RoleChanges {
    /// Takes in what an import has made of a membership. `key` is the member's identity in the source.
    pub(super) fn note(
        &mut self,
        before: Option<&UserMembership>,
        after: Option<&UserMembership>,
        key: Option<IdentityKey>,
    ) {
        let was_active = before.is_some_and(|row| row.is_active);
        let is_active = after.is_some_and(|row| row.is_active);
        let Some(user_id) = after.or(before).map(|row| row.user_id.clone()) else { return };
        if is_active && !was_active {
            self.members.insert(user_id, key);
        } else if was_active && !is_active {
            self.members.entry(user_id).or_default();
        }
    }

    /// Takes in that a user has no membership any more, whether one was active or not.
    pub(super) fn note_without(&mut self, user_id: &str) {
        self.members.entry(user_id.to_owned()).or_default();
    }

    /// Plans the changes of roles, and returns what the index has to know of them. `rows` hold the memberships as this
    /// batch leaves them.
    pub(super) fn plan(
        self,
        plan: &mut BatchPlan,
        rows: &MemberRows,
        people: &PeopleIndex,
    ) -> Vec<RoleRecord> {
        let mut records = Vec::new();
        for (user_id, began) in self.members {
            match began {
                Some(key) => records.extend(raise(plan, rows, people, &user_id, key)),
                None if !rows.has_active(&user_id) => records.extend(lower(plan, rows, people, &user_id)),
                None => {}
            }
        }
        records
    }
}

fn raise(
    plan: &mut BatchPlan,
    rows: &MemberRows,
    people: &PeopleIndex,
    user_id: &str,
    key: IdentityKey,
) -> Option<RoleRecord> {
    let role = rows.role(user_id);
    if role.is_some_and(|role| role != Role::MemberFree) {
        return None;
    }
    let raised = set_role(user_id, Role::MemberPremium, plan.written_at);
    plan.change([match role {
        Some(role) => raised.if_unchanged("role", Value::Text(role.as_str().to_owned())),
        None => raised,
    }]);
    let (person, written) = people.decided(key).zip(people.decision(key).map(|decision| decision.written))?;
    let written = WrittenDetails { raised_role: true, ..written };
    plan.change([update_written(key, written, plan.written_at)]);
    Some(RoleRecord { key, person, written })
}

fn lower(plan: &mut BatchPlan, rows: &MemberRows, people: &PeopleIndex, user_id: &str) -> Vec<RoleRecord> {
    let person = people.user(user_id).filter(|person| people.has_raised_role(*person));
    let Some(person) = person.filter(|_| rows.role(user_id) == Some(Role::MemberPremium)) else {
        return Vec::new();
    };
    let lowered = set_role(user_id, Role::MemberFree, plan.written_at);
    plan.change([lowered.if_unchanged("role", Value::Text(Role::MemberPremium.as_str().to_owned()))]);
    let mut records = Vec::new();
    for decision in people.decisions_on(person).filter(|decision| decision.written.raised_role) {
        let written = WrittenDetails { raised_role: false, ..decision.written };
        plan.change([update_written(decision.key, written, plan.written_at)]);
        records.push(RoleRecord { key: decision.key, person, written });
    }
    records
}

fn set_role(user_id: &str, role: Role, written_at: Millis) -> Change {
    let role = Value::Text(role.as_str().to_owned());
    Change::update::<User>(user_id, vec![("role", role), ("updatedAt", Value::Time(written_at))])
}

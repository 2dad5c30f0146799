//! Plans the rows of memberships: all rows of one person and one membership become one row of the app (L24).

use std::collections::{HashMap, HashSet};

use crate::domain::books::RowOutcome;
use crate::domain::date::Millis;
use crate::domain::decided_identities::{IdentityKey, WrittenDetails};
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::{PersonRef, PersonState};
use crate::domain::membership::{Membership, MergedMembership, Period, merge};
use crate::domain::money::Money;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::identities::{record_decision, record_raised_role};
use crate::pipeline::plan::membership_lookup::{MemberRows, period_of};
use crate::pipeline::plan::membership_reconciliation::{reconcile, written_before};
use crate::pipeline::plan::membership_rows::user_membership;
use crate::pipeline::plan::memberships::{Memberships, PlannedMembership, member_email};
use crate::pipeline::plan::people::{IncompleteUsers, user_of};
use crate::pipeline::plan::periods::GroupKey;
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::plan::source_records::content_of;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Role, SourceRecord, TransactionStatus, User, UserMembership};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

impl Memberships<'_> {
    /// Plans a row: its membership and its source record.
    fn plan_row(
        &mut self,
        plan: &mut BatchPlan,
        found: &mut MembershipLookupResult,
        membership: &Membership,
        payload: SourcePayload<'_>,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<PlannedRow> {
        if let Some(finding) = self.product_finding(membership) {
            return Ok(Err(finding));
        }
        let standing = found.sources.remove(&membership.id);
        if self.is_gone(membership) {
            let same = standing.as_ref().is_some_and(|standing| content_of(standing) == payload.content);
            let gone = Finding::at(Code::PersonDeleted, "user_email", "");
            return Ok(if same { Ok(RowOutcome::Unchanged) } else { Err(gone) });
        }
        let planned = self.plan_membership_of(plan, found, membership, findings)?;
        Ok(planned.map(|planned| planned.record_row(plan, membership, payload, standing)))
    }

    /// Whether the app has deleted the user whom imports have decided the member to be.
    fn is_gone(&self, membership: &Membership) -> bool {
        let person = self.people.find(&membership.email);
        person.is_some_and(|person| self.people.state(person) == PersonState::Gone)
    }

    /// Plans the membership that a row belongs to, once for all of its rows.
    fn plan_membership_of(
        &mut self,
        plan: &mut BatchPlan,
        found: &mut MembershipLookupResult,
        membership: &Membership,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Result<PlannedMembership, Finding>> {
        let Some(key) = self.group_key(membership) else {
            anyhow::bail!("a membership without a group was not held");
        };
        if self.people.state(key.0) == PersonState::Ambiguous {
            return Ok(Err(Finding::at(Code::PersonAmbiguous, "user_email", "")));
        }
        if let Some(mut planned) = self.planned.remove(&key) {
            planned.rest -= 1;
            if planned.rest > 0 {
                self.planned.insert(key, planned.clone());
            }
            // Rows of one person may name several addresses.
            let identity = IdentityKey::of_email(&membership.email);
            record_decision(plan, self.people, identity, key.0, WrittenDetails::default());
            return Ok(Ok(planned));
        }
        let periods = self.periods.of(key);
        let noted = findings.len();
        let identity = IdentityKey::of_email(&membership.email);
        let planned = self.plan_membership(plan, found, (identity, key), &periods, findings)?;
        // What there is to note of a membership is noted at its first row, also when that one was
        // written before an interruption.
        if planned.is_ok() && periods.first().is_some_and(|first| first.id != membership.id) {
            findings.truncate(noted);
        }
        if let Some(planned) = planned.as_ref().ok().filter(|planned| planned.rest > 0) {
            self.planned.insert(key, planned.clone());
        }
        Ok(planned)
    }

    fn plan_membership(
        &mut self,
        plan: &mut BatchPlan,
        found: &mut MembershipLookupResult,
        (identity, key): (IdentityKey, GroupKey),
        periods: &[Period],
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Result<PlannedMembership, Finding>> {
        let (person, membership) = key;
        let Some(from) = periods.iter().map(|period| period.start).min() else {
            anyhow::bail!("a membership's rows were not gathered");
        };
        if self.people.state(person) == PersonState::New {
            findings.push(Finding::at(Code::MemberWithoutOrder, "user_email", ""));
        }
        let user_id = user_of(plan, self.people, &mut found.incomplete, identity, person, from)?;
        let rows = &found.rows;
        let membership_id = self.ids[membership as usize].clone();
        let standing = rows.standing(&user_id, &membership_id);
        let history = rows.history(standing);
        let Some(merged) = merge(&with_history(periods, history)) else {
            anyhow::bail!("a membership without a period");
        };
        let transaction = self.transaction(rows, &merged, &user_id, standing, findings);
        let desired =
            user_membership(&user_id, &membership_id, &merged, transaction, self.as_of, plan.written_at);
        let target = standing.map_or_else(|| desired.id.clone(), |standing| standing.id.clone());
        let rest = periods.len() - 1;
        if let Some((outcome, written)) = written_before(&desired, standing, history) {
            return Ok(Ok(PlannedMembership { outcome, written, target, rest }));
        }
        self.upgrade_role(plan, rows, (identity, person), &desired);
        let reconciled = reconcile(plan, desired, standing.cloned(), history, findings);
        Ok(reconciled.map(|(outcome, written)| PlannedMembership { outcome, written, target, rest }))
    }

    /// The transaction of the member's latest paid order, unless another membership has it.
    fn transaction(
        &mut self,
        rows: &MemberRows,
        merged: &MergedMembership,
        user_id: &str,
        standing: Option<&UserMembership>,
        findings: &mut Vec<Finding>,
    ) -> Option<String> {
        if rows.purchases(&merged.order_ids).any(|purchase| purchase.user_id != user_id) {
            findings.push(Finding::at(Code::OrderOfAnother, "order_id", ""));
        }
        let latest = rows
            .purchases(&merged.order_ids)
            .filter(|found| found.status == TransactionStatus::Success && found.user_id == user_id)
            .max_by_key(|purchase| (purchase.placed_at, &purchase.id))?;
        let taken_by = rows.membership_of(&latest.id);
        let others = taken_by.is_some_and(|other| standing.is_none_or(|standing| standing.id != other));
        if others || !self.assigned_transactions.insert(key_hash(&latest.id)) {
            findings.push(Finding::at(Code::OrderTakenByMembership, "order_id", ""));
            return None;
        }
        Some(latest.id.clone())
    }

    /// An active membership upgrades MEMBER_FREE to MEMBER_PREMIUM; no role is ever lowered (L9).
    fn upgrade_role(
        &mut self,
        plan: &mut BatchPlan,
        rows: &MemberRows,
        (identity, person): (IdentityKey, PersonRef),
        desired: &UserMembership,
    ) {
        let has_lowest_role = rows.role(&desired.user_id).is_none_or(|role| role == Role::MemberFree);
        if desired.is_active && has_lowest_role && self.upgraded.insert(person) {
            let role = Value::Text(Role::MemberPremium.as_str().to_owned());
            let set = vec![("role", role), ("updatedAt", Value::Time(plan.written_at))];
            let upgraded = Change::update::<User>(&desired.user_id, set);
            plan.change([match rows.role(&desired.user_id) {
                Some(role) => upgraded.if_unchanged("role", Value::Text(role.as_str().to_owned())),
                None => upgraded,
            }]);
            record_raised_role(plan, self.people, identity, person);
        }
    }
}

/// What to look up for the memberships of one batch.
#[derive(Debug, Default)]
pub(crate) struct MembershipLookup {
    /// Whether only the orders are looked up, because the app had no membership when the phase began.
    is_first: bool,
    /// The rows' own keys.
    keys: Vec<String>,
    /// The orders of the memberships that are to be planned.
    orders: Vec<String>,
    /// Ids of the members who are users of the app.
    users: Vec<String>,
    /// Their roles, if they need no look-up.
    roles: Vec<(String, Role)>,
    /// Ids of users whose rows have empty fields that the files can fill.
    incomplete: Vec<String>,
}

/// The answer to a [`MembershipLookup`].
#[derive(Debug, Default)]
pub(crate) struct MembershipLookupResult {
    /// Source records of earlier imports, by source key.
    sources: HashMap<String, SourceRecord>,
    rows: MemberRows,
    incomplete: IncompleteUsers,
}

impl Planner<Membership> for Memberships<'_> {
    type Lookup = MembershipLookup;
    type LookupResult = MembershipLookupResult;

    fn partition_key<'r>(&'r self, row: &'r ParsedRow<Membership>) -> &'r str {
        member_email(row)
    }

    fn lookup(&mut self, rows: &[ParsedRow<Membership>]) -> LookupNeed<MembershipLookup> {
        let members: Vec<&Membership> = rows.iter().filter_map(|parsed| parsed.record.as_ref()).collect();
        let groups: Vec<GroupKey> =
            members.iter().filter_map(|membership| self.group_key(membership)).collect();
        let unplanned = groups.iter().filter(|key| !self.planned.contains_key(key));
        let orders =
            unplanned.flat_map(|key| self.periods.of(*key)).filter_map(|period| period.order_id).collect();
        let users = groups.iter().filter_map(|(person, _)| self.people.user_id(*person));
        let mut users: Vec<String> = users.map(str::to_owned).collect();
        users.sort_unstable();
        users.dedup();
        let incomplete = IncompleteUsers::among(self.people, groups.iter().map(|(person, _)| *person));
        if !self.is_first {
            let keys = members.iter().map(|membership| membership.id.clone()).collect();
            let roles = Vec::new();
            return LookupNeed::InTransaction(MembershipLookup {
                is_first: false,
                keys,
                orders,
                users,
                roles,
                incomplete,
            });
        }
        let role = |user: &String| self.roles_above_lowest.get(user).copied().unwrap_or(Role::MemberFree);
        let roles = users.iter().map(|user| (user.clone(), role(user))).collect();
        // Orders are all there before the first membership is, and nobody's empty fields are filled twice.
        LookupNeed::Ahead(MembershipLookup {
            is_first: true,
            orders,
            roles,
            incomplete,
            ..MembershipLookup::default()
        })
    }

    fn look_up(store: &mut Store, lookup: MembershipLookup) -> anyhow::Result<MembershipLookupResult> {
        let MembershipLookup { is_first, keys, orders, users, roles, incomplete } = lookup;
        let incomplete = IncompleteUsers::look_up(store, &incomplete)?;
        let mut found = MembershipLookupResult { incomplete, ..MembershipLookupResult::default() };
        if is_first {
            found.rows.load_orders(store, &orders)?;
            found.rows.know_roles(roles);
            return Ok(found);
        }
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let sources: Vec<SourceRecord> =
            store.select_among(Some(("kind", SourceRecordKind::Membership.as_str())), "sourceKey", &keys)?;
        found.sources = sources.into_iter().map(|source| (source.source_key.clone(), source)).collect();
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        found.rows.load_standing(store, &users)?;
        found.rows.load_orders(store, &orders)?;
        found.rows.load_memberships_of_orders(store)?;
        found.rows.load_roles(store, &users)?;
        Ok(found)
    }

    fn plan(
        &mut self,
        mut found: MembershipLookupResult,
        rows: Vec<ParsedRow<Membership>>,
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan> {
        let mut plan = BatchPlan::new(written_at);
        for row in rows {
            let price = row.record.as_ref().and_then(|membership| membership.price);
            let Some(OpenRow { record, payload, mut findings, entry }) =
                plan.open(row, price.unwrap_or(Money::ZERO))?
            else {
                continue;
            };
            let planned = self.plan_row(&mut plan, &mut found, &record, payload, &mut findings)?;
            plan.close(entry, findings, planned);
        }
        Ok(plan)
    }
}

/// The files' periods, and those of earlier imports that the files no longer have.
fn with_history(periods: &[Period], history: &[SourceRecord]) -> Vec<Period> {
    let in_files: HashSet<&str> = periods.iter().map(|period| period.id.as_str()).collect();
    let older = history
        .iter()
        .filter(|source| {
            source.kind == SourceRecordKind::Membership && !in_files.contains(source.source_key.as_str())
        })
        .filter_map(period_of);
    periods.iter().cloned().chain(older).collect()
}

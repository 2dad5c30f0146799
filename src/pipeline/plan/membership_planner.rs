//! Plans the rows of memberships: all rows of one person and one membership become one row of the app (L24).

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::books::RowOutcome;
use crate::domain::date::Millis;
use crate::domain::decided_identities::{IdentityKey, WrittenDetails};
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::PersonState;
use crate::domain::membership::{Membership, MergedMembership, Period, merge};
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::identities::record_decision;
use crate::pipeline::plan::membership_choice::Contenders;
use crate::pipeline::plan::membership_lookup::{MemberRows, is_made_of, period_of};
use crate::pipeline::plan::membership_reconciliation::{reconcile, written_before};
use crate::pipeline::plan::membership_regroup::{latest_paid, with_refund};
use crate::pipeline::plan::membership_roles::RoleChanges;
use crate::pipeline::plan::membership_rows::user_membership;
use crate::pipeline::plan::memberships::{Memberships, PlannedMembership, member_email};
use crate::pipeline::plan::people::{IncompleteUsers, user_of};
use crate::pipeline::plan::periods::GroupKey;
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::plan::source_records::content_of;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::schema::tables::{Role, SourceRecord, UserMembership};
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
        if self.is_gone(membership) {
            let kept = found.sources.get(&membership.id).and_then(content_of);
            let is_same = kept.is_some() && kept == payload.content;
            let gone = Finding::at(Code::PersonDeleted, "user_email", "");
            return Ok(if is_same { Ok(RowOutcome::Unchanged) } else { Err(gone) });
        }
        let planned = self.plan_membership_of(plan, found, membership, findings)?;
        // The other rows of the membership are planned with what is kept of this one.
        let standing = found.sources.remove(&membership.id);
        Ok(planned.and_then(|planned| planned.record_row(plan, membership, payload, standing, findings)))
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
        let is_first_row = periods.first().is_none_or(|first| first.id == membership.id);
        let planned = self.plan_membership(plan, found, (identity, key), periods, is_first_row, findings)?;
        // What there is to note of a membership is noted at its first row, also when that one was
        // written before an interruption.
        if planned.is_ok() && !is_first_row {
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
        periods: Vec<Period>,
        is_first_row: bool,
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
        let rest = periods.len() - 1;
        let membership_id = self.ids[membership as usize].clone();
        let standing = found.rows.standing(&user_id, &membership_id).cloned();
        if standing.is_none()
            && !self.restore_deleted
            && (found.was_written(&periods, &user_id, &membership_id)
                || self.has_deleted(&user_id, &membership_id))
        {
            return Ok(Ok(PlannedMembership::deleted(rest)));
        }
        let rows = &found.rows;
        let history = rows.history(standing.as_ref()).to_vec();
        let periods = with_history(found.with_refunds(periods, &user_id, self.as_of), &history);
        let Some(merged) = merge(&periods) else {
            anyhow::bail!("a membership without a period");
        };
        let refunds =
            periods.into_iter().filter_map(|period| Some((period.id, period.refunded_at?))).collect();
        let transaction = self.transaction(rows, &merged, &user_id, standing.as_ref(), findings);
        let desired =
            user_membership(&user_id, &membership_id, &merged, transaction, self.as_of, plan.written_at);
        let contenders = self.contenders(found, key, &user_id, &merged);
        if contenders.several_run() && self.speaks_for_person(&contenders, key) {
            findings.push(Finding::of_row(Code::SeveralRunning, ""));
        }
        let desired = contenders.before_choice(desired, standing.as_ref(), &history);
        let target = standing.as_ref().map_or_else(|| desired.id.clone(), |standing| standing.id.clone());
        let planned = |outcome, written| PlannedMembership {
            outcome,
            written,
            target,
            rest,
            refunds,
            is_deleted: false,
        };
        if let Some((outcome, written)) =
            written_before(&desired, standing.as_ref(), &history).filter(|_| !is_first_row)
        {
            return Ok(Ok(planned(outcome, written)));
        }
        let reconciled = match reconcile(plan, desired, standing.clone(), &history, findings) {
            Ok(reconciled) => reconciled,
            Err(finding) => return Ok(Err(finding)),
        };
        if let Some(row) = reconciled.row {
            self.note_role(&mut found.roles, identity, standing.as_ref(), &row);
            if !self.is_first {
                found.rows.replace(row);
            }
        }
        Ok(Ok(planned(reconciled.outcome, reconciled.written)))
    }

    /// The member's memberships, as they stand and as the files have them.
    fn contenders(
        &self,
        found: &MembershipLookupResult,
        (person, membership): GroupKey,
        user_id: &str,
        merged: &MergedMembership,
    ) -> Contenders {
        let rows = &found.rows;
        let mut standing = rows.of_user(user_id);
        if !self.periods.has_several(person)
            && standing.all(|row| row.membership_id == self.ids[membership as usize])
        {
            return Contenders::new(Vec::new(), self.as_of);
        }
        let mut contenders = Contenders::standing(rows, user_id, self.as_of);
        contenders.enter(&self.ids[membership as usize], merged.start, merged.end);
        for other in self.siblings((person, membership)) {
            let (membership_id, periods) = (&self.ids[other.1 as usize], self.periods.of(other));
            let standing = rows.standing(user_id, membership_id);
            let is_deleted = standing.is_none()
                && !self.restore_deleted
                && found.was_written(&periods, user_id, membership_id);
            let periods = found.with_refunds(periods, user_id, self.as_of);
            if let Some(merged) =
                merge(&with_history(periods, rows.history(standing))).filter(|_| !is_deleted)
            {
                contenders.enter(membership_id, merged.start, merged.end);
            }
        }
        contenders
    }

    /// Whether what there is to say of a person's memberships is said of this one: it is the one that is chosen among those
    /// of the files.
    fn speaks_for_person(&self, contenders: &Contenders, (person, membership): GroupKey) -> bool {
        let is_in_files = |id: &str| {
            let known = self.ids.iter().zip(0..).find(|(known, _)| *known == id);
            known.is_some_and(|(_, membership)| self.periods.has((person, membership)))
        };
        contenders.chosen_among(is_in_files) == Some(self.ids[membership as usize].as_str())
    }

    /// The other memberships of a person of which the files have rows.
    fn siblings(&self, (person, membership): GroupKey) -> Vec<GroupKey> {
        if !self.periods.has_several(person) {
            return Vec::new();
        }
        let all = (0..).take(self.ids.len()).map(|other| (person, other));
        all.filter(|other| other.1 != membership && self.periods.has(*other)).collect()
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
        let latest = latest_paid(rows, merged, user_id)?;
        let taken_by = rows.membership_of(&latest.id);
        let others = taken_by.is_some_and(|other| standing.is_none_or(|standing| standing.id != other));
        if others || !self.assigned_transactions.insert(key_hash(&latest.id)) {
            findings.push(Finding::at(Code::OrderTakenByMembership, "order_id", ""));
            return None;
        }
        Some(latest.id.clone())
    }

    /// Notes what a membership does to its member's role. A first import, which looks no role up, raises each once.
    fn note_role(
        &mut self,
        roles: &mut RoleChanges,
        identity: IdentityKey,
        before: Option<&UserMembership>,
        row: &UserMembership,
    ) {
        if self.is_first && (!row.is_active || !self.upgraded.insert(key_hash(&row.user_id))) {
            return;
        }
        roles.note(before, Some(row), Some(identity));
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
    /// What the batch does to roles.
    roles: RoleChanges,
}

impl MembershipLookupResult {
    /// Whether an import has written a membership of these rows for this user.
    fn was_written(&self, periods: &[Period], user_id: &str, membership_id: &str) -> bool {
        let mut kept = periods.iter().filter_map(|period| self.sources.get(&period.id));
        kept.any(|source| !source.written.is_empty() && is_made_of(&source.target_id, user_id, membership_id))
    }

    /// The periods with what is known of refunds of their orders.
    fn with_refunds(&self, periods: Vec<Period>, user_id: &str, as_of: Millis) -> Vec<Period> {
        let known = |period: Period| {
            let kept = self.sources.get(&period.id).and_then(period_of);
            let kept = kept.filter(|kept| kept.order_id == period.order_id);
            with_refund(period, &self.rows, user_id, kept.and_then(|kept| kept.refunded_at), as_of)
        };
        periods.into_iter().map(known).collect()
    }
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
        let unplanned = groups.iter().copied().filter(|key| !self.planned.contains_key(key));
        let unplanned: BTreeSet<GroupKey> =
            unplanned.flat_map(|key| self.siblings(key).into_iter().chain([key])).collect();
        let unplanned: Vec<Period> = unplanned.into_iter().flat_map(|key| self.periods.of(key)).collect();
        let orders = unplanned.iter().filter_map(|period| period.order_id.clone()).collect();
        let users = groups.iter().filter_map(|(person, _)| self.people.user_id(*person));
        let mut users: Vec<String> = users.map(str::to_owned).collect();
        users.sort_unstable();
        users.dedup();
        let incomplete = IncompleteUsers::among(self.people, groups.iter().map(|(person, _)| *person));
        if !self.is_first {
            let own = members.iter().map(|membership| membership.id.clone());
            let mut keys: Vec<String> = own.chain(unplanned.into_iter().map(|period| period.id)).collect();
            keys.sort_unstable();
            keys.dedup();
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

    fn looks_ahead(&self) -> bool {
        self.is_first
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
            let amount = row.amount;
            let Some(OpenRow { record, payload, mut findings, entry }) = plan.open(row, amount)? else {
                continue;
            };
            let planned = self.plan_row(&mut plan, &mut found, &record, payload, &mut findings)?;
            plan.close(entry, findings, planned);
        }
        let MembershipLookupResult { rows, roles, .. } = found;
        let records = roles.plan(&mut plan, &rows, self.people);
        records.into_iter().for_each(|record| record.apply(self.people));
        Ok(plan)
    }
}

/// The files' periods, and those of earlier imports that the files no longer have.
fn with_history(periods: Vec<Period>, history: &[SourceRecord]) -> Vec<Period> {
    let in_files: HashSet<&str> = periods.iter().map(|period| period.id.as_str()).collect();
    let older = history.iter().filter(|source| !in_files.contains(source.source_key.as_str()));
    let older: Vec<Period> = older.filter_map(period_of).collect();
    periods.into_iter().chain(older).collect()
}

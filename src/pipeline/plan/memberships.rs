//! Memberships: the rows of one person and one membership become one row of the app (L24).

use std::collections::{HashMap, HashSet};

use crate::domain::books::RowOutcome;
use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::identity::{FirstSeen, PeopleIndex, PersonDetails, PersonState};
use crate::domain::membership::{Membership, Period};
use crate::domain::product_map::ProductMap;
use crate::domain::source_payload::SourcePayload;
use crate::language::tr;
use crate::pipeline::plan::batch_plan::{BatchPlan, PlannedRow};
use crate::pipeline::plan::membership_catalogue::app_memberships;
use crate::pipeline::plan::membership_lookup::{made_of, part_without_start, period_of};
use crate::pipeline::plan::membership_moves::{ClaimedOrder, Moves};
use crate::pipeline::plan::membership_orders::check_orders;
use crate::pipeline::plan::membership_roles::RoleRecord;
use crate::pipeline::plan::membership_row_changes::{KeptRows, SourceRowChange};
use crate::pipeline::plan::membership_rows::membership_source_record;
use crate::pipeline::plan::periods::{GroupKey, Periods};
use crate::pipeline::plan::source_records::{content_of, replaced, source_change};
use crate::pipeline::read::first_pass_counts::CrossRowFindings;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::source::row_location::RowLocation;
use crate::store::queries;
use crate::store::schema::tables::{Role, SourceRecord, UserMembership};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// The plan of a merged membership, which all of its rows share.
#[derive(Clone, Debug)]
pub(super) struct PlannedMembership {
    pub(super) outcome: RowOutcome,
    /// Fingerprint of what an import wrote; none if the row is the app's own.
    pub(super) written: Option<u64>,
    /// The id of the app's row.
    pub(super) target: String,
    /// Number of rows of the membership that are not planned yet.
    pub(super) rest: usize,
    /// The rows whose orders were refunded, by key, and when an import first saw that.
    pub(super) refunds: Vec<(String, Millis)>,
    /// Whether the app has deleted what an import had written.
    pub(super) is_deleted: bool,
}

impl PlannedMembership {
    /// A membership that the app has deleted, with this many more rows.
    pub(super) fn deleted(rest: usize) -> Self {
        let (outcome, target, refunds) = (RowOutcome::Unchanged, String::new(), Vec::new());
        Self { outcome, written: None, target, rest, refunds, is_deleted: true }
    }

    /// Plans the source record of one row and returns the row's outcome.
    pub(super) fn record_row(
        self,
        plan: &mut BatchPlan,
        membership: &Membership,
        payload: SourcePayload<'_>,
        standing: Option<SourceRecord>,
        findings: &mut Vec<Finding>,
    ) -> PlannedRow {
        let same_content = standing.as_ref().is_some_and(|standing| content_of(standing) == payload.content);
        if self.is_deleted {
            if !same_content {
                return Err(Finding::of_row(Code::EditedInApp, Detail::said(|| tr!("deleted in the app"))));
            }
            findings.push(Finding::of_row(Code::DeletedInApp, ""));
            return Ok(RowOutcome::Unchanged);
        }
        let refunded_at = self.refunds.iter().find(|(key, _)| *key == membership.id).map(|(_, at)| *at);
        if refunded_at.is_some_and(|seen_at| seen_at < membership.end) {
            findings.push(Finding::at(Code::MembershipRefunded, "order_id", ""));
        }
        let is_kept = standing.as_ref().is_some_and(|standing| {
            let known = period_of(standing).and_then(|period| period.refunded_at);
            same_content && standing.target_id == self.target && known == refunded_at
        });
        if is_kept && self.outcome == RowOutcome::Unchanged {
            return Ok(RowOutcome::Unchanged);
        }
        let (target, written) = (self.target, self.written);
        let new =
            membership_source_record(membership, target, payload, written, refunded_at, plan.written_at);
        let news = if is_kept { source_change(standing, new) } else { replaced(standing, new) };
        let outcome = if news.is_some() && self.outcome == RowOutcome::Unchanged {
            RowOutcome::Updated
        } else {
            self.outcome
        };
        plan.change(news);
        Ok(outcome)
    }
}

/// The planner of memberships.
#[allow(missing_debug_implementations)]
pub(crate) struct Memberships<'a> {
    pub(super) people: &'a mut PeopleIndex,
    products: &'a ProductMap,
    /// The app's memberships by slug, as indices into `ids`.
    app: HashMap<String, u32>,
    /// Ids of the app's memberships.
    pub(super) ids: Vec<String>,
    /// Rows whose orders have not been looked up yet.
    collected: Vec<(RowLocation, Membership)>,
    cross_row_findings: CrossRowFindings,
    pub(super) periods: Periods,
    /// Memberships with planned and unplanned rows.
    pub(super) planned: HashMap<GroupKey, PlannedMembership>,
    pub(super) as_of: Millis,
    /// Hashes of the ids of users whose roles this run has raised, if it looks none up.
    pub(super) upgraded: HashSet<u64>,
    /// Hashes of the ids of transactions that this run has assigned to a membership.
    pub(super) assigned_transactions: HashSet<u64>,
    /// Whether neither a membership nor a source record of one existed when the phase began.
    pub(super) is_first: bool,
    /// If so, the roles above the lowest by user id; every other user has the lowest.
    pub(super) roles_above_lowest: HashMap<String, Role>,
    /// Whether rows that the app has deleted are written again.
    pub(super) restore_deleted: bool,
    /// The memberships that imports have written and the app has deleted, by what their ids are made of; none if they
    /// are written again.
    deleted: HashSet<String>,
    /// Source rows that have another person, product or order than an import has written.
    pub(super) moves: Moves,
    /// Hashes of the numbers of orders that are in the app.
    pub orders: HashSet<u64>,
}

/// What the planner of memberships is told about its run.
#[derive(Clone, Debug)]
pub(crate) struct MembershipOptions {
    /// The time by which it is judged what is over.
    pub as_of: Millis,
    /// Whether rows that the app has deleted are written again.
    pub restore_deleted: bool,
}

impl<'a> Memberships<'a> {
    /// A planner without rows.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn new(
        store: &mut Store,
        people: &'a mut PeopleIndex,
        products: &'a ProductMap,
        options: MembershipOptions,
    ) -> anyhow::Result<Self> {
        let MembershipOptions { as_of, restore_deleted } = options;
        let (slugs, ids): (Vec<String>, Vec<String>) = app_memberships(store, products)?.into_iter().unzip();
        let kept = queries::kept_rows::has_any(store, SourceRecordKind::Membership)?;
        let first = !kept && !store.has_any_row::<UserMembership>()?;
        let deleted = if first || restore_deleted {
            Vec::new()
        } else {
            store.answer(queries::kept_rows::deleted_memberships(store))?
        };
        Ok(Self {
            people,
            products,
            app: slugs.into_iter().zip(0..).collect(),
            ids,
            collected: Vec::new(),
            cross_row_findings: CrossRowFindings::new(),
            periods: Periods::default(),
            planned: HashMap::new(),
            as_of,
            upgraded: HashSet::new(),
            assigned_transactions: HashSet::new(),
            is_first: first,
            roles_above_lowest: if first { higher_roles(store)? } else { HashMap::new() },
            restore_deleted,
            deleted: deleted.iter().filter_map(|id| part_without_start(id)).map(str::to_owned).collect(),
            moves: Moves::default(),
            orders: HashSet::new(),
        })
    }

    /// Collects a row that is neither held nor rejected. Renewals merge, so all rows of a membership must be
    /// collected before the first of them is planned.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn collect_row(
        &mut self,
        store: &mut Store,
        row: ParsedRow<Membership>,
    ) -> anyhow::Result<()> {
        self.collected.extend(row.record.map(|membership| (row.location, membership)));
        if self.collected.len() >= KEYS_AT_ONCE { self.add_periods(store) } else { Ok(()) }
    }

    /// Ends the collecting and returns the findings about the rows' orders.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn finish_collecting(&mut self, store: &mut Store) -> anyhow::Result<CrossRowFindings> {
        self.add_periods(store)?;
        Ok(std::mem::take(&mut self.cross_row_findings))
    }

    fn add_periods(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.collected);
        let mut cross_row_findings = check_orders(store, &rows, &self.orders)?;
        let mut kept = if self.is_first { KeptRows::default() } else { KeptRows::look_up(store, &rows)? };
        let mut groups = Vec::with_capacity(rows.len());
        for (location, membership) in rows {
            let held = cross_row_findings
                .get(&location)
                .is_some_and(|findings| worst_severity(findings) >= Severity::Held);
            if held || self.product_finding(&membership).is_some() {
                continue;
            }
            let Some(key) = self.group_key(&membership) else { continue };
            let change = match self.people.state(key.0) {
                // Its rows are held, or stay as they are.
                PersonState::Ambiguous | PersonState::Gone => SourceRowChange::Nothing,
                PersonState::New | PersonState::Existing(_) => {
                    let (user_id, membership_id) = self.group_ids(key);
                    kept.change_of(&membership, user_id, membership_id)
                }
            };
            groups.push((location, membership, key, change));
        }
        let moving = groups.iter().filter_map(|(.., key, change)| match change {
            SourceRowChange::Leaves(id) => Some((id.as_str(), self.people.user_id(key.0))),
            _ => None,
        });
        let (left, members): (Vec<&str>, Vec<Option<&str>>) = moving.unzip();
        let members: Vec<&str> = members.into_iter().flatten().collect();
        kept.look_up_moves(store, &left, &members)?;
        for (location, membership, key, change) in groups {
            let obstacle = match &change {
                SourceRowChange::Leaves(id) => kept.obstacle(id, self.group_ids(key), self.restore_deleted),
                _ => None,
            };
            if let Some(finding) = obstacle {
                cross_row_findings.entry(location).or_default().push(finding);
                continue;
            }
            let number = self.periods.add(key, &Period::from(&membership));
            if !self.is_first {
                self.moves.note(&membership, number, key, change);
            }
        }
        self.cross_row_findings.extend(cross_row_findings);
        Ok(())
    }

    /// The ids of a group's user, if there is one yet, and of its membership.
    fn group_ids(&self, (person, membership): GroupKey) -> (Option<&str>, &str) {
        (self.people.user_id(person), self.ids[membership as usize].as_str())
    }

    /// Whether neither a membership nor a source record of one existed when the phase began.
    pub(crate) fn is_first(&self) -> bool {
        self.is_first
    }

    /// The ids of the users of whom the files have rows.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        self.periods.people().filter_map(|person| self.people.user_id(person))
    }

    /// The ids of the memberships that rows of the files leave.
    pub(crate) fn left(&self) -> Vec<String> {
        self.moves.left()
    }

    /// Plans what is left of some memberships that rows leave.
    ///
    /// # Errors
    /// Those of [`Moves::take_back`].
    pub(crate) fn take_back(
        &self,
        store: &mut Store,
        ids: &[String],
        written_at: Millis,
    ) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)> {
        self.moves.take_back(store, ids, self.as_of, self.people, written_at)
    }

    /// Tells the index of people of roles that were changed.
    pub(crate) fn record_roles(&mut self, records: Vec<RoleRecord>) {
        records.into_iter().for_each(|record| record.apply(self.people));
    }

    /// The orders that rows of the files name and did not name before, in portions.
    pub(crate) fn claimed_orders(&self, portion: usize) -> impl Iterator<Item = Vec<ClaimedOrder>> {
        let claim = |(number, group): &(u32, GroupKey)| {
            let (user_id, membership_id) = self.group_ids(*group);
            Some(ClaimedOrder {
                order_id: self.periods.order_of(*number)?.to_owned(),
                user_id: user_id.map(str::to_owned),
                membership_id: membership_id.to_owned(),
            })
        };
        self.moves.claims().chunks(portion).map(move |claims| claims.iter().filter_map(claim).collect())
    }

    /// Plans that memberships give up the transactions of claimed orders, where they do not name them any more.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn release(
        &self,
        store: &mut Store,
        orders: &[ClaimedOrder],
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan> {
        self.moves.release(store, orders, written_at)
    }

    pub(super) fn group_key(&mut self, row: &Membership) -> Option<GroupKey> {
        let slug = self.products.membership_of(&row.product_id)?;
        let membership = *self.app.get(slug)?;
        let unknown = PersonDetails { name: "", phone: None, whatsapp: None };
        let person = match self.people.find(&row.email) {
            Some(person) => person,
            None => {
                let seen = FirstSeen { at: row.start, number: u64::MAX };
                self.people.observe(&row.email, seen, unknown).0
            }
        };
        Some((person, membership))
    }

    /// Whether the app has deleted what imports had written of this user and this membership, by whatever row.
    pub(super) fn has_deleted(&self, user_id: &str, membership_id: &str) -> bool {
        self.deleted.contains(&made_of(user_id, membership_id))
    }

    /// The finding of a row whose product has no membership in the product map or in the app.
    pub(super) fn product_finding(&self, membership: &Membership) -> Option<Finding> {
        let product_id = &membership.product_id;
        match self.products.membership_of(product_id) {
            None => Some(Finding::at(Code::MembershipProductUnmapped, "product_id", product_id.clone())),
            Some(slug) if !self.app.contains_key(slug) => {
                Some(Finding::at(Code::MembershipNotInApp, "product_id", slug.to_owned()))
            }
            Some(_) => None,
        }
    }
}

/// The member's e-mail address, by which rows are shared among processes; the row's key if it has none.
pub(crate) fn member_email(row: &ParsedRow<Membership>) -> &str {
    row.record.as_ref().map_or(row.key.as_str(), |membership| membership.email.as_str())
}

/// The roles above the lowest, by user id.
fn higher_roles(store: &mut Store) -> anyhow::Result<HashMap<String, Role>> {
    let found = queries::people::above_lowest_role(store)?;
    Ok(found.into_iter().map(|user| (user.id, user.role)).collect())
}

/// Number of rows whose orders are looked up together.
const KEYS_AT_ONCE: usize = 512;

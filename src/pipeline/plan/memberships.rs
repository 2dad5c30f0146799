//! Memberships: the rows of one person and one membership become one row of the app (L24).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::books::RowOutcome;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::identity::{FirstSeen, People, PersonDetails, PersonRef, PersonState};
use crate::domain::ids::id_for;
use crate::domain::membership::{Membership, MergedMembership, Period, merge, status_at};
use crate::domain::money::Money;
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::domain::source_payload::SourcePayload;
use crate::domain::status::MembershipStatus;
use crate::failure::Failure;
use crate::pipeline::plan::affiliates::{content_of, source_change, source_record};
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::membership_lookup::{MemberRows, period_of};
use crate::pipeline::plan::people::{IncompleteUsers, user_of};
use crate::pipeline::plan::periods::{GroupKey, Periods};
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::first_pass::CrossRowFindings;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::source::row_location::RowLocation;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::{JsonText, Value};
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables;
use crate::store::schema::tables::{
    CommissionType, ImportReject, MembershipDuration, Role, SourceRecord, TransactionStatus, User,
    UserMembership, WebhookLog,
};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

const KIND: SourceRecordKind = SourceRecordKind::Membership;

/// What has been planned for a membership: it holds for every row of it.
#[derive(Clone, Debug)]
struct PlannedMembership {
    outcome: RowOutcome,
    /// Fingerprint of what an import wrote; none where the row is the app's own.
    written: Option<u64>,
    /// The id of the app's row.
    target: String,
    /// Rows of the membership that are still to come.
    rest: usize,
}

impl PlannedMembership {
    /// Keeps one row of the membership, and says what became of the row.
    fn keep(
        self,
        plan: &mut BatchPlan,
        membership: &Membership,
        payload: SourcePayload<'_>,
        standing: Option<SourceRecord>,
    ) -> RowOutcome {
        let same_content = standing.as_ref().is_some_and(|standing| content_of(standing) == payload.content);
        if same_content && self.outcome == RowOutcome::Unchanged {
            return RowOutcome::Unchanged;
        }
        let new = keep(membership, self.target, payload, self.written, plan.written_at);
        let news = source_change(standing, new);
        let outcome = if news.is_some() && self.outcome == RowOutcome::Unchanged {
            RowOutcome::Updated
        } else {
            self.outcome
        };
        plan.change(news);
        outcome
    }
}

/// What planning memberships needs to know.
#[allow(missing_debug_implementations)]
pub(crate) struct Memberships<'a> {
    people: &'a mut People,
    products: &'a ProductMap,
    /// The app's memberships by slug, as places among the ids.
    app: HashMap<String, u32>,
    /// Their ids.
    ids: Vec<String>,
    /// Rows whose orders have not been looked up yet.
    gathered: Vec<(RowLocation, Membership)>,
    cross_row_findings: CrossRowFindings,
    periods: Periods,
    /// Memberships of which some rows are planned and some are to come.
    planned: HashMap<GroupKey, PlannedMembership>,
    as_of: Millis,
    raised: HashSet<PersonRef>,
    /// Transactions that have a membership now, by the hashes of their ids.
    linked: HashSet<u64>,
    /// Whether the app had no membership of anybody, and an import none of its rows, when the phase
    /// began.
    is_first: bool,
    /// With that, the roles above the lowest: whoever is not among them has that one.
    higher: HashMap<String, Role>,
    /// Orders that are known to be in the app, by the hashes of their numbers.
    pub orders: HashSet<u64>,
}

/// The app's memberships that the map names, by slug.
pub(crate) fn app_memberships(
    store: &mut Store,
    map: &ProductMap,
) -> anyhow::Result<BTreeMap<String, String>> {
    let slugs: Vec<&str> = map.products.values().filter_map(|mapped| mapped.membership.as_deref()).collect();
    let found: Vec<tables::Membership> = store.select_in("slug", &slugs)?;
    Ok(found.into_iter().filter_map(|membership| Some((membership.slug?, membership.id))).collect())
}

/// The memberships that the map names and the app lacks, to be created on request: not for sale until
/// somebody has looked at them.
///
/// # Errors
/// Exit code 6 when the map does not say the duration.
pub(crate) fn missing_memberships(
    map: &ProductMap,
    app: &BTreeMap<String, String>,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let mut wanted: BTreeMap<&str, tables::Membership> = BTreeMap::new();
    for (product_id, mapped) in &map.products {
        let Some(slug) = mapped.membership.as_deref().filter(|slug| !app.contains_key(*slug)) else {
            continue;
        };
        let duration = mapped.duration.as_deref().and_then(MembershipDuration::from_word).ok_or_else(|| {
            Failure::input(format!(
                "product map: product {product_id} needs a duration (ONE_MONTH, THREE_MONTHS, SIX_MONTHS, \
                 TWELVE_MONTHS, LIFETIME) for its membership to be created"
            ))
        })?;
        wanted.entry(slug).or_insert_with(|| tables::Membership {
            id: id_for(tables::Membership::TABLE.name, slug, Millis(0)),
            name: mapped.name.clone(),
            slug: Some(slug.to_owned()),
            description: String::new(),
            duration,
            price: mapped.price.unwrap_or(Money::ZERO),
            commission_type: CommissionType::Percentage,
            affiliate_commission_rate: crate::domain::money::Rate::from_hundredths(0),
            features: JsonText("[]".to_owned()),
            is_active: false,
            created_at: written_at,
            updated_at: written_at,
        });
    }
    Ok(wanted.into_values().map(Change::insert).collect())
}

impl<'a> Memberships<'a> {
    /// A planner that has not seen a row yet.
    pub(crate) fn new(
        store: &mut Store,
        people: &'a mut People,
        products: &'a ProductMap,
        as_of: Millis,
    ) -> anyhow::Result<Self> {
        let (slugs, ids): (Vec<String>, Vec<String>) = app_memberships(store, products)?.into_iter().unzip();
        let kept = queries::kept_rows::has_any(store, KIND)?;
        let first = !kept && !store.has_any_row::<UserMembership>()?;
        Ok(Self {
            people,
            products,
            app: slugs.into_iter().zip(0..).collect(),
            ids,
            gathered: Vec::new(),
            cross_row_findings: CrossRowFindings::new(),
            periods: Periods::default(),
            planned: HashMap::new(),
            as_of,
            raised: HashSet::new(),
            linked: HashSet::new(),
            is_first: first,
            higher: if first { higher_roles(store)? } else { HashMap::new() },
            orders: HashSet::new(),
        })
    }

    /// Takes in a row that nothing holds or rejects: renewals merge, so all rows of a membership
    /// must be known before the first of them is planned.
    pub(crate) fn gather(&mut self, store: &mut Store, row: ParsedRow<Membership>) -> anyhow::Result<()> {
        self.gathered.extend(row.record.map(|membership| (row.place, membership)));
        if self.gathered.len() >= KEYS_AT_ONCE { self.group(store) } else { Ok(()) }
    }

    /// Ends the gathering. Rows whose order nobody knows are held: they come back as findings.
    pub(crate) fn gathered(&mut self, store: &mut Store) -> anyhow::Result<CrossRowFindings> {
        self.group(store)?;
        Ok(std::mem::take(&mut self.cross_row_findings))
    }

    fn group(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.gathered);
        let cross_row_findings = orders_of(store, &rows, &self.orders)?;
        for (place, membership) in rows {
            let held = cross_row_findings
                .get(&place)
                .is_some_and(|findings| worst_severity(findings) >= Severity::Held);
            if !held && self.product_finding(&membership).is_none() {
                let key = self.key(&membership);
                key.into_iter().for_each(|key| self.periods.add(key, &Period::from(&membership)));
            }
        }
        self.cross_row_findings.extend(cross_row_findings);
        Ok(())
    }

    fn key(&mut self, row: &Membership) -> Option<GroupKey> {
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

    /// Why the product map does not let a row in.
    fn product_finding(&self, membership: &Membership) -> Option<Finding> {
        let product_id = &membership.product_id;
        match self.products.membership_of(product_id) {
            None => Some(Finding::at(Code::MembershipProductUnmapped, "product_id", product_id.clone())),
            Some(slug) if !self.app.contains_key(slug) => {
                Some(Finding::at(Code::MembershipNotInApp, "product_id", slug.to_owned()))
            }
            Some(_) => None,
        }
    }

    /// Plans a row: its membership, and that the row itself is kept.
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
        let planned = self.plan_membership_of(plan, found, membership, findings)?;
        let standing = found.sources.remove(&membership.id);
        Ok(planned.map(|planned| planned.keep(plan, membership, payload, standing)))
    }

    /// Plans the membership that a row belongs to, once for all of its rows.
    fn plan_membership_of(
        &mut self,
        plan: &mut BatchPlan,
        found: &mut MembershipLookupResult,
        membership: &Membership,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Result<PlannedMembership, Finding>> {
        let Some(key) = self.key(membership) else {
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
            return Ok(Ok(planned));
        }
        let periods = self.periods.of(key);
        let noted = findings.len();
        let planned = self.plan_membership(plan, found, key, &periods, findings)?;
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
        key: GroupKey,
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
        let user_id = user_of(plan, self.people, &mut found.incomplete, person, from)?;
        let rows = &found.rows;
        let membership_id = self.ids[membership as usize].clone();
        let standing = rows.standing(&user_id, &membership_id);
        let history = rows.history(standing);
        let Some(merged) = merge(&with_history(periods, history)) else {
            anyhow::bail!("a membership without a period");
        };
        let transaction = self.transaction(rows, &merged, &user_id, standing, findings);
        let desired = desired(&user_id, &membership_id, &merged, transaction, self.as_of, plan.written_at);
        let target = standing.map_or_else(|| desired.id.clone(), |standing| standing.id.clone());
        let rest = periods.len() - 1;
        if let Some((outcome, written)) = written_before(&desired, standing, history) {
            return Ok(Ok(PlannedMembership { outcome, written, target, rest }));
        }
        self.raise(plan, rows, person, &desired);
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
        if others || !self.linked.insert(key_hash(&latest.id)) {
            findings.push(Finding::at(Code::OrderTakenByMembership, "order_id", ""));
            return None;
        }
        Some(latest.id.clone())
    }

    /// A running membership raises MEMBER_FREE to MEMBER_PREMIUM; nothing is ever lowered (L9).
    fn raise(
        &mut self,
        plan: &mut BatchPlan,
        rows: &MemberRows,
        person: PersonRef,
        desired: &UserMembership,
    ) {
        let free = rows.role(&desired.user_id).is_none_or(|role| role == Role::MemberFree);
        if desired.is_active && free && self.raised.insert(person) {
            let role = Value::Text(Role::MemberPremium.as_str().to_owned());
            let set = vec![("role", role), ("updatedAt", Value::Time(plan.written_at))];
            let raised = Change::update::<User>(&desired.user_id, set);
            plan.change([match rows.role(&desired.user_id) {
                Some(role) => raised.if_unchanged("role", Value::Text(role.as_str().to_owned())),
                None => raised,
            }]);
        }
    }
}

/// What must be known of the app to plan some rows.
#[derive(Debug, Default)]
pub(crate) struct MembershipLookup {
    /// Whether only the orders are asked for, since there was nothing else when the phase began.
    is_first: bool,
    /// The rows' own keys.
    keys: Vec<String>,
    /// The orders of the memberships that are to be planned.
    orders: Vec<String>,
    /// The members who are users of the app.
    users: Vec<String>,
    /// Their roles, where these are known.
    roles: Vec<(String, Role)>,
    /// Users whose rows have empty fields that the files can fill.
    incomplete: Vec<String>,
}

/// What the app has of it.
#[derive(Debug, Default)]
pub(crate) struct MembershipLookupResult {
    /// Source rows of earlier imports, by the rows' own keys.
    sources: HashMap<String, SourceRecord>,
    rows: MemberRows,
    incomplete: IncompleteUsers,
}

impl Planner<Membership> for Memberships<'_> {
    type Lookup = MembershipLookup;
    type LookupResult = MembershipLookupResult;

    fn partition_key<'r>(&'r self, row: &'r ParsedRow<Membership>) -> &'r str {
        member(row)
    }

    fn lookup(&mut self, rows: &[ParsedRow<Membership>]) -> LookupNeed<MembershipLookup> {
        let members: Vec<&Membership> = rows.iter().filter_map(|parsed| parsed.record.as_ref()).collect();
        let groups: Vec<GroupKey> = members.iter().filter_map(|membership| self.key(membership)).collect();
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
        let role = |user: &String| self.higher.get(user).copied().unwrap_or(Role::MemberFree);
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
            store.select_among(Some(("kind", KIND.as_str())), "sourceKey", &keys)?;
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
                plan.enter(row, price.unwrap_or(Money::ZERO))?
            else {
                continue;
            };
            let planned = self.plan_row(&mut plan, &mut found, &record, payload, &mut findings)?;
            plan.close(entry, findings, planned);
        }
        Ok(plan)
    }
}

/// By whom a row of memberships is shared out.
pub(crate) fn member(row: &ParsedRow<Membership>) -> &str {
    row.record.as_ref().map_or(row.key.as_str(), |membership| membership.email.as_str())
}

/// The periods of the files, and those of earlier imports that the files no longer have.
fn with_history(periods: &[Period], history: &[SourceRecord]) -> Vec<Period> {
    let known: HashSet<&str> = periods.iter().map(|period| period.id.as_str()).collect();
    let older = history
        .iter()
        .filter(|source| source.kind == KIND && !known.contains(source.source_key.as_str()))
        .filter_map(period_of);
    periods.iter().cloned().chain(older).collect()
}

/// Which of the rows name an order that nobody knows, or one that waits for a correction.
fn orders_of(
    store: &mut Store,
    rows: &[(RowLocation, Membership)],
    there: &HashSet<u64>,
) -> anyhow::Result<CrossRowFindings> {
    let mut cross_row_findings = CrossRowFindings::new();
    let asked = |id: &&str| !there.contains(&key_hash(id));
    let ids: Vec<&str> = rows.iter().filter_map(|(_, row)| row.order_id.as_deref()).filter(asked).collect();
    let imported = keys_of(store, WebhookLog::TABLE, KeyFilter::keys("orderId", &ids))?;
    let missing: Vec<&str> = ids.into_iter().filter(|id| !imported.contains(*id)).collect();
    let orders = Some(("kind", SourceKind::Orders.name()));
    let waiting = KeyFilter { narrowed: orders, column: "sourceKey", keys: &missing };
    let waiting = keys_of(store, ImportReject::TABLE, waiting)?;
    for (place, row) in rows {
        let unknown = |id: &&str| asked(id) && !imported.contains(*id);
        let Some(order_id) = row.order_id.as_deref().filter(unknown) else {
            continue;
        };
        let code = if waiting.contains(order_id) {
            Code::MembershipOrderWaiting
        } else {
            Code::MembershipOrderUnknown
        };
        cross_row_findings.entry(*place).or_default().push(Finding::at(code, "order_id", order_id));
    }
    Ok(cross_row_findings)
}

/// The users of the app whose role is not the lowest.
fn higher_roles(store: &mut Store) -> anyhow::Result<HashMap<String, Role>> {
    let found = queries::people::above_lowest_role(store)?;
    Ok(found.into_iter().map(|user| (user.id, user.role)).collect())
}

/// Rows whose orders are looked up at once.
const KEYS_AT_ONCE: usize = 512;

/// Those of the keys that stand in the column of a table.
fn keys_of(
    store: &mut Store,
    table: &'static Table,
    among: KeyFilter<'_>,
) -> anyhow::Result<HashSet<String>> {
    let found: Vec<(String,)> = store.columns(table, &[among.column], among)?;
    Ok(found.into_iter().map(|(key,)| key).collect())
}

fn desired(
    user_id: &str,
    membership_id: &str,
    merged: &MergedMembership,
    transaction_id: Option<String>,
    as_of: Millis,
    written_at: Millis,
) -> UserMembership {
    let status = status_at(merged.end, as_of);
    let key = format!("{user_id}/{membership_id}");
    UserMembership {
        id: id_for(UserMembership::TABLE.name, &key, merged.start),
        user_id: user_id.to_owned(),
        membership_id: membership_id.to_owned(),
        start_date: merged.start,
        end_date: merged.end,
        is_active: status == MembershipStatus::Active,
        auto_renew: false,
        status: status.as_str().to_owned(),
        activated_at: Some(merged.start),
        price: merged.price,
        transaction_id,
        external_id: Some(merged.id.clone()),
        created_at: merged.start,
        updated_at: written_at,
    }
}

/// What this run has made of a membership before it was interrupted: its rows bear the run's time.
fn written_before(
    desired: &UserMembership,
    standing: Option<&UserMembership>,
    history: &[SourceRecord],
) -> Option<(RowOutcome, Option<u64>)> {
    let run = desired.updated_at;
    let kept = history.iter().find(|source| source.updated_at == run)?;
    let written = u64::from_str_radix(&kept.written, 16).ok();
    let standing = standing.filter(|standing| standing.updated_at == run);
    let all_new = history.iter().all(|source| source.created_at == run);
    let outcome = match standing {
        None => RowOutcome::Unchanged,
        Some(standing) if all_new && standing.id == desired.id => RowOutcome::Created,
        Some(_) => RowOutcome::Updated,
    };
    Some((outcome, written))
}

/// Compares what the files want with what an import wrote and with what stands there now.
fn reconcile(
    plan: &mut BatchPlan,
    desired: UserMembership,
    standing: Option<UserMembership>,
    history: &[SourceRecord],
    findings: &mut Vec<Finding>,
) -> Result<(RowOutcome, Option<u64>), Finding> {
    let wanted = written_fingerprint(&desired);
    let Some(standing) = standing else {
        plan.change([Change::insert(desired)]);
        return Ok((RowOutcome::Created, Some(wanted)));
    };
    // No import has written it: it was the app's when the first one came, and it still is.
    if history.iter().all(|source| source.written.is_empty()) {
        findings.push(Finding::of_row(Code::MembershipOfApp, ""));
        return Ok((fill(plan, &standing, desired), None));
    }
    let current = written_fingerprint(&standing);
    let latest = history.iter().map(|source| source.updated_at).max();
    let known = |fingerprint: u64| {
        let hex = format!("{fingerprint:016x}");
        history.iter().any(|source| Some(source.updated_at) == latest && source.written == hex)
    };
    if wanted == current || known(wanted) {
        return Ok((RowOutcome::Unchanged, Some(wanted)));
    }
    if !known(current) {
        return Err(Finding::of_row(Code::EditedInApp, ""));
    }
    let id = standing.id.clone();
    let wanted_row = UserMembership { id: id.clone(), ..desired };
    plan.change(Change::diff(&id, standing, wanted_row, &["id", "createdAt"]));
    Ok((RowOutcome::Updated, Some(wanted)))
}

/// A membership that the app has already is only filled where something is empty (L9).
fn fill(plan: &mut BatchPlan, standing: &UserMembership, desired: UserMembership) -> RowOutcome {
    let filled = UserMembership {
        external_id: standing.external_id.clone().or(desired.external_id),
        transaction_id: standing.transaction_id.clone().or(desired.transaction_id),
        ..standing.clone()
    };
    if filled == *standing {
        return RowOutcome::Unchanged;
    }
    let filled = UserMembership { updated_at: desired.updated_at, ..filled };
    plan.change(Change::diff(&standing.id, standing.clone(), filled, &["id"]));
    RowOutcome::Updated
}

/// The fingerprint by which an edit of the app is noticed.
fn written_fingerprint(membership: &UserMembership) -> u64 {
    let skip = |name: &str| matches!(name, "id" | "createdAt" | "updatedAt");
    let named = membership.clone().into_row().into_iter().zip(UserMembership::TABLE.columns);
    let values: Vec<Value> = named.filter(|(_, column)| !skip(column.name)).map(|(value, _)| value).collect();
    fingerprint(&values)
}

/// The source row to keep, with its period, so that a later renewal finds it again.
fn keep(
    membership: &Membership,
    target: String,
    payload: SourcePayload<'_>,
    written: Option<u64>,
    written_at: Millis,
) -> SourceRecord {
    let payload = SourcePayload { period: Some(Box::new(Period::from(membership))), ..payload };
    let written = written.map(|written| format!("{written:016x}")).unwrap_or_default();
    source_record(KIND, &membership.id, target, &payload, written, written_at)
}

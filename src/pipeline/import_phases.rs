//! The phases of an import, each with what it reads, plans and writes.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use crate::domain::finding::{Finding, Severity};
use crate::domain::identity::PeopleIndex;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::files::findings::FindingsFile;
use crate::pipeline::plan::abandoned_users::{deletions, deprived_users};
use crate::pipeline::plan::access::{AccessMode, AccessRules};
use crate::pipeline::plan::access_links::PlanLinks;
use crate::pipeline::plan::access_lookup::DeletedMemberships;
use crate::pipeline::plan::affiliate_bank::BankColumns;
use crate::pipeline::plan::affiliate_decision::{AffiliateDecision, AffiliateIndex, decide};
use crate::pipeline::plan::affiliate_door::AffiliateDoor;
use crate::pipeline::plan::affiliate_resolution::resolve_affiliates;
use crate::pipeline::plan::affiliates::Affiliates;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::commissions::Commissions;
use crate::pipeline::plan::learnt_identities::{unwritten, write_learnt};
use crate::pipeline::plan::membership_catalogue::{app_memberships, missing_memberships};
use crate::pipeline::plan::memberships::{MembershipOptions, Memberships, member_email};
use crate::pipeline::plan::order_lookup::app_products;
use crate::pipeline::plan::order_numbers::AppNumbers;
use crate::pipeline::plan::order_rows::TransactionForm;
use crate::pipeline::plan::orders::Orders;
use crate::pipeline::plan::planner::Planner;
use crate::pipeline::plan::product_kinds::Remapping;
use crate::pipeline::plan::unlinked_plans::MappedPlans;
use crate::pipeline::progress::Progress;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::first_pass::FirstPass;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::pipeline::read::read_exports::FirstPassReader;
use crate::pipeline::read::row_parsers::{parse_commission_row, parse_membership_row, parse_order_row};
use crate::pipeline::read::scan::scan;
use crate::pipeline::request::ImportRequest;
use crate::pipeline::write::access::open_access;
use crate::pipeline::write::attempts::RefusedRows;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::membership_moves::{choose_active, follow_orders, take_back_moved};
use crate::pipeline::write::parts::WaitFor;
use crate::pipeline::write::phase::Phase;
use crate::pipeline::write::phase_writer::{BatchOptions, PhaseWriter, RowSink};
use crate::pipeline::write::remap::remap;
use crate::pipeline::write::settle::{SettlementOptions, SettlementOutcome, settle};
use crate::source::Export;
use crate::source::row_location::RowLocation;
use crate::store::codec::record::Record as _;
use crate::store::queries::kept_rows::has_any;
use crate::store::schema::tables::{Membership, Transaction, UserProduct, UserRole, WebhookLog};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// The phase that creates the memberships that the product map names.
const CATALOGUE: &str = "catalogue";
/// The phase that settles the affiliates' accounts.
pub(crate) const SETTLEMENT: &str = "settlement";
/// The phase that brings memberships up to date whose orders this run has written.
const FOLLOW_UP: &str = "follow-up";
/// The phase that chooses which of a person's memberships is the ACTIVE one.
const ONE_ACTIVE: &str = "one-active";

/// The phase that deletes users without rows and writes who people are.
const IDENTITIES: &str = "identities";

/// The phase that opens to people what their plans open.
pub(crate) const ACCESS: &str = "access";

/// People who are looked at for each record of a batch: most of them have only plans that are over, to whom nothing is opened.
const PEOPLE_A_RECORD: usize = 4;

/// The phase that brings the orders of earlier runs up to date with another product map.
pub(crate) const PRODUCT_KINDS: &str = "products";

/// A running import.
pub(super) struct ImportPhases<'a> {
    pub(super) request: &'a ImportRequest<'a>,
    pub(super) pool: &'a rayon::ThreadPool,
    pub(super) findings: FindingsFile,
    pub(super) committer: Committer,
    pub(super) refused: &'a RefusedRows,
    pub(super) progress: &'a mut dyn Progress,
    /// Hashes of the numbers of orders that are in the app.
    pub(super) orders: HashSet<u64>,
    /// Codes of affiliates that were verified before the app had any order, so that no order waits for them.
    pub(super) linked_affiliates: HashSet<String>,
    /// Whether this run has written the first memberships, so that none was there before its orders.
    pub(super) wrote_first_memberships: bool,
    /// Whether memberships stood before this run began. In a shared import, those that have come since are the other parts',
    /// which see to them: what two parts write can only be taken back in one order.
    pub(super) had_memberships: bool,
    /// Of a shared import, hashes of the ids of the users of whom this part has memberships in the files.
    pub(super) members: HashSet<u64>,
}

/// The decision on each affiliate, by code, and the index that it was made with.
pub(super) type Decided = (HashMap<String, AffiliateDecision>, AffiliateIndex);

impl<'a> ImportPhases<'a> {
    /// The first pass. Who the affiliates are is decided before the orders' people are known, so
    /// that importing the kinds one after another comes to the same.
    pub(super) fn first_pass(
        &mut self,
        store: &mut Store,
        first_pass: &mut FirstPass,
    ) -> anyhow::Result<Option<Decided>> {
        let parse_options = &self.request.parse_options;
        let mut decided = None;
        self.progress.begin("reading", 0);
        let began = Instant::now();
        tracing::info!(run = %self.committer.run.id, phase = "reading", "phase begun");
        let progress = &mut *self.progress;
        let mut notice = |_: SourceKind, _: RowLocation, _: &[Finding]| {
            progress.advance(1);
            Ok(())
        };
        let mut reader = FirstPassReader {
            parse_options,
            pool: self.pool,
            notice: &mut notice,
            each_order: &mut |_| Ok(()),
        };
        for kind in &self.request.kinds {
            let exports = self.request.exports.of(*kind);
            match kind {
                SourceKind::Affiliates if !self.request.leads() => {}
                SourceKind::Affiliates => {
                    first_pass.affiliates(&exports, &mut reader)?;
                    let counts = |row: &&ParsedRow<_>| !row.findings.iter().any(Finding::excludes_row);
                    let accepted = first_pass.affiliates.iter().filter(counts);
                    let affiliates: Vec<_> = accepted.filter_map(|row| row.record.as_ref()).collect();
                    let index = AffiliateIndex::load(store)?;
                    decided = Some((decide(&affiliates, &first_pass.people, &index), index));
                }
                SourceKind::Orders => first_pass.orders(&exports, &mut reader)?,
                SourceKind::Commissions if !self.request.leads() => {}
                SourceKind::Commissions => first_pass.commissions(&exports, &mut reader)?,
                SourceKind::Memberships => first_pass.memberships(&exports, &mut reader)?,
                SourceKind::Products => {}
            }
        }
        let (rows, elapsed_ms) = (first_pass.rows, began.elapsed().as_millis() as u64);
        tracing::info!(run = %self.committer.run.id, phase = "reading", rows, elapsed_ms, "phase ended");
        Ok(decided)
    }

    /// Lets the other parts know of a phase that is done.
    pub(super) fn announce(&mut self, store: &mut Store) -> anyhow::Result<()> {
        if self.request.shared.is_some() { self.committer.announce(store) } else { Ok(()) }
    }

    /// The people of the first part's phases must be there before anybody looks for people.
    pub(super) fn wait_for_first(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let request = self.request;
        let phase = match request.kinds.contains(&SourceKind::Affiliates) {
            true => SourceKind::Affiliates.name(),
            false if request.creates_memberships() => CATALOGUE,
            false => return Ok(()),
        };
        if request.leads() { Ok(()) } else { self.wait_for(store, phase, WaitFor::First) }
    }

    /// The settlement counts all orders, and a membership may name any of them.
    pub(super) fn wait_for_orders(&mut self, store: &mut Store) -> anyhow::Result<()> {
        self.wait_for(store, SourceKind::Orders.name(), WaitFor::All)
    }

    fn wait_for(&mut self, store: &mut Store, phase: &str, whose: WaitFor) -> anyhow::Result<()> {
        let Some(shared) = &self.request.shared else { return Ok(()) };
        shared.wait_for(store, self.committer.run.started_at, phase, whose, self.progress)
    }

    pub(super) fn catalogue(&mut self, store: &mut Store) -> anyhow::Result<()> {
        if self.committer.run.checkpoint.is_done(CATALOGUE) {
            return Ok(());
        }
        let app = app_memberships(store, &self.request.products)?;
        let changes = missing_memberships(&self.request.products, &app, self.committer.run.started_at)?;
        if !changes.is_empty() {
            let phase = Phase { name: CATALOGUE, kind: SourceKind::Memberships, exports: &[] };
            let plan = BatchPlan::of_changes(self.committer.run.started_at, changes);
            let batch = EncodedBatch::new(store.encoder(), plan)?;
            self.committer.commit(store, phase, batch)?;
        }
        self.committer.finish_phase(CATALOGUE)
    }

    /// Refuses a product map of which an import could not make what it says, before anything is written.
    ///
    /// # Errors
    /// Exit code 6: a membership is to be created without a duration, or the app has no product of a slug.
    pub(super) fn check_product_map(&self, store: &mut Store) -> anyhow::Result<()> {
        let map = &self.request.products;
        if self.request.creates_memberships() {
            missing_memberships(map, &app_memberships(store, map)?, self.committer.run.started_at)?;
        }
        if !self.request.kinds.contains(&SourceKind::Orders) && !self.request.new_product_map {
            return Ok(());
        }
        let app = app_products(store, map)?;
        let unknown = map.products.iter().find_map(|(id, mapped)| {
            let slug = mapped.product.as_deref().filter(|slug| !app.contains_key(*slug))?;
            Some(Failure::input(tr!(
                "product map: product {id} names the app's product \"{slug}\", and the app has none of that slug"
            )))
        });
        unknown.map_or(Ok(()), Err)
    }

    /// Whether this run has created memberships that orders of earlier runs may name.
    pub(super) fn has_created_memberships(&self) -> bool {
        let mut books = self.committer.run.checkpoint.books.iter();
        let catalogue = books.find(|(phase, _)| phase == CATALOGUE).map(|(_, books)| books);
        let created = catalogue.and_then(|books| books.tables.get(Membership::TABLE.name));
        created.is_some_and(|tally| tally.created > 0)
    }

    /// Brings the orders that were imported before up to date with another product map, or with memberships that
    /// are new.
    pub(super) fn product_kinds(&mut self, store: &mut Store) -> anyhow::Result<()> {
        if self.committer.run.checkpoint.is_done(PRODUCT_KINDS) {
            return Ok(());
        }
        self.progress.begin(PRODUCT_KINDS, 0);
        let map = &self.request.products;
        let remapping = Remapping {
            map,
            titles: &self.request.parse_options.products_by_title,
            app_products: app_products(store, map)?,
            app_memberships: app_memberships(store, map)?,
            form: self.transaction_form(store),
            keeps_ownership: store.has_table(UserProduct::TABLE.name),
        };
        let phase = Phase { name: PRODUCT_KINDS, kind: SourceKind::Products, exports: &[] };
        remap(store, &mut self.committer, phase, &remapping, self.progress)?;
        self.committer.finish_phase(PRODUCT_KINDS)
    }

    pub(super) fn affiliates(
        &mut self,
        store: &mut Store,
        first_pass: &mut FirstPass,
        decisions: HashMap<String, AffiliateDecision>,
        index: AffiliateIndex,
    ) -> anyhow::Result<()> {
        let exports = self.request.exports.of(SourceKind::Affiliates);
        let rows = std::mem::take(&mut first_pass.affiliates);
        let total = rows.len() as u64;
        let keeps_roles = store.has_table(UserRole::TABLE.name);
        let mut planner = Affiliates {
            people: &mut first_pass.people,
            decisions,
            index,
            keeps_roles,
            door: AffiliateDoor::of(store, self.request.conventions.app, self.request.site.clone()),
            bank: BankColumns::of(store),
            restores_deleted: self.request.restore_deleted,
        };
        let phase =
            Phase { name: SourceKind::Affiliates.name(), kind: SourceKind::Affiliates, exports: &exports };
        self.write(store, phase, total, &mut planner, |take| rows.into_iter().try_for_each(take))
    }

    pub(super) fn orders(&mut self, store: &mut Store, first_pass: &mut FirstPass) -> anyhow::Result<()> {
        let (request, pool) = (self.request, self.pool);
        let exports = request.exports.of(SourceKind::Orders);
        let total = first_pass.counts.get(SourceKind::Orders.name()).map_or(0, |count| count.rows);
        let cross_row_findings =
            first_pass.cross_row_findings.remove(&SourceKind::Orders).unwrap_or_default();
        let mut planner = Orders {
            people: &mut first_pass.people,
            products: &request.products,
            app_products: app_products(store, &request.products)?,
            affiliates: resolve_affiliates(store)?,
            app_memberships: app_memberships(store, &request.products)?,
            app_numbers: AppNumbers::load(store)?,
            form: self.transaction_form(store),
            is_first: !store.has_any_row::<WebhookLog>()?,
            keeps_ownership: store.has_table(UserProduct::TABLE.name),
            restores_deleted: request.restore_deleted,
            deleted_ownerships: HashSet::new(),
            imported_orders: HashSet::new(),
        };
        let phase = Phase { name: SourceKind::Orders.name(), kind: SourceKind::Orders, exports: &exports };
        let parse_row = |at: usize, export: &Export, row| {
            let mut parsed = parse_order_row(&request.parse_options, at, export, row, true);
            parsed.findings.extend(cross_row_findings.get(&parsed.location).into_iter().flatten().cloned());
            parsed
        };
        self.write(store, phase, total, &mut planner, |take| {
            scan(&exports, pool, parse_row, take).map(drop)
        })?;
        self.orders = planner.imported_orders;
        if planner.is_first && request.shared.is_none() {
            let verified = planner.affiliates.into_iter().filter(|(_, affiliate)| affiliate.is_verified());
            self.linked_affiliates.extend(verified.map(|(code, _)| code));
        }
        Ok(())
    }

    /// Keeps Sejoli's commissions, from which the settlement works.
    pub(super) fn commissions(
        &mut self,
        store: &mut Store,
        first_pass: &mut FirstPass,
    ) -> anyhow::Result<()> {
        let (request, pool, kind) = (self.request, self.pool, SourceKind::Commissions);
        let exports = request.exports.of(kind);
        let total = first_pass.counts.get(kind.name()).map_or(0, |count| count.rows);
        let cross_row_findings = first_pass.cross_row_findings.remove(&kind).unwrap_or_default();
        let mut planner = Commissions { affiliates: resolve_affiliates(store)? };
        let phase = Phase { name: kind.name(), kind, exports: &exports };
        let parse_row = |at: usize, export: &Export, row| {
            let mut parsed = parse_commission_row(&request.parse_options, at, export, row, true);
            parsed.findings.extend(cross_row_findings.get(&parsed.location).into_iter().flatten().cloned());
            parsed
        };
        self.write(store, phase, total, &mut planner, |take| scan(&exports, pool, parse_row, take).map(drop))
    }

    /// How transactions are written to this database.
    fn transaction_form(&self, store: &Store) -> TransactionForm {
        let has_membership = store.has_column(Transaction::TABLE, "membershipId");
        TransactionForm { conventions: self.request.conventions, has_membership }
    }

    pub(super) fn settle(&mut self, store: &mut Store) -> anyhow::Result<SettlementOutcome> {
        self.progress.begin(SETTLEMENT, 0);
        let began = Instant::now();
        tracing::info!(run = %self.committer.run.id, phase = SETTLEMENT, "phase begun");
        let options = SettlementOptions {
            as_of: self.request.parse_options.as_of,
            reference: self.request.conventions.transaction_affiliate,
            linked_affiliates: &self.linked_affiliates,
            only: None,
        };
        let settled = settle(store, &mut self.committer, SETTLEMENT, options)?;
        if !self.committer.run.checkpoint.is_done(SETTLEMENT) {
            self.committer.finish_phase(SETTLEMENT)?;
        }
        let elapsed_ms = began.elapsed().as_millis() as u64;
        tracing::info!(run = %self.committer.run.id, phase = SETTLEMENT, elapsed_ms, "phase ended");
        Ok(settled)
    }

    pub(super) fn memberships(
        &mut self,
        store: &mut Store,
        first_pass: &mut FirstPass,
    ) -> anyhow::Result<()> {
        let request = self.request;
        let exports = request.exports.of(SourceKind::Memberships);
        let total = first_pass.counts.get(SourceKind::Memberships.name()).map_or(0, |count| count.rows);
        let mut cross_row_findings =
            first_pass.cross_row_findings.remove(&SourceKind::Memberships).unwrap_or_default();
        let pool = self.pool;
        let options = MembershipOptions {
            as_of: request.parse_options.as_of,
            restore_deleted: request.restore_deleted,
        };
        let mut planner = Memberships::new(store, &mut first_pass.people, &request.products, options)?;
        self.wrote_first_memberships = planner.is_first();
        planner.orders = std::mem::take(&mut self.orders);
        let parse_row = |at: usize, export: &Export, row| {
            parse_membership_row(&request.parse_options, at, export, row, false)
        };
        scan(&exports, pool, parse_row, |row| {
            if !request.includes_buyer(member_email(&row)) {
                return Ok(());
            }
            let repeated =
                cross_row_findings.get(&row.location).into_iter().flatten().any(Finding::excludes_row);
            if row.severity() < Severity::Held && !repeated {
                planner.collect_row(store, row)
            } else {
                Ok(())
            }
        })?;
        let unknown = planner.finish_collecting(store)?;
        for (location, findings) in unknown {
            cross_row_findings.entry(location).or_default().extend(findings);
        }
        let phase =
            Phase { name: SourceKind::Memberships.name(), kind: SourceKind::Memberships, exports: &exports };
        take_back_moved(store, &mut self.committer, phase, &mut planner)?;
        let parse_row = |at: usize, export: &Export, row| {
            let mut parsed = parse_membership_row(&request.parse_options, at, export, row, true);
            parsed.findings.extend(cross_row_findings.get(&parsed.location).into_iter().flatten().cloned());
            parsed
        };
        self.write(store, phase, total, &mut planner, |take| {
            scan(&exports, pool, parse_row, take).map(drop)
        })?;
        if request.shared.is_some() {
            self.members = planner.members().map(key_hash).collect();
        }
        Ok(())
    }

    /// Deletes users whom corrections have left without any row, and writes who people are by what earlier versions
    /// have written. What another part of a shared import still writes may need a user, so there nobody is deleted.
    pub(super) fn identities(&mut self, store: &mut Store, people: &mut PeopleIndex) -> anyhow::Result<()> {
        let phase = Phase { name: IDENTITIES, kind: SourceKind::Orders, exports: &[] };
        let written_at = self.committer.run.started_at;
        if self.request.shared.is_none() {
            let deprived = deprived_users(store, &self.committer.run)?;
            let changes = deletions(store, &deprived)?;
            if !changes.is_empty() {
                let plan = BatchPlan::of_changes(written_at, changes);
                let batch = EncodedBatch::new(store.encoder(), plan)?;
                self.committer.commit(store, phase, batch)?;
            }
        }
        let unwritten = unwritten(people);
        for keys in unwritten.chunks(self.request.records_a_batch(unwritten.len() as u64)) {
            let mut plan = BatchPlan::new(written_at);
            write_learnt(&mut plan, people, keys);
            let batch = EncodedBatch::new(store.encoder(), plan)?;
            self.committer.commit(store, phase, batch)?;
        }
        let is_begun = self.committer.run.checkpoint.phase.as_deref() == Some(IDENTITIES);
        if is_begun { self.committer.finish_phase(IDENTITIES) } else { Ok(()) }
    }

    /// Brings memberships up to date that stand and name orders which this run has written.
    pub(super) fn follow_orders(
        &mut self,
        store: &mut Store,
        people: &mut PeopleIndex,
    ) -> anyhow::Result<()> {
        let is_done = self.committer.run.checkpoint.is_done(FOLLOW_UP);
        if is_done || self.wrote_first_memberships || !self.had_memberships {
            return Ok(());
        }
        self.progress.begin(FOLLOW_UP, 0);
        let phase = Phase { name: FOLLOW_UP, kind: SourceKind::Memberships, exports: &[] };
        follow_orders(store, &mut self.committer, phase, people, self.request.parse_options.as_of)?;
        if self.committer.run.checkpoint.phase.as_deref() == Some(FOLLOW_UP) {
            self.committer.finish_phase(FOLLOW_UP)?;
        }
        Ok(())
    }

    /// The plans of people in the files that open nothing, before anything is written.
    pub(super) fn plans_that_open_nothing(
        &mut self,
        store: &mut Store,
        first_pass: &FirstPass,
    ) -> anyhow::Result<Vec<Finding>> {
        let ImportRequest { products: map, .. } = self.request;
        if first_pass.members.is_empty() || !self.request.leads() {
            return Ok(Vec::new());
        }
        let creates = self.request.creates_memberships();
        let found = MappedPlans::load(store, map)?.unlinked(map, &first_pass.members, creates);
        for finding in &found {
            let advice = finding.code.info().advice;
            self.progress.say(&format!("warning: {} {advice}", finding.reason()));
        }
        Ok(found)
    }

    /// Opens to people what their plans open, and closes what has lost its membership. Whom the plans concern is known once
    /// the memberships of all parts are there.
    pub(super) fn access(&mut self, store: &mut Store) -> anyhow::Result<Vec<Finding>> {
        let request = self.request;
        let imports_memberships = request.kinds.contains(&SourceKind::Memberships);
        let concerns = imports_memberships || request.kinds.contains(&SourceKind::Orders);
        if !request.leads() || !concerns || self.committer.run.checkpoint.is_done(ACCESS) {
            return Ok(Vec::new());
        }
        let links = PlanLinks::load(store)?;
        let has_opened = has_any(store, SourceRecordKind::Access)?;
        if links.cannot_open() || (links.is_empty() && !has_opened) {
            return Ok(Vec::new());
        }
        if imports_memberships {
            self.wait_for(store, SourceKind::Memberships.name(), WaitFor::All)?;
        }
        self.progress.begin(ACCESS, 0);
        let began = Instant::now();
        tracing::info!(run = %self.committer.run.id, phase = ACCESS, "phase begun");
        let rules = AccessRules {
            links,
            as_of: request.parse_options.as_of,
            written_at: self.committer.run.started_at,
            mode: AccessMode::Import { restores: request.restore_deleted },
            deleted: if has_opened {
                DeletedMemberships::load(store)?
            } else {
                DeletedMemberships::default()
            },
        };
        let phase = Phase { name: ACCESS, kind: SourceKind::Memberships, exports: &[] };
        let progress = &mut *self.progress;
        let people_at_once = request.records_a_batch(self.members.len() as u64) * PEOPLE_A_RECORD;
        let noticed = open_access(store, &mut self.committer, phase, &rules, people_at_once, progress)?;
        if self.committer.run.checkpoint.phase.as_deref() == Some(ACCESS) {
            self.committer.finish_phase(ACCESS)?;
        }
        let elapsed_ms = began.elapsed().as_millis() as u64;
        tracing::info!(run = %self.committer.run.id, phase = ACCESS, elapsed_ms, "phase ended");
        Ok(noticed.findings())
    }

    /// Sees to it that of each person's memberships one is ACTIVE. In a shared import each part does so for its own
    /// members, and the first one for those whom a follow-up has changed, too.
    pub(super) fn one_active(&mut self, store: &mut Store, people: &mut PeopleIndex) -> anyhow::Result<()> {
        let request = self.request;
        let is_done = self.committer.run.checkpoint.is_done(ONE_ACTIVE);
        if is_done || !has_any(store, SourceRecordKind::Membership)? {
            return Ok(());
        }
        self.progress.begin(ONE_ACTIVE, 0);
        let phase = Phase { name: ONE_ACTIVE, kind: SourceKind::Memberships, exports: &[] };
        let takes_all = request.leads() && !self.wrote_first_memberships && self.had_memberships;
        let members = &self.members;
        let is_own = |user_id: &str, people: &PeopleIndex| {
            let email = || people.user(user_id).map_or(user_id, |person| people.email(person));
            takes_all || members.contains(&key_hash(user_id)) || request.includes_buyer(email())
        };
        let as_of = request.parse_options.as_of;
        choose_active(store, &mut self.committer, phase, people, as_of, is_own)?;
        if self.committer.run.checkpoint.phase.as_deref() == Some(ONE_ACTIVE) {
            self.committer.finish_phase(ONE_ACTIVE)?;
        }
        Ok(())
    }

    /// Plans and writes the records of a phase, from the checkpoint on. `records` are those of all parts: how many of
    /// them are this one's nobody has counted.
    fn write<T: Send, P: Planner<T>>(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        records: u64,
        planner: &mut P,
        rows: impl FnOnce(RowSink<'_, T>) -> anyhow::Result<()> + Send,
    ) -> anyhow::Result<()> {
        let request = self.request;
        let shared = request.shared.as_ref().filter(|_| !is_of_leader(phase.kind));
        let total = shared.is_none().then_some(records);
        let checkpoint = &mut self.committer.run.checkpoint;
        checkpoint.totals.extend(total.map(|total| (phase.name.to_owned(), total)));
        let is_done = checkpoint.is_done(phase.name);
        let cut = BatchOptions {
            batch_size: request.records_a_batch(records),
            refused: self.refused,
            shared,
            skip: if is_done { u64::MAX } else { checkpoint.records_of(phase.name) },
        };
        self.progress.begin(phase.name, total.unwrap_or(0));
        let began = Instant::now();
        tracing::info!(run = %self.committer.run.id, phase = phase.name, total, is_done, "phase begun");
        let mut writer = PhaseWriter {
            store,
            committer: &mut self.committer,
            phase,
            findings: &mut self.findings,
            progress: &mut *self.progress,
        };
        writer.run(planner, cut, rows)?;
        let elapsed_ms = began.elapsed().as_millis() as u64;
        tracing::info!(run = %self.committer.run.id, phase = phase.name, elapsed_ms, "phase ended");
        if is_done { Ok(()) } else { self.committer.finish_phase(phase.name) }
    }
}

/// Whether the first part of a shared import writes all rows of a kind.
fn is_of_leader(kind: SourceKind) -> bool {
    matches!(kind, SourceKind::Affiliates | SourceKind::Commissions)
}

//! The phases that follow from what is in the app by then, and not from the rows of one file.

use std::time::Instant;

use crate::domain::finding::Finding;
use crate::domain::identity::PeopleIndex;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::import_phases::{CATALOGUE, ImportPhases};
use crate::pipeline::plan::abandoned_users::{deletions, deprived_users};
use crate::pipeline::plan::access::{AccessMode, AccessRules};
use crate::pipeline::plan::access_links::PlanLinks;
use crate::pipeline::plan::access_lookup::DeletedMemberships;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::learnt_identities::{unwritten, write_learnt};
use crate::pipeline::plan::membership_catalogue::{app_memberships, missing_memberships};
use crate::pipeline::plan::order_lookup::app_products;
use crate::pipeline::plan::product_kinds::Remapping;
use crate::pipeline::plan::settlement::SettlementTerms;
use crate::pipeline::plan::unlinked_plans::MappedPlans;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::first_pass::FirstPass;
use crate::pipeline::request::ImportRequest;
use crate::pipeline::write::access::open_access;
use crate::pipeline::write::commit::EncodedBatch;
use crate::pipeline::write::membership_moves::{choose_active, follow_orders};
use crate::pipeline::write::parts::WaitFor;
use crate::pipeline::write::phase::Phase;
use crate::pipeline::write::remap::remap;
use crate::pipeline::write::settle::{SettlementOptions, SettlementOutcome, settle};
use crate::store::codec::record::Record as _;
use crate::store::queries::kept_rows::has_any;
use crate::store::schema::tables::{Membership, UserProduct};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

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

impl ImportPhases<'_> {
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

    pub(super) fn settle(&mut self, store: &mut Store) -> anyhow::Result<SettlementOutcome> {
        self.progress.begin(SETTLEMENT, 0);
        let began = Instant::now();
        tracing::info!(run = %self.committer.run.id, phase = SETTLEMENT, "phase begun");
        let terms = SettlementTerms {
            as_of: self.request.parse_options.as_of,
            written_at: self.committer.run.started_at,
            foreseen: &self.foreseen,
            orders_state_payment: self.orders_state_payment,
        };
        let options = SettlementOptions {
            terms,
            reference: self.request.conventions.transaction_affiliate,
            linked_affiliates: &self.linked_affiliates,
            only: None,
        };
        let settled = settle(store, &mut self.companion, &mut self.committer, SETTLEMENT, options)?;
        if !self.committer.run.checkpoint.is_done(SETTLEMENT) {
            self.committer.finish_phase(SETTLEMENT)?;
        }
        let elapsed_ms = began.elapsed().as_millis() as u64;
        tracing::info!(run = %self.committer.run.id, phase = SETTLEMENT, elapsed_ms, "phase ended");
        Ok(settled)
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
        self.committer.finish_phase_if_begun(IDENTITIES)
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
        self.committer.finish_phase_if_begun(FOLLOW_UP)
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
        self.committer.finish_phase_if_begun(ACCESS)?;
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
        self.committer.finish_phase_if_begun(ONE_ACTIVE)
    }
}

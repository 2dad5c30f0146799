//! The phases that read the files: the first pass, and the rows of each kind.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use crate::domain::finding::{Finding, Severity};
use crate::domain::source_kind::SourceKind;
use crate::pipeline::import_phases::ImportPhases;
use crate::pipeline::plan::affiliate_account::accounts;
use crate::pipeline::plan::affiliate_bank::BankColumns;
use crate::pipeline::plan::affiliate_decision::{AffiliateDecision, AffiliateIndex, decide};
use crate::pipeline::plan::affiliate_door::AffiliateDoor;
use crate::pipeline::plan::affiliate_owners::CodeOwners;
use crate::pipeline::plan::affiliate_resolution::{resolve_affiliates, resolved};
use crate::pipeline::plan::affiliates::Affiliates;
use crate::pipeline::plan::commissions::Commissions;
use crate::pipeline::plan::foreseen_payments::foresee;
use crate::pipeline::plan::membership_catalogue::app_memberships;
use crate::pipeline::plan::memberships::{MembershipOptions, Memberships, member_email};
use crate::pipeline::plan::order_lookup::app_products;
use crate::pipeline::plan::order_numbers::AppNumbers;
use crate::pipeline::plan::order_rows::TransactionForm;
use crate::pipeline::plan::orders::Orders;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::first_pass::FirstPass;
use crate::pipeline::read::first_pass_counts::CrossRowFindings;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::pipeline::read::read_exports::FirstPassReader;
use crate::pipeline::read::row_parsers::{parse_commission_row, parse_membership_row, parse_order_row};
use crate::pipeline::read::scan::scan;
use crate::pipeline::write::membership_moves::take_back_moved;
use crate::pipeline::write::phase::Phase;
use crate::source::Export;
use crate::source::row_location::RowLocation;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{Transaction, UserProduct, UserRole, WebhookLog};
use crate::store::session::store::Store;

/// The decision on each affiliate, by code, and the index that it was made with.
pub(super) type Decided = (HashMap<String, AffiliateDecision>, AffiliateIndex);

impl ImportPhases<'_> {
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
        let owners = CodeOwners::load(store)?;
        let affiliates = resolved(&owners);
        let earned = std::mem::take(&mut first_pass.earned);
        let states_payment = earned.orders_state_payment;
        // The settlement is the first part's, and can only be taken back after what the others have written.
        let (foreseen, paid_orders) =
            if request.leads() { foresee(&accounts(owners), earned, pool) } else { Default::default() };
        self.foreseen = foreseen;
        let mut planner = Orders {
            people: &mut first_pass.people,
            products: &request.products,
            app_products: app_products(store, &request.products)?,
            affiliates,
            app_memberships: app_memberships(store, &request.products)?,
            app_numbers: AppNumbers::load(store)?,
            form: self.transaction_form(store),
            is_first: !store.has_any_row::<WebhookLog>()?,
            keeps_ownership: store.has_table(UserProduct::TABLE.name),
            restores_deleted: request.restore_deleted,
            deleted_ownerships: HashSet::new(),
            paid_orders,
            imported_orders: HashSet::new(),
        };
        let phase = Phase { name: SourceKind::Orders.name(), kind: SourceKind::Orders, exports: &exports };
        let parse_row = |at: usize, export: &Export, row| {
            let parsed = parse_order_row(&request.parse_options, at, export, row, true);
            with_findings(parsed, &cross_row_findings)
        };
        self.write(store, phase, total, &mut planner, |take| {
            scan(&exports, pool, parse_row, take).map(drop)
        })?;
        self.orders = planner.imported_orders;
        if planner.is_first && request.shared.is_none() {
            self.orders_state_payment = states_payment;
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
            let parsed = parse_commission_row(&request.parse_options, at, export, row, true);
            with_findings(parsed, &cross_row_findings)
        };
        self.write(store, phase, total, &mut planner, |take| scan(&exports, pool, parse_row, take).map(drop))
    }

    /// How transactions are written to this database.
    pub(super) fn transaction_form(&self, store: &Store) -> TransactionForm {
        let has_membership = store.has_column(Transaction::TABLE, "membershipId");
        TransactionForm { conventions: self.request.conventions, has_membership }
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
            let parsed = parse_membership_row(&request.parse_options, at, export, row, true);
            with_findings(parsed, &cross_row_findings)
        };
        self.write(store, phase, total, &mut planner, |take| {
            scan(&exports, pool, parse_row, take).map(drop)
        })?;
        if request.shared.is_some() {
            self.members = planner.members().map(key_hash).collect();
        }
        Ok(())
    }
}

/// A row with what was found of it beside others.
fn with_findings<T>(mut parsed: ParsedRow<T>, cross_row_findings: &CrossRowFindings) -> ParsedRow<T> {
    parsed.findings.extend(cross_row_findings.get(&parsed.location).into_iter().flatten().cloned());
    parsed
}

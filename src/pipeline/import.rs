//! An import from its first look to its last batch. This file reads as the plan.

use crate::pipeline::progress::Progress;
use crate::pipeline::request::ImportRequest;
use std::collections::HashSet;
use std::path::PathBuf;

use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::pipeline::files::findings::FindingsFile;
use crate::pipeline::files::outputs::{Reasons, RunFolder, write_product_template};
use crate::pipeline::files::rejects::write_rejects;
use crate::pipeline::plan::affiliates::{AffiliateIndex, Affiliates, decide};
use crate::pipeline::plan::memberships::{Memberships, app_memberships, member, missing_memberships};
use crate::pipeline::plan::orders::{Orders, app_products, numbers_of_the_app, sellers};
use crate::pipeline::plan::{people, settlement};
use crate::pipeline::read::first_pass::{FirstPass, FirstPassReader, parse_membership_row, parse_order_row};
use crate::pipeline::read::scan::scan;
use crate::pipeline::write::attempts::{Attempts, RefusedRows, retry_transient, with_lock};
use crate::pipeline::write::batch::{Batch, Committer, Phase};
use crate::pipeline::write::partition::WaitFor;
use crate::pipeline::write::phase::{BatchOptions, Planner, RowSink, Writer};
use crate::pipeline::write::resume;
use crate::source::Export;
use crate::source::row_location::RowLocation;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::engines::transient::transient;
use crate::store::history::runs;
use crate::store::history::runs::{Run, RunDescription};
use crate::store::schema::tables::{ImportReject, UserProduct, UserRole, WebhookLog};
use crate::store::session::lock::Claim;
use crate::store::session::store::Store;

/// What an import has done.
#[derive(Debug)]
pub struct ImportOutcome {
    /// The run.
    pub run: Run,
    /// The run whose rejects were imported.
    pub parent: Option<String>,
    /// Whether everything was taken back.
    pub dry_run: bool,
    /// What the first pass has counted.
    pub totals: crate::pipeline::read::first_pass::OrderTotals,
    /// The files that were written for people.
    pub files: Vec<PathBuf>,
    /// Products that the map does not have: number, orders, revenue.
    pub unmapped: Vec<(String, crate::pipeline::read::first_pass::ProductSeen)>,
    /// What the settlement has noticed.
    pub notes: Vec<Finding>,
}

impl ImportOutcome {
    /// The books of all phases together.
    pub fn books(&self) -> Books {
        let mut books = Books::default();
        for (_, phase) in &self.run.checkpoint.books {
            books.merge(phase);
        }
        books
    }
}

/// The name of the phase that creates what the product map names.
const CATALOGUE: &str = "catalogue";
/// The name of the settlement's phase.
const SETTLEMENT: &str = "settlement";

/// What an attempt learns from those before it.
#[derive(Debug, Default)]
struct Learnt {
    /// The run that this command has begun.
    own: Option<String>,
    /// The rows that the database refuses.
    refused: RefusedRows,
}

/// Runs an import.
///
/// # Errors
/// Whatever stops it; what was committed until then stays, and the same command goes on from there.
pub fn run(
    store: &mut Store,
    order: &mut ImportRequest<'_>,
    progress: &mut dyn Progress,
) -> anyhow::Result<ImportOutcome> {
    let mut attempts = Attempts::new(order.retries);
    order.parse_options.longest = retry_transient(store, &mut attempts, progress, |store| {
        crate::store::schema::ensure_ready(store)?;
        Ok(store.longest_text())
    })?;
    let command = match &order.parent {
        Some(parent) => format!("retry of {parent}"),
        None => format!("import {}", order.command),
    };
    let claim = match &order.shared {
        None => Claim::whole(&command),
        Some(shared) => Claim::part(&command, shared.group(), &shared.partition.to_string()),
    };
    with_lock(store, &claim, &mut attempts, progress, |store, attempts, progress| {
        let mut learnt = Learnt::default();
        loop {
            let error = match attempt(store, order, &mut learnt, progress) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if transient(&error) {
                attempts.again(store, error, progress)?;
            } else {
                learnt.refused.narrow(error)?;
            }
        }
    })
}

/// One attempt, from the last checkpoint on.
fn attempt(
    store: &mut Store,
    order: &mut ImportRequest<'_>,
    learnt: &mut Learnt,
    progress: &mut dyn Progress,
) -> anyhow::Result<ImportOutcome> {
    if order.dry_run {
        store.begin()?;
    }
    let outcome = resume::choose(store, order, &mut learnt.own, progress).and_then(|run| {
        if !order.as_of_given {
            order.parse_options.as_of = run.started_at;
        }
        work(store, order, run, &learnt.refused, progress)
    });
    if order.dry_run {
        let taken_back = store.rollback();
        return outcome.and_then(|done| taken_back.map(|()| done));
    }
    outcome
}

/// Reads everything, then writes batch by batch. Nothing is written before all files have been read.
fn work(
    store: &mut Store,
    order: &ImportRequest<'_>,
    mut run: Run,
    refused: &RefusedRows,
    progress: &mut dyn Progress,
) -> anyhow::Result<ImportOutcome> {
    let pool = order.parse_options.pool()?;
    let folder = RunFolder::create(&order.out, &run.id)?;
    run.checkpoint.folder = Some(folder.path().display().to_string());
    let mut import = ImportSteps {
        order,
        pool: &pool,
        findings: FindingsFile::create(&folder)?,
        committer: Committer { run },
        refused,
        progress,
        orders: HashSet::new(),
        linked: HashSet::new(),
    };
    let mut first_pass = FirstPass::default();
    import.wait_for_first(store)?;
    people::load(store, &mut first_pass.people)?;
    let decisions = import.first_pass(store, &mut first_pass)?;
    first_pass.forget_orders();
    for (kind, place, why) in &refused.rows {
        first_pass.add_cross_row_finding(
            *kind,
            *place,
            Finding::of_row(Code::RefusedByDatabase, why.clone()),
        );
    }
    import.findings.add_notes(order.exports, &first_pass.notes)?;
    import.check_rejects(&first_pass)?;
    if !import.committer.run.resumed {
        let about = RunDescription {
            command: order.command,
            context: &order.context,
            options: &order.options,
            parent: order.parent.as_deref(),
            siblings: order.siblings(),
        };
        runs::begin(store, &import.committer.run, about)?;
    }
    if order.leads() && order.creates_memberships() {
        import.catalogue(store)?;
        import.announce(store)?;
    }
    if let Some((decisions, taken)) = decisions {
        import.affiliates(store, &mut first_pass, decisions, taken)?;
        import.announce(store)?;
    }
    if order.kinds.contains(&SourceKind::Orders) {
        import.orders(store, &mut first_pass)?;
        import.announce(store)?;
        import.wait_for_orders(store)?;
    }
    let settles = order.leads() && order.kinds.iter().any(|kind| *kind != SourceKind::Memberships);
    let notes = if settles { import.settle(store)? } else { Vec::new() };
    if order.kinds.contains(&SourceKind::Memberships) {
        import.memberships(store, &mut first_pass)?;
    }
    finish(store, order, import, &first_pass, &folder, notes)
}

/// Writes what people need, marks the run as done, and says what was done: a run whose files could
/// not be written is not complete, and the same command writes them.
fn finish(
    store: &mut Store,
    order: &ImportRequest<'_>,
    mut import: ImportSteps<'_>,
    first_pass: &FirstPass,
    folder: &RunFolder,
    notes: Vec<Finding>,
) -> anyhow::Result<ImportOutcome> {
    let mut files: Vec<PathBuf> = import.findings.finish()?.file.into_iter().collect();
    for kind in &order.kinds {
        let reasons = reasons(store, &import.committer.run, *kind)?;
        files.extend(write_rejects(folder, kind.name(), &order.exports.of(*kind), &reasons)?);
    }
    files.extend(write_product_template(folder, &first_pass.products, &order.products)?);
    let unmapped = crate::pipeline::validate::unmapped(first_pass, &order.products);
    import.committer.finish(store)?;
    let run = import.committer.run;
    let parent = order.parent.clone();
    Ok(ImportOutcome {
        run,
        parent,
        dry_run: order.dry_run,
        totals: first_pass.totals.clone(),
        files,
        unmapped,
        notes,
    })
}

/// Why rows of a kind were not written, as the run has kept it.
fn reasons(store: &mut Store, run: &Run, kind: SourceKind) -> anyhow::Result<Reasons> {
    let key = [Cell::Text(run.id.clone()), Cell::Text(kind.name().to_owned())];
    let rejects: Vec<ImportReject> = store.select("WHERE \"runId\" = ? AND \"kind\" = ?", &key)?;
    rejects
        .into_iter()
        .map(|reject| Ok(((reject.file, u64::try_from(reject.record)?), (reject.code, reject.reason))))
        .collect()
}

struct ImportSteps<'a> {
    order: &'a ImportRequest<'a>,
    pool: &'a rayon::ThreadPool,
    findings: FindingsFile,
    committer: Committer,
    refused: &'a RefusedRows,
    progress: &'a mut dyn Progress,
    /// The orders that are known to be in the app, by the hashes of their numbers.
    orders: HashSet<u64>,
    /// Affiliates none of whose orders can wait for them: they were verified before the app had any order.
    linked: HashSet<String>,
}

type Decided =
    (std::collections::HashMap<String, crate::pipeline::plan::affiliates::AffiliateDecision>, AffiliateIndex);

impl<'a> ImportSteps<'a> {
    /// The first pass. Who the affiliates are is decided before the orders' people are known, so
    /// that importing the kinds one after another comes to the same.
    fn first_pass(
        &mut self,
        store: &mut Store,
        first_pass: &mut FirstPass,
    ) -> anyhow::Result<Option<Decided>> {
        let parse_options = &self.order.parse_options;
        let mut decided = None;
        self.progress.begin("reading", 0);
        let progress = &mut *self.progress;
        let mut notice = |_: SourceKind, _: RowLocation, _: &[Finding]| {
            progress.advance(1);
            Ok(())
        };
        let mut reader = FirstPassReader { parse_options, pool: self.pool, notice: &mut notice };
        for kind in &self.order.kinds {
            let exports = self.order.exports.of(*kind);
            match kind {
                SourceKind::Affiliates if !self.order.leads() => {}
                SourceKind::Affiliates => {
                    first_pass.affiliates(&exports, &mut reader)?;
                    let accepted = first_pass.affiliates.iter().filter(|row| row.severity() < Severity::Held);
                    let affiliates: Vec<_> = accepted.filter_map(|row| row.record.as_ref()).collect();
                    let taken = AffiliateIndex::load(store)?;
                    decided = Some((decide(&affiliates, &first_pass.people, &taken), taken));
                }
                SourceKind::Orders => first_pass.orders(&exports, &mut reader)?,
                SourceKind::Memberships => first_pass.memberships(&exports, &mut reader)?,
                SourceKind::Products => {}
            }
        }
        Ok(decided)
    }

    /// Refuses files of which too much is unusable, before anything is written.
    fn check_rejects(&self, first_pass: &FirstPass) -> anyhow::Result<()> {
        let Some(limit) = self.order.max_rejects else {
            return Ok(());
        };
        let left: u64 = first_pass.counts.values().map(|count| count.held + count.rejected).sum();
        if left * 10_000 > limit * first_pass.rows {
            return Err(Failure::refused(format!(
                "{left} of {} rows would be held or rejected, more than --max-rejects allows; nothing was written \
                 (`sejoli-migrate validate` lists them)",
                first_pass.rows
            )));
        }
        Ok(())
    }

    /// Lets the other parts know of a phase that is done.
    fn announce(&mut self, store: &mut Store) -> anyhow::Result<()> {
        if self.order.shared.is_some() { self.committer.announce(store) } else { Ok(()) }
    }

    /// The people of the first part's phases must be there before anybody looks for people.
    fn wait_for_first(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let order = self.order;
        let phase = match order.kinds.contains(&SourceKind::Affiliates) {
            true => SourceKind::Affiliates.name(),
            false if order.creates_memberships() => CATALOGUE,
            false => return Ok(()),
        };
        if order.leads() { Ok(()) } else { self.wait_for(store, phase, WaitFor::First) }
    }

    /// The settlement counts all orders, and a membership may name any of them.
    fn wait_for_orders(&mut self, store: &mut Store) -> anyhow::Result<()> {
        self.wait_for(store, SourceKind::Orders.name(), WaitFor::All)
    }

    fn wait_for(&mut self, store: &mut Store, phase: &str, whose: WaitFor) -> anyhow::Result<()> {
        let Some(shared) = &self.order.shared else { return Ok(()) };
        shared.wait_for(store, self.committer.run.started_at, phase, whose, self.progress)
    }

    fn catalogue(&mut self, store: &mut Store) -> anyhow::Result<()> {
        if self.committer.run.checkpoint.is_done(CATALOGUE) {
            return Ok(());
        }
        let app = app_memberships(store, &self.order.products)?;
        let changes = missing_memberships(&self.order.products, &app, self.committer.run.started_at)?;
        if !changes.is_empty() {
            let phase = Phase { name: CATALOGUE, kind: SourceKind::Memberships, exports: &[] };
            let batch = Batch::of_changes(self.committer.run.started_at, changes);
            self.committer.commit(store, phase, |_| Ok(batch))?;
        }
        self.committer.finish_phase(CATALOGUE)
    }

    fn affiliates(
        &mut self,
        store: &mut Store,
        first_pass: &mut FirstPass,
        decisions: std::collections::HashMap<String, crate::pipeline::plan::affiliates::AffiliateDecision>,
        taken: AffiliateIndex,
    ) -> anyhow::Result<()> {
        let exports = self.order.exports.of(SourceKind::Affiliates);
        let rows = std::mem::take(&mut first_pass.affiliates);
        let total = rows.len() as u64;
        let keeps_roles = store.has_table(UserRole::TABLE.name);
        let mut planner = Affiliates { people: &mut first_pass.people, decisions, taken, keeps_roles };
        let phase =
            Phase { name: SourceKind::Affiliates.name(), kind: SourceKind::Affiliates, exports: &exports };
        self.write(store, phase, Some(total), &mut planner, |take| rows.into_iter().try_for_each(take))
    }

    fn orders(&mut self, store: &mut Store, first_pass: &mut FirstPass) -> anyhow::Result<()> {
        let (order, pool) = (self.order, self.pool);
        let exports = order.exports.of(SourceKind::Orders);
        let total = first_pass.counts.get(SourceKind::Orders.name()).map_or(0, |count| count.rows);
        let cross_row_findings =
            first_pass.cross_row_findings.remove(&SourceKind::Orders).unwrap_or_default();
        let mut planner = Orders {
            people: &mut first_pass.people,
            products: &order.products,
            app_products: app_products(store, &order.products)?,
            sellers: sellers(store)?,
            of_the_app: numbers_of_the_app(store)?,
            first: !store.has_row::<WebhookLog>("", &[])?,
            keeps_owners: store.has_table(UserProduct::TABLE.name),
            there: HashSet::new(),
        };
        let phase = Phase { name: SourceKind::Orders.name(), kind: SourceKind::Orders, exports: &exports };
        let parse_row = |at: usize, export: &Export, row| {
            let mut parsed = parse_order_row(&order.parse_options, at, export, row, true);
            parsed.findings.extend(cross_row_findings.get(&parsed.place).into_iter().flatten().cloned());
            parsed
        };
        let total = order.shared.is_none().then_some(total);
        self.write(store, phase, total, &mut planner, |take| {
            scan(&exports, pool, parse_row, take).map(drop)
        })?;
        self.orders = planner.there;
        if planner.first && order.shared.is_none() {
            let verified = planner.sellers.into_iter().filter(|(_, seller)| seller.is_verified());
            self.linked.extend(verified.map(|(code, _)| code));
        }
        Ok(())
    }

    fn settle(&mut self, store: &mut Store) -> anyhow::Result<Vec<Finding>> {
        self.progress.begin(SETTLEMENT, 0);
        let as_of = self.order.parse_options.as_of;
        let notes = settlement::settle(store, &mut self.committer, SETTLEMENT, as_of, &self.linked)?;
        if !self.committer.run.checkpoint.is_done(SETTLEMENT) {
            self.committer.finish_phase(SETTLEMENT)?;
        }
        Ok(notes)
    }

    fn memberships(&mut self, store: &mut Store, first_pass: &mut FirstPass) -> anyhow::Result<()> {
        let order = self.order;
        let exports = order.exports.of(SourceKind::Memberships);
        let total = first_pass.counts.get(SourceKind::Memberships.name()).map_or(0, |count| count.rows);
        let mut cross_row_findings =
            first_pass.cross_row_findings.remove(&SourceKind::Memberships).unwrap_or_default();
        let pool = self.pool;
        let as_of = order.parse_options.as_of;
        let mut planner = Memberships::new(store, &mut first_pass.people, &order.products, as_of)?;
        planner.orders = std::mem::take(&mut self.orders);
        let parse_row = |at: usize, export: &Export, row| {
            parse_membership_row(&order.parse_options, at, export, row, false)
        };
        scan(&exports, pool, parse_row, |row| {
            if !order.owns(member(&row)) {
                return Ok(());
            }
            let repeated =
                cross_row_findings.get(&row.place).into_iter().flatten().any(Finding::excludes_row);
            if row.severity() < Severity::Held && !repeated { planner.gather(store, row) } else { Ok(()) }
        })?;
        let unknown = planner.gathered(store)?;
        for (place, findings) in unknown {
            cross_row_findings.entry(place).or_default().extend(findings);
        }
        let phase =
            Phase { name: SourceKind::Memberships.name(), kind: SourceKind::Memberships, exports: &exports };
        let parse_row = |at: usize, export: &Export, row| {
            let mut parsed = parse_membership_row(&order.parse_options, at, export, row, true);
            parsed.findings.extend(cross_row_findings.get(&parsed.place).into_iter().flatten().cloned());
            parsed
        };
        let total = order.shared.is_none().then_some(total);
        self.write(store, phase, total, &mut planner, |take| scan(&exports, pool, parse_row, take).map(drop))
    }

    /// Plans and writes the records of a phase, from the checkpoint on. `total` are the records of all
    /// parts: how many of them are this one's nobody has counted.
    fn write<T: Send, P: Planner<T>>(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        total: Option<u64>,
        planner: &mut P,
        rows: impl FnOnce(RowSink<'_, T>) -> anyhow::Result<()> + Send,
    ) -> anyhow::Result<()> {
        let order = self.order;
        let checkpoint = &mut self.committer.run.checkpoint;
        checkpoint.totals.extend(total.map(|total| (phase.name.to_owned(), total)));
        let is_done = checkpoint.is_done(phase.name);
        let cut = BatchOptions {
            batch_size: order.batch_size,
            refused: self.refused,
            shared: order.shared.as_ref().filter(|_| phase.kind != SourceKind::Affiliates),
            skip: if is_done { u64::MAX } else { checkpoint.records_of(phase.name) },
        };
        self.progress.begin(phase.name, total.unwrap_or(0));
        let mut writer = Writer {
            store,
            committer: &mut self.committer,
            phase,
            findings: &mut self.findings,
            progress: &mut *self.progress,
        };
        writer.run(planner, cut, rows)?;
        if is_done { Ok(()) } else { self.committer.finish_phase(phase.name) }
    }
}

/// The time that stands in for now when none is given.
pub fn default_as_of() -> Millis {
    crate::clock::now()
}

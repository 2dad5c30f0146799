//! An import from its first look to its last batch. This file reads as the plan.

use std::collections::HashSet;
use std::path::PathBuf;

use super::affiliates::{Affiliates, Taken, decide};
use super::attempts::{Attempts, Refused, as_the_only_one, patiently};
use super::batch::{Batch, Committer, Phase};
use super::books::Books;
use super::context::Reading;
use super::examine::Place;
use super::findings::FindingsFile;
use super::memberships::{Memberships, app_memberships, member, missing_memberships};
use super::orders::{Orders, app_products, numbers_of_the_app, sellers};
use super::outputs::{Folder, Reasons, write_product_template};
use super::partition::{Shared, Whose};
use super::phase::{Cut, Planner, Take, Writer};
use super::rejects::write_rejects;
use super::scan::scan;
use super::survey::{Reader, Survey, examine_membership, examine_order};
use super::{people, resume, settlement};
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::product::ProductMap;
use crate::exit_code::Failure;
use crate::source::discover::Exports;
use crate::source::{Export, SourceKind};
use crate::store::lock::Claim;
use crate::store::record::Record as _;
use crate::store::runs::{self, About, Run};
use crate::store::tables::{ImportReject, UserProduct, UserRole, WebhookLog};
use crate::store::value::Cell;
use crate::store::{Store, transient};

/// What an import is asked to do.
#[derive(Debug)]
pub struct Order<'a> {
    /// "all", "orders", "memberships" or "affiliates".
    pub command: &'static str,
    /// The kinds to import.
    pub kinds: Vec<SourceKind>,
    /// The files.
    pub exports: &'a Exports,
    /// How they are read.
    pub reading: Reading,
    /// Whether `as_of` was given, or is the start of the run.
    pub as_of_given: bool,
    /// The product map.
    pub products: ProductMap,
    /// Records in one transaction.
    pub batch_size: usize,
    /// Whether everything is taken back at the end.
    pub dry_run: bool,
    /// Whether memberships that the map names are created where the app lacks them.
    pub create_memberships: bool,
    /// The most rows, in hundredths of a percent, that may be held or rejected by the files alone.
    pub max_rejects: Option<u64>,
    /// Where the files of the run go.
    pub out: PathBuf,
    /// A name for everything that the result depends on.
    pub context: String,
    /// The options, for the record.
    pub options: serde_json::Value,
    /// How often a failure that passes is met by trying again.
    pub retries: u32,
    /// Whether an interrupted run is left behind and a new one begun.
    pub restart: bool,
    /// The run whose rejects are imported.
    pub parent: Option<String>,
    /// The part of an import that several processes share.
    pub shared: Option<Shared>,
}

impl Order<'_> {
    /// Whether this process does what cannot be shared.
    fn leads(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.partition.is_first())
    }

    /// Whether the rows of a buyer are this process's.
    fn owns(&self, buyer: &str) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.partition.owns(buyer))
    }

    /// The contexts of all parts of the import; none where nobody shares it.
    pub fn siblings(&self) -> &[String] {
        self.shared.as_ref().map_or(&[], |shared| &shared.contexts)
    }

    fn creates_memberships(&self) -> bool {
        self.create_memberships && self.kinds.contains(&SourceKind::Memberships)
    }
}

/// What is told while an import goes on.
pub trait Progress {
    /// A phase begins; `total` records lie before it, 0 where nobody knows.
    fn begin(&mut self, phase: &str, total: u64);
    /// Records of the phase are done.
    fn advance(&mut self, records: u64);
    /// Something worth a line.
    fn say(&mut self, line: &str);
}

/// What an import has done.
#[derive(Debug)]
pub struct Done {
    /// The run.
    pub run: Run,
    /// The run whose rejects were imported.
    pub parent: Option<String>,
    /// Whether everything was taken back.
    pub dry_run: bool,
    /// What the first pass has counted.
    pub totals: super::survey::OrderTotals,
    /// The files that were written for people.
    pub files: Vec<PathBuf>,
    /// Products that the map does not have: number, orders, revenue.
    pub unmapped: Vec<(String, super::survey::ProductSeen)>,
    /// What the settlement has noticed.
    pub notes: Vec<Finding>,
}

impl Done {
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
    refused: Refused,
}

/// Runs an import.
///
/// # Errors
/// Whatever stops it; what was committed until then stays, and the same command goes on from there.
pub fn run(store: &mut Store, order: &mut Order<'_>, progress: &mut dyn Progress) -> anyhow::Result<Done> {
    let mut attempts = Attempts::new(order.retries);
    order.reading.longest = patiently(store, &mut attempts, progress, |store| {
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
    as_the_only_one(store, &claim, &mut attempts, progress, |store, attempts, progress| {
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
    order: &mut Order<'_>,
    learnt: &mut Learnt,
    progress: &mut dyn Progress,
) -> anyhow::Result<Done> {
    if order.dry_run {
        store.begin()?;
    }
    let outcome = resume::choose(store, order, &mut learnt.own, progress).and_then(|run| {
        if !order.as_of_given {
            order.reading.as_of = run.started_at;
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
    order: &Order<'_>,
    mut run: Run,
    refused: &Refused,
    progress: &mut dyn Progress,
) -> anyhow::Result<Done> {
    let pool = order.reading.pool()?;
    let folder = Folder::create(&order.out, &run.id)?;
    run.checkpoint.folder = Some(folder.path().display().to_string());
    let mut import = Import {
        order,
        pool: &pool,
        findings: FindingsFile::create(&folder)?,
        committer: Committer { run },
        refused,
        progress,
        orders: HashSet::new(),
        linked: HashSet::new(),
    };
    let mut survey = Survey::default();
    import.wait_for_first(store)?;
    people::load(store, &mut survey.people)?;
    let decisions = import.survey(store, &mut survey)?;
    survey.forget_orders();
    for (kind, place, why) in &refused.rows {
        survey.add_late(*kind, *place, Finding::of_row(Code::RefusedByDatabase, why.clone()));
    }
    import.findings.add_notes(order.exports, &survey.notes)?;
    import.check_rejects(&survey)?;
    if !import.committer.run.resumed {
        let about = About {
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
        import.affiliates(store, &mut survey, decisions, taken)?;
        import.announce(store)?;
    }
    if order.kinds.contains(&SourceKind::Orders) {
        import.orders(store, &mut survey)?;
        import.announce(store)?;
        import.wait_for_orders(store)?;
    }
    let settles = order.leads() && order.kinds.iter().any(|kind| *kind != SourceKind::Memberships);
    let notes = if settles { import.settle(store)? } else { Vec::new() };
    if order.kinds.contains(&SourceKind::Memberships) {
        import.memberships(store, &mut survey)?;
    }
    finish(store, order, import, &survey, &folder, notes)
}

/// Writes what people need, marks the run as done, and says what was done: a run whose files could
/// not be written is not complete, and the same command writes them.
fn finish(
    store: &mut Store,
    order: &Order<'_>,
    mut import: Import<'_>,
    survey: &Survey,
    folder: &Folder,
    notes: Vec<Finding>,
) -> anyhow::Result<Done> {
    let mut files: Vec<PathBuf> = import.findings.finish()?.file.into_iter().collect();
    for kind in &order.kinds {
        let reasons = reasons(store, &import.committer.run, *kind)?;
        files.extend(write_rejects(folder, kind.name(), &order.exports.of(*kind), &reasons)?);
    }
    files.extend(write_product_template(folder, &survey.products, &order.products)?);
    let unmapped = super::validation::unmapped(survey, &order.products);
    import.committer.finish(store)?;
    let run = import.committer.run;
    let parent = order.parent.clone();
    Ok(Done { run, parent, dry_run: order.dry_run, totals: survey.totals.clone(), files, unmapped, notes })
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

struct Import<'a> {
    order: &'a Order<'a>,
    pool: &'a rayon::ThreadPool,
    findings: FindingsFile,
    committer: Committer,
    refused: &'a Refused,
    progress: &'a mut dyn Progress,
    /// The orders that are known to be in the app, by the hashes of their numbers.
    orders: HashSet<u64>,
    /// Affiliates none of whose orders can wait for them: they were verified before the app had any order.
    linked: HashSet<String>,
}

type Decided = (std::collections::HashMap<String, super::affiliates::Decision>, Taken);

impl<'a> Import<'a> {
    /// The first pass. Who the affiliates are is decided before the orders' people are known, so
    /// that importing the kinds one after another comes to the same.
    fn survey(&mut self, store: &mut Store, survey: &mut Survey) -> anyhow::Result<Option<Decided>> {
        let reading = &self.order.reading;
        let mut decided = None;
        self.progress.begin("reading", 0);
        let progress = &mut *self.progress;
        let mut notice = |_: SourceKind, _: Place, _: &[Finding]| {
            progress.advance(1);
            Ok(())
        };
        let mut reader = Reader { reading, pool: self.pool, notice: &mut notice };
        for kind in &self.order.kinds {
            let exports = self.order.exports.of(*kind);
            match kind {
                SourceKind::Affiliates if !self.order.leads() => {}
                SourceKind::Affiliates => {
                    survey.affiliates(&exports, &mut reader)?;
                    let accepted = survey.affiliates.iter().filter(|row| row.severity() < Severity::Held);
                    let affiliates: Vec<_> = accepted.filter_map(|row| row.record.as_ref()).collect();
                    let taken = Taken::load(store)?;
                    decided = Some((decide(&affiliates, &survey.people, &taken), taken));
                }
                SourceKind::Orders => survey.orders(&exports, &mut reader)?,
                SourceKind::Memberships => survey.memberships(&exports, &mut reader)?,
                SourceKind::Products => {}
            }
        }
        Ok(decided)
    }

    /// Refuses files of which too much is unusable, before anything is written.
    fn check_rejects(&self, survey: &Survey) -> anyhow::Result<()> {
        let Some(limit) = self.order.max_rejects else {
            return Ok(());
        };
        let left: u64 = survey.counts.values().map(|count| count.held + count.rejected).sum();
        if left * 10_000 > limit * survey.rows {
            return Err(Failure::refused(format!(
                "{left} of {} rows would be held or rejected, more than --max-rejects allows; nothing was written \
                 (`sejoli-migrate validate` lists them)",
                survey.rows
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
        if order.leads() { Ok(()) } else { self.wait_for(store, phase, Whose::First) }
    }

    /// The settlement counts all orders, and a membership may name any of them.
    fn wait_for_orders(&mut self, store: &mut Store) -> anyhow::Result<()> {
        self.wait_for(store, SourceKind::Orders.name(), Whose::All)
    }

    fn wait_for(&mut self, store: &mut Store, phase: &str, whose: Whose) -> anyhow::Result<()> {
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
        survey: &mut Survey,
        decisions: std::collections::HashMap<String, super::affiliates::Decision>,
        taken: Taken,
    ) -> anyhow::Result<()> {
        let exports = self.order.exports.of(SourceKind::Affiliates);
        let rows = std::mem::take(&mut survey.affiliates);
        let total = rows.len() as u64;
        let keeps_roles = store.has_table(UserRole::TABLE.name);
        let mut planner = Affiliates { people: &mut survey.people, decisions, taken, keeps_roles };
        let phase =
            Phase { name: SourceKind::Affiliates.name(), kind: SourceKind::Affiliates, exports: &exports };
        self.write(store, phase, Some(total), &mut planner, |take| rows.into_iter().try_for_each(take))
    }

    fn orders(&mut self, store: &mut Store, survey: &mut Survey) -> anyhow::Result<()> {
        let (order, pool) = (self.order, self.pool);
        let exports = order.exports.of(SourceKind::Orders);
        let total = survey.counts.get(SourceKind::Orders.name()).map_or(0, |count| count.rows);
        let late = survey.late.remove(&SourceKind::Orders).unwrap_or_default();
        let mut planner = Orders {
            people: &mut survey.people,
            products: &order.products,
            app_products: app_products(store, &order.products)?,
            sellers: sellers(store)?,
            of_the_app: numbers_of_the_app(store)?,
            first: !store.has_row::<WebhookLog>("", &[])?,
            keeps_owners: store.has_table(UserProduct::TABLE.name),
            there: HashSet::new(),
        };
        let phase = Phase { name: SourceKind::Orders.name(), kind: SourceKind::Orders, exports: &exports };
        let examine = |at: usize, export: &Export, row| {
            let mut examined = examine_order(&order.reading, at, export, row, true);
            examined.findings.extend(late.get(&examined.place).into_iter().flatten().cloned());
            examined
        };
        let total = order.shared.is_none().then_some(total);
        self.write(store, phase, total, &mut planner, |take| scan(&exports, pool, examine, take).map(drop))?;
        self.orders = planner.there;
        if planner.first && order.shared.is_none() {
            let verified = planner.sellers.into_iter().filter(|(_, seller)| seller.is_verified());
            self.linked.extend(verified.map(|(code, _)| code));
        }
        Ok(())
    }

    fn settle(&mut self, store: &mut Store) -> anyhow::Result<Vec<Finding>> {
        self.progress.begin(SETTLEMENT, 0);
        let as_of = self.order.reading.as_of;
        let notes = settlement::settle(store, &mut self.committer, SETTLEMENT, as_of, &self.linked)?;
        if !self.committer.run.checkpoint.is_done(SETTLEMENT) {
            self.committer.finish_phase(SETTLEMENT)?;
        }
        Ok(notes)
    }

    fn memberships(&mut self, store: &mut Store, survey: &mut Survey) -> anyhow::Result<()> {
        let order = self.order;
        let exports = order.exports.of(SourceKind::Memberships);
        let total = survey.counts.get(SourceKind::Memberships.name()).map_or(0, |count| count.rows);
        let mut late = survey.late.remove(&SourceKind::Memberships).unwrap_or_default();
        let pool = self.pool;
        let as_of = order.reading.as_of;
        let mut planner = Memberships::new(store, &mut survey.people, &order.products, as_of)?;
        planner.orders = std::mem::take(&mut self.orders);
        let examine =
            |at: usize, export: &Export, row| examine_membership(&order.reading, at, export, row, false);
        scan(&exports, pool, examine, |row| {
            if !order.owns(member(&row)) {
                return Ok(());
            }
            let repeated = late.get(&row.place).into_iter().flatten().any(Finding::keeps_out);
            if row.severity() < Severity::Held && !repeated { planner.gather(store, row) } else { Ok(()) }
        })?;
        let unknown = planner.gathered(store)?;
        for (place, findings) in unknown {
            late.entry(place).or_default().extend(findings);
        }
        let phase =
            Phase { name: SourceKind::Memberships.name(), kind: SourceKind::Memberships, exports: &exports };
        let examine = |at: usize, export: &Export, row| {
            let mut examined = examine_membership(&order.reading, at, export, row, true);
            examined.findings.extend(late.get(&examined.place).into_iter().flatten().cloned());
            examined
        };
        let total = order.shared.is_none().then_some(total);
        self.write(store, phase, total, &mut planner, |take| scan(&exports, pool, examine, take).map(drop))
    }

    /// Plans and writes the records of a phase, from the checkpoint on. `total` are the records of all
    /// parts: how many of them are this one's nobody has counted.
    fn write<T: Send, P: Planner<T>>(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        total: Option<u64>,
        planner: &mut P,
        rows: impl FnOnce(Take<'_, T>) -> anyhow::Result<()> + Send,
    ) -> anyhow::Result<()> {
        let order = self.order;
        let checkpoint = &mut self.committer.run.checkpoint;
        checkpoint.totals.extend(total.map(|total| (phase.name.to_owned(), total)));
        let is_done = checkpoint.is_done(phase.name);
        let cut = Cut {
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
    super::batch::now()
}

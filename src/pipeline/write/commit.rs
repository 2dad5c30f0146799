//! One batch: its rows, its before-images, its rejects, its line in the app's import log and the
//! checkpoint, all in one transaction.

use crate::pipeline::write::phase::Phase;
use anyhow::Context as _;

use crate::clock::now;
use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::write::attempts::FailedBatch;
use crate::pipeline::write::bookkeeping::{journaled, logged, rejected};
use crate::source::row_location::RowLocation;
use crate::store::codec::encoder::Encoder;
use crate::store::codec::record::Record as _;
use crate::store::history::journal;
use crate::store::history::journal::{Images, PreparedChanges};
use crate::store::history::runs;
use crate::store::history::runs::Run;
use crate::store::schema::tables::{DataImportLog, ImportJournal, ImportReject};
use crate::store::session::lock;
use crate::store::session::store::Store;

/// A plan whose changes are encoded for the database.
#[derive(Debug)]
pub(crate) struct EncodedBatch {
    plan: BatchPlan,
    changes: PreparedChanges,
}

impl EncodedBatch {
    /// Encodes the changes of a plan; no connection is needed for that.
    ///
    /// # Errors
    /// A table that the database does not have.
    pub(crate) fn new(encoder: &Encoder, mut plan: BatchPlan) -> anyhow::Result<Self> {
        let changes = PreparedChanges::new(encoder, std::mem::take(&mut plan.changes))?;
        Ok(Self { plan, changes })
    }
}

/// The result of a committed batch.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// Number of its records.
    pub records: u64,
    /// The findings of its rows.
    pub noted: Vec<(RowLocation, Vec<Finding>)>,
}

/// Commits the batches of a run.
#[derive(Debug)]
pub(crate) struct Committer {
    /// The run, with the checkpoint of the last committed batch.
    pub run: Run,
}

impl Committer {
    /// Commits a batch.
    ///
    /// # Errors
    /// As for [`Committer::commit_planned_within`].
    pub(crate) fn commit(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        batch: EncodedBatch,
    ) -> anyhow::Result<Committed> {
        self.commit_planned_within(store, phase, |_| Ok(batch))
    }

    /// Commits the batch that `plan` makes in the batch's own transaction, where it can look up what holds only there.
    ///
    /// # Errors
    /// Whatever the plan or the database says; nothing of the batch is written then. Once the plan is known, the
    /// error says which rows the batch had ([`FailedBatch`]).
    pub(crate) fn commit_planned_within(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        plan: impl FnOnce(&mut Store) -> anyhow::Result<EncodedBatch>,
    ) -> anyhow::Result<Committed> {
        self.commit_unless_nothing(store, phase, |store| plan(store).map(Some)).map(Option::unwrap_or_default)
    }

    /// Commits the changes that `plan` makes in the batch's own transaction. Where there are none, that was no batch: its
    /// transaction ends without a trace.
    ///
    /// # Errors
    /// As for [`Committer::commit_planned_within`].
    pub(crate) fn commit_changes_within(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        plan: impl FnOnce(&mut Store) -> anyhow::Result<BatchPlan>,
    ) -> anyhow::Result<()> {
        let planned = |store: &mut Store| {
            let plan = Some(plan(store)?).filter(|plan| !plan.changes.is_empty());
            plan.map(|plan| EncodedBatch::new(store.encoder(), plan)).transpose()
        };
        self.commit_unless_nothing(store, phase, planned).map(drop)
    }

    fn commit_unless_nothing(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        plan: impl FnOnce(&mut Store) -> anyhow::Result<Option<EncodedBatch>>,
    ) -> anyhow::Result<Option<Committed>> {
        let began = now();
        let mut run = self.run.clone();
        let mut locations = Vec::new();
        let committed = store.transaction_unless_nothing(|store| {
            let Some(EncodedBatch { mut plan, changes }) = plan(store)? else { return Ok(None) };
            locations = std::mem::take(&mut plan.locations);
            let images = journal::apply(store, changes)?;
            let records = plan.books.read.rows;
            count_tables(&mut plan.books, &images);
            plan.books.balance()?;
            advance(&mut run, phase.name, records, &plan.books);
            keep_books(store, &mut run, phase, &plan, &images, began)?;
            Ok(Some(Committed { records, noted: plan.noted }))
        });
        let committed = committed.map_err(|error| match locations.is_empty() {
            true => error,
            false => error.context(FailedBatch { kind: phase.kind, locations }),
        })?;
        let Some(committed) = committed else { return Ok(None) };
        self.run = run;
        store.confirm_batch(&self.run.id, self.run.checkpoint.batches);
        let (run, phase, rows) = (&self.run.id, phase.name, committed.records);
        let (batch, elapsed_ms) = (self.run.checkpoint.batches, now().0 - began.0);
        tracing::info!(%run, phase, batch, rows, elapsed_ms, "batch committed");
        Ok(Some(committed))
    }

    /// Marks a phase as complete in the checkpoint. It is kept with the next batch; until then the phase counts as
    /// one whose records are all done.
    pub(crate) fn finish_phase(&mut self, phase: &'static str) -> anyhow::Result<()> {
        let checkpoint = &mut self.run.checkpoint;
        checkpoint.books_mut(phase).balance()?;
        checkpoint.done.push(phase.to_owned());
        checkpoint.phase = None;
        checkpoint.records = 0;
        Ok(())
    }

    /// The same of a phase that has written anything; of any other nothing is kept.
    pub(crate) fn finish_phase_if_begun(&mut self, phase: &'static str) -> anyhow::Result<()> {
        let is_begun = self.run.checkpoint.phase.as_deref() == Some(phase);
        if is_begun { self.finish_phase(phase) } else { Ok(()) }
    }

    /// Stores the checkpoint, so that other processes see the finished phases.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn announce(&mut self, store: &mut Store) -> anyhow::Result<()> {
        store.transaction(|store| {
            runs::save(store, &mut self.run, now())?;
            lock::renew(store, self.run.stored_at)
        })
    }

    /// Checks the books of the whole run and marks it as done.
    pub(crate) fn finish(&mut self, store: &mut Store) -> anyhow::Result<()> {
        for (_, books) in &self.run.checkpoint.books {
            books.balance()?;
        }
        self.run.checkpoint.invoked = None;
        runs::finish(store, &mut self.run, now())
    }
}

fn advance(run: &mut Run, phase: &str, records: u64, books: &Books) {
    let checkpoint = &mut run.checkpoint;
    if checkpoint.phase.as_deref() != Some(phase) {
        checkpoint.phase = Some(phase.to_owned());
        checkpoint.records = 0;
    }
    checkpoint.records += records;
    checkpoint.batches += 1;
    checkpoint.books_mut(phase).merge(books);
}

fn count_tables(books: &mut Books, images: &Images) {
    for (table, tally) in images.tallies() {
        books.tables.entry(table.name.to_owned()).or_default().merge(tally);
    }
}

/// Writes the batch's bookkeeping rows, and moves the run's checkpoint and the lock's heartbeat forward.
fn keep_books(
    store: &mut Store,
    run: &mut Run,
    phase: Phase<'_>,
    plan: &BatchPlan,
    images: &Images,
    began: Millis,
) -> anyhow::Result<()> {
    store
        .insert_all(vec![
            (ImportReject::TABLE, rejected(run, phase, &plan.rejects)?),
            (ImportJournal::TABLE, journaled(run, images)?),
            (DataImportLog::TABLE, vec![logged(run, phase, &plan.books, &plan.rejects, began)?.into_row()]),
        ])
        .context("keeping the books of a batch")?;
    runs::save(store, run, now())?;
    // A heartbeat before the checkpoint's time would be that of a process that has not written it.
    lock::renew(store, run.stored_at)
}

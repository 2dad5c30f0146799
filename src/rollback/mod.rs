//! Rollback: undoes one run exactly, from its before-images, the newest batch first (L26).
//!
//! First the rows are read and nothing is written: a row that was edited since, or that a row of the app
//! has come to depend on, is a conflict, and by default one conflict refuses the whole rollback. Then each
//! batch is undone in a transaction of its own, which also deletes its before-images: what is left of the
//! journal is what is left to do, and an interrupted rollback goes on from there.

mod conflicts;
mod restorable;
mod row_history;
mod undo;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient};
use crate::rollback::conflicts::ConflictSearch;
pub(crate) use crate::rollback::conflicts::{Conflict, Conflicts};
use crate::rollback::undo::{UndoContext, undo_images};
use crate::row_changes;
use crate::row_changes::{ChangeSink, Direction};
use crate::signals;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Field as _, Value};
use crate::store::history::journal;
use crate::store::history::journal::Image;
use crate::store::history::runs;
use crate::store::queries;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::tables::{DataImportLog, ImportJournal, ImportReject, ImportRun, JOURNALED};
use crate::store::schema::words::RunState;
use crate::store::session::lock;
use crate::store::session::store::Store;

/// The entries of the journal that are read at once.
const ENTRIES: usize = 8;

/// What a rollback does to one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RollbackTally {
    /// Rows that the run has inserted and that are deleted.
    pub(crate) deleted: u64,
    /// Updates that are undone; one row may have several.
    pub(crate) restored: u64,
    /// Rows that the run has deleted and that are inserted again.
    pub(crate) brought_back: u64,
}

/// What a rollback would do, and what prevents it.
#[derive(Debug)]
pub(crate) struct RollbackPlan {
    /// The run.
    pub(crate) run: ImportRun,
    /// Newer runs that have written nothing, the newest first: they are closed with it.
    pub(crate) empty: Vec<ImportRun>,
    /// What is done to each table, by the table's name.
    pub(crate) tables: BTreeMap<&'static str, RollbackTally>,
    /// The rows that are left alone.
    pub(crate) conflicts: Conflicts,
    /// The number of batches that are still to be undone.
    pub(crate) batches: u64,
}

/// The run that is to be undone.
#[derive(Debug)]
pub(crate) struct ChosenRun {
    run: ImportRun,
    empty: Vec<ImportRun>,
}

/// The run that is to be undone: the one with this id, or the newest that has written something and was not rolled
/// back. With it, the newer ones that have written nothing and so are in nobody's way.
///
/// # Errors
/// Exit code 2 when there is no such run, 5 when a newer run must be rolled back first or a run was purged.
pub(crate) fn choose(store: &mut Store, id: Option<&str>) -> anyhow::Result<ChosenRun> {
    let mut standing = queries::runs::standing_newest_first(store)?;
    let mut writes = None;
    for (at, run) in standing.iter().enumerate() {
        if id == Some(run.id.as_str()) || has_written(store, run)? {
            writes = Some(at);
            break;
        }
    }
    // Where none has written anything, the newest is the one that is closed.
    let empty: Vec<ImportRun> = standing.drain(..writes.unwrap_or(0)).collect();
    let newest = standing.first().map(|run| run.id.clone());
    let purged = standing.first().filter(|run| run.purged_at.is_some()).cloned();
    let wanted = id.map(str::to_owned).or(newest.clone());
    let Some(wanted) = wanted else {
        return Err(Failure::usage(tr!("no import stands in this database")));
    };
    let Some(run) = standing.into_iter().find(|run| run.id == wanted) else {
        return Err(match runs::find(store, Some(&wanted))? {
            Some(_) => Failure::usage(tr!("run {wanted} has been rolled back already")),
            None => Failure::usage(tr!("no run {wanted} in this database")),
        });
    };
    if let Some((newest, at)) = purged.and_then(|run| Some((run.id, run.purged_at?))) {
        let before = if newest == run.id { "" } else { tr!(", and it is newer") };
        return Err(Failure::refused(tr!(
            "run {newest} was purged {}: its before-images are gone, it cannot be rolled back{before}",
            at.spoken()
        )));
    }
    match newest.filter(|newest| *newest != run.id) {
        Some(newest) => Err(Failure::refused(tr!(
            "run {newest} is newer and may rest on {wanted}; the newest goes first: \
             `sejoli-migrate rollback {newest}`"
        ))),
        None => Ok(ChosenRun { run, empty }),
    }
}

/// Whether there is, or was until a purge, anything of a run that could be undone.
fn has_written(store: &mut Store, run: &ImportRun) -> anyhow::Result<bool> {
    let begun = run.state == RunState::RollingBack || run.purged_at.is_some();
    Ok(begun || !queries::journal::entry_ids(store, &run.id)?.is_empty())
}

/// Plans a rollback: reads every row that it would change, and writes nothing.
///
/// # Errors
/// A journal that cannot be read, or the database's own.
pub(crate) fn plan(
    store: &mut Store,
    ChosenRun { run, empty }: ChosenRun,
    progress: &mut dyn Progress,
) -> anyhow::Result<RollbackPlan> {
    let entries = queries::journal::entry_ids(store, &run.id)?;
    progress.begin("checking", entries.len() as u64);
    tracing::info!(run = %run.id, phase = "checking", batches = entries.len(), "phase begun");
    let mut search = ConflictSearch::new(store.catalogue()?, run.started_at);
    let mut tables: BTreeMap<&'static str, RollbackTally> = BTreeMap::new();
    for page in entries.chunks(ENTRIES) {
        let entries = store.answer(queries::journal::entries(store, page))?;
        let images: Vec<Vec<Image>> =
            entries.iter().map(|entry| journal::decode(&entry.images)).collect::<anyhow::Result<_>>()?;
        let now = search.look_at(store, &images)?;
        for images in &images {
            search.batch(store, &now, images)?;
            for image in images.iter().filter(|image| !search.conflicts().contains(image)) {
                count(&mut tables, image);
            }
        }
        progress.advance(page.len() as u64);
    }
    let conflicts = search.finish(store)?;
    tracing::info!(run = %run.id, phase = "checking", conflicts = conflicts.list().len(), "phase ended");
    Ok(RollbackPlan { run, empty, tables, conflicts, batches: entries.len() as u64 })
}

/// Tells of every row that the rollback would change; rows in conflict are left out.
///
/// # Errors
/// A journal that cannot be read, the database's own, and those of `changes`.
pub(crate) fn tell_changes(
    store: &mut Store,
    plan: &RollbackPlan,
    changes: &mut dyn ChangeSink,
) -> anyhow::Result<()> {
    let stays = |image: &Image| plan.conflicts.contains(image);
    row_changes::of_run(store, &plan.run.id, Direction::Undone, &stays, changes)
}

/// Undoes the run, batch by batch; rows in conflict stay as they are.
///
/// # Errors
/// Exit code 5 when a row was edited, or came to depend on the run, after the rollback was planned. What
/// was undone until then stays undone, and the same command goes on.
pub(crate) fn carry_out(
    store: &mut Store,
    plan: &RollbackPlan,
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    progress.begin("rolling back", plan.batches);
    let began = std::time::Instant::now();
    tracing::info!(run = %plan.run.id, phase = "rolling back", batches = plan.batches, "phase begun");
    while !undo_journal(store, plan, attempts, progress)? {}
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(run = %plan.run.id, phase = "rolling back", elapsed_ms, "phase ended");
    Ok(())
}

/// Undoes what the journal has of the run, and ends the rollback. Whether that is all of it: after another connection the
/// journal is read anew, since a replica may have taken over that has not heard of the batches undone last.
fn undo_journal(
    store: &mut Store,
    plan: &RollbackPlan,
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
) -> anyhow::Result<bool> {
    let remaining = |store: &mut Store| {
        anyhow::Ok((store.catalogue()?, queries::journal::entry_ids(store, &plan.run.id)?))
    };
    retry_transient(store, attempts, progress, |store| store.transaction(|store| begin(store, plan)))?;
    let (catalogue, entries) = retry_transient(store, attempts, progress, remaining)?;
    store.let_commits_lag(true);
    let undone = undo_entries(store, plan, (&catalogue, &entries), attempts, progress);
    store.let_commits_lag(false);
    if !undone? {
        return Ok(false);
    }
    retry_transient(store, attempts, progress, |store| {
        // A server that has lost batches behind a pooler, which hides that, has their entries again.
        if !queries::journal::entry_ids(store, &plan.run.id)?.is_empty() {
            return Ok(false);
        }
        store.transaction(|store| finish(store, plan)).map(|()| true)
    })
}

/// Undoes entries of the journal, each in a transaction of its own. Whether all of them are undone: after another connection
/// the rest is left.
fn undo_entries(
    store: &mut Store,
    plan: &RollbackPlan,
    (catalogue, entries): (&Catalogue, &[String]),
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
) -> anyhow::Result<bool> {
    let connections = attempts.reconnected();
    for page in entries.chunks(ENTRIES) {
        let read = |store: &mut Store| store.answer(queries::journal::entries(store, page));
        for entry in retry_transient(store, attempts, progress, read)? {
            signals::check()?;
            let id = entry.id.clone();
            let mut read_before = Some(entry);
            retry_transient(store, attempts, progress, |store| {
                store.transaction(|store| match read_before.take() {
                    Some(entry) => undo_batch(store, catalogue, plan, &entry),
                    // The entry is gone where the batch was undone and the answer to the commit was lost.
                    None => match queries::journal::entry(store, &id)? {
                        Some(entry) => undo_batch(store, catalogue, plan, &entry),
                        None => Ok(()),
                    },
                })
            })?;
            if attempts.reconnected() > connections {
                return Ok(false);
            }
            tracing::info!(run = %plan.run.id, phase = "rolling back", entry = id, "batch undone");
            progress.advance(1);
        }
    }
    Ok(true)
}

fn begin(store: &mut Store, plan: &RollbackPlan) -> anyhow::Result<()> {
    let state = RunState::RollingBack.into_value();
    store.update::<ImportRun>(&plan.run.id, vec![("state", state)])
}

fn count(tables: &mut BTreeMap<&'static str, RollbackTally>, image: &Image) {
    let tally = tables.entry(JOURNALED[image.table()].name).or_default();
    match image {
        Image::Inserted { .. } => tally.deleted += 1,
        Image::Updated { .. } | Image::Moved { .. } => tally.restored += 1,
        Image::Deleted { .. } => tally.brought_back += 1,
    }
}

fn undo_batch(
    store: &mut Store,
    catalogue: &Catalogue,
    plan: &RollbackPlan,
    entry: &ImportJournal,
) -> anyhow::Result<()> {
    let images = journal::decode(&entry.images)?;
    let search = ConflictSearch::new(catalogue.clone(), plan.run.started_at);
    if let Some(Conflict { table, id, why, .. }) = search.recheck(store, &images, &plan.conflicts)? {
        return Err(Failure::refused(tr!(
            "{table} {id} {why}, after it was looked at; run the same command again"
        )));
    }
    let undo = UndoContext { catalogue, conflicts: &plan.conflicts, written_at: plan.run.started_at };
    undo_images(store, &undo, &images)?;
    let number = entry.batch;
    let log = runs::row_id(&plan.run.id, plan.run.started_at, DataImportLog::TABLE.name, number);
    store.delete_by_id(DataImportLog::TABLE, &log)?;
    store.delete_rows(ImportJournal::TABLE, &[&entry.id])?;
    lock::renew(store, crate::clock::now())
}

/// Ends a rollback whose batches are undone. The run's row stays, in the state `ROLLED_BACK`.
fn finish(store: &mut Store, plan: &RollbackPlan) -> anyhow::Result<()> {
    for run in std::iter::once(&plan.run).chain(&plan.empty) {
        store.delete_rows_of_run(ImportReject::TABLE, &run.id)?;
        delete_logs(store, run)?;
        let now = crate::clock::now();
        let state = RunState::RolledBack.into_value();
        store.update::<ImportRun>(&run.id, vec![("state", state), ("updatedAt", Value::Time(now))])?;
    }
    Ok(())
}

/// Deletes the log lines of batches that have changed nothing, and so have no before-images.
fn delete_logs(store: &mut Store, run: &ImportRun) -> anyhow::Result<()> {
    let batches = runs::checkpoint(run)?.batches;
    let ids: Vec<String> = (1..=batches)
        .map(|batch| runs::row_id(&run.id, run.started_at, DataImportLog::TABLE.name, batch))
        .collect();
    for id in &ids {
        store.delete_by_id(DataImportLog::TABLE, id)?;
    }
    Ok(())
}

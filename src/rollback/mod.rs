//! Rollback: one run undone from its before-images, exactly, the newest batch first (L26).
//!
//! First everything is looked at and nothing is written: a row that somebody has edited since, or on
//! which a row of the app has come to depend, is a conflict, and by default one conflict refuses all.
//! Then each batch is undone in a transaction of its own, which also takes its before-images away:
//! what is left of the journal is what is left to do, and an interrupted rollback goes on from there.

mod conflicts;
mod past;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::failure::Failure;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient};
pub use crate::rollback::conflicts::{Conflict, Conflicts};
use crate::signals;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::history::journal;
use crate::store::history::journal::Image;
use crate::store::history::runs;
use crate::store::history::runs::state;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::tables::{DataImportLog, ImportJournal, ImportReject, ImportRun, JOURNALED};
use crate::store::session::lock;
use crate::store::session::store::Store;

/// How often a failure that passes is met by trying again.
pub const RETRIES: u32 = 5;

/// What a rollback does, or has done, to one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RollbackTally {
    /// Rows of the run that go.
    pub deleted: u64,
    /// Changes that are taken back.
    pub restored: u64,
    /// Rows that come back.
    pub brought_back: u64,
}

/// A rollback that has been looked at.
#[derive(Debug)]
pub struct RollbackPlan {
    /// The run.
    pub run: ImportRun,
    /// By table.
    pub tables: BTreeMap<&'static str, RollbackTally>,
    /// What stands in the way.
    pub conflicts: Conflicts,
    /// Batches that are still to be undone.
    pub batches: u64,
}

/// The run that is to be undone: the named one, or the newest that stands.
///
/// # Errors
/// Exit code 2 when there is none, 5 when a newer run must go first.
pub fn choose(store: &mut Store, id: Option<&str>) -> anyhow::Result<ImportRun> {
    let standing: Vec<ImportRun> = store.select(
        "WHERE \"state\" <> ? ORDER BY \"startedAt\" DESC, \"id\" DESC",
        &[Cell::Text(state::ROLLED_BACK.to_owned())],
    )?;
    let newest = standing.first().map(|run| run.id.clone());
    let purged = standing.first().filter(|run| run.purged_at.is_some()).cloned();
    let wanted = id.map(str::to_owned).or(newest.clone());
    let Some(wanted) = wanted else {
        return Err(Failure::usage("no import stands in this database"));
    };
    let Some(run) = standing.into_iter().find(|run| run.id == wanted) else {
        return Err(match runs::find(store, Some(&wanted))? {
            Some(_) => Failure::usage(format!("run {wanted} has been rolled back already")),
            None => Failure::usage(format!("no run {wanted} in this database")),
        });
    };
    if let Some((newest, at)) = purged.and_then(|run| Some((run.id, run.purged_at?))) {
        let before = if newest == run.id { "" } else { ", and it is newer" };
        return Err(Failure::refused(format!(
            "run {newest} was purged {at}: its before-images are gone, it cannot be rolled back{before}"
        )));
    }
    match newest.filter(|newest| *newest != run.id) {
        Some(newest) => Err(Failure::refused(format!(
            "run {newest} is newer and may rest on {wanted}; the newest goes first: \
             `sejoli-migrate rollback {newest}`"
        ))),
        None => Ok(run),
    }
}

/// Looks at everything that a rollback would touch; writes nothing.
///
/// # Errors
/// A journal that cannot be read, or the database's own.
pub fn plan(store: &mut Store, run: ImportRun, progress: &mut dyn Progress) -> anyhow::Result<RollbackPlan> {
    let entries = entries(store, &run)?;
    progress.begin("checking", entries.len() as u64);
    tracing::info!(run = %run.id, phase = "checking", batches = entries.len(), "phase begun");
    let mut looking = conflicts::Looking::new(store.catalogue()?, run.started_at);
    let mut tables: BTreeMap<&'static str, RollbackTally> = BTreeMap::new();
    for id in &entries {
        let images = images(store, id)?;
        looking.batch(store, &images)?;
        for image in images.iter().filter(|image| !looking.conflicts().keeps(image)) {
            count(&mut tables, image);
        }
        progress.advance(1);
    }
    let conflicts = looking.conflicts().list().len();
    tracing::info!(run = %run.id, phase = "checking", conflicts, "phase ended");
    Ok(RollbackPlan { run, tables, conflicts: looking.into_conflicts(), batches: entries.len() as u64 })
}

/// Undoes the run, batch by batch; rows in conflict stay as they are.
///
/// # Errors
/// Exit code 5 when a row came to depend on the run while it was being undone. What was undone until
/// then stays undone, and the same command goes on.
pub fn carry_out(
    store: &mut Store,
    plan: &RollbackPlan,
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    progress.begin("rolling back", plan.batches);
    let began = std::time::Instant::now();
    tracing::info!(run = %plan.run.id, phase = "rolling back", batches = plan.batches, "phase begun");
    retry_transient(store, attempts, progress, |store| store.transaction(|store| begin(store, plan)))?;
    let left = |store: &mut Store| anyhow::Ok((store.catalogue()?, entries(store, &plan.run)?));
    let (catalogue, entries) = retry_transient(store, attempts, progress, left)?;
    for id in entries {
        signals::check()?;
        retry_transient(store, attempts, progress, |store| {
            store.transaction(|store| undo_batch(store, &catalogue, plan, &id))
        })?;
        tracing::info!(run = %plan.run.id, phase = "rolling back", entry = id, "batch undone");
        progress.advance(1);
    }
    retry_transient(store, attempts, progress, |store| store.transaction(|store| close(store, plan)))?;
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(run = %plan.run.id, phase = "rolling back", elapsed_ms, "phase ended");
    Ok(())
}

fn begin(store: &mut Store, plan: &RollbackPlan) -> anyhow::Result<()> {
    let state = Value::Text(state::ROLLING_BACK.to_owned());
    store.update::<ImportRun>(&plan.run.id, vec![("state", state)])
}

/// The run's journal entries that are left, the newest first.
fn entries(store: &mut Store, run: &ImportRun) -> anyhow::Result<Vec<String>> {
    let of_run = "WHERE \"runId\" = ? ORDER BY \"batch\" DESC";
    let key = Cell::Text(run.id.clone());
    let found: Vec<(String,)> = store.columns_where(ImportJournal::TABLE, &["id"], of_run, &[key])?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

fn entry(store: &mut Store, id: &str) -> anyhow::Result<Option<ImportJournal>> {
    let found: Vec<ImportJournal> = store.select_in("id", &[id])?;
    Ok(found.into_iter().next())
}

fn images(store: &mut Store, id: &str) -> anyhow::Result<Vec<Image>> {
    entry(store, id)?.map_or_else(|| Ok(Vec::new()), |entry| journal::decode(&entry.images))
}

fn count(tables: &mut BTreeMap<&'static str, RollbackTally>, image: &Image) {
    let tally = tables.entry(JOURNALED[image.table()].name).or_default();
    match image {
        Image::Inserted { .. } => tally.deleted += 1,
        Image::Updated { .. } => tally.restored += 1,
        Image::Deleted { .. } => tally.brought_back += 1,
    }
}

fn undo_batch(store: &mut Store, catalogue: &Catalogue, plan: &RollbackPlan, id: &str) -> anyhow::Result<()> {
    // Gone already when the answer to a commit was lost.
    let Some(entry) = entry(store, id)? else { return Ok(()) };
    let images = journal::decode(&entry.images)?;
    let looking = conflicts::Looking::new(catalogue.clone(), plan.run.started_at);
    if let Some(Conflict { table, id, why, .. }) = looking.once_more(store, &images, &plan.conflicts)? {
        return Err(Failure::refused(format!(
            "{table} {id} {why}, after it was looked at; run the same command again"
        )));
    }
    let undone = images.iter().rev().filter(|image| !plan.conflicts.keeps(image));
    let mut made: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for image in undone {
        match image {
            Image::Inserted { table, id, .. } => made.entry(usize::from(*table)).or_default().push(id),
            Image::Updated { id, before, .. } => store.put_back(JOURNALED[image.table()], id, before)?,
            Image::Deleted { before, .. } => store.bring_back(JOURNALED[image.table()], before)?,
        }
    }
    for (table, ids) in made.into_iter().rev() {
        let table = JOURNALED[table];
        if let Some(found) = store.references(catalogue, table, &ids)?.into_iter().next() {
            return Err(Failure::refused(format!(
                "{} {} has come to depend on {} {} since it was looked at; run the same command again",
                found.table,
                found.id.unwrap_or_default(),
                table.name,
                found.parent
            )));
        }
        store.delete_rows(table, &ids)?;
    }
    let number = entry.batch;
    let log = runs::row_id(&plan.run.id, plan.run.started_at, DataImportLog::TABLE.name, number);
    delete_where(store, DataImportLog::TABLE.name, "id", &log)?;
    lock::beat(store, crate::clock::now())?;
    delete_where(store, ImportJournal::TABLE.name, "id", id)
}

/// What is left of the run when its batches are undone: a line that it was.
fn close(store: &mut Store, plan: &RollbackPlan) -> anyhow::Result<()> {
    delete_where(store, ImportReject::TABLE.name, "runId", &plan.run.id)?;
    delete_logs(store, plan)?;
    let now = crate::clock::now();
    let state = Value::Text(state::ROLLED_BACK.to_owned());
    store.update::<ImportRun>(&plan.run.id, vec![("state", state), ("updatedAt", Value::Time(now))])
}

/// The log lines of batches that have changed nothing, and so have left no before-images.
fn delete_logs(store: &mut Store, plan: &RollbackPlan) -> anyhow::Result<()> {
    let batches = runs::checkpoint(&plan.run)?.batches;
    let ids: Vec<String> = (1..=batches)
        .map(|batch| runs::row_id(&plan.run.id, plan.run.started_at, DataImportLog::TABLE.name, batch))
        .collect();
    for id in &ids {
        delete_where(store, DataImportLog::TABLE.name, "id", id)?;
    }
    Ok(())
}

fn delete_where(store: &mut Store, table: &str, column: &str, key: &str) -> anyhow::Result<()> {
    store
        .execute(&format!("DELETE FROM \"{table}\" WHERE \"{column}\" = ?"), &[Cell::Text(key.to_owned())])?;
    Ok(())
}

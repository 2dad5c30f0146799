//! Purge: deletes what is kept of a run beyond its result, when the time to keep it is over.
//!
//! The before-images, the rejects and the source's cells hold personal data that the app itself does
//! not need. What later imports need to recognise an edit stays: fingerprints of the cells and of what
//! was written, periods of memberships, the books. Without before-images there is no rollback.

use crate::domain::source_payload::{PayloadError, SourcePayload};
use crate::language::tr;
use serde::Serialize;

use crate::clock::now;
use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient};
use crate::signals;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{JsonText, Value};
use crate::store::history::runs;
use crate::store::queries;
use crate::store::queries::kept_rows::{PAYLOAD_TABLES, PayloadTable};
use crate::store::schema::tables::{ImportJournal, ImportReject, ImportRun};
use crate::store::schema::words::RunState;
use crate::store::session::lock;
use crate::store::session::store::Store;

/// Rows whose cells go in one transaction.
const PAGE: usize = 500;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What is deleted, or was deleted, with a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct PurgeTally {
    /// The run's id.
    pub(crate) run: String,
    /// Batches of before-images.
    pub(crate) batches: u64,
    /// Rejected and held rows, with their reasons.
    pub(crate) rejects: u64,
    /// Kept source rows whose cells are deleted.
    pub(crate) payloads: u64,
    /// Kept source rows that a later run has written again; their cells are purged with that run.
    pub(crate) left: u64,
    /// The folder of the run's files, if it is there; deleting it is left to the operator.
    pub(crate) folder: Option<String>,
}

/// The runs to purge: the one with an id, or all that are over, not purged yet and older than a number of
/// days. With both, the one must be older than that.
///
/// # Errors
/// Exit code 2 for a run that is not in the database, 5 for one that is not over or too young.
pub(crate) fn choose(
    store: &mut Store,
    id: Option<&str>,
    days: Option<u32>,
) -> anyhow::Result<Vec<ImportRun>> {
    let before = days.map(|days| Millis(now().0 - i64::from(days) * DAY_MS));
    let is_old = |run: &ImportRun| before.is_none_or(|before| run.started_at < before);
    let Some(id) = id else {
        let all = queries::runs::oldest_first(store)?;
        let due = |run: &ImportRun| is_over(run) && run.purged_at.is_none() && is_old(run);
        return Ok(all.into_iter().filter(due).collect());
    };
    let Some(run) = runs::find(store, Some(id))? else {
        return Err(Failure::usage(tr!("no run {id} in this database")));
    };
    match run.state {
        RunState::Running => Err(Failure::refused(tr!(
            "run {id} is not complete: finish it with its own command, or leave it behind with --restart"
        ))),
        RunState::RollingBack => Err(Failure::refused(tr!(
            "run {id} is half undone; finish that first: `sejoli-migrate rollback {id} --yes`"
        ))),
        _ if !is_old(&run) => Err(Failure::refused(tr!(
            "run {id} is not as old as --older-than says: it began {}",
            run.started_at.spoken()
        ))),
        _ => Ok(vec![run]),
    }
}

fn is_over(run: &ImportRun) -> bool {
    matches!(run.state, RunState::Completed | RunState::Superseded)
}

/// What a purge of a run would delete; writes nothing.
///
/// # Errors
/// Those of the database; a checkpoint that cannot be read.
pub(crate) fn look(store: &mut Store, run: &ImportRun) -> anyhow::Result<PurgeTally> {
    let mut tally = PurgeTally {
        run: run.id.clone(),
        batches: store.count_rows_of_run(ImportJournal::TABLE, &run.id)?,
        rejects: store.count_rows_of_run(ImportReject::TABLE, &run.id)?,
        folder: runs::checkpoint(run)?.folder.filter(|folder| std::path::Path::new(folder).is_dir()),
        ..PurgeTally::default()
    };
    let others = rollback_times(store, run)?;
    for table in PAYLOAD_TABLES {
        let mut last_id = String::new();
        while let Some(page) = PurgePage::next(store, table, run, &others, &mut last_id)? {
            tally.payloads += page.stripped.len() as u64;
            tally.left += page.left;
        }
    }
    Ok(tally)
}

/// Purges a run, page by page. After an interruption the same command goes on; from its first transaction
/// on the run cannot be rolled back.
///
/// # Errors
/// Those of the database.
pub(crate) fn carry_out(
    store: &mut Store,
    run: &ImportRun,
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    progress.begin("purging", 0);
    let began = std::time::Instant::now();
    tracing::info!(run = %run.id, phase = "purging", "phase begun");
    let others = rollback_times(store, run)?;
    retry_transient(store, attempts, progress, |store| store.transaction(|store| mark_purged(store, run)))?;
    for table in PAYLOAD_TABLES {
        let mut last_id = String::new();
        while let Some(page) = PurgePage::next(store, table, run, &others, &mut last_id)? {
            signals::check()?;
            progress.advance(page.stripped.len() as u64);
            retry_transient(store, attempts, progress, |store| {
                store.transaction(|store| {
                    lock::renew(store, now())?;
                    table.replace(store, page.stripped.clone())
                })
            })?;
            let (table, rows) = (table.name(), page.stripped.len());
            tracing::info!(run = %run.id, phase = "purging", table, rows, "batch purged");
        }
    }
    for table in [ImportReject::TABLE, ImportJournal::TABLE] {
        signals::check()?;
        retry_transient(store, attempts, progress, |store| {
            store.transaction(|store| store.delete_rows_of_run(table, &run.id))
        })?;
    }
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(run = %run.id, phase = "purging", elapsed_ms, "phase ended");
    Ok(())
}

fn mark_purged(store: &mut Store, run: &ImportRun) -> anyhow::Result<()> {
    let at = run.purged_at.unwrap_or_else(now);
    store.update::<ImportRun>(&run.id, vec![("purgedAt", Value::Time(at))])
}

/// When the other runs began that can still be rolled back. A rollback compares the rows that they wrote
/// last, which are therefore left as they are.
fn rollback_times(store: &mut Store, run: &ImportRun) -> anyhow::Result<Vec<Millis>> {
    let all: Vec<ImportRun> = store.all_rows()?;
    let stands = |other: &ImportRun| {
        other.id != run.id && other.purged_at.is_none() && other.state != RunState::RolledBack
    };
    Ok(all.into_iter().filter(stands).map(|other| other.started_at).collect())
}

/// The kept source rows of a run in a page of a table.
struct PurgePage {
    /// The rows' ids, and their payloads without the source's cells.
    stripped: Vec<(String, JsonText)>,
    /// How many rows are left to a later run.
    left: u64,
}

impl PurgePage {
    /// The page behind `last_id`, which moves on to its last row; `None` at the end of the table.
    fn next(
        store: &mut Store,
        table: PayloadTable,
        run: &ImportRun,
        others: &[Millis],
        last_id: &mut String,
    ) -> anyhow::Result<Option<Self>> {
        let Some(found) = table.page_of_run(store, run.started_at, last_id, PAGE)? else { return Ok(None) };
        *last_id = found.last_id;
        let mut page = Self { stripped: Vec::new(), left: 0 };
        for row in found.rows {
            let Some(stripped) = without_cells(&row.payload)? else { continue };
            if others.contains(&row.updated_at) {
                page.left += 1;
            } else {
                page.stripped.push((row.id, stripped));
            }
        }
        Ok(Some(page))
    }
}

/// A payload without its cells; none when it has no cells, or is damaged.
///
/// # Errors
/// A later release has written it: its cells may stand where this one does not look.
fn without_cells(payload: &JsonText) -> Result<Option<JsonText>, PayloadError> {
    match SourcePayload::parse(&payload.0) {
        Ok(payload) => Ok(payload.without_cells().map(|payload| JsonText(payload.to_json()))),
        Err(PayloadError::Damaged(_)) => Ok(None),
        Err(newer @ PayloadError::Newer(_)) => Err(newer),
    }
}

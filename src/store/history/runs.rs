//! Runs of an import: their state, their checkpoints and their books.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Field as _, JsonText, Value};
use crate::store::engines::transient::StalePlan;
use crate::store::schema::tables::{DataImportLog, ImportRun};
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// How far a run has come. It is committed with each batch, so that a resumed run repeats nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Batches committed so far, over all phases.
    pub batches: i64,
    /// The phases that are complete.
    pub done: Vec<String>,
    /// The phase that is in progress.
    pub phase: Option<String>,
    /// The number of records of that phase that are committed.
    pub records: u64,
    /// The books of every phase.
    pub books: Vec<(String, Books)>,
    /// The number of records of each phase that has begun; a part of a shared import does not know it.
    #[serde(default)]
    pub totals: BTreeMap<String, u64>,
    /// The folder of the run's output files.
    #[serde(default)]
    pub folder: Option<String>,
    /// How the command was typed that works on the run, until it ends; earlier versions have not kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked: Option<Invocation>,
}

/// A command as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The folder in which it ran.
    pub folder: String,
    /// Its arguments, without those that may hold a password.
    pub arguments: Vec<String>,
}

impl Checkpoint {
    /// Whether a phase is complete.
    pub fn is_done(&self, phase: &str) -> bool {
        self.done.iter().any(|done| done == phase)
    }

    /// The number of records of a phase that are committed and must be skipped, if that phase is in progress.
    pub fn records_of(&self, phase: &str) -> u64 {
        if self.phase.as_deref() == Some(phase) { self.records } else { 0 }
    }

    /// The books of a phase, which are added where there are none yet.
    pub fn books_mut(&mut self, phase: &str) -> &mut Books {
        let at = match self.books.iter().position(|(name, _)| name == phase) {
            Some(at) => at,
            None => {
                self.books.push((phase.to_owned(), Books::default()));
                self.books.len() - 1
            }
        };
        &mut self.books[at].1
    }
}

/// A run that a command works on.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id: the time of its start, the part's id in a shared import, and a hash of the context.
    pub id: String,
    /// When it began. This is also the `updatedAt` of every row that it writes.
    pub started_at: Millis,
    /// Whether it was interrupted before and is resumed.
    pub resumed: bool,
    /// How far it has come.
    pub checkpoint: Checkpoint,
    /// When that was stored last. Where another time stands in the database, it is another one: a server has taken over that
    /// had not heard of the last batches, behind a pooler that hides it.
    pub stored_at: Millis,
}

/// The runs in a state, the newest first.
///
/// # Errors
/// Those of reading the table.
pub(crate) fn find_by_state(store: &mut Store, state: RunState) -> anyhow::Result<Vec<ImportRun>> {
    store.select("WHERE \"state\" = ? ORDER BY \"startedAt\" DESC", &[Cell::Text(state.as_str().to_owned())])
}

/// The run of an id, or the last one; `None` where there is none.
///
/// # Errors
/// Those of reading the table.
pub fn find(store: &mut Store, id: Option<&str>) -> anyhow::Result<Option<ImportRun>> {
    let rows: Vec<ImportRun> = match id {
        Some(id) => store.select_in("id", &[id])?,
        None => store.select("ORDER BY \"startedAt\" DESC, \"id\" DESC LIMIT 1", &[])?,
    };
    Ok(rows.into_iter().next())
}

/// The checkpoint of a stored run.
///
/// # Errors
/// A checkpoint of a form that this version of the tool does not know.
pub fn checkpoint(row: &ImportRun) -> anyhow::Result<Checkpoint> {
    serde_json::from_str(&row.checkpoint.0).context("the run's checkpoint cannot be read")
}

/// The summary of a row of DataImportLog.
#[derive(Deserialize)]
struct LoggedBatch {
    phase: String,
    books: Books,
}

/// The books of a run by phase, added up from its rows in DataImportLog as the app's own pages do it. A
/// rollback deletes these rows; after that, the books of the checkpoint are returned.
///
/// # Errors
/// Those of reading the table; a summary that cannot be read.
pub(crate) fn logged_books(
    store: &mut Store,
    row: &ImportRun,
    checkpoint: &Checkpoint,
) -> anyhow::Result<Vec<(String, Books)>> {
    if matches!(row.state, RunState::RolledBack | RunState::RollingBack) {
        return Ok(checkpoint.books.clone());
    }
    let mut sums = Checkpoint::default();
    for summary in log_lines(store, row, checkpoint)?.into_iter().filter_map(|line| line.summary) {
        let LoggedBatch { phase, books } = logged(&summary)?;
        sums.books_mut(&phase).merge(&books);
    }
    Ok(sums.books)
}

fn log_lines(
    store: &mut Store,
    row: &ImportRun,
    checkpoint: &Checkpoint,
) -> anyhow::Result<Vec<DataImportLog>> {
    let log_id = |batch| row_id(&row.id, row.started_at, DataImportLog::TABLE.name, batch);
    let ids: Vec<String> = (1..=checkpoint.batches).map(log_id).collect();
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut lines: Vec<DataImportLog> = store.select_in("id", &keys)?;
    lines.sort_by_key(|line| line.batch_number);
    Ok(lines)
}

fn logged(summary: &JsonText) -> anyhow::Result<LoggedBatch> {
    serde_json::from_str(&summary.0).context("a summary in DataImportLog cannot be read")
}

/// When a batch of a run was written.
#[derive(Clone, Debug)]
pub(crate) struct LoggedTime {
    /// The phase.
    pub(crate) phase: String,
    /// The records that it has read.
    pub(crate) records: u64,
    /// When work on it began.
    pub(crate) began: Millis,
    /// When it was committed.
    pub(crate) ended: Millis,
}

/// The times of a run's batches, from its rows in DataImportLog; none once these are rolled back.
///
/// # Errors
/// Those of [`logged_books`].
pub(crate) fn logged_times(
    store: &mut Store,
    row: &ImportRun,
    checkpoint: &Checkpoint,
) -> anyhow::Result<Vec<LoggedTime>> {
    let mut times = Vec::new();
    for line in log_lines(store, row, checkpoint)? {
        let (Some(summary), Some((began, ended))) = (line.summary, line.started_at.zip(line.completed_at))
        else {
            continue;
        };
        let LoggedBatch { phase, books } = logged(&summary)?;
        times.push(LoggedTime { phase, records: books.read.rows, began, ended });
    }
    Ok(times)
}

/// The run that a stored row describes, to be resumed.
///
/// # Errors
/// Those of [`checkpoint`].
pub(crate) fn resumed(row: ImportRun) -> anyhow::Result<Run> {
    let checkpoint = checkpoint(&row)?;
    let ImportRun { id, started_at, updated_at: stored_at, .. } = row;
    Ok(Run { id, started_at, resumed: true, checkpoint, stored_at })
}

/// A new run; nothing is written yet. `part` is the id of the part in a shared import.
pub(crate) fn prepare(context: &str, started_at: Millis, part: Option<&str>) -> Run {
    let stamp: String = started_at.to_string().chars().filter(char::is_ascii_digit).collect();
    let part = part.map(|part| format!("{part}-")).unwrap_or_default();
    let id = format!("{}-{}-{part}{}", &stamp[..8], &stamp[8..17], &context[..6]);
    Run { id, started_at, resumed: false, checkpoint: Checkpoint::default(), stored_at: started_at }
}

/// What is recorded of a run when it begins.
#[derive(Clone, Copy, Debug)]
pub struct RunDescription<'a> {
    /// The command, as `SejoliImportRun.command` holds it.
    pub command: &'a str,
    /// A hash of `options`.
    pub context: &'a str,
    /// Everything that the result depends on.
    pub options: &'a serde_json::Value,
    /// For a retry, the id of the run whose rejects are imported.
    pub parent: Option<&'a str>,
    /// The contexts of the other parts of a shared import.
    pub siblings: &'a [String],
}

/// Records the beginning of a run. Interrupted runs, except for siblings, become superseded.
///
/// # Errors
/// A run of the same id; whatever the database refuses.
pub(crate) fn begin(store: &mut Store, run: &Run, about: RunDescription<'_>) -> anyhow::Result<()> {
    anyhow::ensure!(find(store, Some(&run.id))?.is_none(), "run {} has just begun; try again", run.id);
    store.transaction(|store| {
        let left = find_by_state(store, RunState::Running)?;
        for left in left.into_iter().filter(|left| !about.siblings.contains(&left.context)) {
            let state = RunState::Superseded.into_value();
            store.update::<ImportRun>(&left.id, vec![("state", state)])?;
        }
        store.insert(ImportRun {
            id: run.id.clone(),
            command: about.command.to_owned(),
            state: RunState::Running,
            context: about.context.to_owned(),
            options: JsonText(about.options.to_string()),
            checkpoint: JsonText(serde_json::to_string(&run.checkpoint)?),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: run.started_at,
            finished_at: None,
            updated_at: run.started_at,
            parent_id: about.parent.map(str::to_owned),
            purged_at: None,
        })
    })
}

/// Records what a run depends on, where that is only known once it works.
///
/// # Errors
/// Whatever the database refuses.
pub(crate) fn record_options(
    store: &mut Store,
    run: &Run,
    options: &serde_json::Value,
) -> anyhow::Result<()> {
    let options = Value::Json(JsonText(options.to_string()));
    store.update::<ImportRun>(&run.id, vec![("options", options)])
}

/// Saves a run's checkpoint, as part of the transaction of a batch.
///
/// # Errors
/// [`StalePlan`] where the database does not have the checkpoint that was stored last; whatever it refuses.
pub(crate) fn save(store: &mut Store, run: &mut Run, now: Millis) -> anyhow::Result<()> {
    let at = next_time(run, now);
    store_checkpoint(store, run, Vec::new(), at)
}

/// Saves a run's checkpoint and marks the run as completed.
///
/// # Errors
/// Those of [`save`].
pub(crate) fn finish(store: &mut Store, run: &mut Run, now: Millis) -> anyhow::Result<()> {
    let at = next_time(run, now);
    let ended = vec![("state", RunState::Completed.into_value()), ("finishedAt", Value::Time(at))];
    store.transaction(|store| store_checkpoint(store, run, ended, at))
}

/// The time of a checkpoint that is stored now: another one than that of the checkpoint before, also within a millisecond.
fn next_time(run: &Run, now: Millis) -> Millis {
    now.max(Millis(run.stored_at.0 + 1))
}

fn store_checkpoint(
    store: &mut Store,
    run: &mut Run,
    mut set: Vec<(&'static str, Value)>,
    at: Millis,
) -> anyhow::Result<()> {
    set.push(("checkpoint", Value::Json(JsonText(serde_json::to_string(&run.checkpoint)?))));
    set.push(("updatedAt", Value::Time(at)));
    let mut as_stored = vec![("id", Cell::Text(run.id.clone()))];
    if store.has_time_type() {
        // No server takes over from another one with a file, whose times may have been written in another form meanwhile.
        as_stored.push(("updatedAt", store.encode(Value::Time(run.stored_at))));
    }
    if store.set_where::<ImportRun>(set, &as_stored)? == 0 {
        return Err(StalePlan { table: ImportRun::TABLE.name, id: run.id.clone() }.into());
    }
    run.stored_at = at;
    Ok(())
}

/// The id of a row that belongs to a run, such as a journal entry or a reject: the same for the same run,
/// table and number.
pub fn row_id(run: &str, started_at: Millis, table: &str, number: impl std::fmt::Display) -> String {
    crate::domain::ids::id_for(table, &format!("{run}/{number}"), started_at)
}

/// The number of runs that are not rolled back.
///
/// # Errors
/// Those of reading the table.
pub(crate) fn count_not_rolled_back(store: &mut Store) -> anyhow::Result<usize> {
    let sql = format!("SELECT count(*) FROM \"{}\" WHERE \"state\" <> ?", ImportRun::TABLE.name);
    let rows = store.query(&sql, &[Cell::Text(RunState::RolledBack.as_str().to_owned())])?;
    match rows.first().and_then(|row| row.first()) {
        Some(Cell::Int(count)) => Ok(usize::try_from(*count)?),
        _ => Ok(0),
    }
}

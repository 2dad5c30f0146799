//! Runs: who is at it, where it stands, and what it has counted so far.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, JsonText, Value};
use crate::store::schema::tables::{DataImportLog, ImportRun};
use crate::store::session::store::Store;

/// The states of a run.
pub mod state {
    /// Going on, or interrupted: the same command resumes it.
    pub const RUNNING: &str = "RUNNING";
    /// Done; the books balance.
    pub const COMPLETED: &str = "COMPLETED";
    /// Interrupted and left behind: another run was begun instead. It can still be rolled back.
    pub const SUPERSEDED: &str = "SUPERSEDED";
    /// Being undone, or interrupted at it: the same rollback goes on.
    pub const ROLLING_BACK: &str = "ROLLING_BACK";
    /// Undone.
    pub const ROLLED_BACK: &str = "ROLLED_BACK";
}

/// How far a run has come: committed with each batch, so that nothing is ever done twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Batches committed so far, over all phases.
    pub batches: i64,
    /// The phases that are complete.
    pub done: Vec<String>,
    /// The phase that is under way.
    pub phase: Option<String>,
    /// Records of that phase that are committed.
    pub records: u64,
    /// The books of every phase.
    pub books: Vec<(String, Books)>,
    /// How many records the phases have that have begun; a part of a shared import does not know.
    #[serde(default)]
    pub totals: BTreeMap<String, u64>,
    /// The folder in which the run's files lie.
    #[serde(default)]
    pub folder: Option<String>,
}

impl Checkpoint {
    /// Whether a phase is complete.
    pub fn is_done(&self, phase: &str) -> bool {
        self.done.iter().any(|done| done == phase)
    }

    /// Records of a phase that are committed already.
    pub fn records_of(&self, phase: &str) -> u64 {
        if self.phase.as_deref() == Some(phase) { self.records } else { 0 }
    }

    /// The books of a phase.
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

/// A run as the rest of the tool sees it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id: the start time and a hash of the context, readable and sortable.
    pub id: String,
    /// When it began; the `updatedAt` of everything it writes.
    pub started_at: Millis,
    /// Whether an interrupted run goes on.
    pub resumed: bool,
    /// How far it has come.
    pub checkpoint: Checkpoint,
}

/// The runs in a state, the newest first.
pub(crate) fn find_by_state(store: &mut Store, state: &str) -> anyhow::Result<Vec<ImportRun>> {
    store.select("WHERE \"state\" = ? ORDER BY \"startedAt\" DESC", &[Cell::Text(state.to_owned())])
}

/// A run by its id, or the last one.
pub fn find(store: &mut Store, id: Option<&str>) -> anyhow::Result<Option<ImportRun>> {
    let rows: Vec<ImportRun> = match id {
        Some(id) => store.select_in("id", &[id])?,
        None => store.select("ORDER BY \"startedAt\" DESC, \"id\" DESC LIMIT 1", &[])?,
    };
    Ok(rows.into_iter().next())
}

/// The checkpoint of a stored run.
pub fn checkpoint(row: &ImportRun) -> anyhow::Result<Checkpoint> {
    serde_json::from_str(&row.checkpoint.0).context("the run's checkpoint cannot be read")
}

/// What a line of DataImportLog says in its summary.
#[derive(Deserialize)]
struct LoggedBatch {
    phase: String,
    books: Books,
}

/// The books of a run by phase, added up from its lines in DataImportLog: the app's own pages can do
/// the same. A rollback takes the lines away; then the checkpoint says what was.
pub(crate) fn logged_books(
    store: &mut Store,
    row: &ImportRun,
    checkpoint: &Checkpoint,
) -> anyhow::Result<Vec<(String, Books)>> {
    if matches!(row.state.as_str(), state::ROLLED_BACK | state::ROLLING_BACK) {
        return Ok(checkpoint.books.clone());
    }
    let log_id = |batch| row_id(&row.id, row.started_at, DataImportLog::TABLE.name, batch);
    let ids: Vec<String> = (1..=checkpoint.batches).map(log_id).collect();
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut lines: Vec<DataImportLog> = store.select_in("id", &keys)?;
    lines.sort_by_key(|line| line.batch_number);
    let mut sums = Checkpoint::default();
    for summary in lines.into_iter().filter_map(|line| line.summary) {
        let LoggedBatch { phase, books } =
            serde_json::from_str(&summary.0).context("a line of DataImportLog")?;
        sums.books_mut(&phase).merge(&books);
    }
    Ok(sums.books)
}

/// A run that goes on.
pub(crate) fn resumed(row: ImportRun) -> anyhow::Result<Run> {
    let checkpoint = checkpoint(&row)?;
    Ok(Run { id: row.id, started_at: row.started_at, resumed: true, checkpoint })
}

/// A run that is about to begin, of a part of an import where there are several; nothing is written
/// yet.
pub(crate) fn prepare(context: &str, started_at: Millis, part: Option<&str>) -> Run {
    let stamp: String = started_at.to_string().chars().filter(char::is_ascii_digit).collect();
    let part = part.map(|part| format!("{part}-")).unwrap_or_default();
    let id = format!("{}-{}-{part}{}", &stamp[..8], &stamp[8..17], &context[..6]);
    Run { id, started_at, resumed: false, checkpoint: Checkpoint::default() }
}

/// What is kept of a run from its beginning.
#[derive(Clone, Copy, Debug)]
pub struct RunDescription<'a> {
    /// What is imported.
    pub command: &'a str,
    /// A short name of everything that the result depends on.
    pub context: &'a str,
    /// All of that.
    pub options: &'a serde_json::Value,
    /// The run whose rejects it imports.
    pub parent: Option<&'a str>,
    /// The contexts of the runs that are parts of the same import.
    pub siblings: &'a [String],
}

/// Begins a run; interrupted ones are left behind for good.
pub(crate) fn begin(store: &mut Store, run: &Run, about: RunDescription<'_>) -> anyhow::Result<()> {
    anyhow::ensure!(find(store, Some(&run.id))?.is_none(), "run {} has just begun; try again", run.id);
    store.transaction(|store| {
        let left = find_by_state(store, state::RUNNING)?;
        for left in left.into_iter().filter(|left| !about.siblings.contains(&left.context)) {
            let state = Value::Text(state::SUPERSEDED.to_owned());
            store.update::<ImportRun>(&left.id, vec![("state", state)])?;
        }
        store.insert(ImportRun {
            id: run.id.clone(),
            command: about.command.to_owned(),
            state: state::RUNNING.to_owned(),
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

/// Keeps how far a run has come.
pub(crate) fn save(store: &mut Store, run: &Run, now: Millis) -> anyhow::Result<()> {
    let checkpoint = Value::Json(JsonText(serde_json::to_string(&run.checkpoint)?));
    store.update::<ImportRun>(&run.id, vec![("checkpoint", checkpoint), ("updatedAt", Value::Time(now))])
}

/// Marks a run as ended.
pub(crate) fn finish(store: &mut Store, run: &Run, now: Millis) -> anyhow::Result<()> {
    let state = Value::Text(state::COMPLETED.to_owned());
    let checkpoint = Value::Json(JsonText(serde_json::to_string(&run.checkpoint)?));
    let ended = vec![
        ("state", state),
        ("checkpoint", checkpoint),
        ("finishedAt", Value::Time(now)),
        ("updatedAt", Value::Time(now)),
    ];
    store.transaction(|store| store.update::<ImportRun>(&run.id, ended))
}

/// The id under which a run keeps one of its rows.
pub fn row_id(run: &str, started_at: Millis, table: &str, number: impl std::fmt::Display) -> String {
    crate::domain::ids::id_for(table, &format!("{run}/{number}"), started_at)
}

/// The number of runs that still stand.
pub(crate) fn count_not_rolled_back(store: &mut Store) -> anyhow::Result<usize> {
    let sql = format!("SELECT count(*) FROM \"{}\" WHERE \"state\" <> ?", ImportRun::TABLE.name);
    let rows = store.query(&sql, &[Cell::Text(state::ROLLED_BACK.to_owned())])?;
    match rows.first().and_then(|row| row.first()) {
        Some(Cell::Int(count)) => Ok(usize::try_from(*count)?),
        _ => Ok(0),
    }
}

//! Runs: who is at it, where it stands, and what it has counted so far.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Store;
use super::record::Record as _;
use super::tables::ImportRun;
use super::value::{Cell, JsonText, Value};
use crate::domain::date::Millis;
use crate::pipeline::books::Books;

/// The states of a run.
pub mod state {
    /// Going on, or interrupted: the same command resumes it.
    pub const RUNNING: &str = "RUNNING";
    /// Done; the books balance.
    pub const COMPLETED: &str = "COMPLETED";
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
    /// How many records the phases have that have begun.
    #[serde(default)]
    pub totals: BTreeMap<String, u64>,
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

/// The run of this context that was interrupted, if there is one.
pub fn interrupted(store: &mut Store, context: &str) -> anyhow::Result<Option<Run>> {
    let rows: Vec<ImportRun> = store.select(
        "WHERE \"context\" = ? AND \"state\" = ? ORDER BY \"startedAt\" DESC",
        &[Cell::Text(context.to_owned()), Cell::Text(state::RUNNING.to_owned())],
    )?;
    rows.into_iter().next().map(|row| as_run(row, true)).transpose()
}

/// The runs in a state, the newest first.
pub fn in_state(store: &mut Store, state: &str) -> anyhow::Result<Vec<ImportRun>> {
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

fn as_run(row: ImportRun, resumed: bool) -> anyhow::Result<Run> {
    let checkpoint = checkpoint(&row)?;
    Ok(Run { id: row.id, started_at: row.started_at, resumed, checkpoint })
}

/// A run that is about to begin; nothing is written yet.
pub fn prepare(context: &str, started_at: Millis) -> Run {
    let stamp: String = started_at.to_string().chars().filter(char::is_ascii_digit).collect();
    let id = format!("{}-{}-{}", &stamp[..8], &stamp[8..17], &context[..6]);
    Run { id, started_at, resumed: false, checkpoint: Checkpoint::default() }
}

/// Begins a run.
pub fn begin(
    store: &mut Store,
    run: &Run,
    command: &str,
    context: &str,
    options: &serde_json::Value,
) -> anyhow::Result<()> {
    anyhow::ensure!(find(store, Some(&run.id))?.is_none(), "run {} has just begun; try again", run.id);
    store.insert(ImportRun {
        id: run.id.clone(),
        command: command.to_owned(),
        state: state::RUNNING.to_owned(),
        context: context.to_owned(),
        options: JsonText(options.to_string()),
        checkpoint: JsonText(serde_json::to_string(&run.checkpoint)?),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: run.started_at,
        finished_at: None,
        updated_at: run.started_at,
    })
}

/// Keeps how far a run has come.
pub fn save(store: &mut Store, run: &Run, now: Millis) -> anyhow::Result<()> {
    let checkpoint = Value::Json(JsonText(serde_json::to_string(&run.checkpoint)?));
    store.update::<ImportRun>(&run.id, vec![("checkpoint", checkpoint), ("updatedAt", Value::Time(now))])
}

/// Marks a run as ended.
pub fn finish(store: &mut Store, run: &Run, now: Millis) -> anyhow::Result<()> {
    let state = Value::Text(state::COMPLETED.to_owned());
    let checkpoint = Value::Json(JsonText(serde_json::to_string(&run.checkpoint)?));
    store.update::<ImportRun>(
        &run.id,
        vec![
            ("state", state),
            ("checkpoint", checkpoint),
            ("finishedAt", Value::Time(now)),
            ("updatedAt", Value::Time(now)),
        ],
    )
}

/// The id under which a run keeps one of its rows.
pub fn row_id(run: &str, started_at: Millis, table: &str, number: impl std::fmt::Display) -> String {
    crate::domain::ids::id_for(table, &format!("{run}/{number}"), started_at)
}

/// The number of runs that still stand.
pub fn standing(store: &mut Store) -> anyhow::Result<usize> {
    let sql = format!("SELECT count(*) FROM \"{}\" WHERE \"state\" <> ?", ImportRun::TABLE.name);
    let rows = store.query(&sql, &[Cell::Text(state::ROLLED_BACK.to_owned())])?;
    match rows.first().and_then(|row| row.first()) {
        Some(Cell::Int(count)) => Ok(usize::try_from(*count)?),
        _ => Ok(0),
    }
}

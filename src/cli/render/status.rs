//! The result of `status`: all runs, or one of them.

use serde_json::{Value, json};

use crate::cli::render::table::{number, table};
use crate::cli::run_status::{PhaseStatus, RunStatus};
use crate::domain::books::Books;
use crate::domain::run_kind::RunKind;
use crate::store::schema::words::RunState;

/// All runs as a document.
pub(crate) fn list_document(runs: &[RunStatus]) -> Value {
    json!({ "schema_version": 1, "runs": runs })
}

/// All runs as a table.
pub(crate) fn list_text(runs: &[RunStatus]) -> String {
    if runs.is_empty() {
        return "no import has been run on this database\n".to_owned();
    }
    let line = |run: &RunStatus| {
        let sum =
            |pick: &dyn Fn(&Books) -> u64| number(run.phases.iter().map(|phase| pick(&phase.books)).sum());
        vec![
            run.run.clone(),
            RunKind::of(&run.command).words(),
            sum(&|books| books.read.rows),
            sum(&|books| books.created.rows + books.updated.rows),
            sum(&|books| books.left()),
            state_text(run),
        ]
    };
    let rows: Vec<Vec<String>> = runs.iter().map(line).collect();
    table(&["run", "what", "read", "written", "waiting", "state"], &rows)
}

/// A run as a document.
pub(crate) fn document(run: &RunStatus) -> Value {
    json!({ "schema_version": 1, "run": run })
}

/// A run as text, with its phases.
pub(crate) fn text(run: &RunStatus) -> String {
    let kind = RunKind::of(&run.command).words();
    let mut text = format!("Run {}: {kind}, {}\n", run.run, state_text(run));
    if let Some(parent) = &run.parent {
        text.push_str(&format!("A retry of run {parent}\n"));
    }
    if let Some(purged_at) = run.purged_at {
        text.push_str(&format!("Purged {purged_at}: it cannot be rolled back\n"));
    }
    let until = run.finished_at.unwrap_or(run.updated_at);
    text.push_str(&format!(
        "Began {}, last batch {until}: {} batches, {} records a second\n\n",
        run.started_at,
        run.batches,
        number(run.per_second)
    ));
    if let Some(seconds) = run.seconds_left {
        text.push_str(&format!("About {} s are left for the phases that have begun\n\n", number(seconds)));
    }
    let line = |phase: &PhaseStatus| {
        let books = &phase.books;
        let counts =
            [books.read.rows, books.created.rows, books.updated.rows, books.unchanged.rows, books.left()];
        let left = phase.left.map_or("unknown".to_owned(), number);
        std::iter::once(phase.phase.clone()).chain(counts.map(number)).chain([left]).collect()
    };
    let rows: Vec<Vec<String>> = run.phases.iter().map(line).collect();
    text.push_str(&table(&["phase", "read", "created", "updated", "unchanged", "waiting", "to do"], &rows));
    for (code, count) in run.phases.iter().flat_map(|phase| &phase.books.findings) {
        text.push_str(&format!("  {code}  {:>8}\n", number(*count)));
    }
    text
}

/// The state of a run in words.
fn state_text(run: &RunStatus) -> String {
    match (run.state, &run.at_work) {
        (RunState::Running, None) => "interrupted; its own command goes on".to_owned(),
        (RunState::RollingBack, None) => "half undone; the same rollback goes on".to_owned(),
        (_, Some(holder)) => format!("{}: {holder}", run.state.as_str().to_lowercase()),
        (state, None) => state.as_str().to_lowercase().replace('_', " "),
    }
}

//! The result of `status`: all runs, or one of them.

use serde_json::{Value, json};

use crate::cli::render::table::{number, table};
use crate::cli::render::terms;
use crate::cli::run_status::{PhaseStatus, RunStatus};
use crate::domain::books::Books;
use crate::domain::run_kind::RunKind;
use crate::language::tr;
use crate::store::schema::words::RunState;

/// All runs as a document.
pub(crate) fn list_document(runs: &[RunStatus]) -> Value {
    json!({ "schema_version": 1, "runs": runs })
}

/// All runs as a table.
pub(crate) fn list_text(runs: &[RunStatus]) -> String {
    if runs.is_empty() {
        return tr!("no import has been run on this database\n").to_owned();
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
    table(&[tr!("run"), tr!("what"), tr!("read"), tr!("written"), tr!("waiting"), tr!("state")], &rows)
}

/// A run as a document.
pub(crate) fn document(run: &RunStatus) -> Value {
    json!({ "schema_version": 1, "run": run })
}

/// A run as text, with its phases.
pub(crate) fn text(run: &RunStatus) -> String {
    let kind = RunKind::of(&run.command).words();
    let mut text = tr!("Run {}: {kind}, {}\n", run.run, state_text(run));
    if let Some(parent) = &run.parent {
        text.push_str(&tr!("A retry of run {parent}\n"));
    }
    if let Some(purged_at) = run.purged_at {
        text.push_str(&tr!("Purged {}: it cannot be rolled back\n", purged_at.spoken()));
    }
    let until = run.finished_at.unwrap_or(run.updated_at).spoken();
    text.push_str(&tr!(
        "Began {}, last batch {until}: {} batches, {} records a second\n\n",
        run.started_at.spoken(),
        run.batches,
        number(run.per_second)
    ));
    if let Some(seconds) = run.seconds_left {
        text.push_str(&tr!("About {} s are left for the phases that have begun\n\n", number(seconds)));
    }
    let line = |phase: &PhaseStatus| {
        let books = &phase.books;
        let counts =
            [books.read.rows, books.created.rows, books.updated.rows, books.unchanged.rows, books.left()];
        let left = phase.left.map_or(tr!("unknown").to_owned(), number);
        std::iter::once(terms::phase(&phase.phase)).chain(counts.map(number)).chain([left]).collect()
    };
    let rows: Vec<Vec<String>> = run.phases.iter().map(line).collect();
    text.push_str(&table(
        &[
            tr!("phase"),
            tr!("read"),
            tr!("created"),
            tr!("updated"),
            tr!("unchanged"),
            tr!("waiting"),
            tr!("to do"),
        ],
        &rows,
    ));
    for (code, count) in run.phases.iter().flat_map(|phase| &phase.books.findings) {
        text.push_str(&format!("  {code}  {:>8}\n", number(*count)));
    }
    text
}

/// The state of a run in words.
fn state_text(run: &RunStatus) -> String {
    match (run.state, &run.at_work) {
        (RunState::Running, None) => tr!("interrupted; its own command goes on").to_owned(),
        (RunState::RollingBack, None) => tr!("half undone; the same rollback goes on").to_owned(),
        (state, Some(holder)) => format!("{}: {holder}", terms::state(state)),
        (state, None) => terms::state(state),
    }
}

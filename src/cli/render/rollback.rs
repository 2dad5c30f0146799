//! The result of `rollback`.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::changes::ChangeList;
use crate::cli::render::changes;
use crate::cli::render::table::{number, table};
use crate::domain::run_kind::RunKind;
use crate::language::tr;
use crate::rollback::{RollbackPlan, RollbackTally};
use crate::store::schema::words::RunState;

/// Conflicts that are listed as text; the document has all of them.
const CONFLICTS_SHOWN: usize = 20;

/// What was undone, or would be, as a document.
pub(crate) fn document(plan: &RollbackPlan, done: bool, changes: &ChangeList, diff: Option<&Path>) -> Value {
    json!({
        "schema_version": 1,
        "run": plan.run.id,
        "done": done,
        "empty_runs": plan.empty.iter().map(|run| &run.id).collect::<Vec<_>>(),
        "tables": plan.tables,
        "conflicts": plan.conflicts.list(),
        "changes": changes::document(changes),
        "diff": diff,
    })
}

/// What is about to be undone, in one line.
pub(crate) fn announcement(plan: &RollbackPlan) -> String {
    let rows = |(name, tally): (&&'static str, &RollbackTally)| {
        format!("{name} {}", number(tally.deleted + tally.restored + tally.brought_back))
    };
    let tables: Vec<String> = plan.tables.iter().map(rows).collect();
    let tables = if tables.is_empty() { tr!("no row").to_owned() } else { tables.join(", ") };
    tr!(
        "undoing run {} ({}, begun {}): {tables}",
        plan.run.id,
        RunKind::of(&plan.run.command).words(),
        plan.run.started_at.spoken()
    )
}

/// What was undone, or would be, as text.
pub(crate) fn text(plan: &RollbackPlan, done: bool) -> String {
    let goes_on = if plan.run.state == RunState::RollingBack { tr!(" (the rest of it)") } else { "" };
    let does = if done { tr!("Undone") } else { tr!("Would be undone") };
    let kind = RunKind::of(&plan.run.command).words();
    let mut text = tr!("{does}: run {}, {kind}{goes_on}\n\n", plan.run.id);
    if let Some(newest) = plan.empty.first() {
        let count = number(plan.empty.len() as u64);
        text.pop();
        text.push_str(&tr!("With it: {count} newer, which wrote nothing, up to run {}\n\n", newest.id));
    }
    let line = |(name, tally): (&&'static str, &RollbackTally)| {
        let counts = [tally.deleted, tally.restored, tally.brought_back].map(number);
        std::iter::once((*name).to_owned()).chain(counts).collect()
    };
    let rows: Vec<Vec<String>> = plan.tables.iter().map(line).collect();
    text.push_str(&table(
        &[tr!("table"), tr!("deleted"), tr!("changes taken back"), tr!("brought back")],
        &rows,
    ));
    let conflicts = plan.conflicts.list();
    if !conflicts.is_empty() {
        let stay = if done { tr!("stay as they are") } else { tr!("stand in the way") };
        text.push_str(&tr!("\n{} rows {stay}\n", number(conflicts.len() as u64)));
        for conflict in conflicts.iter().take(CONFLICTS_SHOWN) {
            text.push_str(&format!("  {} {}: {}\n", conflict.table, conflict.id, conflict.why));
        }
        if conflicts.len() > CONFLICTS_SHOWN {
            text.push_str(tr!("  … (--format json lists them all)\n"));
        }
    }
    text
}

//! The result of `grant`.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::changes::ChangeList;
use crate::cli::render::books::tables_text;
use crate::cli::render::changes;
use crate::cli::render::import::{access_document, access_text};
use crate::domain::books::Books;
use crate::language::tr;
use crate::pipeline::grant::GrantOutcome;

/// A grant as a document.
pub(crate) fn document(done: &GrantOutcome, changes: &ChangeList, diff: Option<&Path>) -> Value {
    json!({
        "schema_version": 1,
        "run": done.run.id,
        "dry_run": done.dry_run,
        "resumed": done.run.resumed,
        "tables": books(done).tables,
        "access_notes": access_document(&done.notes),
        "changes": changes::document(changes),
        "diff": diff,
    })
}

/// A grant as text.
pub(crate) fn text(done: &GrantOutcome, changes: &ChangeList, diff: Option<&Path>, next: &str) -> String {
    let kept = if done.dry_run { tr!(" (dry run: nothing was kept)") } else { "" };
    tr!(
        "Grant, run {}{kept}\n{}{}{}\nNext: {next}\n",
        done.run.id,
        tables_text(&books(done), done.dry_run),
        changes::text(changes, diff),
        access_text(&done.notes)
    )
}

fn books(done: &GrantOutcome) -> Books {
    Books::of_all(&done.run.checkpoint.books)
}

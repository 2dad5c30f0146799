//! What people's decisions have come to where there is no run to tell of.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::render::table::number;
use crate::language::tr;

/// What a sitting has come to, and the command that lists the cases.
pub(crate) fn sitting_text(decided: usize, list: &str) -> String {
    tr!("{} decided.\nNext: sejoli-migrate {list}\n then: sejoli-migrate verify\n", number(decided as u64))
}

/// A file without a decision, as text.
pub(crate) fn nothing_text(file: &Path) -> String {
    tr!(
        "Nothing was decided: the column \"decision\" of {} is empty.\nFill it in, then give the same command again.\n",
        file.display()
    )
}

/// A file without a decision, as a document.
pub(crate) fn nothing_document(dry_run: bool) -> Value {
    json!({ "schema_version": 1, "run": null, "dry_run": dry_run, "decisions": [], "tables": {} })
}

//! What the app's pages show, for another program to compare.

use serde_json::Value;

use crate::cli::render::table::number;
use crate::language::tr;
use crate::verify::AppFigures;

/// The figures as a document.
///
/// # Errors
/// It cannot be written as JSON, which is a bug.
pub(crate) fn document(figures: &AppFigures) -> anyhow::Result<Value> {
    let mut document = serde_json::to_value(figures)?;
    document["schema_version"] = 1.into();
    Ok(document)
}

/// How many figures there are: to be read by a program, they are in the document.
pub(crate) fn text(figures: &AppFigures) -> String {
    let count = |rows: usize| number(rows as u64);
    tr!(
        "What the app's pages show on {}: of {} people, {} affiliates and {} orders.\n\
         Next: the same command with --format json, which prints the figures\n",
        figures.now().spoken(),
        count(figures.people.len()),
        count(figures.affiliates.len()),
        count(figures.orders.len()),
    )
}

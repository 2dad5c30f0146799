//! The result of `purge`.

use serde_json::{Value, json};

use crate::cli::render::table::{number, table};
use crate::language::tr;
use crate::purge::PurgeTally;

/// What was purged, or would be, as a document.
pub(crate) fn document(gone: &[PurgeTally], done: bool) -> Value {
    json!({ "schema_version": 1, "done": done, "runs": gone })
}

/// What was purged, or would be, as text.
pub(crate) fn text(gone: &[PurgeTally], done: bool) -> String {
    if gone.is_empty() {
        return tr!("no run is that old\n").to_owned();
    }
    let line = |gone: &PurgeTally| {
        let counts = [gone.batches, gone.rejects, gone.payloads, gone.left].map(number);
        std::iter::once(gone.run.clone()).chain(counts).collect()
    };
    let rows: Vec<Vec<String>> = gone.iter().map(line).collect();
    let heading = if done { tr!("purged run") } else { tr!("run to purge") };
    let mut text = table(
        &[
            heading,
            tr!("batches of before-images"),
            tr!("rejects"),
            tr!("source rows"),
            tr!("left to later runs"),
        ],
        &rows,
    );
    let ending =
        if done { tr!("can no longer be rolled back") } else { tr!("could then no longer be rolled back") };
    text.push_str(&tr!("\nThese runs, and those before them, {ending}.\n"));
    for folder in gone.iter().filter_map(|gone| gone.folder.as_ref()) {
        text.push_str(&tr!("The folder {folder} still holds rows of the source; delete it.\n"));
    }
    text
}

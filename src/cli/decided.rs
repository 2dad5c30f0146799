//! How commands end in which people decide: a sitting at a page, and a file in which nobody has decided anything.

use std::path::Path;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::render;
use crate::failure::ExitCode;

/// The end of a sitting: how many cases were decided, and the command that lists them.
pub(super) fn in_a_sitting(decided: usize, list: &str, context: &Context) -> anyhow::Result<ExitCode> {
    context.print(
        || render::decided::sitting_text(decided, list),
        || Ok(json!({ "schema_version": 1, "decided": decided })),
    )?;
    Ok(ExitCode::Done)
}

/// The end of a command that has found no decision in its file. There is no run, which would stand before the import as the
/// newest one.
pub(super) fn nothing_in(file: &Path, dry_run: bool, context: &Context) -> anyhow::Result<ExitCode> {
    context
        .print(|| render::decided::nothing_text(file), || Ok(render::decided::nothing_document(dry_run)))?;
    Ok(ExitCode::Done)
}

//! The common end of `import` and `retry`: the request is carried out, and the result is printed.

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::args::ControlTotalArgs;
use crate::cli::changes::ChangeList;
use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::typed_command::this_command;
use crate::clock::now;
use crate::failure::ExitCode;
use crate::language::tr;
use crate::pipeline::import;
use crate::pipeline::read::options::HashedFile;
use crate::pipeline::request::ImportRequest;
use crate::signals;
use crate::store::engines::transient::transient;
use crate::store::session::store::Store;
use crate::store::{backup, migration};

/// What a command asks for besides the import itself.
#[derive(Debug)]
pub(crate) struct ImportCommand {
    /// The files that are imported, which are said before it begins.
    pub(crate) files: Vec<HashedFile>,
    /// The control totals that are shown with the result.
    pub(crate) expected: ControlTotalArgs,
    /// The file that the rows of a dry run are written to.
    pub(crate) diff: Option<PathBuf>,
    /// The command to type next.
    pub(crate) next: String,
}

/// Carries out an import and prints its result.
///
/// # Errors
/// Those of [`import::run`].
pub(crate) fn run_import(
    store: &mut Store,
    request: &mut ImportRequest<'_>,
    asked: &ImportCommand,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let mut changes = ChangeList::new(asked.diff.as_deref(), context)?;
    signals::listen(this_command(context))?;
    if request.dry_run {
        look(|| migration::check::ensure_ready(store))?;
    } else {
        warn_unless_backed_up(store, context)?;
    }
    // Of a retry that has only a new product map there is no file.
    if !asked.files.is_empty() {
        context.say(&render::import::files_beginning(&asked.files));
    }
    context.note(|command| command.dry_run = request.dry_run);
    let began = Instant::now();
    let mut progress = ProgressDisplay::new(context);
    let done = import::run(store, request, &mut changes, &mut progress);
    progress.finish();
    let done = done?;
    context.note(|command| command.books.clone_from(&done.run.checkpoint.books));
    let diff = changes.finish()?;
    let controls = asked.expected.compare(&done.source_totals);
    let text = || {
        let totals = render::control_totals::text(&controls);
        let next = render::import::next_text(&done, began.elapsed(), &asked.next);
        render::import::text(request.command, &done, &changes, diff.as_deref()) + &totals + &next
    };
    let document = || {
        let mut document = render::import::document(&done, &changes, diff.as_deref());
        document["controls"] = serde_json::json!(controls);
        Ok(document)
    };
    context.print(text, document)?;
    let stays = done.remapped().is_some_and(|books| !books.findings.is_empty());
    Ok(if done.books().left() > 0 || stays { ExitCode::RowsLeft } else { ExitCode::Done })
}

/// Warns when there is no recent backup; a failure that passes is left to the command itself, which tries again.
///
/// # Errors
/// Those of the database, and one that is not ready.
pub(crate) fn warn_unless_backed_up(store: &mut Store, context: &Context) -> anyhow::Result<()> {
    if look(|| warn_of_backup(store, context))?.is_none() {
        context.say(tr!("warning: could not find out whether there is a recent backup"));
    }
    Ok(())
}

/// What was found before a command begins; nothing after a failure that passes, which the command itself meets by
/// another attempt.
fn look<T>(question: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match question() {
        Err(error) if transient(&error) => Ok(None),
        looked => looked.map(Some),
    }
}

/// Warns when there is no recent backup, so that the rollback is the only way back.
fn warn_of_backup(store: &mut Store, context: &Context) -> anyhow::Result<()> {
    migration::check::ensure_ready(store)?;
    match backup::warning(store, now())? {
        Some(warning) => context.say(&tr!("warning: {warning}")),
        None => {
            if let Some(backup) = backup::latest(store)? {
                context.say(&tr!("backup: of {}", backup.created_at.spoken()));
            }
        }
    }
    Ok(())
}

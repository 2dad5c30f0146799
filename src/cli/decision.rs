//! How the commands of `mappings` and `people` carry out a person's decision, and take it back.

use std::path::PathBuf;

use crate::cli::args::RetryOption;
use crate::cli::changes::ChangeList;
use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::take_back;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::plan::affiliate_rows::BY_IMPORT;
use crate::rollback::tell_changes;
use crate::store::session::store::Store;

/// How a decision is made.
#[derive(Debug, clap::Args)]
pub(super) struct DecideArgs {
    /// Do everything in one transaction, roll it back, and show row by row what would have been written.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// With a dry run: write every row that would change, column by column, to a .csv or .jsonl file.
    #[arg(long, value_name = "FILE")]
    pub(super) diff: Option<PathBuf>,
    /// Who decides [default: the user of this system].
    #[arg(long, value_name = "NAME")]
    pub(super) by: Option<String>,
    #[command(flatten)]
    pub(super) retry: RetryOption,
}

impl DecideArgs {
    /// Where the rows are listed that a dry run would change.
    ///
    /// # Errors
    /// Exit code 2: a file is named where everything is written; 5: it cannot be written.
    pub(super) fn changes(&self, dry_run: bool, context: &Context) -> anyhow::Result<ChangeList> {
        if self.diff.is_some() && !dry_run {
            return Err(Failure::usage(tr!("--diff goes with --dry-run: it says what would be written")));
        }
        ChangeList::new(self.diff.as_deref(), context)
    }

    /// Takes a decision back by the rollback of its run, and prints that. False where that run has decided more than this,
    /// or others rest on it: then the decision is taken back by a run of its own.
    ///
    /// # Errors
    /// Another command is at work; the database's errors.
    pub(super) fn taken_back_exactly(
        &self,
        store: &mut Store,
        run: Option<&str>,
        context: &Context,
    ) -> anyhow::Result<bool> {
        let mut changes = self.changes(self.dry_run, context)?;
        let mut progress = ProgressDisplay::new(context);
        let exactly = take_back::exactly(store, run, (self.dry_run, self.retry.retries), &mut progress);
        progress.finish();
        let Some(plan) = exactly? else { return Ok(false) };
        let done = !self.dry_run;
        if !done {
            tell_changes(store, &plan, &mut changes)?;
        }
        let diff = changes.finish()?;
        let diff = diff.as_deref();
        let text = || render::rollback::text(&plan, done) + &render::changes::text(&changes, diff);
        context.print(text, || Ok(render::rollback::document(&plan, done, &changes, diff)))?;
        Ok(true)
    }
}

/// Who decides: as it is said, or the user of the operating system.
///
/// # Errors
/// Exit code 2: nobody is named, or the name would be taken for an import's.
pub(super) fn decider(by: Option<&str>) -> anyhow::Result<String> {
    let of_system = || ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let by = by.map(str::to_owned).or_else(of_system).map(|by| by.trim().to_owned()).unwrap_or_default();
    if by.is_empty() {
        return Err(Failure::usage(tr!(
            "who decides? Give your name with --by: this shell has no USER to take it from"
        )));
    }
    if by.starts_with(BY_IMPORT.trim_end()) {
        return Err(Failure::usage(tr!(
            "--by: imports sign their own decisions like this; give the name of a person"
        )));
    }
    Ok(by)
}

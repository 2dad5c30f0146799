//! `repair`: puts back what somebody has changed in rows that imports have written.

use crate::cli::args::RetryOption;
use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::run_import::warn_unless_backed_up;
use crate::cli::typed_command::invocation;
use crate::cli::typed_command::this_command;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::repair::{RepairRequest, repair};
use crate::signals;
use crate::store::engines::database_use::DatabaseUse;

/// Put back what somebody has changed in rows that imports have written.
///
/// A value is written only where the journal proves that it is the one that the run has written. What the app has
/// edited since, and rows that are gone, stay and are listed; --overwrite takes the app's edits back, too. It is a run
/// of its own, with its journal: `status` shows it, `rollback` undoes it, and after an interruption the same command
/// goes on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate repair --all --dry-run\n  sejoli-migrate repair --all --yes\n  sejoli-migrate repair --all --overwrite User.role --yes"
)]
pub(crate) struct Args {
    /// The run that wrote the rows last; `sejoli-migrate status` lists them.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    run: Option<String>,
    /// The rows of all runs.
    #[arg(long)]
    all: bool,
    /// Only show what would be repaired, and what is left.
    #[arg(long)]
    dry_run: bool,
    /// Really repair it; without this, the command only shows what would be repaired.
    #[arg(long)]
    yes: bool,
    /// Take back what the app has edited in this table or column, too, such as User.role; may be given several times.
    #[arg(long, value_name = "TABLE.COLUMN")]
    overwrite: Vec<String>,
    #[command(flatten)]
    retry: RetryOption,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let does = args.yes && !args.dry_run;
    let mut store = context.open_to_write(if does { DatabaseUse::Write } else { DatabaseUse::Read })?;
    if does {
        signals::listen(this_command(context))?;
        warn_unless_backed_up(&mut store, context)?;
    }
    let request = RepairRequest {
        run: args.run.clone(),
        overwrite: args.overwrite.clone(),
        does,
        retries: args.retry.retries,
        invoked: invocation(),
    };
    let mut progress = ProgressDisplay::new(context);
    let done = repair(&mut store, &request, &mut progress);
    progress.finish();
    let done = done?;
    let show_pii = context.show_pii;
    context
        .print(|| render::repair::text(&done, show_pii), || Ok(render::repair::document(&done, show_pii)))?;
    if !does && !args.dry_run && !done.plan.repairs.is_empty() {
        return Err(Failure::refused(tr!("nothing was repaired; add --yes to do it")));
    }
    Ok(ExitCode::Done)
}

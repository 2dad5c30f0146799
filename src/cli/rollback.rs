//! `rollback`: undoes a run.

use std::path::PathBuf;

use crate::cli::args::RetryOption;
use crate::cli::changes::ChangeList;
use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::typed_command::this_command;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, with_lock};
use crate::rollback::{RollbackPlan, carry_out, choose, plan, tell_changes};
use crate::signals;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// Undo a run, exactly.
///
/// Checks everything before it writes anything. A row that was edited since, or on which a row of the app has come to
/// depend, is listed, and the rollback is refused with exit code 5; --keep-edited leaves such rows and undoes the rest.
/// After an interruption the same command goes on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate rollback --last --dry-run\n  sejoli-migrate rollback --last --yes"
)]
pub(crate) struct Args {
    /// The run; `sejoli-migrate status` lists them.
    #[arg(required_unless_present = "last", conflicts_with = "last")]
    run: Option<String>,
    /// Undo the newest run that has written something.
    #[arg(long)]
    last: bool,
    /// Only show what would be undone.
    #[arg(long)]
    dry_run: bool,
    /// Write every row that would be undone, column by column, to a .csv or .jsonl file; personal data is masked unless
    /// --show-pii is given.
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    diff: Option<PathBuf>,
    /// Really undo it; without this, the command only shows what would be undone.
    #[arg(long)]
    yes: bool,
    /// Leave rows that were edited since, and undo the rest.
    #[arg(long)]
    keep_edited: bool,
    #[command(flatten)]
    retry: RetryOption,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let does = args.yes && !args.dry_run;
    let mut store = context.open_to_write(if does { DatabaseUse::Write } else { DatabaseUse::Read })?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    let mut changes = ChangeList::new(args.diff.as_deref(), context)?;
    let mut progress = ProgressDisplay::new(context);
    let looked = if does {
        signals::listen(this_command(context))?;
        let mut attempts = Attempts::new(args.retry.retries);
        with_lock(
            &mut store,
            &LockClaim::whole("rollback"),
            &mut attempts,
            &mut progress,
            |store, attempts, progress| look_and_do(store, args, Some(attempts), progress),
        )
    } else {
        look_and_do(&mut store, args, None, &mut progress).and_then(|(plan, refused)| {
            tell_changes(&mut store, &plan, &mut changes)?;
            Ok((plan, refused))
        })
    };
    progress.finish();
    let (plan, refused) = looked?;
    let diff = changes.finish()?;
    let done = does && !refused;
    let text = || render::rollback::text(&plan, done) + &render::changes::text(&changes, diff.as_deref());
    context.print(text, || Ok(render::rollback::document(&plan, done, &changes, diff.as_deref())))?;
    if refused {
        return Err(Failure::refused(tr!(
            "nothing was undone, because the rows listed above stand in the way; --keep-edited leaves them and undoes the rest"
        )));
    }
    if !done && !args.dry_run {
        return Err(Failure::refused(tr!("nothing was undone; add --yes to do it")));
    }
    Ok(ExitCode::Done)
}

/// Looks at the run, and undoes it where that is asked for and nothing refuses it.
fn look_and_do(
    store: &mut Store,
    args: &Args,
    does: Option<&mut Attempts>,
    progress: &mut dyn Progress,
) -> anyhow::Result<(RollbackPlan, bool)> {
    let Some(attempts) = does else {
        let plan = look(store, args, progress)?;
        let refused = refuses(&plan, args);
        return Ok((plan, refused));
    };
    let plan = loop {
        match look(store, args, progress) {
            Ok(plan) => break plan,
            Err(error) => attempts.wait_and_reconnect(store, error, progress)?,
        }
    };
    let refused = refuses(&plan, args);
    if !refused {
        progress.say(&render::rollback::announcement(&plan));
        carry_out(store, &plan, attempts, progress)?;
    }
    Ok((plan, refused))
}

fn look(store: &mut Store, args: &Args, progress: &mut dyn Progress) -> anyhow::Result<RollbackPlan> {
    let run = choose(store, args.run.as_deref())?;
    plan(store, run, progress)
}

fn refuses(plan: &RollbackPlan, args: &Args) -> bool {
    !plan.conflicts.is_empty() && !args.keep_edited
}

//! `purge`: removes what is kept of a run beyond its result.

use crate::cli::args::RetryOption;
use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::typed_command::this_command;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient, with_lock};
use crate::purge::{PurgeTally, carry_out, choose, look};
use crate::signals;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// Remove the personal data that is kept of a run, and with it the possibility to roll it back.
///
/// Removes the before-images, the rejects and the source's cells of a run. Afterwards neither it nor any run before it
/// can be rolled back.
///
/// What later imports need to recognise an edit is kept: fingerprints, periods, the books. The run's files, the backups
/// and, until it is vacuumed, the free pages of the database are left to you.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate purge 20260101-013000123-a1b2c3\n  sejoli-migrate purge --older-than 90 --yes"
)]
pub(crate) struct Args {
    /// The run; `sejoli-migrate status` lists them.
    #[arg(required_unless_present = "older_than")]
    run: Option<String>,
    /// All runs that began more than this many days ago; with a run, only if it is that old.
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u32>,
    /// Really remove it; without this, the command only shows what would be removed.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    retry: RetryOption,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open_to_write(if args.yes { DatabaseUse::Write } else { DatabaseUse::Read })?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    let mut progress = ProgressDisplay::new(context);
    let gone = if args.yes {
        signals::listen(this_command(context))?;
        let mut attempts = Attempts::new(args.retry.retries);
        with_lock(
            &mut store,
            &LockClaim::whole("purge"),
            &mut attempts,
            &mut progress,
            |store, attempts, progress| purge(store, args, Some(attempts), progress),
        )
    } else {
        purge(&mut store, args, None, &mut progress)
    };
    progress.finish();
    let gone = gone?;
    let (text, document) = (render::purge::text, render::purge::document);
    context.print(|| text(&gone, args.yes), || Ok(document(&gone, args.yes)))?;
    if !args.yes && !gone.is_empty() {
        return Err(Failure::refused(tr!("nothing was purged; add --yes to do it")));
    }
    Ok(ExitCode::Done)
}

fn purge(
    store: &mut Store,
    args: &Args,
    mut does: Option<&mut Attempts>,
    progress: &mut dyn Progress,
) -> anyhow::Result<Vec<PurgeTally>> {
    let mut gone = Vec::new();
    let chosen =
        looking(store, &mut does, progress, |store| choose(store, args.run.as_deref(), args.older_than))?;
    for run in chosen {
        gone.push(looking(store, &mut does, progress, |store| look(store, &run))?);
        if let Some(attempts) = does.as_deref_mut() {
            carry_out(store, &run, attempts, progress)?;
        }
    }
    Ok(gone)
}

/// Does some reading; where the purge is carried out, it is tried again after a failure that passes.
fn looking<T>(
    store: &mut Store,
    does: &mut Option<&mut Attempts>,
    progress: &mut dyn Progress,
    mut work: impl FnMut(&mut Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    match does {
        Some(attempts) => retry_transient(store, attempts, progress, work),
        None => work(store),
    }
}

//! `unlock`: who holds the lock, and how to take it away from a holder that is gone.

use crate::cli::context::Context;
use crate::cli::render;
use crate::cli::render::unlock::HolderStatus;
use crate::clock::now;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::schema::tables::ImportLock;
use crate::store::session::lock;
use crate::store::session::lock_holder::Liveness;
use crate::store::session::store::Store;

/// Show who holds the lock, and take it away from a holder that is gone.
///
/// Seldom needed: a holder on this machine loses the lock when its process ends, one on another machine ten minutes
/// after its last batch. From a process that runs on this machine it is not taken away: stop that process instead. Each
/// part of a shared import holds a lock of its own; all of them are shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sejoli-migrate unlock\n  sejoli-migrate unlock --yes")]
pub(crate) struct Args {
    /// Take the lock away.
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open_to_write(if args.yes { DatabaseUse::Write } else { DatabaseUse::Read })?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    let seen = lock::holders(&mut store)?
        .iter()
        .map(|row| look(args.yes, &mut store, row))
        .collect::<anyhow::Result<Vec<HolderStatus>>>()?;
    context.print(|| render::unlock::text(&seen), || Ok(render::unlock::document(&seen)))?;
    match seen.iter().find(|seen| args.yes && !seen.removed) {
        Some(HolderStatus { holder, .. }) => {
            Err(Failure::refused(tr!("{holder} is at work on this machine; stop it instead")))
        }
        None => Ok(ExitCode::Done),
    }
}

/// Looks at a holder, and takes the lock away from one that is not at work here.
fn look(yes: bool, store: &mut Store, row: &ImportLock) -> anyhow::Result<HolderStatus> {
    let liveness = row.liveness(now());
    let state = match liveness {
        Liveness::Dead => "gone",
        Liveness::RunningHere => "running",
        Liveness::AliveElsewhere => "elsewhere",
    };
    let removed = yes && liveness != Liveness::RunningHere;
    if removed {
        lock::remove(store, row)?;
    }
    Ok(HolderStatus { holder: row.holder(), state, removed })
}

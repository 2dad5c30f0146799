//! `unlock`: who is writing, and how to get past a holder that is gone.

use serde::Serialize;

use crate::cli::{Context, Format};
use crate::clock::now;
use crate::failure::{ExitCode, Failure};
use crate::store::engines::mode::Mode;
use crate::store::schema::tables::ImportLock;
use crate::store::session::lock;
use crate::store::session::lock_holder::Liveness;
use crate::store::session::store::Store;
use crate::terminal::out;

/// Says who holds the lock; with --yes, takes it away.
///
/// Seldom needed: a holder on this machine loses the lock with its process, one elsewhere ten
/// minutes after its last batch. A process that runs on this machine keeps it: stop that instead. The
/// parts of a shared import are holders of their own; all of them are looked at.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate unlock --yes")]
pub struct Args {
    /// Take the lock away.
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(if args.yes { Mode::Write } else { Mode::Read })?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    let seen = lock::holders(&mut store)?
        .iter()
        .map(|row| look(args.yes, &mut store, row))
        .collect::<anyhow::Result<Vec<HolderStatus>>>()?;
    match context.format {
        Format::Json => {
            context.document("done", serde_json::json!({ "schema_version": 1, "holders": seen }))?
        }
        Format::Text => out(&as_text(&seen))?,
    }
    match seen.iter().find(|seen| args.yes && !seen.removed) {
        Some(HolderStatus { holder, .. }) => {
            Err(Failure::refused(format!("{holder} is at work on this machine; stop it instead")))
        }
        None => Ok(ExitCode::Done),
    }
}

/// A holder, and what became of it.
#[derive(Debug, Serialize)]
struct HolderStatus {
    holder: String,
    state: &'static str,
    removed: bool,
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

fn as_text(seen: &[HolderStatus]) -> String {
    let line = |HolderStatus { holder, state, removed }: &HolderStatus| match (removed, *state) {
        (true, _) => format!("taken away from {holder}\n"),
        (_, "gone") => format!("{holder}: gone; the next command takes the lock by itself\n"),
        (_, "running") => format!("{holder}: at work on this machine\n"),
        _ => format!("{holder}: at work, or gone for less than ten minutes; --yes takes the lock away\n"),
    };
    if seen.is_empty() { "nobody holds the lock\n".to_owned() } else { seen.iter().map(line).collect() }
}

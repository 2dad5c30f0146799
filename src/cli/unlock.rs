//! `unlock`: who is writing, and how to get past a holder that is gone.

use super::{Context, Format, out};
use crate::exit_code::{ExitCode, Failure};
use crate::store::lock::{self, Life};
use crate::store::tables::ImportLock;
use crate::store::{Mode, Store};

/// Says who holds the lock; with --yes, takes it away.
///
/// Seldom needed: a holder on this machine loses the lock with its process, one elsewhere ten
/// minutes after its last batch. A process that runs on this machine keeps it: stop that instead.
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
    crate::store::schema::ensure_ready(&mut store)?;
    let holders = lock::holders(&mut store)?;
    if holders.is_empty() {
        return say(context, "nobody holds the lock", None, false);
    }
    holders.iter().try_fold(ExitCode::Done, |_, row| one(args, context, &mut store, row))
}

fn one(args: &Args, context: &Context, store: &mut Store, row: &ImportLock) -> anyhow::Result<ExitCode> {
    let life = row.life(crate::pipeline::batch::now());
    let holder = row.holder();
    if !args.yes {
        let what = match life {
            Life::Dead => "gone; the next command takes the lock by itself",
            Life::Running => "at work on this machine",
            Life::Elsewhere => "at work, or gone for less than ten minutes; --yes takes the lock away",
        };
        return say(context, &format!("{holder}: {what}"), Some(holder.clone()), false);
    }
    if life == Life::Running {
        return Err(Failure::refused(format!("{holder} is at work on this machine; stop it instead")));
    }
    lock::remove(store, row)?;
    say(context, &format!("taken away from {holder}"), Some(holder.clone()), true)
}

fn say(context: &Context, text: &str, holder: Option<String>, removed: bool) -> anyhow::Result<ExitCode> {
    match context.format {
        Format::Json => {
            let document = serde_json::json!({ "schema_version": 1, "holder": holder, "removed": removed });
            out(&format!("{document}\n"))?;
        }
        Format::Text => out(&format!("{text}\n"))?,
    }
    Ok(ExitCode::Done)
}

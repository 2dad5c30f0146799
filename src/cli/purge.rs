//! `purge`: what is kept of a run goes when the time to keep it is over.

use std::fmt::Write as _;

use crate::cli::progress::Shown;
use crate::cli::table::{number, table};
use crate::cli::{Context, Format};
use crate::failure::{ExitCode, Failure};
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient, with_lock};
use crate::purge::{PurgeTally, carry_out, choose, look};
use crate::rollback::RETRIES;
use crate::signals;
use crate::store::engines::mode::Mode;
use crate::store::session::lock::Claim;
use crate::store::session::store::Store;
use crate::terminal::out;

/// Removes the before-images, the rejects and the source's cells of a run. It cannot be rolled back
/// afterwards, nor can the runs before it.
///
/// What later imports need to recognise an edit stays: fingerprints, periods, the books. The run's
/// files, backups, and the database's free pages until it is vacuumed are left to the operator.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate purge 20260101-013000123-a1b2c3\n  sejoli-migrate purge --older-than 90 --yes"
)]
pub struct Args {
    /// The run; `sejoli-migrate status` lists them.
    #[arg(required_unless_present = "older_than")]
    run: Option<String>,
    /// Runs that began more than this many days ago; with a run, only if it is so old.
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u32>,
    /// Do it; without this, it is only said what would go.
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(if args.yes { Mode::Write } else { Mode::Read })?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    let mut progress = Shown::new(context);
    let gone = if args.yes {
        signals::listen()?;
        let mut attempts = Attempts::new(RETRIES);
        with_lock(
            &mut store,
            &Claim::whole("purge"),
            &mut attempts,
            &mut progress,
            |store, attempts, progress| purge(store, args, Some(attempts), progress),
        )
    } else {
        purge(&mut store, args, None, &mut progress)
    };
    progress.finish();
    let gone = gone?;
    match context.format {
        Format::Json => {
            let document = serde_json::json!({ "schema_version": 1, "done": args.yes, "runs": gone });
            context.document("done", document)?;
        }
        Format::Text => out(&as_text(&gone, args.yes)?)?,
    }
    if !args.yes && !gone.is_empty() {
        return Err(Failure::refused("nothing was purged; add --yes to do it"));
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

/// Looks; where the purge is done, a failure that passes is met by another look.
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

fn as_text(gone: &[PurgeTally], done: bool) -> anyhow::Result<String> {
    if gone.is_empty() {
        return Ok("no run is so old\n".to_owned());
    }
    let line = |gone: &PurgeTally| {
        let counts = [gone.batches, gone.rejects, gone.payloads, gone.left].map(number);
        std::iter::once(gone.run.clone()).chain(counts).collect()
    };
    let rows: Vec<Vec<String>> = gone.iter().map(line).collect();
    let heading = if done { "purged run" } else { "run to purge" };
    let mut text =
        table(&[heading, "batches of before-images", "rejects", "source rows", "left to later runs"], &rows);
    let is = if done { "is" } else { "would be" };
    writeln!(text, "\nTheir rollback {is} gone, and that of the runs before them.")?;
    for folder in gone.iter().filter_map(|gone| gone.folder.as_ref()) {
        writeln!(text, "{folder} still holds rows of the source; delete it.")?;
    }
    Ok(text)
}

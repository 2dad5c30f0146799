//! `grant`: gives imported members what their plans have come to open since.

use std::path::PathBuf;

use crate::cli::args::{RetryOption, parse_time};
use crate::cli::changes::ChangeList;
use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::run_import::warn_unless_backed_up;
use crate::cli::typed_command::invocation;
use crate::cli::typed_command::next_after;
use crate::cli::typed_command::this_command;
use crate::domain::date::Millis;
use crate::failure::ExitCode;
use crate::pipeline::grant;
use crate::pipeline::grant::GrantRequest;
use crate::signals;
use crate::store::engines::database_use::DatabaseUse;

/// Give imported members what their memberships have come to open since.
///
/// Takes nothing away, leaves alone what is there, does not bring back what the app has taken away, and is safe to
/// repeat: the second time it writes nothing. It is a run of its own, with its journal: `status` shows it, `rollback`
/// undoes it, and after an interruption the same command goes on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate grant --dry-run\n  sejoli-migrate grant --plan alumni-12-bulan"
)]
pub(crate) struct Args {
    /// Only what this membership opens, by its slug in the app [default: all of them].
    #[arg(long, value_name = "SLUG")]
    plan: Option<String>,
    /// Do everything in one transaction, roll it back, and show what would have been written.
    #[arg(long)]
    dry_run: bool,
    /// Write every row that the dry run would change to a .csv or .jsonl file.
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    diff: Option<PathBuf>,
    /// The time by which memberships are over, such as 2026-01-01T00:00:00+07:00 [default: now].
    #[arg(long, value_name = "DATE-TIME", value_parser = parse_time)]
    as_of: Option<Millis>,
    /// The number of people in one transaction.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch_size: u32,
    #[command(flatten)]
    retry: RetryOption,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    signals::listen(this_command(context))?;
    if !args.dry_run {
        warn_unless_backed_up(&mut store, context)?;
    }
    let request = GrantRequest {
        plan: args.plan.clone(),
        as_of: args.as_of,
        dry_run: args.dry_run,
        people_at_once: args.batch_size as usize,
        retries: args.retry.retries,
        invoked: invocation(),
    };
    let mut changes = ChangeList::new(args.diff.as_deref(), context)?;
    let mut progress = ProgressDisplay::new(context);
    let done = grant::run(&mut store, &request, &mut changes, &mut progress);
    progress.finish();
    let done = done?;
    let diff = changes.finish()?;
    let document = || Ok(render::grant::document(&done, &changes, diff.as_deref()));
    context.print(
        || render::grant::text(&done, &changes, diff.as_deref(), &next_after(done.dry_run, context)),
        document,
    )?;
    Ok(ExitCode::Done)
}

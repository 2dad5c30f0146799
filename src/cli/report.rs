//! `report`: what a run has done.

use crate::cli::context::Context;
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::render;
use crate::failure::ExitCode;
use crate::report::gather;
use crate::store::engines::mode::Mode;

/// Shows what a run has done, and what the imported shop looks like now.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate report")]
pub(crate) struct Args {
    /// The run; without it, the last one.
    run: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(Mode::Read)?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    let report = gather(&mut store, args.run.as_deref())?;
    let open = Interrupted::find(&mut store, context)?;
    let text = || interrupted::text(open.as_ref()) + &render::report::text(&report);
    context.print(text, || Ok(interrupted::with(render::report::document(&report), open.as_ref())))?;
    Ok(ExitCode::Done)
}

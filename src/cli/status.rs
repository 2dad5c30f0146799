//! `status`: the runs, or one of them, from the books that the database keeps.

use std::time::Duration;

use crate::cli::context::Context;
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::render;
use crate::cli::run_status::RunStatus;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::history::runs;
use crate::store::schema::tables::ImportRun;
use crate::store::session::store::Store;

/// Show how the runs stand.
///
/// Does not disturb a running import. All figures are kept in the database (DataImportLog, SejoliImportRun), so that
/// the app's own pages can show the same.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate status\n  sejoli-migrate status 20260101-013000123-a1b2c3 --watch"
)]
pub(crate) struct Args {
    /// One run; without it, all runs, the newest first.
    run: Option<String>,
    /// Show the run (or the newest one) again every two seconds, until it ends.
    #[arg(long)]
    watch: bool,
}

/// How often a watched run is shown.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(DatabaseUse::Read)?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    if args.run.is_none() && !args.watch {
        list(&mut store, context)?;
        return Ok(ExitCode::Done);
    }
    loop {
        let Some(row) = runs::find(&mut store, args.run.as_deref())? else {
            return Err(Failure::usage(match &args.run {
                Some(id) => tr!("no run {id} in this database"),
                None => tr!("no import has been run on this database").to_owned(),
            }));
        };
        let run = RunStatus::of(&mut store, row)?;
        let open = Interrupted::find(&mut store, context)?;
        let text = || interrupted::text(open.as_ref()) + &render::status::text(&run);
        let document = || Ok(interrupted::with(render::status::document(&run), open.as_ref()));
        context.print_event("status", text, document)?;
        if !args.watch || !run.is_in_progress() {
            return Ok(ExitCode::Done);
        }
        std::thread::sleep(WATCH_INTERVAL);
    }
}

fn list(store: &mut Store, context: &Context) -> anyhow::Result<()> {
    let rows: Vec<ImportRun> = crate::store::queries::runs::newest_first(store)?;
    let runs = rows.into_iter().map(|row| RunStatus::of(store, row)).collect::<anyhow::Result<Vec<_>>>()?;
    let open = Interrupted::find(store, context)?;
    let text = || interrupted::text(open.as_ref()) + &render::status::list_text(&runs);
    let document = || Ok(interrupted::with(render::status::list_document(&runs), open.as_ref()));
    context.print_event("status", text, document)
}

//! `doctor`: whether this machine and this database are ready for an import.

use crate::domain::source_kind::SourceKind;
use std::path::PathBuf;

use crate::cli::args::SourceArgs;
use crate::cli::context::Context;
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::render;
use crate::cli::render::document::versioned;
use crate::doctor::diagnose;
use crate::doctor::machine::Machine;
use crate::failure::ExitCode;
use crate::source;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::health::SettingVerdict;
use crate::store::engines::server_url::shown;

/// Check whether this machine and this database are ready, and how long an import will take.
///
/// The result of each check is ok, warning or stop. Exit code 7 when something stops an import, else 0. Nothing is
/// written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sejoli-migrate doctor\n  sejoli-migrate doctor import-data")]
pub(crate) struct Args {
    /// Exports, or folders with exports: their records decide how much room and time is needed.
    paths: Vec<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let records = if args.paths.is_empty() { None } else { Some(count(args, context)?) };
    let shown = shown(&context.database_url);
    let mut opened = context.open(DatabaseUse::Read);
    let open = match &mut opened {
        Ok(store) => Interrupted::find(store, context)?,
        Err(_) => None,
    };
    let diagnosis = diagnose(opened, &shown, &Machine::current(), records)?;
    let text = || interrupted::text(open.as_ref()) + &render::doctor::text(&diagnosis);
    let document = || Ok(interrupted::with(versioned(Some("doctor"), &diagnosis)?, open.as_ref()));
    context.print(text, document)?;
    Ok(if diagnosis.verdict == SettingVerdict::Stop { ExitCode::Database } else { ExitCode::Done })
}

/// Rows that are read at one time while they are counted.
const GROUP: usize = 2_048;

/// The records of the files that an import reads.
fn count(args: &Args, context: &Context) -> anyhow::Result<u64> {
    let exports = context.discover(&args.paths, &args.source.skipped, &args.source.options()?)?;
    let mut records = 0;
    for export in exports.exports.iter().filter(|export| export.kind != SourceKind::Products) {
        source::read(export, GROUP, |rows| {
            records += rows.len() as u64;
            true
        })?;
    }
    Ok(records)
}

//! `doctor`: is this machine and this database ready? Nothing is written.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::cli::table::number;
use crate::cli::{Context, Format, SourceArgs, discover, versioned};
use crate::doctor::machine::Machine;
use crate::doctor::{Diagnosis, diagnose};
use crate::domain::source_kind::SourceKind;
use crate::failure::ExitCode;
use crate::source;
use crate::store::engines::health::SettingVerdict;
use crate::store::engines::mode::Mode;
use crate::store::engines::target::shown;
use crate::terminal::out;

/// Looks at the database, the server and this machine; with files, also at what they need.
///
/// Each check says ok, warning or stop. Exit code 7 when something stops an import, 0 otherwise.
/// Nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate doctor import-data")]
pub struct Args {
    /// Exports, or folders with exports: their records decide how much room and time is needed.
    paths: Vec<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let records = if args.paths.is_empty() { None } else { Some(count(args, context)?) };
    let shown = shown(&context.database_url);
    let diagnosis = diagnose(context.open(Mode::Read), &shown, &Machine::look(), records)?;
    match context.format {
        Format::Json => context.document("done", versioned(Some("doctor"), &diagnosis)?)?,
        Format::Text => out(&as_text(&diagnosis)?)?,
    }
    Ok(if diagnosis.verdict == SettingVerdict::Stop { ExitCode::Database } else { ExitCode::Done })
}

/// Rows that are put into one heap while they are counted.
const GROUP: usize = 2_048;

/// The records of the files that an import reads.
fn count(args: &Args, context: &Context) -> anyhow::Result<u64> {
    let exports = discover(&args.paths, &args.source.options()?, context)?;
    let mut records = 0;
    for export in exports.exports.iter().filter(|export| export.kind != SourceKind::Products) {
        source::read(export, GROUP, |rows| {
            records += rows.len() as u64;
            true
        })?;
    }
    Ok(records)
}

fn as_text(diagnosis: &Diagnosis) -> anyhow::Result<String> {
    let mut text = String::new();
    let width = diagnosis.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in &diagnosis.checks {
        writeln!(text, "{:<7}  {:<width$}  {}", word(check.verdict), check.name, check.found)?;
        if !check.meaning.is_empty() {
            writeln!(text, "{:9}{:<width$}  {}", "", "", check.meaning)?;
        }
    }
    if let Some(needs) = &diagnosis.needs {
        let (disk, memory) = (needs.disk.div_ceil(1_000_000), needs.memory.div_ceil(1_000_000));
        writeln!(
            text,
            "\n{} records: about {} min, {} MB on the database's disk, {} MB of memory here",
            number(needs.records),
            number(needs.seconds.div_ceil(60)),
            number(disk),
            number(memory)
        )?;
    }
    let ending = match diagnosis.verdict {
        SettingVerdict::Ok => "An import can begin.",
        SettingVerdict::Warning => "An import can begin; see the warnings.",
        SettingVerdict::Stop => "An import cannot begin.",
    };
    writeln!(text, "\n{ending}")?;
    Ok(text)
}

fn word(verdict: SettingVerdict) -> &'static str {
    match verdict {
        SettingVerdict::Ok => "ok",
        SettingVerdict::Warning => "warning",
        SettingVerdict::Stop => "stop",
    }
}

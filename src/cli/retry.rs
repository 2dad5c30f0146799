//! `retry`: imports what a run has held or rejected, after a correction.

use crate::domain::run_kind::RunKind;
use crate::domain::source_kind::SourceKind;
use crate::domain::source_totals::ExpectedTotals;
use crate::language::tr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::args::{ControlTotalArgs, WriteArgs};
use crate::cli::context::Context;
use crate::cli::import_request::ImportSettings;
use crate::cli::rejects_files::rejects_files;
use crate::cli::render;
use crate::cli::run_import::{ImportCommand, run_import};
use crate::cli::typed_command::{typed, without_its_dry_run};
use crate::failure::{ExitCode, Failure};
use crate::pipeline::decide_mappings::COMMANDS;
use crate::pipeline::decide_people;
use crate::pipeline::grant::GRANT;
use crate::pipeline::read::on_duplicate::OnDuplicate;
use crate::pipeline::read::options::RunContext;
use crate::source::column_map::ColumnMap;
use crate::source::discover::Exports;
use crate::source::file_options::FileOptions;
use crate::source::product_map_file;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::history::runs;
use crate::store::history::runs::Checkpoint;
use crate::store::migration;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// Import the rows that a run has held or rejected, after a correction.
///
/// Correct the rejects files of the run (`rejected-orders.csv`, …) and leave their last two columns as they are; or
/// correct the product map or the map of columns, and name it. The rows are read by the rules of that run and become a
/// run of their own that belongs to it: it can be interrupted, resumed and rolled back like any other. A row that is
/// imported already changes nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate retry 20260101-013000123-a1b2c3\n  sejoli-migrate retry 20260101-013000123-a1b2c3 --corrected fixed.csv --products products.csv"
)]
pub(crate) struct Args {
    /// The run; `sejoli-migrate status` lists them.
    run: String,
    /// A corrected rejects file; may be given several times [default: those in the run's folder].
    #[arg(long, value_name = "FILE")]
    corrected: Vec<PathBuf>,
    /// A corrected product map [default: the one that the run has used]; orders that were imported before get the
    /// kinds and products that it says.
    #[arg(long, value_name = "FILE")]
    products: Option<PathBuf>,
    /// A corrected map of columns [default: the one that the run has used].
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// What to do when several rows have the same number and different content [default: what the run did].
    #[arg(long, value_enum)]
    on_duplicate: Option<OnDuplicate>,
    /// Where the folder with rejects and findings is made [default: beside the run's].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    migration::check::ensure_ready(&mut store)?;
    let row = parent(&mut store, &args.run)?;
    let checkpoint = runs::checkpoint(&row)?;
    let paths = match args.corrected.as_slice() {
        [] => rejects_files(&row.id, &checkpoint)?,
        named => named.to_vec(),
    };
    let then: RunContext = serde_json::from_str(&row.options.0)
        .context(tr!("the options that the run has recorded cannot be read"))?;
    let source = source(args, &then)?;
    let products = match &args.products {
        Some(path) => product_map_file::read(path, &source)?,
        None => then.products.clone(),
    };
    let new_map = products.products != then.products.products;
    if paths.is_empty() && !new_map {
        let (text, document) = (render::import::nothing_text, render::import::nothing_document);
        context.print(|| text(&row.id), || Ok(document(&row.id)))?;
        return Ok(ExitCode::Done);
    }
    let exports = match paths.is_empty() {
        true => Exports::default(),
        false => context.discover(&paths, &[], &source)?,
    };
    let then = RunContext { source, products, ..then };
    let settings = settings(args, &row, &checkpoint, then, new_map, &exports, context)?;
    let next = match args.write.dry_run {
        true => without_its_dry_run(context),
        false => typed(&["verify".to_owned()], context),
    };
    let asked = ImportCommand {
        files: settings.context.files.clone(),
        diff: args.write.diff.clone(),
        expected: ControlTotalArgs::default(),
        next,
    };
    run_import(&mut store, &mut settings.request(&exports)?, &asked, context)
}

/// The run whose rejects are imported.
fn parent(store: &mut Store, id: &str) -> anyhow::Result<ImportRun> {
    let Some(row) = runs::find(store, Some(id))? else {
        return Err(Failure::usage(tr!("no run {id} in this database")));
    };
    match row.state {
        RunState::RolledBack | RunState::RollingBack => {
            Err(Failure::refused(tr!("run {id} was rolled back; import the files again")))
        }
        RunState::Running => Err(Failure::refused(tr!(
            "run {id} is not complete; give its own command again first, to finish it"
        ))),
        _ if row.command.starts_with(COMMANDS) => Err(Failure::refused(tr!(
            "run {id} holds people's decisions, and has read no rows; `sejoli-migrate mappings list` shows them"
        ))),
        _ if row.command.starts_with(decide_people::COMMANDS) => Err(Failure::refused(tr!(
            "run {id} holds people's decisions, and has read no rows; `sejoli-migrate people list --decided` shows them"
        ))),
        _ if row.command == GRANT => {
            Err(Failure::refused(tr!("run {id} is a grant, which has read no rows; give `grant` again")))
        }
        _ => match RunKind::of(&row.command) {
            RunKind::Import(_) => Ok(row),
            RunKind::Command(command) => {
                Err(Failure::refused(tr!("run {id} is of `{command}`, which has read no rows")))
            }
        },
    }
}

/// The files are the tool's own, or a spreadsheet's: only the columns' names are as they were.
fn source(args: &Args, then: &RunContext) -> anyhow::Result<FileOptions> {
    let columns = match &args.columns {
        Some(path) => ColumnMap::read(path)?,
        None => then.source.columns.clone(),
    };
    Ok(FileOptions { columns, ..FileOptions::default() })
}

fn settings<'a>(
    args: &'a Args,
    parent: &ImportRun,
    checkpoint: &Checkpoint,
    then: RunContext,
    new_product_map: bool,
    exports: &Exports,
    context: &Context,
) -> anyhow::Result<ImportSettings<'a>> {
    let kinds: Vec<SourceKind> =
        SourceKind::IMPORTED.into_iter().filter(|kind| !exports.of(*kind).is_empty()).collect();
    let command = command(&kinds);
    let about = RunContext {
        command: command.to_owned(),
        files: exports.hashed(&kinds)?,
        on_duplicate: args.on_duplicate.unwrap_or(then.on_duplicate),
        create_memberships: args.write.create_memberships || then.create_memberships,
        restore_deleted: args.write.restore_deleted,
        site: args.write.site.clone().or_else(|| then.site.clone()),
        parent: Some(parent.id.clone()),
        partition: None,
        ..then
    };
    Ok(ImportSettings {
        command,
        kinds,
        context: about,
        write: &args.write,
        partition: None,
        max_rejects: None,
        expected: ExpectedTotals::default(),
        new_product_map,
        out: args.out.clone().unwrap_or_else(|| beside(checkpoint)),
        threads: 0,
        show_pii: context.show_pii,
    })
}

/// What an import of these kinds is called.
fn command(kinds: &[SourceKind]) -> &'static str {
    match kinds {
        [] => "products",
        [one] => one.name(),
        _ => "all",
    }
}

/// The folder in which the run's own lies.
fn beside(checkpoint: &Checkpoint) -> PathBuf {
    let folder = checkpoint.folder.as_deref().map(Path::new);
    folder.and_then(Path::parent).map_or_else(|| "import-data/out".into(), PathBuf::from)
}

//! `retry`: what a run has held or rejected, once more, after a correction.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::import::carry_out;
use crate::cli::{Context, DateOrderArg, Format, discover};
use crate::domain::books::Books;
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::failure::{ExitCode, Failure};
use crate::pipeline::import::default_as_of;
use crate::pipeline::read::duplicates::OnDuplicate;
use crate::pipeline::read::options::{ParseOptions, RunContext};
use crate::pipeline::request::ImportRequest;
use crate::source::column_map::ColumnMap;
use crate::source::discover::Exports;
use crate::source::file_options::FileOptions;
use crate::source::product_map_file;
use crate::store::engines::mode::Mode;
use crate::store::history::runs;
use crate::store::history::runs::{Checkpoint, state};
use crate::store::schema::tables::ImportRun;
use crate::store::session::store::Store;
use crate::terminal::out;

/// Imports what a run has held or rejected, after it was corrected.
///
/// Correct the rejects files of the run (`rejected-orders.csv`, …) and leave their last two columns as
/// they are, or correct the product map or the columns' names and name those. The rows are read as the
/// run has read them and become a run of their own that belongs to the first: it can be interrupted,
/// given again and rolled back like any other. A row that is right already changes nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate retry 20260101-013000123-a1b2c3\n  sejoli-migrate retry 20260101-013000123-a1b2c3 --corrected fixed.csv --products products.csv"
)]
pub struct Args {
    /// The run; `sejoli-migrate status` lists them.
    run: String,
    /// A corrected rejects file; may be given several times [default: those in the run's folder].
    #[arg(long, value_name = "FILE")]
    corrected: Vec<PathBuf>,
    /// A corrected product map [default: the one that the run has used].
    #[arg(long, value_name = "FILE")]
    products: Option<PathBuf>,
    /// A corrected map of columns [default: the one that the run has used].
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// What is done when one number stands in several rows [default: what the run did].
    #[arg(long, value_enum)]
    on_duplicate: Option<OnDuplicate>,
    /// Create the memberships that the product map names and the app lacks (not for sale).
    #[arg(long)]
    create_memberships: bool,
    /// Do everything in transactions that are taken back, and show what would be written.
    #[arg(long)]
    dry_run: bool,
    /// Records in one transaction.
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch_size: u32,
    /// How often a lost connection, a deadlock or a busy database is met by trying again.
    #[arg(long, default_value_t = 5, value_name = "N")]
    retries: u32,
    /// Begin anew and leave an interrupted import behind, whatever it was about.
    #[arg(long)]
    restart: bool,
    /// Where the folder with rejects and findings is made [default: beside the run's].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(Mode::Write)?;
    crate::store::schema::ensure_ready(&mut store)?;
    let row = parent(&mut store, &args.run)?;
    let checkpoint = runs::checkpoint(&row)?;
    let paths = match args.corrected.as_slice() {
        [] => rejects_of(&row, &checkpoint)?,
        named => named.to_vec(),
    };
    if paths.is_empty() {
        return nothing(&row, context);
    }
    let then: RunContext =
        serde_json::from_str(&row.options.0).context("what the run was about cannot be read")?;
    let source = source(args, &then)?;
    let exports = discover(&paths, &source, context)?;
    let mut order = order(args, &row, &checkpoint, then, source, &exports)?;
    carry_out(&mut store, &mut order, context)
}

/// Says that there is nothing to import.
fn nothing(row: &ImportRun, context: &Context) -> anyhow::Result<ExitCode> {
    match context.format {
        Format::Text => out(&format!("run {} has held and rejected nothing\n", row.id))?,
        Format::Json => {
            let document = serde_json::json!({
                "schema_version": 1, "run": null, "parent": row.id, "dry_run": false, "resumed": false,
                "phases": {}, "total": Books::default(), "files": [],
            });
            context.document("done", document)?;
        }
    }
    Ok(ExitCode::Done)
}

/// The run whose rejects are imported.
fn parent(store: &mut Store, id: &str) -> anyhow::Result<ImportRun> {
    let Some(row) = runs::find(store, Some(id))? else {
        return Err(Failure::usage(format!("no run {id} in this database")));
    };
    match row.state.as_str() {
        state::ROLLED_BACK | state::ROLLING_BACK => {
            Err(Failure::refused(format!("run {id} was rolled back; import the files again")))
        }
        state::RUNNING => {
            Err(Failure::refused(format!("run {id} is not complete; finish it first with its own command")))
        }
        _ => Ok(row),
    }
}

/// The rejects files in the run's own folder: of a CSV file and a workbook of the same name, the one
/// changed last.
fn rejects_of(row: &ImportRun, checkpoint: &Checkpoint) -> anyhow::Result<Vec<PathBuf>> {
    if checkpoint.books.iter().all(|(_, books)| books.left() == 0) {
        return Ok(Vec::new());
    }
    let folder = PathBuf::from(checkpoint.folder.as_deref().unwrap_or_default());
    let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    let newest = |name: &String| {
        let both = ["csv", "xlsx"].map(|ending| folder.join(format!("{name}.{ending}")));
        both.into_iter().filter(|path| path.is_file()).max_by_key(changed)
    };
    let found: Vec<PathBuf> = names_in(&folder).iter().filter_map(newest).collect();
    if found.is_empty() {
        let folder = folder.display();
        return Err(Failure::input(format!(
            "the rejects files of run {} are not in {folder} any more; name them with --corrected",
            row.id
        )));
    }
    Ok(found)
}

/// The names, without their endings, of the rejects files in a folder: one of each kind, and more where
/// files of a kind had different headers.
fn names_in(folder: &Path) -> BTreeSet<String> {
    let is_one = |name: &str| {
        let Some(name) = name.strip_prefix("rejected-") else { return false };
        let kind = match name.rsplit_once('-') {
            Some((kind, number)) if number.parse::<u32>().is_ok() => kind,
            _ => name,
        };
        SourceKind::IMPORTED.iter().any(|known| known.name() == kind)
    };
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned()));
    names.filter(|name| is_one(name)).collect()
}

/// The files are the tool's own, or a spreadsheet's: only the columns' names are as they were.
fn source(args: &Args, then: &RunContext) -> anyhow::Result<FileOptions> {
    let columns = match &args.columns {
        Some(path) => ColumnMap::read(path)?,
        None => then.source.columns.clone(),
    };
    Ok(FileOptions { columns, ..FileOptions::default() })
}

fn order<'a>(
    args: &Args,
    row: &ImportRun,
    checkpoint: &Checkpoint,
    then: RunContext,
    source: FileOptions,
    exports: &'a Exports,
) -> anyhow::Result<ImportRequest<'a>> {
    let products = match &args.products {
        Some(path) => product_map_file::read(path, &source)?,
        None => then.products.clone(),
    };
    let kinds: Vec<SourceKind> =
        SourceKind::IMPORTED.into_iter().filter(|kind| !exports.of(*kind).is_empty()).collect();
    let command = command(&kinds);
    let fingerprinted = RunContext {
        command: command.to_owned(),
        files: exports.hashed(&kinds)?,
        source,
        products: products.clone(),
        on_duplicate: args.on_duplicate.unwrap_or(then.on_duplicate),
        create_memberships: args.create_memberships || then.create_memberships,
        parent: Some(row.id.clone()),
        partition: None,
        ..then
    };
    Ok(ImportRequest {
        command,
        kinds,
        exports,
        parse_options: parse_options(&fingerprinted, &products)?,
        as_of_given: fingerprinted.as_of.is_some(),
        products,
        batch_size: args.batch_size as usize,
        dry_run: args.dry_run,
        create_memberships: fingerprinted.create_memberships,
        max_rejects: None,
        out: args.out.clone().unwrap_or_else(|| beside(checkpoint)),
        context: fingerprinted.digest()?,
        options: serde_json::to_value(&fingerprinted)?,
        retries: args.retries,
        restart: args.restart,
        parent: fingerprinted.parent,
        shared: None,
    })
}

/// How the run has read its files.
fn parse_options(then: &RunContext, products: &ProductMap) -> anyhow::Result<ParseOptions> {
    let order = if then.date_order == format!("{:?}", DateOrderArg::Mdy) {
        DateOrderArg::Mdy
    } else {
        DateOrderArg::Dmy
    };
    let as_of = then.as_of.unwrap_or_else(default_as_of);
    let mut parse_options = ParseOptions::new(then.zone.parse()?, order.order(), as_of);
    parse_options.on_duplicate = then.on_duplicate;
    parse_options.products_by_title = crate::domain::native_order::ProductsByTitle::of(products);
    Ok(parse_options)
}

/// What an import of these kinds is called.
fn command(kinds: &[SourceKind]) -> &'static str {
    match kinds {
        [one] => one.name(),
        _ => "all",
    }
}

/// The folder in which the run's own lies.
fn beside(checkpoint: &Checkpoint) -> PathBuf {
    let folder = checkpoint.folder.as_deref().map(PathBuf::from);
    folder
        .as_deref()
        .and_then(std::path::Path::parent)
        .map_or_else(|| "import-data/out".into(), PathBuf::from)
}

//! `import`: the main job.

use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::progress::Shown;
use crate::cli::table::{number, table};
use crate::cli::validate::{files_text, findings_text, unmapped_text};
use crate::cli::{Context, Format, ParseArgs, discover, parse_percent};
use crate::clock::now;
use crate::domain::books::Books;
use crate::domain::finding::Finding;
use crate::domain::source_kind::SourceKind;
use crate::failure::{ExitCode, Failure};
use crate::pipeline::import::ImportOutcome;
use crate::pipeline::read::options::{RunContext, product_map};
use crate::pipeline::request::ImportRequest;
use crate::pipeline::write::partition::{Partition, SharedImport};
use crate::signals;
use crate::source::discover::Exports;
use crate::store::backup;
use crate::store::engines::mode::Mode;
use crate::store::engines::transient::transient;
use crate::store::session::store::Store;
use crate::terminal::out;

/// Imports exports into the app's database.
///
/// Everything is written in batches, each in one transaction with its journal and its checkpoint: an
/// interrupted import goes on when the same command is given again, and importing a file twice writes
/// nothing the second time.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate import all import-data --products products.csv --dry-run")]
pub struct Args {
    #[command(subcommand)]
    what: ImportKind,
}

/// What is imported.
#[derive(Debug, Subcommand)]
enum ImportKind {
    /// Affiliates: mapping, and for verified ones profile, role and wallet.
    Affiliates(ImportOptions),
    /// Orders: log, buyer, transaction, conversion.
    Orders(ImportOptions),
    /// Memberships; renewals become one membership.
    Memberships(ImportOptions),
    /// All of them, in that order.
    All(ImportOptions),
}

#[derive(Debug, clap::Args)]
struct ImportOptions {
    /// Exports, or folders with exports.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    parse_options: ParseArgs,
    /// Do everything in transactions that are taken back, and show what would be written.
    #[arg(long)]
    dry_run: bool,
    /// Records in one transaction.
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch_size: u32,
    /// Refuse to begin when more of the rows than this would be held or rejected, such as 5%.
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    max_rejects: Option<u64>,
    /// Create the memberships that the product map names and the app lacks (not for sale).
    #[arg(long)]
    create_memberships: bool,
    /// Go on with the same import that was interrupted; this is the default.
    #[arg(long, conflicts_with = "restart")]
    resume: bool,
    /// Begin anew and leave an interrupted import behind, whatever it was about.
    #[arg(long)]
    restart: bool,
    /// One of several processes that share the import, such as 2/4: each takes the orders and memberships of its own
    /// buyers. All of them are given the same files and options; they wait for each other where they must.
    #[arg(long, value_name = "I/N", conflicts_with_all = ["dry_run", "restart"])]
    partition: Option<Partition>,
    /// How often a lost connection, a deadlock or a busy database is met by trying again.
    #[arg(long, default_value_t = 5, value_name = "N")]
    retries: u32,
    /// Where the folder with rejects and findings is made.
    #[arg(long, default_value = "import-data/out", value_name = "DIR")]
    out: PathBuf,
}

impl ImportKind {
    fn parts(&self) -> (&'static str, &[SourceKind], &ImportOptions) {
        match self {
            ImportKind::Affiliates(options) => ("affiliates", &SourceKind::IMPORTED[..1], options),
            ImportKind::Orders(options) => ("orders", &SourceKind::IMPORTED[1..2], options),
            ImportKind::Memberships(options) => ("memberships", &SourceKind::IMPORTED[2..], options),
            ImportKind::All(options) => ("all", &SourceKind::IMPORTED, options),
        }
    }
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let (command, kinds, options) = args.what.parts();
    let source = options.parse_options.source.options()?;
    let exports = discover(&options.paths, &source, context)?;
    let kinds = present(kinds, &exports, command)?;
    let mut store = context.open(Mode::Write)?;
    let mut order = order(command, kinds, options, source, &exports)?;
    carry_out(&mut store, &mut order, context)
}

/// Does what is ordered and says what was done.
pub fn carry_out(
    store: &mut Store,
    order: &mut ImportRequest<'_>,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    signals::listen()?;
    order.parse_options.show_pii = context.show_pii;
    if !order.dry_run {
        match warn_of_backup(store, context) {
            // The import itself has the patience.
            Err(error) if transient(&error) => {
                context.say("warning: whether there is a backup was not found out")
            }
            looked => looked?,
        }
    }
    let mut progress = Shown::new(context);
    let done = crate::pipeline::import::run(store, order, &mut progress);
    progress.finish();
    let done = done?;
    match context.format {
        Format::Json => context.document("done", as_json(&done))?,
        Format::Text => out(&as_text(order.command, &done))?,
    }
    Ok(if done.books().left() > 0 { ExitCode::RowsLeft } else { ExitCode::Done })
}

/// Says so when there is no way back but the rollback.
fn warn_of_backup(store: &mut Store, context: &Context) -> anyhow::Result<()> {
    crate::store::schema::ensure_ready(store)?;
    if let Some(warning) = backup::warning(store, now())? {
        context.say(&format!("warning: {warning}"));
    }
    Ok(())
}

/// The kinds that are asked for and there. A single kind must be there; `all` takes what it finds.
fn present(kinds: &[SourceKind], exports: &Exports, command: &str) -> anyhow::Result<Vec<SourceKind>> {
    let there: Vec<SourceKind> = kinds.iter().copied().filter(|kind| !exports.of(*kind).is_empty()).collect();
    if there.is_empty() {
        let found: Vec<&str> = exports.exports.iter().map(|export| export.kind.name()).collect();
        return Err(Failure::input(format!(
            "no export of {command} among the files (found: {})",
            found.join(", ")
        )));
    }
    Ok(there)
}

fn order<'a>(
    command: &'static str,
    kinds: Vec<SourceKind>,
    options: &ImportOptions,
    source: crate::source::file_options::FileOptions,
    exports: &'a Exports,
) -> anyhow::Result<ImportRequest<'a>> {
    if options.partition.is_some() && kinds == [SourceKind::Affiliates] {
        return Err(Failure::usage("affiliates are not shared out; import them without --partition"));
    }
    let products = product_map(options.parse_options.products.as_deref(), exports, &source)?;
    let files = exports.hashed(&kinds)?;
    let fingerprinted = RunContext {
        command: command.to_owned(),
        files,
        source,
        products: products.clone(),
        zone: options.parse_options.source_tz.to_string(),
        date_order: format!("{:?}", options.parse_options.date_order),
        as_of: options.parse_options.as_of,
        on_duplicate: options.parse_options.on_duplicate,
        create_memberships: options.create_memberships,
        parent: None,
        partition: options.partition.map(|partition| partition.to_string()),
    };
    let shared = options.partition.map(|partition| shared(&fingerprinted, partition)).transpose()?;
    Ok(ImportRequest {
        command,
        kinds,
        exports,
        parse_options: options.parse_options.parse_options(&products),
        as_of_given: options.parse_options.as_of.is_some(),
        products,
        batch_size: options.batch_size as usize,
        dry_run: options.dry_run,
        create_memberships: options.create_memberships,
        max_rejects: options.max_rejects,
        out: options.out.clone(),
        context: fingerprinted.digest()?,
        options: serde_json::to_value(&fingerprinted)?,
        retries: options.retries,
        restart: options.restart,
        parent: None,
        shared,
    })
}

/// A part among its siblings, whose contexts differ from its own in nothing else.
fn shared(own: &RunContext, partition: Partition) -> anyhow::Result<SharedImport> {
    let context = |part: Partition| RunContext { partition: Some(part.to_string()), ..own.clone() }.digest();
    Ok(SharedImport { partition, contexts: partition.all().map(context).collect::<anyhow::Result<_>>()? })
}

fn as_json(done: &ImportOutcome) -> serde_json::Value {
    let phases: serde_json::Map<String, serde_json::Value> = done
        .run
        .checkpoint
        .books
        .iter()
        .map(|(name, books)| (name.clone(), serde_json::json!(books)))
        .collect();
    serde_json::json!({
        "schema_version": 1,
        "run": done.run.id,
        "parent": done.parent,
        "dry_run": done.dry_run,
        "resumed": done.run.resumed,
        "phases": phases,
        "total": done.books(),
        "source_totals": done.totals,
        "affiliates_to_review": done.notes.iter().map(note_json).collect::<Vec<_>>(),
        "unmapped_products": done.unmapped,
        "files": done.files,
    })
}

fn note_json(note: &Finding) -> serde_json::Value {
    serde_json::json!({ "code": note.code.info().code, "name": note.code.info().name, "detail": note.detail })
}

fn as_text(command: &str, done: &ImportOutcome) -> String {
    let books = done.books();
    let kept = if done.dry_run { " (dry run: everything was taken back)" } else { "" };
    let again =
        done.parent.as_ref().map_or(String::new(), |parent| format!(", what was left by run {parent}"));
    let mut text = format!("Import of {command}, run {}{again}{kept}\n\n", done.run.id);
    text.push_str(&records_text(&done.run.checkpoint.books));
    text.push_str(&rupiah_text(&done.run.checkpoint.books));
    text.push_str(&tables_text(&books, done.dry_run));
    text.push_str(&findings_text(books.findings.iter()));
    text.push_str(&notes_text(&done.notes));
    text.push_str(&unmapped_text(&done.unmapped));
    text.push_str(&files_text(&done.files));
    text.push_str(&next_text(done, &books));
    text
}

/// Records by phase: read = created + updated + unchanged + held + rejected.
pub fn records_text(phases: &[(String, Books)]) -> String {
    let rows: Vec<Vec<String>> = phases
        .iter()
        .filter(|(_, books)| books.read.rows > 0)
        .map(|(name, books)| {
            let tallies =
                [books.read, books.created, books.updated, books.unchanged, books.held, books.rejected];
            let mut row = vec![name.clone()];
            row.extend(tallies.map(|tally| number(tally.rows)));
            row
        })
        .collect();
    table(&["records", "read", "created", "updated", "unchanged", "held", "rejected"], &rows)
}

/// What the orders charged, by what became of them.
pub fn rupiah_text(phases: &[(String, Books)]) -> String {
    let Some((_, books)) = phases.iter().find(|(name, _)| name == SourceKind::Orders.name()) else {
        return String::new();
    };
    let written = books.created.amount() + books.updated.amount();
    format!(
        "\nOrders, all statuses: {} read = {written} written + {} unchanged + {} held + {} rejected\n",
        books.read.amount(),
        books.unchanged.amount(),
        books.held.amount(),
        books.rejected.amount()
    )
}

fn tables_text(books: &Books, dry_run: bool) -> String {
    if books.tables.is_empty() {
        return "\nNothing was written: everything is there already.\n".to_owned();
    }
    let rows: Vec<Vec<String>> = books
        .tables
        .iter()
        .map(|(name, tally)| {
            let mut row = vec![name.clone()];
            row.extend([tally.created, tally.updated, tally.deleted].map(number));
            row
        })
        .collect();
    let heading = if dry_run { "rows that would be" } else { "rows" };
    format!("\n{}", table(&[heading, "created", "updated", "taken back"], &rows))
}

/// What the settlement has noticed about single affiliates.
fn notes_text(notes: &[Finding]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nAffiliates to review\n");
    for note in notes.iter().take(NOTES_SHOWN) {
        text.push_str(&format!("  {}  {}\n", note.code.info().code, note.detail));
    }
    if notes.len() > NOTES_SHOWN {
        text.push_str(&format!(
            "  … and {} more (--format json lists them all)\n",
            notes.len() - NOTES_SHOWN
        ));
    }
    text
}

/// Notes that are shown on a terminal.
const NOTES_SHOWN: usize = 20;

fn next_text(done: &ImportOutcome, books: &Books) -> String {
    if done.dry_run {
        return "\nNext: the same command without --dry-run.\n".to_owned();
    }
    if books.left() > 0 {
        return format!(
            "\n{} rows wait: correct the rejected-….csv or the product map, then `sejoli-migrate retry {}`.\n\
             Next: sejoli-migrate verify\n",
            number(books.left()),
            done.run.id
        );
    }
    "\nNext: sejoli-migrate verify\n".to_owned()
}

//! `import`: imports exports into the app's database.

use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::args::{ControlTotalArgs, ParseArgs, WriteArgs, parse_percent};
use crate::cli::context::Context;
use crate::cli::database_state::DatabaseState;
use crate::cli::import_plan::ImportPlan;
use crate::cli::import_request::ImportSettings;
use crate::cli::run_import::{ImportCommand, run_import};
use crate::cli::typed_command::{typed, without_its_dry_run};
use crate::domain::source_kind::SourceKind;
use crate::domain::source_totals::ExpectedTotals;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::partition::Partition;
use crate::pipeline::read::options::{RunContext, product_map};
use crate::source::discover::Exports;
use crate::source::file_options::FileOptions;
use crate::store::engines::database_use::DatabaseUse;

/// Import exports; safe to repeat, and goes on where it was interrupted.
///
/// Everything is written in batches, each in one transaction with its journal and its checkpoint. An interrupted import
/// goes on when the same command is given again, and importing a file twice writes nothing the second time.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  sejoli-migrate import all import-data --products products.csv --dry-run --plan plan.json --diff changes.csv\n  sejoli-migrate import --from-plan plan.json\n  sejoli-migrate import all import-data --log-file import.jsonl"
)]
pub(crate) struct Args {
    /// Carry out the plan of a dry run, with its files and options: refused where a file, the product map, an option or
    /// the database is another one than the dry run has seen.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_plan: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<ImportKind>,
}

/// What is imported.
#[derive(Debug, Subcommand)]
enum ImportKind {
    /// Affiliates: their mappings, and for verified ones profile, role and wallet.
    #[command(
        after_help = "Examples:\n  sejoli-migrate import affiliates import-data --dry-run\n  sejoli-migrate import affiliates affiliates.csv"
    )]
    Affiliates(ImportOptions),
    /// Orders: the log, buyers, transactions and conversions.
    #[command(
        after_help = "Examples:\n  sejoli-migrate import orders import-data --products products.csv\n  zcat orders.csv.gz | sejoli-migrate import orders - --products products.csv"
    )]
    Orders(ImportOptions),
    /// Commissions of all tiers, as `extract` writes them; those above the first go into wallets.
    #[command(
        after_help = "Examples:\n  sejoli-migrate import commissions import-data --dry-run\n  sejoli-migrate import commissions commissions.csv"
    )]
    Commissions(ImportOptions),
    /// Memberships; the renewals of a membership become one.
    #[command(
        after_help = "Examples:\n  sejoli-migrate import memberships import-data --products products.csv\n  sejoli-migrate import memberships memberships.xlsx --create-memberships"
    )]
    Memberships(ImportOptions),
    /// All of them, in that order.
    #[command(
        after_help = "Examples:\n  sejoli-migrate import all import-data --dry-run --diff changes.csv\n  sejoli-migrate import all import-data --create-memberships --max-rejects 5%"
    )]
    All(ImportOptions),
}

#[derive(Debug, clap::Args)]
struct ImportOptions {
    /// Exports, or folders with exports.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Refuse to begin when more of the rows than this would be held or rejected for any reason, such as 5%: the
    /// import is rehearsed first, and all of that is taken back.
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent, conflicts_with = "partition")]
    max_rejects: Option<u64>,
    /// Keep what the dry run has seen, for `import --from-plan`.
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    plan: Option<PathBuf>,
    /// Go on with the same import if it was interrupted; this is the default.
    #[arg(long, conflicts_with = "restart")]
    resume: bool,
    /// The part of this process where several share the import, such as 2/4: each takes the orders and memberships of
    /// its own buyers. Give all of them the same files and options; they wait for each other where they must.
    #[arg(long, value_name = "I/N", conflicts_with_all = ["dry_run", "restart"])]
    partition: Option<Partition>,
    /// Where the folder with rejects and findings is made.
    #[arg(long, default_value = "import-data/out", value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    write: WriteArgs,
    /// Control totals: the import is refused before it writes anything where the files do not come to them.
    #[command(flatten)]
    expected: ControlTotalArgs,
    #[command(flatten)]
    parse_options: ParseArgs,
}

impl ImportOptions {
    /// The command to type next: the import itself after a dry run, else the verification of what was imported.
    fn next(&self, context: &Context) -> String {
        match &self.plan {
            Some(plan) => {
                let words = ["import".to_owned(), "--from-plan".to_owned(), plan.display().to_string()];
                typed(&words, context)
            }
            None if self.write.dry_run => without_its_dry_run(context),
            None => {
                let paths = self.paths.iter().map(|path| path.display().to_string());
                let words = std::iter::once("verify".to_owned()).chain(paths);
                let words: Vec<String> = words.chain(self.parse_options.words_of_files()).collect();
                typed(&words, context)
            }
        }
    }
}

impl ImportKind {
    fn parts(&self) -> (&'static str, &[SourceKind], &ImportOptions) {
        match self {
            ImportKind::Affiliates(options) => ("affiliates", &SourceKind::IMPORTED[..1], options),
            ImportKind::Orders(options) => ("orders", &SourceKind::IMPORTED[1..2], options),
            ImportKind::Commissions(options) => ("commissions", &SourceKind::IMPORTED[2..3], options),
            ImportKind::Memberships(options) => ("memberships", &SourceKind::IMPORTED[3..], options),
            ImportKind::All(options) => ("all", &SourceKind::IMPORTED, options),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    carry_out(args, None, context)
}

/// Runs the command that a plan was made of.
pub(crate) fn run_planned(args: &Args, plan: &ImportPlan, context: &Context) -> anyhow::Result<ExitCode> {
    carry_out(args, Some(plan), context)
}

fn carry_out(args: &Args, plan: Option<&ImportPlan>, context: &Context) -> anyhow::Result<ExitCode> {
    let Some(what) = &args.what else {
        return Err(Failure::usage(tr!("say what is imported: affiliates, orders, memberships or all")));
    };
    let (command, kinds, options) = what.parts();
    let source = options.parse_options.source.options()?;
    let exports = context.discover(&options.paths, &options.parse_options.source.skipped, &source)?;
    let kinds = present(kinds, &exports, command)?;
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    let leads = options.partition.is_none_or(|partition| partition.is_first());
    let expected = options.expected.for_import(&kinds, leads)?;
    let settings = settings(command, kinds, options, source, &exports, context)?;
    let asked = ImportCommand {
        files: settings.context.files.clone(),
        diff: options.write.diff.clone(),
        next: options.next(context),
        expected,
    };
    let mut request = settings.request(&exports)?;
    request.expected = asked.expected.totals();
    if let Some(plan) = plan {
        plan.refuse_anything_else(&mut store, &request)?;
    }
    let Some(file) = &options.plan else { return run_import(&mut store, &mut request, &asked, context) };
    let database = DatabaseState::read(&mut store)?;
    let code = run_import(&mut store, &mut request, &asked, context)?;
    ImportPlan::of(&request, database)?.write(file)?;
    context.say(&tr!(
        "plan written; it is carried out by: sejoli-migrate import --from-plan {}",
        file.display()
    ));
    Ok(code)
}

/// The kinds that are asked for and there. A single kind must be there; `all` takes what it finds.
fn present(kinds: &[SourceKind], exports: &Exports, command: &str) -> anyhow::Result<Vec<SourceKind>> {
    let there: Vec<SourceKind> = kinds.iter().copied().filter(|kind| !exports.of(*kind).is_empty()).collect();
    if there.is_empty() {
        let found: Vec<&str> = exports.exports.iter().map(|export| export.kind.name()).collect();
        return Err(Failure::input(tr!(
            "no export of {command} among the files (found: {})",
            found.join(", ")
        )));
    }
    Ok(there)
}

fn settings<'a>(
    command: &'static str,
    kinds: Vec<SourceKind>,
    options: &'a ImportOptions,
    source: FileOptions,
    exports: &Exports,
    context: &Context,
) -> anyhow::Result<ImportSettings<'a>> {
    if options.partition.is_some() && kinds == [SourceKind::Affiliates] {
        return Err(Failure::usage(tr!(
            "affiliates cannot be shared by several processes; import them without --partition"
        )));
    }
    let parse_options = &options.parse_options;
    let products = product_map(parse_options.products.as_deref(), exports, &source)?;
    let about = RunContext {
        command: command.to_owned(),
        files: exports.hashed(&kinds)?,
        source,
        products,
        zone: parse_options.source_tz.to_string(),
        date_order: parse_options.date_order.order(),
        as_of: parse_options.as_of,
        on_duplicate: parse_options.on_duplicate,
        create_memberships: options.write.create_memberships,
        restore_deleted: options.write.restore_deleted,
        site: options.write.site.clone(),
        parent: None,
        partition: options.partition.map(|partition| partition.to_string()),
    };
    Ok(ImportSettings {
        command,
        kinds,
        context: about,
        write: &options.write,
        partition: options.partition,
        max_rejects: options.max_rejects,
        expected: ExpectedTotals::default(),
        new_product_map: false,
        out: options.out.clone(),
        threads: usize::from(parse_options.threads),
        show_pii: context.show_pii,
    })
}

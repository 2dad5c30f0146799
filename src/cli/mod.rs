//! The command line: one file a command. Arguments in, a call, a rendering out.

pub mod backup;
pub mod controls;
pub mod doctor;
pub mod explain;
pub mod import;
pub mod pages;
pub mod products;
pub mod progress;
pub mod purge;
pub mod report;
pub mod retry;
pub mod rollback;
pub mod schema;
pub mod status;
pub mod table;
pub mod unlock;
pub mod validate;
pub mod validated;
pub mod verify;

use crate::terminal::{out, tell};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::domain::date::{DateOrder, Millis, SourceZone};
use crate::domain::native_order::ProductsByTitle;
use crate::domain::product_map::ProductMap;
use crate::failure::ExitCode;
use crate::pipeline::read::duplicates::OnDuplicate;
use crate::pipeline::read::options::ParseOptions;
use crate::source::column_map::ColumnMap;
use crate::source::file_options::{CsvDialect, Delimiter, Encoding, FileOptions};
use crate::store::engines::mode::Mode;
use crate::store::session::store::Store;

/// Moves a Sejoli shop into Eksporyuk's database: every row and every rupiah accounted for.
///
/// Exit codes: 0 done; 1 unexpected failure; 2 usage; 3 done, but rows were held or rejected;
/// 4 verification or control totals failed; 5 refused; 6 input unusable; 7 database unavailable, busy,
/// full, read-only or not compatible; 130, 143 ended between two batches by a signal: the same command
/// goes on.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Example:\n  sejoli-migrate schema apply\n  sejoli-migrate import all import-data --products products.csv\n  sejoli-migrate verify import-data"
)]
pub struct Cli {
    /// The app's database, in Prisma's form.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "file:./sejoli-migrate.db",
        value_name = "URL"
    )]
    pub database_url: String,
    /// How results are printed; jsonl: one line an event, with the progress of long commands.
    // A string, since `schema print` has a --format of its own: clap keeps both under one name.
    #[arg(long, global = true, default_value = "text", value_name = "FORMAT",
          value_parser = clap::builder::PossibleValuesParser::new(["text", "json", "jsonl"]))]
    pub format: String,
    /// Only results and errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show e-mail addresses and phone numbers where they are masked.
    #[arg(long, global = true)]
    pub show_pii: bool,
    /// Say more (-vv: even more).
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at the database's tables, add what the migration needs, take it away again.
    Schema(schema::Args),
    /// See whether this machine and this database are ready, and how long an import will take.
    Doctor(doctor::Args),
    /// Make a backup of the database, checked and recorded; print what puts it back.
    Backup(backup::Args),
    /// Check exports without a database: what can be imported, what has to be corrected.
    Validate(validate::Args),
    /// The products of the files, and a product map to fill in.
    Products(products::Args),
    /// Import exports; safe to repeat, goes on where it was interrupted.
    Import(import::Args),
    /// Import what a run has held or rejected, after a correction.
    Retry(retry::Args),
    /// Read the exports again and compare them with the database, field by field.
    Verify(verify::Args),
    /// Where the runs stand.
    Status(status::Args),
    /// Take an import back, exactly.
    Rollback(rollback::Args),
    /// Remove what is kept of a run beyond its result: personal data, and with it the rollback.
    Purge(purge::Args),
    /// See who is writing, and take the lock away from a holder that is gone.
    Unlock(unlock::Args),
    /// What a run has done.
    Report(report::Args),
    /// Say more about the code of a finding.
    Explain(explain::Args),
    /// Print the completions of a shell.
    Completions(pages::Completions),
    /// Print a page of the manual.
    Man(pages::Man),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document with a schema_version.
    Json,
}

/// What every command gets.
#[derive(Clone, Debug)]
pub struct Context {
    /// The database.
    pub database_url: String,
    /// How results are printed.
    pub format: Format,
    /// Whether progress is printed, too: a line of JSON for each event.
    pub events: bool,
    /// Only results and errors.
    pub quiet: bool,
    /// Whether e-mail addresses and phone numbers are shown where they are masked.
    pub show_pii: bool,
}

impl Context {
    /// Opens the database.
    pub fn open(&self, mode: Mode) -> anyhow::Result<Store> {
        Store::open(&self.database_url, mode)
    }

    /// Prints the document of a command: as it is, or as the last one of its events.
    pub fn document(&self, event: &str, document: serde_json::Value) -> anyhow::Result<()> {
        if !self.events {
            return out(&format!("{document}\n"));
        }
        out(&format!("{}\n", serde_json::json!({ "schema_version": 1, "event": event, "result": document })))
    }

    /// Says something on stderr, unless only results are wanted.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            tell(line);
        }
    }
}

/// The fields of a result as a document: behind its version, and the command where it is named.
///
/// # Errors
/// A result that JSON does not know.
pub fn versioned(command: Option<&str>, result: &impl serde::Serialize) -> anyhow::Result<serde_json::Value> {
    let mut document = serde_json::Map::from_iter([("schema_version".to_owned(), 1.into())]);
    document.extend(command.map(|command| ("command".to_owned(), command.into())));
    if let serde_json::Value::Object(fields) = serde_json::to_value(result)? {
        document.extend(fields);
    }
    Ok(document.into())
}

/// Runs a command.
///
/// # Errors
/// Whatever stops it; [`crate::exit::of_error`] knows the exit code.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let format = if cli.format == "text" { Format::Text } else { Format::Json };
    let events = cli.format == "jsonl";
    let context =
        Context { database_url: cli.database_url, format, events, quiet: cli.quiet, show_pii: cli.show_pii };
    match &cli.command {
        Command::Schema(args) => schema::run(args, &context),
        Command::Doctor(args) => doctor::run(args, &context),
        Command::Backup(args) => backup::run(args, &context),
        Command::Validate(args) => validate::run(args, &context),
        Command::Products(args) => products::run(args, &context),
        Command::Import(args) => import::run(args, &context),
        Command::Retry(args) => retry::run(args, &context),
        Command::Verify(args) => verify::run(args, &context),
        Command::Status(args) => status::run(args, &context),
        Command::Unlock(args) => unlock::run(args, &context),
        Command::Rollback(args) => rollback::run(args, &context),
        Command::Purge(args) => purge::run(args, &context),
        Command::Report(args) => report::run(args, &context),
        Command::Explain(args) => explain::run(args, &context),
        Command::Completions(args) => pages::completions(args, &context),
        Command::Man(args) => pages::man(args, &context),
    }
}

/// What the files are; found by their content unless it is said. The same for validate, import, verify,
/// products and doctor.
#[derive(Args, Clone, Debug)]
pub struct SourceArgs {
    /// What stands between two cells of a CSV file [default: found by content].
    #[arg(long, value_enum, value_name = "DELIMITER")]
    delimiter: Option<Delimiter>,
    /// How the letters of a CSV file are stored [default: found by content].
    #[arg(long, value_enum, value_name = "ENCODING")]
    encoding: Option<Encoding>,
    /// How quotes inside a quoted cell are written.
    #[arg(long, value_enum, default_value_t = CsvDialect::Auto, value_name = "DIALECT")]
    csv_dialect: CsvDialect,
    /// A sheet to read of workbooks; may be given several times [default: those that are exports].
    #[arg(long = "sheet", value_name = "NAME")]
    sheets: Vec<String>,
    /// A CSV file with the columns column,field: what columns with other names are.
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
}

impl SourceArgs {
    /// How the files are to be taken.
    ///
    /// # Errors
    /// Exit code 6: the map of columns cannot be used.
    pub fn options(&self) -> anyhow::Result<FileOptions> {
        let columns = match &self.columns {
            Some(path) => ColumnMap::read(path)?,
            None => ColumnMap::default(),
        };
        Ok(FileOptions {
            delimiter: self.delimiter,
            encoding: self.encoding,
            dialect: self.csv_dialect,
            sheets: self.sheets.clone(),
            columns,
        })
    }
}

/// How the files are read; the same for validate, import and products.
#[derive(Args, Clone, Debug)]
pub struct ParseArgs {
    /// What the files are.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The product map; without it, a product map among the files is used.
    #[arg(long, value_name = "FILE")]
    pub products: Option<PathBuf>,
    /// The time zone of dates without an offset: Asia/Jakarta, Asia/Makassar, Asia/Jayapura, UTC or +07:00.
    #[arg(long, default_value = "Asia/Jakarta", value_name = "ZONE")]
    pub source_tz: SourceZone,
    /// How 03/04/2025 is read.
    #[arg(long, value_enum, default_value_t = DateOrderArg::Dmy)]
    pub date_order: DateOrderArg,
    /// What is done when one number stands in several rows with different content.
    #[arg(long, value_enum, default_value_t = OnDuplicate::Hold)]
    pub on_duplicate: OnDuplicate,
    /// Stands in for now wherever a result depends on it, such as 2026-01-01T00:00:00+07:00.
    #[arg(long, value_name = "DATE-TIME", value_parser = parse_time)]
    pub as_of: Option<Millis>,
    /// Threads that read and check rows; 0 takes one a core.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub threads: usize,
}

/// Day first or month first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DateOrderArg {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl DateOrderArg {
    /// The order that it names.
    pub fn order(self) -> DateOrder {
        match self {
            DateOrderArg::Dmy => DateOrder::DayFirst,
            DateOrderArg::Mdy => DateOrder::MonthFirst,
        }
    }
}

impl ParseArgs {
    /// The rules by which the files are read.
    pub fn parse_options(&self, products: &ProductMap) -> ParseOptions {
        let as_of = self.as_of.unwrap_or_else(crate::pipeline::import::default_as_of);
        let mut parse_options = ParseOptions::new(self.source_tz, self.date_order.order(), as_of);
        parse_options.on_duplicate = self.on_duplicate;
        parse_options.products_by_title = ProductsByTitle::of(products);
        parse_options.threads = self.threads;
        parse_options
    }
}

fn parse_time(text: &str) -> Result<Millis, String> {
    Millis::parse_rfc3339(text).ok_or_else(|| "expected a time such as 2026-01-01T00:00:00+07:00".to_owned())
}

/// The paths of a command, looked at.
pub fn discover(
    paths: &[PathBuf],
    options: &FileOptions,
    context: &Context,
) -> anyhow::Result<crate::source::discover::Exports> {
    let exports = crate::source::discover::discover(paths, options)?;
    for (path, why) in &exports.passed_over {
        let shown = path.display().to_string();
        let why = why.strip_prefix(&format!("{shown}: ")).unwrap_or(why);
        context.say(&format!("passed over: {shown}: {why}"));
    }
    Ok(exports)
}

/// A percentage of the command line in hundredths.
pub fn parse_percent(text: &str) -> Result<u64, String> {
    let rate = crate::domain::money::parse_rate(text).map_err(|error| error.to_string())?;
    u64::try_from(rate.hundredths()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}

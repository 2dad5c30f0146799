//! Arguments that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::clock::now;
use crate::domain::conventions::ConventionChoice;
use crate::domain::date::{DateOrder, Millis, SourceZone};
use crate::domain::money;
use crate::domain::money::{Money, MoneyStyle};
use crate::domain::native_order::ProductsByTitle;
use crate::domain::product_map::ProductMap;
use crate::domain::referral::is_plain_path;
use crate::language::tr;
use crate::pipeline::read::on_duplicate::OnDuplicate;
use crate::pipeline::read::options::ParseOptions;
use crate::source::column_map::ColumnMap;
use crate::source::file_options::{CsvDialect, Delimiter, Encoding, FileOptions};

/// What the files are: `validate`, `import`, `verify`, `products` and `doctor`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How the files are read")]
pub(crate) struct SourceArgs {
    /// The character between two cells of a CSV file [default: found by content].
    #[arg(long, value_enum, value_name = "DELIMITER")]
    delimiter: Option<Delimiter>,
    /// The character encoding of a CSV file [default: found by content].
    #[arg(long, value_enum, value_name = "ENCODING")]
    encoding: Option<Encoding>,
    /// How quotes inside a quoted cell are written.
    #[arg(long, value_enum, default_value_t = CsvDialect::Auto, value_name = "DIALECT")]
    csv_dialect: CsvDialect,
    /// A sheet of a workbook to read; may be given several times [default: those that are exports].
    #[arg(long = "sheet", value_name = "NAME")]
    sheets: Vec<String>,
    /// A CSV file with the columns column,field: which field a column of another name is.
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// A file of a folder that is left out, by path or name; may be given several times.
    #[arg(long = "skip", value_name = "FILE")]
    pub(crate) skipped: Vec<PathBuf>,
}

impl SourceArgs {
    /// How the files are to be read.
    ///
    /// # Errors
    /// Exit code 6: the map of columns cannot be used.
    pub(crate) fn options(&self) -> anyhow::Result<FileOptions> {
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

impl SourceArgs {
    /// The options as words of a command line that reads the same files; those at their defaults are none.
    pub(crate) fn words(&self) -> Vec<String> {
        let name =
            |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
        let chosen = [
            ("--delimiter", self.delimiter.and_then(|value| name(value.to_possible_value()))),
            ("--encoding", self.encoding.and_then(|value| name(value.to_possible_value()))),
            (
                "--csv-dialect",
                name(self.csv_dialect.to_possible_value().filter(|_| !self.is_usual_dialect())),
            ),
            ("--columns", self.columns.as_ref().map(|path| path.display().to_string())),
        ];
        let sheets = self.sheets.iter().map(|sheet| ("--sheet", Some(sheet.clone())));
        let skipped = self.skipped.iter().map(|path| ("--skip", Some(path.display().to_string())));
        let all = chosen.into_iter().chain(sheets).chain(skipped);
        all.filter_map(|(option, value)| Some([option.to_owned(), value?])).flatten().collect()
    }

    fn is_usual_dialect(&self) -> bool {
        self.csv_dialect == CsvDialect::default()
    }
}

/// The zone of a shop that has said nothing else.
const USUAL_ZONE: &str = "Asia/Jakarta";

/// How the rows are understood: `validate`, `import` and `products`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How the rows are understood")]
pub(crate) struct ParseArgs {
    /// The product map; without it, a product map among the files is used.
    #[arg(long, value_name = "FILE")]
    pub(crate) products: Option<PathBuf>,
    /// The time zone of dates without an offset: Asia/Jakarta, Asia/Makassar, Asia/Jayapura, UTC or +07:00.
    #[arg(long, default_value = USUAL_ZONE, value_name = "ZONE")]
    pub(crate) source_tz: SourceZone,
    /// How 03/04/2025 is read.
    #[arg(long, value_enum, default_value_t = DateOrderArg::Dmy)]
    pub(crate) date_order: DateOrderArg,
    /// What to do when several rows have the same number and different content.
    #[arg(long, value_enum, default_value_t = OnDuplicate::Hold)]
    pub(crate) on_duplicate: OnDuplicate,
    /// The time to take for now wherever a result depends on it, such as 2026-01-01T00:00:00+07:00 [default: now].
    #[arg(long, value_name = "DATE-TIME", value_parser = parse_time)]
    pub(crate) as_of: Option<Millis>,
    /// The number of threads that read and check rows, at most 256; 0 takes one for each core.
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=256))]
    pub(crate) threads: u16,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

impl ParseArgs {
    /// The product map and the form of the files, as words of a command line: what `verify` does not know from the import.
    pub(crate) fn words_of_files(&self) -> Vec<String> {
        let map = self.products.iter().flat_map(|path| ["--products".to_owned(), path.display().to_string()]);
        map.chain(self.source.words()).collect()
    }

    /// The options as words of a command line that understands the same rows; those at their defaults are none.
    pub(crate) fn words(&self) -> Vec<String> {
        let name =
            |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
        let zone = Some(self.source_tz.to_string()).filter(|zone| zone != USUAL_ZONE);
        let order = self.date_order.to_possible_value().filter(|_| self.date_order != DateOrderArg::Dmy);
        let duplicate =
            self.on_duplicate.to_possible_value().filter(|_| self.on_duplicate != OnDuplicate::Hold);
        let chosen = [
            ("--source-tz", zone),
            ("--date-order", name(order)),
            ("--on-duplicate", name(duplicate)),
            ("--as-of", self.as_of.map(|as_of| as_of.to_string())),
        ];
        let chosen = chosen.into_iter().filter_map(|(option, value)| Some([option.to_owned(), value?]));
        self.words_of_files().into_iter().chain(chosen.flatten()).collect()
    }

    /// The rules by which the files are read.
    pub(crate) fn parse_options(&self, products: &ProductMap) -> ParseOptions {
        let as_of = self.as_of.unwrap_or_else(now);
        let mut parse_options = ParseOptions::new(self.source_tz, self.date_order.order(), as_of);
        parse_options.on_duplicate = self.on_duplicate;
        parse_options.products_by_title = ProductsByTitle::of(products);
        parse_options.threads = usize::from(self.threads);
        parse_options
    }
}

/// Day first or month first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DateOrderArg {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl DateOrderArg {
    /// The order as the domain knows it.
    pub(crate) fn order(self) -> DateOrder {
        match self {
            DateOrderArg::Dmy => DateOrder::DayFirst,
            DateOrderArg::Mdy => DateOrder::MonthFirst,
        }
    }
}

/// How an import writes: `import` and `retry`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How it is written")]
pub(crate) struct WriteArgs {
    /// Do everything in one transaction, roll it back, and show what would have been written.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write every row that the dry run would change, column by column, to a .csv or .jsonl file; personal data is masked
    /// unless --show-pii is given.
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub(crate) diff: Option<PathBuf>,
    /// The number of records in one transaction [default: 2000, and 5000 in a phase of 100,000 records or more].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) batch_size: Option<u32>,
    /// Create the memberships that the product map names and the app lacks (not for sale).
    #[arg(long)]
    pub(crate) create_memberships: bool,
    /// Write again what earlier imports have written and the app has deleted or emptied since.
    #[arg(long)]
    pub(crate) restore_deleted: bool,
    /// How the app writes its own rows, where what the import finds is not right; may be given several times:
    /// app=december|january, transaction-affiliate=user|profile, invoice=inv|bare.
    #[arg(long = "convention", value_name = "KEY=VALUE")]
    pub(crate) conventions: Vec<ConventionChoice>,
    /// The address of the app's site, such as `https://example.org`: affiliates' links are written in full.
    #[arg(long, value_name = "URL", value_parser = parse_site)]
    pub(crate) site: Option<String>,
    /// Begin anew, and abandon an import that was interrupted.
    #[arg(long)]
    pub(crate) restart: bool,
    #[command(flatten)]
    pub(crate) retry: RetryOption,
}

/// The control totals (L3), which the shop's own figures are compared with: `validate`, `import` and `verify`.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Control totals")]
pub(crate) struct ControlTotalArgs {
    /// The totals.json of an extraction, for the control totals that no option of its own gives.
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// How many orders the shop says it has.
    #[arg(long, value_name = "N")]
    pub(crate) expect_orders: Option<u64>,
    /// The revenue (paid orders only) that the shop says it has.
    #[arg(long, value_name = "RUPIAH", value_parser = parse_money)]
    pub(crate) expect_revenue: Option<Money>,
    /// How many affiliates the shop says it has.
    #[arg(long, value_name = "N")]
    pub(crate) expect_affiliates: Option<u64>,
    /// The commission of paid orders that the shop says it has.
    #[arg(long, value_name = "RUPIAH", value_parser = parse_money)]
    pub(crate) expect_commission: Option<Money>,
}

/// An instant with its offset.
pub(crate) fn parse_time(text: &str) -> Result<Millis, String> {
    Millis::parse_rfc3339(text)
        .ok_or_else(|| tr!("expected a time such as 2026-01-01T00:00:00+07:00").to_owned())
}

/// An amount of rupiah, written as in the checklist.
pub(crate) fn parse_money(text: &str) -> Result<Money, String> {
    money::parse(text, MoneyStyle::Checklist).map_err(|error| error.to_string())
}

/// A percentage, in hundredths of a percent.
pub(crate) fn parse_percent(text: &str) -> Result<u64, String> {
    let rate = money::parse_rate(text).map_err(|error| error.to_string())?;
    u64::try_from(rate.hundredths()).map_err(|error| error.to_string())
}

/// The address of a site, without a slash at its end.
pub(crate) fn parse_site(text: &str) -> Result<String, String> {
    let url =
        url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.filter(|url| !text.contains(['?', '#', '@']) && is_plain_path(url.path()));
    let url = url.ok_or_else(|| tr!("expected an address such as https://example.org").to_owned())?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// An address that is told something.
pub(crate) fn parse_address(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| tr!("expected an address such as https://example.org/hook").to_owned())
}

/// A page of that site, with a slash at its beginning.
pub(crate) fn parse_page(text: &str) -> Result<String, String> {
    match is_plain_path(text) {
        true => Ok(format!("/{}", text.trim_start_matches('/'))),
        false => {
            Err(tr!("expected a path of letters, digits and - _ . ~ / %, such as /checkout: it becomes a part of a web \
                 server's rule")
                .to_owned())
        }
    }
}

/// How often a command that writes tries again.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct RetryOption {
    /// How often to try again after a lost connection, a deadlock or a busy database.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) retries: u32,
}

//! `validate`: what the files hold, what can be imported, what has to be corrected.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::cli::controls::{Control, ControlTotalArgs, parse_money};
use crate::cli::progress::Shown;
use crate::cli::table::number;
use crate::cli::validated::ValidationView;
use crate::cli::{Context, Format, ParseArgs, discover};
use crate::domain::finding::Code;
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::domain::source_totals::SourceTotals;
use crate::failure::ExitCode;
use crate::pipeline::files::outputs::{RunFolder, write_product_template};
use crate::pipeline::files::preview::preview;
use crate::pipeline::files::rejects::write_rejects;
use crate::pipeline::progress::Progress as _;
use crate::pipeline::read::completeness::{Completeness, HighValue};
use crate::pipeline::read::options::product_map;
use crate::pipeline::validate::{Validated, validate};
use crate::terminal::out;

/// Checks exports without a database.
///
/// Writes the rows to correct (in the columns of the source, with code and reason) and all findings
/// into a folder of their own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sejoli-migrate validate import-data --expect-orders 19246 --expect-revenue 3950000000"
)]
pub struct Args {
    /// Exports, or folders with exports.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    parse_options: ParseArgs,
    #[command(flatten)]
    expected: ControlTotalArgs,
    /// From which amount on orders are listed for a look.
    #[arg(long, value_name = "RUPIAH", default_value = "10000000", value_parser = parse_money)]
    high_value: Money,
    /// Show the first rows of each file as they are and as they will be written, side by side.
    #[arg(long, value_name = "N", default_value_t = 0)]
    preview: usize,
    /// Where the folder with rejects and findings is made.
    #[arg(long, default_value = "import-data/out", value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let source = args.parse_options.source.options()?;
    let exports = discover(&args.paths, &source, context)?;
    let map = product_map(args.parse_options.products.as_deref(), &exports, &source)?;
    let mut parse_options = args.parse_options.parse_options(&map);
    parse_options.show_pii = context.show_pii;
    let mut progress = Shown::new(context);
    progress.begin("reading", 0);
    let stamp: String = reading_stamp();
    let folder = RunFolder::create(&args.out, &format!("validate-{stamp}"))?;
    let shape = Completeness::new(HighValue::create(&folder, args.high_value)?);
    let has_map = !map.products.is_empty();
    let validated =
        validate(&exports, &parse_options, has_map.then_some(&map), shape, &folder, &mut progress)?;
    let previews = preview(&exports, &parse_options, &map, args.preview)?;
    progress.finish();
    let mut files: Vec<PathBuf> = validated.findings.file.iter().cloned().collect();
    for kind in SourceKind::IMPORTED {
        let none = HashMap::new();
        let reasons = validated.reasons.get(&kind).unwrap_or(&none);
        files.extend(write_rejects(&folder, kind.name(), &exports.of(kind), reasons)?);
    }
    files.extend(write_product_template(&folder, &validated.first_pass.products, &map)?);
    files.extend(validated.high_file.iter().cloned());
    let controls = args.expected.against(&figures(&validated));
    let outcome = ValidationView { validated: &validated, exports: &exports, previews, controls, files };
    match context.format {
        Format::Json => context.document("done", outcome.as_json())?,
        Format::Text => out(&outcome.as_text())?,
    }
    Ok(exit_code(&validated, &outcome.controls))
}

fn reading_stamp() -> String {
    chrono::Utc::now().format("%Y%m%d-%H%M%S%3f").to_string()
}

fn exit_code(validated: &Validated, controls: &[Control]) -> ExitCode {
    if controls.iter().any(|control| !control.holds) {
        return ExitCode::VerificationFailed;
    }
    let left = validated.first_pass.counts.values().any(|count| count.held + count.rejected > 0);
    if left { ExitCode::RowsLeft } else { ExitCode::Done }
}

/// What the files come to.
fn figures(validated: &Validated) -> SourceTotals {
    let totals = &validated.first_pass.totals;
    SourceTotals {
        orders: totals.orders,
        revenue: totals.revenue,
        affiliates: validated.first_pass.affiliates.len() as u64,
        commission: totals.commission,
    }
}

/// Findings by code, the worst first.
pub fn findings_text<'a>(findings: impl Iterator<Item = (impl AsRef<str>, &'a u64)>) -> String {
    let mut counts: HashMap<Code, u64> = HashMap::new();
    for (code, count) in findings {
        if let Some(code) = Code::find(code.as_ref()) {
            *counts.entry(code).or_default() += count;
        }
    }
    let mut counts: Vec<(Code, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(code, _)| (std::cmp::Reverse(code.info().severity), code.info().code));
    if counts.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nFindings\n");
    for (code, count) in counts {
        let info = code.info();
        text.push_str(&format!(
            "  {:<8} {}  {:>7}  {}\n",
            info.severity,
            info.code,
            number(count),
            info.meaning
        ));
    }
    text
}

/// Products that the map does not have.
pub fn unmapped_text(unmapped: &[(String, crate::pipeline::read::first_pass::ProductSeen)]) -> String {
    if unmapped.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nProducts that the product map does not have\n");
    for (product_id, seen) in unmapped {
        let name = crate::domain::text::excerpt(&seen.name, 40);
        text.push_str(&format!("  {product_id}  {name}: {} orders, {}\n", number(seen.orders), seen.revenue));
    }
    text
}

/// The files that were written.
pub fn files_text(files: &[PathBuf]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nFiles\n");
    for file in files {
        text.push_str(&format!("  {}\n", file.display()));
    }
    text
}

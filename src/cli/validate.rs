//! `validate`: what the files hold, what can be imported, what has to be corrected.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Serialize;

use super::progress::Shown;
use super::table::{number, table};
use super::{Context, Format, ReadingArgs, discover, out};
use crate::domain::finding::Code;
use crate::domain::money::{self, Money, MoneyStyle};
use crate::exit_code::ExitCode;
use crate::pipeline::context::product_map;
use crate::pipeline::import::Progress as _;
use crate::pipeline::outputs::{Folder, write_product_template, write_rejects};
use crate::pipeline::shape::{Glance, Shape};
use crate::pipeline::survey::Survey;
use crate::pipeline::validation::{Validated, validate};
use crate::source::{Note, SourceKind};

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
    reading: ReadingArgs,
    /// How many orders the shop says it has.
    #[arg(long, value_name = "N")]
    expect_orders: Option<u64>,
    /// The revenue (paid orders only) that the shop says it has.
    #[arg(long, value_name = "RUPIAH", value_parser = parse_money)]
    expect_revenue: Option<Money>,
    /// How many affiliates the shop says it has.
    #[arg(long, value_name = "N")]
    expect_affiliates: Option<u64>,
    /// The commission of paid orders that the shop says it has.
    #[arg(long, value_name = "RUPIAH", value_parser = parse_money)]
    expect_commission: Option<Money>,
    /// From which amount on orders are listed for a look.
    #[arg(long, value_name = "RUPIAH", default_value = "10000000", value_parser = parse_money)]
    high_value: Money,
    /// Show the first orders as they were understood.
    #[arg(long, value_name = "N", default_value_t = 0)]
    preview: usize,
    /// Where the folder with rejects and findings is made.
    #[arg(long, default_value = "import-data/out", value_name = "DIR")]
    out: PathBuf,
}

fn parse_money(text: &str) -> Result<Money, String> {
    money::parse(text, MoneyStyle::Checklist).map_err(|error| error.to_string())
}

/// A control total that was asked for.
#[derive(Debug, Serialize)]
struct Control {
    name: &'static str,
    expected: String,
    found: String,
    holds: bool,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let source = args.reading.source.options()?;
    let exports = discover(&args.paths, &source, context)?;
    let map = product_map(args.reading.products.as_deref(), &exports, &source)?;
    let mut reading = args.reading.reading(&map);
    reading.show_pii = context.show_pii;
    let mut progress = Shown::new(context);
    progress.begin("reading", 0);
    let stamp: String = reading_stamp();
    let folder = Folder::create(&args.out, &format!("validate-{stamp}"))?;
    let shape = Shape::new(args.high_value, args.preview);
    let has_map = !map.products.is_empty();
    let validated = validate(&exports, &reading, has_map.then_some(&map), shape, &folder, &mut progress)?;
    progress.finish();
    let mut files: Vec<PathBuf> = validated.findings_file.iter().cloned().collect();
    for kind in SourceKind::IMPORTED {
        let none = HashMap::new();
        let reasons = validated.reasons.get(&kind).unwrap_or(&none);
        files.extend(write_rejects(&folder, kind.name(), &exports.of(kind), reasons)?);
    }
    files.extend(write_product_template(&folder, &validated.survey.products, &map)?);
    let controls = controls(args, &validated);
    match context.format {
        Format::Json => context.document("done", as_json(&validated, &controls, &files))?,
        Format::Text => out(&as_text(&validated, &controls, &files))?,
    }
    Ok(exit_code(&validated, &controls))
}

fn reading_stamp() -> String {
    chrono::Utc::now().format("%Y%m%d-%H%M%S%3f").to_string()
}

fn exit_code(validated: &Validated, controls: &[Control]) -> ExitCode {
    if controls.iter().any(|control| !control.holds) {
        return ExitCode::VerificationFailed;
    }
    let left = validated.survey.counts.values().any(|count| count.held + count.rejected > 0);
    if left { ExitCode::RowsLeft } else { ExitCode::Done }
}

fn controls(args: &Args, validated: &Validated) -> Vec<Control> {
    let totals = &validated.survey.totals;
    let count = |name, expected: Option<u64>, found: u64| {
        expected.map(|expected| Control {
            name,
            expected: number(expected),
            found: number(found),
            holds: expected == found,
        })
    };
    let sum = |name, expected: Option<Money>, found: Money| {
        expected.map(|expected| Control {
            name,
            expected: expected.to_string(),
            found: found.to_string(),
            holds: expected == found,
        })
    };
    [
        count("orders", args.expect_orders, totals.orders),
        sum("revenue", args.expect_revenue, totals.revenue),
        count("affiliates", args.expect_affiliates, validated.survey.affiliates.len() as u64),
        sum("commission", args.expect_commission, totals.commission),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn as_json(validated: &Validated, controls: &[Control], files: &[PathBuf]) -> serde_json::Value {
    serde_json::json!({
        "schema_version": 1,
        "kinds": validated.survey.counts,
        "totals": validated.survey.totals,
        "controls": controls,
        "notes": notes_json(&validated.survey),
        "high_value": shape(validated).map(|shape| &shape.high),
        "preview": shape(validated).map(|shape| &shape.preview),
        "unmapped_products": validated.unmapped,
        "files": files,
    })
}

fn as_text(validated: &Validated, controls: &[Control], files: &[PathBuf]) -> String {
    let survey = &validated.survey;
    let rows: Vec<Vec<String>> = survey
        .counts
        .iter()
        .map(|(kind, count)| {
            let good = count.rows - count.held - count.rejected;
            let mut row = vec![(*kind).to_owned()];
            row.extend([count.rows, good, count.held, count.rejected].map(number));
            row
        })
        .collect();
    let mut text = table(&["", "read", "importable", "held", "rejected"], &rows);
    let totals = &survey.totals;
    if totals.orders > 0 {
        text.push_str(&format!("\n{} orders", number(totals.orders)));
        for (status, (orders, _)) in &totals.by_status {
            text.push_str(&format!(", {} {status}", number(*orders)));
        }
        text.push_str(&format!("\nRevenue (PAID only)     {}\n", totals.revenue));
        text.push_str(&format!("Commission (PAID only)  {}\n", totals.commission));
    }
    text.push_str(&findings_text(survey.counts.values().flat_map(|count| count.findings.iter())));
    for control in controls {
        let word = if control.holds { "holds" } else { "DIFFERS" };
        text.push_str(&format!(
            "\nControl total {}: {word} (expected {}, found {})",
            control.name, control.expected, control.found
        ));
    }
    if !controls.is_empty() {
        text.push('\n');
    }
    text.push_str(&notes_text(survey));
    if let Some(shape) = shape(validated) {
        text.push_str(&glances_text(&format!("Orders of {} and more", shape.high_from), &shape.high));
        text.push_str(&glances_text("The first orders as they were understood", &shape.preview));
    }
    text.push_str(&unmapped_text(&validated.unmapped));
    text.push_str(&files_text(files));
    text
}

fn shape(validated: &Validated) -> Option<&Shape> {
    validated.survey.cross.as_ref().map(|cross| &cross.shape)
}

fn notes_json(survey: &Survey) -> Vec<serde_json::Value> {
    let note = |(file, note): &(String, Note)| {
        let (info, finding) = (note.finding.code.info(), &note.finding);
        serde_json::json!({
            "file": file, "line": note.line, "code": info.code, "name": info.name, "reason": finding.reason(),
        })
    };
    survey.notes.iter().map(note).collect()
}

/// What there is to say about whole files.
fn notes_text(survey: &Survey) -> String {
    let line = |(file, note): &(String, Note)| {
        let place = if note.line == 0 { file.clone() } else { format!("{file} line {}", note.line) };
        format!("  {}  {place}: {}\n", note.finding.code.info().code, note.finding.reason())
    };
    let lines: String = survey.notes.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\nAbout the files\n{lines}") }
}

/// Orders that are shown on a terminal.
const GLANCES: usize = 50;

fn glances_text(heading: &str, glances: &[Glance]) -> String {
    if glances.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = glances
        .iter()
        .take(GLANCES)
        .map(|order| {
            vec![
                order.order_id.clone(),
                order.placed_at.to_string(),
                crate::domain::text::excerpt(&order.product, 30),
                order.buyer.clone(),
                order.amount.to_string(),
                order.status.to_owned(),
                order.affiliate.clone(),
                order.commission.map(|commission| commission.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = format!("\n{heading}: {}\n", number(glances.len() as u64));
    text.push_str(&table(
        &["order", "placed", "product", "buyer", "amount", "status", "affiliate", "commission"],
        &rows,
    ));
    if glances.len() > GLANCES {
        text.push_str("  … (--format json lists them all)\n");
    }
    text
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
pub fn unmapped_text(unmapped: &[(String, crate::pipeline::survey::ProductSeen)]) -> String {
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

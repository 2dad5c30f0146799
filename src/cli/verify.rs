//! `verify`: the proof that the database holds what the exports say.

use std::path::PathBuf;

use crate::cli::controls::{Control, ControlTotalArgs, controls_text};
use crate::cli::table::number;
use crate::cli::{Context, DateOrderArg, Format, SourceArgs, parse_time};
use crate::domain::date::{Millis, SourceZone};
use crate::failure::ExitCode;
use crate::store::engines::mode::Mode;
use crate::terminal::out;
use crate::verify::controls::figures;
use crate::verify::{VerifyCheck, VerifyReport, VerifyRequest};

/// Reads the exports again, by other code than the import's, and compares every field of every row
/// with the database.
///
/// Held and rejected rows must be among the rejects of a run. Then the database is held against
/// itself: sums, wallets, memberships, roles, orphans, duplicates, the books, and every row that an
/// import has written against its journal. Meant for the maintenance window, before people use the
/// app again: what they have edited since is a difference. Control totals (`--expect-…`) are held against
/// all that was imported. Exit code 4 when anything differs, or when there was nothing to compare.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate verify import-data --products products.csv")]
pub struct Args {
    /// Exports, or folders with exports; without any, the database is only held against itself.
    paths: Vec<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
    /// The product map; without it, a product map among the files is used.
    #[arg(long, value_name = "FILE")]
    products: Option<PathBuf>,
    /// The time zone of dates without an offset [default: that of the last import].
    #[arg(long, value_name = "ZONE")]
    source_tz: Option<SourceZone>,
    /// How 03/04/2025 is read [default: as the last import did].
    #[arg(long, value_enum)]
    date_order: Option<DateOrderArg>,
    /// Stands in for now, for the status of memberships [default: what their import took].
    #[arg(long, value_name = "DATE-TIME", value_parser = parse_time)]
    as_of: Option<Millis>,
    #[command(flatten)]
    expected: ControlTotalArgs,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let request = VerifyRequest {
        paths: args.paths.clone(),
        source: args.source.options()?,
        products: args.products.clone(),
        source_tz: args.source_tz,
        date_order: args.date_order.map(DateOrderArg::order),
        as_of: args.as_of,
    };
    let mut store = context.open(Mode::Read)?;
    let report = crate::verify::run(&mut store, || context.open(Mode::Read), &request)?;
    let controls = match args.expected.is_any() {
        true => args.expected.against(&figures(&mut store)?),
        false => Vec::new(),
    };
    match context.format {
        Format::Json => context.document("done", as_json(&report, &controls))?,
        Format::Text => out(&(as_text(&report) + &controls_text(&controls)))?,
    }
    let holds = report.holds() && controls.iter().all(|control| control.holds);
    Ok(if holds { ExitCode::Done } else { ExitCode::VerificationFailed })
}

fn as_json(report: &VerifyReport, controls: &[Control]) -> serde_json::Value {
    serde_json::json!({
        "schema_version": 1,
        "holds": report.holds(),
        "values": report.values(),
        "differences": report.differences(),
        "failures": report.failures,
        "checks": report.checks,
        "controls": controls,
    })
}

fn as_text(report: &VerifyReport) -> String {
    let mut text = String::new();
    for check in &report.checks {
        text.push_str(&check_text(check));
    }
    let (checks, values) = (report.checks.len(), number(report.values()));
    if report.holds() {
        text.push_str(&format!("verified: {checks} checks, {values} values compared, no difference\n"));
        return text;
    }
    let mut why = report.failures.clone();
    if report.differences() > 0 {
        let failed: Vec<&str> =
            report.checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect();
        let differences = number(report.differences());
        why.push(format!("{differences} differences in {} ({values} values compared)", failed.join(", ")));
    }
    text.push_str(&format!("VERIFICATION FAILED: {}\n", why.join("; ")));
    text
}

fn check_text(check: &VerifyCheck) -> String {
    let word = if check.holds() { "ok" } else { "FAIL" };
    let counts = format!("{} {}, {} values", number(check.rows), check.unit, number(check.values));
    let mut text = format!("{word:<5} {:<16} {counts}\n", check.name);
    for fact in check.facts.iter().take(FACTS_SHOWN) {
        text.push_str(&format!("        {fact}\n"));
    }
    for example in &check.examples {
        text.push_str(&format!("      ! {example}\n"));
    }
    let more = check.differences.saturating_sub(check.examples.len() as u64);
    if more > 0 && !check.holds() {
        text.push_str(&format!("      ! and {} more values\n", number(more)));
    }
    text
}

/// Facts of one check that are told; JSON has all of them.
const FACTS_SHOWN: usize = 10;

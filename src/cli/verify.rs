//! `verify`: proves that the database holds what the exports say.

use std::path::PathBuf;

use crate::cli::args::{ControlTotalArgs, DateOrderArg, SourceArgs, parse_time};
use crate::cli::context::Context;
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::render;
use crate::domain::date::{Millis, SourceZone};
use crate::failure::ExitCode;
use crate::store::engines::mode::Mode;
use crate::verify::VerifyRequest;
use crate::verify::controls::figures;

/// Reads the exports again, by other code than the import's, and compares every field of every row
/// with the database.
///
/// Held and rejected rows must be among the rejects of a run. Then the database is checked for
/// consistency: sums, wallets, memberships, roles, orphans, duplicates, the books, and every row that an
/// import has written against its journal. Meant for the maintenance window, before people use the
/// app again: what they have edited since is a difference. Control totals (`--expect-…`) are compared with
/// all that was imported. Exit code 4 when anything differs, or when there was nothing to compare.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate verify import-data --products products.csv")]
pub(crate) struct Args {
    /// Exports, or folders with exports; without any, only the consistency of the database is checked.
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
    /// The time to take for now, for the status of memberships [default: that of their import].
    #[arg(long, value_name = "DATE-TIME", value_parser = parse_time)]
    as_of: Option<Millis>,
    #[command(flatten)]
    expected: ControlTotalArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let request = VerifyRequest {
        paths: args.paths.clone(),
        skipped: args.source.skipped.clone(),
        source: args.source.options()?,
        products: args.products.clone(),
        source_tz: args.source_tz,
        date_order: args.date_order.map(DateOrderArg::order),
        as_of: args.as_of,
    };
    let expected = args.expected.with_file()?;
    let mut store = context.open(Mode::Read)?;
    let report = crate::verify::run(&mut store, || context.open(Mode::Read), &request)?;
    let controls = match expected.is_any() {
        true => expected.compare(&figures(&mut store)?),
        false => Vec::new(),
    };
    let open = Interrupted::find(&mut store, context)?;
    let text = || {
        interrupted::text(open.as_ref())
            + &render::verify::text(&report)
            + &render::control_totals::text(&controls)
    };
    let document = || Ok(interrupted::with(render::verify::document(&report, &controls), open.as_ref()));
    context.print(text, document)?;
    // What is half done was not verified, whatever its rows say.
    let holds = open.is_none() && report.holds() && controls.iter().all(|control| control.holds);
    Ok(if holds { ExitCode::Done } else { ExitCode::VerificationFailed })
}

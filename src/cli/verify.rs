//! `verify`: proves that the database holds what the exports say.

use std::path::PathBuf;

use crate::cli::args::{ControlTotalArgs, DateOrderArg, SourceArgs, parse_time};
use crate::cli::bundle;
use crate::cli::context::{Context, Format};
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::render;
use crate::cli::render::verify::{DOES_NOT_ADD_UP, Verification};
use crate::cli::verify_sample::SampleArgs;
use crate::cli::verify_signed;
use crate::domain::date::{Millis, SourceZone};
use crate::failure::{ExitCode, Failure};
use crate::language::{said, tr};
use crate::reconciliation;
use crate::reconciliation::OrderScan;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::session::store::Store;
use crate::verify::controls::figures;
use crate::verify::{PersonAnswer, VerifyRequest, app_figures, ask, run_beside};

/// Read the exports again and compare them with the database, field by field.
///
/// Held and rejected rows must be among the rejects of a run. Then the database is checked for consistency: sums,
/// wallets, memberships, roles, orphans, duplicates, the books, and every row that an import has written against its
/// journal. At last the app's own reads are replayed over everybody who was imported (`app: …`): a page that would show
/// something else than the source says is a difference, and one whose tables are missing is named. The reconciliation
/// from the source's gross to the wallets stands below it in short, and fails the verification where it does not add
/// up. Meant for the maintenance window, before people use the app again: what they have edited since is a difference.
/// Control totals (`--expect-…`) are compared with all that was imported. Exit code 4 when anything differs, or when
/// there was nothing to compare.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate verify import-data --products products.csv\n  sejoli-migrate verify --person rina@example.org\n  sejoli-migrate verify --sample 100 --seed 7 --show-pii --out sample.xlsx"
)]
pub(crate) struct Args {
    /// Exports, or folders with exports; without any, only the consistency of the database is checked.
    paths: Vec<PathBuf>,
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
    /// Tell one person's whole story instead: source rows, rows in the database, what each page of the app shows. Exit
    /// code 4 where a page shows something else than the source says, 6 where nobody has the address.
    #[arg(long, value_name = "EMAIL", conflicts_with = "paths")]
    person: Option<String>,
    /// Print what the app's pages show of every imported person, affiliate and order instead, for another program to
    /// compare: ids, amounts in sen (--format json).
    #[arg(long, conflicts_with_all = ["paths", "person"])]
    app_figures: bool,
    /// Hold a bundle of `report bundle` against itself and against the database instead. Exit code 4 where either differs, 6
    /// where it cannot be read.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "person"])]
    bundle: Option<PathBuf>,
    /// Keep instead that a file was signed, such as a sample: its name and hash stand in the import log with the newest
    /// run, and `report` says so. The only thing that `verify` ever writes.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "person", "app_figures", "sample"])]
    signed: Option<PathBuf>,
    /// Who has signed it.
    #[arg(long, value_name = "NAME", requires = "signed")]
    by: Option<String>,
    #[command(flatten)]
    sample: SampleArgs,
    #[command(flatten)]
    expected: ControlTotalArgs,
    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    if let Some(path) = &args.signed {
        return verify_signed::run(path, args.by.as_deref(), context);
    }
    let request = VerifyRequest {
        paths: args.paths.clone(),
        skipped: args.source.skipped.clone(),
        source: args.source.options()?,
        products: args.products.clone(),
        source_tz: args.source_tz,
        date_order: args.date_order.map(DateOrderArg::order),
        as_of: args.as_of,
        replays_app: true,
        show_pii: context.show_pii,
    };
    let expected = args.expected.with_file()?;
    let mut store = context.open(DatabaseUse::Read)?;
    if let Some(path) = &args.bundle {
        return bundle::check(&mut store, path, context);
    }
    if let Some(address) = &args.person {
        return tell(&mut store, address, &request, context);
    }
    if args.sample.is_asked_for() {
        return args.sample.run(&mut store, &request, context);
    }
    if args.app_figures {
        let figures = app_figures(&mut store, &request)?;
        context.print(|| render::app_figures::text(&figures), || render::app_figures::document(&figures))?;
        return Ok(ExitCode::Done);
    }
    let zone = args.source_tz.unwrap_or(SourceZone::JAKARTA);
    let scan = OrderScan::new(zone);
    let (mut report, reconciliation) = run_beside(
        &mut store,
        || context.open(DatabaseUse::Read),
        &request,
        (&|store, orders| scan.add(store, orders), |store| reconciliation::gather(store, &scan)),
    )?;
    context.note(|command| command.differences = Some(report.differences()));
    if !reconciliation.adds_up() {
        report.fail(said(DOES_NOT_ADD_UP));
    }
    let controls = match expected.is_any() {
        true => expected.compare(&figures(&mut store)?),
        false => Vec::new(),
    };
    let open = Interrupted::find(&mut store, context)?;
    let interrupted = open.as_ref().map(Interrupted::go_on);
    let verification =
        Verification { report: &report, reconciliation: &reconciliation, controls: &controls, interrupted };
    if context.format == Format::Junit {
        context.print_junit(&verification.junit())?;
    } else {
        let text = || interrupted::text(open.as_ref()) + &verification.text();
        let document = || Ok(interrupted::with(verification.document(), open.as_ref()));
        context.print(text, document)?;
    }
    Ok(if verification.holds() { ExitCode::Done } else { ExitCode::VerificationFailed })
}

/// Tells a person's story. Exit code 4 where a page shows something else than the source says.
fn tell(
    store: &mut Store,
    address: &str,
    request: &VerifyRequest,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let story = match ask(store, address, request)? {
        PersonAnswer::Told(story) => story,
        PersonAnswer::Unknown(near) => return Err(unknown(&near)),
    };
    context.print(|| render::person::text(&story), || render::person::document(&story))?;
    Ok(if story.differences.is_empty() { ExitCode::Done } else { ExitCode::VerificationFailed })
}

/// Nobody has the address; exit code 6.
fn unknown(near: &[String]) -> anyhow::Error {
    let like = match near {
        [] => tr!("no address is like it").to_owned(),
        near => tr!("like it are: {}", near.join(", ")),
    };
    Failure::input(tr!(
        "nobody in this database has that address, and no import has recognised anybody by it; {like}. \
         Rows that were held or rejected are in the rejects files of their run"
    ))
}

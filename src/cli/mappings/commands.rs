//! The commands of `mappings`: arguments and calls.

use std::path::PathBuf;

use crate::cli::args::RetryOption;
use crate::cli::context::Context;
use crate::cli::decided;
use crate::cli::decision::{DecideArgs, decider};
use crate::cli::mappings::choices::choice;
use crate::cli::mappings::file;
use crate::cli::mappings::review::MappingReview;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::review;
use crate::cli::run_import::warn_unless_backed_up;
use crate::cli::typed_command::next_after;
use crate::cli::typed_command::this_command;
use crate::decisions::mapping_sheet::MappingDecisionCell;
use crate::decisions::mappings::{MappingCase, MappingCases};
use crate::domain::text::excerpt;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::decide_mappings;
use crate::pipeline::decide_mappings::{DecisionRequest, UNDO_COMMAND};
use crate::pipeline::decision_run::DecisionRun;
use crate::pipeline::plan::mapping_decisions::{MappingChoice, MappingDecision};
use crate::signals;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::migration::check::ensure_ready;
use crate::store::session::store::Store;

/// Decide which user of the app each affiliate is.
///
/// An import verifies an affiliate whom an e-mail address or a phone number names; the others wait. A decision is a run
/// of its own and one transaction: mapping, account, conversions, wallet, ledger and paid commissions follow at once,
/// or nothing does. `rollback` takes the run back; later imports keep what was decided.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate mappings list --status pending --owed\n  sejoli-migrate mappings verify MITRA01 --user rina@example.org --dry-run"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: MappingsAction,
}

#[derive(Debug, clap::Subcommand)]
enum MappingsAction {
    /// List the mappings, those of which most is owed first.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings list --status pending --owed\n  sejoli-migrate mappings list rina"
    )]
    List(MappingFilter),
    /// Show all that is known of an affiliate: who it may be and why, what hangs on it, who has decided.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings show MITRA01\n  sejoli-migrate mappings show MITRA01 --show-pii"
    )]
    Show {
        /// Sejoli's code of the affiliate.
        code: String,
    },
    /// Say that an affiliate is a user of the app; orders, wallet and access to the affiliates' pages follow at once.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings verify MITRA01 --user rina@example.org --dry-run\n  sejoli-migrate mappings verify MITRA01 --new"
    )]
    Verify(Verify),
    /// Say that the shop wants nothing of an affiliate; what came from imports is taken back.
    ///
    /// Conversions, ledger and paid marks go, wallet and profile fall by the difference. It is refused where the wallet has
    /// paid that out already (SJM-0610). The account itself stays.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings reject MITRA01 --why 'a test account' --dry-run\n  sejoli-migrate mappings reject MITRA01 --why 'a test account' --by Rina"
    )]
    Reject(RejectArgs),
    /// Take a person's decision back: the mapping waits again.
    ///
    /// Where its run is the newest and has decided nothing else, that is rolled back, cell by cell. Otherwise what followed
    /// from it goes by the difference as at `reject`, and the account stays.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings undo MITRA01 --dry-run\n  sejoli-migrate mappings undo MITRA01 --by Rina"
    )]
    Undo {
        /// Sejoli's code of the affiliate.
        code: String,
        #[command(flatten)]
        decide: DecideArgs,
    },
    /// Decide the mappings that wait on a full-screen page, with one key each.
    ///
    /// Keys: a accepts the marked user, 1 to 9 mark one, n creates one, r rejects, l leaves it for later, u takes back, /
    /// searches, q leaves. Each decision is carried out at once, as a run of its own, so that nothing is lost when the
    /// terminal dies; u takes the newest run back, exactly.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings review\n  sejoli-migrate mappings review --by Rina --show-pii"
    )]
    Review {
        /// Who decides [default: the user of this system].
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        #[command(flatten)]
        retry: RetryOption,
    },
    /// Write the mappings to a file in which people decide: a drop-down list in XLSX, a column in CSV.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings export decide.xlsx\n  sejoli-migrate mappings export all.csv --status all"
    )]
    Export {
        /// The file, which ends in .xlsx or .csv.
        file: PathBuf,
        /// Which mappings.
        #[arg(long, value_enum, default_value_t = StatusFilter::Pending, value_name = "STATUS")]
        status: StatusFilter,
        /// Only those to whom something is owed.
        #[arg(long)]
        owed: bool,
        /// Write over a file that is there already, and may hold decisions.
        #[arg(long)]
        replace: bool,
    },
    /// Carry out the decisions in such a file, as one run.
    ///
    /// The column `decision` holds a user's address or id, NEW (or NEW and an address), REJECT or UNDO; empty rows wait.
    /// Nothing is done if a row has an unknown code or user, or was decided otherwise since the export. Safe to repeat.
    #[command(
        after_help = "Examples:\n  sejoli-migrate mappings apply decide.xlsx --dry-run\n  sejoli-migrate mappings apply decide.xlsx --by Rina"
    )]
    Apply {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        decide: DecideArgs,
    },
}

#[derive(Debug, clap::Args)]
struct MappingFilter {
    /// Only those with this text in code, name, address or number.
    text: Option<String>,
    /// Which mappings.
    #[arg(long, value_enum, default_value_t = StatusFilter::All, value_name = "STATUS")]
    status: StatusFilter,
    /// Only those to whom something is owed.
    #[arg(long)]
    owed: bool,
}

/// Which mappings are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum StatusFilter {
    /// All.
    All,
    /// Those that wait.
    Pending,
    /// Those that are a user's.
    Verified,
    /// Those that are nobody's.
    Rejected,
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// Sejoli's code of the affiliate.
    code: String,
    /// The user of the app, by e-mail address or id.
    #[arg(long, value_name = "EMAIL", required_unless_present = "new", conflicts_with = "new")]
    user: Option<String>,
    /// Create a user, with this address or else the affiliate's own.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1)]
    new: Option<Option<String>>,
    /// Why, to be kept with the mapping.
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    #[command(flatten)]
    decide: DecideArgs,
}

#[derive(Debug, clap::Args)]
struct RejectArgs {
    /// Sejoli's code of the affiliate.
    code: String,
    /// Why, to be kept with the mapping.
    #[arg(long, value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    decide: DecideArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.action {
        MappingsAction::List(filter) => list(filter, context),
        MappingsAction::Show { code } => show(code, context),
        MappingsAction::Verify(verify) => {
            let cell = match (&verify.user, &verify.new) {
                (Some(user), _) => MappingDecisionCell::User(user),
                (None, new) => MappingDecisionCell::New(new.as_ref().and_then(|address| address.as_deref())),
            };
            one("mappings verify", &verify.code, &cell, verify.why.clone(), &verify.decide, context)
        }
        MappingsAction::Reject(reject) => {
            let why = Some(reject.why.clone());
            one("mappings reject", &reject.code, &MappingDecisionCell::Reject, why, &reject.decide, context)
        }
        MappingsAction::Undo { code, decide } => undo(code, decide, context),
        MappingsAction::Review { by, retry } => {
            let by = decider(by.as_deref())?;
            let mut store = context.open_to_write(DatabaseUse::Write)?;
            ensure_ready(&mut store)?;
            warn_unless_backed_up(&mut store, context)?;
            let mut source = MappingReview::load(&mut store, by, retry.retries, context)?;
            let count = review::run(&mut source, tr!("Mappings"))?;
            decided::in_a_sitting(count, "mappings list", context)
        }
        MappingsAction::Export { file, status, owed, replace } => {
            let cases = load(context)?;
            let selected = select(&cases, *status, *owed, None);
            file::export(file, &cases, &selected, *replace, context)
        }
        MappingsAction::Apply { file, decide } => {
            let by = decider(decide.by.as_deref())?;
            let mut store = context.open_to_write(DatabaseUse::Write)?;
            ensure_ready(&mut store)?;
            let decisions = file::decisions(file, &MappingCases::load(&mut store)?)?;
            if decisions.is_empty() {
                return decided::nothing_in(file, decide.dry_run, context);
            }
            carry_out(&mut store, "mappings apply", by, decisions, decide, context)
        }
    }
}

fn load(context: &Context) -> anyhow::Result<MappingCases> {
    let mut store = context.open(DatabaseUse::Read)?;
    ensure_ready(&mut store)?;
    MappingCases::load(&mut store)
}

fn list(filter: &MappingFilter, context: &Context) -> anyhow::Result<ExitCode> {
    let cases = load(context)?;
    let selected = select(&cases, filter.status, filter.owed, filter.text.as_deref());
    context.print(
        || render::mappings::list_text(&selected, context.show_pii),
        || Ok(render::mappings::list_document(&selected, context.show_pii)),
    )?;
    Ok(ExitCode::Done)
}

fn show(code: &str, context: &Context) -> anyhow::Result<ExitCode> {
    let cases = load(context)?;
    let Some(case) = cases.find(code) else {
        let shown = excerpt(code, 40);
        return Err(Failure::usage(tr!(
            "no affiliate has the code {shown}; `sejoli-migrate mappings list` lists them"
        )));
    };
    let candidates = cases.candidates(case);
    context.print(
        || render::mappings::show_text(case, &candidates, context.show_pii),
        || Ok(render::mappings::show_document(case, &candidates, context.show_pii)),
    )?;
    Ok(ExitCode::Done)
}

/// The mappings that are meant, those of which most is owed first.
fn select<'c>(
    cases: &'c MappingCases,
    status: StatusFilter,
    owed: bool,
    text: Option<&str>,
) -> Vec<&'c MappingCase> {
    let wanted = text.map(str::to_lowercase);
    let is_of_status = |case: &MappingCase| match status {
        StatusFilter::All => true,
        StatusFilter::Pending => case.status == "PENDING",
        StatusFilter::Verified => case.status == "VERIFIED",
        StatusFilter::Rejected => case.status == "REJECTED",
    };
    let says = |case: &MappingCase, wanted: &str| {
        let user = case.user.as_ref().map(|user| user.email.as_str());
        let texts =
            [Some(case.code.as_str()), Some(&case.name), case.email.as_deref(), case.phone.as_deref(), user];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(wanted))
    };
    let selected = cases.cases.iter().filter(|case| {
        is_of_status(case)
            && (!owed || case.money.owed.is_positive())
            && wanted.as_deref().is_none_or(|wanted| says(case, wanted))
    });
    let mut selected: Vec<&MappingCase> = selected.collect();
    selected.sort_by(|a, b| b.money.owed.cmp(&a.money.owed).then_with(|| a.code.cmp(&b.code)));
    selected
}

fn undo(code: &str, decide: &DecideArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let by = decider(decide.by.as_deref())?;
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    ensure_ready(&mut store)?;
    signals::listen(this_command(context))?;
    let run = decide_mappings::run_of_decision(&mut store, code)?;
    if decide.taken_back_exactly(&mut store, run.as_deref(), context)? {
        return Ok(ExitCode::Done);
    }
    let undo = MappingDecision { code: code.to_owned(), choice: MappingChoice::Undo, why: None };
    carry_out(&mut store, UNDO_COMMAND, by, vec![undo], decide, context)
}

fn one(
    command: &'static str,
    code: &str,
    cell: &MappingDecisionCell<'_>,
    why: Option<String>,
    decide: &DecideArgs,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let by = decider(decide.by.as_deref())?;
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    ensure_ready(&mut store)?;
    let choice = choice(cell, &MappingCases::load(&mut store)?.users)?;
    let decisions = vec![MappingDecision { code: code.to_owned(), choice, why }];
    carry_out(&mut store, command, by, decisions, decide, context)
}

fn carry_out(
    store: &mut Store,
    command: &'static str,
    by: String,
    decisions: Vec<MappingDecision>,
    decide: &DecideArgs,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let mut changes = decide.changes(decide.dry_run, context)?;
    signals::listen(this_command(context))?;
    if !decide.dry_run {
        warn_unless_backed_up(store, context)?;
    }
    let run = DecisionRun { command, dry_run: decide.dry_run, retries: decide.retry.retries };
    let request = DecisionRequest { run, by, decisions };
    let mut progress = ProgressDisplay::new(context);
    let done = decide_mappings::decide(store, &request, &mut changes, &mut progress);
    progress.finish();
    let (done, diff) = (done?, changes.finish()?);
    let changes = (&changes, diff.as_deref());
    context.print(
        || render::mappings::decided_text(&done, changes, &next_after(done.dry_run, context)),
        || Ok(render::mappings::decided_document(&done, changes)),
    )?;
    Ok(ExitCode::Done)
}

//! The commands of `people`: arguments and calls.

use std::path::{Path, PathBuf};

use crate::cli::args::RetryOption;
use crate::cli::context::Context;
use crate::cli::decided;
use crate::cli::decision::{DecideArgs, decider};
use crate::cli::people::account::user_id;
use crate::cli::people::file;
use crate::cli::people::review::PeopleReview;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render;
use crate::cli::review;
use crate::cli::run_import::warn_unless_backed_up;
use crate::cli::typed_command::next_after;
use crate::cli::typed_command::this_command;
use crate::clock::now;
use crate::decisions::account_facts::AccountFacts;
use crate::decisions::people::{AccountPair, Pairs};
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::decide_people;
use crate::pipeline::decide_people::{DecisionOnPair, PairChoice, PeopleRequest, UNDO_COMMAND};
use crate::pipeline::decision_run::DecisionRun;
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::account_merge::obstacles::obstacles;
use crate::signals;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::migration::check::ensure_ready;
use crate::store::session::store::Store;

/// Decide which accounts are one person: list them, merge them, keep them apart.
///
/// An import keeps such accounts apart (SJM-0104). A merge is a run of its own and one transaction: orders,
/// memberships, access, codes, wallet and ledger become those of the account that is kept; the other one is closed and
/// stays. `rollback` takes it back exactly; later imports follow it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate people list\n  sejoli-migrate people merge rina@mail.com rina@mial.com --why slip --dry-run"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: PeopleAction,
}

#[derive(Debug, clap::Subcommand)]
enum PeopleAction {
    /// List pairs of accounts that may be one person, with the reasons and the money, the most money first.
    ///
    /// One number under two addresses, one letter of difference in an address, one name and number in two spellings, an
    /// affiliate who is also a buyer under another address. It writes nothing.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people list\n  sejoli-migrate people list --affiliates --show-pii"
    )]
    List(PairFilter),
    /// Show two accounts side by side: what each has, why they may be one person, and what a merge would move.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people show rina@mail.com rina@mial.com\n  sejoli-migrate people show rina@mail.com rina@mial.com --show-pii"
    )]
    Show {
        /// The account that would be kept, by e-mail address or id.
        one: String,
        /// The account that would be closed.
        other: String,
    },
    /// Say that two accounts are one person: the first one takes over what the second one has.
    ///
    /// It is refused as a whole, before anything is written, where something cannot move: the app itself has credited money
    /// to the account, or has edited a membership of it. The closed account keeps its password and all else of the app's own.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people merge rina@mail.com rina@mial.com --why slip --dry-run\n  sejoli-migrate people merge rina@mail.com rina@mial.com --why slip --by Rina"
    )]
    Merge {
        /// The account that is kept, by e-mail address or id.
        keep: String,
        /// The account that is closed.
        other: String,
        #[command(flatten)]
        reason: ReasonArgs,
        #[command(flatten)]
        decide: DecideArgs,
    },
    /// Say that two accounts are two people, for good: the pair is not listed again.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people keep-apart ani@mail.com budi@mail.com --why 'a couple'\n  sejoli-migrate people keep-apart ani@mail.com budi@mail.com --why sisters --by Ani"
    )]
    KeepApart {
        /// One of two people, by e-mail address or id.
        one: String,
        /// The other.
        other: String,
        #[command(flatten)]
        reason: ReasonArgs,
        #[command(flatten)]
        decide: DecideArgs,
    },
    /// Take a decision back.
    ///
    /// Where its run is the newest and has decided nothing else, that is rolled back, cell by cell. That two accounts are two
    /// people can be forgotten at any time; a merge only once the runs that are newer are rolled back.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people undo rina@mail.com rina@mial.com --dry-run\n  sejoli-migrate people undo rina@mail.com rina@mial.com"
    )]
    Undo {
        /// One account, by e-mail address or id.
        one: String,
        /// The other.
        other: String,
        #[command(flatten)]
        decide: DecideArgs,
    },
    /// Decide the pairs that wait on a full-screen page, with one key each.
    ///
    /// Keys: a merges into the marked account, 1 and 2 mark one, r keeps them apart, l leaves them for later, u takes back, /
    /// searches, q leaves. Each decision is carried out at once, as a run of its own; u takes the newest run back, exactly.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people review --by Rina\n  sejoli-migrate people review --by Rina --show-pii"
    )]
    Review {
        /// Who decides [default: the user of this system].
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        #[command(flatten)]
        retry: RetryOption,
    },
    /// Write the pairs to a file in which people decide: a drop-down list in XLSX, a column in CSV.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people export pairs.xlsx\n  sejoli-migrate people export all.csv --decided"
    )]
    Export {
        /// The file, which ends in .xlsx or .csv.
        file: PathBuf,
        #[command(flatten)]
        filter: PairFilter,
        /// Write over a file that is there already, and may hold decisions.
        #[arg(long)]
        replace: bool,
    },
    /// Carry out the decisions in such a file, as one run.
    ///
    /// The column `decision` holds the address of the account to keep, APART or UNDO; empty rows wait. Nothing is done if a
    /// row has an unknown account, an account that another row merges, too, or was decided otherwise since the export.
    #[command(
        after_help = "Examples:\n  sejoli-migrate people apply pairs.xlsx --dry-run\n  sejoli-migrate people apply pairs.xlsx --by Rina --yes"
    )]
    Apply {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        decide: DecideArgs,
        /// Really decide it; without this, the command only shows what would be written.
        #[arg(long, conflicts_with = "dry_run")]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct PairFilter {
    /// Only those with this text in a name or an address.
    text: Option<String>,
    /// Only affiliates who are also buyers under another address.
    #[arg(long)]
    affiliates: bool,
    /// Those that were decided, with who has decided, when and why, instead of those that wait.
    #[arg(long)]
    decided: bool,
}

#[derive(Debug, clap::Args)]
struct ReasonArgs {
    /// Why, to be kept with the decision.
    #[arg(long, value_name = "TEXT")]
    why: String,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.action {
        PeopleAction::List(filter) => list(filter, context),
        PeopleAction::Show { one, other } => show(one, other, context),
        PeopleAction::Merge { keep, other, reason, decide } => {
            let asked = ("people merge", PairChoice::Merge);
            decide_two(asked, [keep, other], reason, decide, context)
        }
        PeopleAction::KeepApart { one, other, reason, decide } => {
            let asked = ("people keep-apart", PairChoice::KeepApart);
            decide_two(asked, [one, other], reason, decide, context)
        }
        PeopleAction::Undo { one, other, decide } => undo(one, other, decide, context),
        PeopleAction::Review { by, retry } => {
            let by = decider(by.as_deref())?;
            let mut store = context.open_to_write(DatabaseUse::Write)?;
            ensure_ready(&mut store)?;
            warn_unless_backed_up(&mut store, context)?;
            let mut source = PeopleReview::load(&mut store, by, retry.retries, context)?;
            let count = review::run(&mut source, tr!("People"))?;
            decided::in_a_sitting(count, "people list --decided", context)
        }
        PeopleAction::Export { file, filter, replace } => {
            let pairs = load(context)?;
            file::export(file, &select(&pairs, filter), *replace, context)
        }
        PeopleAction::Apply { file, decide, yes } => apply(file, decide, *yes, context),
    }
}

fn load(context: &Context) -> anyhow::Result<Pairs> {
    let mut store = context.open(DatabaseUse::Read)?;
    ensure_ready(&mut store)?;
    Pairs::load(&mut store)
}

fn list(filter: &PairFilter, context: &Context) -> anyhow::Result<ExitCode> {
    let pairs = load(context)?;
    let selected = select(&pairs, filter);
    context.print(
        || render::people::text(&selected, filter.decided, context.show_pii),
        || Ok(render::people::document(&selected, context.show_pii)),
    )?;
    Ok(ExitCode::Done)
}

/// The pairs that are meant.
fn select<'p>(pairs: &'p Pairs, filter: &PairFilter) -> Vec<&'p AccountPair> {
    let wanted = filter.text.as_deref().map(str::to_lowercase);
    let says = |pair: &AccountPair, wanted: &str| {
        let texts = [&pair.one.name, &pair.one.email, &pair.other.name, &pair.other.email];
        texts.iter().any(|text| text.to_lowercase().contains(wanted))
    };
    let selected = pairs.pairs.iter().filter(|pair| {
        pair.decision.is_some() == filter.decided
            && (!filter.affiliates || pair.is_of_affiliate_and_buyer())
            && wanted.as_deref().is_none_or(|wanted| says(pair, wanted))
    });
    selected.collect()
}

fn show(one: &str, other: &str, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(DatabaseUse::Read)?;
    ensure_ready(&mut store)?;
    let pairs = Pairs::load(&mut store)?;
    let (one, other) = (user_id(&pairs, one)?, user_id(&pairs, other)?);
    let accounts = Accounts::look_up(&mut store, &one, &other)?;
    let mut in_the_way = Vec::new();
    for accounts in [accounts.clone(), accounts.turned()] {
        in_the_way.push(obstacles(&mut store, &accounts, now())?);
    }
    let facts = [AccountFacts::load(&mut store, &one)?, AccountFacts::load(&mut store, &other)?];
    let [Some(kept), Some(closed)] = facts else {
        return Err(Failure::usage(tr!("an account is not there any more")));
    };
    let shown = render::people::AccountComparison {
        pair: pairs.of(&one, &other),
        accounts: [kept, closed],
        obstacles: in_the_way,
    };
    context.print(
        || render::people::show_text(&shown, context.show_pii),
        || Ok(render::people::show_document(&shown, context.show_pii)),
    )?;
    Ok(ExitCode::Done)
}

fn decide_two(
    (command, choice): (&'static str, PairChoice),
    [one, other]: [&str; 2],
    reason: &ReasonArgs,
    decide: &DecideArgs,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let by = decider(decide.by.as_deref())?;
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    ensure_ready(&mut store)?;
    let pairs = Pairs::load(&mut store)?;
    let (one, other) = (user_id(&pairs, one)?, user_id(&pairs, other)?);
    let decision = DecisionOnPair { one, other, choice, why: Some(reason.why.clone()) };
    let asked = DecisionsToApply { command, by, decisions: vec![decision], dry_run: decide.dry_run };
    carry_out(&mut store, &pairs, asked, decide, context)
}

fn undo(one: &str, other: &str, decide: &DecideArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let by = decider(decide.by.as_deref())?;
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    ensure_ready(&mut store)?;
    let pairs = Pairs::load(&mut store)?;
    let (one, other) = (user_id(&pairs, one)?, user_id(&pairs, other)?);
    signals::listen(this_command(context))?;
    let run = decide_people::run_of_decision(&mut store, &one, &other)?;
    if decide.taken_back_exactly(&mut store, run.as_deref(), context)? {
        return Ok(ExitCode::Done);
    }
    let decision = DecisionOnPair { one, other, choice: PairChoice::Forget, why: None };
    let dry_run = decide.dry_run;
    let work = DecisionsToApply { command: UNDO_COMMAND, by, decisions: vec![decision], dry_run };
    carry_out(&mut store, &pairs, work, decide, context)
}

fn apply(file: &Path, decide: &DecideArgs, yes: bool, context: &Context) -> anyhow::Result<ExitCode> {
    let by = decider(decide.by.as_deref())?;
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    ensure_ready(&mut store)?;
    let pairs = Pairs::load(&mut store)?;
    let decisions = file::decisions(file, &pairs)?;
    if decisions.is_empty() {
        return decided::nothing_in(file, !yes, context);
    }
    let work = DecisionsToApply { command: "people apply", by, decisions, dry_run: !yes };
    let done = carry_out(&mut store, &pairs, work, decide, context)?;
    match yes || decide.dry_run {
        true => Ok(done),
        false => Err(Failure::refused(tr!("nothing was decided; add --yes to do it"))),
    }
}

/// What is to be carried out.
struct DecisionsToApply {
    command: &'static str,
    by: String,
    decisions: Vec<DecisionOnPair>,
    dry_run: bool,
}

fn carry_out(
    store: &mut Store,
    pairs: &Pairs,
    DecisionsToApply { command, by, decisions, dry_run }: DecisionsToApply,
    decide: &DecideArgs,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let mut changes = decide.changes(dry_run, context)?;
    signals::listen(this_command(context))?;
    if !dry_run {
        warn_unless_backed_up(store, context)?;
    }
    let run = DecisionRun { command, dry_run, retries: decide.retry.retries };
    let request = PeopleRequest { run, by, decisions };
    let mut progress = ProgressDisplay::new(context);
    let done = decide_people::decide(store, &request, &mut changes, &mut progress);
    progress.finish();
    let (done, diff) = (done?, changes.finish()?);
    let changes = (&changes, diff.as_deref());
    let mut next = next_after(dry_run, context);
    if dry_run && command == "people apply" {
        next.push_str(" --yes");
    }
    context.print(
        || render::people::decided_text(&done, pairs, changes, context.show_pii, &next),
        || Ok(render::people::decided_document(&done, pairs, changes, context.show_pii)),
    )?;
    Ok(ExitCode::Done)
}

//! People's decisions on pairs of accounts that may be one person, as a run of their own: a merge, or that they are two for
//! good. All decisions of a run are made, or none.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::domain::person_decision::{PairDecision, PairVerdict};
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::conventions;
use crate::pipeline::decide_mappings::settle_decided;
use crate::pipeline::decision_run::{CarriedOut, DecisionRun, DecisionWork, carry_out};
use crate::pipeline::merge_accounts::{MergeOptions, MergeOutcome, PEOPLE, as_of, merge};
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::account_merge::record;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::phase::Phase;
use crate::row_changes::ChangeSink;
use crate::signals;
use crate::store::history::journal::Change;
use crate::store::session::store::Store;

/// What the names of the commands that decide pairs of accounts begin with.
pub(crate) const COMMANDS: &str = "people ";

/// The command that forgets that two accounts are two people.
pub(crate) const UNDO_COMMAND: &str = "people undo";

/// What is decided of two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PairChoice {
    /// The first takes the second in.
    Merge,
    /// They are two people, for good.
    KeepApart,
    /// That they are two people is forgotten.
    Forget,
}

/// A decision of a person on two accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecisionOnPair {
    /// The id of the user who is kept, or of one of two people.
    pub(crate) one: String,
    /// The id of the other user.
    pub(crate) other: String,
    /// What is decided.
    pub(crate) choice: PairChoice,
    /// Why.
    pub(crate) why: Option<String>,
}

/// The request of some decisions.
#[derive(Clone, Debug)]
pub(crate) struct PeopleRequest {
    /// How the run is carried out.
    pub(crate) run: DecisionRun,
    /// Who decides.
    pub(crate) by: String,
    /// The decisions.
    pub(crate) decisions: Vec<DecisionOnPair>,
}

/// What a decision has come to.
#[derive(Debug)]
pub(crate) struct DecidedPair {
    /// The decision.
    pub(crate) decision: DecisionOnPair,
    /// Whether it says something new.
    pub(crate) is_new: bool,
    /// What a merge has done.
    pub(crate) merged: MergeOutcome,
}

/// What the decisions of a run have come to.
#[derive(Debug)]
pub(crate) struct PeopleOutcome {
    /// Each of them, in their order.
    pub(crate) pairs: Vec<DecidedPair>,
    /// What the settlement of the codes has noticed.
    pub(crate) notes: Vec<Finding>,
}

/// What a run records of its decisions.
#[derive(Debug, Serialize, Deserialize)]
struct RecordedPairDecisions {
    command: String,
    by: String,
    decisions: Vec<RecordedPairDecision>,
    /// The time that says what is over, by which memberships were merged.
    as_of: Millis,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordedPairDecision {
    decision: String,
    one: String,
    other: String,
    why: Option<String>,
}

/// Carries decisions out. A dry run tells `changes` of every row before it is taken back.
///
/// # Errors
/// Exit code 2: an account is not there; 5: a decision cannot be made as a whole, and why. Then none is made.
pub(crate) fn decide(
    store: &mut Store,
    request: &PeopleRequest,
    changes: &mut dyn ChangeSink,
    progress: &mut dyn Progress,
) -> anyhow::Result<CarriedOut<PeopleOutcome>> {
    carry_out(store, &request.run, changes, progress, |store, committer| work(store, committer, request))
}

fn work(
    store: &mut Store,
    committer: &mut Committer,
    request: &PeopleRequest,
) -> anyhow::Result<DecisionWork<PeopleOutcome>> {
    refuse_long_text(store, request)?;
    let mut pairs = Vec::with_capacity(request.decisions.len());
    let conventions = conventions::choose(store, &[], false)?.conventions;
    let merges = merges(store, request)?;
    let as_of = as_of(store, &merges, committer.run.started_at)?;
    for decision in &request.decisions {
        signals::check()?;
        let options = MergeOptions { by: request.by.clone(), why: decision.why.clone(), conventions, as_of };
        pairs.push(decide_one(store, committer, decision, &options)?);
    }
    let codes: HashSet<String> = pairs.iter().flat_map(|pair| &pair.merged.codes).cloned().collect();
    let notes = match codes.is_empty() {
        true => Vec::new(),
        false => {
            committer.finish_phase(PEOPLE)?;
            settle_decided(store, committer, conventions, as_of, &codes)?.notes
        }
    };
    let recorded = RecordedPairDecisions {
        command: request.run.command.to_owned(),
        by: request.by.clone(),
        decisions: pairs.iter().filter(|pair| pair.is_new).map(recorded).collect(),
        as_of,
    };
    Ok(DecisionWork { options: serde_json::to_value(recorded)?, outcome: PeopleOutcome { pairs, notes } })
}

/// The accounts of the merges that are asked for; those that were made already are looked at no more.
fn merges(store: &mut Store, request: &PeopleRequest) -> anyhow::Result<Vec<Accounts>> {
    let mut merges = Vec::new();
    for decision in request.decisions.iter().filter(|decision| decision.choice == PairChoice::Merge) {
        if record::kept(store, &decision.one, &decision.other)?.is_none() {
            merges.push(Accounts::load(store, &decision.one, &decision.other)?);
        }
    }
    Ok(merges)
}

fn decide_one(
    store: &mut Store,
    committer: &mut Committer,
    decision: &DecisionOnPair,
    options: &MergeOptions,
) -> anyhow::Result<DecidedPair> {
    let DecisionOnPair { one, other, choice, why } = decision;
    let standing = record::kept(store, one, other)?;
    let verdict = match choice {
        PairChoice::Merge => PairVerdict::Merged,
        PairChoice::KeepApart => PairVerdict::KeptApart,
        PairChoice::Forget => return forget(store, committer, decision, standing.as_ref()),
    };
    let unchanged =
        || DecidedPair { decision: decision.clone(), is_new: false, merged: MergeOutcome::default() };
    match standing {
        Some(standing) if is_same(&standing, verdict, one) => return Ok(unchanged()),
        Some(standing) => {
            return Err(Failure::refused(tr!(
                "{} has decided of these two otherwise; `sejoli-migrate people undo` takes that back",
                standing.by
            )));
        }
        None => {}
    }
    let accounts = Accounts::load(store, one, other)?;
    let merged = match verdict {
        PairVerdict::KeptApart => MergeOutcome::default(),
        PairVerdict::Merged => merge(store, committer, &accounts, options)?,
    };
    let kept = PairDecision {
        verdict,
        one: one.clone(),
        other: other.clone(),
        by: options.by.clone(),
        why: why.clone(),
        at: committer.run.started_at,
        run: committer.run.id.clone(),
    };
    commit(store, committer, record::keeping(&kept)?)?;
    Ok(DecidedPair { decision: decision.clone(), is_new: true, merged })
}

/// Whether the pair was decided so already. Who of two people is named first does not matter.
fn is_same(standing: &PairDecision, verdict: PairVerdict, one: &str) -> bool {
    standing.verdict == verdict && (verdict == PairVerdict::KeptApart || standing.one == one)
}

fn forget(
    store: &mut Store,
    committer: &mut Committer,
    decision: &DecisionOnPair,
    standing: Option<&PairDecision>,
) -> anyhow::Result<DecidedPair> {
    let is_new = match standing {
        None => false,
        Some(standing) if standing.verdict == PairVerdict::Merged => {
            return Err(Failure::refused(tr!(
                "run {0} has merged these two, and a merge is only taken back as a whole: \
                 `sejoli-migrate rollback {0}`, after the runs that are newer",
                standing.run
            )));
        }
        Some(_) => {
            commit(store, committer, record::forgetting(&decision.one, &decision.other))?;
            true
        }
    };
    Ok(DecidedPair { decision: decision.clone(), is_new, merged: MergeOutcome::default() })
}

fn commit(store: &mut Store, committer: &mut Committer, change: Change) -> anyhow::Result<()> {
    let plan = BatchPlan::of_changes(committer.run.started_at, vec![change]);
    let batch = EncodedBatch::new(store.encoder(), plan)?;
    let phase = Phase { name: PEOPLE, kind: SourceKind::Orders, exports: &[] };
    committer.commit(store, phase, batch).map(drop)
}

fn recorded(pair: &DecidedPair) -> RecordedPairDecision {
    let decision = match pair.decision.choice {
        PairChoice::Merge => "merge",
        PairChoice::KeepApart => "keep-apart",
        PairChoice::Forget => "undo",
    };
    RecordedPairDecision {
        decision: decision.to_owned(),
        one: pair.decision.one.clone(),
        other: pair.decision.other.clone(),
        why: pair.decision.why.clone(),
    }
}

fn refuse_long_text(store: &Store, request: &PeopleRequest) -> anyhow::Result<()> {
    let Some(longest) = store.longest_source_text() else { return Ok(()) };
    let whys = request.decisions.iter().filter_map(|decision| decision.why.as_deref());
    let mut texts = whys.map(|why| ("--why", why)).chain([("--by", request.by.as_str())]);
    match texts.find(|(_, text)| text.chars().count() > longest) {
        None => Ok(()),
        Some((option, _)) => {
            Err(Failure::usage(tr!("{option}: the app's database holds at most {longest} characters")))
        }
    }
}

/// The run that has decided a pair, if it has decided no other one.
///
/// # Errors
/// The database's errors.
pub(crate) fn run_of_decision(store: &mut Store, one: &str, other: &str) -> anyhow::Result<Option<String>> {
    let Some(decision) = record::kept(store, one, other)? else { return Ok(None) };
    let run = crate::store::history::runs::find(store, Some(&decision.run))?;
    let recorded = run.and_then(|run| serde_json::from_str::<RecordedPairDecisions>(&run.options.0).ok());
    Ok(recorded.filter(|recorded| recorded.decisions.len() == 1).map(|_| decision.run))
}

//! People's decisions on affiliates' mappings, as a run of their own. Conversions, wallet, profile, ledger, role, link and
//! paid commissions follow at once, by the planners and the settlement of an import.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::domain::commission_figures::CommissionTable;
use crate::domain::conventions::AppConventions;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::conventions;
use crate::pipeline::decision_run::{CarriedOut, DecisionRun, DecisionWork, carry_out};
use crate::pipeline::phases_of_app::SETTLEMENT;
use crate::pipeline::plan::foreseen_payments::ForeseenPayments;
use crate::pipeline::plan::mapping_decisions::{DecidedMapping, MappingDecision, MappingDecisions};
use crate::pipeline::plan::settlement::SettlementTerms;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::phase::Phase;
use crate::pipeline::write::settle::{SettlementOptions, SettlementOutcome, settle};
use crate::row_changes::ChangeSink;
use crate::signals;
use crate::store::queries;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::{MappingStatus, RunState};
use crate::store::session::companion::Companion;
use crate::store::session::store::Store;

/// The phase that writes mappings and accounts.
const MAPPINGS: &str = "mappings";

/// What the names of the commands that decide mappings begin with.
pub(crate) const COMMANDS: &str = "mappings ";

/// The command that takes a decision back by the difference.
pub(crate) const UNDO_COMMAND: &str = "mappings undo";

/// The request of some decisions.
#[derive(Clone, Debug)]
pub(crate) struct DecisionRequest {
    /// How the run is carried out.
    pub(crate) run: DecisionRun,
    /// Who decides.
    pub(crate) by: String,
    /// The decisions, at most one on each code.
    pub(crate) decisions: Vec<MappingDecision>,
}

/// What the decisions have come to.
#[derive(Debug)]
pub(crate) struct MappingsOutcome {
    /// The mappings, in the order of the decisions.
    pub(crate) mappings: Vec<DecidedMapping>,
    /// What the settlement has noticed.
    pub(crate) notes: Vec<Finding>,
    /// The commissions of the affiliates whose accounts were settled.
    pub(crate) commissions: CommissionTable,
}

/// What a run records of one decision, and a later one reads.
#[derive(Debug, Serialize, Deserialize)]
struct RecordedMappingDecision {
    code: String,
    status: String,
    user: Option<String>,
    why: Option<String>,
    status_before: String,
    user_before: Option<String>,
    notes_before: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordedMappingDecisions {
    command: String,
    by: String,
    decisions: Vec<RecordedMappingDecision>,
}

/// Carries decisions out. A dry run tells `changes` of every row before it is taken back.
///
/// # Errors
/// Exit code 2: no such code or user; 5: a decision cannot be made, for one because a wallet has paid out what it would have
/// to give back (SJM-0610). Then none is made.
pub(crate) fn decide(
    store: &mut Store,
    request: &DecisionRequest,
    changes: &mut dyn ChangeSink,
    progress: &mut dyn Progress,
) -> anyhow::Result<CarriedOut<MappingsOutcome>> {
    carry_out(store, &request.run, changes, progress, |store, committer| work(store, committer, request))
}

fn work(
    store: &mut Store,
    committer: &mut Committer,
    request: &DecisionRequest,
) -> anyhow::Result<DecisionWork<MappingsOutcome>> {
    let conventions = conventions::choose(store, &[], false)?.conventions;
    let (run, by) = (committer.run.clone(), request.by.clone());
    let mut planner = MappingDecisions::new(store, conventions.app, by, run)?;
    let phase = Phase { name: MAPPINGS, kind: SourceKind::Affiliates, exports: &[] };
    let mut mappings = Vec::with_capacity(request.decisions.len());
    for decision in &request.decisions {
        signals::check()?;
        let waiting_notes = waiting_notes(store, &decision.code)?;
        committer.commit_planned_within(store, phase, |store| {
            let (plan, decided) = planner.plan(store, decision, waiting_notes)?;
            mappings.push(decided);
            EncodedBatch::new(store.encoder(), plan)
        })?;
    }
    let changed: HashSet<String> = mappings
        .iter()
        .filter(|mapping| mapping.changes())
        .map(|mapping| mapping.after.code.clone())
        .collect();
    committer.finish_phase(MAPPINGS)?;
    let as_of = committer.run.started_at;
    let settled = settle_decided(store, committer, conventions, as_of, &changed)?;
    let recorded = RecordedMappingDecisions {
        command: request.run.command.to_owned(),
        by: request.by.clone(),
        decisions: mappings.iter().filter(|mapping| mapping.changes()).map(recorded).collect(),
    };
    Ok(DecisionWork {
        options: serde_json::to_value(recorded)?,
        outcome: MappingsOutcome {
            mappings,
            notes: settled.notes,
            commissions: CommissionTable::new(settled.affiliates),
        },
    })
}

/// Lets the money of some codes follow whom they credit now. `as_of` is the date of payouts, which Sejoli does not export.
///
/// # Errors
/// Exit code 5: the money cannot follow; the database's errors.
pub(crate) fn settle_decided(
    store: &mut Store,
    committer: &mut Committer,
    conventions: AppConventions,
    as_of: Millis,
    codes: &HashSet<String>,
) -> anyhow::Result<SettlementOutcome> {
    let terms = SettlementTerms {
        as_of,
        written_at: committer.run.started_at,
        foreseen: &ForeseenPayments::default(),
        orders_state_payment: true,
    };
    let options = SettlementOptions {
        terms,
        reference: conventions.transaction_affiliate,
        linked_affiliates: &HashSet::new(),
        only: Some(codes),
    };
    let settled = settle(store, &mut Companion::default(), committer, SETTLEMENT, options)?;
    refuse_what_stays(&settled.notes)?;
    Ok(settled)
}

/// A decision whose money cannot follow is none.
fn refuse_what_stays(notes: &[Finding]) -> anyhow::Result<()> {
    let stays = |note: &&Finding| {
        matches!(note.code, Code::AffiliateNotMoved | Code::WalletBelowZero | Code::AffiliateAccountMissing)
    };
    let Some(note) = notes.iter().find(stays) else { return Ok(()) };
    let info = note.code.info();
    Err(Failure::refused(tr!(
        "nothing was decided: {} ({}): the money of this affiliate cannot follow; the wallet has paid out what it would \
         have to give back, or orders were edited in the app. `sejoli-migrate explain {}` says more",
        info.code,
        note.detail.spoken(),
        info.code
    )))
}

fn recorded(decided: &DecidedMapping) -> RecordedMappingDecision {
    let DecidedMapping { before, after, .. } = decided;
    RecordedMappingDecision {
        code: after.code.clone(),
        status: after.status.clone(),
        user: after.eksporyuk_user_id.clone(),
        why: after.notes.clone(),
        status_before: before.status.clone(),
        user_before: before.eksporyuk_user_id.clone(),
        notes_before: before.notes.clone(),
    }
}

/// The decisions that stand, by run, the newest first.
fn standing_decisions(store: &mut Store) -> anyhow::Result<Vec<(String, RecordedMappingDecisions)>> {
    let runs = queries::runs::standing_newest_first(store)?.into_iter();
    let decides = |run: &ImportRun| run.state == RunState::Completed && run.command.starts_with(COMMANDS);
    let recorded = |run: ImportRun| Some((run.id, serde_json::from_str(&run.options.0).ok()?));
    Ok(runs.filter(decides).filter_map(recorded).collect())
}

/// The notes that a mapping had when it last waited, by the runs that have decided it.
fn waiting_notes(store: &mut Store, code: &str) -> anyhow::Result<Option<String>> {
    let all = standing_decisions(store)?.into_iter().flat_map(|(_, recorded)| recorded.decisions);
    let mut waited = all.filter(|decision| {
        decision.code == code && decision.status_before == MappingStatus::Pending.as_str()
    });
    Ok(waited.next().and_then(|decision| decision.notes_before))
}

/// The run that has decided a code last, if it has decided no other one, and is not itself an undoing.
///
/// # Errors
/// The database's errors.
pub(crate) fn run_of_decision(store: &mut Store, code: &str) -> anyhow::Result<Option<String>> {
    let names =
        |recorded: &RecordedMappingDecisions| recorded.decisions.iter().any(|decision| decision.code == code);
    let last = standing_decisions(store)?.into_iter().find(|(_, recorded)| names(recorded));
    let is_only = |recorded: &RecordedMappingDecisions| {
        recorded.decisions.len() == 1 && recorded.command != UNDO_COMMAND
    };
    Ok(last.filter(|(_, recorded)| is_only(recorded)).map(|(run, _)| run))
}

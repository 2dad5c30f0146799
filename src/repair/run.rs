//! The run of a repair.

use crate::domain::date::Millis;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient, with_lock};
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::own_run;
use crate::pipeline::write::phase::Phase;
use crate::repair::plan::RepairPlan;
use crate::signals;
use crate::store::codec::value::JsonText;
use crate::store::engines::transient::transient;
use crate::store::history::runs;
use crate::store::history::runs::{Invocation, Run, RunDescription};
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;
use crate::verify::{REPAIRED, changed_rows};

/// The command of such a run, as `SejoliImportRun.command` holds it, and its only phase.
pub(crate) const REPAIR: &str = REPAIRED;

/// Rows in one transaction.
const ROWS_AT_ONCE: usize = 500;

/// The request of a repair.
#[derive(Clone, Debug)]
pub(crate) struct RepairRequest {
    /// The run whose rows are repaired; without it, those of all runs.
    pub(crate) run: Option<String>,
    /// Tables and columns in which also the app's edits are taken back.
    pub(crate) overwrite: Vec<String>,
    /// Whether anything is written.
    pub(crate) does: bool,
    /// Number of retries after transient failures.
    pub(crate) retries: u32,
    /// How the command was typed, to be shown when it is interrupted.
    pub(crate) invoked: Invocation,
}

impl RepairRequest {
    /// What the result depends on, as it is stored with the run.
    fn options(&self) -> serde_json::Value {
        serde_json::json!({ "command": REPAIR, "run": self.run, "overwrite": self.overwrite })
    }

    fn context(&self) -> String {
        JsonText(self.options().to_string()).digest()
    }

    fn outcome(&self, plan: RepairPlan, run: Option<Run>) -> RepairOutcome {
        let rows = self.run.clone().unwrap_or_else(|| "--all".to_owned());
        let overwrite: String = self.overwrite.iter().map(|code| format!(" --overwrite {code}")).collect();
        RepairOutcome { plan, run, arguments: format!("{rows}{overwrite}") }
    }
}

/// The result of a repair.
#[derive(Debug)]
pub(crate) struct RepairOutcome {
    /// What was repaired, or would be, and what is left.
    pub(crate) plan: RepairPlan,
    /// The run; none where nothing was written.
    pub(crate) run: Option<Run>,
    /// The arguments that ask for the same again.
    pub(crate) arguments: String,
}

/// Repairs, or says what would be repaired.
///
/// # Errors
/// Exit code 2: no such run; 5: another run was interrupted; otherwise whatever stops it. What was committed until then
/// stays, and the same command goes on from there.
pub(crate) fn repair(
    store: &mut Store,
    request: &RepairRequest,
    progress: &mut dyn Progress,
) -> anyhow::Result<RepairOutcome> {
    let mut attempts = Attempts::new(request.retries);
    retry_transient(store, &mut attempts, progress, |store| {
        crate::store::migration::check::ensure_ready(store)
    })?;
    if !request.does {
        let plan = retry_transient(store, &mut attempts, progress, |store| plan(store, request))?;
        return Ok(request.outcome(plan, None));
    }
    with_lock(store, &LockClaim::whole(REPAIR), &mut attempts, progress, |store, attempts, progress| {
        let mut own = None;
        loop {
            match attempt(store, request, &mut own, progress) {
                Err(error) if transient(&error) => attempts.wait_and_reconnect(store, error, progress)?,
                ended => return ended,
            }
        }
    })
}

fn plan(store: &mut Store, request: &RepairRequest) -> anyhow::Result<RepairPlan> {
    let (context, changed) = changed_rows(store)?;
    if let Some(id) = &request.run
        && !context.runs.iter().any(|run| run.row.id == *id)
    {
        return Err(Failure::usage(tr!("no run {id} stands in this database")));
    }
    let run_times: Vec<Millis> = context.runs.iter().map(|run| run.row.started_at).collect();
    let rows = changed.iter().filter(|row| row.is_difference);
    let rows = rows.filter(|row| request.run.as_ref().is_none_or(|run| *run == row.written_by.id));
    RepairPlan::make(store, rows, &request.overwrite, &run_times)
}

/// Makes one attempt. `own` is the id of the run that this command has begun.
fn attempt(
    store: &mut Store,
    request: &RepairRequest,
    own: &mut Option<String>,
    progress: &mut dyn Progress,
) -> anyhow::Result<RepairOutcome> {
    let mut run = own_run::choose(store, &request.context(), own, progress)?;
    let plan = plan(store, request)?;
    if plan.repairs.is_empty() && !run.resumed {
        return Ok(request.outcome(plan, None));
    }
    run.checkpoint.invoked = Some(request.invoked.clone());
    if !run.resumed {
        let (options, context) = (request.options(), request.context());
        tracing::info!(run = %run.id, command = REPAIR, "run begun");
        let about = RunDescription {
            command: REPAIR,
            context: &context,
            options: &options,
            parent: None,
            siblings: &[],
        };
        runs::begin(store, &run, about)?;
    }
    let written_at = run.started_at;
    let mut committer = Committer { run };
    progress.begin(REPAIR, plan.repairs.len() as u64);
    let phase = Phase { name: REPAIR, kind: SourceKind::Orders, exports: &[] };
    for rows in plan.repairs.chunks(ROWS_AT_ONCE) {
        signals::check()?;
        let changes = rows.iter().map(|row| row.change()).collect();
        let batch = EncodedBatch::new(store.encoder(), BatchPlan::of_changes(written_at, changes))?;
        committer.commit(store, phase, batch)?;
        progress.advance(rows.len() as u64);
    }
    committer.finish_phase_if_begun(REPAIR)?;
    committer.finish(store)?;
    Ok(request.outcome(plan, Some(committer.run)))
}

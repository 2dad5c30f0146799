//! A run that carries out people's decisions, in one transaction: it is all there, with its journal, or nothing of it is. So
//! a decision that cannot be made as a whole leaves nothing behind, and there is nothing to go on with.

use crate::domain::run_kind::RunKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient, with_lock};
use crate::pipeline::write::commit::Committer;
use crate::pipeline::write::resume::refuse_half_undone;
use crate::row_changes;
use crate::row_changes::{ChangeSink, Direction};
use crate::store::codec::value::JsonText;
use crate::store::engines::transient::transient;
use crate::store::history::runs;
use crate::store::history::runs::{Run, RunDescription};
use crate::store::schema::words::RunState;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// What a run of decisions is called and how it is carried out.
#[derive(Clone, Debug)]
pub(crate) struct DecisionRun {
    /// The command, as `SejoliImportRun.command` holds it.
    pub(crate) command: &'static str,
    /// Whether everything is rolled back at the end.
    pub(crate) dry_run: bool,
    /// Number of retries after transient failures.
    pub(crate) retries: u32,
}

/// What decisions have come to.
#[derive(Debug)]
pub(crate) struct CarriedOut<T> {
    /// The run, with its books in the checkpoint.
    pub(crate) run: Run,
    /// Whether everything was rolled back.
    pub(crate) dry_run: bool,
    /// The outcome.
    pub(crate) outcome: T,
}

/// What a decision's work hands back: what is recorded of the run, and its outcome.
#[derive(Debug)]
pub(crate) struct DecisionWork<T> {
    /// The options that the run records: what was decided, by whom, and what stood there before.
    pub(crate) options: serde_json::Value,
    /// The outcome.
    pub(crate) outcome: T,
}

/// Carries decisions out. `work` writes by the committer that it is given, and is asked again after a failure that passes.
/// A dry run tells `changes` of every row before it is taken back.
///
/// # Errors
/// Exit code 5: another run is interrupted or at work, or `work` refuses; whatever else `work` or the database says. Nothing
/// stays then.
pub(crate) fn carry_out<T>(
    store: &mut Store,
    request: &DecisionRun,
    changes: &mut dyn ChangeSink,
    progress: &mut dyn Progress,
    mut work: impl FnMut(&mut Store, &mut Committer) -> anyhow::Result<DecisionWork<T>>,
) -> anyhow::Result<CarriedOut<T>> {
    let mut attempts = Attempts::new(request.retries);
    retry_transient(store, &mut attempts, progress, crate::store::migration::check::ensure_ready)?;
    let claim = LockClaim::whole(request.command);
    with_lock(store, &claim, &mut attempts, progress, |store, attempts, progress| {
        let mut carried: Option<CarriedOut<T>> = None;
        loop {
            // The answer to a commit may have been lost: then the run is there, as it was carried out.
            if let Some(done) = carried.take()
                && runs::find(store, Some(&done.run.id))?.is_some()
            {
                return Ok(done);
            }
            match attempt(store, request, changes, &mut work, &mut carried) {
                Err(error) if transient(&error) => attempts.wait_and_reconnect(store, error, progress)?,
                Err(error) => return Err(error),
                Ok(()) => return carried.ok_or_else(|| anyhow::anyhow!("nothing was carried out")),
            }
        }
    })
}

fn attempt<T>(
    store: &mut Store,
    request: &DecisionRun,
    changes: &mut dyn ChangeSink,
    work: &mut impl FnMut(&mut Store, &mut Committer) -> anyhow::Result<DecisionWork<T>>,
    carried: &mut Option<CarriedOut<T>>,
) -> anyhow::Result<()> {
    refuse_half_undone(store)?;
    refuse_interrupted(store)?;
    if request.dry_run {
        store.begin()?;
        let done = write(store, request, work).and_then(|done| {
            row_changes::of_run(store, &done.run.id, Direction::Done, &|_| false, changes)?;
            Ok(done)
        });
        let taken_back = store.rollback();
        *carried = Some(done?);
        return taken_back;
    }
    store.transaction(|store| {
        *carried = Some(write(store, request, work)?);
        Ok(())
    })
}

fn refuse_interrupted(store: &mut Store) -> anyhow::Result<()> {
    match runs::find_by_state(store, RunState::Running)?.first() {
        Some(other) => Err(Failure::refused(tr!(
            "run {} ({}) was interrupted; finish it with its own command first",
            other.id,
            RunKind::of(&other.command).words()
        ))),
        None => Ok(()),
    }
}

fn write<T>(
    store: &mut Store,
    request: &DecisionRun,
    work: &mut impl FnMut(&mut Store, &mut Committer) -> anyhow::Result<DecisionWork<T>>,
) -> anyhow::Result<CarriedOut<T>> {
    let started_at = crate::clock::now();
    let context = JsonText(format!("{} {}", request.command, started_at.0)).digest();
    let run = runs::prepare(&context, started_at, None);
    let nothing_yet = serde_json::json!({ "command": request.command });
    let about = RunDescription {
        command: request.command,
        context: &context,
        options: &nothing_yet,
        parent: None,
        siblings: &[],
    };
    runs::begin(store, &run, about)?;
    tracing::info!(run = %run.id, command = request.command, dry_run = request.dry_run, "run begun");
    let mut committer = Committer { run };
    let DecisionWork { options, outcome } = work(store, &mut committer)?;
    runs::record_options(store, &committer.run, &options)?;
    if let Some(phase) = committer.run.checkpoint.phase.take() {
        committer.run.checkpoint.done.push(phase);
    }
    committer.finish(store)?;
    let run = committer.run;
    tracing::info!(run = %run.id, batches = run.checkpoint.batches, "run ended");
    Ok(CarriedOut { run, dry_run: request.dry_run, outcome })
}

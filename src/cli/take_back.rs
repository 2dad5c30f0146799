//! Takes a decision back exactly: by the rollback of its run, where that is the newest and has decided nothing else.

use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, with_lock};
use crate::rollback;
use crate::rollback::RollbackPlan;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// Rolls back the run of a decision, if that run has decided nothing else. None where there is no such run, a newer one
/// rests on it, or rows of it were edited since.
///
/// # Errors
/// Another command is at work; the database's errors.
pub(super) fn exactly(
    store: &mut Store,
    run: Option<&str>,
    (dry_run, retries): (bool, u32),
    progress: &mut dyn Progress,
) -> anyhow::Result<Option<RollbackPlan>> {
    let Some(run) = run else { return Ok(None) };
    let mut attempts = Attempts::new(retries);
    let claim = LockClaim::whole("rollback");
    with_lock(store, &claim, &mut attempts, progress, |store, attempts, progress| {
        let chosen = match rollback::choose(store, Some(run)) {
            Err(error) if is_refusal(&error) => return Ok(None),
            chosen => chosen?,
        };
        let plan = rollback::plan(store, chosen, progress)?;
        if !plan.conflicts.is_empty() {
            return Ok(None);
        }
        if !dry_run {
            rollback::carry_out(store, &plan, attempts, progress)?;
        }
        Ok(Some(plan))
    })
}

/// Rolls back one run, as long as it is the newest.
///
/// # Errors
/// Exit code 5: a newer run stands, or rows were edited since; the database's errors.
pub(super) fn run(
    store: &mut Store,
    run: &str,
    retries: u32,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    let mut attempts = Attempts::new(retries);
    let claim = LockClaim::whole("rollback");
    with_lock(store, &claim, &mut attempts, progress, |store, attempts, progress| {
        let chosen = rollback::choose(store, Some(run))?;
        let plan = rollback::plan(store, chosen, progress)?;
        if !plan.conflicts.is_empty() {
            return Err(Failure::refused(tr!(
                "rows of it were edited since: `sejoli-migrate rollback {run}` names them"
            )));
        }
        rollback::carry_out(store, &plan, attempts, progress)
    })
}

fn is_refusal(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Failure>().is_some_and(|failure| failure.code == ExitCode::Refused)
}

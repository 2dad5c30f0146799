//! The run of a command that reads no files: a new one, or the one that it has begun before.

use crate::domain::run_kind::RunKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::resume::refuse_half_undone;
use crate::store::history::runs;
use crate::store::history::runs::Run;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// The run that this command has begun (`own`), the interrupted one of the same `context`, or a new one.
///
/// # Errors
/// Exit code 5: another run was interrupted, or is half undone.
pub(crate) fn choose(
    store: &mut Store,
    context: &str,
    own: &mut Option<String>,
    progress: &mut dyn Progress,
) -> anyhow::Result<Run> {
    refuse_half_undone(store)?;
    let begun = own.as_deref().map(|id| runs::find(store, Some(id))).transpose()?.flatten();
    let mut interrupted = runs::find_by_state(store, RunState::Running)?.into_iter();
    let run = match begun.or_else(|| interrupted.find(|row| row.context == context)) {
        Some(row) => runs::resumed(row)?,
        None => {
            if let Some(other) = runs::find_by_state(store, RunState::Running)?.first() {
                return Err(Failure::refused(tr!(
                    "run {} ({}) was interrupted; finish it with its own command first",
                    other.id,
                    RunKind::of(&other.command).words()
                )));
            }
            runs::prepare(context, crate::clock::now(), None)
        }
    };
    if run.resumed {
        tracing::info!(run = %run.id, batches = run.checkpoint.batches, "run resumed");
        progress.say(&tr!("going on with run {} after {} batches", run.id, run.checkpoint.batches));
    }
    progress.run(&run.id);
    *own = Some(run.id.clone());
    Ok(run)
}

//! Runs that were interrupted: they have not ended, and nobody is at work on them.

use serde_json::Value;

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::history::runs;
use crate::store::schema::tables::{ImportLock, ImportRun};
use crate::store::schema::words::RunState;
use crate::store::session::lock;
use crate::store::session::lock_holder::Liveness;
use crate::store::session::store::Store;

/// The newest run that was interrupted, be it an import or a rollback.
///
/// # Errors
/// Those of reading the tables of runs and of the lock.
pub(crate) fn newest(store: &mut Store, now: Millis) -> anyhow::Result<Option<ImportRun>> {
    if !store.has_table(ImportRun::TABLE.name) || !store.has_table(ImportLock::TABLE.name) {
        return Ok(None);
    }
    let mut open = runs::find_by_state(store, RunState::RollingBack)?;
    open.extend(runs::find_by_state(store, RunState::Running)?);
    if open.is_empty() {
        return Ok(None);
    }
    let holders = lock::holders(store)?;
    let at_work = |run: &ImportRun| {
        holders.iter().any(|holder| is_of(holder, run) && holder.liveness(now) != Liveness::Dead)
    };
    Ok(open.into_iter().find(|run| !at_work(run)))
}

/// Whether a holder of the lock may be the process of a run.
pub(crate) fn is_of(holder: &ImportLock, run: &ImportRun) -> bool {
    let options: Value = serde_json::from_str(&run.options.0).unwrap_or_default();
    let part = options["partition"].as_str();
    part.is_none_or(|part| holder.command.ends_with(&format!(", part {part}")))
        && (holder.since >= run.started_at || holder.heartbeat >= run.updated_at)
}

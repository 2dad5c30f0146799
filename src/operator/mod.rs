//! What the operator of the night has to do and to know besides the import itself: the app's jobs and whom they would
//! write to, plans that open nothing, and what of the app's code no row can repair. `doctor` and `report` show it.

mod jobs;
mod patches;
mod tasks;

use serde::Serialize;

use crate::domain::conventions::AppRelease;
use crate::domain::date::Millis;
use crate::store::queries;
use crate::store::session::store::Store;

pub(crate) use crate::operator::jobs::Job;
pub(crate) use crate::operator::patches::Patch;
pub(crate) use crate::operator::tasks::Task;

/// The operator's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OperatorList {
    /// What there is to do before and after the import.
    pub(crate) tasks: Vec<Task>,
    /// The app's jobs, and how many imported rows each would take.
    pub(crate) jobs: Vec<Job>,
    /// What of the app's code no row can repair, as far as the schema shows that it applies.
    pub(crate) patches: Vec<Patch>,
}

/// Which release the app is, by what the newest run has recorded or, before any, by its schema.
///
/// # Errors
/// The database's errors.
pub(crate) fn app_release(store: &mut Store) -> anyhow::Result<AppRelease> {
    Ok(match queries::conventions::recorded(store)? {
        Some((_, recorded)) => recorded.app,
        None => queries::conventions::evidence(store)?.conventions().app,
    })
}

/// Gathers the list.
///
/// # Errors
/// The database's errors.
pub(crate) fn gather(store: &mut Store, now: Millis) -> anyhow::Result<OperatorList> {
    let app = app_release(store)?;
    store.over_whole_tables(|store| {
        Ok(OperatorList {
            tasks: tasks::gather(store, app, now)?,
            jobs: jobs::gather(store, now)?,
            patches: patches::gather(store, app)?,
        })
    })
}

//! Runs in the order in which they began.

use crate::store::codec::value::Cell;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// All runs, the oldest first.
pub(crate) fn oldest_first(store: &mut Store) -> anyhow::Result<Vec<ImportRun>> {
    store.select("ORDER BY \"startedAt\", \"id\"", &[])
}

/// All runs, the newest first.
pub(crate) fn newest_first(store: &mut Store) -> anyhow::Result<Vec<ImportRun>> {
    store.select("ORDER BY \"startedAt\" DESC, \"id\" DESC", &[])
}

/// The runs that have not been rolled back, the newest first.
pub(crate) fn standing_newest_first(store: &mut Store) -> anyhow::Result<Vec<ImportRun>> {
    let rolled_back = Cell::Text(RunState::RolledBack.as_str().to_owned());
    store.select("WHERE \"state\" <> ? ORDER BY \"startedAt\" DESC, \"id\" DESC", &[rolled_back])
}

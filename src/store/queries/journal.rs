//! The journal's entries: one a batch, with the before-images of its changes.

use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::answers::texts;
use crate::store::schema::tables::ImportJournal;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// The ids of a run's entries, the newest batch first.
pub(crate) fn entry_ids(store: &mut Store, run_id: &str) -> anyhow::Result<Vec<String>> {
    let tail = "WHERE \"runId\" = ? ORDER BY \"batch\" DESC";
    let run_id = Cell::Text(run_id.to_owned());
    let ids: Vec<(String,)> = store.columns_where(ImportJournal::TABLE, &["id"], tail, &[run_id])?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// An entry, unless it is gone.
pub(crate) fn entry(store: &mut Store, id: &str) -> anyhow::Result<Option<ImportJournal>> {
    let entries: Vec<ImportJournal> = store.select_in("id", &[id])?;
    Ok(entries.into_iter().next())
}

/// Entries by their ids, in the order of these; those that are gone are left out.
pub(crate) fn entries<'a>(store: &Store, ids: &'a [String]) -> DeferredQuery<'a, Vec<ImportJournal>> {
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    store.rows_in("id", &keys).map(|mut entries: Vec<ImportJournal>| {
        entries.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
        entries
    })
}

/// The ids of up to 100 entries that belong to no run.
pub(crate) fn entries_without_run(store: &mut Store) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT j.\"id\" FROM \"SejoliImportJournal\" j LEFT JOIN \"SejoliImportRun\" r ON r.\"id\" = j.\"runId\" \
               WHERE r.\"id\" IS NULL LIMIT 100";
    Ok(texts(store.query(sql, &[])?).collect())
}

//! The rows of exports that runs have held or rejected.

use crate::store::codec::value::Cell;
use crate::store::schema::tables::ImportReject;
use crate::store::session::store::Store;

/// How many rows of a kind wait for one reason.
#[derive(Clone, Debug)]
pub(crate) struct CodeCount {
    /// The kind of export, as [`ImportReject::kind`] has it.
    pub(crate) kind: String,
    /// The code of the finding.
    pub(crate) code: String,
    /// How many rows.
    pub(crate) rows: i64,
}

/// The rows of one kind that a run has held or rejected.
pub(crate) fn of_run_and_kind(
    store: &mut Store,
    run_id: &str,
    kind: &str,
) -> anyhow::Result<Vec<ImportReject>> {
    let key = [Cell::Text(run_id.to_owned()), Cell::Text(kind.to_owned())];
    store.select("WHERE \"runId\" = ? AND \"kind\" = ?", &key)
}

/// The rows that a run has held or rejected, counted by kind and code and in their order.
pub(crate) fn counts_by_code(store: &mut Store, run_id: &str) -> anyhow::Result<Vec<CodeCount>> {
    let sql = "SELECT \"kind\", \"code\", count(*) FROM \"SejoliImportReject\" WHERE \"runId\" = ? \
               GROUP BY \"kind\", \"code\" ORDER BY \"kind\", \"code\"";
    let counted = |row: Vec<Cell>| match <[Cell; 3]>::try_from(row) {
        Ok([Cell::Text(kind), Cell::Text(code), Cell::Int(rows)]) => Some(CodeCount { kind, code, rows }),
        _ => None,
    };
    Ok(store.query(sql, &[Cell::Text(run_id.to_owned())])?.into_iter().filter_map(counted).collect())
}

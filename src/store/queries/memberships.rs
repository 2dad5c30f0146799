//! The app's memberships.

use crate::store::codec::value::Cell;
use crate::store::session::store::Store;

/// How many memberships have a status.
#[derive(Clone, Debug)]
pub(crate) struct StatusCount {
    /// The status.
    pub(crate) status: String,
    /// How many memberships.
    pub(crate) memberships: i64,
}

/// The memberships that imports have made, counted by status and in its order.
pub(crate) fn counts_by_status(store: &mut Store) -> anyhow::Result<Vec<StatusCount>> {
    let sql = "SELECT \"status\", count(*) FROM \"UserMembership\" WHERE \"externalId\" IS NOT NULL \
               GROUP BY \"status\" ORDER BY \"status\"";
    let counted = |row: Vec<Cell>| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(status), Cell::Int(memberships)]) => Some(StatusCount { status, memberships }),
        _ => None,
    };
    Ok(store.query(sql, &[])?.into_iter().filter_map(counted).collect())
}

//! Rows into PostgreSQL by COPY, in its binary format: the server has no number and no time to read.

use diesel::QueryResult;

use crate::store::engines::engine::ColumnSet;
use crate::store::engines::postgres::connection::PostgresConnection;

/// Inserts rows that [`crate::store::engines::postgres::binary::Columns`] has packed.
///
/// # Errors
/// The first row that the database refuses; no row is there then.
pub(super) fn insert(
    connection: &mut PostgresConnection,
    into: &ColumnSet,
    packed: &[u8],
) -> QueryResult<()> {
    let sql = format!("COPY \"{}\" ({}) FROM STDIN WITH (FORMAT binary)", into.table, into.names());
    if connection.sends_ahead() {
        return connection.copy_ahead(&sql, packed, format!("inserting into {}", into.table));
    }
    connection.copy(&sql, packed).map(drop)
}

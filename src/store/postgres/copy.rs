//! Rows into PostgreSQL by COPY, in its binary format: the server has no number and no time to read.

use diesel::QueryResult;

use super::connection::PostgresConnection;
use crate::store::engine::ColumnSet;

/// Inserts rows that [`super::binary::Columns`] has packed.
///
/// # Errors
/// The first row that the database refuses; no row is there then.
pub fn insert(connection: &mut PostgresConnection, into: &ColumnSet, packed: &[u8]) -> QueryResult<usize> {
    let sql = format!("COPY \"{}\" ({}) FROM STDIN WITH (FORMAT binary)", into.table, into.names());
    connection.copy(&sql, packed)
}

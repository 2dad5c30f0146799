//! Rows as arrays, one a column, so that one statement takes them all.
//!
//! Values but bytes travel as text and are cast to the column's own type, so that native enums,
//! decimals and JSON need no type of their own here, whatever the live database calls them.

use diesel::QueryResult;
use diesel::connection::Connection as _;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{self, Binary, Nullable, Text};

use crate::store::codec::value::Cell;
use crate::store::engines::engine::ColumnSet;
use crate::store::engines::postgres::cells;
use crate::store::engines::postgres::connection::PostgresConnection;

/// Rows of one table.
type Part<'a> = (&'a ColumnSet, Vec<Vec<Cell>>);

/// Inserts rows of several tables: all of them by one statement.
///
/// # Errors
/// The first row that the database refuses; no row is there then.
pub(super) fn insert(connection: &mut PostgresConnection, parts: Vec<Part<'_>>) -> QueryResult<()> {
    let inserts: Vec<String> = parts.iter().map(|(into, _)| insert_sql(into)).collect();
    let Some((last, first)) = inserts.split_last() else { return Ok(()) };
    // What the last one inserts is what the server counts.
    let counted = parts.last().map_or(0, |(_, rows)| rows.len());
    let tables: Vec<&str> = parts.iter().map(|(into, _)| into.table).collect();
    let what = format!("inserting into {}", tables.join(", "));
    let first: Vec<String> =
        first.iter().enumerate().map(|(at, insert)| format!("w{at} AS ({insert})")).collect();
    let with = if first.is_empty() { String::new() } else { format!("WITH {} ", first.join(", ")) };
    let arrays: Vec<Array> =
        parts.into_iter().flat_map(|(into, rows)| arrays(into.columns.len(), rows)).collect();
    written(connection, &Arrays { sql: &(with + last), arrays: &arrays }, what, counted).map(drop)
}

/// Writes at once, or ahead of the next question where that can be: then as many rows as there have to be.
fn written(
    connection: &mut PostgresConnection,
    arrays: &Arrays<'_>,
    what: String,
    rows: usize,
) -> QueryResult<usize> {
    if connection.sends_ahead() {
        return connection.execute_ahead(arrays, what, Some(rows)).map(|()| rows);
    }
    connection.execute_returning_count(arrays)
}

fn insert_sql(into: &ColumnSet) -> String {
    let casts: Vec<String> =
        into.columns.iter().enumerate().map(|(at, (_, declared))| cast(at, declared)).collect();
    format!(
        "INSERT INTO \"{}\" ({}) SELECT {} FROM {}",
        into.table,
        into.names(),
        casts.join(", "),
        unnest(into.columns.len())
    )
}

/// Sets columns of the rows whose key is the first cell; returns how many there were, as far as that is known yet.
///
/// # Errors
/// The first row that the database refuses; no row is changed then.
pub(super) fn update(
    connection: &mut PostgresConnection,
    of: &ColumnSet,
    rows: Vec<Vec<Cell>>,
) -> QueryResult<usize> {
    let Some(((key, _), set)) = of.columns.split_first() else { return Ok(0) };
    let set = set.iter().enumerate();
    let set: Vec<String> =
        set.map(|(at, (name, declared))| format!("\"{name}\" = {}", cast(at + 1, declared))).collect();
    let sql = format!(
        "UPDATE \"{}\" AS t SET {} FROM {} WHERE t.\"{key}\" = v.c0",
        of.table,
        set.join(", "),
        unnest(of.columns.len())
    );
    let count = rows.len();
    written(
        connection,
        &Arrays { sql: &sql, arrays: &arrays(of.columns.len(), rows) },
        of.table.to_owned(),
        count,
    )
}

/// The rows as arrays, one a column.
fn arrays(columns: usize, rows: Vec<Vec<Cell>>) -> Vec<Array> {
    let mut rows: Vec<_> = rows.into_iter().map(Vec::into_iter).collect();
    (0..columns).map(|_| Array::of(rows.iter_mut().filter_map(Iterator::next).collect())).collect()
}

/// The arrays as rows.
fn unnest(columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
    format!("unnest({}) AS v({})", vec!["?"; columns].join(", "), names.join(", "))
}

/// A text as the column wants it. Texts go as they are: a cast to a bounded one would cut them.
fn cast(at: usize, declared: &str) -> String {
    if declared == "text" || declared.starts_with("character") {
        format!("v.c{at}")
    } else {
        format!("CAST(v.c{at} AS {declared})")
    }
}

/// The cells of a column.
enum Array {
    Texts(Vec<Option<String>>),
    /// Nothing but bytes, which as text would be twice as long.
    Bytes(Vec<Vec<u8>>),
}

impl Array {
    fn of(cells: Vec<Cell>) -> Self {
        let bytes = |cell| if let Cell::Blob(bytes) = cell { Some(bytes) } else { None };
        let is_bytes = |cell: &Cell| matches!(cell, Cell::Blob(_));
        if cells.first().is_some_and(is_bytes) && cells.iter().all(is_bytes) {
            return Array::Bytes(cells.into_iter().filter_map(bytes).collect());
        }
        Array::Texts(cells.into_iter().map(cells::text).collect())
    }
}

/// SQL with a `?` for each array.
struct Arrays<'a> {
    sql: &'a str,
    arrays: &'a [Array],
}

impl QueryFragment<Pg> for Arrays<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = self.sql.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (array, piece) in self.arrays.iter().zip(pieces) {
            match array {
                Array::Texts(texts) => out.push_bind_param::<sql_types::Array<Nullable<Text>>, _>(texts)?,
                Array::Bytes(bytes) => out.push_bind_param::<sql_types::Array<Binary>, _>(bytes)?,
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Arrays<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

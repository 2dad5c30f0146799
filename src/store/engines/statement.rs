//! One SQL statement with its bound cells, for Diesel.
//!
//! Tables are described at run time (a live database has columns that differ from shop to shop), so
//! Diesel's compile-time DSL does not fit. What this keeps of Diesel: bound parameters, statement
//! caching by SQL text, typed errors, transactions. Text never becomes SQL: that is written from names in [`crate::store::schema::tables`] or names read from the catalogue, quoted.
//! Of MySQL it is the form for what does not go as a text ([`crate::store::engines::mysql`]).

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field as _, NamedRow, Row};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Double, HasSqlType, Nullable, Text, Untyped};
use diesel::sqlite::{Sqlite, SqliteType, SqliteValue};
use diesel::{Connection, QueryResult, RunQueryDsl};

use crate::store::codec::value::{Cell, Kind, Read, Value};

/// SQL with a `?` for each bound cell (no other `?` may stand in it).
#[derive(Debug)]
pub(crate) struct Statement<'a> {
    sql: &'a str,
    cells: &'a [Cell],
}

impl<'a> Statement<'a> {
    /// A statement; as many cells as there are `?`.
    pub(crate) fn new(sql: &'a str, cells: &'a [Cell]) -> Self {
        debug_assert_eq!(sql.matches('?').count(), cells.len(), "{sql}");
        Self { sql, cells }
    }
}

/// What NULL is bound as.
static NULL: Option<String> = None;

/// A cell is bound as the next parameter of a statement.
impl<DB> QueryFragment<DB> for Cell
where
    DB: Backend
        + HasSqlType<BigInt>
        + HasSqlType<Double>
        + HasSqlType<Text>
        + HasSqlType<Binary>
        + HasSqlType<Nullable<Text>>,
    i64: ToSql<BigInt, DB>,
    f64: ToSql<Double, DB>,
    str: ToSql<Text, DB>,
    [u8]: ToSql<Binary, DB>,
    Option<String>: ToSql<Nullable<Text>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match self {
            Cell::Null => out.push_bind_param::<Nullable<Text>, _>(&NULL),
            Cell::Int(number) => out.push_bind_param::<BigInt, _>(number),
            Cell::Real(number) => out.push_bind_param::<Double, _>(number),
            Cell::Text(text) => out.push_bind_param::<Text, str>(text),
            Cell::Blob(bytes) => out.push_bind_param::<Binary, [u8]>(bytes),
        }
    }
}

impl<DB: Backend> QueryFragment<DB> for Statement<'_>
where
    Cell: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut pieces = self.sql.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (cell, piece) in self.cells.iter().zip(pieces) {
            cell.walk_ast(out.reborrow())?;
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

impl<C: Connection> RunQueryDsl<C> for Statement<'_> {}

/// A row as the engine gives it, with the names of its columns left out.
#[derive(Debug)]
pub(crate) struct SqliteCells(pub Vec<Cell>);

impl QueryableByName<Sqlite> for SqliteCells {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let cell = |index| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            field.value().map_or(Ok(Cell::Null), sqlite_cell)
        };
        cells_of(row.field_count(), cell).map(SqliteCells)
    }
}

/// What stands in the columns of a row, or why one of them cannot be read. There is room for all of them from the
/// beginning: whatever a verification reads comes by here, and what grows is copied.
pub(crate) fn cells_of<T>(
    columns: usize,
    cell: impl Fn(usize) -> deserialize::Result<T>,
) -> deserialize::Result<Vec<T>> {
    let mut cells = Vec::with_capacity(columns);
    for at in 0..columns {
        cells.push(cell(at)?);
    }
    Ok(cells)
}

/// A value by its storage class.
pub(crate) fn sqlite_cell(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Cell> {
    Ok(match value.value_type() {
        Some(SqliteType::Text) => Cell::Text(FromSql::<Text, Sqlite>::from_sql(value)?),
        Some(SqliteType::Float | SqliteType::Double) => {
            Cell::Real(FromSql::<Double, Sqlite>::from_sql(value)?)
        }
        Some(SqliteType::Binary) => Cell::Blob(FromSql::<Binary, Sqlite>::from_sql(value)?),
        Some(_) => Cell::Int(FromSql::<BigInt, Sqlite>::from_sql(value)?),
        None => Cell::Null,
    })
}

/// The values of a row whose columns have these kinds, by what a value of the engine means.
///
/// # Errors
/// Those of `value`; a row with fewer columns than kinds.
pub(crate) fn row_values<'a, DB: Backend>(
    row: &impl Row<'a, DB>,
    kinds: &[Kind],
    value: impl Fn(DB::RawValue<'_>, Kind) -> deserialize::Result<Read>,
) -> deserialize::Result<Vec<Read>> {
    cells_of(kinds.len(), |at| {
        let field = row.get(at).ok_or("a column is missing")?;
        field.value().map_or(Ok(Ok(Value::Null)), |found| value(found, kinds[at]))
    })
}

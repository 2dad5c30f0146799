//! SQLite: how it is opened, how Prisma stores values in it, and its catalogue.

use anyhow::Context as _;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _};
use std::path::Path;

use super::TimeForm;
use super::catalogue::{Catalogue, ColumnShape, IndexShape, TableShape};
use super::statement::{Cells, Statement};
use super::value::{BadCell, Cell, Kind, Value};
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::exit_code::Failure;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It must exist and is only read.
    Read,
    /// It must exist.
    Write,
    /// It is created where it is missing.
    Create,
}

/// Pages kept in memory, in KiB: enough for the upper levels of every index of a million orders.
const CACHE_KIB: u32 = 64 * 1024;
/// How long a busy database is waited for before the call fails, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// Opens the file and sets the session: foreign keys on, every commit on the disk.
pub fn open(path: &Path, mode: Mode) -> anyhow::Result<SqliteConnection> {
    let shown = path.display();
    if path.is_dir() {
        return Err(Failure::database(format!("{shown}: a folder, not a database file")));
    }
    if mode != Mode::Create && !path.exists() {
        return Err(Failure::database(format!(
            "{shown}: no such database; create it with `sejoli-migrate schema apply`"
        )));
    }
    let mut connection = SqliteConnection::establish(&path.to_string_lossy())
        .map_err(|error| Failure::database(format!("{shown}: {error}")))?;
    let query_only = u8::from(mode == Mode::Read);
    let session = format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA foreign_keys = ON; \
         PRAGMA synchronous = FULL; PRAGMA cache_size = -{CACHE_KIB}; PRAGMA query_only = {query_only};"
    );
    connection
        .batch_execute(&session)
        .and_then(|()| query(&mut connection, "SELECT count(*) FROM sqlite_master", &[]))
        .map_err(|error| Failure::database(format!("{shown}: not an SQLite database ({error})")))?;
    Ok(connection)
}

/// Begins a transaction that takes the write lock at once, or a savepoint inside one.
pub fn begin(connection: &mut SqliteConnection) -> diesel::QueryResult<()> {
    let depth = AnsiTransactionManager::transaction_manager_status_mut(connection).transaction_depth()?;
    match depth {
        None => AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE"),
        Some(_) => AnsiTransactionManager::begin_transaction(connection),
    }
}

/// Runs a statement and returns the number of rows it touched.
pub fn execute(connection: &mut SqliteConnection, sql: &str, cells: &[Cell]) -> diesel::QueryResult<usize> {
    Statement::new(sql, cells).execute(connection)
}

/// Runs a query and returns its rows.
pub fn query(
    connection: &mut SqliteConnection,
    sql: &str,
    cells: &[Cell],
) -> diesel::QueryResult<Vec<Vec<Cell>>> {
    let rows: Vec<Cells> = Statement::new(sql, cells).load(connection)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Into the form in which Prisma stores a value. A whole amount becomes an integer, another one
/// text that the column's numeric affinity converts, so that no float is on the way.
pub fn encode(value: Value, times: TimeForm) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Int(i64::from(flag)),
        Value::Int(number) => Cell::Int(number),
        Value::Real(number) => Cell::Real(number),
        Value::Money(amount) if amount.minor() % 100 == 0 => Cell::Int(amount.minor() / 100),
        Value::Money(amount) => Cell::Text(amount.plain()),
        Value::Time(time) => match times {
            TimeForm::Millis => Cell::Int(time.0),
            TimeForm::Text => Cell::Text(time.to_string().replace('Z', "+00:00")),
        },
        Value::Text(text) | Value::Json(text) => Cell::Text(text),
        Value::Bytes(bytes) => Cell::Blob(bytes),
    }
}

/// Out of the stored form.
///
/// # Errors
/// A cell whose storage class or text cannot mean what the column promises.
pub fn decode(cell: Cell, kind: Kind) -> Result<Value, BadCell> {
    match (kind, cell) {
        (_, Cell::Null) => Ok(Value::Null),
        (Kind::Text | Kind::Enum(_), Cell::Text(text)) => Ok(Value::Text(text)),
        (Kind::Json, Cell::Text(text)) => Ok(Value::Json(text)),
        (Kind::Int, Cell::Int(number)) => Ok(Value::Int(number)),
        (Kind::Bool, Cell::Int(number @ (0 | 1))) => Ok(Value::Bool(number == 1)),
        (Kind::Real, Cell::Real(number)) => Ok(Value::Real(number)),
        (Kind::Real, Cell::Int(number)) => Ok(Value::Real(number as f64)),
        (Kind::Bytes, Cell::Blob(bytes)) => Ok(Value::Bytes(bytes)),
        (Kind::Money, cell) => money(&cell).map(Value::Money).ok_or(bad("an amount", &cell)),
        (Kind::Time, cell) => time(&cell).map(Value::Time).ok_or(bad("a time", &cell)),
        (Kind::Text | Kind::Enum(_) | Kind::Json, cell) => Err(bad("text", &cell)),
        (Kind::Int, cell) => Err(bad("a whole number", &cell)),
        (Kind::Bool, cell) => Err(bad("a boolean", &cell)),
        (Kind::Real, cell) => Err(bad("a number", &cell)),
        (Kind::Bytes, cell) => Err(bad("bytes", &cell)),
    }
}

fn bad(expected: &'static str, cell: &Cell) -> BadCell {
    BadCell { expected, found: cell.class() }
}

/// A double's shortest decimal text is the amount that was stored.
fn money(cell: &Cell) -> Option<Money> {
    match cell {
        Cell::Int(rupiah) => rupiah.checked_mul(100).map(Money::from_minor),
        Cell::Real(number) => Money::from_plain(&number.to_string()),
        Cell::Text(text) => Money::from_plain(text),
        _ => None,
    }
}

/// Both forms in the wild, and SQLite's own CURRENT_TIMESTAMP.
fn time(cell: &Cell) -> Option<Millis> {
    match cell {
        Cell::Int(millis) => Some(Millis(*millis)),
        Cell::Text(text) => Millis::parse_rfc3339(text)
            .or_else(|| Millis::parse_rfc3339(&format!("{}Z", text.replacen(' ', "T", 1)))),
        _ => None,
    }
}

/// What is in the database: tables, columns, indexes, foreign keys.
pub fn catalogue(connection: &mut SqliteConnection) -> anyhow::Result<Catalogue> {
    let names = query(
        connection,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        &[],
    )?;
    let mut tables = Catalogue::default();
    for name in names.into_iter().flatten().filter_map(text) {
        let shape = table_shape(connection, &name).with_context(|| format!("reading table {name}"))?;
        tables.insert(name, shape);
    }
    Ok(tables)
}

fn table_shape(connection: &mut SqliteConnection, table: &str) -> anyhow::Result<TableShape> {
    let name = [Cell::Text(table.to_owned())];
    let columns = query(
        connection,
        "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info(?) ORDER BY cid",
        &name,
    )?;
    let indexes = query(
        connection,
        "SELECT l.name, l.\"unique\", i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i \
         WHERE l.origin <> 'pk' ORDER BY l.name, i.seqno",
        &name,
    )?;
    let foreign = query(connection, "SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?)", &name)?;
    Ok(TableShape {
        columns: columns.into_iter().filter_map(column).collect(),
        indexes: group_indexes(indexes),
        foreign_keys: foreign
            .into_iter()
            .filter_map(|row| {
                let mut cells = row.into_iter();
                Some((cells.next().and_then(text)?, cells.next().and_then(text)?))
            })
            .collect(),
    })
}

fn column(row: Vec<Cell>) -> Option<ColumnShape> {
    let mut cells = row.into_iter();
    Some(ColumnShape {
        name: cells.next().and_then(text)?,
        declared: cells.next().and_then(text).unwrap_or_default(),
        required: cells.next() == Some(Cell::Int(1)),
        has_default: cells.next() == Some(Cell::Int(1)),
        primary: cells.next().is_some_and(|cell| cell != Cell::Int(0)),
    })
}

fn group_indexes(rows: Vec<Vec<Cell>>) -> Vec<IndexShape> {
    let mut indexes: Vec<IndexShape> = Vec::new();
    for row in rows {
        let mut cells = row.into_iter();
        let name = cells.next().and_then(text).unwrap_or_default();
        let unique = cells.next() == Some(Cell::Int(1));
        let column = cells.next().and_then(text).unwrap_or_default();
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => index.columns.push(column),
            None => indexes.push(IndexShape { name, unique, columns: vec![column] }),
        }
    }
    indexes
}

fn text(cell: Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_comes_back_to_the_sen() {
        for minor in [0, 100, 15_012_350, 1, 99_999_999_999_999] {
            let amount = Money::from_minor(minor);
            let stored = match encode(Value::Money(amount), TimeForm::Millis) {
                Cell::Text(plain) => Cell::Real(plain.parse().unwrap()),
                whole => whole,
            };
            assert_eq!(decode(stored, Kind::Money), Ok(Value::Money(amount)));
        }
    }

    #[test]
    fn both_forms_of_a_time_are_read() {
        let time = Millis(1_709_618_828_009);
        for form in [TimeForm::Millis, TimeForm::Text] {
            let stored = encode(Value::Time(time), form);
            assert_eq!(decode(stored, Kind::Time), Ok(Value::Time(time)));
        }
        assert_eq!(
            encode(Value::Time(time), TimeForm::Text),
            Cell::Text("2024-03-05T06:07:08.009+00:00".into())
        );
    }

    #[test]
    fn the_text_true_is_no_boolean() {
        assert!(decode(Cell::Text("true".into()), Kind::Bool).is_err());
    }
}

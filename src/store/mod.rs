//! What a store can do, in prose.
//!
//! A store is one open database of the app. It reads rows as structs ([`Store::select_in`]), and
//! takes [`journal::Change`]s, which are the only way a row of the app is written: each leaves its
//! before-image. Everything happens in [`Store::transaction`]; transactions nest, which is what a
//! dry run is made of. What differs between engines lives in one file per engine; above this line
//! nobody knows which one it is.

pub mod catalogue;
pub mod journal;
pub mod record;
pub mod runs;
pub mod schema;
pub mod sqlite;
pub mod statement;
pub mod tables;
pub mod url;
pub mod value;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use anyhow::Context as _;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::sqlite::SqliteConnection;

use crate::exit_code::Failure;
use catalogue::Catalogue;
use record::{Record, Table};
pub use sqlite::Mode;
use url::Target;
use value::{Cell, Value};

/// In which of Prisma's two forms a SQLite database keeps its times. They must not be mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// Integer milliseconds since 1970.
    Millis,
    /// Text such as `2024-03-05T06:07:08.009+00:00`.
    Text,
}

/// The connection, one variant an engine.
#[allow(missing_debug_implementations)]
pub enum Db {
    /// Embedded SQLite.
    Sqlite(SqliteConnection),
}

/// Runs the same body on whichever engine is connected.
macro_rules! on {
    ($db:expr, $connection:ident => $body:expr) => {
        match $db {
            Db::Sqlite($connection) => $body,
        }
    };
}

/// A known table as it is in this database: which of its columns are there.
struct LiveTable {
    /// Positions, in [`Table::columns`], of the columns that exist.
    present: Vec<usize>,
    insert_sql: String,
    select_sql: String,
}

/// An open database.
#[allow(missing_debug_implementations)]
pub struct Store {
    db: Db,
    live: HashMap<&'static str, LiveTable>,
    times: TimeForm,
}

/// The most keys that one look-up asks for; longer lists are cut into several.
const KEYS_PER_QUERY: usize = 512;

impl Store {
    /// Opens the database of a URL.
    ///
    /// # Errors
    /// Exit code 7 when it cannot be reached or is no database, 2 for a malformed URL.
    pub fn open(database_url: &str, mode: Mode) -> anyhow::Result<Self> {
        let Target::Sqlite(path) = Target::parse(database_url)?;
        let db = Db::Sqlite(sqlite::open(&path, mode)?);
        let mut store = Self { db, live: HashMap::new(), times: TimeForm::Millis };
        store.refresh()?;
        Ok(store)
    }

    /// Looks again at what tables and columns are there (after a schema change).
    pub fn refresh(&mut self) -> anyhow::Result<()> {
        let catalogue = self.catalogue()?;
        let known = tables::JOURNALED.iter().chain(tables::BOOKKEEPING).copied();
        self.live = known
            .chain([tables::Product::TABLE])
            .filter_map(|table| Some((table.name, live_table(table, &catalogue)?)))
            .collect();
        self.times = self.time_form()?;
        Ok(())
    }

    /// The form of the app's own times; an empty database gets milliseconds.
    fn time_form(&mut self) -> anyhow::Result<TimeForm> {
        if !self.has_table("User") {
            return Ok(TimeForm::Millis);
        }
        let rows = self.query("SELECT DISTINCT typeof(\"createdAt\") FROM \"User\"", &[])?;
        let is = |word: &str| rows.iter().any(|row| row[0] == Cell::Text(word.into()));
        match (is("integer"), is("text")) {
            (true, true) => Err(Failure::database(
                "User.createdAt holds integers and texts side by side; bring the app's times into one form first",
            )),
            (false, true) => Ok(TimeForm::Text),
            _ => Ok(TimeForm::Millis),
        }
    }

    /// What the database holds.
    pub fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        on!(&mut self.db, connection => sqlite::catalogue(connection))
    }

    /// Whether a known table exists here.
    pub fn has_table(&self, name: &str) -> bool {
        self.live.contains_key(name)
    }

    /// Whether a known column exists here.
    pub fn has_column(&self, table: &'static Table, column: &str) -> bool {
        self.live.get(table.name).is_some_and(|live| live.present.contains(&table.position(column)))
    }

    /// Runs SQL text of the tool's own making (a migration).
    pub fn run_script(&mut self, sql: &str) -> anyhow::Result<()> {
        Ok(on!(&mut self.db, connection => connection.batch_execute(sql))?)
    }

    /// Runs a statement; `?` stands for each cell, `"` quotes names on every engine.
    pub fn execute(&mut self, sql: &str, cells: &[Cell]) -> anyhow::Result<usize> {
        Ok(on!(&mut self.db, connection => sqlite::execute(connection, sql, cells))?)
    }

    /// Runs a query; `?` stands for each cell, `"` quotes names on every engine.
    pub fn query(&mut self, sql: &str, cells: &[Cell]) -> anyhow::Result<Vec<Vec<Cell>>> {
        Ok(on!(&mut self.db, connection => sqlite::query(connection, sql, cells))?)
    }

    /// Runs `work` in a transaction: all of it or nothing. Inside another one it is a savepoint.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.begin()?;
        match work(self) {
            Ok(done) => {
                on!(&mut self.db, c => AnsiTransactionManager::commit_transaction(c))
                    .context("the commit failed")?;
                Ok(done)
            }
            Err(error) => {
                self.rollback()?;
                Err(error)
            }
        }
    }

    /// Begins a transaction that only [`Store::rollback`] ends: a dry run.
    pub fn begin(&mut self) -> anyhow::Result<()> {
        on!(&mut self.db, connection => sqlite::begin(connection)).context("the database is busy")
    }

    /// Takes back everything since the matching [`Store::begin`].
    pub fn rollback(&mut self) -> anyhow::Result<()> {
        Ok(on!(&mut self.db, c => AnsiTransactionManager::rollback_transaction(c))?)
    }

    /// A value in the form in which this database stores it.
    pub fn encode(&self, value: Value) -> Cell {
        match self.db {
            Db::Sqlite(_) => sqlite::encode(value, self.times),
        }
    }

    /// A stored cell as the value that its column means.
    pub fn decode(&self, cell: Cell, kind: value::Kind) -> anyhow::Result<Value> {
        Ok(match self.db {
            Db::Sqlite(_) => sqlite::decode(cell, kind),
        }?)
    }

    /// Inserts a row that needs no before-image: the tool's own bookkeeping.
    pub fn insert<R: Record>(&mut self, row: R) -> anyhow::Result<()> {
        self.insert_row(R::TABLE, row.into_row())
    }

    fn insert_row(&mut self, table: &'static Table, row: Vec<Value>) -> anyhow::Result<()> {
        let live = live(&self.live, table)?;
        let cells: Vec<Cell> = if live.present.len() == table.columns.len() {
            row.into_iter().map(|value| sqlite::encode(value, self.times)).collect()
        } else {
            live.present.iter().map(|&at| sqlite::encode(row[at].clone(), self.times)).collect()
        };
        on!(&mut self.db, connection => sqlite::execute(connection, &live.insert_sql, &cells))
            .with_context(|| format!("inserting into {}", table.name))?;
        Ok(())
    }

    /// Sets columns of one row of the tool's own bookkeeping.
    pub fn update<R: Record>(&mut self, id: &str, set: Vec<(&'static str, Value)>) -> anyhow::Result<()> {
        self.update_row(R::TABLE, id, set)
    }

    fn update_row(
        &mut self,
        table: &'static Table,
        id: &str,
        set: Vec<(&'static str, Value)>,
    ) -> anyhow::Result<()> {
        let mut sql = format!("UPDATE \"{}\" SET ", table.name);
        let mut cells = Vec::with_capacity(set.len() + 1);
        for (index, (column, value)) in set.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(sql, "{comma}\"{column}\" = ?")?;
            cells.push(self.encode(value));
        }
        sql.push_str(" WHERE \"id\" = ?");
        cells.push(Cell::Text(id.to_owned()));
        let touched = self.execute(&sql, &cells).with_context(|| format!("updating {}", table.name))?;
        anyhow::ensure!(touched == 1, "{} {id} is gone", table.name);
        Ok(())
    }

    /// The rows in which `column` is one of `keys`. NULL stands in for a column that is not there.
    pub fn select_in<R: Record>(&mut self, column: &str, keys: &[&str]) -> anyhow::Result<Vec<R>> {
        self.select_among(None, column, keys)
    }

    /// The same among the rows in which another column has one value: for an index over both.
    pub fn select_among<R: Record>(
        &mut self,
        narrowed: Option<(&str, &str)>,
        column: &str,
        keys: &[&str],
    ) -> anyhow::Result<Vec<R>> {
        let mut found = Vec::new();
        for part in keys.chunks(KEYS_PER_QUERY) {
            let (tail, cells) = condition(narrowed, column, part);
            found.extend(self.select(&tail, &cells)?);
        }
        Ok(found)
    }

    /// Those of the keys that stand in a column, without reading the rows.
    pub fn known(
        &mut self,
        table: &'static Table,
        narrowed: Option<(&str, &str)>,
        column: &str,
        keys: &[&str],
    ) -> anyhow::Result<HashSet<String>> {
        let mut found = HashSet::new();
        for part in keys.chunks(KEYS_PER_QUERY) {
            let (tail, cells) = condition(narrowed, column, part);
            let rows = self.query(&format!("SELECT \"{column}\" FROM \"{}\" {tail}", table.name), &cells)?;
            let texts = rows.into_iter().flatten();
            found.extend(texts.filter_map(|cell| if let Cell::Text(key) = cell { Some(key) } else { None }));
        }
        Ok(found)
    }

    /// The rows that `tail` (`WHERE …`, `ORDER BY …`) picks. NULL stands in for a column that is
    /// not there.
    pub fn select<R: Record>(&mut self, tail: &str, cells: &[Cell]) -> anyhow::Result<Vec<R>> {
        let table = R::TABLE;
        let Some(known) = self.live.get(table.name) else {
            return Ok(Vec::new());
        };
        let sql = format!("{} {tail}", known.select_sql);
        let rows = on!(&mut self.db, connection => sqlite::query(connection, &sql, cells))
            .with_context(|| format!("reading {}", table.name))?;
        let known = &self.live[table.name];
        rows.into_iter().map(|row| self.read_row(table, known, row)).collect()
    }

    fn read_row<R: Record>(
        &self,
        table: &'static Table,
        known: &LiveTable,
        row: Vec<Cell>,
    ) -> anyhow::Result<R> {
        let mut values = vec![Value::Null; table.columns.len()];
        for (cell, &at) in row.into_iter().zip(&known.present) {
            let column = &table.columns[at];
            values[at] =
                self.decode(cell, column.kind).with_context(|| format!("{}.{}", table.name, column.name))?;
        }
        R::from_row(values).with_context(|| format!("reading {}", table.name))
    }
}

fn live<'a>(live: &'a HashMap<&'static str, LiveTable>, table: &Table) -> anyhow::Result<&'a LiveTable> {
    live.get(table.name).ok_or_else(|| {
        Failure::database(format!("table {} is missing; run `sejoli-migrate schema check`", table.name))
    })
}

fn live_table(table: &'static Table, catalogue: &Catalogue) -> Option<LiveTable> {
    let shape = catalogue.get(table.name)?;
    let present: Vec<usize> =
        (0..table.columns.len()).filter(|&at| shape.column(table.columns[at].name).is_some()).collect();
    let names: Vec<String> = present.iter().map(|&at| format!("\"{}\"", table.columns[at].name)).collect();
    let names = names.join(", ");
    let marks = vec!["?"; present.len()].join(", ");
    Some(LiveTable {
        insert_sql: format!("INSERT INTO \"{}\" ({names}) VALUES ({marks})", table.name),
        select_sql: format!("SELECT {names} FROM \"{}\"", table.name),
        present,
    })
}

/// `WHERE … IN (…)` with its cells; the last key is repeated up to a power of two, so that there are
/// few different statements to keep.
fn condition(narrowed: Option<(&str, &str)>, column: &str, keys: &[&str]) -> (String, Vec<Cell>) {
    let last = keys.last().copied().unwrap_or_default();
    let width = keys.len().next_power_of_two();
    let marks = vec!["?"; width].join(",");
    let first = narrowed.map(|(name, _)| format!("\"{name}\" = ? AND ")).unwrap_or_default();
    let repeated = std::iter::repeat_n(last, width - keys.len());
    let value = narrowed.map(|(_, value)| value).into_iter();
    let cells = value.chain(keys.iter().copied()).chain(repeated);
    let cells = cells.map(|key| Cell::Text(key.to_owned())).collect();
    (format!("WHERE {first}\"{column}\" IN ({marks})"), cells)
}

//! What a store can do, in prose.
//!
//! A store is one open database of the app. It reads rows as structs ([`Store::select_in`]), and
//! takes [`journal::Change`]s, which are the only way a row of the app is written: each leaves its
//! before-image. Everything happens in [`Store::transaction`]; transactions nest, which is what a
//! dry run is made of. What differs between engines stands behind [`engine::Engine`]; above this line
//! nobody knows which one it is.

pub mod backup;
pub mod catalogue;
pub mod clock;
pub mod columns;
pub mod encoder;
pub mod engine;
pub mod error;
pub mod form;
pub mod health;
pub mod images;
pub mod journal;
pub mod json;
pub mod lock;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod record;
pub mod runs;
pub mod schema;
pub mod sqlite;
pub mod statement;
pub mod tables;
pub mod transient;
pub mod unwritable;
pub mod url;
pub mod value;
pub mod witness;

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;

use crate::exit_code::Failure;
use catalogue::Catalogue;
use encoder::{Encoded, Encoder, Layout};
use engine::{ColumnSet, Dialect, Engine};
use record::{Column, Record, Table};
pub use transient::{Stale, transient};
pub use unwritable::unwritable;
use url::Target;
use value::{Cell, Read, Value};
use witness::Witness;

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It must exist and is only read.
    Read,
    /// It must exist.
    Write,
    /// An SQLite file is created where it is missing.
    Create,
}

/// In which of Prisma's two forms a SQLite database keeps its times. They must not be mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// Integer milliseconds since 1970.
    Millis,
    /// Text such as `2024-03-05T06:07:08.009+00:00`.
    Text,
}

/// A known table as it is in this database: which of its columns are there.
struct LiveTable {
    /// Positions, in [`Table::columns`], of the columns that exist.
    present: Arc<[usize]>,
    /// These columns.
    insert: ColumnSet,
    /// What they mean.
    kinds: Vec<value::Kind>,
    /// Every column that is there, also those that the tool does not know, and its declared type.
    declared: HashMap<String, String>,
    select_sql: String,
}

/// An open database.
#[allow(missing_debug_implementations)]
pub struct Store {
    engine: Box<dyn Engine>,
    target: Target,
    mode: Mode,
    commits: u64,
    live: HashMap<&'static str, LiveTable>,
    known: Arc<Catalogue>,
    encoder: Encoder,
    witness: Option<Witness>,
}

/// The characters that may be put before a cell of a source.
const PREFIX: usize = 7;

/// The most keys that one look-up asks for; longer lists are cut into several.
const KEYS_PER_QUERY: usize = 512;

impl Store {
    /// Opens the database of a URL.
    ///
    /// # Errors
    /// Exit code 7 when it cannot be reached or is no database, 2 for a malformed URL.
    pub fn open(database_url: &str, mode: Mode) -> anyhow::Result<Self> {
        let target = Target::parse(database_url)?;
        let engine = engine::connect(&target, mode)?;
        let encoder = Encoder { coder: engine.coder(), tables: HashMap::new() };
        let (live, known) = (HashMap::new(), Arc::default());
        let mut store = Self { engine, target, mode, commits: 0, live, known, encoder, witness: None };
        store.refresh()?;
        Ok(store)
    }

    /// Connects anew after the connection was lost; what was not committed is gone.
    ///
    /// # Errors
    /// Exit code 7 when the database cannot be reached.
    pub fn reconnect(&mut self) -> anyhow::Result<()> {
        self.engine = engine::connect(&self.target, self.mode)?;
        self.refresh()
    }

    /// How many transactions have been committed by this store.
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// The dialect of the database.
    pub fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    fn engine(&mut self) -> &mut dyn Engine {
        self.engine.as_mut()
    }

    /// Looks again at what tables and columns are there (after a schema change).
    pub fn refresh(&mut self) -> anyhow::Result<()> {
        let catalogue = self.catalogue()?;
        let known = tables::JOURNALED.iter().chain(tables::BOOKKEEPING).copied();
        self.live = known
            .chain([tables::Product::TABLE])
            .filter_map(|table| Some((table.name, live_table(table, &catalogue)?)))
            .collect();
        self.engine.settle(&catalogue)?;
        self.known = Arc::new(catalogue);
        let layout = |live: &LiveTable| {
            let (present, packer) = (live.present.clone(), self.engine.packer(&live.insert, &live.kinds));
            Arc::new(Layout { present, packer })
        };
        let tables = self.live.iter().map(|(name, live)| (*name, layout(live))).collect();
        self.encoder = Encoder { coder: self.engine.coder(), tables };
        Ok(())
    }

    /// What the database held when it was opened, or at the last [`Store::refresh`].
    pub fn known(&self) -> Arc<Catalogue> {
        self.known.clone()
    }

    /// What the database holds now.
    pub fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        self.engine.catalogue()
    }

    /// The most characters that every text column which an import fills can hold, with what is put
    /// before a cell (`sejoli-`); nothing where there is no bound.
    pub fn longest_text(&self) -> Option<usize> {
        let bound = |table: &&Table| {
            let shape = self.known.get(table.name)?;
            let texts = table.columns.iter().filter(|column| column.kind == value::Kind::Text);
            texts.filter_map(|column| shape.column(column.name)?.length).min()
        };
        let shortest = tables::JOURNALED.iter().filter_map(bound).min();
        shortest.and_then(|length| usize::try_from(length).ok()?.checked_sub(PREFIX))
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
        Ok(self.engine.script(sql)?)
    }

    /// Runs a statement; `?` stands for each cell, `"` quotes names on every engine.
    pub fn execute(&mut self, sql: &str, cells: &[Cell]) -> anyhow::Result<usize> {
        Ok(self.engine.execute(sql, cells)?)
    }

    /// Runs a query; `?` stands for each cell, `"` quotes names on every engine.
    pub fn query(&mut self, sql: &str, cells: &[Cell]) -> anyhow::Result<Vec<Vec<Cell>>> {
        Ok(self.engine.query(sql, cells)?)
    }

    /// Runs `work` in a transaction: all of it or nothing. Inside another one it is a savepoint.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.begin()?;
        match work(self) {
            Ok(done) => {
                self.engine.commit().context("the commit failed")?;
                self.commits += 1;
                Ok(done)
            }
            Err(error) => {
                // With the connection lost, there is nothing left to take back.
                let _ = self.rollback();
                Err(error)
            }
        }
    }

    /// Changes the schema: all of it or nothing, where the engine can take back such changes.
    fn schema_change<T>(&mut self, work: impl FnOnce(&mut Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        match self.dialect() {
            Dialect::Sqlite | Dialect::Postgres => self.transaction(work),
            Dialect::Mysql => work(self),
        }
    }

    /// Begins a transaction that only [`Store::rollback`] ends: a dry run.
    pub fn begin(&mut self) -> anyhow::Result<()> {
        self.engine.begin().context("a transaction could not begin")
    }

    /// Takes back everything since the matching [`Store::begin`].
    pub fn rollback(&mut self) -> anyhow::Result<()> {
        Ok(self.engine.rollback()?)
    }

    /// A value in the form in which this database stores it.
    pub fn encode(&self, value: Value) -> Cell {
        self.engine.coder().encode(value)
    }

    /// A stored cell as the value that its column means.
    pub fn decode(&self, cell: Cell, kind: value::Kind) -> anyhow::Result<Value> {
        Ok(self.engine.decode(cell, kind)?)
    }

    /// What follows `externalId` or `reference` for the rows that imports have made. An app may have rows
    /// of its own under `SEJOLI-`.
    pub fn of_sejoli(&self) -> String {
        self.engine.beginning("sejoli-")
    }

    /// Inserts a row that needs no before-image: the tool's own bookkeeping.
    pub fn insert<R: Record>(&mut self, row: R) -> anyhow::Result<()> {
        self.insert_rows(R::TABLE, vec![row.into_row()])
    }

    /// Inserts rows of one table, each in the table's order, in few round trips.
    pub fn insert_rows(&mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> anyhow::Result<()> {
        let rows = self.encoder.rows(table, rows)?;
        self.insert_encoded(table, rows)
    }

    /// Inserts a few rows of several tables, of which none points at another, in as few round trips as can be.
    pub fn insert_all(&mut self, parts: Vec<(&'static Table, Vec<Vec<Value>>)>) -> anyhow::Result<()> {
        let parts = parts.into_iter().filter(|(_, rows)| !rows.is_empty());
        let encoded =
            |(table, rows)| Ok((&live(&self.live, table)?.insert, self.encoder.cells(table, rows)?));
        let parts = parts.map(encoded).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(self.engine.insert_all(parts)?)
    }

    /// Inserts rows of one table as the [`Encoder`] made them, in few round trips.
    fn insert_encoded(&mut self, table: &'static Table, rows: Encoded) -> anyhow::Result<()> {
        let into = &live(&self.live, table)?.insert;
        let inserted = match rows {
            Encoded::Cells(rows) => self.engine.insert(into, rows),
            Encoded::Packed(bytes) => self.engine.insert_packed(into, &bytes),
        };
        inserted.with_context(|| format!("inserting into {}", table.name))
    }

    /// What encodes rows for this database.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Sets columns of one row of the tool's own bookkeeping.
    pub fn update<R: Record>(&mut self, id: &str, set: Vec<(&'static str, Value)>) -> anyhow::Result<()> {
        self.update_row(R::TABLE, id, set)
    }

    /// Sets one column of the rows in which other columns hold these cells, in one round trip; returns how
    /// many there were.
    pub fn set_where<R: Record>(
        &mut self,
        (column, value): (&'static str, Value),
        conditions: &[(&'static str, Cell)],
    ) -> anyhow::Result<usize> {
        let known = live(&self.live, R::TABLE)?;
        let mark = self.engine.mark(known.declared.get(column).map_or("", String::as_str));
        let wanted: Vec<String> = conditions.iter().map(|(name, _)| format!("\"{name}\" = ?")).collect();
        let table = R::TABLE.name;
        let sql = format!("UPDATE \"{table}\" SET \"{column}\" = {mark} WHERE {}", wanted.join(" AND "));
        let cells =
            std::iter::once(self.encode(value)).chain(conditions.iter().map(|(_, cell)| cell.clone()));
        self.execute(&sql, &cells.collect::<Vec<_>>())
    }

    fn update_row(
        &mut self,
        table: &'static Table,
        id: &str,
        set: Vec<(&'static str, Value)>,
    ) -> anyhow::Result<()> {
        let (columns, values): (Vec<&str>, Vec<Value>) = set.into_iter().unzip();
        self.update_rows(table, &columns, vec![(id.to_owned(), values)])
    }

    /// Sets the same columns of several rows of one table, in few round trips.
    ///
    /// # Errors
    /// A row that is gone; the caller's transaction then takes all back.
    pub fn update_rows(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: Vec<(String, Vec<Value>)>,
    ) -> anyhow::Result<()> {
        let coder = self.engine.coder();
        let encoded = |values: Vec<Value>| values.into_iter().map(|value| coder.encode(value)).collect();
        let rows = rows.into_iter().map(|(id, values)| (id, encoded(values))).collect();
        self.restore_rows(table, columns, rows)
    }

    /// Puts stored cells back into columns of rows: also into columns that the tool does not know.
    ///
    /// # Errors
    /// A row or a column that is gone; the caller's transaction then takes all back.
    pub fn restore_rows(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: Vec<(String, Vec<Cell>)>,
    ) -> anyhow::Result<()> {
        let count = rows.len();
        if count == 0 || columns.is_empty() {
            return Ok(());
        }
        let of = live(&self.live, table)?.columns(table, std::iter::once(&"id").chain(columns))?;
        let keyed = |(id, cells)| std::iter::once(Cell::Text(id)).chain::<Vec<Cell>>(cells).collect();
        let rows = rows.into_iter().map(keyed).collect();
        let touched = self.engine.update(&of, rows).with_context(|| format!("updating {}", table.name))?;
        anyhow::ensure!(touched == count, "{}: {} of {count} row(s) are gone", table.name, count - touched);
        Ok(())
    }

    /// Puts whole rows back, each with the stored cells of all `columns`.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub fn reinsert_rows(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: Vec<Vec<Cell>>,
    ) -> anyhow::Result<()> {
        let into = live(&self.live, table)?.columns(table, columns)?;
        self.engine.insert(&into, rows).with_context(|| format!("inserting into {}", table.name))
    }

    /// The rows in which `column` is one of `keys`. NULL stands in for a column that is not there.
    pub fn select_in<R: Record>(&mut self, column: &str, keys: &[&str]) -> anyhow::Result<Vec<R>> {
        self.select_among(None, column, keys)
    }

    /// The same, as they stand now and not as they stood when the transaction began; nobody else
    /// changes them until it ends.
    pub fn select_kept<R: Record>(&mut self, column: &str, keys: &[&str]) -> anyhow::Result<Vec<R>> {
        let mut found = Vec::new();
        for part in keys.chunks(KEYS_PER_QUERY) {
            let (tail, cells) = self.condition(None, column, part);
            found.extend(self.select(&self.kept(&tail), &cells)?);
        }
        Ok(found)
    }

    /// A condition with what keeps its rows: in the order of their ids, so that two who want the same
    /// rows do not wait for each other.
    fn kept(&self, tail: &str) -> String {
        format!("{tail} ORDER BY \"id\"{}", self.engine.keeping())
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
            let (tail, cells) = self.condition(narrowed, column, part);
            found.extend(self.select(&tail, &cells)?);
        }
        Ok(found)
    }

    /// What follows a column of texts for it to be one of these keys, with its cells.
    pub fn one_of(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        self.engine.one_of(keys)
    }

    /// `WHERE` a column is one of the keys, with its cells; among the rows in which another column has
    /// one value.
    pub fn condition(
        &self,
        narrowed: Option<(&str, &str)>,
        column: &str,
        keys: &[&str],
    ) -> (String, Vec<Cell>) {
        let (one_of, mut cells) = self.one_of(keys);
        match narrowed {
            None => (format!("WHERE \"{column}\" {one_of}"), cells),
            Some((name, value)) => {
                cells.insert(0, Cell::Text(value.to_owned()));
                (format!("WHERE \"{name}\" = ? AND \"{column}\" {one_of}"), cells)
            }
        }
    }

    /// The rows that `tail` (`WHERE …`, `ORDER BY …`) picks. NULL stands in for a column that is
    /// not there.
    pub fn select<R: Record>(&mut self, tail: &str, cells: &[Cell]) -> anyhow::Result<Vec<R>> {
        let table = R::TABLE;
        let named =
            |(read, column): (Read, &Column)| read.with_context(|| format!("{}.{}", table.name, column.name));
        let record = |row: Vec<Read>| {
            let values = row.into_iter().zip(table.columns).map(named).collect::<anyhow::Result<_>>()?;
            R::from_row(values).with_context(|| format!("reading {}", table.name))
        };
        self.read_rows(table, tail, cells)?.into_iter().map(record).collect()
    }

    /// The same rows value by value, in the table's order, for whoever can go on with what cannot be read.
    pub fn read_rows(
        &mut self,
        table: &'static Table,
        tail: &str,
        cells: &[Cell],
    ) -> anyhow::Result<Vec<Vec<Read>>> {
        let Some(known) = self.live.get(table.name) else {
            return Ok(Vec::new());
        };
        let sql = format!("{} {tail}", known.select_sql);
        let rows = self.engine.read(&sql, cells, &known.kinds);
        let rows = rows.with_context(|| format!("reading {}", table.name))?;
        if known.present.len() < table.columns.len() {
            return Ok(rows.into_iter().map(|row| known.filled(table, row)).collect());
        }
        if let Some(witness) = &mut self.witness {
            witness.see(table, &rows);
        }
        Ok(rows)
    }

    /// Runs `work`, whose queries are about whole tables: an engine that was told to prefer its indexes
    /// does not for so long.
    pub fn over_whole_tables<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.engine.scans(true)?;
        let done = work(self);
        let again = self.engine.scans(false);
        let done = done?;
        again?;
        Ok(done)
    }

    /// A member of a JSON object that a column holds, in SQL.
    pub fn member(&self, column: &str, name: &str) -> String {
        self.engine.member(column, name)
    }

    /// From now on, what whole rows hold that are read is kept in mind.
    pub fn watch(&mut self) {
        self.witness = Some(Witness::default());
    }

    /// What was seen since [`Store::watch`].
    pub fn seen(&mut self) -> Witness {
        self.witness.take().unwrap_or_default()
    }

    /// Whether a table has a row that `condition` (`WHERE …`) picks.
    pub fn has_row<R: Record>(&mut self, condition: &str, cells: &[Cell]) -> anyhow::Result<bool> {
        let sql = format!("SELECT 1 FROM \"{}\" {condition} LIMIT 1", R::TABLE.name);
        Ok(!self.query(&sql, cells)?.is_empty())
    }
}

fn live<'a>(live: &'a HashMap<&'static str, LiveTable>, table: &Table) -> anyhow::Result<&'a LiveTable> {
    live.get(table.name).ok_or_else(|| missing(table))
}

fn missing(table: &Table) -> anyhow::Error {
    Failure::database(format!("table {} is missing; run `sejoli-migrate schema check`", table.name))
}

fn live_table(table: &'static Table, catalogue: &Catalogue) -> Option<LiveTable> {
    let shape = catalogue.get(table.name)?;
    let known = table.columns.iter().enumerate();
    let (present, columns): (Vec<usize>, _) = known
        .filter_map(|(at, column)| Some((at, shape.column(column.name)?)))
        .map(|(at, live)| (at, (live.name.clone(), live.declared.clone())))
        .unzip();
    let insert = ColumnSet { table: table.name, columns };
    let all = shape.columns.iter();
    Some(LiveTable {
        kinds: present.iter().map(|&at| table.columns[at].kind).collect(),
        present: present.into(),
        select_sql: format!("SELECT {} FROM \"{}\"", insert.names(), table.name),
        declared: all.map(|column| (column.name.clone(), column.declared.clone())).collect(),
        insert,
    })
}

impl LiveTable {
    /// A row with NULL for the columns that are not there.
    fn filled(&self, table: &Table, row: Vec<Read>) -> Vec<Read> {
        let mut values = vec![Ok(Value::Null); table.columns.len()];
        for (value, &at) in row.into_iter().zip(self.present.iter()) {
            values[at] = value;
        }
        values
    }

    /// Some columns with their types.
    fn columns<'c>(
        &self,
        table: &Table,
        names: impl IntoIterator<Item = &'c &'c str>,
    ) -> anyhow::Result<ColumnSet> {
        let typed = |name: &str| {
            let declared =
                self.declared.get(name).with_context(|| format!("{}.{name} is gone", table.name))?;
            Ok((name.to_owned(), declared.clone()))
        };
        let columns = names.into_iter().map(|name| typed(name)).collect::<anyhow::Result<_>>()?;
        Ok(ColumnSet { table: table.name, columns })
    }
}

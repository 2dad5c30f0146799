//! What an engine must be able to do. Everything that differs between SQLite, PostgreSQL and MySQL
//! stands behind this trait; above it nobody knows which one is connected.

use super::Mode;
use super::catalogue::Catalogue;
use super::encoder::Packer;
use super::error::{DatabaseError, Result};
use super::form::Coder;
use super::health::Health;
use super::schema::{Guarded, Script};
use super::url::Target;
use super::value::{Cell, Kind, Read};

/// A connected database.
///
/// In SQL, `?` stands for each cell and `"` quotes names on every engine.
pub trait Engine: Send {
    /// The engine's dialect.
    fn dialect(&self) -> Dialect;
    /// Runs SQL text of the tool's own making.
    fn script(&mut self, sql: &str) -> Result<()>;
    /// Runs a statement and returns the number of rows it touched.
    fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<usize>;
    /// Runs a query and returns its rows.
    fn query(&mut self, sql: &str, cells: &[Cell]) -> Result<Vec<Vec<Cell>>>;
    /// Runs a query whose columns mean these kinds, and returns its rows.
    fn read(&mut self, sql: &str, cells: &[Cell], kinds: &[Kind]) -> Result<Vec<Vec<Read>>> {
        let rows = self.query(sql, cells)?;
        let read = |row: Vec<Cell>| row.into_iter().zip(kinds).map(|(cell, kind)| self.decode(cell, *kind));
        Ok(rows.into_iter().map(|row| read(row).collect()).collect())
    }
    /// Begins a transaction, or a savepoint inside one.
    fn begin(&mut self) -> Result<()>;
    /// Commits what the last [`Engine::begin`] began.
    fn commit(&mut self) -> Result<()>;
    /// Takes back what the last [`Engine::begin`] began.
    fn rollback(&mut self) -> Result<()>;
    /// What a SELECT ends with so that nobody changes its rows until the transaction ends; nothing where
    /// a transaction that writes is alone anyway.
    fn keeping(&self) -> &'static str {
        " FOR UPDATE"
    }
    /// What follows a column for the texts that begin with this, letter by letter: elsewhere LIKE takes
    /// `SEJOLI-` for `sejoli-`.
    fn beginning(&self, prefix: &'static str) -> String {
        format!("LIKE '{prefix}%'")
    }
    /// What follows a column of texts for it to be one of these keys, with its cells. The last key is
    /// repeated up to a power of two, so that there are few different statements to keep.
    fn one_of(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        let last = keys.last().copied().unwrap_or_default();
        let width = keys.len().next_power_of_two();
        let repeated = std::iter::repeat_n(last, width - keys.len());
        let cells = keys.iter().copied().chain(repeated).map(|key| Cell::Text(key.to_owned()));
        (format!("IN ({})", vec!["?"; width].join(",")), cells.collect())
    }
    /// A member of a JSON object that a column holds; NULL where it has none, or is no JSON.
    fn member(&self, column: &str, name: &str) -> String {
        format!("CASE WHEN json_valid(\"{column}\") THEN json_extract(\"{column}\", '$.{name}') END")
    }
    /// Says that the queries to come, or no longer, are about all rows of their tables.
    fn scans(&mut self, _whole_tables: bool) -> Result<()> {
        Ok(())
    }
    /// What stands for a cell that becomes the value of a column of this declared type.
    fn mark(&self, _declared: &str) -> String {
        "?".to_owned()
    }
    /// Inserts rows, in few round trips.
    fn insert(&mut self, into: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<()>;
    /// Inserts rows of several tables, of which none points at another; in one round trip where the engine
    /// has a statement for that.
    fn insert_all(&mut self, parts: Vec<(&ColumnSet, Vec<Vec<Cell>>)>) -> Result<()> {
        parts.into_iter().try_for_each(|(into, rows)| self.insert(into, rows))
    }
    /// What packs rows for [`Engine::insert_packed`], which then takes all of a table's in one go; the columns
    /// mean these kinds.
    fn packer(&self, _into: &ColumnSet, _kinds: &[Kind]) -> Option<Box<dyn Packer>> {
        None
    }
    /// Inserts rows that the engine's own packer has made ready.
    fn insert_packed(&mut self, _into: &ColumnSet, _bytes: &[u8]) -> Result<()> {
        Err(DatabaseError::other(self.dialect(), "this engine packs no rows"))
    }
    /// Sets columns of the rows whose key (the first column of `of`) is the first cell, in few round
    /// trips; returns how many there were.
    fn update(&mut self, of: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<usize>;
    /// The form in which the engine stores values.
    fn coder(&self) -> Coder;
    /// A stored cell as the value that its column means.
    ///
    /// # Errors
    /// A cell that cannot mean what the column promises.
    fn decode(&self, cell: Cell, kind: Kind) -> Read;
    /// What the database holds.
    ///
    /// # Errors
    /// Those of reading it.
    fn catalogue(&mut self) -> anyhow::Result<Catalogue>;
    /// What the server says of itself.
    ///
    /// # Errors
    /// Those of reading it.
    fn health(&mut self) -> anyhow::Result<Health>;
    /// Other schemas of the same database that have both of these tables.
    ///
    /// # Errors
    /// Those of reading it.
    fn schemas_with(&mut self, _tables: [&str; 2]) -> anyhow::Result<Vec<String>> {
        Ok(Vec::new())
    }
    /// Takes notice of the tables that are there.
    ///
    /// # Errors
    /// Tables that contradict each other.
    fn settle(&mut self, _catalogue: &Catalogue) -> anyhow::Result<()> {
        Ok(())
    }
    /// Applies migrations that are not applied yet.
    fn apply(&mut self, plan: &[Guarded]) -> anyhow::Result<()>;
    /// Takes a migration back.
    fn revert(&mut self, migration: &Guarded) -> anyhow::Result<()>;
}

/// ColumnSet of a live table.
#[derive(Clone, Debug)]
pub struct ColumnSet {
    /// The table.
    pub table: &'static str,
    /// Each column's name and declared type.
    pub columns: Vec<(String, String)>,
}

impl ColumnSet {
    /// The names, quoted and separated by commas.
    pub fn names(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        names.join(", ")
    }
}

/// The dialects of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
}

impl Dialect {
    /// The dialect that a URL asks for.
    pub fn of_url(url: &str) -> Option<Self> {
        match url.split_once(':')?.0 {
            "file" => Some(Dialect::Sqlite),
            "postgresql" | "postgres" => Some(Dialect::Postgres),
            "mysql" => Some(Dialect::Mysql),
            _ => None,
        }
    }

    /// The engine's name.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "SQLite",
            Dialect::Postgres => "PostgreSQL",
            Dialect::Mysql => "MySQL",
        }
    }

    /// The migrations, oldest first.
    pub fn scripts(self) -> &'static [Script] {
        super::schema::scripts(self)
    }
}

/// Connects.
///
/// # Errors
/// Exit code 7 when the database cannot be reached, or the build leaves its engine out.
pub fn connect(target: &Target, mode: Mode) -> anyhow::Result<Box<dyn Engine>> {
    match target {
        Target::Sqlite(path) => Ok(Box::new(super::sqlite::Sqlite::open(path, mode)?)),
        #[cfg(feature = "postgres")]
        Target::Postgres(target) => Ok(Box::new(super::postgres::Postgres::open(target, mode)?)),
        #[cfg(feature = "mysql")]
        Target::Mysql(target) => Ok(Box::new(super::mysql::Mysql::open(target, mode)?)),
        #[cfg(not(all(feature = "postgres", feature = "mysql")))]
        _ => Err(crate::exit_code::Failure::database(
            "this build of the tool leaves that engine out; build it with its feature",
        )),
    }
}

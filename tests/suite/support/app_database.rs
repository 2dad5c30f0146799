//! The database that a test imports into: the app's tables and the tool's on one engine, with a folder for files.
//!
//! Whatever the engine, its rows are queried in SQLite's dialect: those of a server are copied into an SQLite file,
//! so that a test is written once and compares the same cells everywhere.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::database::Database;
use super::library::{Cell, DatabaseUse, Store};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::library::{
    migration,
    record::Column,
    record::Table,
    tables::{BOOKKEEPING, JOURNALED, ONLY_READ},
    {Kind, TableShape},
};
use super::{AS_OF, Engine, Outcome, tool, workspace};

/// The app's database, of a test's own, with a folder for files beside it.
pub struct AppDatabase {
    /// A folder for its files.
    pub folder: tempfile::TempDir,
    engine: Engine,
    database: Database,
    /// The rows as SQLite has them, until something is written again.
    mirror: RefCell<Option<Store>>,
}

impl AppDatabase {
    /// The app's own tables and the tool's, empty.
    pub fn new(engine: Engine) -> Self {
        Self::bare(engine).with_schema()
    }

    /// The same on the server of a URL.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn on_server(engine: Engine, url: &str) -> Self {
        let database = Database::on_server(url);
        Self { folder: workspace(), engine, database, mirror: RefCell::new(None) }.with_schema()
    }

    /// The same with the tables applied.
    pub fn with_schema(self) -> Self {
        let applied = self.run(&["schema", "apply"]);
        assert_eq!(applied.code, 0, "{applied:?}");
        self
    }

    /// A database without any table.
    pub fn bare(engine: Engine) -> Self {
        let folder = workspace();
        let database = Database::new(engine, folder.path());
        Self { folder, engine, database, mirror: RefCell::new(None) }
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database's URL.
    pub fn url(&self) -> String {
        self.database.url.clone()
    }

    /// Forgets what was seen of the rows: somebody else has written.
    pub fn refresh(&self) {
        self.mirror.take();
    }

    /// The database itself.
    pub fn store(&self, mode: DatabaseUse) -> Store {
        self.mirror.take();
        Store::open(&self.url(), mode).expect("the database opens")
    }

    /// Runs a command on this database.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.mirror.take();
        let url = self.url();
        let mut all = vec!["--database-url", url.as_str()];
        all.extend(args);
        tool(&all)
    }

    /// Imports with a fixed now, and the memberships that the product map names.
    pub fn import(&self, what: &str, path: &Path, more: &[&str]) -> Outcome {
        let (path, out) = (path.display().to_string(), self.path("out").display().to_string());
        let mut args = vec!["import", what, path.as_str(), "--out", out.as_str(), "--as-of", AS_OF];
        args.push("--create-memberships");
        args.extend(more);
        self.run(&args)
    }

    /// Runs SQL that every engine understands, as the app would.
    pub fn sql(&self, sql: &str) {
        self.store(DatabaseUse::Write).run_script(sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }

    /// The rows of a query in SQLite's dialect, in the form in which SQLite has them: whatever the
    /// engine, its rows are asked in one language.
    pub fn query(&self, sql: &str) -> Vec<Vec<Cell>> {
        let mut mirror = self.mirror.borrow_mut();
        let store = mirror.get_or_insert_with(|| match self.engine {
            Engine::Sqlite => Store::open(&self.url(), DatabaseUse::Read).expect("the database opens"),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => mirrored(&mut Store::open(&self.url(), DatabaseUse::Read).expect("the database opens")),
        });
        store.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:#}"))
    }

    /// The one number that a query answers.
    pub fn number(&self, sql: &str) -> i64 {
        match self.query(sql).first().and_then(|row| row.first()) {
            Some(Cell::Int(number)) => *number,
            other => panic!("{sql}: {other:?}"),
        }
    }
}

/// A copy of the known tables and columns in an SQLite database, value by value.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn mirrored(store: &mut Store) -> Store {
    let folder = workspace();
    let url = format!("file:{}", folder.path().join("mirror.db").display());
    let mut copy = Store::open(&url, DatabaseUse::Create).expect("a mirror");
    migration::apply::apply(&mut copy).expect("the schema of a mirror");
    copy.run_script(
        "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; DELETE FROM \"SejoliSchemaObject\"",
    )
    .expect("a session");
    let catalogue = store.catalogue().expect("a catalogue");
    let mirror = copy.catalogue().expect("a catalogue");
    let known = || JOURNALED.iter().chain(BOOKKEEPING).chain(ONLY_READ);
    for table in known() {
        let statements = same_shape(table, catalogue.get(table.name), mirror.get(table.name));
        copy.run_script(&statements).unwrap_or_else(|error| panic!("{statements}: {error:#}"));
    }
    let mut copy = Store::open(&url, DatabaseUse::Write).expect("a mirror");
    copy.run_script("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF").expect("a session");
    for table in known() {
        let Some(shape) = catalogue.get(table.name) else { continue };
        let live = table.columns.iter().filter(|column| shape.column(column.name).is_some());
        let names: Vec<&str> = live.clone().map(|column| column.name).collect();
        let sql = format!("SELECT \"{}\" FROM \"{}\"", names.join("\", \""), table.name);
        let rows = store.query(&sql, &[]).expect("the rows");
        let rows = rows.into_iter().map(|row| {
            let values = row.into_iter().zip(live.clone());
            let cell = |(cell, column): (Cell, &Column)| {
                copy.encode(store.decode(cell, column.kind).expect("a value"))
            };
            values.map(cell).collect()
        });
        let rows = rows.collect();
        copy.reinsert_rows(table, &names, rows).expect("a copy");
    }
    copy
}

/// The statements that give a mirror's table the known columns that the server's has.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn same_shape(table: &'static Table, live: Option<&TableShape>, mirror: Option<&TableShape>) -> String {
    let name = table.name;
    let declared = |column: &Column| {
        let kind = match column.kind {
            Kind::Text | Kind::Enum(_) => "TEXT",
            Kind::Int => "INTEGER",
            Kind::Real => "REAL",
            Kind::Money => "DECIMAL",
            Kind::Bool => "BOOLEAN",
            Kind::Time => "DATETIME",
            Kind::Json => "JSONB",
            Kind::Bytes => "BLOB",
        };
        let key = if column.name == "id" { " PRIMARY KEY" } else { "" };
        format!("\"{}\" {kind}{key}", column.name)
    };
    let made = |live: &TableShape| {
        let columns = table.columns.iter().filter(|column| live.column(column.name).is_some());
        format!("CREATE TABLE \"{name}\" ({});", columns.map(declared).collect::<Vec<_>>().join(", "))
    };
    match (live, mirror) {
        (None, None) => String::new(),
        (None, Some(_)) => format!("DROP TABLE \"{name}\";"),
        (Some(live), None) => made(live),
        // A table of which not all columns are known cannot be filled as it is.
        (Some(live), Some(_)) if ONLY_READ.contains(&table) => {
            format!("DROP TABLE \"{name}\"; {}", made(live))
        }
        (Some(live), Some(mirror)) => {
            let is_new =
                |column: &&Column| live.column(column.name).is_some() && mirror.column(column.name).is_none();
            let new = table.columns.iter().filter(is_new);
            new.map(|column| format!("ALTER TABLE \"{name}\" ADD COLUMN {};", declared(column))).collect()
        }
    }
}

//! The database that a test imports into: the app's tables and the tool's on one engine, with a folder for files.
//!
//! Whatever the engine, its rows are queried in SQLite's dialect: those of a server are copied into an SQLite file,
//! so that a test is written once and compares the same cells everywhere.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::sync::LazyLock;

use super::database::Database;
use super::library::{Catalogue, Cell, DatabaseUse, Store};
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
    /// The test's own connection to a server, which is kept: a new one costs a server more than most statements.
    connection: RefCell<Option<Store>>,
    /// The server's catalogue, which a server takes longer to read than all rows of a test.
    catalogue: RefCell<Option<Catalogue>>,
    /// The rows as SQLite has them, until something is written again.
    mirror: RefCell<Option<Store>>,
    // The last one, since a database with a connection is not dropped.
    database: Database,
}

impl AppDatabase {
    /// The app's own tables and the tool's, empty.
    pub fn new(engine: Engine) -> Self {
        Self::bare(engine).with_schema()
    }

    /// The same on the server of a URL.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn on_server(engine: Engine, url: &str) -> Self {
        Self::of(engine, workspace(), Database::on_server(url)).with_schema()
    }

    /// The database that a URL leads to, as it is: one that another one of these has made, by another way.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn at(engine: Engine, url: &str) -> Self {
        Self::of(engine, workspace(), Database::at(url))
    }

    fn of(engine: Engine, folder: tempfile::TempDir, database: Database) -> Self {
        let (connection, catalogue, mirror) = Default::default();
        Self { folder, engine, connection, catalogue, mirror, database }
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
        Self::of(engine, folder, database)
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
        self.disconnect();
        Store::open(&self.url(), mode).expect("the database opens")
    }

    /// Lets the test's own connection do something. One that the server has ended is made anew.
    fn connected<T>(&self, work: impl FnOnce(&mut Store) -> T) -> T {
        let mut kept = self.connection.borrow_mut();
        if kept.as_mut().is_some_and(|store| store.query("SELECT 1", &[]).is_err()) {
            kept.take();
        }
        let open = || Store::open(&self.url(), DatabaseUse::Write).expect("the database opens");
        work(kept.get_or_insert_with(open))
    }

    /// Ends the test's own connection, before the schema changes behind what it has prepared, or a file behind its back.
    fn disconnect(&self) {
        self.connection.take();
        self.catalogue.take();
    }

    /// Runs a command on this database.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.mirror.take();
        if self.engine == Engine::Sqlite || args.contains(&"schema") {
            self.disconnect();
        }
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
        self.mirror.take();
        self.connected(|store| store.run_script(sql)).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
        let changes_schema = ["ALTER", "CREATE", "DROP"].iter().any(|word| sql.contains(word));
        if self.engine == Engine::Sqlite || changes_schema {
            self.disconnect();
        }
    }

    /// The rows of a query in SQLite's dialect, in the form in which SQLite has them: whatever the
    /// engine, its rows are asked in one language.
    pub fn query(&self, sql: &str) -> Vec<Vec<Cell>> {
        let mut mirror = self.mirror.borrow_mut();
        let store = mirror.get_or_insert_with(|| match self.engine {
            Engine::Sqlite => Store::open(&self.url(), DatabaseUse::Read).expect("the database opens"),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => self.connected(|store| {
                let mut kept = self.catalogue.borrow_mut();
                let catalogue = &*kept.get_or_insert_with(|| store.catalogue().expect("a catalogue"));
                mirrored(store, catalogue)
            }),
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
fn mirrored(store: &mut Store, catalogue: &Catalogue) -> Store {
    static EMPTY: LazyLock<EmptyMirror> = LazyLock::new(EmptyMirror::new);
    let folder = workspace();
    let file = folder.path().join("mirror.db");
    std::fs::write(&file, &EMPTY.bytes).expect("a copy of the empty mirror");
    let url = format!("file:{}", file.display());
    let mut copy = Store::open(&url, DatabaseUse::Write).expect("a mirror");
    copy.run_script("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF").expect("a session");
    let mirror = &EMPTY.catalogue;
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

/// A mirror without a row, which is made once: its schema takes longer than what is copied into it.
#[cfg(any(feature = "postgres", feature = "mysql"))]
struct EmptyMirror {
    /// Its file.
    bytes: Vec<u8>,
    catalogue: Catalogue,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl EmptyMirror {
    fn new() -> Self {
        let folder = workspace();
        let file = folder.path().join("empty.db");
        let url = format!("file:{}", file.display());
        let mut store = Store::open(&url, DatabaseUse::Create).expect("a mirror");
        migration::apply::apply(&mut store).expect("the schema of a mirror");
        store.run_script("DELETE FROM \"SejoliSchemaObject\"").expect("a session");
        let catalogue = store.catalogue().expect("a catalogue");
        drop(store);
        Self { bytes: std::fs::read(&file).expect("the file of a mirror"), catalogue }
    }
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

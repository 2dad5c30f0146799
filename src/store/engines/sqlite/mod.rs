//! SQLite: how a file is opened, and its catalogue.

mod errors;
mod health;
mod insert;

use std::path::Path;

use anyhow::Context as _;
use diesel::connection::{
    AnsiTransactionManager, LoadConnection, SimpleConnection as _, TransactionManager as _,
};
use diesel::result::Error::DeserializationError;
use diesel::sqlite::{SqliteConnection, SqliteValue};
use diesel::{Connection as _, RunQueryDsl as _};
use diesel_migrations::MigrationHarness as _;

use crate::failure::Failure;
use crate::language::tr;
use crate::store::codec::coder;
use crate::store::codec::coder::{Coder, TimeForm};
use crate::store::codec::value::{Cell, Kind, Read};
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::engine::{ColumnSet, Engine, Question, TypedQuestion};
use crate::store::engines::error::{DatabaseError, Result};
use crate::store::engines::health::ServerHealth;
use crate::store::engines::sqlite::insert::Inserts;
use crate::store::engines::statement::{SqliteCells, Statement, row_values, sqlite_cell};
use crate::store::engines::target::{absolute, absolute_with_origin};
use crate::store::schema::catalogue::{
    Catalogue, ColumnShape, RowPlace, TableShape, flag, group_indexes, text,
};
use crate::store::schema::dialect::Dialect;
use crate::store::schema::guarded::{GuardedMigration, MigrationPlan};

/// A connected SQLite file.
#[allow(missing_debug_implementations)]
pub(crate) struct Sqlite {
    connection: SqliteConnection,
    times: TimeForm,
    inserts: Inserts,
    /// Whether the file of SQLite's rollback journal is kept between commits, until this is dropped.
    keeps_journal: bool,
}

/// Pages kept in memory while rows are written, in KiB: enough for the upper levels of every index of a million orders, and for
/// the pages that a batch changes. Those that find no room are written twice.
const CACHE_KIB: u32 = 64 * 1024;
/// The same for each 1,024 rows of a larger source, and the most of it.
const CACHE_KIB_FOR_1024_ROWS: u64 = 48;
const LARGEST_CACHE_KIB: u64 = 512 * 1024;
/// The same while rows are only read, in the order in which most of them stand: more of it is no faster.
const READING_CACHE_KIB: u32 = 8 * 1024;
/// How long to wait for another program's transaction before a call fails, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// Opens a file and sets the session: foreign keys are enforced, and a commit waits for the disk.
fn open(path: &Path, mode: DatabaseUse) -> anyhow::Result<SqliteConnection> {
    let shown = path.display();
    if path.is_dir() {
        return Err(Failure::database(tr!("{shown}: a folder, not a database file")));
    }
    if mode != DatabaseUse::Create && !path.exists() {
        return Err(Failure::database(tr!(
            "there is no database file {}; correct --database-url or DATABASE_URL, or make a new database there \
             with `sejoli-migrate --database-url file:{} schema apply`",
            absolute_with_origin(path),
            absolute(path).display()
        )));
    }
    match session(&path.to_string_lossy(), path, mode) {
        Err(error) if mode == DatabaseUse::Read && needs_no_log(path) => {
            // A database in WAL mode keeps an index beside it, for which a folder that may only be read has no room.
            session(&immutable(path), path, mode).map_err(|_| error)
        }
        opened => opened,
    }
}

/// Whether a file may not be written and nothing waits in a log beside it, so that it stays as it is.
fn needs_no_log(path: &Path) -> bool {
    let log = format!("{}-wal", path.display());
    let empty = std::fs::metadata(log).map_or(true, |log| log.len() == 0);
    empty && rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err()
}

/// The file's URL as one that nobody changes: SQLite then needs no file beside it.
fn immutable(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = percent_encoding::utf8_percent_encode(&path, IN_PATHS).to_string();
    format!("file:{path}?immutable=1")
}

/// What has a meaning of its own in SQLite's URLs.
const IN_PATHS: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b'%').add(b'?').add(b'#');

/// Connects to the file at `path`, by its path or URL.
fn session(file: &str, path: &Path, mode: DatabaseUse) -> anyhow::Result<SqliteConnection> {
    let shown = &path.display().to_string();
    let mut connection =
        SqliteConnection::establish(file).map_err(|error| Failure::database(format!("{shown}: {error}")))?;
    let query_only = u8::from(mode == DatabaseUse::Read);
    let cache = if mode == DatabaseUse::Read { READING_CACHE_KIB } else { CACHE_KIB };
    let session = format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA foreign_keys = ON; \
         PRAGMA synchronous = FULL; PRAGMA cache_size = -{cache}; PRAGMA query_only = {query_only};"
    );
    connection
        .batch_execute(&session)
        .map_err(errors::error)
        .and_then(|()| query(&mut connection, "SELECT count(*) FROM sqlite_master", &[]))
        .map_err(|error| unusable(shown, path, &error))?;
    Ok(connection)
}

fn unusable(shown: &str, path: &Path, error: &DatabaseError) -> anyhow::Error {
    Failure::database(if error.is_transient() {
        tr!("{shown}: another program is writing to it ({error}); try again")
    } else if rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err() {
        tr!("{shown}: this user may not insert, update and delete rows in this file ({error})")
    } else {
        tr!("{shown}: not an SQLite database ({error})")
    })
}

impl Sqlite {
    /// Opens a file: foreign keys are enforced, and a commit waits for the disk.
    ///
    /// # Errors
    /// Exit code 7 when there is no such file, or it is not an SQLite database.
    pub(crate) fn open(path: &Path, mode: DatabaseUse) -> anyhow::Result<Self> {
        let mut connection = open(path, mode)?;
        let keeps_journal = mode != DatabaseUse::Read && keep_journal(&mut connection)?;
        Ok(Self { connection, times: TimeForm::Millis, inserts: Inserts::default(), keeps_journal })
    }
}

/// Keeps the file of the rollback journal between commits: a commit then overwrites its header instead of
/// deleting it, which spares two waits for the disk and is as safe. The setting is not stored in the
/// database. Returns false, with nothing changed, for a database in another journal mode (WAL).
fn keep_journal(connection: &mut SqliteConnection) -> anyhow::Result<bool> {
    let plain = has_journal_mode(connection, "delete")?;
    if plain {
        connection.batch_execute("PRAGMA journal_mode = PERSIST").map_err(errors::error)?;
    }
    Ok(plain)
}

fn has_journal_mode(connection: &mut SqliteConnection, mode: &str) -> Result<bool> {
    let found = query(connection, "PRAGMA journal_mode", &[])?;
    Ok(found == [[Cell::Text(mode.to_owned())]])
}

/// Deletes the file of the rollback journal that was kept. If another program uses the database at the
/// moment, the file stays, which is harmless: it is empty. Somebody may have changed the journal mode
/// meanwhile.
impl Drop for Sqlite {
    fn drop(&mut self) {
        if self.keeps_journal && has_journal_mode(&mut self.connection, "persist").unwrap_or(false) {
            let _ = self.connection.batch_execute("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE");
        }
    }
}

impl Engine for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.connection.batch_execute(sql).map_err(errors::error)
    }

    fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<usize> {
        execute(&mut self.connection, sql, cells)
    }

    fn query(&mut self, sql: &str, cells: &[Cell]) -> Result<Vec<Vec<Cell>>> {
        query(&mut self.connection, sql, cells)
    }

    fn read_all(&mut self, questions: &[TypedQuestion]) -> Result<Vec<Vec<Vec<Read>>>> {
        questions.iter().map(|typed| read(&mut self.connection, typed)).collect()
    }

    fn make_room_for(&mut self, source_rows: u64) -> Result<()> {
        let wanted = (source_rows / 1024).saturating_mul(CACHE_KIB_FOR_1024_ROWS);
        let cache = wanted.clamp(u64::from(CACHE_KIB), LARGEST_CACHE_KIB);
        self.script(&format!("PRAGMA cache_size = -{cache}"))
    }

    /// A transaction that is being committed waits for readers, and they for it.
    fn reads_beside_a_writer(&self) -> bool {
        false
    }

    /// The outermost transaction takes the write lock at once: one that took it at its first write could find
    /// that what it has read is outdated, and would fail.
    fn begin(&mut self) -> Result<()> {
        let connection = &mut self.connection;
        let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
        let begun = match status.transaction_depth() {
            Ok(None) => AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE"),
            Ok(Some(_)) => AnsiTransactionManager::begin_transaction(connection),
            Err(error) => Err(error),
        };
        begun.map_err(errors::error)
    }

    fn commit(&mut self) -> Result<()> {
        AnsiTransactionManager::commit_transaction(&mut self.connection).map_err(errors::error)
    }

    fn rollback(&mut self) -> Result<()> {
        AnsiTransactionManager::rollback_transaction(&mut self.connection).map_err(errors::error)
    }

    fn prefix_predicate(&self, prefix: &'static str) -> String {
        format!("GLOB '{prefix}*'")
    }

    /// As JSON, where `json_extract` would make a number of a truth value.
    fn json_extract(&self, column: &str, name: &str) -> String {
        format!("CASE WHEN json_valid(\"{column}\") THEN \"{column}\" -> '$.{name}' END")
    }

    fn lock_clause(&self) -> &'static str {
        ""
    }

    fn insert(&mut self, into: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<()> {
        let done = self.inserts.run(&mut self.connection, into, &rows).map_err(errors::error);
        free_aside(rows);
        done
    }

    fn update(&mut self, of: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<usize> {
        let Some(((key, _), set)) = of.columns.split_first() else { return Ok(0) };
        let set: Vec<String> = set.iter().map(|(name, _)| format!("\"{name}\" = ?")).collect();
        let sql = format!("UPDATE \"{}\" SET {} WHERE \"{key}\" = ?", of.table, set.join(", "));
        let mut touched = 0;
        for mut row in rows {
            row.rotate_left(1);
            touched += execute(&mut self.connection, &sql, &row)?;
        }
        Ok(touched)
    }

    fn coder(&self) -> Coder {
        Coder::Sqlite(self.times)
    }

    fn decode(&self, cell: Cell, kind: Kind) -> Read {
        coder::decode(cell, kind)
    }

    fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        let mut tables = catalogue(&mut self.connection)?;
        let writable = health::is_writable(self)?;
        tables.values_mut().for_each(|table| table.writable = writable);
        Ok(tables)
    }

    fn health(&mut self) -> anyhow::Result<ServerHealth> {
        health::read(self)
    }

    fn catalogue_loaded(&mut self, catalogue: &Catalogue) -> anyhow::Result<()> {
        self.times = time_form(&mut self.connection, catalogue)?;
        Ok(())
    }

    fn apply(&mut self, plan: &[GuardedMigration]) -> anyhow::Result<()> {
        self.connection.run_pending_migrations(MigrationPlan(plan)).map_err(errors::of_migration)?;
        Ok(())
    }

    fn revert(&mut self, migration: &GuardedMigration) -> anyhow::Result<()> {
        self.connection.revert_migration(migration).map_err(errors::of_migration)?;
        Ok(())
    }
}

/// Frees rows on another thread, since the one with the connection is the bottleneck of an import.
fn free_aside(rows: Vec<Vec<Cell>>) {
    rayon::spawn(move || drop(rows));
}

/// The form of the app's times; milliseconds for an empty database.
///
/// # Errors
/// Exit code 7 for a database that holds times in both forms.
fn time_form(connection: &mut SqliteConnection, catalogue: &Catalogue) -> anyhow::Result<TimeForm> {
    if !catalogue.contains_key("User") {
        return Ok(TimeForm::Millis);
    }
    let rows = query(connection, "SELECT DISTINCT typeof(\"createdAt\") FROM \"User\"", &[])?;
    let is = |word: &str| rows.iter().any(|row| row[0] == Cell::Text(word.into()));
    match (is("integer"), is("text")) {
        (true, true) => Err(Failure::database(tr!(
            "User.createdAt holds integers and texts side by side; bring the app's times into one form first"
        ))),
        (false, true) => Ok(TimeForm::Text),
        _ => Ok(TimeForm::Millis),
    }
}

/// Runs a statement and returns the number of rows that it changed.
fn execute(connection: &mut SqliteConnection, sql: &str, cells: &[Cell]) -> Result<usize> {
    Statement::new(sql, cells).execute(connection).map_err(errors::error)
}

/// Runs a query and returns its rows.
fn query(connection: &mut SqliteConnection, sql: &str, cells: &[Cell]) -> Result<Vec<Vec<Cell>>> {
    let rows: Vec<SqliteCells> = Statement::new(sql, cells).load(connection).map_err(errors::error)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Runs a query whose columns' kinds are known, and returns its rows: each is decoded where it stands, since a large answer
/// would else be written to memory twice.
fn read(connection: &mut SqliteConnection, typed: &TypedQuestion) -> Result<Vec<Vec<Read>>> {
    let TypedQuestion { question: Question { sql, cells }, kinds } = typed;
    let value = |value: SqliteValue<'_, '_, '_>, kind| Ok(coder::decode(sqlite_cell(value)?, kind));
    let values = |row| row_values(&row?, kinds, value).map_err(DeserializationError);
    let rows = LoadConnection::load(connection, Statement::new(sql, cells));
    rows.and_then(|rows| rows.map(values).collect()).map_err(errors::error)
}

/// Reads the catalogue.
fn catalogue(connection: &mut SqliteConnection) -> anyhow::Result<Catalogue> {
    let names = query(
        connection,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        &[],
    )?;
    let mut tables = Catalogue::default();
    for name in names.into_iter().flatten().filter_map(text) {
        let shape = table_shape(connection, &name).with_context(|| tr!("reading table {name}"))?;
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
        "SELECT l.name, l.\"unique\", NOT l.partial, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i \
         WHERE l.origin <> 'pk' ORDER BY l.name, i.seqno",
        &name,
    )?;
    let foreign = query(connection, "SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?)", &name)?;
    Ok(TableShape {
        place: RowPlace::Own,
        columns: columns.into_iter().filter_map(column).collect(),
        indexes: group_indexes(indexes),
        writable: true,
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
        required: flag(cells.next()),
        has_default: flag(cells.next()),
        primary: cells.next().is_some_and(|cell| cell != Cell::Int(0)),
        ..ColumnShape::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_library_is_built_for_connections_that_no_two_threads_share() {
        let mut connection = SqliteConnection::establish(":memory:").expect("SQLite");
        let options = query(&mut connection, "SELECT compile_options FROM pragma_compile_options", &[]);
        let options: Vec<String> =
            options.expect("a list").into_iter().flatten().filter_map(Cell::into_text).collect();
        let is_set = |option: &str| options.iter().any(|set| set == option);
        assert!(is_set("THREADSAFE=2"), ".cargo/config.toml was not read: {options:?}");
        assert!(!is_set("ENABLE_MEMORY_MANAGEMENT"), "all connections would share a lock: {options:?}");
    }
}

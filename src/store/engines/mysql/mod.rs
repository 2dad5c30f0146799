//! MySQL and MariaDB: how they are reached, and how rows are written in bulk.

mod catalogue;
mod cells;
pub(crate) mod connection;
mod health;
mod privileges;
pub(crate) mod row;

use diesel::RunQueryDsl as _;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel_migrations::MigrationHarness as _;

use crate::failure::Failure;
use crate::store::codec::coder::Coder;
use crate::store::codec::value::{Cell, Kind, Read};
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::engine::{ColumnSet, Engine};
use crate::store::engines::error::{RemembersErrors as _, Result};
use crate::store::engines::health::ServerHealth;
use crate::store::engines::mysql::cells::MysqlCells;
use crate::store::engines::mysql::connection::MysqlConnection;
use crate::store::engines::statement::{RowValues, Statement, meaning};
use crate::store::engines::target::MysqlTarget;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::guarded::{GuardedMigration, MigrationPlan};

/// A connected MySQL or MariaDB database.
#[allow(missing_debug_implementations)]
pub(crate) struct Mysql {
    connection: MysqlConnection,
}

/// What a session needs: `"` quotes names, nothing is cut or guessed, times are UTC.
/// READ COMMITTED, as on PostgreSQL: a row is read as it stands, and no gap between rows is locked that
/// the app may want to insert into.
const SESSION: &str = "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', \
    character_set_client = 'utf8mb4', character_set_connection = 'utf8mb4', character_set_results = 'utf8mb4', \
    innodb_lock_wait_timeout = 10, wait_timeout = 28800, foreign_key_checks = 1, unique_checks = 1";

/// The most rows of one statement; fewer rows go in powers of two, so that few different statements
/// have to be prepared.
const ROWS: usize = 128;

impl Mysql {
    /// Connects and sets the session.
    ///
    /// # Errors
    /// Exit code 7 when the server cannot be reached.
    pub(crate) fn open(target: &MysqlTarget, mode: DatabaseUse) -> anyhow::Result<Self> {
        let failed =
            |why: String| Failure::database(format!("{}: {}", target.shown, why.trim().replace('\n', " ")));
        let mut connection = MysqlConnection::open(target).map_err(|error| failed(error.to_string()))?;
        let mut settings = vec![SESSION, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"];
        if mode == DatabaseUse::Read {
            settings.push("SET SESSION TRANSACTION READ ONLY");
        }
        for setting in settings {
            let set = connection.told(|connection| connection.batch_execute(setting));
            set.map_err(|error| failed(error.to_string()))?;
        }
        Ok(Self { connection })
    }

    /// Runs a statement for each part of the rows.
    fn in_parts(
        &mut self,
        rows: Vec<Vec<Cell>>,
        statement: impl Fn(Vec<Vec<Cell>>) -> (String, Vec<Cell>),
    ) -> Result<usize> {
        let mut rest = rows.into_iter();
        let mut touched = 0;
        while rest.len() > 0 {
            let width = ROWS.min(1 << rest.len().ilog2());
            let (sql, cells) = statement(rest.by_ref().take(width).collect());
            let cells: Vec<Cell> = cells.into_iter().map(worded).collect();
            touched += self.execute(&sql, &cells)?;
        }
        Ok(touched)
    }
}

/// A number as its text. A prepared statement is found by its SQL and the types of what is bound, and
/// NULL is bound as a text: with numbers, every pattern of NULLs would be another statement to prepare.
fn worded(cell: Cell) -> Cell {
    match cell {
        Cell::Int(number) => Cell::Text(number.to_string()),
        Cell::Real(number) => Cell::Text(number.to_string()),
        cell => cell,
    }
}

impl Engine for Mysql {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.connection.told(|connection| connection.batch_execute(sql))
    }

    fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<usize> {
        self.connection.told(|connection| Statement::new(sql, cells).execute(connection))
    }

    fn query(&mut self, sql: &str, cells: &[Cell]) -> Result<Vec<Vec<Cell>>> {
        let rows: Vec<MysqlCells> =
            self.connection.told(|connection| Statement::new(sql, cells).load(connection))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn read(&mut self, sql: &str, cells: &[Cell], kinds: &[Kind]) -> Result<Vec<Vec<Read>>> {
        let load = |connection: &mut MysqlConnection| Statement::new(sql, cells).load(connection);
        let rows: Vec<RowValues> = meaning(kinds, || self.connection.told(load))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn begin(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::begin_transaction)
    }

    fn commit(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::commit_transaction)
    }

    fn rollback(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::rollback_transaction)
    }

    fn prefix_predicate(&self, prefix: &'static str) -> String {
        format!("LIKE '{prefix}%' COLLATE utf8mb4_bin")
    }

    fn insert(&mut self, into: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<()> {
        let head = format!("INSERT INTO \"{}\" ({}) VALUES ", into.table, into.names());
        let marks = format!("({})", vec!["?"; into.columns.len()].join(","));
        self.in_parts(rows, |rows| {
            let sql = format!("{head}{}", vec![marks.as_str(); rows.len()].join(","));
            (sql, rows.into_iter().flatten().collect())
        })?;
        Ok(())
    }

    /// A CASE a column: MySQL can join no list of rows whose texts have a collation of their own.
    fn update(&mut self, of: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<usize> {
        let Some(((key, _), set)) = of.columns.split_first() else { return Ok(0) };
        self.in_parts(rows, |rows| {
            let whens = " WHEN ? THEN ?".repeat(rows.len());
            let cases: Vec<String> =
                set.iter().map(|(name, _)| format!("\"{name}\" = CASE \"{key}\"{whens} END")).collect();
            let keys = vec!["?"; rows.len()].join(",");
            let sql = format!("UPDATE \"{}\" SET {} WHERE \"{key}\" IN ({keys})", of.table, cases.join(", "));
            let pairs = (1..=set.len()).flat_map(|at| rows.iter().flat_map(move |row| [&row[0], &row[at]]));
            let cells = pairs.chain(rows.iter().map(|row| &row[0])).cloned().collect();
            (sql, cells)
        })
    }

    fn coder(&self) -> Coder {
        Coder::Typed { offset: "" }
    }

    fn decode(&self, cell: Cell, kind: Kind) -> Read {
        cells::decode(cell, kind)
    }

    fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        catalogue::read(self)
    }

    fn health(&mut self) -> anyhow::Result<ServerHealth> {
        health::read(self)
    }

    fn apply(&mut self, plan: &[GuardedMigration]) -> anyhow::Result<()> {
        self.connection
            .migrated(|connection| connection.run_pending_migrations(MigrationPlan(plan)).map(|_| ()))?;
        Ok(())
    }

    fn revert(&mut self, migration: &GuardedMigration) -> anyhow::Result<()> {
        self.connection.migrated(|connection| connection.revert_migration(migration))?;
        Ok(())
    }
}

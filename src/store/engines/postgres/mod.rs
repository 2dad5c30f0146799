//! PostgreSQL: how it is reached, how rows are written in bulk, and how a transaction begins.

mod ahead;
mod arrays;
mod binary;
mod catalogue;
mod cells;
pub mod connection;
mod copy;
mod diesel_connection;
mod health;
mod parameters;
mod prepared_statement;
mod row;
mod startup;
mod tls;
mod wire;

use std::collections::HashSet;

use anyhow::Context as _;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::deserialize::{self, QueryableByName as _};
use diesel::{QueryResult, RunQueryDsl as _};
use diesel_migrations::MigrationHarness as _;
use postgres_protocol::message::backend::Message;

use crate::failure::Failure;
use crate::store::codec::coder;
use crate::store::codec::coder::Coder;
use crate::store::codec::encoder::Packer;
use crate::store::codec::value::{Cell, Kind, Read};
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::engine::{ColumnSet, Engine, Question, TypedQuestion};
use crate::store::engines::error::{RemembersErrors as _, Result, all_touched};
use crate::store::engines::health::ServerHealth;
use crate::store::engines::postgres::cells::PostgresCells;
use crate::store::engines::postgres::connection::{BEGIN, PostgresConnection};
use crate::store::engines::postgres::row::PostgresRow;
use crate::store::engines::postgres::wire::unsendable;
use crate::store::engines::statement::Statement;
use crate::store::engines::target::PostgresTarget;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::guarded::{GuardedMigration, MigrationPlan};

/// A connected PostgreSQL database.
#[allow(missing_debug_implementations)]
pub struct Postgres {
    connection: PostgresConnection,
    /// How the outermost transaction begins.
    begin: String,
    /// What is set at the beginning of each transaction: all settings of a session that is shared.
    in_each_transaction: Vec<String>,
    /// Whether index scans are preferred, of which queries about whole tables want to know nothing.
    prefers_indexes: bool,
    /// Whether such queries come now.
    scans: bool,
    /// Whether the engine knows commits that are answered before they are on the disk.
    knows_lag: bool,
    /// Whether the transactions that follow may be answered so.
    lags: bool,
    /// Whether no statement may run outside of a transaction, since the next one may reach another
    /// session.
    pooled: bool,
    schema: String,
    /// The tables into which no COPY goes.
    without_copy: HashSet<String>,
}

impl Postgres {
    /// Connects and sets the session; behind a pooler nothing is set but in transactions.
    ///
    /// # Errors
    /// Exit code 7 when the server cannot be reached, or has no such schema.
    pub(crate) fn open(target: &PostgresTarget, mode: DatabaseUse) -> anyhow::Result<Self> {
        let failed =
            |why: String| Failure::database(format!("{}: {}", target.shown, why.trim().replace('\n', " ")));
        let mut connection = PostgresConnection::open(target).map_err(|error| failed(error.to_string()))?;
        let optional = connection.told(optional).map_err(|error| failed(error.to_string()))?;
        let knows = |name: &str| optional.iter().any(|setting| setting.starts_with(name));
        let (prefers_indexes, knows_lag) = (knows(SEQUENTIAL), knows(LAG));
        let optional = optional.into_iter().filter(|setting| !setting.starts_with(LAG));
        let settings: Vec<String> = settings(&target.schema).into_iter().chain(optional).collect();
        let read_only = if mode == DatabaseUse::Read { " READ ONLY" } else { " READ WRITE" };
        let mut in_each_transaction = Vec::new();
        if target.pooled {
            in_each_transaction.extend(settings.iter().map(|setting| format!("SET LOCAL {setting}")));
        } else {
            let settings = settings.iter().map(|setting| format!("SET {setting};"));
            let settings = settings.collect::<String>();
            let set = connection.told(|connection| connection.batch_execute(&settings));
            set.map_err(|error| failed(error.to_string()))?;
        }
        let mut postgres = Self {
            connection,
            begin: format!("{BEGIN}{read_only}"),
            in_each_transaction,
            prefers_indexes,
            scans: false,
            knows_lag,
            lags: false,
            pooled: target.pooled,
            schema: target.schema.clone(),
            without_copy: HashSet::new(),
        };
        let name = [Cell::Text(target.schema.clone())];
        let found = postgres
            .query("SELECT 1 FROM pg_namespace WHERE nspname = ?", &name)
            .map_err(|error| failed(error.to_string()))?;
        match found.as_slice() {
            [] => Err(failed(format!("there is no schema {:?}; see schema= in the URL", target.schema))),
            _ => Ok(postgres),
        }
    }

    fn in_transaction(&mut self) -> Result<bool> {
        self.connection.told(|connection| {
            let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
            Ok(status.transaction_depth()?.is_some())
        })
    }

    /// The rows of each of several questions; `build` is given the position of the question.
    fn answers<'q, T>(
        &mut self,
        questions: impl Iterator<Item = &'q Question>,
        build: impl Fn(usize, &PostgresRow) -> deserialize::Result<T>,
    ) -> Result<Vec<Vec<T>>> {
        let statements: Vec<Statement<'_>> =
            questions.map(|Question { sql, cells }| Statement::new(sql, cells)).collect();
        let mut answers: Vec<Vec<T>> = statements.iter().map(|_| Vec::new()).collect();
        self.guarded(|connection| {
            connection.run_all(&statements, |at, columns, message| {
                if let Message::DataRow(row) = message {
                    let row = build(at, &PostgresRow::new(columns.clone(), row)?);
                    answers[at].push(row.map_err(unsendable)?);
                }
                Ok(())
            })
        })?;
        Ok(answers)
    }

    /// Runs `work` in the transaction that stands, or in one of its own where the session is shared.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut PostgresConnection) -> QueryResult<T>) -> Result<T> {
        if !self.pooled || self.in_transaction()? {
            return self.connection.told(work);
        }
        self.begin()?;
        let done = self.connection.told(|connection| connection.committing(work));
        match (self.in_transaction(), done.is_ok()) {
            (Ok(true), true) => self.commit()?,
            (Ok(true), false) => self.rollback()?,
            _ => {}
        }
        done
    }
}

/// What a session needs, as `SET` wants it.
fn settings(schema: &str) -> [String; 3] {
    let schema = schema.replace('"', "\"\"");
    [format!("search_path TO \"{schema}\""), "TIME ZONE 'UTC'".to_owned(), "datestyle TO 'ISO'".to_owned()]
}

/// The setting that allows to read a table from its beginning to its end.
const SEQUENTIAL: &str = "enable_seqscan";

/// The setting that has a commit wait for the disk. It is asked for with the optional ones, and set for transactions alone.
const LAG: &str = "synchronous_commit";

/// What a transaction begins with whose commit may be answered before it is on the disk.
const LAGGING: &str = "SET LOCAL synchronous_commit TO off";

/// What a pooled transaction begins with for queries about whole tables.
const SCANS: &str = "SET LOCAL enable_seqscan TO on";

/// Settings that help where the engine knows them; not every database that speaks PostgreSQL does.
/// Every look-up here is by a few hundred keys: in a table that was just filled, of which no
/// statistics tell yet, the planner would read all of it instead of its index. What has no index seems
/// so dear to it then that it would compile the query first, which takes longer than the query.
const OPTIONAL: [(&str, &str); 7] = [
    (SEQUENTIAL, "off"),
    (LAG, "off"),
    ("jit", "off"),
    ("default_toast_compression", "lz4"),
    ("lock_timeout", "'10s'"),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
];

/// Those of them that this engine knows; a word, only where it is among the setting's own.
fn optional(connection: &mut PostgresConnection) -> QueryResult<Vec<String>> {
    let names = OPTIONAL.map(|(name, _)| Cell::Text(name.to_owned()));
    let marks = ["?"; OPTIONAL.len()].join(", ");
    let sql = format!("SELECT name, CAST(enumvals AS text) FROM pg_settings WHERE name IN ({marks})");
    let rows: Vec<PostgresCells> = Statement::new(&sql, &names).load(connection)?;
    let is_known = |(name, value): &(&str, &str)| {
        rows.iter().any(|row| match row.0.as_slice() {
            [Cell::Text(known), Cell::Text(words)] => known == name && words.contains(value),
            [Cell::Text(known), _] => known == name,
            _ => false,
        })
    };
    let settings = OPTIONAL.into_iter().filter(is_known);
    Ok(settings.map(|(name, value)| format!("{name} TO {value}")).collect())
}

impl Engine for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.guarded(|connection| connection.batch_execute(sql))
    }

    fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<usize> {
        self.guarded(|connection| Statement::new(sql, cells).execute(connection))
    }

    fn execute_ahead(&mut self, sql: &str, cells: &[Cell], what: &str, rows: Option<usize>) -> Result<()> {
        if self.connection.sends_ahead() {
            let statement = Statement::new(sql, cells);
            return self
                .connection
                .told(|connection| connection.execute_ahead(&statement, what.to_owned(), rows));
        }
        let touched = self.execute(sql, cells)?;
        all_touched(Dialect::Postgres, what, rows, touched)
    }

    fn query(&mut self, sql: &str, cells: &[Cell]) -> Result<Vec<Vec<Cell>>> {
        let rows: Vec<PostgresCells> =
            self.guarded(|connection| Statement::new(sql, cells).load(connection))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn query_all(&mut self, questions: &[Question]) -> Result<Vec<Vec<Vec<Cell>>>> {
        self.answers(questions.iter(), |_, row| PostgresCells::build(row).map(|row| row.0))
    }

    fn read_all(&mut self, questions: &[TypedQuestion]) -> Result<Vec<Vec<Vec<Read>>>> {
        let asked = questions.iter().map(|typed| &typed.question);
        self.answers(asked, |at, row| cells::values(row, &questions[at].kinds))
    }

    fn begin(&mut self) -> Result<()> {
        if self.in_transaction()? {
            return self.connection.told(AnsiTransactionManager::begin_transaction);
        }
        let scans = Some(SCANS).filter(|_| self.pooled && self.scans);
        let lagging = Some(LAGGING).filter(|_| self.lags && self.knows_lag);
        let mut settings = self.in_each_transaction.iter().map(String::as_str).chain(scans).chain(lagging);
        self.connection.told(|connection| {
            AnsiTransactionManager::begin_transaction_sql(connection, &self.begin)?;
            settings.try_for_each(|setting| connection.set_ahead(setting))
        })
    }

    fn commit(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::commit_transaction)
    }

    fn rollback(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::rollback_transaction)
    }

    /// All keys are one parameter: the server then plans a look-up once, whatever is looked up.
    fn one_of(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        let one_of = "= ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(? AS jsonb))))".to_owned();
        (one_of, vec![Cell::Text(serde_json::Value::from(keys).to_string())])
    }

    /// An array that is not a constant is gone through for every row; a subquery is hashed.
    fn one_of_scanned(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        let one_of = "IN (SELECT jsonb_array_elements_text(CAST(? AS jsonb)))".to_owned();
        (one_of, vec![Cell::Text(serde_json::Value::from(keys).to_string())])
    }

    fn json_extract(&self, column: &str, name: &str) -> String {
        format!("CAST(\"{column}\" AS jsonb) -> '{name}'")
    }

    fn allow_seq_scan(&mut self, whole_tables: bool) -> Result<()> {
        if !self.prefers_indexes {
            return Ok(());
        }
        self.scans = whole_tables;
        let word = if whole_tables { "on" } else { "off" };
        if self.pooled {
            return Ok(());
        }
        self.connection.told(|connection| connection.set_ahead(&format!("SET {SEQUENTIAL} TO {word}")))
    }

    /// Not behind a pooler: it keeps its client when the server crashes between two transactions, so that nobody would notice
    /// what is gone.
    fn let_commits_lag(&mut self, allowed: bool) {
        self.lags = allowed && !self.pooled;
    }

    /// Some thousand rows of each table are looked at, which is enough until the server does so itself, and takes a tenth of the
    /// time. Tables of somebody else's are passed over by the server, with a warning.
    fn refresh_statistics(&mut self, columns_of_tables: &[(&str, Vec<&str>)]) -> Result<()> {
        let named = |(table, columns): &(&str, Vec<&str>)| {
            let columns: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
            let listed = if columns.is_empty() { String::new() } else { format!("({})", columns.join(", ")) };
            format!("\"{table}\" {listed}")
        };
        let tables: Vec<String> = columns_of_tables.iter().map(named).collect();
        // Sent together, both are one transaction, with which the setting ends.
        self.script(&format!("SET LOCAL default_statistics_target = 20; ANALYZE {}", tables.join(", ")))
    }

    fn placeholder(&self, declared: &str) -> String {
        format!("CAST(? AS {declared})")
    }

    fn insert(&mut self, into: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<()> {
        self.insert_all(vec![(into, rows)])
    }

    fn insert_all(&mut self, parts: Vec<(&ColumnSet, Vec<Vec<Cell>>)>) -> Result<()> {
        self.guarded(|connection| arrays::insert(connection, parts))
    }

    fn packer(&self, into: &ColumnSet, kinds: &[Kind]) -> Option<Box<dyn Packer>> {
        // Poolers know COPY only where nothing is sent ahead of it, and each such COPY would take a turn.
        let copies = !self.pooled && !self.without_copy.contains(into.table);
        let columns = copies.then(|| binary::Columns::new(into, kinds))??;
        Some(Box::new(columns))
    }

    fn insert_packed(&mut self, into: &ColumnSet, packed: Vec<u8>) -> Result<()> {
        self.guarded(|connection| copy::insert(connection, into, &packed))
    }

    fn update(&mut self, of: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<usize> {
        self.guarded(|connection| arrays::update(connection, of, rows))
    }

    /// A time says that it is UTC: a column with a zone then needs no zone of the session.
    fn coder(&self) -> Coder {
        Coder::Typed { offset: "+00:00" }
    }

    fn decode(&self, cell: Cell, kind: Kind) -> Read {
        coder::decode_typed(cell, kind)
    }

    fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        let schema = self.schema.clone();
        catalogue::read(self, &schema)
    }

    fn schemas_with(&mut self, tables: [&str; 2]) -> anyhow::Result<Vec<String>> {
        let schema = self.schema.clone();
        catalogue::schemas_with(self, tables, &schema)
    }

    fn health(&mut self) -> anyhow::Result<ServerHealth> {
        let schema = self.schema.clone();
        health::read(self, &schema)
    }

    fn catalogue_loaded(&mut self, _catalogue: &Catalogue) -> anyhow::Result<()> {
        let schema = self.schema.clone();
        self.without_copy = catalogue::without_copy(self, &schema)?;
        Ok(())
    }

    fn apply(&mut self, plan: &[GuardedMigration]) -> anyhow::Result<()> {
        self.connection
            .migrated(|connection| connection.run_pending_migrations(MigrationPlan(plan)).map(|_| ()))?;
        Ok(())
    }

    fn revert(&mut self, migration: &GuardedMigration) -> anyhow::Result<()> {
        let reverted = self.connection.migrated(|connection| connection.revert_migration(migration));
        reverted.map(|_| ()).context("taking a migration back")
    }
}

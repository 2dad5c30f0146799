//! PostgreSQL: how it is reached, how rows are written in bulk, and how a transaction begins.
//!
//! Values travel as text and are cast to the column's own type, so that native enums, decimals and
//! JSON need no type of their own here, whatever the live database calls them.

mod catalogue;
mod cells;
mod health;

use anyhow::Context as _;
use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection as _, SimpleConnection as _, TransactionManager as _,
};
use diesel::pg::PgConnection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Nullable, Text, Untyped};
use diesel::{QueryResult, RunQueryDsl};
use diesel_migrations::MigrationHarness as _;

use super::Mode;
use super::catalogue::Catalogue;
use super::engine::{ColumnSet, Dialect, Engine};
use super::form::{self, Coder};
use super::health::Health;
use super::json::{JsonText, compact};
use super::schema::{Guarded, Plan};
use super::statement::Statement;
use super::url::PostgresTarget;
use super::value::{BadCell, Cell, Kind, Value};
use crate::exit_code::Failure;
use cells::Cells;

/// A connected PostgreSQL database.
#[allow(missing_debug_implementations)]
pub struct Postgres {
    connection: PgConnection,
    /// How the outermost transaction begins.
    begin: String,
    /// Whether no statement may run outside of a transaction, since the next one may reach another
    /// session.
    pooled: bool,
    schema: String,
}

impl Postgres {
    /// Connects and sets the session; behind a pooler nothing is set but in transactions.
    ///
    /// # Errors
    /// Exit code 7 when the server cannot be reached, or has no such schema.
    pub fn open(target: &PostgresTarget, mode: Mode) -> anyhow::Result<Self> {
        let failed =
            |why: String| Failure::database(format!("{}: {}", target.shown, why.trim().replace('\n', " ")));
        let mut connection =
            PgConnection::establish(&target.conninfo()).map_err(|error| failed(error.to_string()))?;
        if target.pooled {
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        let optional = optional(&mut connection).map_err(|error| failed(error.to_string()))?;
        let settings: Vec<String> = settings(&target.schema).into_iter().chain(optional).collect();
        let read_only = if mode == Mode::Read { " READ ONLY" } else { " READ WRITE" };
        let begin = if target.pooled {
            let settings = settings.iter().map(|setting| format!("; SET LOCAL {setting}"));
            format!("BEGIN{read_only}{}", settings.collect::<String>())
        } else {
            let settings = settings.iter().map(|setting| format!("SET {setting};"));
            let settings = settings.collect::<String>();
            connection.batch_execute(&settings).map_err(|error| failed(error.to_string()))?;
            format!("BEGIN{read_only}")
        };
        let schema = target.schema.clone();
        let mut postgres = Self { connection, begin, pooled: target.pooled, schema };
        let name = [Cell::Text(target.schema.clone())];
        let found = postgres
            .query("SELECT 1 FROM pg_namespace WHERE nspname = ?", &name)
            .map_err(|error| failed(error.to_string()))?;
        match found.as_slice() {
            [] => Err(failed(format!("there is no schema {:?}; see schema= in the URL", target.schema))),
            _ => Ok(postgres),
        }
    }

    fn in_transaction(&mut self) -> QueryResult<bool> {
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.connection);
        Ok(status.transaction_depth()?.is_some())
    }

    /// Runs `work` in the transaction that stands, or in one of its own where the session is shared.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut PgConnection) -> QueryResult<T>) -> QueryResult<T> {
        if !self.pooled || self.in_transaction()? {
            return work(&mut self.connection);
        }
        self.begin()?;
        let done = work(&mut self.connection);
        match done {
            Ok(_) => self.commit()?,
            Err(_) => self.rollback()?,
        }
        done
    }

    /// Runs a statement whose `?` are arrays, one a column.
    fn bulk(&mut self, sql: &str, columns: usize, rows: Vec<Vec<Cell>>) -> QueryResult<usize> {
        let mut arrays: Vec<Vec<Option<String>>> = vec![Vec::with_capacity(rows.len()); columns];
        for row in rows {
            for (array, cell) in arrays.iter_mut().zip(row) {
                array.push(cells::text(cell));
            }
        }
        self.guarded(|connection| Bulk { sql, arrays: &arrays }.execute(connection))
    }
}

/// What a session needs, as `SET` wants it.
fn settings(schema: &str) -> [String; 3] {
    let schema = schema.replace('"', "\"\"");
    [format!("search_path TO \"{schema}\""), "TIME ZONE 'UTC'".to_owned(), "datestyle TO 'ISO'".to_owned()]
}

/// Settings that help where the engine knows them; not every database that speaks PostgreSQL does.
/// Every look-up here is by a few hundred keys: in a table that was just filled, of which no
/// statistics tell yet, the planner would read all of it instead of its index.
const OPTIONAL: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("lock_timeout", "'10s'"),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
];

/// Those of them that this engine knows.
fn optional(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    let names = OPTIONAL.map(|(name, _)| Cell::Text(name.to_owned()));
    let sql = "SELECT name FROM pg_settings WHERE name IN (?, ?, ?, ?)";
    let rows: Vec<Cells> = Statement::new(sql, &names).load(connection)?;
    let known: Vec<&Cell> = rows.iter().filter_map(|row| row.0.first()).collect();
    let is_known = |name: &str| known.iter().any(|cell| matches!(cell, Cell::Text(text) if text == name));
    let settings = OPTIONAL.into_iter().filter(|(name, _)| is_known(name));
    Ok(settings.map(|(name, value)| format!("{name} TO {value}")).collect())
}

impl Engine for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn script(&mut self, sql: &str) -> QueryResult<()> {
        self.guarded(|connection| connection.batch_execute(sql))
    }

    fn execute(&mut self, sql: &str, cells: &[Cell]) -> QueryResult<usize> {
        self.guarded(|connection| Statement::new(sql, cells).execute(connection))
    }

    fn query(&mut self, sql: &str, cells: &[Cell]) -> QueryResult<Vec<Vec<Cell>>> {
        let rows: Vec<Cells> = self.guarded(|connection| Statement::new(sql, cells).load(connection))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn begin(&mut self) -> QueryResult<()> {
        match self.in_transaction()? {
            false => AnsiTransactionManager::begin_transaction_sql(&mut self.connection, &self.begin),
            true => AnsiTransactionManager::begin_transaction(&mut self.connection),
        }
    }

    fn commit(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::commit_transaction(&mut self.connection)
    }

    fn rollback(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::rollback_transaction(&mut self.connection)
    }

    /// One statement for all rows: an array a column.
    fn insert(&mut self, into: &ColumnSet, rows: Vec<Vec<Cell>>) -> QueryResult<()> {
        let casts: Vec<String> =
            into.columns.iter().enumerate().map(|(at, (_, declared))| cast(at, declared)).collect();
        let sql = format!(
            "INSERT INTO \"{}\" ({}) SELECT {} FROM {}",
            into.table,
            into.names(),
            casts.join(", "),
            unnest(into.columns.len())
        );
        self.bulk(&sql, into.columns.len(), rows)?;
        Ok(())
    }

    /// One statement for all rows.
    fn update(&mut self, of: &ColumnSet, rows: Vec<Vec<Cell>>) -> QueryResult<usize> {
        let Some(((key, _), set)) = of.columns.split_first() else { return Ok(0) };
        let set = set.iter().enumerate();
        let set: Vec<String> =
            set.map(|(at, (name, declared))| format!("\"{name}\" = {}", cast(at + 1, declared))).collect();
        let sql = format!(
            "UPDATE \"{}\" AS t SET {} FROM {} WHERE t.\"{key}\" = v.c0",
            of.table,
            set.join(", "),
            unnest(of.columns.len())
        );
        self.bulk(&sql, of.columns.len(), rows)
    }

    /// A time says that it is UTC: a column with a zone then needs no zone of the session.
    fn coder(&self) -> Coder {
        Coder::Typed { offset: "+00:00" }
    }

    fn decode(&self, cell: Cell, kind: Kind) -> Result<Value, BadCell> {
        match (kind, cell) {
            (Kind::Json, Cell::Text(text)) => Ok(Value::Json(JsonText(compact(&text)))),
            (kind, cell) => form::decode(cell, kind),
        }
    }

    fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        let schema = self.schema.clone();
        catalogue::read(self, &schema)
    }

    fn schemas_with(&mut self, tables: [&str; 2]) -> anyhow::Result<Vec<String>> {
        let schema = self.schema.clone();
        catalogue::schemas_with(self, tables, &schema)
    }

    fn health(&mut self) -> anyhow::Result<Health> {
        let schema = self.schema.clone();
        health::read(self, &schema)
    }

    fn apply(&mut self, plan: &[Guarded]) -> anyhow::Result<()> {
        self.connection.run_pending_migrations(Plan(plan)).map_err(anyhow::Error::from_boxed)?;
        Ok(())
    }

    fn revert(&mut self, migration: &Guarded) -> anyhow::Result<()> {
        let reverted = self.connection.revert_migration(migration).map_err(anyhow::Error::from_boxed);
        reverted.map(|_| ()).context("taking a migration back")
    }
}

/// The arrays as rows.
fn unnest(columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
    format!("unnest({}) AS v({})", vec!["?"; columns].join(", "), names.join(", "))
}

/// A text as the column wants it. Texts go as they are: a cast to a bounded one would cut them.
fn cast(at: usize, declared: &str) -> String {
    if declared == "text" || declared.starts_with("character") {
        format!("v.c{at}")
    } else {
        format!("CAST(v.c{at} AS {declared})")
    }
}

/// SQL with a `?` for each array of texts.
struct Bulk<'a> {
    sql: &'a str,
    arrays: &'a [Vec<Option<String>>],
}

impl QueryFragment<diesel::pg::Pg> for Bulk<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, diesel::pg::Pg>) -> QueryResult<()> {
        let mut pieces = self.sql.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (array, piece) in self.arrays.iter().zip(pieces) {
            out.push_bind_param::<Array<Nullable<Text>>, _>(array)?;
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Bulk<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Bulk<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<PgConnection> for Bulk<'_> {}

//! A connection to MySQL or MariaDB for Diesel, over mysql_async. It keeps what Diesel's errors have no
//! place for: the server's number of an error, and the driver's own kind of one that has none.

use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, DynInstrumentation, Instrumentation,
    LoadConnection, SimpleConnection, TransactionManager as _,
};
use diesel::expression::QueryMetadata;
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::mysql::{Mysql, MysqlQueryBuilder, MysqlType};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{Query, QueryBuilder as _, QueryFragment, QueryId};
use diesel::result::{ConnectionError, ConnectionResult, DatabaseErrorKind, Error, QueryResult};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Params, Row, Value};
use tokio::runtime::Runtime;
use url::Url;

use super::driver;
use super::driver::error;
use super::row::{MysqlRow, is_full_as_text};
use crate::store::engines::error::{DatabaseError, ErrorCode, RemembersErrors, Result, all_touched};
use crate::store::engines::target::{DatabaseTarget, MysqlTarget};
use crate::store::schema::dialect::Dialect;

/// A connection.
#[allow(missing_debug_implementations)]
pub(crate) struct MysqlConnection {
    connection: Conn,
    runtime: Runtime,
    transaction: AnsiTransactionManager,
    instrumentation: DynInstrumentation,
    /// What waits to be sent with the next question.
    ahead: Ahead,
    /// About the most bytes of a packet.
    packet: usize,
    failure: Option<DatabaseError>,
}

impl MysqlConnection {
    /// Connects to the host of one of a target's URLs.
    ///
    /// # Errors
    /// The server cannot be reached, or does not let in.
    pub(super) fn open(target: &MysqlTarget, url: &Url) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| DatabaseError::other(Dialect::Mysql, error.to_string()))?;
        let connection = driver::connect(&runtime, target, url)?;
        Ok(Self {
            connection,
            runtime,
            transaction: AnsiTransactionManager::default(),
            instrumentation: DynInstrumentation::none(),
            ahead: Ahead::default(),
            packet: PACKET,
            failure: None,
        })
    }

    /// Takes in what the server takes at most (`max_allowed_packet`): what is gathered stays well below it.
    pub(super) fn limit_packets(&mut self, max_allowed_packet: usize) {
        self.packet = PACKET.min(max_allowed_packet / 2);
    }

    /// About the most bytes of a packet.
    pub(super) fn packet(&self) -> usize {
        self.packet
    }

    /// Whether statements may wait for the next question: in a transaction what follows them takes their answers, too, and
    /// if one fails, the server leaves out all behind it.
    pub(super) fn sends_ahead(&mut self) -> bool {
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        matches!(status.transaction_depth(), Ok(Some(_)))
    }

    /// Has a statement wait that has to touch so many rows, if that is known. Those that wait go on their way when they
    /// fill a packet.
    ///
    /// # Errors
    /// What the database refuses of those that went on their way.
    pub(super) fn execute_ahead(&mut self, sql: &str, what: String, rows: Option<usize>) -> QueryResult<()> {
        let is_full = !self.ahead.is_empty() && self.ahead.sql.len() + sql.len() > self.packet;
        let done = if is_full { self.catch_up() } else { Ok(()) };
        self.ahead.push(sql, AheadStatement { what, rows });
        self.settle(done)
    }

    /// Sends statements, as texts and in one packet with all that waits, and returns an answer for each of them.
    ///
    /// # Errors
    /// The first one that is refused, which may be one that has waited; the server leaves out all behind it.
    pub(super) fn ask(&mut self, sql: &str) -> QueryResult<Vec<Answer>> {
        let asked = self.exchange(sql);
        self.settle(asked)
    }

    /// The same for several statements, in as few packets as they fill.
    ///
    /// # Errors
    /// Those of [`MysqlConnection::ask`].
    pub(super) fn ask_all(&mut self, statements: &[String]) -> QueryResult<Vec<Answer>> {
        let mut answers = Vec::with_capacity(statements.len());
        let mut rest = statements;
        while !rest.is_empty() {
            let mut length = self.ahead.sql.len();
            let fits = |sql: &&String| {
                length += sql.len();
                length <= self.packet
            };
            let (packet, behind) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            answers.extend(self.ask(&packet.join(SEPARATOR))?);
            rest = behind;
        }
        Ok(answers)
    }

    /// Waits for the answers to what was sent ahead.
    fn catch_up(&mut self) -> Result<()> {
        if self.ahead.is_empty() {
            return Ok(());
        }
        self.exchange("").map(drop)
    }

    fn exchange(&mut self, sql: &str) -> Result<Vec<Answer>> {
        let Ahead { sql: mut all, statements } = std::mem::take(&mut self.ahead);
        if !all.is_empty() && !sql.is_empty() {
            all.push_str(SEPARATOR);
        }
        all.push_str(sql);
        let mut answers = Vec::new();
        let asked = self.runtime.block_on(answers_to(&mut self.connection, all, &mut answers));
        let mut answers = answers.into_iter();
        for AheadStatement { what, rows } in statements {
            let Some(Answer { touched, .. }) = answers.next() else {
                return Err(asked.map_or_else(error, |()| unanswered()).during(&what));
            };
            all_touched(Dialect::Mysql, &what, rows, touched)?;
        }
        asked.map_err(error)?;
        Ok(answers.collect())
    }

    /// Runs a statement; the server has prepared it when it was used before.
    fn run<T, R>(
        &mut self,
        source: &T,
        work: impl AsyncFnOnce(&mut Conn, String, Params) -> mysql_async::Result<R>,
    ) -> QueryResult<R>
    where
        T: QueryFragment<Mysql> + QueryId,
    {
        let mut builder = MysqlQueryBuilder::new();
        source.to_sql(&mut builder, &Mysql)?;
        let mut binds = RawBytesBindCollector::<Mysql>::new();
        source.collect_binds(&mut binds, &mut (), &Mysql)?;
        let values =
            binds.metadata.into_iter().zip(binds.binds).map(value).collect::<QueryResult<Vec<_>>>()?;
        let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        let caught_up = self.catch_up();
        let done = caught_up.and_then(|()| {
            let work = work(&mut self.connection, builder.finish(), params);
            self.runtime.block_on(work).map_err(error)
        });
        self.settle(done)
    }

    /// Keeps a failure, and has Diesel know what it did to the transaction.
    fn settle<T>(&mut self, done: Result<T>) -> QueryResult<T> {
        done.map_err(|met| {
            self.ahead = Ahead::default();
            let status = AnsiTransactionManager::transaction_manager_status_mut(self);
            if met.code == ErrorCode::None && met.is_transient() {
                status.set_in_error();
            } else if met.code == DEADLOCK {
                status.set_requires_rollback_maybe_up_to_top_level(true);
            }
            let message = met.message.clone();
            self.failure.get_or_insert(met);
            Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message))
        })
    }
}

/// Statements that wait, in their order.
#[derive(Default)]
struct Ahead {
    sql: String,
    statements: Vec<AheadStatement>,
}

/// One of them.
struct AheadStatement {
    /// What it does, for an error.
    what: String,
    /// How many rows it has to touch, if that is known.
    rows: Option<usize>,
}

impl Ahead {
    fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    fn push(&mut self, sql: &str, statement: AheadStatement) {
        if !self.is_empty() {
            self.sql.push_str(SEPARATOR);
        }
        self.sql.push_str(sql);
        self.statements.push(statement);
    }

    /// Whether an answer may say that too few rows were there.
    fn counts_rows(&self) -> bool {
        self.statements.iter().any(|statement| statement.rows.is_some())
    }
}

/// What stands between two statements of a packet.
const SEPARATOR: &str = ";\n";

/// The most bytes that are gathered for a packet, if the server takes as many.
const PACKET: usize = 4 << 20;

/// What a statement was answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its rows.
    pub rows: Vec<Row>,
    /// How many rows it has touched.
    pub touched: usize,
    /// Whether a column's values are not in full, because they came as texts.
    pub is_cut: bool,
}

/// Sends statements in one packet and gathers their answers, as far as there are any.
async fn answers_to(
    connection: &mut Conn,
    sql: String,
    answers: &mut Vec<Answer>,
) -> mysql_async::Result<()> {
    let mut result = connection.query_iter(sql).await?;
    loop {
        let columns = result.columns();
        let touched = usize::try_from(result.affected_rows()).unwrap_or(usize::MAX);
        // Behind the last answer there are no rows, or the error that is one.
        let rows = result.collect::<Row>().await?;
        let Some(columns) = columns else { return Ok(()) };
        let is_cut = !columns.iter().all(is_full_as_text);
        answers.push(Answer { rows, touched, is_cut });
    }
}

/// A statement without an answer.
fn unanswered() -> DatabaseError {
    DatabaseError::other(Dialect::Mysql, "the server has not answered a statement")
}

/// How a transaction begins.
const BEGIN: &str = "BEGIN";

/// How one is taken back, or a part of it.
const ROLLBACK: &str = "ROLLBACK";

/// How a part of one ends.
const RELEASE: &str = "RELEASE SAVEPOINT";

/// How one ends.
const COMMIT: &str = "COMMIT";

/// A bound value as the driver sends it: the tool binds nothing else than these.
fn value((meant, bytes): (MysqlType, Option<Vec<u8>>)) -> QueryResult<Value> {
    let Some(bytes) = bytes else { return Ok(Value::NULL) };
    let unknown =
        || Error::SerializationError(format!("a parameter of type {meant:?} cannot be bound").into());
    Ok(match meant {
        MysqlType::LongLong => {
            Value::Int(i64::from_ne_bytes(bytes.as_slice().try_into().map_err(|_| unknown())?))
        }
        MysqlType::Double => {
            Value::Double(f64::from_ne_bytes(bytes.as_slice().try_into().map_err(|_| unknown())?))
        }
        MysqlType::String | MysqlType::Blob => Value::Bytes(bytes),
        _ => return Err(unknown()),
    })
}

/// A deadlock: the server has taken the whole transaction back, with every savepoint.
const DEADLOCK: ErrorCode = ErrorCode::Mysql(1213);

impl RemembersErrors for MysqlConnection {
    const ENGINE: Dialect = Dialect::Mysql;

    fn failure(&mut self) -> &mut Option<DatabaseError> {
        &mut self.failure
    }
}

impl ConnectionSealed for MysqlConnection {}

impl SimpleConnection for MysqlConnection {
    /// The beginning of a transaction travels with its first statement, and its end with its last ones, unless their
    /// answers decide whether it may end.
    fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        if sql == BEGIN && self.ahead.is_empty() {
            self.ahead.push(sql, AheadStatement { what: "a transaction begins".to_owned(), rows: None });
            return Ok(());
        }
        let mut caught_up = Ok(());
        if sql.starts_with(ROLLBACK) {
            // What waits need not be done first.
            if std::mem::take(&mut self.ahead).sql.starts_with(BEGIN) {
                return Ok(());
            }
        } else if sql == COMMIT && self.ahead.counts_rows() {
            caught_up = self.catch_up();
        }
        let done = caught_up.and_then(|()| self.exchange(sql).map(drop));
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        match &done {
            // What travels with the end of a savepoint may fail at it: then the savepoint has to be taken back, still.
            Err(_) if sql.starts_with(RELEASE) => status.set_requires_rollback_maybe_up_to_top_level(true),
            Ok(()) if sql.starts_with(ROLLBACK) => status.set_requires_rollback_maybe_up_to_top_level(false),
            _ => {}
        }
        self.settle(done)
    }
}

impl Connection for MysqlConnection {
    type Backend = Mysql;
    type TransactionManager = AnsiTransactionManager;

    /// By a URL in the tool's own form; the session is as the server has made it.
    fn establish(url: &str) -> ConnectionResult<Self> {
        let failed = |error: &dyn ToString| ConnectionError::BadConnection(error.to_string());
        match DatabaseTarget::parse(url).map_err(|error| failed(&error))? {
            DatabaseTarget::Mysql(target) => {
                let opened = driver::first_host(&target, |url| Self::open(&target, url));
                opened.map_err(|error| failed(&error))
            }
            _ => Err(failed(&"not the URL of a MySQL database")),
        }
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Mysql> + QueryId,
    {
        let touched = self.run(source, async |connection, sql, params| {
            connection.exec_drop(sql, params).await?;
            Ok(connection.affected_rows())
        })?;
        usize::try_from(touched).map_err(|error| Error::DeserializationError(Box::new(error)))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transaction
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut *self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = instrumentation.into();
    }

    /// The driver's own cache is as large as it has to be.
    fn set_prepared_statement_cache_size(&mut self, _size: CacheSize) {}
}

impl LoadConnection for MysqlConnection {
    type Cursor<'conn, 'query> = std::vec::IntoIter<QueryResult<MysqlRow>>;
    type Row<'conn, 'query> = MysqlRow;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Mysql> + QueryId + 'query,
        Mysql: QueryMetadata<T::SqlType>,
    {
        let rows = self.run(&source, async |connection, sql, params| {
            connection.exec::<mysql_async::Row, _, _>(sql, params).await
        })?;
        let rows: Vec<QueryResult<MysqlRow>> =
            rows.into_iter().map(|row| Ok(MysqlRow::of_binary(row))).collect();
        Ok(rows.into_iter())
    }
}

impl MigrationConnection for MysqlConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        self.batch_execute(CREATE_MIGRATIONS_TABLE).map(|()| 0)
    }
}

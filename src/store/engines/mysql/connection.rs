//! A connection to MySQL or MariaDB for Diesel, over mysql_async. It keeps what Diesel's errors have no
//! place for: the server's number of an error, and the driver's own kind of one that has none.

use std::time::{Duration, Instant};

use bytes::Bytes;
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
use mysql_async::{Conn, Params, Value};
use tokio::runtime::Runtime;
use url::Url;

use super::ahead::{Ahead, AheadStatement, SEPARATOR};
use super::answer::{Answer, answers_to, unanswered};
use super::driver::error;
use super::row::MysqlRow;
use super::uploads::Uploads;
use super::{driver, insert, load};
use crate::store::engines::engine::ColumnSet;
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
    /// What the server may ask for meanwhile.
    uploads: Uploads,
    /// About the most bytes of a packet.
    packet: usize,
    /// The quickest turn of the conversation until now.
    quickest_turn: Duration,
    /// Whether the server allows LOAD DATA.
    takes_loads: bool,
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
        let uploads = Uploads::default();
        let connection = driver::connect_with(&runtime, target, url, uploads.clone())?;
        Ok(Self {
            connection,
            runtime,
            transaction: AnsiTransactionManager::default(),
            instrumentation: DynInstrumentation::none(),
            ahead: Ahead::default(),
            uploads,
            packet: PACKET,
            quickest_turn: Duration::MAX,
            takes_loads: false,
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

    /// Takes in whether the server allows LOAD DATA.
    pub(super) fn allow_loads(&mut self, are_allowed: bool) {
        self.takes_loads = are_allowed;
    }

    /// The way that many rows of one table go. How far away the server is, is what the quickest turn has taken, whatever the
    /// server has had to do in it.
    pub(super) fn way_of_rows(&self) -> RowWay {
        match (self.takes_loads && !load::is_given_up(), self.quickest_turn < load::NEAR) {
            (false, _) => RowWay::InsertWithoutLoad,
            (true, false) => RowWay::InsertFarAway,
            (true, true) => RowWay::Load,
        }
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
    pub(super) fn execute_ahead(&mut self, sql: String, what: &str, rows: Option<usize>) -> QueryResult<()> {
        let done = self.wait(AheadStatement { sql, what: what.to_owned(), rows, upload: None });
        self.settle(done)
    }

    /// Has a LOAD DATA of rows wait, whose text [`load`] has made.
    pub(super) fn load_ahead(&mut self, into: &ColumnSet, text: Bytes) {
        self.ahead.push_load(into, text);
    }

    fn wait(&mut self, statement: AheadStatement) -> Result<()> {
        let is_full = !self.ahead.is_empty() && self.ahead.length() + statement.sql.len() > self.packet;
        let done = if is_full { self.catch_up() } else { Ok(()) };
        self.ahead.push(statement);
        done
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
            let mut length = self.ahead.length();
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
        let waiting = std::mem::take(&mut self.ahead);
        let (answers, asked) = self.converse(&waiting, sql);
        if waiting.is_not_loaded(&answers, asked.as_ref().err()) {
            return self.insert_instead(waiting, sql);
        }
        let mut answers = answers.into_iter();
        for AheadStatement { what, rows, .. } in waiting.into_statements() {
            let Some(Answer { touched, .. }) = answers.next() else {
                return Err(asked.map_or_else(|error| error, |()| unanswered()).during(&what));
            };
            all_touched(Dialect::Mysql, &what, rows, touched)?;
        }
        asked?;
        Ok(answers.collect())
    }

    /// Sends what waits, and a question if there is one, and returns the answers as far as there are any.
    fn converse(&mut self, waiting: &Ahead, sql: &str) -> (Vec<Answer>, Result<()>) {
        self.uploads.offer(waiting.uploads().map(|upload| (upload.name.clone(), upload.text.clone())));
        let mut answers = Vec::new();
        let began = Instant::now();
        let asked = answers_to(&mut self.connection, waiting.packet(sql), &mut answers);
        let asked = self.runtime.block_on(asked).map_err(error);
        self.quickest_turn = self.quickest_turn.min(began.elapsed());
        if waiting.loads() && asked.is_err() {
            load::give_up();
        }
        (answers, asked)
    }

    /// Takes back what was loaded, and has the same rows go by INSERT. If they are at fault, that says what is wrong, as it does
    /// where nothing is ever loaded; if they are not, then the LOAD DATA was.
    fn insert_instead(&mut self, waiting: Ahead, sql: &str) -> Result<Vec<Answer>> {
        tracing::info!("rows were not loaded as they are, and go by INSERT");
        for statement in waiting.into_repetition() {
            let Some(upload) = statement.upload else {
                self.wait(statement)?;
                continue;
            };
            for rows in insert::parts(&load::unpacked(&upload.text), insert::INSERTED, self.packet / 4) {
                let (sql, count) = (insert::statement(&upload.into, rows), Some(rows.len()));
                self.wait(AheadStatement { sql, what: statement.what.clone(), rows: count, upload: None })?;
            }
        }
        let answers = self.exchange(sql)?;
        load::give_up();
        Ok(answers)
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

/// The way that many rows of one table go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowWay {
    /// By LOAD DATA.
    Load,
    /// By INSERT, since each LOAD DATA would have to wait for a far server.
    InsertFarAway,
    /// By INSERT, since the server does not allow LOAD DATA.
    InsertWithoutLoad,
}

/// The most bytes that are gathered for a packet, if the server takes as many.
const PACKET: usize = 4 << 20;

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
            self.ahead.push(AheadStatement::new(sql, "a transaction begins"));
            return Ok(());
        }
        let mut caught_up = Ok(());
        if sql.starts_with(ROLLBACK) {
            // What waits need not be done first.
            if std::mem::take(&mut self.ahead).begins_with(BEGIN) {
                return Ok(());
            }
        } else if sql == COMMIT && self.ahead.counts_rows() || sql.starts_with(RELEASE) && self.ahead.loads()
        {
            // Behind either there is no way back.
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

//! A connection to PostgreSQL for Diesel, over [`Wire`]. It takes what Diesel makes of a statement, keeps
//! what the server was given to prepare, and remembers what Diesel's errors have no place for: the SQLSTATE.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, DynInstrumentation, Instrumentation,
    LoadConnection, SimpleConnection, TransactionManager as _, TransactionManagerStatus,
};
use diesel::expression::QueryMetadata;
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::pg::{
    FailedToLookupTypeError, Pg, PgMetadataCacheKey, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata,
};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{Query, QueryBuilder as _, QueryFragment, QueryId};
use diesel::result::{ConnectionError, ConnectionResult, DatabaseErrorKind, Error, QueryResult};
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend::{self, BindError};

use super::parameters::Parameters;
use super::row::{PostgresRow, ResultColumn, columns};
use super::startup;
use super::wire::{TransactionStatus, Wire, unsendable};
use crate::store::engines::error::{DatabaseError, RemembersErrors, Result, all_touched};
use crate::store::engines::target::{DatabaseTarget, PostgresTarget};
use crate::store::schema::dialect::Dialect;

/// A connection.
#[allow(missing_debug_implementations)]
pub struct PostgresConnection {
    wire: Wire,
    transaction: AnsiTransactionManager,
    instrumentation: DynInstrumentation,
    /// What the server has prepared, by its text and the types of its parameters; none where no statement
    /// may have a name, since the next one may reach another session.
    prepared: Option<HashMap<StatementKey, PreparedStatement>>,
    /// What was sent, or waits to be sent, and whose answers were not read yet.
    ahead: Ahead,
    /// How many statements were given a name.
    named: usize,
    /// Whether the next question takes the COMMIT of its transaction along.
    commits_with_question: bool,
    /// The first failure since [`RemembersErrors`] was asked last.
    failure: Option<DatabaseError>,
}

type StatementKey = (String, Vec<u32>);

/// The parameters of a statement in their binary form; none for NULL.
type Binds = Vec<Option<Vec<u8>>>;

/// A statement as the server knows it.
#[derive(Clone, Default)]
struct PreparedStatement {
    /// Without a name it is forgotten with the next one.
    name: String,
    /// Whether the server has taken it in.
    is_known: bool,
    /// What its rows have; nothing before it ran for the first time.
    columns: Option<Arc<[ResultColumn]>>,
}

impl PreparedStatement {
    /// Takes in what the server says of the statement; whatever else it says is handed on.
    fn learn(
        &mut self,
        message: Message,
        on: &mut impl FnMut(&Arc<[ResultColumn]>, Message) -> Result<()>,
    ) -> Result<()> {
        match message {
            Message::ParseComplete => self.is_known = true,
            Message::RowDescription(said) => self.columns = Some(columns(&said)?),
            Message::NoData => self.columns = Some(Arc::new([])),
            message => return self.columns.as_ref().map_or(Ok(()), |columns| on(columns, message)),
        }
        Ok(())
    }
}

/// How a transaction begins.
pub(super) const BEGIN: &str = "BEGIN";

/// How one is taken back, or a part of it.
const ROLLBACK: &str = "ROLLBACK";

/// Bytes of one message of a COPY: the server takes rows in while the next message is on its way.
const COPY_CHUNK: usize = 1 << 16;

impl PostgresConnection {
    /// Connects.
    ///
    /// # Errors
    /// The server cannot be reached, or does not let in.
    pub(crate) fn open(target: &PostgresTarget) -> Result<Self> {
        Ok(Self {
            wire: startup::connect(Parameters(&target.parameters))?,
            transaction: AnsiTransactionManager::default(),
            instrumentation: DynInstrumentation::none(),
            prepared: (!target.pooled).then(HashMap::new),
            ahead: Ahead::default(),
            named: 0,
            commits_with_question: false,
            failure: None,
        })
    }

    /// Whether statements may be sent ahead: what follows them in a transaction takes their answers, too, and if one fails,
    /// all behind it are left out. A statement that takes the COMMIT along is followed by none.
    pub(super) fn sends_ahead(&mut self) -> bool {
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        let in_transaction = matches!(status.transaction_depth(), Ok(Some(_)));
        in_transaction && !self.commits_with_question
    }

    /// Does `work` in a transaction that has begun: its one statement takes the COMMIT along. A script does not, after which
    /// somebody else has to commit.
    pub(super) fn committing<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T> {
        self.commits_with_question = true;
        let done = work(self);
        self.commits_with_question = false;
        done
    }

    /// Sends rows ahead in the binary format of COPY, into the table and columns of `COPY … FROM STDIN`.
    ///
    /// # Errors
    /// A connection that does not stand any more. What the database refuses, the next question says.
    pub(super) fn copy_ahead(&mut self, sql: &str, rows: &[u8], what: String) -> QueryResult<()> {
        let sent = self.copied_ahead(sql, rows);
        self.kept(sent)?;
        self.ahead.push(AheadStatement { what, ..AheadStatement::default() });
        Ok(())
    }

    fn copied_ahead(&mut self, sql: &str, rows: &[u8]) -> Result<()> {
        frontend::parse("", sql, [], &mut self.wire.out).map_err(unsendable)?;
        bind("", &[], &mut self.wire.out)?;
        frontend::execute("", 0, &mut self.wire.out).map_err(unsendable)?;
        self.send_rows(rows)
    }

    /// Sends the rows of a COPY; that they are all follows with whatever is sent next.
    fn send_rows(&mut self, rows: &[u8]) -> Result<()> {
        for chunk in rows.chunks(COPY_CHUNK) {
            frontend::CopyData::new(chunk).map_err(unsendable)?.write(&mut self.wire.out);
            self.wire.send()?;
        }
        frontend::copy_done(&mut self.wire.out);
        Ok(())
    }

    /// Sends a statement ahead that has to touch so many rows, if that is known.
    ///
    /// # Errors
    /// A connection that does not stand any more. What the database refuses, the next question says.
    pub(super) fn execute_ahead<T>(
        &mut self,
        source: &T,
        what: String,
        rows: Option<usize>,
    ) -> QueryResult<()>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        let (key, binds, may_be_named) = described(source)?;
        let mut statement = self.statement(&key, may_be_named);
        let requested = self.request_ahead(&key, &statement, &binds);
        let was_known = std::mem::replace(&mut statement.is_known, true);
        if let Some(kept) = self.prepared.as_mut().filter(|_| may_be_named && requested.is_ok()) {
            kept.insert(key.clone(), statement);
        }
        let unconfirmed = (!was_known).then_some(key);
        self.kept(requested)?;
        self.ahead.push(AheadStatement { what, rows, unconfirmed });
        Ok(())
    }

    /// Sends a setting of the session or of a transaction ahead; where what follows it fails, the setting does not hold.
    ///
    /// # Errors
    /// A connection that does not stand any more.
    pub(super) fn set_ahead(&mut self, sql: &str) -> QueryResult<()> {
        self.say_ahead(sql, "a setting changes")
    }

    /// Sends a statement without parameters ahead.
    fn say_ahead(&mut self, sql: &str, what: &str) -> QueryResult<()> {
        let key = (sql.to_owned(), Vec::new());
        let requested = self.request_ahead(&key, &PreparedStatement::default(), &[]);
        self.kept(requested)?;
        self.ahead.push(AheadStatement { what: what.to_owned(), ..AheadStatement::default() });
        Ok(())
    }

    /// Gathers a statement behind those that wait; of one that cannot be sent nothing is left.
    fn request_ahead(
        &mut self,
        key: &StatementKey,
        statement: &PreparedStatement,
        binds: &[Option<Vec<u8>>],
    ) -> Result<()> {
        let waiting = self.wire.out.len();
        let requested = self.request(key, statement, binds, AnswerForm::Nothing);
        if requested.is_err() {
            self.wire.out.truncate(waiting);
        }
        requested
    }

    /// Waits for the answers to what was sent ahead.
    fn catch_up(&mut self) -> Result<()> {
        if self.ahead.is_empty() {
            return Ok(());
        }
        frontend::sync(&mut self.wire.out);
        self.exchanged(|_| Ok(()))
    }

    /// Sends what was gathered and reads the answers, first to what was sent ahead.
    fn exchanged(&mut self, mut on: impl FnMut(Message) -> Result<()>) -> Result<()> {
        let Self { wire, ahead, prepared, .. } = self;
        let mut done =
            wire.exchange(|message| if ahead.is_empty() { on(message) } else { ahead.take(&message) });
        if let Some(failed) = ahead.first() {
            done = done.map_err(|error| error.during(&failed.what));
        }
        for statement in ahead.drain() {
            // The server may not have taken it in.
            if let (Some(kept), Some(key)) = (prepared.as_mut(), statement.unconfirmed) {
                kept.remove(&key);
            }
        }
        done
    }

    /// Rows in the binary format of COPY, into the table and columns of `COPY … FROM STDIN`. The rows do
    /// not wait until the server is ready for them: one that refuses the COPY leaves them aside.
    ///
    /// # Errors
    /// The first row that the database refuses; no row is there then.
    pub fn copy(&mut self, sql: &str, rows: &[u8]) -> QueryResult<usize> {
        let copied = self.copied(sql, rows);
        self.settle(copied)
    }

    fn copied(&mut self, sql: &str, rows: &[u8]) -> Result<usize> {
        frontend::query(sql, &mut self.wire.out).map_err(unsendable)?;
        self.send_rows(rows)?;
        let mut touched = 0;
        self.wire.exchange(|message| {
            touched += rows_of(&message);
            Ok(())
        })?;
        Ok(touched)
    }

    /// Runs a statement with its parameters in one round trip, also when the server has to prepare it.
    fn run<T>(
        &mut self,
        source: &T,
        on: impl FnMut(&Arc<[ResultColumn]>, Message) -> Result<()>,
    ) -> QueryResult<()>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        let (key, binds, may_be_named) = described(source)?;
        let done = self.executed(key, may_be_named, &binds, on);
        self.settle(done)
    }

    /// Runs several statements in one round trip; `on` is given the position of each.
    ///
    /// # Errors
    /// The first one that is refused; the server leaves out all behind it.
    pub(super) fn run_all<T>(
        &mut self,
        sources: &[T],
        mut on: impl FnMut(usize, &Arc<[ResultColumn]>, Message) -> Result<()>,
    ) -> QueryResult<()>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        let mut waiting = VecDeque::new();
        for (at, source) in sources.iter().enumerate() {
            let (key, binds, may_be_named) = described(source)?;
            let statement = self.statement(&key, may_be_named);
            let requested = self.request(&key, &statement, &binds, AnswerForm::Rows);
            self.settled_unless_ok(requested)?;
            let is_described = statement.columns.is_some();
            waiting.push_back(Asked { at, key, may_be_named, is_described, statement });
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let answered = self.answered(waiting, &mut on);
        self.settle(answered)
    }

    /// What could not even be sent is settled like what was refused.
    fn settled_unless_ok(&mut self, done: Result<()>) -> QueryResult<()> {
        if done.is_ok() { Ok(()) } else { self.settle(done) }
    }

    /// Sends what was gathered and reads the answers to several statements, in their order.
    fn answered(
        &mut self,
        mut asked: VecDeque<Asked>,
        on: &mut impl FnMut(usize, &Arc<[ResultColumn]>, Message) -> Result<()>,
    ) -> Result<()> {
        self.end_of_questions()?;
        let mut known = Vec::new();
        let done = self.exchanged(|message| {
            let Some(first) = asked.front_mut() else { return Ok(()) };
            let is_last = matches!(message, Message::CommandComplete(_) | Message::EmptyQueryResponse);
            let at = first.at;
            let learnt = first.statement.learn(message, &mut |columns, message| on(at, columns, message));
            if is_last {
                known.extend(asked.pop_front());
            }
            learnt
        });
        for Asked { key, may_be_named, is_described, statement, .. } in known.into_iter().chain(asked) {
            let is_new = statement.is_known && !is_described;
            if let Some(kept) = self.prepared.as_mut().filter(|_| may_be_named && is_new) {
                kept.insert(key, statement);
            }
        }
        done
    }

    /// The statement as the server knows it by now; else a new one, which has a name only if it may.
    fn statement(&mut self, key: &StatementKey, may_be_named: bool) -> PreparedStatement {
        let Some(kept) = self.prepared.as_ref().filter(|_| may_be_named) else {
            return PreparedStatement::default();
        };
        if let Some(known) = kept.get(key) {
            return known.clone();
        }
        self.named += 1;
        PreparedStatement { name: format!("s{}", self.named), ..PreparedStatement::default() }
    }

    fn executed(
        &mut self,
        key: StatementKey,
        named: bool,
        binds: &[Option<Vec<u8>>],
        mut on: impl FnMut(&Arc<[ResultColumn]>, Message) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.statement(&key, named);
        let described = statement.columns.is_some();
        self.request(&key, &statement, binds, AnswerForm::Rows)?;
        self.end_of_questions()?;
        let done = self.exchanged(|message| statement.learn(message, &mut on));
        let new = statement.is_known && !described;
        if let Some(kept) = self.prepared.as_mut().filter(|_| named && new) {
            kept.insert(key, statement);
        }
        done
    }

    /// What a round trip takes to the server: what it does not know of the statement yet, the parameters, and
    /// the order to run it.
    fn request(
        &mut self,
        key: &StatementKey,
        statement: &PreparedStatement,
        binds: &[Option<Vec<u8>>],
        wanted: AnswerForm,
    ) -> Result<()> {
        let (sql, types) = key;
        let out = &mut self.wire.out;
        if !statement.is_known {
            frontend::parse(&statement.name, sql, types.iter().copied(), out).map_err(unsendable)?;
        }
        bind(&statement.name, binds, out)?;
        if statement.columns.is_none() && wanted == AnswerForm::Rows {
            frontend::describe(b'P', "", out).map_err(unsendable)?;
        }
        frontend::execute("", 0, out).map_err(unsendable)
    }

    /// What follows the last question of a round trip. If a question fails, the server leaves the COMMIT out.
    fn end_of_questions(&mut self) -> Result<()> {
        if std::mem::take(&mut self.commits_with_question) {
            let commit = ("COMMIT".to_owned(), Vec::new());
            self.request(&commit, &PreparedStatement::default(), &[], AnswerForm::Nothing)?;
        }
        frontend::sync(&mut self.wire.out);
        Ok(())
    }

    /// Keeps a failure, and has Diesel know of the transaction what the server says of it.
    fn settle<T>(&mut self, done: Result<T>) -> QueryResult<T> {
        let failed = done.is_err();
        let said = self.wire.status();
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        match said {
            TransactionStatus::Failed => status.set_requires_rollback_maybe_up_to_top_level(true),
            TransactionStatus::Closed => status.set_in_error(),
            // A COMMIT that fails has ended the transaction, too.
            TransactionStatus::Idle => *status = TransactionManagerStatus::default(),
            TransactionStatus::InTransaction if failed => {
                if !matches!(status.transaction_depth(), Ok(Some(_))) {
                    status.set_in_error();
                }
            }
            TransactionStatus::InTransaction => status.set_requires_rollback_maybe_up_to_top_level(false),
        }
        if failed {
            // A message that could not be made leaves its beginning there.
            self.wire.out.clear();
            self.ahead = Ahead::default();
        }
        self.kept(done)
    }

    /// Keeps a failure for [`RemembersErrors`].
    fn kept<T>(&mut self, done: Result<T>) -> QueryResult<T> {
        done.map_err(|error| {
            let message = error.message.clone();
            self.failure.get_or_insert(error);
            Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message))
        })
    }
}

/// A statement whose answer is waited for together with those of others.
struct Asked {
    /// Its position among all.
    at: usize,
    key: StatementKey,
    may_be_named: bool,
    /// Whether its columns were known when it was sent.
    is_described: bool,
    statement: PreparedStatement,
}

/// What is wanted of a statement's answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerForm {
    /// The rows, whose columns have to be described.
    Rows,
    /// Nothing but that it was done.
    Nothing,
}

/// Statements that were sent ahead, in their order: each is answered before the one behind it.
#[derive(Default)]
struct Ahead(VecDeque<AheadStatement>);

/// One of them.
#[derive(Default)]
struct AheadStatement {
    /// What it does, for an error.
    what: String,
    /// How many rows it has to touch, if that is known.
    rows: Option<usize>,
    /// The prepared statement that the server is to take in with it.
    unconfirmed: Option<StatementKey>,
}

impl Ahead {
    fn push(&mut self, statement: AheadStatement) {
        self.0.push_back(statement);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn first(&self) -> Option<&AheadStatement> {
        self.0.front()
    }

    /// Those that are not answered, because one of them has failed.
    fn drain(&mut self) -> impl Iterator<Item = AheadStatement> {
        self.0.drain(..)
    }

    /// Takes a part of the answer to the first one.
    ///
    /// # Errors
    /// It has touched another number of rows than it has to.
    fn take(&mut self, message: &Message) -> Result<()> {
        match message {
            Message::ParseComplete => {
                if let Some(first) = self.0.front_mut() {
                    first.unconfirmed = None;
                }
            }
            Message::CommandComplete(_) => {
                let Some(AheadStatement { what, rows, .. }) = self.0.pop_front() else { return Ok(()) };
                return all_touched(Dialect::Postgres, &what, rows, rows_of(message));
            }
            _ => {}
        }
        Ok(())
    }
}

/// A statement as Diesel has it: its text with the types of its parameters, the parameters, and whether the server may
/// keep it by a name.
fn described<T>(source: &T) -> QueryResult<(StatementKey, Binds, bool)>
where
    T: QueryFragment<Pg> + QueryId,
{
    let mut builder = PgQueryBuilder::default();
    source.to_sql(&mut builder, &Pg)?;
    let mut binds = RawBytesBindCollector::<Pg>::new();
    source.collect_binds(&mut binds, &mut BuiltInTypes, &Pg)?;
    let types: std::result::Result<Vec<u32>, _> = binds.metadata.iter().map(PgTypeMetadata::oid).collect();
    let types = types.map_err(|error| Error::SerializationError(Box::new(error)))?;
    Ok(((builder.finish(), types), binds.binds, source.is_safe_to_cache_prepared(&Pg)?))
}

/// Parameters and results all travel in their binary form.
fn bind(statement: &str, binds: &[Option<Vec<u8>>], out: &mut bytes::BytesMut) -> Result<()> {
    let push = |value: &Option<Vec<u8>>, out: &mut bytes::BytesMut| {
        Ok(match value {
            Some(value) => {
                out.extend_from_slice(value);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    };
    frontend::bind("", statement, [1], binds, push, [1], out).map_err(|error| match error {
        BindError::Conversion(error) => unsendable(error),
        BindError::Serialization(error) => unsendable(error),
    })
}

/// How many rows a statement has touched, which the end of its tag says.
fn rows_of(message: &Message) -> usize {
    let Message::CommandComplete(said) = message else { return 0 };
    let tag = said.tag().unwrap_or_default();
    tag.rsplit(' ').next().and_then(|rows| rows.parse().ok()).unwrap_or(0)
}

/// Only types of PostgreSQL's own are bound, and Diesel knows their numbers.
struct BuiltInTypes;

impl PgMetadataLookup for BuiltInTypes {
    fn lookup_type(&mut self, name: &str, schema: Option<&str>) -> PgTypeMetadata {
        let key =
            PgMetadataCacheKey::new(schema.map(|schema| schema.to_owned().into()), name.to_owned().into());
        PgTypeMetadata::from_result(Err(FailedToLookupTypeError::new(key)))
    }
}

impl RemembersErrors for PostgresConnection {
    const ENGINE: Dialect = Dialect::Postgres;

    fn failure(&mut self) -> &mut Option<DatabaseError> {
        &mut self.failure
    }
}

impl ConnectionSealed for PostgresConnection {}

impl SimpleConnection for PostgresConnection {
    /// The beginning of a transaction travels with its first statement.
    fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        if sql.starts_with(BEGIN) && self.wire.status() == TransactionStatus::Idle {
            return self.say_ahead(sql, "a transaction begins");
        }
        let is_undone = sql.starts_with(ROLLBACK);
        let caught_up = self.catch_up();
        let done = if is_undone { Ok(()) } else { caught_up };
        let done = done.and_then(|()| frontend::query(sql, &mut self.wire.out).map_err(unsendable));
        let done = done.and_then(|()| self.wire.exchange(|_| Ok(())));
        self.settle(done)
    }
}

impl Connection for PostgresConnection {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    /// By a URL in the tool's own form; the session is as the server has made it.
    fn establish(url: &str) -> ConnectionResult<Self> {
        let failed = |error: &dyn ToString| ConnectionError::BadConnection(error.to_string());
        match DatabaseTarget::parse(url).map_err(|error| failed(&error))? {
            DatabaseTarget::Postgres(target) => Self::open(&target).map_err(|error| failed(&error)),
            _ => Err(failed(&"not the URL of a PostgreSQL database")),
        }
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        let mut touched = 0;
        self.run(source, |_, message| {
            touched += rows_of(&message);
            Ok(())
        })?;
        Ok(touched)
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

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        let kept = self.prepared.take().unwrap_or_default();
        self.prepared = (size != CacheSize::Disabled).then_some(kept);
    }
}

impl LoadConnection for PostgresConnection {
    type Cursor<'conn, 'query> = std::vec::IntoIter<QueryResult<PostgresRow>>;
    type Row<'conn, 'query> = PostgresRow;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        let mut rows = Vec::new();
        self.run(&source, |columns, message| {
            if let Message::DataRow(row) = message {
                rows.push(Ok(PostgresRow::new(columns.clone(), row)?));
            }
            Ok(())
        })?;
        Ok(rows.into_iter())
    }
}

impl MigrationConnection for PostgresConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        self.batch_execute(CREATE_MIGRATIONS_TABLE).map(|()| 0)
    }
}

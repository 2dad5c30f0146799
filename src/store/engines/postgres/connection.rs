//! A connection to PostgreSQL for Diesel, over [`Wire`]. It takes what Diesel makes of a statement, keeps
//! what the server was given to prepare, and remembers what Diesel's errors have no place for: the SQLSTATE.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use diesel::connection::{
    AnsiTransactionManager, DynInstrumentation, TransactionManager as _, TransactionManagerStatus,
};
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error, QueryResult};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use super::ahead::{Ahead, AheadStatement};
use super::parameters::Parameters;
use super::prepared_statement::{PreparedStatement, StatementKey, bind, described, rows_of};
use super::row::ResultColumn;
use super::startup;
use super::wire::{TransactionStatus, Wire, unsendable};
use crate::store::engines::error::{DatabaseError, RemembersErrors, Result};
use crate::store::engines::target::PostgresTarget;
use crate::store::schema::dialect::Dialect;

/// A connection.
#[allow(missing_debug_implementations)]
pub struct PostgresConnection {
    pub(super) wire: Wire,
    pub(super) transaction: AnsiTransactionManager,
    pub(super) instrumentation: DynInstrumentation,
    /// What the server has prepared, by its text and the types of its parameters; none where no statement
    /// may have a name, since the next one may reach another session.
    pub(super) prepared: Option<HashMap<StatementKey, PreparedStatement>>,
    /// What was sent, or waits to be sent, and whose answers were not read yet.
    ahead: Ahead,
    /// How many statements were given a name.
    named: usize,
    /// Whether the next question takes the COMMIT of its transaction along.
    commits_with_question: bool,
    /// The first failure since [`RemembersErrors`] was asked last.
    failure: Option<DatabaseError>,
}

/// How a transaction begins.
pub(super) const BEGIN: &str = "BEGIN";

/// How one is taken back, or a part of it.
pub(super) const ROLLBACK: &str = "ROLLBACK";

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
    pub(super) fn say_ahead(&mut self, sql: &str, what: &str) -> QueryResult<()> {
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
    pub(super) fn catch_up(&mut self) -> Result<()> {
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
    pub(super) fn run<T>(
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
    pub(super) fn settle<T>(&mut self, done: Result<T>) -> QueryResult<T> {
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

impl RemembersErrors for PostgresConnection {
    const ENGINE: Dialect = Dialect::Postgres;

    fn failure(&mut self) -> &mut Option<DatabaseError> {
        &mut self.failure
    }
}

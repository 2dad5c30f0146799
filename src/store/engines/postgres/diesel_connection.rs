//! What Diesel wants of a connection.

use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, Instrumentation, LoadConnection,
    SimpleConnection,
};
use diesel::expression::QueryMetadata;
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::{ConnectionError, ConnectionResult, QueryResult};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use super::connection::{BEGIN, PostgresConnection, ROLLBACK};
use super::prepared_statement::rows_of;
use super::row::PostgresRow;
use super::wire::{TransactionStatus, unsendable};
use crate::store::engines::target::DatabaseTarget;

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

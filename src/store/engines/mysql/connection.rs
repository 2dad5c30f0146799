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
use mysql_async::{Conn, DriverError, Opts, OptsBuilder, Params, SslOpts, Value};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::runtime::Runtime;

use super::row::MysqlRow;
use crate::store::engines::error::{DatabaseError, ErrorCode, RemembersErrors, Result};
use crate::store::engines::target::{DatabaseTarget, MysqlTarget};
use crate::store::schema::dialect::Dialect;

/// A connection.
#[allow(missing_debug_implementations)]
pub(crate) struct MysqlConnection {
    connection: Conn,
    runtime: Runtime,
    transaction: AnsiTransactionManager,
    instrumentation: DynInstrumentation,
    failure: Option<DatabaseError>,
}

/// Statements that the server keeps for a session: more than the tool has.
const STATEMENTS: usize = 1024;

impl MysqlConnection {
    /// Connects.
    ///
    /// # Errors
    /// The server cannot be reached, or does not let in.
    pub(crate) fn open(target: &MysqlTarget) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| DatabaseError::other(Dialect::Mysql, error.to_string()))?;
        let connection = runtime.block_on(Conn::new(options(target)?)).map_err(error)?;
        Ok(Self {
            connection,
            runtime,
            transaction: AnsiTransactionManager::default(),
            instrumentation: DynInstrumentation::none(),
            failure: None,
        })
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
        let done = self.runtime.block_on(work(&mut self.connection, builder.finish(), params));
        self.settle(done)
    }

    /// Keeps a failure, and has Diesel know what it did to the transaction.
    fn settle<T>(&mut self, done: mysql_async::Result<T>) -> QueryResult<T> {
        done.map_err(|met| {
            let met = error(met);
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

/// How the driver reaches the server. Rows that an update finds as they should be count as touched, as they
/// do on the other engines.
pub(crate) fn options(target: &MysqlTarget) -> Result<Opts> {
    let refused = |error: &dyn ToString| DatabaseError::other(Dialect::Mysql, error.to_string());
    let options = Opts::from_url(&target.url).map_err(|error| refused(&error))?;
    let mut tls = options.ssl_opts().cloned();
    if let Some(path) = &target.roots {
        let roots = roots(path).map_err(|error| refused(&format!("{path}: {error}")))?;
        let checked = |tls: SslOpts| {
            tls.with_root_certs(roots.into_iter().map(Into::into).collect()).with_disable_built_in_roots(true)
        };
        tls = tls.map(checked);
    }
    let builder = OptsBuilder::from_opts(options).ssl_opts(tls);
    Ok(builder.client_found_rows(true).stmt_cache_size(STATEMENTS).into())
}

/// The authorities of a file. One that rustls does not understand is left out; the driver would refuse them all.
fn roots(path: &str) -> std::result::Result<Vec<Vec<u8>>, rustls::pki_types::pem::Error> {
    let given: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect)?;
    let is_understood =
        |certificate: &CertificateDer<'static>| RootCertStore::empty().add(certificate.clone()).is_ok();
    let understood = given.into_iter().filter(is_understood);
    Ok(understood.map(|certificate| certificate.to_vec()).collect())
}

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

/// What the driver says, by the number that the server gave, else by the driver's own kind: without a
/// connection the same may well succeed on another one.
fn error(error: mysql_async::Error) -> DatabaseError {
    match error {
        mysql_async::Error::Server(error) => {
            DatabaseError::numbered(Dialect::Mysql, ErrorCode::Mysql(error.code), error.message)
        }
        mysql_async::Error::Io(mysql_async::IoError::Io(error)) => {
            DatabaseError::lost(Dialect::Mysql, error.to_string())
        }
        mysql_async::Error::Driver(
            DriverError::ConnectionClosed | DriverError::PoolDisconnected | DriverError::PacketOutOfOrder,
        ) => DatabaseError::lost(Dialect::Mysql, error.to_string()),
        other => DatabaseError::other(Dialect::Mysql, other.to_string()),
    }
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
    fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        let done = self.runtime.block_on(self.connection.query_drop(sql));
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
            DatabaseTarget::Mysql(target) => Self::open(&target).map_err(|error| failed(&error)),
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
        let rows: Vec<QueryResult<MysqlRow>> = rows.into_iter().map(|row| Ok(MysqlRow(row))).collect();
        Ok(rows.into_iter())
    }
}

impl MigrationConnection for MysqlConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        self.batch_execute(CREATE_MIGRATIONS_TABLE).map(|()| 0)
    }
}

//! The driver mysql_async: how it reaches a host, and what its errors mean.

use std::time::Duration;

use mysql_async::{Conn, DriverError, Opts, OptsBuilder, SslOpts};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::runtime::Runtime;
use url::Url;

use crate::store::engines::error::{DatabaseError, ErrorCode, Result};
use crate::store::engines::mysql::uploads::Uploads;
use crate::store::engines::server_url::GONE_AFTER;
use crate::store::engines::target::MysqlTarget;
use crate::store::schema::dialect::Dialect;

/// Statements that the server keeps for a session: more than the tool has.
const STATEMENTS: usize = 1024;

/// What the first of a target's hosts gives with which an attempt succeeds.
///
/// # Errors
/// What was met at each of them.
pub(crate) fn first_host<T>(target: &MysqlTarget, mut attempt: impl FnMut(&Url) -> Result<T>) -> Result<T> {
    let mut failed = Vec::new();
    for url in &target.urls {
        match attempt(url) {
            Ok(done) => return Ok(done),
            Err(error) => failed.push((place(url), error)),
        }
    }
    Err(DatabaseError::of_hosts(Dialect::Mysql, failed))
}

fn place(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or("localhost"), url.port().unwrap_or(3306))
}

/// Connects to a host. One that takes a connection in and then says nothing is given up after a while.
///
/// # Errors
/// It cannot be reached, or does not let in.
pub(crate) fn connect(runtime: &Runtime, target: &MysqlTarget, url: &Url) -> Result<Conn> {
    connect_with(runtime, target, url, Uploads::default())
}

/// The same, with rows for which the server may ask.
///
/// # Errors
/// Those of [`connect`].
pub(super) fn connect_with(
    runtime: &Runtime,
    target: &MysqlTarget,
    url: &Url,
    uploads: Uploads,
) -> Result<Conn> {
    let options = options(target, url, uploads)?;
    let seconds = target.connect_timeout;
    let connecting = async {
        if seconds == 0 {
            return Ok(Conn::new(options).await);
        }
        tokio::time::timeout(Duration::from_secs(seconds), Conn::new(options)).await
    };
    match runtime.block_on(connecting) {
        Ok(connected) => connected.map_err(error),
        Err(_) => Err(DatabaseError::lost(Dialect::Mysql, format!("no answer within {seconds} s"))),
    }
}

/// How the driver reaches the server. Rows that an update finds as they should be count as touched, as they
/// do on the other engines.
fn options(target: &MysqlTarget, url: &Url, uploads: Uploads) -> Result<Opts> {
    let refused = |error: &dyn ToString| DatabaseError::other(Dialect::Mysql, error.to_string());
    let options = Opts::from_url(url.as_str()).map_err(|error| refused(&error))?;
    let mut tls = options.ssl_opts().cloned();
    if let Some(path) = &target.roots {
        let roots = roots(path).map_err(|error| refused(&format!("{path}: {error}")))?;
        let checked = |tls: SslOpts| {
            tls.with_root_certs(roots.into_iter().map(Into::into).collect()).with_disable_built_in_roots(true)
        };
        tls = tls.map(checked);
    }
    let keepalive = (target.urls.len() > 1).then_some(GONE_AFTER.as_millis() as u32);
    let builder = OptsBuilder::from_opts(options).ssl_opts(tls).tcp_keepalive(keepalive);
    let builder = builder.local_infile_handler(Some(uploads));
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

/// What the driver says, by the number that the server gave, else by the driver's own kind: without a
/// connection the same may well succeed on another one.
pub(super) fn error(error: mysql_async::Error) -> DatabaseError {
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

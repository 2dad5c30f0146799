//! Connects to the engine that a target names.

use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::engine::Engine;
use crate::store::engines::target::{DatabaseTarget, MysqlTarget};

/// Connects to a database.
///
/// # Errors
/// Exit code 7 when the database cannot be reached, or when this build does not include its engine.
pub(crate) fn connect(target: &DatabaseTarget, mode: DatabaseUse) -> anyhow::Result<Box<dyn Engine>> {
    match target {
        DatabaseTarget::Sqlite(path) => {
            Ok(Box::new(crate::store::engines::sqlite::Sqlite::open(path, mode)?))
        }
        #[cfg(feature = "postgres")]
        DatabaseTarget::Postgres(target) => {
            Ok(Box::new(crate::store::engines::postgres::Postgres::open(target, mode)?))
        }
        #[cfg(feature = "mysql")]
        DatabaseTarget::Mysql(target) => {
            Ok(Box::new(crate::store::engines::mysql::Mysql::open(target, mode)?))
        }
        #[cfg(not(all(feature = "postgres", feature = "mysql")))]
        _ => Err(crate::failure::Failure::database(crate::language::tr!(
            "this build of the tool does not include that database engine; build it with the engine's feature"
        ))),
    }
}

/// A target at the one of its hosts that a session would be opened at, for programs that know of one.
///
/// # Errors
/// Exit code 7 when none can be reached.
pub(crate) fn at_one_host(target: &MysqlTarget) -> anyhow::Result<MysqlTarget> {
    #[cfg(feature = "mysql")]
    if target.urls.len() > 1 {
        let host = crate::store::engines::mysql::session::ready_host(target)?;
        return Ok(MysqlTarget { urls: vec![host], ..target.clone() });
    }
    Ok(target.clone())
}

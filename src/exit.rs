//! The exit code of an error that ends a command.

use crate::failure::{ExitCode, Failure};
use crate::store::engines::transient::transient;
use crate::store::engines::unwritable::unwritable;

/// The exit code of an error: its own, or the one of what caused it. A connection that was lost where
/// nobody tries again, a lock that was not free or a full disk is a database that is not available.
pub fn of_error(error: &anyhow::Error) -> ExitCode {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.code;
        }
        if cause.is::<diesel::ConnectionError>() {
            return ExitCode::Database;
        }
    }
    if transient(error) || unwritable(error) { ExitCode::Database } else { ExitCode::Unexpected }
}

//! The exit code of an error that ends a command.

use crate::failure::{ExitCode, Failure};
use crate::store::engines::transient::transient;
use crate::store::engines::unwritable::unwritable;

/// The exit code of an error: its own, or that of the failure which caused it. A lost connection where
/// nothing is tried again, a busy database and a full disk all count as a database that is unavailable.
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

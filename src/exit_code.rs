//! The exit codes, few and frozen, and the error that carries one.

use std::fmt;

use crate::store::{transient, unwritable};

/// How a command ended. Scripts rely on these numbers; they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything was done.
    Done = 0,
    /// A failure that nobody foresaw.
    Unexpected = 1,
    /// The command line is wrong (clap's own code too).
    Usage = 2,
    /// Done, but rows were rejected or held.
    RowsLeft = 3,
    /// A verification or a control total failed.
    VerificationFailed = 4,
    /// Refused: somebody else at work, another import interrupted, too many rejects, a rollback's conflict,
    /// `--yes` missing, an output folder that cannot be written, a backup's program missing.
    Refused = 5,
    /// The input cannot be used.
    InputUnusable = 6,
    /// The database is unavailable, busy, full, read-only or not compatible, or refuses too many rows.
    Database = 7,
    /// Stopped between two batches by SIGINT; the same command goes on.
    Interrupted = 130,
    /// Stopped between two batches by SIGTERM or SIGHUP; the same command goes on.
    Terminated = 143,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code as u8)
    }
}

/// An error whose exit code is known where it arises; its message is one line, with what to do next.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: ExitCode,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// An error with its exit code.
    pub fn with(code: ExitCode, message: impl Into<String>) -> anyhow::Error {
        let message = message.into();
        anyhow::Error::new(Self { code, message })
    }
    /// The command line is wrong in a way that clap cannot see.
    pub fn usage(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::Usage, message)
    }
    /// The input cannot be used.
    pub fn input(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::InputUnusable, message)
    }
    /// Refused for safety.
    pub fn refused(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::Refused, message)
    }
    /// The database is unavailable or not compatible.
    pub fn database(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::Database, message)
    }
}

/// The exit code of an error: its own, or the one of what caused it. A connection that was lost where
/// nobody tries again, a lock that was not free or a full disk is a database that is not available.
pub fn of_error(error: &anyhow::Error) -> ExitCode {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.code;
        }
    }
    if transient(error) || unwritable(error) { ExitCode::Database } else { ExitCode::Unexpected }
}

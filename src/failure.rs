//! The exit codes, which scripts rely on, and the error that carries one.

use std::fmt;

use crate::language::tr;

/// How a command ended. Scripts rely on the numbers, so they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything was done.
    Done = 0,
    /// An error that no other code stands for, or a bug.
    Unexpected = 1,
    /// The command line is wrong; clap uses the same code.
    Usage = 2,
    /// Done, but rows were rejected or held.
    RowsLeft = 3,
    /// A verification or a control total failed.
    VerificationFailed = 4,
    /// Refused: another command holds the lock, another import was interrupted, there are too many rejects or a
    /// conflict of a rollback, `--yes` is missing, an output folder or a log file cannot be written, or the program
    /// that makes a backup is missing.
    Refused = 5,
    /// The input cannot be used.
    InputUnusable = 6,
    /// The database is unavailable, busy, full, read-only or not compatible, or refuses too many rows.
    Database = 7,
    /// Stopped between two batches by SIGINT; the same command goes on from there.
    Interrupted = 130,
    /// Stopped between two batches by SIGTERM or SIGHUP; the same command goes on from there.
    Terminated = 143,
}

impl ExitCode {
    /// Every code, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::RowsLeft,
        Self::VerificationFailed,
        Self::Refused,
        Self::InputUnusable,
        Self::Database,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The code of a number with which a command of the tool has ended.
    pub(crate) fn of_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| *code as i32 == number)
    }

    /// What the code says, in the language that is spoken: the one sentence of it, in the help and in the documents.
    pub fn meaning(self) -> &'static str {
        match self {
            ExitCode::Done => tr!("done"),
            ExitCode::Unexpected => tr!("an unexpected failure, or a result that could not be printed"),
            ExitCode::Usage => tr!("usage: words, an option or the configuration cannot be followed"),
            ExitCode::RowsLeft => tr!("done, but rows were held or rejected"),
            ExitCode::VerificationFailed => {
                tr!("a check or control totals failed, or something could not be checked")
            }
            ExitCode::Refused => tr!("refused, for safety or since a file cannot be written"),
            ExitCode::InputUnusable => tr!("a file that was given cannot be used"),
            ExitCode::Database => {
                tr!("the database is unavailable, busy, full, read-only or not compatible")
            }
            ExitCode::Interrupted => {
                tr!("ended by SIGINT (Ctrl-C) between two batches; the same command goes on")
            }
            ExitCode::Terminated => {
                tr!("ended by SIGTERM or SIGHUP between two batches; it goes on likewise")
            }
        }
    }

    /// The code in a word, as documents, metrics and notifications have it.
    pub fn word(self) -> &'static str {
        match self {
            ExitCode::Done => "done",
            ExitCode::Unexpected => "unexpected",
            ExitCode::Usage => "usage",
            ExitCode::RowsLeft => "rows-left",
            ExitCode::VerificationFailed => "verification-failed",
            ExitCode::Refused => "refused",
            ExitCode::InputUnusable => "input-unusable",
            ExitCode::Database => "database",
            ExitCode::Interrupted => "interrupted",
            ExitCode::Terminated => "terminated",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code as u8)
    }
}

/// An error whose exit code is known where it arises. Its message is one line, and says what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: ExitCode,
    message: String,
    /// Whether a file is clearly none that the tool reads.
    foreign_file: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// An error with its exit code.
    pub(crate) fn with(code: ExitCode, message: impl Into<String>) -> anyhow::Error {
        let message = message.into();
        anyhow::Error::new(Self { code, message, foreign_file: false })
    }
    /// An error of the command line that clap cannot see: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::Usage, message)
    }
    /// An input that cannot be used: exit code 6.
    pub(crate) fn input(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::InputUnusable, message)
    }
    /// A file that is clearly none that the tool reads: exit code 6 where it was named, while one in a folder is
    /// passed over.
    pub(crate) fn foreign_file(message: impl Into<String>) -> anyhow::Error {
        let (code, message) = (ExitCode::InputUnusable, message.into());
        anyhow::Error::new(Self { code, message, foreign_file: true })
    }
    /// What is wrong with a file, after the file's name.
    pub(crate) fn in_file(shown: impl fmt::Display, error: &anyhow::Error) -> anyhow::Error {
        let message = format!("{shown}: {error}");
        if Self::is_foreign_file(error) { Self::foreign_file(message) } else { Self::input(message) }
    }
    /// Whether an error says that a file is clearly none that the tool reads.
    pub(crate) fn is_foreign_file(error: &anyhow::Error) -> bool {
        error.downcast_ref::<Self>().is_some_and(|failure| failure.foreign_file)
    }
    /// A refusal, for safety: exit code 5.
    pub(crate) fn refused(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::Refused, message)
    }
    /// A database that is unavailable or not compatible: exit code 7.
    pub(crate) fn database(message: impl Into<String>) -> anyhow::Error {
        Self::with(ExitCode::Database, message)
    }
}

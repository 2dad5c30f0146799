//! What a database says when it fails, and what that means for the work: one table from the numbers
//! of the three engines. Words are not looked at, since a server says them in its own language.

use std::fmt;

use diesel::{QueryResult, migration};

use crate::store::schema::dialect::Dialect;

/// What the functions of an engine return.
pub type Result<T> = std::result::Result<T, DatabaseError>;

/// The failure of a database, its driver or the connection to it.
#[derive(Clone, Debug)]
pub struct DatabaseError {
    /// The engine.
    pub engine: Dialect,
    /// The number that the engine, or its driver, has given.
    pub code: ErrorCode,
    /// What it means.
    pub kind: ErrorKind,
    /// The engine's own words; they may quote a value.
    pub message: String,
}

/// The number of a failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// PostgreSQL's: five letters or digits, of which the first two name a class.
    Sqlstate([u8; 5]),
    /// MySQL's and MariaDB's.
    Mysql(u16),
    /// SQLite's primary result code.
    Sqlite(i32),
    /// The driver failed, or what it says has no number.
    None,
}

/// What a failure means for the work that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It goes away by itself: the same work, done again, may well succeed.
    Transient,
    /// The database takes nothing more: its disk is full, it may only be read, a right is missing.
    Unwritable,
    /// The content of a row is the reason.
    Row,
    /// Anything else.
    Other,
}

/// Whether a statement has touched as many rows as it had to, where that is known.
///
/// # Errors
/// Rows that have to be there are gone.
pub(super) fn all_touched(engine: Dialect, what: &str, rows: Option<usize>, touched: usize) -> Result<()> {
    match rows.filter(|rows| *rows != touched) {
        None => Ok(()),
        Some(rows) => {
            let gone = rows.saturating_sub(touched);
            Err(DatabaseError::other(engine, format!("{what}: {gone} of {rows} rows no longer exist")))
        }
    }
}

impl DatabaseError {
    /// The same, with what the database was doing before its words.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn during(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// What several hosts have said, each by its name; of one host alone it is the error itself.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn of_hosts(engine: Dialect, mut failed: Vec<(String, Self)>) -> Self {
        if failed.len() == 1 {
            return failed.remove(0).1;
        }
        let said: Vec<String> = failed.iter().map(|(host, error)| format!("{host}: {error}")).collect();
        Self::lost(engine, said.join("; "))
    }

    /// An error that the engine has numbered.
    pub fn numbered(engine: Dialect, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { engine, code, kind: code.kind(), message: message.into() }
    }

    /// The connection does not stand any more, or did not come about.
    pub fn lost(engine: Dialect, message: impl Into<String>) -> Self {
        Self { engine, code: ErrorCode::None, kind: ErrorKind::Transient, message: message.into() }
    }

    /// A failure on this side: a value that cannot be read, a statement that cannot be built.
    pub fn other(engine: Dialect, message: impl Into<String>) -> Self {
        Self { engine, code: ErrorCode::None, kind: ErrorKind::Other, message: message.into() }
    }

    /// What Diesel says of itself, not of the server: a transaction that is broken, since its connection
    /// was lost in it, or something that never passes.
    pub fn of_diesel(engine: Dialect, error: &diesel::result::Error) -> Self {
        let kind = match error {
            diesel::result::Error::BrokenTransactionManager => ErrorKind::Transient,
            _ => ErrorKind::Other,
        };
        Self { engine, code: ErrorCode::None, kind, message: error.to_string() }
    }

    /// Whether the same work, done again, may well succeed.
    pub fn is_transient(&self) -> bool {
        self.kind == ErrorKind::Transient
    }

    /// Whether the database, and not what was to be written, is the reason.
    pub fn is_unwritable(&self) -> bool {
        self.kind == ErrorKind::Unwritable
    }

    /// Whether the content of a row is the reason.
    pub fn blames_row(&self) -> bool {
        self.kind == ErrorKind::Row
    }
}

/// A connection of Diesel's that remembers what Diesel's errors have no place for.
pub trait RemembersErrors: Sized {
    /// The engine.
    const ENGINE: Dialect;

    /// The first failure that the driver has met since this was emptied.
    fn failure(&mut self) -> &mut Option<DatabaseError>;

    /// Does some work, and says of its failure what the driver has said. A commit that fails may have its
    /// rollback fail after it; the first failure is the reason.
    ///
    /// # Errors
    /// Those of the work.
    fn told<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> Result<T> {
        *self.failure() = None;
        work(self).map_err(|error| {
            let of_server = matches!(error, diesel::result::Error::DatabaseError(..));
            let of_commit = matches!(error, diesel::result::Error::RollbackErrorOnCommit { .. });
            let failure = self.failure().take().filter(|_| of_server || of_commit);
            failure.unwrap_or_else(|| DatabaseError::of_diesel(Self::ENGINE, &error))
        })
    }

    /// The same for the harness of the migrations, whose words name the object.
    ///
    /// # Errors
    /// Those of the work.
    fn migrated<T>(&mut self, work: impl FnOnce(&mut Self) -> migration::Result<T>) -> Result<T> {
        *self.failure() = None;
        work(self).map_err(|error| {
            let message = error.to_string();
            match self.failure().take() {
                Some(failure) => DatabaseError { message, ..failure },
                None => DatabaseError::other(Self::ENGINE, message),
            }
        })
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DatabaseError {}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorCode::Sqlstate(state) => write!(f, "Sqlstate({})", String::from_utf8_lossy(state)),
            ErrorCode::Mysql(number) => write!(f, "Mysql({number})"),
            ErrorCode::Sqlite(code) => write!(f, "Sqlite({code})"),
            ErrorCode::None => f.write_str("None"),
        }
    }
}

impl ErrorCode {
    /// The code of a SQLSTATE's text.
    pub fn sqlstate(text: &str) -> Self {
        text.as_bytes().try_into().map_or(ErrorCode::None, ErrorCode::Sqlstate)
    }

    /// What the number means.
    pub fn kind(self) -> ErrorKind {
        match self {
            ErrorCode::Sqlstate(state) => of_sqlstate(state),
            ErrorCode::Mysql(number) => of_mysql(number),
            ErrorCode::Sqlite(code) => of_sqlite(code),
            ErrorCode::None => ErrorKind::Other,
        }
    }
}

/// PostgreSQL's, from its manual's list "PostgreSQL Error Codes".
fn of_sqlstate(state: [u8; 5]) -> ErrorKind {
    let class = &state[..2];
    match &state {
        // A commit that was refused for a constraint.
        b"40002" => ErrorKind::Row,
        // A lock that was not free, a statement that was cancelled.
        b"55P03" | b"57014" => ErrorKind::Transient,
        // A server that stops, has crashed or starts; a session that idled for too long.
        b"57P01" | b"57P02" | b"57P03" | b"57P05" | b"25P03" | b"25P04" => ErrorKind::Transient,
        // Memory and connections come back; a full disk and a limit of the configuration do not.
        b"53000" | b"53200" | b"53300" => ErrorKind::Transient,
        // A transaction that may only read, a missing right, damaged data.
        b"25006" | b"42501" | b"XX001" | b"XX002" => ErrorKind::Unwritable,
        _ => match class {
            // The connection; a serialization failure, a deadlock.
            b"08" | b"40" => ErrorKind::Transient,
            // Resources; the system's own errors of files.
            b"53" | b"58" => ErrorKind::Unwritable,
            // A value that its type does not take; a constraint.
            b"22" | b"23" => ErrorKind::Row,
            _ => ErrorKind::Other,
        },
    }
}

/// MySQL's and MariaDB's, from their references' lists of server and client error codes.
fn of_mysql(number: u16) -> ErrorKind {
    match number {
        // Deadlock, lock wait; MariaDB: the row has changed since it was read; a lock that is not waited for.
        1213 | 1205 | 1020 | 3572 => ErrorKind::Transient,
        // Too many connections, of all or of a user; too many transactions; the table of locks is full.
        1040 | 1203 | 1226 | 1637 | 1206 => ErrorKind::Transient,
        // The server stops; a session was killed, or idled for too long.
        1053 | 1927 | 4031 => ErrorKind::Transient,
        // A statement was interrupted, or took longer than MySQL or MariaDB allows.
        1317 | 3024 | 1969 => ErrorKind::Transient,
        // A node of a cluster that does not take part at the moment, or stopped to while it committed; a transaction
        // that the others refused.
        1047 | 1180 | 3101 => ErrorKind::Transient,
        // The network, seen by the server or by the client.
        1152..=1154 | 1158..=1161 | 1184 | 2002 | 2003 | 2006 | 2013 | 2055 => ErrorKind::Transient,
        // Disk full, table full; a file that cannot be written; the storage engine's own error.
        1021 | 1114 | 1003 | 1026 | 1030 => ErrorKind::Unwritable,
        // Only to be read: by an option, the server as a whole, a table, the transaction.
        1290 | 1836 | 1036 | 1792 => ErrorKind::Unwritable,
        // No right to the database, a command, a column; none to log in; another privilege.
        1044 | 1142 | 1143 | 1045 | 1227 => ErrorKind::Unwritable,
        // Damaged tables.
        1034 | 1035 | 1194 | 1195 => ErrorKind::Unwritable,
        // A key that is there already.
        1022 | 1062 | 1169 | 1557 | 1586 | 1859 => ErrorKind::Row,
        // A row that points nowhere, or is pointed at.
        1216 | 1217 | 1451 | 1452 | 1761 | 1762 => ErrorKind::Row,
        // NULL, no value, a check of MySQL's or MariaDB's.
        1048 | 1263 | 1364 | 3819 | 4025 => ErrorKind::Row,
        // Too long, out of range, cut, not of the type; a letter that the column does not know; no JSON.
        1264 | 1265 | 1292 | 1366 | 1367 | 1406 | 1411 | 1690 | 3140 | 3854 | 1977 | 4037..=4039 => {
            ErrorKind::Row
        }
        _ => ErrorKind::Other,
    }
}

/// SQLite's primary result codes.
fn of_sqlite(code: i32) -> ErrorKind {
    match code {
        // BUSY, LOCKED, PROTOCOL (a race for the lock of a WAL file).
        5 | 6 | 15 => ErrorKind::Transient,
        // PERM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB.
        3 | 8 | 10 | 11 | 13 | 14 | 26 => ErrorKind::Unwritable,
        // TOOBIG, CONSTRAINT, MISMATCH.
        18..=20 => ErrorKind::Row,
        _ => ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlstate_says_what_becomes_of_the_work() {
        for (kind, states) in [
            (
                ErrorKind::Transient,
                "40001 40P01 55P03 57014 57P01 57P02 57P03 08000 08006 08P01 53200 53300 25P03",
            ),
            (ErrorKind::Unwritable, "53100 53400 25006 42501 58030 XX001"),
            (ErrorKind::Row, "22001 22003 22021 22P02 23502 23503 23505 23514 23P01 40002"),
            (ErrorKind::Other, "42P01 42703 57P04 25P02 0A000 28P01 3D000 XX000 P0001"),
        ] {
            for state in states.split(' ') {
                assert_eq!(ErrorCode::sqlstate(state).kind(), kind, "{state}");
            }
        }
        assert_eq!(ErrorCode::sqlstate("4000"), ErrorCode::None);
    }

    #[test]
    fn a_number_of_mysqls_says_what_becomes_of_the_work() {
        for (kind, numbers) in [
            (
                ErrorKind::Transient,
                [1205, 1213, 1040, 1053, 2006, 2013, 3024, 1969, 1317, 1927, 1047, 1180, 1020].as_slice(),
            ),
            (ErrorKind::Unwritable, &[1290, 1836, 1114, 1021, 1142, 1044, 1792]),
            (ErrorKind::Row, &[1062, 1452, 1451, 1048, 1364, 1406, 1264, 1366, 1292, 3819, 4025]),
            (ErrorKind::Other, &[1064, 1146, 1054, 1644]),
        ] {
            for number in numbers {
                assert_eq!(ErrorCode::Mysql(*number).kind(), kind, "{number}");
            }
        }
    }

    #[test]
    fn a_result_code_of_sqlites_says_what_becomes_of_the_work() {
        for (kind, codes) in [
            (ErrorKind::Transient, [5, 6].as_slice()),
            (ErrorKind::Unwritable, &[8, 10, 11, 13, 14, 26]),
            (ErrorKind::Row, &[18, 19, 20]),
            (ErrorKind::Other, &[1, 9, 17, 21]),
        ] {
            for code in codes {
                assert_eq!(ErrorCode::Sqlite(*code).kind(), kind, "{code}");
            }
        }
    }

    #[test]
    fn a_lost_connection_passes_and_a_broken_transaction_is_one() {
        let of = |error| DatabaseError::of_diesel(Dialect::Postgres, error);
        assert!(DatabaseError::lost(Dialect::Mysql, "gone").is_transient());
        assert!(of(&diesel::result::Error::BrokenTransactionManager).is_transient());
        assert_eq!(of(&diesel::result::Error::NotFound).kind, ErrorKind::Other);
    }
}

//! The result codes of SQLite. Diesel keeps the library's words and drops its number, so the number is
//! found by the words: they are the constants of `sqlite3_errstr`, in no other language, and compared
//! as a whole, so that no value that an error quotes is taken for one.

use diesel::result::{DatabaseErrorKind, Error};

use crate::store::engines::error::{DatabaseError, ErrorCode};
use crate::store::schema::dialect::Dialect;

/// What the library says for a code that means something for the work.
const WORDS: [(i32, &str); 14] = [
    (3, "access permission denied"),
    (5, "database is locked"),
    (6, "database table is locked"),
    (8, "attempt to write a readonly database"),
    (10, "disk I/O error"),
    (11, "database disk image is malformed"),
    (13, "database or disk is full"),
    (14, "unable to open database file"),
    (15, "locking protocol"),
    (18, "string or blob too big"),
    (19, CONSTRAINT),
    (20, "datatype mismatch"),
    (26, "file is not a database"),
    (6, "database schema is locked"),
];

/// What the name of a constraint may stand before.
const CONSTRAINT: &str = "constraint failed";

/// SQLite's error out of Diesel's.
pub(super) fn error(error: Error) -> DatabaseError {
    match error {
        Error::DatabaseError(kind, details) => {
            let message = details.message();
            DatabaseError::numbered(Dialect::Sqlite, code(kind, message), message)
        }
        // Why the commit failed decides: after a full disk there is nothing left to take back, either.
        Error::RollbackErrorOnCommit { commit_error, .. } => self::error(*commit_error),
        other => DatabaseError::of_diesel(Dialect::Sqlite, &other),
    }
}

/// The error of a migration, whose words name the object.
pub(super) fn of_migration(error: Box<dyn std::error::Error + Send + Sync>) -> DatabaseError {
    match error.downcast::<Error>() {
        Ok(error) => self::error(*error),
        Err(other) => DatabaseError::other(Dialect::Sqlite, other.to_string()),
    }
}

fn code(kind: DatabaseErrorKind, message: &str) -> ErrorCode {
    use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation};
    if matches!(kind, UniqueViolation | ForeignKeyViolation | NotNullViolation | CheckViolation) {
        return ErrorCode::Sqlite(19);
    }
    // A lock names its table behind a colon.
    let words = message.split(": ").next().unwrap_or_default();
    let known = WORDS.iter().find(|(_, known)| *known == words);
    // So does a constraint of a kind that Diesel does not know, before the words.
    let refused = words.ends_with(CONSTRAINT) || words.starts_with("cannot store ");
    match known {
        Some((code, _)) => ErrorCode::Sqlite(*code),
        None if refused => ErrorCode::Sqlite(19),
        None => ErrorCode::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engines::error::ErrorKind;

    fn of(kind: DatabaseErrorKind, message: &str) -> DatabaseError {
        error(Error::DatabaseError(kind, Box::new(message.to_owned())))
    }

    #[test]
    fn the_librarys_words_stand_for_its_codes() {
        let unknown = |message| of(DatabaseErrorKind::Unknown, message).code;
        assert_eq!(unknown("database is locked"), ErrorCode::Sqlite(5));
        assert_eq!(unknown("database table is locked: User"), ErrorCode::Sqlite(6));
        assert_eq!(unknown("attempt to write a readonly database"), ErrorCode::Sqlite(8));
        assert_eq!(unknown("no such table: database is locked"), ErrorCode::None);
        let refused = of(DatabaseErrorKind::UniqueViolation, "UNIQUE constraint failed: User.id");
        assert!(refused.blames_row());
    }

    #[test]
    fn the_reason_of_a_failed_commit_decides() {
        let full =
            Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new("database or disk is full".to_owned()));
        let nothing_left = Box::new(Error::NotInTransaction);
        let failed =
            Error::RollbackErrorOnCommit { rollback_error: nothing_left, commit_error: Box::new(full) };
        assert_eq!(error(failed).kind, ErrorKind::Unwritable);
    }

    /// The words are those of the library that is built in.
    #[test]
    fn a_file_that_may_only_be_read_says_so() {
        use diesel::connection::SimpleConnection as _;
        use diesel::{Connection as _, SqliteConnection};
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let only_read = "CREATE TABLE t (a); PRAGMA query_only = 1;";
        connection.batch_execute(only_read).unwrap();
        let refused = connection.batch_execute("INSERT INTO t VALUES (1)").unwrap_err();
        assert_eq!(error(refused).kind, ErrorKind::Unwritable);
    }
}

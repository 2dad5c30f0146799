//! Which errors go away by themselves: the same work, done again, may well succeed.

use diesel::result::{DatabaseErrorKind, Error};

/// A row that was planned against is another one by now: the app has changed it in between. The work
/// is done again, by what stands there then.
#[derive(Debug, thiserror::Error)]
#[error("{table} {id} was changed by somebody else meanwhile")]
pub struct Stale {
    /// Its table.
    pub table: &'static str,
    /// Its id.
    pub id: String,
}

/// What the engines say, in lower case, where Diesel has no kind for it.
const SIGNS: [&str; 24] = [
    "deadlock",
    "lock timeout",
    "lock wait timeout",
    "could not obtain lock",
    "could not serialize access",
    "database is locked",
    "database table is locked",
    "lost connection",
    "gone away",
    "broken pipe",
    "connection reset",
    "connection closed",
    "connection aborted",
    "connection to the server is closed",
    "server closed the connection",
    "terminating connection",
    "connection was killed",
    "connection has been closed",
    "no connection to the server",
    "could not receive data",
    "could not send data",
    "unexpected eof",
    // mysql_async, of a connection that ended within a packet. SQLite's own is a "disk I/O error".
    "input/output error",
    "the database system is",
];

/// Whether work that failed with this error may be done again: a lock that was not free, a deadlock,
/// a row that the app has changed meanwhile, a lost connection. After a lost connection [`crate::store::session::store::Store::reconnect`] comes first.
pub fn transient(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| match cause.downcast_ref::<Error>() {
        Some(error) => passes(error),
        None if cause.is::<Stale>() => true,
        None => cause.is::<std::io::Error>() && said(&cause.to_string()),
    })
}

fn passes(error: &Error) -> bool {
    match error {
        Error::BrokenTransactionManager => true,
        Error::DatabaseError(kind, details) => match kind {
            DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection => true,
            DatabaseErrorKind::Unknown | DatabaseErrorKind::UnableToSendCommand => said(details.message()),
            _ => false,
        },
        // Why the commit failed decides: after a full disk there is nothing left to take back, either.
        Error::RollbackErrorOnCommit { commit_error, .. } => passes(commit_error),
        _ => false,
    }
}

fn said(message: &str) -> bool {
    let message = message.to_lowercase();
    SIGNS.iter().any(|sign| message.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: DatabaseErrorKind, message: &str) -> anyhow::Error {
        anyhow::Error::new(Error::DatabaseError(kind, Box::new(message.to_owned()))).context("a batch")
    }

    #[test]
    fn what_goes_away_by_itself_is_told_from_what_stays() {
        for message in [
            "deadlock detected",
            "canceling statement due to lock timeout",
            "Lock wait timeout exceeded; try restarting transaction",
            "database is locked",
            "server closed the connection unexpectedly",
            "SSL error: unexpected eof while reading",
            "SSL SYSCALL error: EOF detected; SSL connection has been closed unexpectedly",
            "Input/output error: Input/output error: bytes remaining on stream",
        ] {
            assert!(transient(&of(DatabaseErrorKind::Unknown, message)), "{message}");
        }
        assert!(transient(&of(DatabaseErrorKind::SerializationFailure, "")));
        assert!(transient(&anyhow::Error::new(Error::BrokenTransactionManager)));
        assert!(transient(
            &anyhow::Error::new(Stale { table: "User", id: "u".to_owned() }).context("a batch")
        ));
        assert!(!transient(&of(DatabaseErrorKind::UniqueViolation, "deadlock@example.org")));
        assert!(!transient(&of(DatabaseErrorKind::Unknown, "disk full")));
        assert!(!transient(&of(DatabaseErrorKind::Unknown, "disk I/O error")));
        assert!(!transient(&anyhow::anyhow!("deadlock")));
    }
}

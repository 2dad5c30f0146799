//! Which errors mean that the database takes nothing more: a full disk, a file or a server that may
//! only be read, a user without the right. They do not pass by themselves, and no row is to blame.

use diesel::result::{DatabaseErrorKind, Error};

/// What the engines say, in lower case.
const SIGNS: [&str; 14] = [
    "disk is full",
    "disk full",
    "no space left on device",
    "could not extend file",
    "' is full",
    "disk i/o error",
    "readonly database",
    "read-only",
    "unable to open database file",
    "disk image is malformed",
    "permission denied",
    "must be owner",
    "command denied",
    "remaining connection slots",
];

/// Whether the database, and not what was to be written, is the reason.
pub fn unwritable(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<Error>().is_some_and(says_so))
}

fn says_so(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, details) => {
            let message = details.message().to_lowercase();
            SIGNS.iter().any(|sign| message.contains(sign))
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => says_so(commit_error),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: DatabaseErrorKind, message: &str) -> anyhow::Error {
        anyhow::Error::new(Error::DatabaseError(kind, Box::new(message.to_owned()))).context("a batch")
    }

    #[test]
    fn a_database_that_takes_nothing_more_is_told_from_a_row_that_it_refuses() {
        for message in [
            "database or disk is full",
            "attempt to write a readonly database",
            "could not extend file \"base/5/16384\": No space left on device",
            "The table 'Transaction' is full",
            "The MariaDB server is running with the --read-only option so it cannot execute this statement",
        ] {
            let error = of(DatabaseErrorKind::Unknown, message);
            assert!(unwritable(&error), "{message}");
            assert!(!crate::store::engines::transient::transient(&error), "{message}");
        }
        assert!(!unwritable(&of(DatabaseErrorKind::UniqueViolation, "disk is full")));
        assert!(!unwritable(&anyhow::anyhow!("disk is full")));
    }
}

//! Which errors mean that the database takes nothing more: a full disk, a file or a server that may
//! only be read, a user without the right. They do not pass by themselves, and no row is to blame.

use super::error::DatabaseError;

/// Whether the database, and not what was to be written, is the reason.
pub(crate) fn unwritable(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<DatabaseError>());
    causes.any(DatabaseError::is_unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engines::error::ErrorCode;
    use crate::store::schema::dialect::Dialect;

    #[test]
    fn a_database_that_takes_nothing_more_is_told_from_a_row_that_it_refuses() {
        let of = |code, message: &str| {
            anyhow::Error::new(DatabaseError::numbered(Dialect::Mysql, code, message)).context("a batch")
        };
        assert!(unwritable(&of(ErrorCode::Mysql(1114), "The table 'Transaction' is full")));
        assert!(!unwritable(&of(ErrorCode::Mysql(1062), "Duplicate entry 'disk is full'")));
        assert!(!unwritable(&anyhow::anyhow!("disk is full")));
    }
}

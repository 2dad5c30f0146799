//! Which errors go away by themselves: the same work, done again, may well succeed.

use super::error::DatabaseError;

/// A row that was planned against is another one by now: the app has changed it in between. The work
/// is done again, by what stands there then.
#[derive(Debug, thiserror::Error)]
#[error("{table} {id} was changed by somebody else meanwhile")]
pub(crate) struct StalePlan {
    /// Its table.
    pub table: &'static str,
    /// Its id.
    pub id: String,
}

/// Whether work that failed with this error may be done again: a lock that was not free, a deadlock,
/// a row that the app has changed meanwhile, a lost connection. After a lost connection [`crate::store::session::store::Store::reconnect`] comes first.
pub(crate) fn transient(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<StalePlan>()
            || cause.downcast_ref::<DatabaseError>().is_some_and(DatabaseError::is_transient)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engines::error::ErrorCode;
    use crate::store::schema::dialect::Dialect;

    #[test]
    fn what_goes_away_by_itself_is_told_from_what_stays() {
        let of = |state: &str| {
            let code = ErrorCode::sqlstate(state);
            anyhow::Error::new(DatabaseError::numbered(Dialect::Postgres, code, "deadlock"))
                .context("a batch")
        };
        assert!(transient(&of("40P01")));
        assert!(!transient(&of("23505")));
        assert!(transient(
            &anyhow::Error::new(StalePlan { table: "User", id: "u".to_owned() }).context("a batch")
        ));
        assert!(!transient(&anyhow::anyhow!("deadlock")));
    }
}

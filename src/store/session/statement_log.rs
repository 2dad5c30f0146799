//! Statements in the log, with their text and never with their parameters: those that were slow, and at the level of `trace`
//! every question.

use std::time::{Duration, Instant};

use crate::domain::text::excerpt;

/// A statement of a batch takes some milliseconds; one that takes this long has waited for a lock, or
/// lacks an index.
const SLOW: Duration = Duration::from_millis(500);
/// The most characters of a statement that are logged.
const TEXT_SHOWN: usize = 160;

/// Logs a question with its whole text, for whoever wants to know how the database goes about it.
pub(in crate::store) fn asked(sql: &str) {
    tracing::trace!(sql, "question asked");
}

/// Does some work of the engine, and logs it if it was slow; `text` is the SQL or the table.
pub(in crate::store) fn timed<T>(operation: &'static str, text: &str, work: impl FnOnce() -> T) -> T {
    timed_from(SLOW, operation, text, work)
}

fn timed_from<T>(slow: Duration, operation: &'static str, text: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    let elapsed = began.elapsed();
    if elapsed >= slow {
        let elapsed_ms = elapsed.as_millis() as u64;
        tracing::info!(operation, text = excerpt(text, TEXT_SHOWN), elapsed_ms, "slow statement");
    }
    done
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn only_a_slow_statement_is_logged() {
        let log = tempfile::NamedTempFile::new().expect("a file");
        let writer = Arc::new(File::options().append(true).open(log.path()).expect("the file"));
        let subscriber = tracing_subscriber::fmt().with_writer(writer).with_ansi(false).finish();
        tracing::subscriber::with_default(subscriber, || {
            assert_eq!(timed_from(Duration::MAX, "query", "SELECT 1", || 1), 1);
            timed_from(Duration::ZERO, "update", "UPDATE \"User\" SET \"name\" = ?", || ());
        });
        let logged = std::fs::read_to_string(log.path()).expect("the log");
        assert_eq!(logged.lines().count(), 1, "{logged}");
        assert!(logged.contains("operation=\"update\"") && logged.contains("elapsed_ms="), "{logged}");
    }
}

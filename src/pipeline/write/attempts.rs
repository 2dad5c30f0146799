//! What fails for a moment is tried again; what the database refuses for one row is narrowed down to
//! that row (L25). Both go on from the last checkpoint, as after a crash: there is one way to resume.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use crate::domain::redaction::redact_message;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::signals;
use crate::source::row_location::RowLocation;
use crate::store::engines::error::DatabaseError;
use crate::store::engines::transient::transient;
use crate::store::session::lock;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// The first wait; every further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// More rows that the database refuses mean that something else is wrong.
const MOST_REFUSED: usize = 20;

/// Counts the transient failures of a command.
#[derive(Debug)]
pub(crate) struct Attempts {
    retries: u32,
    failed: u32,
    commits: u64,
    reconnected: u64,
}

impl Attempts {
    /// Allows this many retries in a row without a commit in between.
    pub(crate) fn new(retries: u32) -> Self {
        Self { retries, failed: 0, commits: 0, reconnected: 0 }
    }

    /// Waits and reconnects for another attempt.
    ///
    /// # Errors
    /// The error itself if it is not transient; exit code 7 if the retries are used up.
    pub(crate) fn wait_and_reconnect(
        &mut self,
        store: &mut Store,
        error: anyhow::Error,
        progress: &mut dyn Progress,
    ) -> anyhow::Result<()> {
        if !transient(&error) {
            return Err(error);
        }
        if store.commits() > self.commits {
            self.failed = 0;
        }
        let mut why = in_one_line(&error);
        loop {
            self.failed += 1;
            if self.failed > self.retries {
                let tried = self.retries;
                return Err(Failure::database(tr!(
                    "{why}; given up after {tried} retries; the same command goes on from the last batch"
                )));
            }
            let wait = wait(self.failed);
            progress.say(&tr!(
                "{why}; trying again in {:.1} s ({} of {})",
                wait.as_secs_f64(),
                self.failed,
                self.retries
            ));
            let (attempt, wait_ms) = (self.failed, wait.as_millis() as u64);
            tracing::info!(attempt, retries = self.retries, wait_ms, error = why, "trying again");
            std::thread::sleep(wait);
            signals::check()?;
            match store.reconnect() {
                Ok(()) => break,
                Err(error) => why = in_one_line(&error),
            }
        }
        self.commits = store.commits();
        self.reconnected += 1;
        Ok(())
    }

    /// How often it has connected anew; each time it may have been to another server.
    pub(crate) fn reconnected(&self) -> u64 {
        self.reconnected
    }
}

/// An error with all of its causes in one line, personal data redacted.
fn in_one_line(error: &anyhow::Error) -> String {
    redact_message(&format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Repeats work as long as it fails with transient errors.
///
/// # Errors
/// An error that is not transient; exit code 7 if the retries are used up.
pub(crate) fn retry_transient<T>(
    store: &mut Store,
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
    mut work: impl FnMut(&mut Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    loop {
        match work(store) {
            Ok(done) => return Ok(done),
            Err(error) => attempts.wait_and_reconnect(store, error, progress)?,
        }
    }
}

/// Does work while holding the database's import lock.
///
/// # Errors
/// Exit code 5 if another command holds the lock, naming the holder; otherwise the error of the work.
pub(crate) fn with_lock<T>(
    store: &mut Store,
    claim: &LockClaim,
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
    work: impl FnOnce(&mut Store, &mut Attempts, &mut dyn Progress) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    retry_transient(store, attempts, progress, |store| lock::acquire(store, claim))?;
    let outcome = work(store, attempts, progress);
    let released = retry_transient(store, attempts, progress, lock::release);
    let done = outcome?;
    released?;
    Ok(done)
}

/// The wait before an attempt: twice as long each time, with jitter so that two commands do not retry in step.
fn wait(failed: u32) -> Duration {
    let full = FIRST_WAIT.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    let chance = RandomState::new().hash_one(failed) % 1000;
    full / 2 + full / 2 * u32::try_from(chance).unwrap_or(0) / 1000
}

/// A batch that failed, as the context of its error.
#[derive(Clone, Debug)]
pub(crate) struct FailedBatch {
    /// The kind that its rows are of.
    pub kind: SourceKind,
    /// The locations of its rows.
    pub locations: Vec<RowLocation>,
}

impl std::fmt::Display for FailedBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first = self.locations.first().map_or(0, |location| location.record);
        write!(f, "{}, {} records from record {first}", self.kind.name(), self.locations.len())
    }
}

/// Rows that the database has refused, and rows among which the next one is isolated.
#[derive(Debug, Default)]
pub(crate) struct RefusedRows {
    /// Kind, location and the database's message.
    pub rows: Vec<(SourceKind, RowLocation, String)>,
    /// A row that was refused alone once. It gets a second attempt, because the app may just have written the same
    /// data.
    alone: Option<(SourceKind, RowLocation)>,
    /// Rows that are written in smaller batches.
    suspects: Option<(SourceKind, Vec<RowLocation>)>,
}

impl RefusedRows {
    /// Halves the batches of the rows that failed, down to the one row that the database refuses (L25).
    ///
    /// # Errors
    /// The error itself if a row's content cannot cause it; exit code 7 if too many rows are refused.
    pub(crate) fn isolate(&mut self, error: anyhow::Error) -> anyhow::Result<()> {
        let (Some(batch), Some(why)) = (error.downcast_ref::<FailedBatch>(), refusal(&error)) else {
            return Err(error);
        };
        let (kind, locations) = (batch.kind, batch.locations.clone());
        tracing::info!(
            kind = kind.name(),
            rows = locations.len(),
            error = why,
            "batch refused by the database"
        );
        if self.rows.len() == MOST_REFUSED {
            return Err(Failure::database(tr!(
                "the database refuses more than {MOST_REFUSED} rows, so something else is wrong: {why} ({batch}); \
                 see `sejoli-migrate schema check`; the same command goes on from the last batch"
            )));
        }
        match locations.as_slice() {
            [] => return Err(error),
            [one] if self.alone == Some((kind, *one)) => {
                self.rows.push((kind, *one, why));
                self.suspects = None;
            }
            [one] => {
                self.alone = Some((kind, *one));
                self.suspects = Some((kind, vec![*one]));
            }
            several => self.suspects = Some((kind, several.to_vec())),
        }
        Ok(())
    }

    /// The maximum number of rows in a batch that begins at this location.
    pub(crate) fn batch_limit(&self, kind: SourceKind, location: RowLocation, usual: usize) -> usize {
        match &self.suspects {
            Some((suspected, locations)) if *suspected == kind && locations.contains(&location) => {
                (locations.len() / 2).max(1)
            }
            _ => usual,
        }
    }
}

/// The database's message, if the content of a row caused the error.
fn refusal(error: &anyhow::Error) -> Option<String> {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<DatabaseError>());
    causes.find(|error| error.blames_row()).map(|error| redact_message(&error.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engines::error::ErrorCode;
    use crate::store::schema::dialect::Dialect;

    /// SQLite's "constraint failed".
    const CONSTRAINT: i32 = 19;

    fn failed(code: i32, message: &str, rows: u64) -> anyhow::Error {
        let locations = (1..=rows)
            .map(|record| RowLocation { file: 0, more_lines: 0, record, line: record + 1 })
            .collect();
        anyhow::Error::new(DatabaseError::numbered(Dialect::Sqlite, ErrorCode::Sqlite(code), message))
            .context(FailedBatch { kind: SourceKind::Orders, locations })
    }

    #[test]
    fn a_refused_batch_is_halved_until_one_row_is_left() {
        let mut refused = RefusedRows::default();
        refused.isolate(failed(CONSTRAINT, "twice", 500)).unwrap();
        let first = RowLocation { file: 0, more_lines: 0, record: 1, line: 2 };
        assert_eq!(refused.batch_limit(SourceKind::Orders, first, 500), 250);
        assert_eq!(refused.batch_limit(SourceKind::Memberships, first, 500), 500);
        refused.isolate(failed(CONSTRAINT, "twice", 1)).unwrap();
        assert_eq!(refused.rows, [], "the app may have come first: another look is due");
        refused.isolate(failed(CONSTRAINT, "twice", 1)).unwrap();
        assert_eq!(refused.rows, [(SourceKind::Orders, first, "twice".to_owned())]);
        assert_eq!(refused.batch_limit(SourceKind::Orders, first, 500), 500);
    }

    #[test]
    fn a_full_disk_is_not_the_fault_of_a_row() {
        for (code, message) in [(13, "database or disk is full"), (8, "attempt to write a readonly database")]
        {
            let error = failed(code, message, 1);
            assert!(RefusedRows::default().isolate(error).is_err(), "{message}");
        }
        assert!(RefusedRows::default().isolate(anyhow::anyhow!("something else")).is_err());
    }

    #[test]
    fn an_engine_that_says_more_than_a_line_is_quoted_in_one() {
        let error =
            anyhow::anyhow!("server closed the connection\n\tThis means that it ended\n").context("a batch");
        assert_eq!(in_one_line(&error), "a batch: server closed the connection This means that it ended");
        let error = anyhow::anyhow!("Duplicate entry 'rina@example.org' for key 'one'");
        assert_eq!(in_one_line(&error), "Duplicate entry '***' for key 'one'");
    }

    #[test]
    fn more_refused_rows_than_a_few_are_the_databases_fault() {
        let mut refused = RefusedRows::default();
        let location = RowLocation { file: 0, more_lines: 0, record: 1, line: 2 };
        refused.rows = vec![(SourceKind::Orders, location, "twice".to_owned()); MOST_REFUSED];
        let error = refused.isolate(failed(CONSTRAINT, "twice", 1)).unwrap_err();
        let failure = error.downcast_ref::<Failure>().expect("a failure");
        assert_eq!(failure.code, crate::failure::ExitCode::Database);
        let said = error.to_string();
        assert!(said.contains("more than 20 rows") && said.contains("twice"), "{said}");
    }

    #[test]
    fn waits_grow_and_end() {
        assert!(wait(1) >= FIRST_WAIT / 2 && wait(1) <= FIRST_WAIT);
        assert!(wait(40) <= LONGEST_WAIT);
    }
}

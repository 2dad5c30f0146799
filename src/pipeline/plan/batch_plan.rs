//! The plan of a batch as a value: a planner returns it, and the writer writes it unchanged.

use anyhow::Context as _;

use crate::domain::books::{Books, RowOutcome};
use crate::domain::date::Millis;
use crate::domain::finding::{Finding, Severity, worst_severity};
use crate::domain::money::Money;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::source::row_location::RowLocation;
use crate::store::history::journal::Change;

/// A row that is not written, and why.
#[derive(Clone, Debug)]
pub(crate) struct Reject {
    /// The row's location.
    pub location: RowLocation,
    /// The source's own key of it.
    pub key: String,
    /// The findings; the worst one decides the outcome.
    pub findings: Vec<Finding>,
    /// Its amount; `None` if it cannot be read.
    pub amount: Option<Money>,
}

/// Changes, rejects and books of the rows of one batch.
#[derive(Debug)]
pub(crate) struct BatchPlan {
    /// The run's start, which all of its rows are written with.
    pub written_at: Millis,
    /// The changes to the app's rows, referenced rows first.
    pub changes: Vec<Change>,
    /// The rows that are not written.
    pub rejects: Vec<Reject>,
    /// The outcomes of the rows and their amounts.
    pub books: Books,
    /// The locations of the rows.
    pub locations: Vec<RowLocation>,
    /// The findings of the rows that have any.
    pub noted: Vec<(RowLocation, Vec<Finding>)>,
}

/// A row that has been entered into the books and waits for its outcome.
#[derive(Debug)]
pub(crate) struct OpenRow<T> {
    /// The parsed record.
    pub record: T,
    /// The payload to store with the record.
    pub payload: SourcePayload<'static>,
    /// The findings so far.
    pub findings: Vec<Finding>,
    /// Its place in the books, which [`BatchPlan::close`] takes.
    pub entry: RowEntry,
}

/// A row's place in the books until its outcome is known.
#[derive(Debug)]
pub(crate) struct RowEntry {
    location: RowLocation,
    key: String,
    amount: Option<Money>,
}

/// The outcome of a planned record, or the finding that holds it.
pub(crate) type PlannedRow = Result<RowOutcome, Finding>;

impl BatchPlan {
    /// A plan without rows.
    pub(crate) fn new(written_at: Millis) -> Self {
        Self::of_changes(written_at, Vec::new())
    }

    /// A plan of changes without source rows.
    pub(crate) fn of_changes(written_at: Millis, changes: Vec<Change>) -> Self {
        Self {
            written_at,
            changes,
            rejects: Vec::new(),
            books: Books::default(),
            locations: Vec::new(),
            noted: Vec::new(),
        }
    }

    /// Adds changes, or one of them.
    pub(crate) fn change(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.changes.extend(changes);
    }

    /// Enters a row of this amount into the books (`None`: it cannot be read). A row that its findings have decided already is closed at once:
    /// a repetition changes nothing, also of a row that waits; what else is held or rejected is kept as a reject.
    ///
    /// # Errors
    /// Only a bug: a row that was read without its payload cannot be written.
    pub(crate) fn open<T>(
        &mut self,
        row: ParsedRow<T>,
        amount: impl Into<Option<Money>>,
    ) -> anyhow::Result<Option<OpenRow<T>>> {
        let amount = amount.into();
        let ParsedRow { location, key, record, findings, payload, .. } = row;
        self.books.enter(amount);
        self.locations.push(location);
        let same_again = findings.iter().any(Finding::is_same_again);
        let record = record.filter(|_| worst_severity(&findings) < Severity::Held);
        match record {
            Some(record) if !findings.iter().any(Finding::is_repetition) => {
                let payload = payload.context("a row to be written was read without its payload")?;
                Ok(Some(OpenRow { record, payload, findings, entry: RowEntry { location, key, amount } }))
            }
            repeated => {
                self.note(location, &findings);
                match repeated.is_some() || same_again {
                    true => self.books.close(RowOutcome::Unchanged, amount),
                    false => self.reject(Reject { location, key, findings, amount }),
                }
                Ok(None)
            }
        }
    }

    /// Closes an entered row with what was noticed about it and what its plan says.
    pub(crate) fn close(&mut self, entry: RowEntry, mut findings: Vec<Finding>, planned: PlannedRow) {
        let RowEntry { location, key, amount } = entry;
        let outcome = planned.map_err(|why| findings.push(why));
        self.note(location, &findings);
        match outcome {
            Ok(outcome) => self.books.close(outcome, amount),
            Err(()) => self.reject(Reject { location, key, findings, amount }),
        }
    }

    /// Whether it changes or finds anything.
    pub(crate) fn says_something(&self) -> bool {
        !self.changes.is_empty() || !self.books.findings.is_empty()
    }

    /// Counts findings in the books.
    pub(crate) fn count_findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            let code = finding.code.info().code;
            match self.books.findings.get_mut(code) {
                Some(count) => *count += 1,
                None => drop(self.books.findings.insert(code.to_owned(), 1)),
            }
        }
    }

    /// Notes a row's findings, unless its file as a whole is said to be a copy of another one.
    fn note(&mut self, location: RowLocation, findings: &[Finding]) {
        if findings.iter().any(Finding::is_said_of_file) {
            return;
        }
        self.count_findings(findings);
        if !findings.is_empty() {
            self.noted.push((location, findings.to_vec()));
        }
    }

    fn reject(&mut self, reject: Reject) {
        let rejected = worst_severity(&reject.findings) == Severity::Rejected;
        let outcome = if rejected { RowOutcome::Rejected } else { RowOutcome::Held };
        self.books.close(outcome, reject.amount);
        self.rejects.push(reject);
    }
}

//! The books: every record that was read ends in exactly one column, and every rupiah with it (L2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::money::Money;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// It is new in the app.
    Created,
    /// It was there and has been brought up to date.
    Updated,
    /// It was there already, or repeats another row.
    Unchanged,
    /// It waits for a decision.
    Held,
    /// It waits for a correction.
    Rejected,
}

/// Records and their amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredRowsAndAmount")]
pub struct RowsAndAmount {
    /// How many.
    pub rows: u64,
    /// The amounts together that can be read.
    pub amount: Money,
    /// How many of them have an amount that cannot be read.
    pub unreadable: u64,
}

/// The same as a checkpoint may have it: earlier versions have written whole sen, and not said what cannot be read.
#[derive(Deserialize)]
struct StoredRowsAndAmount {
    rows: u64,
    amount: Option<Money>,
    minor: Option<i64>,
    #[serde(default)]
    unreadable: u64,
}

impl TryFrom<StoredRowsAndAmount> for RowsAndAmount {
    type Error = &'static str;

    fn try_from(stored: StoredRowsAndAmount) -> Result<Self, Self::Error> {
        let StoredRowsAndAmount { rows, amount, minor, unreadable } = stored;
        let amount = amount.or(minor.map(Money::from_minor)).ok_or("books without an amount")?;
        Ok(Self { rows, amount, unreadable })
    }
}

impl RowsAndAmount {
    fn add(&mut self, amount: Option<Money>) {
        self.rows += 1;
        self.amount = self.amount + amount.unwrap_or(Money::ZERO);
        self.unreadable += u64::from(amount.is_none());
    }

    fn merge(&mut self, other: RowsAndAmount) {
        self.rows += other.rows;
        self.amount = self.amount + other.amount;
        self.unreadable += other.unreadable;
    }
}

/// Rows of one table that were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableTally {
    /// New ones.
    pub created: u64,
    /// Changed ones.
    pub updated: u64,
    /// Taken away again (a conversion whose order was refunded).
    pub deleted: u64,
}

impl TableTally {
    /// Adds other rows of the same table.
    pub fn merge(&mut self, other: TableTally) {
        self.created += other.created;
        self.updated += other.updated;
        self.deleted += other.deleted;
    }
}

/// The books of a batch, of a phase or of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Records read.
    pub read: RowsAndAmount,
    /// New in the app.
    pub created: RowsAndAmount,
    /// Brought up to date.
    pub updated: RowsAndAmount,
    /// There already.
    pub unchanged: RowsAndAmount,
    /// Waiting for a decision.
    pub held: RowsAndAmount,
    /// Waiting for a correction.
    pub rejected: RowsAndAmount,
    /// Findings by code.
    pub findings: BTreeMap<String, u64>,
    /// Rows written, by table.
    pub tables: BTreeMap<String, TableTally>,
}

/// The books do not balance: a bug, never the data's fault.
#[derive(Debug, thiserror::Error)]
#[error(
    "the books do not balance: {read} records read, {accounted} accounted for ({read_sen} and {accounted_sen} sen)"
)]
pub struct Unbalanced {
    read: u64,
    accounted: u64,
    read_sen: i64,
    accounted_sen: i64,
}

impl Books {
    /// Enters a record that was read; `None` for an amount that cannot be read.
    pub fn enter(&mut self, amount: Option<Money>) {
        self.read.add(amount);
    }

    /// Enters what became of it.
    pub fn close(&mut self, outcome: RowOutcome, amount: Option<Money>) {
        match outcome {
            RowOutcome::Created => self.created.add(amount),
            RowOutcome::Updated => self.updated.add(amount),
            RowOutcome::Unchanged => self.unchanged.add(amount),
            RowOutcome::Held => self.held.add(amount),
            RowOutcome::Rejected => self.rejected.add(amount),
        }
    }

    /// Adds other books to these.
    pub fn merge(&mut self, other: &Books) {
        self.read.merge(other.read);
        self.created.merge(other.created);
        self.updated.merge(other.updated);
        self.unchanged.merge(other.unchanged);
        self.held.merge(other.held);
        self.rejected.merge(other.rejected);
        for (code, count) in &other.findings {
            *self.findings.entry(code.clone()).or_default() += count;
        }
        for (table, tally) in &other.tables {
            self.tables.entry(table.clone()).or_default().merge(*tally);
        }
    }

    /// The books of all phases of a run together.
    pub(crate) fn of_all(phases: &[(String, Books)]) -> Books {
        let mut all = Books::default();
        phases.iter().for_each(|(_, books)| all.merge(books));
        all
    }

    /// Records that were not written and are not there already.
    pub fn left(&self) -> u64 {
        self.held.rows + self.rejected.rows
    }

    /// Checks that every record and every sen is accounted for.
    ///
    /// # Errors
    /// When they are not.
    pub fn balance(&self) -> Result<(), Unbalanced> {
        let mut accounted = RowsAndAmount::default();
        for column in [self.created, self.updated, self.unchanged, self.held, self.rejected] {
            accounted.merge(column);
        }
        if accounted == self.read {
            return Ok(());
        }
        Err(Unbalanced {
            read: self.read.rows,
            accounted: accounted.rows,
            read_sen: self.read.amount.minor(),
            accounted_sen: accounted.amount.minor(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_of_earlier_versions_are_read_in_sen() {
        let read = |text| serde_json::from_str::<RowsAndAmount>(text).expect("books");
        let books = RowsAndAmount { rows: 2, amount: Money::from_minor(150_050), unreadable: 0 };
        assert_eq!(read(r#"{"rows":2,"minor":150050}"#), books);
        let text = serde_json::to_string(&books).expect("JSON");
        assert_eq!(text, r#"{"rows":2,"amount":"1500.5","unreadable":0}"#);
        assert_eq!(read(&text), books);
        assert!(serde_json::from_str::<RowsAndAmount>(r#"{"rows":2}"#).is_err(), "no amount is not Rp 0");
    }

    #[test]
    fn l2_books_that_lose_a_row_or_a_rupiah_do_not_balance() {
        let mut books = Books::default();
        books.enter(Some(Money::rupiah(99_000)));
        assert!(books.balance().is_err());
        books.close(RowOutcome::Created, Some(Money::rupiah(98_000)));
        assert!(books.balance().is_err());
        let mut honest = Books::default();
        honest.enter(Some(Money::rupiah(99_000)));
        honest.close(RowOutcome::Held, Some(Money::rupiah(99_000)));
        assert!(honest.balance().is_ok());
        honest.enter(None);
        honest.close(RowOutcome::Rejected, Some(Money::ZERO));
        assert!(honest.balance().is_err(), "what cannot be read is not Rp 0");
    }
}

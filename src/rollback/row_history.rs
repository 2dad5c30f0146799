//! A table read backwards: what is in it now, and what was in it before the changes that have been read.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::record::Table;
use crate::store::codec::value::Value;
use crate::store::history::journal;
use crate::store::queries::before_images::{BeforeCells, columns_before};
use crate::store::session::store::Store;

/// Rows of one table as they are now, by id, each in the order of the table's columns.
pub(super) type RowsById = HashMap<String, Vec<Value>>;

/// The sum that no rollback lets fall below zero (L21).
const BALANCE: &str = "balance";

/// The column that says which run has written a row last.
const UPDATED_AT: &str = "updatedAt";

/// A wallet that does not hold any more what a run has put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overdrawn {
    /// The balance.
    pub(super) balance: Money,
    /// The difference by which the run has moved it.
    pub(super) moved: Money,
    /// How far it would fall below zero.
    pub(super) missing: Money,
}

/// What the rows of a table held before the changes that have been read.
#[derive(Debug)]
pub(super) struct RowHistory {
    table: &'static Table,
    /// By id: the position of each changed column, and what it held.
    rows: HashMap<String, Vec<(usize, Value)>>,
}

impl RowHistory {
    /// The history of a table of which no change has been read.
    pub(super) fn new(table: &'static Table) -> Self {
        Self { table, rows: HashMap::new() }
    }

    /// The position of a column that the tool knows.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|column| column.name == name)
    }

    /// A row as it was before the changes that have been read; `None` where there was none.
    pub(super) fn row(&self, now: &RowsById, id: &str) -> Option<Vec<Value>> {
        let past = self.rows.get(id).map(Vec::as_slice).unwrap_or_default();
        let deleted = past.iter().any(|(at, _)| *at == 0);
        let mut row = match now.get(id) {
            Some(row) => row.clone(),
            None if deleted => vec![Value::Null; self.table.columns.len()],
            None => return None,
        };
        for (at, value) in past {
            row[*at] = value.clone();
        }
        Some(row)
    }

    /// What a column held, if a change of it has been read.
    pub(super) fn value(&self, id: &str, column: &str) -> Option<&Value> {
        let at = self.column(column)?;
        self.rows.get(id)?.iter().find(|(known, _)| *known == at).map(|(_, value)| value)
    }

    /// Takes in what a row held before a change. A cell that cannot mean what its column promises counts as
    /// NULL.
    pub(super) fn remember(&mut self, store: &Store, id: &str, before: &BeforeCells) {
        let past = self.rows.entry(id.to_owned()).or_default();
        for column in columns_before(store, self.table, before.clone()) {
            set(past, column.position, column.value.unwrap_or(Value::Null));
        }
    }

    /// Takes in a movement of sums: before it, the row held what it holds now without the difference, and also the
    /// time of writing, unless somebody has written the row since. Returns a balance that would fall below zero.
    pub(super) fn move_back(
        &mut self,
        store: &Store,
        id: &str,
        row: &[Value],
        by: &[(String, i64)],
        before: &BeforeCells,
        written_at: Millis,
    ) -> Option<Overdrawn> {
        let mut overdrawn = None;
        let past = self.rows.entry(id.to_owned()).or_default();
        for (name, difference) in by {
            let Some(at) = self.table.columns.iter().position(|column| column.name == name) else { continue };
            let Some(moved_back) = journal::moved_by(row[at].clone(), -difference) else { continue };
            if let (Value::Money(balance), Value::Money(left)) = (&row[at], &moved_back)
                && name == BALANCE
                && *left < Money::ZERO
                && left < balance
            {
                let moved = Money::from_minor(*difference);
                overdrawn = Some(Overdrawn { balance: *balance, moved, missing: -*left });
            }
            set(past, at, moved_back);
        }
        let updated_at = self.table.columns.iter().position(|column| column.name == UPDATED_AT);
        let written_since = updated_at.is_none_or(|at| row[at] != Value::Time(written_at));
        for column in columns_before(store, self.table, before.clone()) {
            if Some(column.position) == updated_at && !written_since {
                set(past, column.position, column.value.unwrap_or(Value::Null));
            }
        }
        overdrawn
    }

    /// Forgets a row whose insertion has been read.
    pub(super) fn forget(&mut self, id: &str) {
        self.rows.remove(id);
    }
}

/// Notes what a column held.
fn set(past: &mut Vec<(usize, Value)>, at: usize, value: Value) {
    match past.iter_mut().find(|(position, _)| *position == at) {
        Some((_, newer)) => *newer = value,
        None => past.push((at, value)),
    }
}

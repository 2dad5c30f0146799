//! A table read backwards: what is in it now, and what was in it before the changes that have been read.

use std::collections::HashMap;

use crate::store::codec::record::Table;
use crate::store::codec::value::Value;
use crate::store::queries::before_images::{BeforeCells, columns_before};
use crate::store::session::store::Store;

/// Rows of one table as they are now, by id, each in the order of the table's columns.
pub(super) type RowsById = HashMap<String, Vec<Value>>;

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
            let value = column.value.unwrap_or(Value::Null);
            match past.iter_mut().find(|(position, _)| *position == column.position) {
                Some((_, newer)) => *newer = value,
                None => past.push((column.position, value)),
            }
        }
    }

    /// Forgets a row whose insertion has been read.
    pub(super) fn forget(&mut self, id: &str) {
        self.rows.remove(id);
    }
}

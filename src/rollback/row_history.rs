//! A table read backwards: what stands there now, and what stood there before the changes that have
//! been looked at already.

use std::collections::HashMap;

use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};
use crate::store::session::store::Store;

/// Rows of one table as they stand now, by id.
pub type RowsById = HashMap<String, Vec<Value>>;

/// What rows held before changes that have been looked at, column by column.
#[derive(Debug)]
pub struct RowHistory {
    table: &'static Table,
    rows: HashMap<String, Vec<(usize, Value)>>,
}

impl RowHistory {
    /// Nothing has been looked at yet.
    pub fn new(table: &'static Table) -> Self {
        Self { table, rows: HashMap::new() }
    }

    /// The position of a column that the tool knows.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|column| column.name == name)
    }

    /// A row as it stood before the changes that have been looked at; `None` when it is gone.
    pub fn row(&self, now: &RowsById, id: &str) -> Option<Vec<Value>> {
        let past = self.rows.get(id).map(Vec::as_slice).unwrap_or_default();
        let brought_back = past.iter().any(|(at, _)| *at == 0);
        let mut row = match now.get(id) {
            Some(row) => row.clone(),
            None if brought_back => vec![Value::Null; self.table.columns.len()],
            None => return None,
        };
        for (at, value) in past {
            row[*at] = value.clone();
        }
        Some(row)
    }

    /// What a column held, if a change to it has been looked at.
    pub fn value(&self, id: &str, column: &str) -> Option<&Value> {
        let at = self.column(column)?;
        self.rows.get(id)?.iter().find(|(known, _)| *known == at).map(|(_, value)| value)
    }

    /// Takes in what stood in a row before a change.
    pub fn remember(&mut self, store: &Store, id: &str, before: &[(String, Cell)]) {
        let table = self.table;
        let past = self.rows.entry(id.to_owned()).or_default();
        for (name, cell) in before {
            let Some(at) = table.columns.iter().position(|column| column.name == name) else { continue };
            let value = store.decode(cell.clone(), table.columns[at].kind).unwrap_or(Value::Null);
            match past.iter_mut().find(|(known, _)| *known == at) {
                Some(known) => known.1 = value,
                None => past.push((at, value)),
            }
        }
    }

    /// Lets go of a row whose making has been looked at.
    pub fn forget(&mut self, id: &str) {
        self.rows.remove(id);
    }
}

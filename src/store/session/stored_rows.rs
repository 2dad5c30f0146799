//! Rows by their ids as they are stored: what before-images are taken from, and what a rollback compares.

use std::collections::{HashMap, HashSet};

use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

/// Whether rows that are read are locked until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockMode {
    /// Nobody else can change them.
    ForUpdate,
    /// They are only read.
    Unlocked,
}

impl Store {
    /// The stored cells of some columns, with the rows' ids.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(in crate::store) fn stored_cells(
        &mut self,
        table: &str,
        columns: &[&str],
        ids: &[&str],
        lock: LockMode,
    ) -> anyhow::Result<Vec<(String, Vec<Cell>)>> {
        let names: String = columns.iter().map(|column| format!(", \"{column}\"")).collect();
        let mut found = Vec::with_capacity(ids.len());
        for part in ids.chunks(KEYS_PER_QUERY) {
            let (mut tail, cells) = self.condition(None, "id", part);
            if lock == LockMode::ForUpdate {
                tail = self.for_update(&tail);
            }
            let rows = self.query(&format!("SELECT \"id\"{names} FROM \"{table}\" {tail}"), &cells)?;
            found.extend(rows.into_iter().filter_map(|mut row| match row.remove(0) {
                Cell::Text(id) => Some((id, row)),
                _ => None,
            }));
        }
        Ok(found)
    }

    /// Those of some ids that the table has.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(crate) fn present_ids(
        &mut self,
        table: &'static Table,
        ids: &[&str],
    ) -> anyhow::Result<HashSet<String>> {
        let rows = self.stored_cells(table.name, &[], ids, LockMode::Unlocked)?;
        Ok(rows.into_iter().map(|(id, _)| id).collect())
    }

    /// Rows as values in the table's order, by id. NULL stands in for a column that the database does not
    /// have, and for a cell that cannot be a value of its column's kind.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(crate) fn stored_values(
        &mut self,
        table: &'static Table,
        ids: &[&str],
        lock: LockMode,
    ) -> anyhow::Result<HashMap<String, Vec<Value>>> {
        let present: Vec<usize> =
            (0..table.columns.len()).filter(|&at| self.has_column(table, table.columns[at].name)).collect();
        let names: Vec<&str> = present.iter().map(|&at| table.columns[at].name).collect();
        let rows = self.stored_cells(table.name, &names, ids, lock)?;
        let values = |row: Vec<Cell>| {
            let mut values = vec![Value::Null; table.columns.len()];
            for (cell, &at) in row.into_iter().zip(&present) {
                values[at] = self.decode(cell, table.columns[at].kind).unwrap_or(Value::Null);
            }
            values
        };
        Ok(rows.into_iter().map(|(id, row)| (id, values(row))).collect())
    }
}

//! Rows by their ids as they are stored: what before-images are taken from, and what a rollback compares.

use std::collections::{HashMap, HashSet};

use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};
use crate::store::engines::engine::Question;
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

/// Some columns of rows that are asked for together with those of other tables.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct StoredRows<'a> {
    /// The table.
    pub table: &'a str,
    /// The columns.
    pub columns: &'a [&'a str],
    /// The rows' ids.
    pub ids: &'a [&'a str],
}

/// The stored cells of rows by the ids of these.
pub(in crate::store) type CellsById = Vec<(String, Vec<Cell>)>;

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
    ) -> anyhow::Result<CellsById> {
        let mut found = self.stored_cells_of_all(&[StoredRows { table, columns, ids }], lock)?;
        Ok(found.pop().unwrap_or_default())
    }

    /// The same of several tables: what stands where in the answer follows from the question.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(in crate::store) fn stored_cells_of_all(
        &mut self,
        wanted: &[StoredRows<'_>],
        lock: LockMode,
    ) -> anyhow::Result<Vec<CellsById>> {
        let (mut questions, mut of) = (Vec::new(), Vec::new());
        for (at, StoredRows { table, columns, ids }) in wanted.iter().enumerate() {
            let names: String = columns.iter().map(|column| format!(", \"{column}\"")).collect();
            for part in ids.chunks(KEYS_PER_QUERY) {
                let (mut tail, cells) = self.condition(None, "id", part);
                if lock == LockMode::ForUpdate {
                    tail = self.for_update(&tail);
                }
                let sql = format!("SELECT \"id\"{names} FROM \"{table}\" {tail}");
                questions.push(Question { sql, cells });
                of.push(at);
            }
        }
        let mut found: Vec<CellsById> = vec![Vec::new(); wanted.len()];
        for (at, rows) in of.into_iter().zip(self.query_all(&questions)?) {
            found[at].extend(rows.into_iter().filter_map(|mut row| match row.remove(0) {
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
        let mut found = self.stored_values_of_all(&[(table, ids)], lock)?;
        Ok(found.pop().unwrap_or_default())
    }

    /// The same of several tables, in the order in which they are asked for.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(crate) fn stored_values_of_all(
        &mut self,
        wanted: &[(&'static Table, &[&str])],
        lock: LockMode,
    ) -> anyhow::Result<Vec<HashMap<String, Vec<Value>>>> {
        let known: Vec<Vec<usize>> = wanted.iter().map(|(table, _)| self.known_columns(table)).collect();
        let names: Vec<Vec<&str>> = wanted
            .iter()
            .zip(&known)
            .map(|((table, _), known)| known.iter().map(|&at| table.columns[at].name).collect())
            .collect();
        let asked = wanted.iter().zip(&names);
        let asked: Vec<StoredRows<'_>> = asked
            .map(|((table, ids), names)| StoredRows { table: table.name, columns: names, ids })
            .collect();
        let found = self.stored_cells_of_all(&asked, lock)?;
        let values = |((table, _), known): (&(&'static Table, &[&str]), &Vec<usize>), rows: CellsById| {
            let values = |row: Vec<Cell>| {
                let mut values = vec![Value::Null; table.columns.len()];
                for (cell, &at) in row.into_iter().zip(known) {
                    values[at] = self.decode(cell, table.columns[at].kind).unwrap_or(Value::Null);
                }
                values
            };
            rows.into_iter().map(|(id, row)| (id, values(row))).collect()
        };
        Ok(wanted.iter().zip(&known).zip(found).map(|(of, rows)| values(of, rows)).collect())
    }

    /// The positions of the columns of a table that the database has.
    fn known_columns(&self, table: &'static Table) -> Vec<usize> {
        (0..table.columns.len()).filter(|&at| self.has_column(table, table.columns[at].name)).collect()
    }
}

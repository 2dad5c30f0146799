//! Rows as they are stored: where before-images are taken from, and what puts them back.

use std::collections::HashMap;

use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};
use crate::store::schema::catalogue::Catalogue;
use crate::store::session::store::KEYS_PER_QUERY;
use crate::store::session::store::Store;

/// A row that points at another one by a foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The table of the row that points.
    pub table: String,
    /// Its id; `None` where the table has no column of that name.
    pub id: Option<String>,
    /// The column that points.
    pub column: String,
    /// The row that it points at.
    pub parent: String,
}

/// Whether rows that are read stay as they are until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody else changes them.
    Yes,
    /// They are only looked at.
    No,
}

impl Store {
    /// The cells of rows as they are stored, with the rows' ids.
    pub(in crate::store) fn cells_of(
        &mut self,
        table: &str,
        columns: &[&str],
        ids: &[&str],
        kept: LockMode,
    ) -> anyhow::Result<Vec<(String, Vec<Cell>)>> {
        let names: String = columns.iter().map(|column| format!(", \"{column}\"")).collect();
        let mut found = Vec::with_capacity(ids.len());
        for part in ids.chunks(KEYS_PER_QUERY) {
            let (mut tail, cells) = self.condition(None, "id", part);
            if kept == LockMode::Yes {
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

    /// Rows as values, in the table's order. NULL stands in for a column that is not there, and for
    /// a cell that cannot mean what its column promises.
    pub fn values_of(
        &mut self,
        table: &'static Table,
        ids: &[&str],
        kept: LockMode,
    ) -> anyhow::Result<HashMap<String, Vec<Value>>> {
        let present: Vec<usize> =
            (0..table.columns.len()).filter(|&at| self.has_column(table, table.columns[at].name)).collect();
        let names: Vec<&str> = present.iter().map(|&at| table.columns[at].name).collect();
        let rows = self.cells_of(table.name, &names, ids, kept)?;
        let values = |row: Vec<Cell>| {
            let mut values = vec![Value::Null; table.columns.len()];
            for (cell, &at) in row.into_iter().zip(&present) {
                values[at] = self.decode(cell, table.columns[at].kind).unwrap_or(Value::Null);
            }
            values
        };
        Ok(rows.into_iter().map(|(id, row)| (id, values(row))).collect())
    }

    /// Puts cells back into a row that still stands.
    pub fn put_back(&mut self, table: &Table, id: &str, before: &[(String, Cell)]) -> anyhow::Result<()> {
        let (columns, cells) = unzipped(before);
        self.restore_rows(table, &columns, vec![(id.to_owned(), cells)])
    }

    /// Puts a whole row back.
    pub fn bring_back(&mut self, table: &Table, before: &[(String, Cell)]) -> anyhow::Result<()> {
        let (columns, cells) = unzipped(before);
        self.reinsert_rows(table, &columns, vec![cells])
    }

    /// Deletes rows by their ids; all of them must stand.
    pub fn delete_rows(&mut self, table: &Table, ids: &[&str]) -> anyhow::Result<()> {
        for part in ids.chunks(KEYS_PER_QUERY) {
            let (tail, cells) = self.condition(None, "id", part);
            let gone = self.execute(&format!("DELETE FROM \"{}\" {tail}", table.name), &cells)?;
            anyhow::ensure!(gone == part.len(), "{}: a row that was to be deleted is gone", table.name);
        }
        Ok(())
    }

    /// The rows that point at these by a foreign key, whatever table they are in.
    pub fn references(
        &mut self,
        catalogue: &Catalogue,
        table: &Table,
        ids: &[&str],
    ) -> anyhow::Result<Vec<Reference>> {
        let mut found = Vec::new();
        for (child, shape) in catalogue {
            for (column, _) in shape.foreign_keys.iter().filter(|(_, parent)| parent == table.name) {
                let id = if shape.column("id").is_some() { "\"id\"" } else { "NULL" };
                for part in ids.chunks(KEYS_PER_QUERY) {
                    let (tail, cells) = self.condition(None, column, part);
                    let sql = format!("SELECT {id}, \"{column}\" FROM \"{child}\" {tail}");
                    let rows = self.query(&sql, &cells)?;
                    found.extend(rows.into_iter().filter_map(|row| reference(child, column, row)));
                }
            }
        }
        Ok(found)
    }
}

fn unzipped(cells: &[(String, Cell)]) -> (Vec<&str>, Vec<Cell>) {
    cells.iter().map(|(column, cell)| (column.as_str(), cell.clone())).unzip()
}

fn reference(table: &str, column: &str, row: Vec<Cell>) -> Option<Reference> {
    let mut cells = row.into_iter();
    let id = cells.next().and_then(Cell::into_text);
    let parent = cells.next().and_then(Cell::into_text)?;
    Some(Reference { table: table.to_owned(), id, column: column.to_owned(), parent })
}

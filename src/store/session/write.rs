//! Rows into the database: inserts and updates, many rows in few round trips, and deletions.
//!
//! Changes to the app's rows come by way of the journal ([`crate::store::history::journal`]), which keeps
//! what stood there before; only the tool's own bookkeeping is written directly.

use crate::store::session::statement_log::timed;
use anyhow::Context as _;

use crate::store::codec::encoder::EncodedRows;
use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::{Cell, Value};
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

impl Store {
    /// Inserts a row of the tool's own bookkeeping, which needs no before-image.
    ///
    /// # Errors
    /// Whatever the database refuses; a table that it does not have.
    pub fn insert<R: Record>(&mut self, row: R) -> anyhow::Result<()> {
        self.insert_rows(R::TABLE, vec![row.into_row()])
    }

    /// Inserts rows of one table, each in the table's order.
    ///
    /// # Errors
    /// Whatever the database refuses; a table that it does not have.
    pub fn insert_rows(&mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> anyhow::Result<()> {
        let rows = self.encoder.rows(table, rows)?;
        self.insert_encoded(table, rows)
    }

    /// Inserts a few rows of several tables, of which none references another: by one statement where the
    /// engine has one for that.
    ///
    /// # Errors
    /// Whatever the database refuses; a table that it does not have.
    pub(crate) fn insert_all(&mut self, parts: Vec<(&'static Table, Vec<Vec<Value>>)>) -> anyhow::Result<()> {
        let resolved = |table: &Table| self.tables.get(table.name).ok_or_else(|| table.missing());
        let parts = parts.into_iter().filter(|(_, rows)| !rows.is_empty());
        let encoded = |(table, rows)| Ok((&resolved(table)?.insert, self.encoder.cells(table, rows)?));
        let parts = parts.map(encoded).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(timed("insert", "several tables", || self.engine.insert_all(parts))?)
    }

    /// Inserts rows of one table that were encoded before.
    ///
    /// # Errors
    /// Whatever the database refuses; a table that it does not have.
    pub(in crate::store) fn insert_encoded(
        &mut self,
        table: &'static Table,
        rows: EncodedRows,
    ) -> anyhow::Result<()> {
        let resolved = self.tables.get(table.name).ok_or_else(|| table.missing())?;
        let inserted = timed("insert", table.name, || match rows {
            EncodedRows::Cells(rows) => self.engine.insert(&resolved.insert, rows),
            EncodedRows::Packed(bytes) => self.engine.insert_packed(&resolved.insert, bytes),
        });
        inserted.with_context(|| format!("inserting into {}", table.name))
    }

    /// Inserts rows whose stored cells, for all of `columns`, a before-image has kept.
    ///
    /// # Errors
    /// Whatever the database refuses; a column that it does not have.
    pub fn reinsert_rows(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: Vec<Vec<Cell>>,
    ) -> anyhow::Result<()> {
        let into = self.resolved(table)?.columns(table, columns)?;
        let inserted = timed("insert", table.name, || self.engine.insert(&into, rows));
        inserted.with_context(|| format!("inserting into {}", table.name))
    }

    /// Inserts one row whose stored cells a before-image has kept.
    ///
    /// # Errors
    /// Those of [`Store::reinsert_rows`].
    pub(crate) fn reinsert_row(&mut self, table: &Table, before: &[(String, Cell)]) -> anyhow::Result<()> {
        let (columns, cells) = unzipped(before);
        self.reinsert_rows(table, &columns, vec![cells])
    }

    /// Sets columns of one row of the tool's own bookkeeping.
    ///
    /// # Errors
    /// Those of [`Store::update_rows`].
    pub(crate) fn update<R: Record>(
        &mut self,
        id: &str,
        set: Vec<(&'static str, Value)>,
    ) -> anyhow::Result<()> {
        let (columns, values): (Vec<&str>, Vec<Value>) = set.into_iter().unzip();
        self.update_rows(R::TABLE, &columns, vec![(id.to_owned(), values)])
    }

    /// Sets columns of the rows in which all of `conditions` hold, and returns how many these were.
    ///
    /// # Errors
    /// Whatever the database refuses; a table that it does not have.
    pub(in crate::store) fn set_where<R: Record>(
        &mut self,
        set: Vec<(&'static str, Value)>,
        conditions: &[(&'static str, Cell)],
    ) -> anyhow::Result<usize> {
        let equations = |columns: Vec<&'static str>, joint: &str| -> anyhow::Result<String> {
            let equation = |column| Ok(format!("\"{column}\" = {}", self.placeholder(R::TABLE, column)?));
            Ok(columns.into_iter().map(equation).collect::<anyhow::Result<Vec<String>>>()?.join(joint))
        };
        let assigned = equations(set.iter().map(|(column, _)| *column).collect(), ", ")?;
        let wanted = equations(conditions.iter().map(|(column, _)| *column).collect(), " AND ")?;
        let sql = format!("UPDATE \"{}\" SET {assigned} WHERE {wanted}", R::TABLE.name);
        let encoded = set.into_iter().map(|(_, value)| self.encode(value));
        let cells: Vec<Cell> = encoded.chain(conditions.iter().map(|(_, cell)| cell.clone())).collect();
        self.execute(&sql, &cells)
    }

    /// Sets the same columns of several rows of one table, which are named by their ids.
    ///
    /// # Errors
    /// A row or a column that does not exist any more; whatever the database refuses. Some rows may be
    /// changed then, so the caller's transaction must be rolled back.
    pub(crate) fn update_rows(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: Vec<(String, Vec<Value>)>,
    ) -> anyhow::Result<()> {
        let coder = self.engine.coder();
        let encoded = |values: Vec<Value>| values.into_iter().map(|value| coder.encode(value)).collect();
        let rows = rows.into_iter().map(|(id, values)| (id, encoded(values))).collect();
        self.restore_rows(table, columns, rows)
    }

    /// Sets columns of rows to stored cells, also columns that the tool does not know.
    ///
    /// # Errors
    /// Those of [`Store::update_rows`].
    pub fn restore_rows(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: Vec<(String, Vec<Cell>)>,
    ) -> anyhow::Result<()> {
        let count = rows.len();
        if count == 0 || columns.is_empty() {
            return Ok(());
        }
        let of = self.resolved(table)?.columns(table, std::iter::once(&"id").chain(columns))?;
        let keyed = |(id, cells)| std::iter::once(Cell::Text(id)).chain::<Vec<Cell>>(cells).collect();
        let rows = rows.into_iter().map(keyed).collect();
        let touched = timed("update", table.name, || self.engine.update(&of, rows));
        let touched = touched.with_context(|| format!("updating {}", table.name))?;
        anyhow::ensure!(
            touched == count,
            "{}: {} of {count} rows no longer exist",
            table.name,
            count - touched
        );
        Ok(())
    }

    /// Deletes rows by their ids.
    ///
    /// # Errors
    /// A row that does not exist any more; whatever the database refuses.
    pub fn delete_rows(&mut self, table: &Table, ids: &[&str]) -> anyhow::Result<()> {
        for part in ids.chunks(KEYS_PER_QUERY) {
            let (condition, cells) = self.condition(None, "id", part);
            let sql = format!("DELETE FROM \"{}\" {condition}", table.name);
            timed("execute", &sql, || self.engine.execute_ahead(&sql, &cells, table.name, Some(part.len())))?;
        }
        Ok(())
    }
}

fn unzipped(cells: &[(String, Cell)]) -> (Vec<&str>, Vec<Cell>) {
    cells.iter().map(|(column, cell)| (column.as_str(), cell.clone())).unzip()
}

//! Rows as structs and as values. NULL stands in for a known column that the database does not have.

use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::{Cell, Read};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::row_fingerprints::RowFingerprints;
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

impl Store {
    /// The rows in which `column` is one of `keys`.
    ///
    /// # Errors
    /// Those of [`Store::select`].
    pub(crate) fn select_in<R: Record>(&mut self, column: &str, keys: &[&str]) -> anyhow::Result<Vec<R>> {
        self.select_among(None, column, keys)
    }

    /// The rows in which `column` is one of `keys` and, if `narrowed` says so, another column has one value:
    /// for an index over both.
    ///
    /// # Errors
    /// Those of [`Store::select`].
    pub(crate) fn select_among<R: Record>(
        &mut self,
        narrowed: Option<(&str, &str)>,
        column: &str,
        keys: &[&str],
    ) -> anyhow::Result<Vec<R>> {
        self.answer(self.rows_among(narrowed, column, keys))
    }

    /// The rows in which `column` is one of `keys`, as they stand now and not as they stood when the
    /// transaction began. They stay locked until the transaction ends.
    ///
    /// # Errors
    /// Those of [`Store::select`].
    pub(crate) fn select_for_update<R: Record>(
        &mut self,
        column: &str,
        keys: &[&str],
    ) -> anyhow::Result<Vec<R>> {
        let parts = keys.chunks(KEYS_PER_QUERY).map(|part| {
            let (condition, cells) = self.condition(None, column, part);
            self.rows_where(&self.for_update(&condition), cells)
        });
        Ok(self.answer(DeferredQuery::all(parts))?.into_iter().flatten().collect())
    }

    /// The rows that `tail` (`WHERE …`, `ORDER BY …`) selects; none where the database lacks the table.
    ///
    /// # Errors
    /// Whatever the database refuses; a cell that cannot be a value of its column's kind.
    pub fn select<R: Record>(&mut self, tail: &str, cells: &[Cell]) -> anyhow::Result<Vec<R>> {
        self.answer(self.rows_where(tail, cells.to_vec()))
    }

    /// The same rows value by value, in the table's order, for a caller that can go on with cells that cannot
    /// be decoded.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(crate) fn read_rows(
        &mut self,
        table: &'static Table,
        tail: &str,
        cells: &[Cell],
    ) -> anyhow::Result<Vec<Vec<Read>>> {
        self.answer(self.values_where(table, tail, cells.to_vec()))
    }

    /// Whether a table has a row that `condition` (`WHERE …`, or nothing) selects.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub fn has_row<R: Record>(&mut self, condition: &str, cells: &[Cell]) -> anyhow::Result<bool> {
        let sql = format!("SELECT 1 FROM \"{}\" {condition} LIMIT 1", R::TABLE.name);
        Ok(!self.query(&sql, cells)?.is_empty())
    }

    /// Records, from now on, the fingerprint of each row that is read whole.
    pub(crate) fn record_row_fingerprints(&mut self) {
        self.row_fingerprints = Some(RowFingerprints::default());
    }

    /// Ends the recording that [`Store::record_row_fingerprints`] began, and returns what was recorded.
    pub(crate) fn take_row_fingerprints(&mut self) -> RowFingerprints {
        self.row_fingerprints.take().unwrap_or_default()
    }
}

//! One row of a table, as any form of input hands it over. It is used again for every row.

use crate::extract::tables::SiteTable;

/// The most bytes that are kept of one value. Rows of other tables may be larger: they are not kept.
const MAX_VALUE_BYTES: usize = 32 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoredCell {
    Null,
    Bytes(usize, usize),
    TooLong,
}

/// A row's cells, by the order of [`SiteTable::columns`].
#[derive(Debug, Default)]
pub(crate) struct SiteRow {
    bytes: Vec<u8>,
    cells: Vec<StoredCell>,
    begun: Option<(usize, usize)>,
}

impl SiteRow {
    /// Empties the row for another one with so many cells.
    pub(crate) fn clear(&mut self, width: usize) {
        self.bytes.clear();
        self.cells.clear();
        self.cells.resize(width, StoredCell::Null);
        self.begun = None;
    }

    /// Begins a cell, whose bytes follow by [`SiteRow::push`].
    pub(crate) fn begin(&mut self, at: usize) {
        self.begun = Some((at, self.bytes.len()));
    }

    /// Adds bytes to the cell that was begun; without one, they are dropped.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let Some((_, start)) = self.begun else { return };
        if self.bytes.len() - start <= MAX_VALUE_BYTES {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Ends the cell that was begun.
    pub(crate) fn end(&mut self) {
        let Some((at, start)) = self.begun.take() else { return };
        let end = self.bytes.len();
        let too_long = end - start > MAX_VALUE_BYTES;
        if too_long {
            self.bytes.truncate(start);
        }
        self.cells[at] = if too_long { StoredCell::TooLong } else { StoredCell::Bytes(start, end) };
    }

    /// Leaves the cell that was begun as it is: NULL.
    pub(crate) fn drop_begun(&mut self) {
        self.begun = None;
    }

    /// Sets a whole cell.
    pub(crate) fn set(&mut self, at: usize, bytes: &[u8]) {
        self.begin(at);
        self.push(bytes);
        self.end();
    }

    /// A cell's bytes; none of NULL.
    pub(crate) fn get(&self, at: usize) -> Option<&[u8]> {
        match self.cells.get(at)? {
            StoredCell::Bytes(start, end) => self.bytes.get(*start..*end),
            _ => None,
        }
    }

    /// Whether a cell held more than is kept.
    pub(crate) fn is_too_long(&self, at: usize) -> bool {
        self.cells.get(at) == Some(&StoredCell::TooLong)
    }
}

/// Where the columns of a table stand in the rows of an input.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The table.
    pub(crate) table: SiteTable,
    /// Its prefix.
    pub(crate) prefix: String,
    /// For each position of the input, the place in [`SiteRow`].
    pub(crate) places: Vec<Option<usize>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_kept_by_place_and_a_row_is_used_again() {
        let mut row = SiteRow::default();
        row.clear(3);
        row.set(2, b"two");
        row.begin(0);
        row.push(b"ze");
        row.push(b"ro");
        row.end();
        assert_eq!([row.get(0), row.get(1), row.get(2)], [Some(&b"zero"[..]), None, Some(&b"two"[..])]);
        row.push(b"dropped");
        row.clear(1);
        assert_eq!(row.get(0), None);
    }

    #[test]
    fn of_a_value_beyond_measure_nothing_is_kept() {
        let mut row = SiteRow::default();
        row.clear(2);
        row.set(0, &vec![b'x'; MAX_VALUE_BYTES + 1]);
        row.set(1, b"next");
        assert_eq!((row.get(0), row.is_too_long(0), row.get(1)), (None, true, Some(&b"next"[..])));
    }
}

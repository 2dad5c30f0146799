//! The position of a row, which everything that is made of the row keeps.

/// The position of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowLocation {
    /// The position of its file among the files of its kind, counted from 0.
    pub file: u32,
    /// The number of lines after the first one; cells can hold line breaks.
    pub more_lines: u32,
    /// The number of the row among the data rows, counted from 1.
    pub record: u64,
    /// The physical line on which it begins, counted from 1.
    pub line: u64,
}

impl RowLocation {
    /// The physical line on which it ends.
    pub(crate) fn last_line(self) -> u64 {
        self.line + u64::from(self.more_lines)
    }

    /// Its file; `exports` are the files of its kind.
    pub(crate) fn of<'a, T>(self, exports: &[&'a T]) -> Option<&'a T> {
        exports.get(self.file as usize).copied()
    }
}

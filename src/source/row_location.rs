//! Where a row stands in its file: kept beside everything that is made of the row.

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowLocation {
    /// The file, by its position among the files of its kind.
    pub file: u32,
    /// Lines behind the first one: cells can hold line breaks.
    pub more_lines: u32,
    /// The data record, counted from 1.
    pub record: u64,
    /// The physical line on which it begins.
    pub line: u64,
}

impl RowLocation {
    /// The physical line on which it ends.
    pub fn last_line(self) -> u64 {
        self.line + u64::from(self.more_lines)
    }

    /// Its file among those of its kind.
    pub fn of<'a, T>(self, exports: &[&'a T]) -> Option<&'a T> {
        exports.get(self.file as usize).copied()
    }
}

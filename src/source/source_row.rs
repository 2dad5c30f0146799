//! The rows of a file as they are handed to a reader, and remarks about the file itself.

use csv::{ByteRecord, StringRecord};

use crate::domain::finding::{Code, Finding};

/// One row of a file, as it was read.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// The data record, counted from 1.
    pub number: u64,
    /// The physical line (of a sheet: the row) on which it begins.
    pub line: u64,
    /// The line on which it ends: cells can hold line breaks.
    pub last_line: u64,
    /// Its cells.
    pub cells: RowCells,
}

/// The cells of a row, or why there are none.
#[derive(Clone, Debug)]
pub enum RowCells {
    /// As many as the header has.
    Whole(StringRecord),
    /// They cannot be told from the header; the code says why.
    Broken(Code, ByteRecord),
}

/// Something to say about a file rather than about one of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNote {
    /// The line that it is about; 0 for the whole file.
    pub line: u64,
    /// What there is to say.
    pub finding: Finding,
}

impl FileNote {
    /// About the whole file.
    pub fn file(finding: Finding) -> Self {
        Self { line: 0, finding }
    }
}

/// Who takes the rows: false stops the reading.
pub type RowConsumer<'a> = &'a mut dyn FnMut(Vec<SourceRow>) -> bool;

/// A fingerprint of all cells of a record: by it a later import sees that a row has changed.
pub fn content_hash(record: &StringRecord) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(record.as_slice().as_bytes());
    for cell in record {
        hasher.update(&(cell.len() as u32).to_le_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

//! The rows of a file as they are handed to a reader, and remarks about the file itself.

use csv::{ByteRecord, StringRecord};

use crate::domain::finding::{Code, Finding};

/// A row of a file with its position.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// The number of the row among the data rows, counted from 1; empty rows and totals do not count.
    pub number: u64,
    /// The physical line, or the row of a sheet, on which it begins, counted from 1.
    pub line: u64,
    /// The physical line on which it ends; cells can hold line breaks.
    pub last_line: u64,
    /// Its cells.
    pub cells: RowCells,
}

/// The cells of a row, or why they cannot be used.
#[derive(Clone, Debug)]
pub enum RowCells {
    /// As many cells as the header has.
    Whole(StringRecord),
    /// The cells cannot be matched with the columns, for the reason that the code gives.
    Broken(Code, ByteRecord),
}

/// A finding about a file or a line of it that is no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNote {
    /// The physical line, counted from 1; 0 for the whole file.
    pub line: u64,
    /// The finding.
    pub finding: Finding,
}

impl FileNote {
    /// A finding about the whole file.
    pub fn file(finding: Finding) -> Self {
        Self { line: 0, finding }
    }
}

/// Receives rows and returns whether it wants more.
pub(crate) type RowConsumer<'a> = &'a mut dyn FnMut(Vec<SourceRow>) -> bool;

/// The first 64 bits of BLAKE3 over the cells of a record. A later import compares it to find rows that have
/// changed.
pub(crate) fn content_hash(record: &StringRecord) -> u64 {
    let mut hashed = Vec::with_capacity(record.as_slice().len() + record.len() * size_of::<u32>());
    hashed.extend_from_slice(record.as_slice().as_bytes());
    for cell in record {
        hashed.extend_from_slice(&(cell.len() as u32).to_le_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(&hashed).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

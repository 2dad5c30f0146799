//! What a file is physically, and how its rows are found in it.

use crate::source::file_options::{CsvDialect, Delimiter, Encoding};

/// What a file is physically.
#[derive(Clone, Debug)]
pub enum FileContainer {
    /// Delimited text.
    Csv(CsvFormat),
    /// A sheet of a workbook.
    Sheet(Sheet),
}

/// How a CSV file is to be read.
#[derive(Clone, Copy, Debug)]
pub struct CsvFormat {
    /// How letters are stored.
    pub encoding: Encoding,
    /// What stands between two cells.
    pub delimiter: Delimiter,
    /// How quotes are written.
    pub dialect: CsvDialect,
    /// Lines before the header.
    pub skip: usize,
}

/// A sheet that is an export.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// The row of its header, counted from 1.
    pub header: u64,
    /// Whether day 0 is in 1904, as old spreadsheets of a Mac have it.
    pub epoch_1904: bool,
}

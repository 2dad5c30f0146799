//! The physical format of a file.

use crate::source::file_options::{CsvDialect, Delimiter, Encoding};

/// The physical format of a file, with what is needed to read its rows.
#[derive(Clone, Debug)]
pub enum FileContainer {
    /// Delimited text.
    Csv(CsvFormat),
    /// A sheet of a workbook.
    Sheet(Sheet),
}

/// The format of a CSV file.
#[derive(Clone, Copy, Debug)]
pub struct CsvFormat {
    /// The encoding of its characters.
    pub encoding: Encoding,
    /// The delimiter between two cells.
    pub delimiter: Delimiter,
    /// How quotes within quoted cells are written.
    pub dialect: CsvDialect,
    /// The number of physical lines before the header.
    pub skip: usize,
}

/// A sheet of a workbook.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// The row of the header, counted from 1.
    pub header: u64,
    /// Whether day numbers count from 1904, as in old spreadsheets of a Mac.
    pub epoch_1904: bool,
}

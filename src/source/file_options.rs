//! Options about the files' format. What is not set is recognised by the files' content.

use serde::{Deserialize, Serialize};

use crate::source::column_map::ColumnMap;

/// The delimiter between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`, as spreadsheets write it in Indonesia.
    Semicolon,
    /// The tab.
    Tab,
    /// `|`
    Pipe,
}

impl Delimiter {
    /// All delimiters, the most frequent one first.
    pub const ALL: [Delimiter; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    /// Its byte.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// The encoding of a file's characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[value(name = "utf-8")]
    Utf8,
    /// UTF-16, low byte first ("Unicode text" of a spreadsheet).
    #[value(name = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[value(name = "utf-16be")]
    Utf16Be,
    /// Windows-1252, which holds Latin-1.
    #[value(name = "windows-1252")]
    Windows1252,
}

/// How a quote inside a quoted cell is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum CsvDialect {
    /// Decided for each record: the interpretation that gives it the header's number of cells.
    #[default]
    Auto,
    /// Doubled, as in RFC 4180; a backslash has no meaning.
    Rfc4180,
    /// As PHP's `fputcsv` writes it: doubled, but not after a backslash.
    Php,
}

/// The options about the files' format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOptions {
    /// The delimiter of CSV files.
    pub delimiter: Option<Delimiter>,
    /// The encoding of CSV files.
    pub encoding: Option<Encoding>,
    /// How quotes within quoted cells are written in CSV files.
    pub dialect: CsvDialect,
    /// The names of the sheets to read; if empty, all sheets that are exports.
    pub sheets: Vec<String>,
    /// The fields of columns whose names are not recognised.
    pub columns: ColumnMap,
}

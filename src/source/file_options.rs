//! What an operator says about the files where their content is not believed.

use serde::{Deserialize, Serialize};

use crate::source::column_map::ColumnMap;

/// What stands between two cells.
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
    /// All of them, the most frequent first.
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

/// How the letters of a file are stored.
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
    /// By each record: the reading that gives it the header's number of cells.
    #[default]
    Auto,
    /// Doubled, as RFC 4180 says; a backslash is a letter like any other.
    Rfc4180,
    /// As PHP's fputcsv does: doubled, but not behind a backslash.
    Php,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOptions {
    /// What stands between two cells; found by content if none.
    pub delimiter: Option<Delimiter>,
    /// How letters are stored; found by content if none.
    pub encoding: Option<Encoding>,
    /// How quotes are written.
    pub dialect: CsvDialect,
    /// Sheets to read of workbooks; found by content if none.
    pub sheets: Vec<String>,
    /// What the columns with names of their own are.
    pub columns: ColumnMap,
}

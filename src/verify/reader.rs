//! Reads an export once more, on a path of its own: one row after another, cells by the names in the
//! header. It shares nothing with the reader of the import but the CSV grammar.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use csv::{ByteRecord, StringRecord};

use crate::domain::fields::FieldSpec;
use crate::exit_code::Failure;
use crate::store::Store;
use crate::store::tables::SourceRecord;
use crate::store::value::Cell;

/// Rows that are compared with one look-up of each table.
pub const CHUNK: usize = 500;

/// A file that is being read.
#[allow(missing_debug_implementations)]
pub struct Reader {
    inner: csv::Reader<File>,
    /// The file's name.
    pub file: String,
    /// The header's cells.
    pub columns: Vec<String>,
    /// Where each known field stands.
    places: Vec<Option<usize>>,
    number: u64,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The data record, counted from 1.
    pub number: u64,
    /// Its first line.
    pub line: u64,
    /// Its cells; none if they do not fit the header or are no text.
    pub cells: Option<StringRecord>,
}

impl Reader {
    /// Opens a file that holds `fields`.
    pub fn open(path: &Path, fields: &[FieldSpec]) -> anyhow::Result<Self> {
        let file =
            File::open(path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
        let mut inner = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let columns: Vec<String> =
            inner.headers().with_context(|| path.display().to_string())?.iter().map(str::to_owned).collect();
        let names: Vec<String> = columns.iter().map(|name| plain(name)).collect();
        let places = fields.iter().map(|field| names.iter().position(|name| name == field.name)).collect();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { inner, file, columns, places, number: 0 })
    }

    /// The next rows; none at the end.
    pub fn chunk(&mut self) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(CHUNK);
        let mut record = ByteRecord::new();
        while rows.len() < CHUNK && self.inner.read_byte_record(&mut record).context("reading the export")? {
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            self.number += 1;
            let line = record.position().map_or(0, csv::Position::line);
            let whole = record.len() == self.columns.len();
            let cells = if whole { StringRecord::from_byte_record(record.clone()).ok() } else { None };
            rows.push(Row { number: self.number, line, cells });
        }
        Ok(rows)
    }

    /// A row's cell of a known field.
    pub fn cell<'r>(&self, record: &'r StringRecord, field: usize) -> &'r str {
        self.places.get(field).copied().flatten().and_then(|at| record.get(at)).unwrap_or("")
    }

    /// Whether stored cells are exactly those of a row.
    pub fn same_cells(&self, record: &StringRecord, stored: &Payload<'_>) -> bool {
        let row = || self.columns.iter().map(String::as_str).zip(record);
        let cells = &stored.cells.0;
        let in_order =
            || row().zip(cells).all(|((name, cell), (stored, text))| stored.0 == name && text.0 == cell);
        let has =
            |name: &str, cell: &str| cells.iter().any(|(stored, text)| stored.0 == name && text.0 == cell);
        cells.len() == record.len() && (in_order() || row().all(|(name, cell)| has(name, cell)))
    }
}

/// A kept source row: where it stood, and its cells.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Payload<'a> {
    /// The file's name.
    #[serde(borrow, default)]
    pub file: Cow<'a, str>,
    /// The data record, counted from 1.
    #[serde(default)]
    pub record: u64,
    #[serde(borrow, default)]
    cells: Cells<'a>,
}

impl<'a> Payload<'a> {
    /// Reads it; one that cannot be read is no row's.
    pub fn read(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }
}

#[derive(Debug, serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Names and cells as they stand in the object.
#[derive(Debug, Default)]
struct Cells<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Cells<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CellsVisitor)
    }
}

struct CellsVisitor;

impl<'de> serde::de::Visitor<'de> for CellsVisitor {
    type Value = Cells<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of cells")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = Vec::with_capacity(20);
        while let Some(cell) = map.next_entry()? {
            cells.push(cell);
        }
        Ok(Cells(cells))
    }
}

/// The kept source rows of a kind with these keys (both columns: the index has them in this order).
pub fn kept(store: &mut Store, kind: &str, keys: &[&str]) -> anyhow::Result<Vec<SourceRecord>> {
    let Some(last) = keys.last() else { return Ok(Vec::new()) };
    let width = keys.len().next_power_of_two();
    let padding = std::iter::repeat_n(last, width - keys.len());
    let texts = std::iter::once(&kind).chain(keys).chain(padding);
    let cells: Vec<Cell> = texts.map(|&text| Cell::Text(text.to_owned())).collect();
    let marks = vec!["?"; width].join(",");
    store.select(&format!("WHERE \"kind\" = ? AND \"sourceKey\" IN ({marks})"), &cells)
}

/// A column's name in the checklist's spelling.
fn plain(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let words = lower.split(['_', '-', ' ']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

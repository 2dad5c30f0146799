//! CSV files: RFC 4180, comma, UTF-8 with or without a byte order mark.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::Context as _;

use super::{Cells, Export, Row, header};
use crate::exit_code::Failure;

/// How much is read from the disk at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// Reads the header of a file and recognises what it holds.
///
/// # Errors
/// Exit code 6 with the file's name: it is missing, empty, a folder, or no export.
pub fn open(path: &Path) -> anyhow::Result<Export> {
    let shown = path.display();
    let mut reader = reader(path)?;
    let columns = reader.byte_headers().map_err(|error| Failure::input(format!("{shown}: {error}")))?.clone();
    if columns.iter().all(<[u8]>::is_empty) {
        return Err(Failure::input(format!("{shown}: the file is empty")));
    }
    let columns: Vec<String> = columns
        .iter()
        .map(|cell| std::str::from_utf8(cell).map(str::to_owned))
        .collect::<Result<_, _>>()
        .map_err(|_| {
            Failure::input(format!("{shown}: the header is not UTF-8 text; save the file as CSV UTF-8"))
        })?;
    let (kind, layout) =
        header::recognise(&columns).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Export { path: path.to_owned(), file, kind, layout })
}

fn reader(path: &Path) -> anyhow::Result<csv::Reader<impl Read>> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
    let is_file = file.metadata().map(|about| about.is_file()).unwrap_or(false);
    if !is_file {
        return Err(Failure::input(format!("{shown}: not a file")));
    }
    let buffered = BufReader::with_capacity(BUFFER_BYTES, file);
    Ok(csv::ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER_BYTES).from_reader(buffered))
}

/// Hands out the rows of a file in order, `group` at a time, until `take` says stop (false).
pub fn read(export: &Export, group: usize, mut take: impl FnMut(Vec<Row>) -> bool) -> anyhow::Result<()> {
    let mut reader = reader(&export.path)?;
    reader.byte_headers()?;
    let width = export.layout.columns.len();
    let (mut rows, mut number) = (Vec::with_capacity(group), 0);
    let mut long_cell = None;
    loop {
        let mut record = csv::ByteRecord::with_capacity(256, width);
        let more = reader
            .read_byte_record(&mut record)
            .with_context(|| format!("reading {}", export.path.display()))?;
        if more && !is_blank(&record) {
            number += 1;
            let line = record.position().map_or(0, csv::Position::line);
            let last = record.iter().next_back().unwrap_or_default();
            long_cell = last.contains(&b'\n').then_some(line);
            rows.push(Row { number, line, cells: cells(record, width) });
        }
        let full = rows.len() == group;
        if (full || !more)
            && !rows.is_empty()
            && !take(std::mem::replace(&mut rows, Vec::with_capacity(group)))
        {
            return Ok(());
        }
        if !more {
            return check_closed(export, long_cell);
        }
    }
}

/// A last cell with line breaks is quoted, so the file ends with a quote; without one, the quote that
/// opened it has swallowed the rest of the file.
fn check_closed(export: &Export, long_cell: Option<u64>) -> anyhow::Result<()> {
    let Some(line) = long_cell else { return Ok(()) };
    let mut file = File::open(&export.path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    if tail.trim_ascii_end().ends_with(b"\"") {
        return Ok(());
    }
    Err(Failure::input(format!(
        "{}: a quote that opens in the record of line {line} is never closed; correct that line",
        export.path.display()
    )))
}

/// As much of a file's end as its last quote can be followed by.
const TAIL_BYTES: u64 = 64;

/// A line of separators only, as spreadsheets leave them below the data.
fn is_blank(record: &csv::ByteRecord) -> bool {
    record.iter().all(|cell| cell.trim_ascii().is_empty())
}

fn cells(record: csv::ByteRecord, width: usize) -> Cells {
    if record.len() != width {
        return Cells::WrongCount(record);
    }
    match csv::StringRecord::from_byte_record(record) {
        Ok(text) => Cells::Whole(text),
        Err(error) => Cells::NotUtf8(error.into_byte_record()),
    }
}

//! Reads a table as phpMyAdmin's CSV: all values in quotes, NULL without, and a header only where it was asked for.

use std::io::Read;

use memchr::{memchr, memchr3};

use crate::extract::input::row::SiteRow;
use crate::extract::input::window::Window;
use crate::extract::intake::Intake;
use crate::failure::Failure;
use crate::language::{msg, tr};

/// How a table is exported in this form.
pub(crate) const HOW_TO: &str = msg!(
    "phpMyAdmin, Export, Custom, CSV, with \"Put columns names in the first row\" ticked, a file for each table"
);

/// Reads a table into an intake.
///
/// # Errors
/// Exit code 6: the last row is torn, rows have another number of cells than the header, or the header is missing.
pub(crate) fn read(input: impl Read, table: &str, intake: &mut Intake) -> anyhow::Result<()> {
    let mut lines = CsvLines { window: Window::new(input), cells: Vec::new(), delimiter: None };
    if !lines.next()? {
        return Err(Failure::input(tr!("it is empty: not even the columns' names are in it")));
    }
    let header: Vec<String> = lines
        .cells
        .iter()
        .map(|cell| String::from_utf8_lossy(&cell.bytes).trim_start_matches('\u{feff}').to_owned())
        .collect();
    let Some(layout) = intake.layout(table, header.iter().map(String::as_str))? else { return Ok(()) };
    let (mut row, mut number) = (SiteRow::default(), 1_u64);
    while lines.next()? {
        number += 1;
        if lines.cells.len() != header.len() {
            return Err(Failure::input(tr!(
                "record {number} has {} cells and the header {}",
                lines.cells.len(),
                header.len()
            )));
        }
        row.clear(layout.table.columns().len());
        for (cell, place) in lines.cells.iter().zip(&layout.places) {
            if let Some(place) = place.filter(|_| cell.quoted || cell.bytes != b"NULL") {
                row.set(place, &cell.bytes);
            }
        }
        intake.take(&layout, &row)?;
    }
    Ok(())
}

#[derive(Default)]
struct CsvCell {
    bytes: Vec<u8>,
    quoted: bool,
}

struct CsvLines<R> {
    window: Window<R>,
    cells: Vec<CsvCell>,
    /// A comma or a semicolon, whichever stands behind the first cell.
    delimiter: Option<u8>,
}

fn torn() -> anyhow::Error {
    Failure::input(tr!("its last record has no end: the file is torn"))
}

impl<R: Read> CsvLines<R> {
    /// Reads the cells of a record; says whether there was one.
    fn next(&mut self) -> anyhow::Result<bool> {
        self.cells.clear();
        if self.window.peek()?.is_none() {
            return Ok(false);
        }
        loop {
            let cell = if self.window.peek()? == Some(b'"') { self.quoted()? } else { self.bare()? };
            self.cells.push(cell);
            match self.window.next()?.ok_or_else(torn)? {
                b'\n' => return Ok(true),
                b'\r' if self.window.peek()? == Some(b'\n') => {
                    self.window.skip(1);
                    return Ok(true);
                }
                sign @ (b',' | b';') if *self.delimiter.get_or_insert(sign) == sign => {}
                _ => {
                    return Err(Failure::input(tr!(
                        "a cell is followed by neither a delimiter nor the end of its line"
                    )));
                }
            }
        }
    }

    fn quoted(&mut self) -> anyhow::Result<CsvCell> {
        self.window.skip(1);
        let mut bytes = Vec::new();
        loop {
            let ahead = self.window.ahead()?;
            if ahead.is_empty() {
                return Err(torn());
            }
            let found = memchr(b'"', ahead);
            let length = found.unwrap_or(ahead.len());
            bytes.extend_from_slice(&ahead[..length]);
            self.window.skip(length + usize::from(found.is_some()));
            if found.is_some() {
                if self.window.peek()? != Some(b'"') {
                    return Ok(CsvCell { bytes, quoted: true });
                }
                self.window.skip(1);
                bytes.push(b'"');
            }
        }
    }

    fn bare(&mut self) -> anyhow::Result<CsvCell> {
        let mut bytes = Vec::new();
        loop {
            let delimiter = self.delimiter.unwrap_or(b',');
            let ahead = self.window.ahead()?;
            if ahead.is_empty() {
                return Err(torn());
            }
            let other = if self.delimiter.is_none() { memchr(b';', ahead) } else { None };
            let found = memchr3(delimiter, b'\n', b'\r', ahead).into_iter().chain(other).min();
            let length = found.unwrap_or(ahead.len());
            bytes.extend_from_slice(&ahead[..length]);
            self.window.skip(length);
            if found.is_some() {
                return Ok(CsvCell { bytes, quoted: false });
            }
        }
    }
}

//! Reads a table as `mysql --batch` prints it: a header, a row a line, line breaks and tabs within a text escaped.

use std::io::Read;

use memchr::memchr3;

use crate::extract::input::row::SiteRow;
use crate::extract::input::window::Window;
use crate::extract::intake::Intake;
use crate::failure::Failure;
use crate::language::tr;

/// How a table is exported in this form.
pub(crate) const HOW_TO: &str =
    "mysql --batch --default-character-set=utf8mb4 DATABASE -e 'select * from TABLE' > TABLE.tsv";

/// Reads a table into an intake. A table without rows prints nothing, not even its header.
///
/// # Errors
/// Exit code 6: the last row is torn, rows have another number of cells than the header, or a column is missing.
pub(crate) fn read(input: impl Read, table: &str, intake: &mut Intake) -> anyhow::Result<()> {
    let mut lines = TsvLines { window: Window::new(input), cells: Vec::new(), cell: Vec::new() };
    if !lines.next()? {
        intake.declare(table, &[]);
        return Ok(());
    }
    let header: Vec<String> =
        lines.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    let Some(layout) = intake.layout(table, header.iter().map(String::as_str))? else { return Ok(()) };
    let (mut row, mut number) = (SiteRow::default(), 1_u64);
    while lines.next()? {
        number += 1;
        if lines.cells.len() != header.len() {
            return Err(Failure::input(tr!(
                "line {number} has {} cells and the header {}: line breaks within a text were not escaped, as with --raw",
                lines.cells.len(),
                header.len()
            )));
        }
        row.clear(layout.table.columns().len());
        for (cell, place) in lines.cells.iter().zip(&layout.places) {
            if let Some(place) = place.filter(|_| cell != b"NULL") {
                row.set(place, cell);
            }
        }
        intake.take(&layout, &row)?;
    }
    Ok(())
}

struct TsvLines<R> {
    window: Window<R>,
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
}

impl<R: Read> TsvLines<R> {
    /// Reads the cells of a line; says whether there was one.
    fn next(&mut self) -> anyhow::Result<bool> {
        self.cells.clear();
        self.cell.clear();
        loop {
            let ahead = self.window.ahead()?;
            if ahead.is_empty() {
                return if self.cells.is_empty() && self.cell.is_empty() {
                    Ok(false)
                } else {
                    Err(Failure::input(tr!("its last line has no end: the file is torn")))
                };
            }
            let found = memchr3(b'\t', b'\n', b'\\', ahead);
            let length = found.unwrap_or(ahead.len());
            self.cell.extend_from_slice(&ahead[..length]);
            let sign = found.map(|at| ahead[at]);
            self.window.skip(length + usize::from(sign.is_some()));
            match sign {
                None => {}
                Some(b'\\') => self.escape()?,
                Some(sign) => {
                    self.cells.push(std::mem::take(&mut self.cell));
                    if sign == b'\n' {
                        return Ok(true);
                    }
                }
            }
        }
    }

    fn escape(&mut self) -> anyhow::Result<()> {
        let escaped = self
            .window
            .next()?
            .ok_or_else(|| Failure::input(tr!("its last line has no end: the file is torn")))?;
        self.cell.push(match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            other => other,
        });
        Ok(())
    }
}

//! Rows into PostgreSQL by COPY, in its text format.
//!
//! Diesel asks a type where a COPY goes, for it expects tables that are known at compile time. Here
//! the table and its columns are only known at run time: there is one type, and the thread says
//! what it stands for.

use std::cell::RefCell;
use std::io::{self, BufWriter, Write};

use diesel::pg::{CopyTarget, Pg, PgConnection};
use diesel::prelude::ExecuteCopyFromDsl as _;
use diesel::query_builder::AstPass;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Text;
use diesel::{QueryResult, copy_from};

use crate::store::engine::ColumnSet;
use crate::store::value::Cell;

/// What one call hands to libpq, which has a price of its own.
const CHUNK: usize = 1 << 16;

thread_local! {
    /// Table and columns of the COPY that this thread is at.
    static TARGET: RefCell<String> = const { RefCell::new(String::new()) };
}

diesel::table! {
    /// Stands for whatever table there is.
    any_table (id) {
        /// Never named.
        id -> Text,
    }
}

/// What [`TARGET`] says.
struct Target;

impl CopyTarget for Target {
    type Table = any_table::table;
    type SqlType = Text;

    fn walk_target(mut pass: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        TARGET.with_borrow(|target| pass.push_sql(target));
        Ok(())
    }
}

/// Inserts rows.
///
/// # Errors
/// The first row that the database refuses; no row is there then.
pub fn insert(connection: &mut PgConnection, into: &ColumnSet, rows: &[Vec<Cell>]) -> QueryResult<usize> {
    TARGET.set(format!("\"{}\" ({})", into.table, into.names()));
    copy_from(any_table::table)
        .from_raw_data(Target, |out| write_rows(out, rows).map_err(error))
        .execute(connection)
}

/// Diesel's own error, out of its sink's.
fn error(error: io::Error) -> Error {
    let unknown =
        |error: io::Error| Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(error.to_string()));
    error.downcast::<Error>().unwrap_or_else(unknown)
}

fn write_rows(out: &mut dyn Write, rows: &[Vec<Cell>]) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(CHUNK, out);
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                out.write_all(b"\t")?;
            }
            write_cell(&mut out, cell)?;
        }
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn write_cell(out: &mut impl Write, cell: &Cell) -> io::Result<()> {
    match cell {
        Cell::Null => out.write_all(b"\\N"),
        Cell::Int(number) => write!(out, "{number}"),
        Cell::Real(number) => write!(out, "{number}"),
        Cell::Text(text) => write_text(out, text.as_bytes()),
        Cell::Blob(bytes) => write_bytes(out, bytes),
    }
}

/// With a backslash before what COPY would take for its own.
fn write_text(out: &mut impl Write, mut text: &[u8]) -> io::Result<()> {
    let escape = |byte: &u8| match byte {
        b'\\' => Some(b"\\\\"),
        b'\t' => Some(b"\\t"),
        b'\n' => Some(b"\\n"),
        b'\r' => Some(b"\\r"),
        _ => None,
    };
    while let Some((at, escaped)) = text.iter().enumerate().find_map(|(at, byte)| Some((at, escape(byte)?))) {
        out.write_all(&text[..at])?;
        out.write_all(escaped)?;
        text = &text[at + 1..];
    }
    out.write_all(text)
}

fn write_bytes(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.write_all(b"\\\\x")?;
    for byte in bytes {
        out.write_all(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_one_line_whatever_is_in_its_cells() {
        let row = vec![
            Cell::Null,
            Cell::Text("\\N".into()),
            Cell::Text(String::new()),
            Cell::Text("a\tb\nc\rd\\.".into()),
            Cell::Int(-7),
            Cell::Real(0.5),
            Cell::Blob(vec![0, 0x1f, 0xff]),
        ];
        let mut out = Vec::new();
        write_rows(&mut out, &[row, vec![Cell::Text("\\.".into())]]).unwrap();
        let expected = "\\N\t\\\\N\t\ta\\tb\\nc\\rd\\\\.\t-7\t0.5\t\\\\x001fff\n\\\\.\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

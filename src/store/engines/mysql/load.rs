//! Rows for LOAD DATA LOCAL INFILE: the server reads them without its parser of SQL, and their text is made on the
//! planning thread. Each such statement has a turn of the conversation of its own.
//!
//! With LOCAL the server makes warnings of what an INSERT would refuse, and leaves the row out or cuts its value. So what was
//! not taken in full and without a warning is taken back, and goes by INSERT ([`super::connection`]): that says what is wrong.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::store::codec::coder::Coder;
use crate::store::codec::encoder::Packer;
use crate::store::codec::value::{Cell, Kind, Value};
use crate::store::engines::engine::ColumnSet;
use crate::store::engines::mysql::literal;

/// Fewer rows go by an INSERT, which takes no turn of its own.
const MANY: usize = 128;

/// What a turn may take where it is worth it: 2,000 orders take six more of them, and save some forty milliseconds.
pub(super) const NEAR: Duration = Duration::from_millis(1);

/// Whether a LOAD DATA went wrong in this process. Whatever the reason was, a proxy that does not know it among them, what
/// follows goes by INSERT, also on the next connection.
static GIVEN_UP: AtomicBool = AtomicBool::new(false);

/// No more of it.
pub(super) fn give_up() {
    GIVEN_UP.store(true, Ordering::Relaxed);
}

/// Whether it was given up.
pub(super) fn is_given_up() -> bool {
    GIVEN_UP.load(Ordering::Relaxed)
}

const CELL_END: u8 = b'\t';
const ROW_END: u8 = b'\n';
const ESCAPE: u8 = b'\\';
/// A cell that is NULL: no escaped text can be this.
const NULL: &[u8] = b"\\N";

/// The statement that asks for the rows of this name. What ends and escapes is said in digits, which no mode of the server
/// reads in another way.
pub(super) fn statement(into: &ColumnSet, name: &str) -> String {
    format!(
        "LOAD DATA LOCAL INFILE '{name}' INTO TABLE \"{}\" CHARACTER SET utf8mb4 \
         FIELDS TERMINATED BY x'09' ESCAPED BY x'5c' LINES TERMINATED BY x'0a' ({})",
        into.table,
        into.names()
    )
}

/// A table whose columns all take a text as they take a literal.
#[derive(Debug)]
pub(super) struct RowText {
    coder: Coder,
}

impl RowText {
    /// What packs rows of these columns; nothing where one of them takes bytes, or is of a type that is not known here.
    pub(super) fn new(into: &ColumnSet, kinds: &[Kind], coder: Coder) -> Option<Self> {
        let mut columns = into.columns.iter().zip(kinds);
        columns.all(|((_, declared), kind)| takes_text(declared, *kind)).then_some(Self { coder })
    }

    fn push(&self, value: &Value, out: &mut Vec<u8>) -> Option<()> {
        match value {
            Value::Null => out.extend(NULL),
            Value::Text(text) => push_escaped(text.as_bytes(), out),
            Value::Json(json) => push_escaped(json.0.as_bytes(), out),
            Value::Bytes(_) => return None,
            short => match self.coder.encode(short.clone()) {
                Cell::Text(text) => push_escaped(text.as_bytes(), out),
                number => {
                    let mut text = String::new();
                    literal::push(&mut text, &number);
                    out.extend(text.as_bytes());
                }
            },
        }
        Some(())
    }
}

impl Packer for RowText {
    fn pack(&self, rows: &[Vec<Value>], present: &[usize]) -> Option<Vec<u8>> {
        if rows.len() < MANY || is_given_up() {
            return None;
        }
        let mut out = Vec::new();
        for row in rows {
            for (column, &at) in present.iter().enumerate() {
                if column > 0 {
                    out.push(CELL_END);
                }
                self.push(&row[at], &mut out)?;
            }
            out.push(ROW_END);
        }
        Some(out)
    }
}

/// Whether a column reads a number or a time from a text as from a literal, by its type as the catalogue spells it: one of
/// bits would take the digits for bytes.
fn takes_text(declared: &str, kind: Kind) -> bool {
    let name = declared.split(['(', ' ']).next().unwrap_or_default();
    kind != Kind::Bytes
        && match name {
            "varchar" | "char" | "tinytext" | "text" | "mediumtext" | "longtext" | "json" => true,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "double" | "decimal" => true,
            "datetime" | "timestamp" => true,
            "enum" => matches!(kind, Kind::Enum(_) | Kind::Text),
            _ => false,
        }
}

fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| escaped(*byte).is_some()) {
        out.extend(&rest[..at]);
        out.extend([ESCAPE, escaped(rest[at]).unwrap_or_default()]);
        rest = &rest[at + 1..];
    }
    out.extend(rest);
}

/// What stands behind the escape in place of a byte; nothing where the byte stands for itself.
fn escaped(byte: u8) -> Option<u8> {
    match byte {
        ESCAPE => Some(ESCAPE),
        CELL_END => Some(b't'),
        ROW_END => Some(b'n'),
        0 => Some(b'0'),
        _ => None,
    }
}

/// How many rows a text has.
pub(super) fn rows(text: &[u8]) -> usize {
    memchr::memchr_iter(ROW_END, text).count()
}

/// The rows of a text as cells for an INSERT: all are texts.
pub(super) fn unpacked(text: &[u8]) -> Vec<Vec<Cell>> {
    let rows = text.split_inclusive(|byte| *byte == ROW_END);
    rows.map(|row| row[..row.len() - 1].split(|byte| *byte == CELL_END).map(cell).collect()).collect()
}

fn cell(written: &[u8]) -> Cell {
    if written == NULL {
        return Cell::Null;
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match *byte {
            ESCAPE => match rest.next() {
                Some(b't') => CELL_END,
                Some(b'n') => ROW_END,
                Some(b'0') => 0,
                _ => ESCAPE,
            },
            byte => byte,
        });
    }
    // It was made of texts, and only bytes of their own were put between.
    Cell::Text(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::Millis;
    use crate::domain::money::Money;
    use crate::store::codec::value::JsonText;

    const CODER: Coder = Coder::Typed { offset: "" };

    fn of(declared: &str, kind: Kind) -> Option<RowText> {
        let columns = vec![("column".to_owned(), declared.to_owned())];
        RowText::new(&ColumnSet { table: "Table", columns }, &[kind], CODER)
    }

    #[test]
    fn whatever_a_row_holds_comes_out_as_it_went_in() {
        let words =
            ["", "\\N", "\\", "N", "NULL", "a\tb\nc\r\n\0d", "\\t\\n\\0", "Ömer's \"😀\"", "\u{1a}\u{8}"];
        let row: Vec<Value> = words.iter().map(|word| Value::Text((*word).to_owned())).collect();
        let row = [row, vec![Value::Null, Value::Json(JsonText(r#"{"a":"\n"}"#.to_owned()))]].concat();
        let present: Vec<usize> = (0..row.len()).collect();
        let text =
            RowText { coder: CODER }.pack(&vec![row.clone(); MANY], &present).expect("they are packed");
        assert_eq!(rows(&text), MANY);
        let cells: Vec<Cell> = row.into_iter().map(|value| CODER.encode(value)).collect();
        assert_eq!(unpacked(&text), vec![cells; MANY]);
    }

    #[test]
    fn numbers_and_times_are_written_as_in_an_insert() {
        let row = vec![
            Value::Bool(true),
            Value::Int(-7),
            Value::Real(0.1),
            Value::Money(Money::from_minor(150)),
            Value::Time(Millis(1)),
        ];
        let text =
            RowText { coder: CODER }.pack(&vec![row; MANY], &[0, 1, 2, 3, 4]).expect("they are packed");
        let first = text.split(|byte| *byte == ROW_END).next().expect("a row");
        assert_eq!(std::str::from_utf8(first), Ok("1\t-7\t1e-1\t1.5\t1970-01-01 00:00:00.001"));
    }

    #[test]
    fn a_column_that_takes_bytes_leaves_its_table_to_the_insert() {
        let known =
            ["varchar(191)", "int(11)", "bigint(20) unsigned", "decimal(65,30)", "datetime(3)", "longtext"];
        assert!(known.iter().all(|declared| of(declared, Kind::Text).is_some()));
        assert!(of("enum('A','B')", Kind::Enum("Letter")).is_some());
        for (declared, kind) in [
            ("bit(1)", Kind::Bool),
            ("longblob", Kind::Text),
            ("varbinary(3)", Kind::Text),
            ("varchar(191)", Kind::Bytes),
            ("enum('1','2')", Kind::Int),
            ("geometry", Kind::Text),
        ] {
            assert!(of(declared, kind).is_none(), "{declared}");
        }
    }

    #[test]
    fn few_rows_and_bytes_are_not_packed() {
        let packs =
            |value: Value, count| RowText { coder: CODER }.pack(&vec![vec![value]; count], &[0]).is_some();
        assert!(packs(Value::Int(1), MANY) && !packs(Value::Int(1), MANY - 1));
        assert!(!packs(Value::Bytes(vec![1]), MANY));
    }
}

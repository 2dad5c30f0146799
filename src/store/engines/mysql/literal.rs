//! Cells as literals of SQL: several statements go in one packet only as a text. No literal depends on a mode of the
//! server, least of all on whether a backslash escapes.

use std::fmt::Write as _;

use crate::store::codec::value::Cell;

/// A statement with a literal for each of its `?`.
pub(super) fn written(sql: &str, cells: &[Cell]) -> String {
    debug_assert_eq!(sql.matches('?').count(), cells.len(), "{sql}");
    let mut text = String::with_capacity(sql.len() + cells.iter().map(length).sum::<usize>());
    let mut pieces = sql.split('?');
    text.push_str(pieces.next().unwrap_or_default());
    for (cell, piece) in cells.iter().zip(pieces) {
        push(&mut text, cell);
        text.push_str(piece);
    }
    text
}

/// About how many bytes a literal has.
pub(super) fn length(cell: &Cell) -> usize {
    match cell {
        Cell::Null => 4,
        Cell::Int(_) | Cell::Real(_) => 24,
        Cell::Text(text) => text.len() + 2,
        Cell::Blob(bytes) => 2 * bytes.len() + 3,
    }
}

/// Writes a literal.
pub(super) fn push(text: &mut String, cell: &Cell) {
    match cell {
        Cell::Null => text.push_str("NULL"),
        // Writing into a String cannot fail.
        Cell::Int(number) => drop(write!(text, "{number}")),
        // With an exponent it is a double; without one it would be a decimal.
        Cell::Real(number) => drop(write!(text, "{number:e}")),
        Cell::Text(word) => push_text(text, word),
        Cell::Blob(bytes) => push_hex(text, bytes),
    }
}

/// In quotes; as digits where it has a backslash, which escapes in one mode of the server and does not in another, or a
/// byte that a text of SQL may end with.
fn push_text(text: &mut String, word: &str) {
    if word.contains(['\\', '\0']) {
        text.push_str("_utf8mb4 ");
        return push_hex(text, word.as_bytes());
    }
    text.push('\'');
    for (at, piece) in word.split('\'').enumerate() {
        if at > 0 {
            text.push_str("''");
        }
        text.push_str(piece);
    }
    text.push('\'');
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push_str("x'");
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)].into());
        text.push(DIGITS[usize::from(byte & 15)].into());
    }
    text.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(cell: Cell) -> String {
        written("?", &[cell])
    }

    #[test]
    fn a_text_stays_a_text_in_every_mode_of_the_server() {
        assert_eq!(literal(Cell::Text("Ömer's 😀 \"shop\" -- ;".to_owned())), "'Ömer''s 😀 \"shop\" -- ;'");
        assert_eq!(literal(Cell::Text("'".to_owned())), "''''");
        assert_eq!(literal(Cell::Text("\\' OR 1=1 --".to_owned())), "_utf8mb4 x'5c27204f5220313d31202d2d'");
        assert_eq!(literal(Cell::Text("a\0b".to_owned())), "_utf8mb4 x'610062'");
    }

    #[test]
    fn a_double_is_written_as_one_and_exactly() {
        assert_eq!(literal(Cell::Real(0.1)), "1e-1");
        assert_eq!(literal(Cell::Real(123_456_789_012.34)), "1.2345678901234e11");
        assert_eq!(literal(Cell::Int(i64::MIN)), "-9223372036854775808");
    }

    #[test]
    fn a_question_mark_in_a_text_is_no_place_for_the_next_cell() {
        let cells = [Cell::Text("?".to_owned()), Cell::Null, Cell::Blob(vec![0, 255])];
        assert_eq!(written("VALUES (?, ?, ?)", &cells), "VALUES ('?', NULL, x'00ff')");
    }
}

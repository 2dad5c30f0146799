//! INSERTs of many rows.

use crate::store::codec::value::Cell;
use crate::store::engines::engine::ColumnSet;
use crate::store::engines::mysql::literal;

/// The most rows of one INSERT.
pub(super) const INSERTED: usize = 1024;

/// The INSERT of some rows.
pub(super) fn statement(into: &ColumnSet, rows: &[Vec<Cell>]) -> String {
    let mut sql = format!("INSERT INTO \"{}\" ({}) VALUES ", into.table, into.names());
    for (at, row) in rows.iter().enumerate() {
        sql.push_str(if at == 0 { "(" } else { ", (" });
        push_list(&mut sql, row);
        sql.push(')');
    }
    sql
}

/// Some rows in parts of `most` rows and about so many bytes: each goes into one statement.
pub(super) fn parts(rows: &[Vec<Cell>], most: usize, bytes: usize) -> impl Iterator<Item = &[Vec<Cell>]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let (part, behind) = rest.split_at_checked(part(rest, most, bytes))?;
        rest = behind;
        Some(part)
    })
}

/// How many of some rows go into one statement: at least one, also where there is none.
fn part(rows: &[Vec<Cell>], most: usize, bytes: usize) -> usize {
    let mut length = 0;
    let fits = |row: &&Vec<Cell>| {
        length += row.iter().map(literal::length).sum::<usize>();
        length <= bytes
    };
    rows.iter().take(most).take_while(fits).count().max(1)
}

/// Writes literals with commas between them.
pub(super) fn push_list<'c>(sql: &mut String, cells: impl IntoIterator<Item = &'c Cell>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            sql.push_str(", ");
        }
        literal::push(sql, cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_parted_by_number_and_by_length_and_a_long_one_stands_alone() {
        let row = |length: usize| vec![Cell::Text("x".repeat(length))];
        let lengths = |rows: &[Vec<Cell>], most, bytes| -> Vec<usize> {
            parts(rows, most, bytes).map(<[Vec<Cell>]>::len).collect()
        };
        assert_eq!(lengths(&vec![row(8); 5], 2, 1000), [2, 2, 1]);
        assert_eq!(lengths(&[row(8), row(8), row(80), row(8)], 9, 25), [2, 1, 1]);
        assert_eq!(lengths(&[], 2, 1000), [0; 0]);
    }
}

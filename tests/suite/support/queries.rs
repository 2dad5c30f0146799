//! Short questions about a database's rows, each with one answer: counts, sums and lists of texts.

use super::AppDatabase;
use super::library::{Cell, Millis};

/// The text of a cell, which must be one.
pub fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        other => panic!("no text: {other:?}"),
    }
}

/// The first column of a query, as texts.
pub fn texts(db: &AppDatabase, sql: &str) -> Vec<String> {
    db.query(sql).iter().map(|row| text(&row[0])).collect()
}

/// A time as SQLite stores it.
pub fn millis(time: &str) -> i64 {
    Millis::parse_rfc3339(time).expect("a time").0
}

/// A sum in sen, without a float's rounding.
pub fn sum_minor(db: &AppDatabase, table: &str, column: &str, filter: &str) -> i64 {
    db.number(&format!(
        "SELECT COALESCE(SUM(CAST(ROUND(\"{column}\" * 100) AS INTEGER)), 0) FROM \"{table}\" WHERE {filter}"
    ))
}

/// How many rows a filter leaves.
pub fn count(db: &AppDatabase, table: &str, filter: &str) -> i64 {
    db.number(&format!("SELECT COUNT(*) FROM \"{table}\" WHERE {filter}"))
}

//! A whole database as text, to be compared with another one cell by cell: "nothing was written" and "the same as
//! before" are promises about every table, also those that a test's author did not think of.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use serde_json::Value;

use super::library::{Cell, JsonText};
use super::{AppDatabase, texts};

/// The tables that the tool keeps about its runs: they tell of the runs, not of the app's rows.
const TOOL_TABLES: &[&str] =
    &["DataImportLog", "SejoliImportRun", "SejoliImportJournal", "SejoliImportReject", "SejoliSchemaObject"];

/// A database, table by table: each row as its cells.
pub type Dump = BTreeMap<String, Vec<BTreeMap<String, String>>>;

/// What a comparison of two databases leaves aside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Nothing at all, the books included.
    Everything,
    /// The books.
    Rows,
    /// The books, and which run it was and when it began.
    Content,
    /// The same, and where in its file a row stood.
    ContentAnywhere,
}

fn tables(db: &AppDatabase) -> Vec<String> {
    texts(
        db,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
         AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name",
    )
}

pub fn dump(db: &AppDatabase, compared: Compared) -> Dump {
    let began: BTreeSet<Vec<u8>> = db
        .query("SELECT \"startedAt\" FROM \"SejoliImportRun\"")
        .iter()
        .map(|row| format!("{:?}", row[0]).into_bytes())
        .collect();
    let is_content = matches!(compared, Compared::Content | Compared::ContentAnywhere);
    let of_a_run = |column: &str, cell: &Cell| {
        is_content && (column == "runId" || began.contains(format!("{cell:?}").as_bytes()))
    };
    let names = tables(db).into_iter();
    let names =
        names.filter(|name| compared == Compared::Everything || !TOOL_TABLES.contains(&name.as_str()));
    let mut dump = Dump::new();
    for name in names {
        let columns = texts(db, &format!("SELECT name FROM pragma_table_info('{name}') ORDER BY cid"));
        let mut rows: Vec<BTreeMap<String, String>> = Vec::new();
        for row in db.query(&format!("SELECT * FROM \"{name}\" ORDER BY 1")) {
            let cells = columns.iter().zip(&row).map(|(column, cell)| {
                let shown = match cell {
                    cell if of_a_run(column, cell) => "(the run's own)".to_owned(),
                    Cell::Text(payload)
                        if compared == Compared::ContentAnywhere
                            && matches!(column.as_str(), "webhookPayload" | "payload") =>
                    {
                        placeless(payload)
                    }
                    Cell::Text(json) if json.starts_with(['{', '[']) => JsonText(json.clone()).digest(),
                    cell => format!("{cell:?}"),
                };
                (column.clone(), shown)
            });
            rows.push(cells.collect());
        }
        rows.sort();
        dump.insert(name, rows);
    }
    dump
}

/// A payload without its place in the file.
fn placeless(payload: &str) -> String {
    let mut payload: Value = serde_json::from_str(payload).expect("a payload is JSON");
    let object = payload.as_object_mut().expect("a payload is an object");
    assert!(object.remove("record").is_some(), "a payload says which record it was");
    object.remove("file");
    payload.to_string()
}

/// Fails with the first rows that differ, cell by cell.
#[track_caller]
pub fn assert_same(left: &Dump, right: &Dump, what: &str) {
    let mut differences = String::new();
    for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (&left[name], &right[name]);
        if a.len() != b.len() {
            let _ = writeln!(differences, "{name}: {} rows against {}", a.len(), b.len());
        }
        let of = |row: &BTreeMap<String, String>| row.get("id").cloned().unwrap_or_default();
        let others: HashMap<String, &BTreeMap<String, String>> = b.iter().map(|row| (of(row), row)).collect();
        for row in a {
            match others.get(&of(row)) {
                None => drop(writeln!(differences, "{name}: only on the left: {row:?}")),
                Some(other) => {
                    for (column, cell) in row.iter().filter(|(column, cell)| other[*column] != **cell) {
                        let (a, b) = where_they_part(cell, &other[column]);
                        let _ = writeln!(differences, "{name} {} {column}: {a} / {b}", of(row));
                    }
                }
            }
        }
    }
    let shown: Vec<&str> = differences.lines().take(8).collect();
    assert!(left == right, "{what}: the databases differ\n{}", shown.join("\n"));
}

/// Two cells from a little before they differ, for a message that can be read.
fn where_they_part(left: &str, right: &str) -> (String, String) {
    let same = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
    let part = |cell: &str| cell.chars().skip(same.saturating_sub(200)).take(400).collect();
    (part(left), part(right))
}

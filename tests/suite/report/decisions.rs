//! The report of a run that reads no exports: what it has written, in every form, and no table of records that it never read.

use std::fs;
use std::path::Path;

use calamine::{Reader as _, Xlsx, open_workbook};

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{AppDatabase, Engine, Sheet, fixture, imported, on_each_engine, texts};

/// What a command of people has written, as it is shown: table, created, updated, taken back.
type Written = (&'static str, [&'static str; 3]);

fn shown(db: &AppDatabase, args: &[&str]) -> String {
    let outcome = db.run(&[&["report"], args].concat());
    assert_eq!(outcome.code, DONE, "{args:?}: {}", outcome.stderr);
    outcome.prose()
}

#[track_caller]
fn assert_shown_in_every_form(
    db: &AppDatabase,
    command: &str,
    (table, [created, updated, deleted]): Written,
) {
    let cells = [table, created, updated, deleted];
    let text = shown(db, &[]);
    assert!(text.contains("rows created updated taken back"), "{command}: {text}");
    assert!(text.contains(&cells.join(" ")), "{command}: {text}");
    assert!(!text.contains("records read"), "{command}: {text}");
    let whole = shown(db, &["--as", "text"]);
    assert!(whole.contains(&cells.join(" ")) && !whole.contains("Books"), "{command}: {whole}");
    let markdown = shown(db, &["--as", "md"]);
    let row = format!("| `{table}` | {created} | {updated} | {deleted} |");
    assert!(markdown.contains(&row) && !markdown.contains("Books"), "{command}: {markdown}");
    let html = shown(db, &["--as", "html"]);
    assert!(html.contains("table-rows") && !html.contains("table-books"), "{command}: {html}");
    let folder = db.path("tables");
    shown(db, &["--as", "csv", "--out", &folder.display().to_string()]);
    let sheet = Sheet::read(&folder.join("rows.csv"));
    let row = sheet.find(|cell| cell("Table") == table);
    assert_eq!(sheet.rows[row], cells, "{command}");
    for absent in ["books.csv", "files.csv"] {
        assert!(!folder.join(absent).exists(), "{command}: {absent} has no row");
    }
    assert_in_workbook(&db.path("report.xlsx"), db, command, cells);
    fs::remove_dir_all(folder).expect("the folder goes");
}

#[track_caller]
fn assert_in_workbook(file: &Path, db: &AppDatabase, command: &str, cells: [&str; 4]) {
    shown(db, &["--out", &file.display().to_string()]);
    let mut workbook: Xlsx<_> = open_workbook(file).expect("a workbook");
    let names = workbook.sheet_names();
    assert!(!names.iter().any(|name| name == "Books"), "{command}: {names:?}");
    let sheet = workbook.worksheet_range("Rows written").unwrap_or_else(|_| panic!("{command}: {names:?}"));
    let rows: Vec<Vec<String>> =
        sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    assert!(rows.iter().any(|row| row[..4] == cells), "{command}: {rows:?}");
}

fn a_code_that_waits(db: &AppDatabase) -> String {
    let sql = "SELECT \"sejoliAffiliateCode\" FROM \"SejoliAffiliateMapping\" \
               WHERE \"mappingStatus\" = 'PENDING' ORDER BY \"sejoliAffiliateCode\"";
    texts(db, sql).swap_remove(0)
}

fn a_run_of_decisions_shows_what_it_has_written(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    let code = a_code_that_waits(&db);
    let pair = ["milolfin33@example.com", "kedua.milolfin33@example.com"];
    let by = ["--why", "a test", "--by", "Rina"];
    let reject = [&["mappings", "reject", &code], &by[..]].concat();
    let apart = [&["people", "keep-apart", pair[0], pair[1]], &by[..]].concat();
    let decisions: [(Vec<&str>, Written); 2] = [
        (reject, ("SejoliAffiliateMapping", ["0", "1", "0"])),
        (apart, ("SejoliSourceRecord", ["1", "0", "0"])),
    ];
    for (command, written) in decisions {
        let outcome = db.run(&command);
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        assert_shown_in_every_form(&db, &command.join(" "), written);
    }
}

/// A value that somebody has changed past the app, and that `repair` puts back.
fn a_repair_shows_what_it_has_written(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let id = texts(&db, "SELECT \"id\" FROM \"Transaction\" ORDER BY \"id\"").swap_remove(0);
    db.sql(&format!("UPDATE \"Transaction\" SET \"customerName\" = 'X' WHERE \"id\" = '{id}'"));
    let repaired = db.run(&["repair", "--all", "--yes"]);
    assert_eq!(repaired.code, DONE, "{repaired:?}");
    assert_shown_in_every_form(&db, "repair", ("Transaction", ["0", "1", "0"]));
}

on_each_engine!(a_run_of_decisions_shows_what_it_has_written, a_repair_shows_what_it_has_written);

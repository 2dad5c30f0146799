//! Imports and what their documents say, with the checks that every import has to pass whatever was in the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::exit_code::{DONE, UNEXPECTED};
use super::{AppDatabase, Engine, Exports, Sheet, drop_index, json};

/// Imports, expects this exit code, and returns the document.
#[track_caller]
pub fn imported(db: &AppDatabase, what: &str, folder: &Path, more: &[&str], code: i32) -> Value {
    let mut options = vec!["--format", "json"];
    options.extend(more);
    let outcome = db.import(what, folder, &options);
    assert_eq!(outcome.code, code, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

/// An import that breaks off in its settlement: every order has arrived, no wallet has.
#[track_caller]
pub fn broken_off(db: &AppDatabase, engine: Engine, folder: &Path) {
    db.sql("CREATE UNIQUE INDEX one_entry ON \"WalletTransaction\"(\"type\")");
    let outcome = db.import("all", folder, &[]);
    assert_eq!(outcome.code, UNEXPECTED, "{outcome:?}");
    db.sql(&drop_index(engine, "WalletTransaction", "one_entry"));
}

/// Expects that `verify` finds no difference between these exports and the database.
#[track_caller]
pub fn verified(db: &AppDatabase, exports: &Exports) {
    let outcome = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

/// How often a finding was made.
pub fn found(document: &Value, code: &str) -> u64 {
    document["total"]["findings"][code].as_u64().unwrap_or(0)
}

/// How many rows of a phase stand in a column of the books.
pub fn rows(document: &Value, phase: &str, column: &str) -> u64 {
    document["phases"][phase][column]["rows"]
        .as_u64()
        .unwrap_or_else(|| panic!("{phase}.{column}: {document}"))
}

/// The findings file of the only run that has left one: file, record and code of what is about a row.
pub fn findings(db: &AppDatabase) -> BTreeSet<(String, u64, String)> {
    let sheet = Sheet::read(&run_folder(db).join("findings.csv"));
    let row = |row: usize| {
        let record = sheet.get(row, "record").parse().expect("a record number");
        (sheet.get(row, "file").to_owned(), record, sheet.get(row, "code").to_owned())
    };
    (0..sheet.rows.len()).filter(|at| !sheet.get(*at, "file").is_empty()).map(row).collect()
}

/// The folder of the only run that has left one.
pub fn run_folder(db: &AppDatabase) -> PathBuf {
    let mut folders: Vec<PathBuf> = fs::read_dir(db.path("out"))
        .expect("a folder of runs")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders.remove(0)
}

/// What every import has to leave behind, whatever was in the files.
#[track_caller]
pub fn assert_sound(db: &AppDatabase) {
    let none = |sql: &str| assert_eq!(db.number(sql), 0, "{sql}");
    none("SELECT COUNT(*) FROM pragma_foreign_key_check");
    none(
        "SELECT COUNT(*) FROM \"Wallet\" w WHERE CAST(ROUND(w.\"balance\" * 100) AS INTEGER) <> \
         (SELECT COALESCE(SUM(CAST(ROUND(t.\"amount\" * 100) AS INTEGER)), 0) FROM \"WalletTransaction\" t \
          WHERE t.\"walletId\" = w.\"id\")",
    );
    none("SELECT COUNT(*) FROM \"Wallet\" WHERE \"balance\" < 0");
    none("SELECT COUNT(*) FROM \"User\" WHERE \"password\" IS NOT NULL OR \"username\" IS NOT NULL");
    none(
        "SELECT COUNT(*) FROM \"AffiliateConversion\" WHERE \"affiliateId\" NOT IN \
         (SELECT \"id\" FROM \"AffiliateProfile\")",
    );
}

/// An amount of a document, such as `1500.50`, in sen.
pub fn sen(amount: &Value) -> i64 {
    let text = amount.as_str().expect("an amount");
    let (rupiah, sen) = text.split_once('.').unwrap_or((text, "00"));
    format!("{rupiah}{sen:0<2}").parse().expect("digits")
}

/// The books of a document: read = created + updated + unchanged + held + rejected, in rows and in sen.
#[track_caller]
pub fn assert_balanced(document: &Value) {
    let phases = document["phases"].as_object().expect("phases");
    for (name, books) in phases.iter().chain([(&"total".to_owned(), &document["total"])]) {
        let of =
            |column: &str| [books[column]["rows"].as_i64().expect("a number"), sen(&books[column]["amount"])];
        let columns = ["created", "updated", "unchanged", "held", "rejected"].map(of);
        let sum = columns.into_iter().fold([0, 0], |sum, column| [sum[0] + column[0], sum[1] + column[1]]);
        assert_eq!(of("read"), sum, "{name}");
    }
}

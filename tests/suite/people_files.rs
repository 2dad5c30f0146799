//! `people export` and `people apply`: pairs in a file that people fill in, checked as a whole, shown row by row before it is
//! done, one run, and safe to repeat.

use std::path::Path;

use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::pairs::{PAIRS, two_pairs};
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, Outcome, Sheet, assert_same, count, dump, imported, json,
    on_each_engine, verified,
};

fn people(db: &AppDatabase, args: &[&str]) -> Outcome {
    db.run(&[&["people"], args].concat())
}

fn exported(db: &AppDatabase, name: &str) -> String {
    let file = db.path(name).display().to_string();
    let outcome = people(db, &["export", &file, "--replace"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    file
}

/// Fills in the deciding column for the pair that has this address.
fn fill(file: &str, decisions: &[(&str, &str)]) {
    let mut sheet = Sheet::read(Path::new(file));
    for (email, decision) in decisions {
        let row = sheet.find(|cell| cell("one") == *email || cell("other") == *email);
        sheet.set(row, "decision", decision);
        sheet.set(row, "why", "by the list");
    }
    sheet.write(Path::new(file));
}

#[track_caller]
fn applied(db: &AppDatabase, file: &str, more: &[&str]) -> Outcome {
    let outcome = people(db, &[&["apply", file, "--by", "Rina"], more].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    outcome
}

#[track_caller]
fn refused(db: &AppDatabase, file: &str, why: &str) {
    let before = dump(db, Compared::Rows);
    let outcome = people(db, &["apply", file, "--by", "Rina", "--yes"]);
    assert_eq!(outcome.code, REFUSED, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    assert_same(&before, &dump(db, Compared::Rows), "a refusal keeps nothing");
}

fn a_file_of_decisions_is_shown_row_by_row_and_is_one_run(engine: Engine) {
    let (db, exports) = two_pairs(engine);
    let before = dump(&db, Compared::Rows);
    let runs = count(&db, "SejoliImportRun", "1=1");
    let file = exported(&db, "pairs.csv");
    fill(&file, &[("rina@gmial.com", "rina@gmail.com"), ("budi@yaho.com", "APART")]);
    let shown = applied(&db, &file, &["--dry-run"]).stdout;
    assert!(shown.contains("isActive") && shown.contains("true → false"), "{shown}");
    let without = people(&db, &["apply", &file, "--by", "Rina"]);
    assert!(without.code == REFUSED && without.stderr.contains("add --yes"), "{without:?}");
    assert_same(&before, &dump(&db, Compared::Rows), "without --yes it only shows");
    let diff = db.path("diff.csv").display().to_string();
    applied(&db, &file, &["--dry-run", "--diff", &diff]);
    let changes = Sheet::read(Path::new(&diff));
    changes.find(|cell| cell("table") == "Transaction" && cell("column") == "userId");

    applied(&db, &file, &["--yes"]);
    assert_eq!(count(&db, "SejoliImportRun", "1=1"), runs + 1);
    assert_eq!(count(&db, "User", "\"isActive\""), 3);
    verified(&db, &exports);
    let written = count(&db, "SejoliImportJournal", "1=1");
    applied(&db, &file, &["--yes"]);
    assert_eq!(count(&db, "SejoliImportJournal", "1=1"), written, "the second time it writes nothing");
    let listed = json(&people(&db, &["list", "--decided", "--format", "json"]));
    let whys: Vec<_> =
        listed["pairs"].as_array().expect("pairs").iter().map(|pair| &pair["decision"]["why"]).collect();
    assert_eq!(whys, ["by the list", "by the list"]);
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn a_file_with_a_row_that_cannot_be_applied_decides_nothing(engine: Engine) {
    let (db, _) = two_pairs(engine);
    let file = exported(&db, "pairs.csv");
    fill(&file, &[("rina@gmail.com", "rina@gmail.com"), ("budi@yaho.com", "nobody@example.org")]);
    refused(&db, &file, "line 2: nobody in the app has this address");
    fill(&file, &[("budi@yaho.com", "rina@gmail.com")]);
    refused(&db, &file, "line 2: the account to keep is neither of the two");
    fill(&file, &[("budi@yaho.com", "budi@yahoo.com")]);
    let mut sheet = Sheet::read(Path::new(&file));
    let row = sheet.find(|cell| cell("one") == "rina@gmail.com" || cell("other") == "rina@gmail.com");
    sheet.rows.push(sheet.rows[row].clone());
    sheet.write(Path::new(&file));
    refused(&db, &file, "the same pair as line");
    sheet.rows.pop();
    sheet.write(Path::new(&file));
    let apart = ["keep-apart", "budi@yaho.com", "budi@yahoo.com", "--why", "meanwhile", "--by", "Sari"];
    assert_eq!(people(&db, &apart).code, DONE);
    refused(&db, &file, "line 2: it was changed since the export");
    sheet.set(0, "one_id", "nobody");
    sheet.write(Path::new(&file));
    refused(&db, &file, "line 2: an account is not there any more");
    let over = people(&db, &["export", &file]);
    assert_eq!(over.code, REFUSED, "a file that may hold decisions is not written over: {over:?}");
    assert_eq!(people(&db, &["export", "pairs.txt"]).code, USAGE);
}

/// What one row decides may not depend on which row comes first.
fn an_account_that_two_rows_merge_is_refused(engine: Engine) {
    const THIRD: Edits<'_> = &[("order_id", "5003"), ("buyer_email", "rina@gmaill.com")];
    let exports = Exports::new().orders(&[&[PAIRS[0]], &[PAIRS[1]], &[THIRD]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let file = exported(&db, "pairs.csv");
    let mut sheet = Sheet::read(Path::new(&file));
    assert_eq!(sheet.len(), 2, "gmail and its two slips");
    for row in 0..2 {
        let slip = [sheet.get(row, "one"), sheet.get(row, "other")]
            .into_iter()
            .find(|email| *email != "rina@gmail.com")
            .expect("a slip")
            .to_owned();
        sheet.set(row, "decision", &slip);
    }
    sheet.write(Path::new(&file));
    refused(&db, &file, "line 2 merges one of these accounts, too");
    for row in 0..2 {
        sheet.set(row, "decision", "rina@gmail.com");
    }
    sheet.write(Path::new(&file));
    applied(&db, &file, &["--yes"]);
    assert_eq!(count(&db, "User", "\"isActive\""), 1, "one takes both in");
    verified(&db, &exports);
}

/// A workbook comes back as it was written, where nobody has decided anything: it says so, and there is no run that would
/// stand before the import as the newest one.
#[test]
fn a_file_without_decisions_decides_nothing_and_says_so() {
    let (db, _) = two_pairs(Engine::Sqlite);
    let before = dump(&db, Compared::Rows);
    for name in ["pairs.xlsx", "pairs.csv"] {
        let file = exported(&db, name);
        for more in [&["--yes"][..], &["--dry-run"], &[]] {
            let said = applied(&db, &file, more).prose();
            assert!(
                said.starts_with("Nothing was decided:") && said.contains(name),
                "{name} {more:?}: {said}"
            );
        }
        let document = json(&applied(&db, &file, &["--yes", "--format", "json"]));
        assert_eq!(document["run"], serde_json::json!(null), "{name}");
        assert_eq!(document["decisions"], serde_json::json!([]), "{name}");
    }
    assert_same(&before, &dump(&db, Compared::Rows), "there is no run");
}

on_each_engine!(
    a_file_of_decisions_is_shown_row_by_row_and_is_one_run,
    a_file_with_a_row_that_cannot_be_applied_decides_nothing,
    an_account_that_two_rows_merge_is_refused,
);

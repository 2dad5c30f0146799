//! Files that have headers and no rows prove nothing: every sum of nothing adds up, and no page shows anything wrong.

use std::fs;
use std::io::Read as _;

use serde_json::{Value, json};

use super::{ALL, clean};
use crate::support::exit_code::{DONE, VERIFICATION_FAILED};
use crate::support::{AppDatabase, Engine, Exports, imported, json as document, on_each_engine};

/// The clean shop's files, cut behind their headers.
fn headers_alone() -> Exports {
    let exports = clean(&ALL);
    for name in ALL.into_iter().filter(|name| *name != "products.csv") {
        let path = exports.path().join(name);
        let whole = fs::read_to_string(&path).expect("a file");
        fs::write(&path, whole.lines().next().expect("a header").to_owned() + "\n").expect("a file");
    }
    exports
}

/// What the report's verdict says, and the keys of its reasons that are against it.
fn verdict(db: &AppDatabase) -> (Value, Vec<String>) {
    let report = document(&db.run(&["report", "--format", "json"]));
    let verdict = &report["report"]["verdict"];
    let against = verdict["reasons"].as_array().expect("reasons").iter().filter(|one| one["answer"] != "yes");
    let keys = against.map(|reason| reason["key"].as_str().expect("a key").to_owned());
    (verdict["go_live"].clone(), keys.collect())
}

fn l38_a_run_that_has_read_nothing_lets_nobody_go_live(engine: Engine) {
    let (files, db) = (headers_alone(), AppDatabase::new(engine));
    let path = files.path().display().to_string();
    let valid =
        db.run(&["validate", &path, "--create-memberships", "--out", &db.path("out").display().to_string()]);
    assert!(valid.stdout.contains("No record was read."), "{valid:?}");
    let outcome = db.import("all", files.path(), &[]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert!(outcome.stdout.contains("No record was read."), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("everything is there already"), "{}", outcome.stdout);
    assert_eq!(verdict(&db), (json!("no"), vec!["nothing_imported".to_owned(), "nothing_read".to_owned()]));
    for (args, answer, reason) in [
        (&["report"][..], "May we go live? No.", "Nothing was imported"),
        (&["report", "--as", "text"], "May we go live? No.", "Nothing was imported"),
        (&["report", "--as", "html"], "May we go live? No.", "Nothing was imported"),
        (&["report", "--as", "md", "--lang", "id"], "Boleh tayang? Belum.", "Belum ada yang diimpor"),
    ] {
        let shown = db.run(args);
        assert!(
            shown.prose().contains(answer) && shown.prose().contains(reason),
            "{args:?}: {}",
            shown.stdout
        );
    }
}

fn l38_a_bundle_of_nothing_says_so(engine: Engine) {
    let (files, db) = (headers_alone(), AppDatabase::new(engine));
    imported(&db, "all", files.path(), &[], DONE);
    let bundle = db.path("proof.zip").display().to_string();
    let made = db.run(&["report", "bundle", "--out", &bundle]);
    assert_eq!(made.code, VERIFICATION_FAILED, "{made:?}");
    assert!(made.prose().contains("May we go live? No."), "{made:?}");
    let verified = db.run(&["verify"]);
    assert_eq!(verified.code, VERIFICATION_FAILED, "{verified:?}");
    assert!(verified.prose().contains("VERIFICATION FAILED: nothing was imported"), "{}", verified.stdout);
    let exports = files.path().display().to_string();
    let made = db.run(&["report", "bundle", "--out", &bundle, "--exports", &exports, "--format", "json"]);
    assert_eq!(made.code, VERIFICATION_FAILED, "{made:?}");
    assert_eq!(document(&made)["go_live"], "no");
    let mut archive = zip::ZipArchive::new(fs::File::open(&bundle).expect("the bundle")).expect("a zip");
    let mut page = String::new();
    archive.by_name("report.html").expect("a page").read_to_string(&mut page).expect("text");
    assert!(page.contains("May we go live? No.") && page.contains("Nothing was imported"), "{page}");
}

/// An export without a new row is no mistake where the shop was imported before, and is to be looked at.
fn l38_a_second_run_that_has_read_nothing_is_to_be_looked_at(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", clean(&ALL).path(), &[], DONE);
    let (_, before) = verdict(&db);
    imported(&db, "all", headers_alone().path(), &[], DONE);
    let (answer, after) = verdict(&db);
    assert_eq!(answer, "after_decisions");
    let added: Vec<&String> = after.iter().filter(|key| !before.contains(key)).collect();
    assert_eq!(added, ["nothing_read"]);
}

on_each_engine!(
    l38_a_run_that_has_read_nothing_lets_nobody_go_live,
    l38_a_bundle_of_nothing_says_so,
    l38_a_second_run_that_has_read_nothing_is_to_be_looked_at,
);

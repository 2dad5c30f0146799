//! `rehearse`: more and more people of a shop are imported and verified in a copy, and nothing is left of it.

use serde_json::Value;

use crate::support::exit_code::{DONE, INPUT, REFUSED, ROWS_LEFT, USAGE, VERIFICATION_FAILED};
use crate::support::library::{DatabaseUse, Store};
use crate::support::schema::assert_valid;
use crate::support::{
    AS_OF, AppDatabase, Compared, Engine, Outcome, assert_same, count, dump, fixture, imported, json,
    on_each_engine,
};

/// Rehearses a shop of the fixtures; options of the import stand behind `--`.
fn rehearse(db: &AppDatabase, shop: &str, more: &[&str]) -> Outcome {
    let (shop, out) = (fixture(shop).display().to_string(), db.path("rehearsed").display().to_string());
    let words = ["--format", "json", "rehearse", &shop, "--out", &out];
    db.run(&[&words, more, &["--", "--create-memberships", "--as-of", AS_OF]].concat())
}

fn stages(outcome: &Outcome) -> Vec<Value> {
    json(outcome)["stages"].as_array().cloned().unwrap_or_default()
}

fn numbers(stages: &[Value], of: &str) -> Vec<u64> {
    stages.iter().map(|stage| stage[of].as_u64().unwrap_or_else(|| panic!("{of} of {stage}"))).collect()
}

/// What is left in the folder where the copies are made.
fn left(db: &AppDatabase) -> usize {
    std::fs::read_dir(db.path("rehearsed")).map_or(0, Iterator::count)
}

fn more_and_more_people_are_imported_and_verified_in_a_copy(engine: Engine) {
    let db = AppDatabase::new(engine);
    let before = dump(&db, Compared::Everything);
    let outcome = rehearse(&db, "clean", &["--limit", "10", "--limit", "40", "--limit", "all"]);
    assert!([DONE, ROWS_LEFT].contains(&outcome.code), "{}{}", outcome.stdout, outcome.stderr);
    assert_valid("rehearse", &json(&outcome));
    let stages = stages(&outcome);
    assert_eq!(numbers(&stages, "differences"), [0, 0, 0], "{stages:?}");
    let (people, read) = (numbers(&stages, "people"), numbers(&stages, "read"));
    assert!(people[0] >= 10 && people[1] >= 40 && people.is_sorted() && read.is_sorted(), "{stages:?}");
    assert!(people[0] < people[1] && people[1] < people[2], "the stages grow: {stages:?}");
    assert!(numbers(&stages, "written").iter().all(|written| *written > 0), "{stages:?}");
    assert_eq!([&stages[1]["all"], &stages[2]["all"]], [false, true]);

    assert_same(&before, &dump(&db, Compared::Everything), "the database itself is not touched");
    assert_eq!(left(&db), 0, "nothing is left of the copy");
    let again = rehearse(&db, "clean", &["--limit", "10"]);
    assert!([DONE, ROWS_LEFT].contains(&again.code), "and so it can be done again: {}", again.stderr);

    let whole = db.import("all", &fixture("clean"), &["--format", "json"]);
    assert_eq!(json(&whole)["total"]["read"]["rows"], read[2], "the last stage is the whole shop");
}

/// The first people are understood as they are in the whole shop: their rows are held for the same reasons.
fn a_messy_shop_is_held_in_part_and_verified(engine: Engine) {
    let db = AppDatabase::new(engine);
    let outcome = rehearse(&db, "messy", &["--limit", "30", "--limit", "all"]);
    assert_eq!(outcome.code, ROWS_LEFT, "{}{}", outcome.stdout, outcome.stderr);
    let stages = stages(&outcome);
    assert_eq!(numbers(&stages, "differences"), [0, 0], "{stages:?}");
    let (held, rejected) = (numbers(&stages, "held"), numbers(&stages, "rejected"));
    assert!(held.is_sorted() && rejected.is_sorted() && held[1] > 0, "{stages:?}");
}

fn a_copy_is_kept_on_request_and_replaced_on_request(engine: Engine) {
    let db = AppDatabase::new(engine);
    let kept = rehearse(&db, "clean", &["--limit", "5", "--keep"]);
    assert!([DONE, ROWS_LEFT].contains(&kept.code), "{}{}", kept.stdout, kept.stderr);
    assert_eq!(json(&kept)["kept"], true);
    assert!(left(&db) > 0, "the files of the stage are kept");
    let refused = rehearse(&db, "clean", &["--limit", "5"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    let replaced = rehearse(&db, "clean", &["--limit", "5", "--replace"]);
    assert!([DONE, ROWS_LEFT].contains(&replaced.code), "{}{}", replaced.stdout, replaced.stderr);
    assert_eq!(json(&replaced)["kept"], false);
}

/// The copy that a rehearsal makes beside a database.
fn copy_of(db: &AppDatabase) -> Store {
    let url = db.url();
    let (base, parameters) = url.split_once('?').unwrap_or((&url, ""));
    let copy = match base.strip_suffix(".db") {
        Some(file) => format!("{file}_rehearsal.db"),
        None => format!("{base}_rehearsal?{parameters}"),
    };
    Store::open(&copy, DatabaseUse::Write).expect("the copy opens")
}

/// What happens to have the copy's name is not taken away for one, whatever is asked for.
fn a_database_that_no_rehearsal_has_made_is_never_replaced(engine: Engine) {
    let db = AppDatabase::new(engine);
    let kept = rehearse(&db, "clean", &["--limit", "5", "--keep"]);
    assert!([DONE, ROWS_LEFT].contains(&kept.code), "{}{}", kept.stdout, kept.stderr);
    copy_of(&db).run_script("ALTER TABLE \"SejoliRehearsal\" RENAME TO \"Other\"").expect("it is there");
    let refused = rehearse(&db, "clean", &["--limit", "5", "--replace"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains("no copy that a rehearsal has finished"), "{}", refused.stderr);
    copy_of(&db)
        .run_script("ALTER TABLE \"Other\" RENAME TO \"SejoliRehearsal\"")
        .expect("it was left alone");
    let replaced = rehearse(&db, "clean", &["--limit", "5", "--replace"]);
    assert!([DONE, ROWS_LEFT].contains(&replaced.code), "{}{}", replaced.stdout, replaced.stderr);
}

fn a_copy_goes_into_a_given_database_only_if_that_is_empty(engine: Engine) {
    let (db, other, empty) = (AppDatabase::new(engine), AppDatabase::new(engine), AppDatabase::bare(engine));
    let refused = rehearse(&db, "clean", &["--into", &other.url()]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains("empty database"), "{}", refused.stderr);
    let done = rehearse(&db, "clean", &["--limit", "5", "--into", &empty.url()]);
    assert!([DONE, ROWS_LEFT].contains(&done.code), "{}{}", done.stdout, done.stderr);
    assert_eq!(json(&done)["kept"], true, "somebody else has made it");
    assert!(count(&empty, "Transaction", "1 = 1") > 0);
    assert_eq!(count(&db, "Transaction", "\"externalId\" LIKE 'SEJOLI%'"), 0);
}

/// What the app has already is in the copy as well, also what earlier imports have written.
fn a_second_import_is_rehearsed_on_what_is_there(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let outcome = rehearse(&db, "clean", &["--limit", "all"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    let stages = stages(&outcome);
    assert_eq!(numbers(&stages, "written"), [0], "all of it is there: {stages:?}");
}

/// A stage that differs ends the rehearsal, and a command that fails ends it with its own exit code.
fn what_goes_wrong_in_the_copy_is_said_with_its_own_exit_code(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    db.sql("UPDATE \"Transaction\" SET \"amount\" = \"amount\" + 1 WHERE \"externalId\" IS NOT NULL");
    let differs = rehearse(&db, "clean", &["--limit", "all"]);
    assert_eq!(differs.code, VERIFICATION_FAILED, "{}{}", differs.stdout, differs.stderr);
    let out = db.path("rehearsed").display().to_string();
    let shop = fixture("clean").display().to_string();
    let wrong = db.run(&["rehearse", &shop, "--out", &out, "--limit", "5", "--", "--batch-size", "none"]);
    assert_eq!(wrong.code, USAGE, "{wrong:?}");
    assert!(wrong.stderr.contains("import all failed in the rehearsal"), "{}", wrong.stderr);
    assert_eq!(left(&db), 0, "the copy goes in any case");
}

#[test]
fn a_stage_that_would_repeat_an_earlier_one_is_passed_over() {
    let db = AppDatabase::new(Engine::Sqlite);
    let limits = ["--limit", "5", "--limit", "20", "--limit", "5", "--limit", "1000000", "--limit", "all"];
    let outcome = rehearse(&db, "clean", &limits);
    assert!([DONE, ROWS_LEFT].contains(&outcome.code), "{}{}", outcome.stdout, outcome.stderr);
    let stages = stages(&outcome);
    assert_eq!(stages.len(), 3, "5, 20 and everybody: {stages:?}");
}

#[test]
fn a_rehearsal_says_what_it_has_done_and_what_comes_next() {
    let db = AppDatabase::new(Engine::Sqlite);
    let (shop, out) = (fixture("clean").display().to_string(), db.path("rehearsed").display().to_string());
    let words = ["rehearse", &shop, "--out", &out, "--limit", "10", "--limit", "all", "--", "--as-of", AS_OF];
    let outcome = db.run(&words);
    let said = &outcome.stdout;
    assert!(said.contains("people") && said.contains("(all)"), "{said}");
    assert!(said.contains("The copy was taken away again."), "{said}");
    assert!(said.contains("Next: ") || outcome.code != DONE, "{said}");
    let wrong = db.run(&["rehearse", &shop, "--limit", "0"]);
    assert_eq!(wrong.code, USAGE, "{wrong:?}");
    let missing = db.run(&["rehearse", "/no/such/folder"]);
    assert_eq!(missing.code, INPUT, "{missing:?}");
}

on_each_engine!(
    more_and_more_people_are_imported_and_verified_in_a_copy,
    a_messy_shop_is_held_in_part_and_verified,
    a_copy_is_kept_on_request_and_replaced_on_request,
    a_database_that_no_rehearsal_has_made_is_never_replaced,
    a_copy_goes_into_a_given_database_only_if_that_is_empty,
    a_second_import_is_rehearsed_on_what_is_there,
    what_goes_wrong_in_the_copy_is_said_with_its_own_exit_code,
);

//! Databases that an earlier version has written: the present one reads, verifies, continues, corrects, undoes and
//! purges them as if it had written them itself. `fixtures/databases/README.md` says what is in them.
//!
//! Without these, a change of a payload, an image or a checkpoint would pass every other test, for those read only
//! what they have written themselves, and a shop would find out when it has to undo an import.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::library::{Cell, DatabaseUse, journal};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::support::server::{program, run};
use crate::support::{
    AppDatabase, Compared, Engine, Sheet, assert_same, assert_sound, count, dump, fixture, found, imported,
    on_each_engine, rows, texts,
};

/// The version whose databases are read.
const VERSION: &str = "v0.1";

fn stored_file(name: &str) -> PathBuf {
    fixture("databases").join(VERSION).join(name)
}

fn exports(name: &str) -> PathBuf {
    stored_file("exports").join(name)
}

/// The version's database at a stage, brought up to date as an operator would.
fn stored_database(engine: Engine, stage: &str) -> AppDatabase {
    let db = AppDatabase::bare(engine);
    match engine {
        Engine::Sqlite => {
            let file = stored_file(&format!("sqlite-{stage}.sql"));
            let sql = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            db.store(DatabaseUse::Create).run_script(&sql).expect("the dump is loaded");
        }
        #[cfg(feature = "postgres")]
        Engine::Postgres => {
            let file = stored_file(&format!("postgres-{stage}.sql"));
            let mut psql = Command::new(program("psql", "postgresql-client"));
            run(psql.args(["-Xq", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f"]).arg(file).arg(db.url()));
        }
        #[cfg(feature = "mysql")]
        Engine::Mysql => {
            let file = stored_file(&format!("mysql-{stage}.sql"));
            let file = std::fs::File::open(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            let url = url::Url::parse(&db.url()).expect("a URL");
            let mut client = Command::new(program("mariadb", "mariadb-client"));
            client.arg(format!("--host={}", url.host_str().expect("a host")));
            client.arg(format!("--port={}", url.port().unwrap_or(3306)));
            client.arg(format!("--user={}", url.username()));
            if let Some(password) = url.password() {
                client.arg(format!("--password={password}"));
            }
            client.arg(url.path().trim_start_matches('/')).stdin(Stdio::from(file));
            run(&mut client);
        }
    }
    db.with_schema()
}

/// Imports the version's exports with its product map, and expects that rows are left, as they were then.
#[track_caller]
fn import_again(db: &AppDatabase, name: &str) -> Value {
    let products = exports("products.csv").display().to_string();
    imported(db, "all", &exports(name), &["--products", &products], ROWS_LEFT)
}

#[track_caller]
fn assert_verified(db: &AppDatabase, name: &str) {
    let (files, products) = (exports(name), exports("products.csv"));
    let outcome = db.run(&["verify", &path_text(&files), "--products", &path_text(&products)]);
    assert_eq!(outcome.code, DONE, "{name}: {}{}", outcome.stdout, outcome.stderr);
}

fn path_text(path: &Path) -> String {
    path.display().to_string()
}

/// The database after its interrupted import has gone on to its end.
fn completed(engine: Engine) -> AppDatabase {
    let db = stored_database(engine, "interrupted");
    import_again(&db, "last");
    db
}

/// The states of the runs, the oldest first.
fn states(db: &AppDatabase) -> Vec<String> {
    texts(db, "SELECT \"state\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\", \"id\"")
}

fn run_ids(db: &AppDatabase) -> Vec<String> {
    texts(db, "SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\", \"id\"")
}

/// A fixture in which something is missing would prove nothing about it.
fn the_stored_database_holds_everything_that_a_version_writes(engine: Engine) {
    let db = stored_database(engine, "interrupted");
    let images = db.query("SELECT \"images\" FROM \"SejoliImportJournal\"");
    let mut kinds = BTreeSet::new();
    for row in &images {
        let Cell::Blob(bytes) = &row[0] else { panic!("no images: {row:?}") };
        kinds.extend(journal::decode(bytes).expect("images").iter().map(|image| match image {
            journal::Image::Inserted { .. } => "inserted",
            journal::Image::Updated { .. } => "updated",
            journal::Image::Deleted { .. } => "deleted",
            journal::Image::Moved { .. } => "moved",
        }));
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["deleted", "inserted", "updated"]);
    assert_eq!(
        texts(&db, "SELECT DISTINCT \"mappingStatus\" FROM \"SejoliAffiliateMapping\" ORDER BY 1"),
        ["PENDING", "VERIFIED"]
    );
    assert_eq!(
        texts(&db, "SELECT DISTINCT \"disposition\" FROM \"SejoliImportReject\" ORDER BY 1"),
        ["HELD", "REJECTED"]
    );
    assert_eq!(
        texts(&db, "SELECT DISTINCT \"kind\" FROM \"SejoliSourceRecord\" ORDER BY 1"),
        ["affiliate", "membership"]
    );
    let with_payload = "\"webhookPayload\" IS NOT NULL";
    assert_eq!(count(&db, "SejoliWebhookLog", with_payload), count(&db, "Transaction", "1"));
    assert_eq!(count(&db, "SejoliImportRun", "\"parentId\" IS NOT NULL"), 1, "a retry");
    assert_eq!(count(&db, "SejoliBackup", "1"), 1);
}

fn status_shows_the_runs_as_they_were(engine: Engine) {
    let db = stored_database(engine, "interrupted");
    let outcome = db.run(&["status", "--format", "json"]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let document = crate::support::json(&outcome);
    let runs = document["runs"].as_array().expect("runs");
    let shown: Vec<&str> = runs.iter().filter_map(|run| run["state"].as_str()).collect();
    assert_eq!(
        shown,
        ["RUNNING", "COMPLETED", "ROLLED_BACK", "COMPLETED", "COMPLETED", "SUPERSEDED"],
        "{document:#}"
    );
    for run in run_ids(&db) {
        let outcome = db.run(&["status", &run]);
        assert_eq!(outcome.code, DONE, "{run}: {outcome:?}");
        let outcome = db.run(&["report", &run]);
        assert_eq!(outcome.code, DONE, "{run}: {outcome:?}");
    }
}

fn an_interrupted_import_goes_on_and_is_verified(engine: Engine) {
    let db = stored_database(engine, "interrupted");
    let orders = count(&db, "Transaction", "1");
    let run = run_ids(&db).pop();
    let document = import_again(&db, "last");
    assert_eq!(document["run"].as_str(), run.as_deref(), "the run itself goes on");
    assert_eq!(states(&db)[5], "COMPLETED");
    assert_eq!(count(&db, "Transaction", "1"), orders, "the orders were there already");
    assert_eq!(rows(&document, "memberships", "created"), 1);
    assert_sound(&db);
    assert_verified(&db, "last");
}

/// What the version has written gets the form that imports write now, once: nothing else changes.
fn importing_the_same_again_brings_it_up_to_date_once(engine: Engine) {
    let db = completed(engine);
    let bare = "\"externalId\" LIKE 'sejoli-%' AND \"invoiceNumber\" NOT LIKE 'INV%'";
    assert!(count(&db, "Transaction", bare) > 40);
    let people = dump(&db, Compared::Rows)["User"].len();
    let document = import_again(&db, "last");
    for phase in ["affiliates", "orders", "memberships"] {
        assert_eq!(rows(&document, phase, "created"), 0, "{phase}");
    }
    assert!(rows(&document, "orders", "updated") > 40, "{document:#}");
    assert!(rows(&document, "memberships", "unchanged") > 0, "{document:#}");
    assert_eq!(dump(&db, Compared::Rows)["User"].len(), people);
    assert_eq!(count(&db, "Transaction", bare), 0);
    let old_ids = count(&db, "AffiliateProfile", "\"id\" <> \"userId\" AND \"externalId\" IS NOT NULL");
    assert_eq!(found(&document, "SJM-0614"), old_ids as u64, "profiles that keep an old id are said");
    assert_verified(&db, "last");
    let before = dump(&db, Compared::Rows);
    let document = import_again(&db, "last");
    assert_eq!(document["total"]["tables"], json!({}), "{document:#}");
    assert_same(&before, &dump(&db, Compared::Rows), "imported once more");
}

/// The version kept no decisions: they follow from its orders and memberships.
fn l37_who_people_are_is_learnt_from_what_the_version_wrote(engine: Engine) {
    let db = completed(engine);
    let undecided = "\"userId\" NOT IN (SELECT \"userId\" FROM \"SejoliIdentity\")";
    assert_eq!((count(&db, "Transaction", undecided), count(&db, "UserMembership", undecided)), (0, 0));
    assert!(count(&db, "SejoliIdentity", "\"wroteName\" <> 0") > 10);
    db.sql("UPDATE \"User\" SET \"email\" = concat('pindah-', \"email\") WHERE \"importSource\" = 'SEJOLI'");
    let people = count(&db, "User", "1");
    let document = import_again(&db, "last");
    assert_eq!(rows(&document, "orders", "created"), 0, "{document:#}");
    assert_eq!(count(&db, "User", "1"), people, "nobody is created again");
}

fn a_row_that_was_rejected_then_is_retried(engine: Engine) {
    let db = completed(engine);
    let run = run_ids(&db).remove(1);
    let (left, corrected) = ("10010", db.path("rejected-orders.csv"));
    let mut sheet = Sheet::read(&exports("corrected-orders.csv"));
    let row = sheet.find(|cell| cell("order_id") == left);
    sheet.set(row, "buyer_email", "soretcik.lodirka4@toko.example.org");
    sheet.write(&corrected);
    let sold = format!("\"externalId\" = 'sejoli-{left}'");
    assert_eq!(count(&db, "Transaction", &sold), 0);
    let (corrected, out) = (path_text(&corrected), path_text(&db.path("out")));
    let outcome = db.run(&["retry", &run, "--corrected", &corrected, "--out", &out]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(count(&db, "Transaction", &sold), 1);
    assert_eq!(states(&db).len(), 7);
    assert_sound(&db);
}

/// All of them, so that every image that the version has written is put back.
fn every_run_is_rolled_back_to_what_was_there_before(engine: Engine) {
    let before = stored_database(engine, "before");
    let db = completed(engine);
    let roll_back = |expected: &[&str]| {
        let outcome = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
        assert_eq!(states(&db), expected);
    };
    const GONE: &str = "ROLLED_BACK";
    roll_back(&["SUPERSEDED", "COMPLETED", "COMPLETED", GONE, "COMPLETED", GONE]);
    assert_verified(&db, "later");
    roll_back(&["SUPERSEDED", "COMPLETED", "COMPLETED", GONE, GONE, GONE]);
    roll_back(&["SUPERSEDED", "COMPLETED", GONE, GONE, GONE, GONE]);
    assert_verified(&db, "first");
    roll_back(&["SUPERSEDED", GONE, GONE, GONE, GONE, GONE]);
    roll_back(&[GONE, GONE, GONE, GONE, GONE, GONE]);
    let rows = dump(&before, Compared::Rows);
    assert_eq!((rows["User"].len(), rows["WalletTransaction"].len()), (3, 1));
    assert_same(&rows, &dump(&db, Compared::Rows), "after every rollback");
}

/// An interrupted run is rolled back, too, without being continued.
fn the_interrupted_run_is_rolled_back_as_it_is(engine: Engine) {
    let db = stored_database(engine, "interrupted");
    let outcome = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert_verified(&db, "later");
    let whole = completed(engine);
    let outcome = whole.run(&["rollback", "--last", "--yes"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert_same(&dump(&whole, Compared::Rows), &dump(&db, Compared::Rows), "either way");
}

fn its_source_rows_are_purged_and_later_imports_still_know_it(engine: Engine) {
    let db = completed(engine);
    let cells = "json_extract(\"webhookPayload\", '$.cells') IS NOT NULL";
    assert!(count(&db, "SejoliWebhookLog", cells) > 40);
    for (run, state) in run_ids(&db).iter().zip(states(&db)) {
        if state != "ROLLED_BACK" {
            let outcome = db.run(&["purge", run, "--yes"]);
            assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
        }
    }
    assert_eq!(count(&db, "SejoliWebhookLog", cells), 0);
    assert_eq!(count(&db, "SejoliImportReject", "1"), 0);
    let orders = count(&db, "Transaction", "1");
    import_again(&db, "last");
    assert_eq!(count(&db, "Transaction", "1"), orders, "every row is known");
    let before = dump(&db, Compared::Rows);
    let document = import_again(&db, "last");
    assert_eq!(document["total"]["tables"], json!({}), "{document:#}");
    assert_same(&before, &dump(&db, Compared::Rows), "imported again");
}

on_each_engine!(
    the_stored_database_holds_everything_that_a_version_writes,
    status_shows_the_runs_as_they_were,
    an_interrupted_import_goes_on_and_is_verified,
    importing_the_same_again_brings_it_up_to_date_once,
    l37_who_people_are_is_learnt_from_what_the_version_wrote,
    a_row_that_was_rejected_then_is_retried,
    every_run_is_rolled_back_to_what_was_there_before,
    the_interrupted_run_is_rolled_back_as_it_is,
    its_source_rows_are_purged_and_later_imports_still_know_it,
);

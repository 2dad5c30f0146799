//! `purge`, through the binary: personal data goes, and with it the rollback; what a later import needs stays.

use serde_json::Value;

use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT, USAGE};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, Outcome, assert_same, count, dump, fixture, imported, json,
    on_each_engine, texts,
};

fn runs(db: &AppDatabase) -> Vec<String> {
    texts(db, "SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\", \"id\"")
}

fn purge(db: &AppDatabase, more: &[&str]) -> Outcome {
    db.run(&[&["purge", "--format", "json"], more].concat())
}

#[track_caller]
fn purged(db: &AppDatabase, run: &str) -> Value {
    let outcome = purge(db, &[run, "--yes"]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    json(&outcome)["runs"][0].clone()
}

/// Kept source rows that still have their cells.
fn with_cells(db: &AppDatabase) -> i64 {
    count(db, "SejoliWebhookLog", "\"webhookPayload\" LIKE '%\"cells\"%'")
        + count(db, "SejoliSourceRecord", "\"payload\" LIKE '%\"cells\"%'")
}

fn a_purge_takes_the_source_rows_away_and_with_them_the_rollback(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    let before = dump(&db, Compared::Everything);
    let run = runs(&db).remove(0);
    let asked = purge(&db, &[&run]);
    assert_eq!(asked.code, REFUSED, "{asked:?}");
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_same(&before, &dump(&db, Compared::Everything), "only asked");
    let (cells, rejects) = (with_cells(&db), count(&db, "SejoliImportReject", "1"));
    assert!(cells > 0 && rejects > 0);
    let gone = purged(&db, &run);
    assert_eq!((gone["payloads"].as_i64(), gone["rejects"].as_i64()), (Some(cells), Some(rejects)));
    assert!(gone["folder"].as_str().is_some_and(|folder| folder.ends_with(&run)), "{gone}");
    assert_eq!(with_cells(&db), 0);
    assert_eq!((count(&db, "SejoliImportJournal", "1"), count(&db, "SejoliImportReject", "1")), (0, 0));
    let after = dump(&db, Compared::Everything);
    for table in
        ["User", "Transaction", "UserMembership", "Wallet", "WalletTransaction", "AffiliateConversion"]
    {
        assert_eq!(before[table], after[table], "{table}");
    }
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, REFUSED, "{undone:?}");
    assert!(undone.stderr.contains("purged"), "{}", undone.stderr);
    let verified = db.run(&["verify", &fixture("messy").display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    assert!(verified.stdout.contains("was purged"), "{}", verified.stdout);
    let status = db.run(&["status", &run]);
    assert!(status.stdout.contains("Purged"), "{}", status.stdout);
}

fn after_a_purge_an_import_still_knows_what_it_has_written_and_what_was_edited(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let run = runs(&db).remove(0);
    purged(&db, &run);
    let again = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(again["total"]["tables"], serde_json::json!({}), "nothing is written");
    let mut orders = exports.sheet("orders.csv");
    let edited = orders.get(0, "order_id").to_owned();
    db.sql(&format!(
        "UPDATE \"Transaction\" SET \"customerName\" = 'Diubah' WHERE \"externalId\" = 'sejoli-{edited}'"
    ));
    for row in [0, 1] {
        orders.set(row, "buyer_name", "Nama Baru");
    }
    orders.write(&exports.path().join("orders.csv"));
    let changed = imported(&db, "orders", exports.path(), &[], ROWS_LEFT);
    assert_eq!(changed["total"]["findings"]["SJM-0701"], 1, "{changed}");
    assert_eq!(changed["phases"]["orders"]["updated"]["rows"], 1, "{changed}");
}

fn what_a_later_run_wrote_can_still_be_rolled_back_and_goes_with_that_one(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let mut orders = exports.sheet("orders.csv");
    for row in 0..10 {
        orders.set(row, "buyer_name", "Nama Baru");
    }
    orders.write(&exports.path().join("orders.csv"));
    imported(&db, "orders", exports.path(), &[], DONE);
    let runs = runs(&db);
    let gone = purged(&db, &runs[0]);
    assert_eq!(gone["left"], 10, "{gone}");
    assert_eq!(with_cells(&db), 10);
    let older = db.run(&["rollback", &runs[0], "--yes"]);
    assert_eq!(older.code, REFUSED, "{older:?}");
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, DONE);
    assert_eq!(purged(&db, &runs[0])["payloads"], 10, "what came back goes by the same command");
    assert_eq!(with_cells(&db), 0);
}

#[test]
fn only_runs_that_are_over_and_old_enough_are_purged() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let run = runs(&db).remove(0);
    assert_eq!(purge(&db, &["20990101-000000000-abcdef", "--yes"]).code, USAGE);
    let young = purge(&db, &["--older-than", "1", "--yes"]);
    assert_eq!((young.code, json(&young)["runs"].clone()), (DONE, serde_json::json!([])));
    assert_eq!(purge(&db, &[&run, "--older-than", "1", "--yes"]).code, REFUSED);
    for state in ["RUNNING", "ROLLING_BACK"] {
        db.sql(&format!("UPDATE \"SejoliImportRun\" SET \"state\" = '{state}'"));
        assert_eq!(purge(&db, &[&run, "--yes"]).code, REFUSED, "{state}");
    }
    db.sql("UPDATE \"SejoliImportRun\" SET \"state\" = 'COMPLETED', \"startedAt\" = 1000");
    let old = purge(&db, &["--older-than", "1", "--yes"]);
    assert_eq!(json(&old)["runs"].as_array().map(Vec::len), Some(1), "{old:?}");
}

on_each_engine!(
    a_purge_takes_the_source_rows_away_and_with_them_the_rollback,
    after_a_purge_an_import_still_knows_what_it_has_written_and_what_was_edited,
    what_a_later_run_wrote_can_still_be_rolled_back_and_goes_with_that_one,
);

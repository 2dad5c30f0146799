//! A dry run keeps what it has seen, and the import of its plan refuses anything else by name.

use std::fs;

use crate::support::exit_code::{DONE, INPUT, REFUSED, UNEXPECTED, USAGE};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, Outcome, SOLD, Sheet, assert_same, dump, imported,
    insert_app_user, json, on_each_engine,
};

fn shop() -> Exports {
    Exports::new()
        .affiliates(&[&[]])
        .orders(&[&[SOLD], &[&[("order_id", "5002"), ("payment_status", "PENDING")]]])
}

/// A dry run whose plan is kept; no time is given for now.
fn planned(db: &AppDatabase, exports: &Exports) -> String {
    let plan = db.path("plan.json").display().to_string();
    let (files, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
    let outcome = db.run(&[
        "import",
        "all",
        &files,
        "--create-memberships",
        "--out",
        &out,
        "--dry-run",
        "--plan",
        &plan,
        "--diff",
        &db.path("changes.csv").display().to_string(),
    ]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("import --from-plan"), "{}", outcome.stderr);
    plan
}

fn carried_out(db: &AppDatabase, plan: &str) -> Outcome {
    db.run(&["import", "--from-plan", plan, "--format", "json"])
}

fn a_plan_is_carried_out_with_its_options_and_once(engine: Engine) {
    let (db, exports) = (AppDatabase::new(engine), shop());
    let before = dump(&db, Compared::Rows);
    let plan = planned(&db, &exports);
    assert_same(&before, &dump(&db, Compared::Rows), "after a dry run");
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(&plan).expect("the plan")).expect("JSON");
    let done = carried_out(&db, &plan);
    assert_eq!(done.code, DONE, "{}{}", done.stdout, done.stderr);
    assert_eq!(json(&done)["phases"]["orders"]["created"]["rows"], 2, "{}", done.stdout);
    let as_of = db.query("SELECT json_extract(\"options\", '$.as_of') FROM \"SejoliImportRun\"");
    assert_eq!(crate::support::text(&as_of[0][0]), kept["options"]["as_of"].as_str().expect("a time"));
    let again = carried_out(&db, &plan);
    assert_eq!(again.code, REFUSED, "{}{}", again.stdout, again.stderr);
    assert!(again.stderr.contains("was not there"), "{}", again.stderr);
    assert!(again.stderr.contains("Transaction had 0 rows, now 2"), "{}", again.stderr);
}

fn what_differs_from_the_plan_is_named_and_nothing_is_written(engine: Engine) {
    let (db, exports) = (AppDatabase::new(engine), shop());
    let plan = planned(&db, &exports);
    let refused = |said: &str| {
        let before = dump(&db, Compared::Rows);
        let outcome = carried_out(&db, &plan);
        assert_eq!(outcome.code, REFUSED, "{said}: {}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains(said), "{said}: {}", outcome.stderr);
        assert_same(&before, &dump(&db, Compared::Rows), said);
    };
    let orders = exports.path().join("orders.csv");
    let as_it_was = fs::read(&orders).expect("the orders");
    let mut sheet = Sheet::read(&orders);
    sheet.set(1, "amount", "100001");
    sheet.write(&orders);
    refused("orders.csv (orders) has another content");
    fs::write(&orders, &as_it_was).expect("the orders");
    let more = exports.path().join("orders (2).csv");
    fs::copy(&orders, &more).expect("another file");
    refused("orders (2).csv (orders) was not among the files");
    fs::remove_file(&more).expect("one file less");
    let products = exports.path().join("products.csv");
    let map = fs::read_to_string(&products).expect("the map");
    fs::write(&products, map.replace("TWELVE_MONTHS", "SIX_MONTHS")).expect("another map");
    refused("product map, product");
    fs::write(&products, map).expect("the map");
    insert_app_user(&db, "u-late", "terlambat@example.org", "Terlambat", "MEMBER_FREE");
    refused("User had 0 rows, now 1");
    db.sql("DELETE FROM \"User\"");
    db.sql("CREATE INDEX late ON \"User\" (\"role\", \"name\")");
    refused("the database has another schema");
    db.sql(&crate::support::drop_index(engine, "User", "late"));
    let done = carried_out(&db, &plan);
    assert_eq!(done.code, DONE, "{}{}", done.stdout, done.stderr);
}

fn a_change_that_leaves_no_time_is_seen(engine: Engine) {
    let (db, exports) = (AppDatabase::new(engine), shop());
    insert_app_user(&db, "u-app", "lama@example.org", "Lama", "MEMBER_FREE");
    let plan = planned(&db, &exports);
    db.sql("UPDATE \"User\" SET \"name\" = 'Baru' WHERE \"id\" = 'u-app'");
    let refused = carried_out(&db, &plan);
    assert_eq!(refused.code, REFUSED, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("rows of User have been written since"), "{}", refused.stderr);
    db.sql("UPDATE \"User\" SET \"name\" = 'Lama' WHERE \"id\" = 'u-app'");
    let done = carried_out(&db, &plan);
    assert_eq!(done.code, DONE, "{}{}", done.stdout, done.stderr);
}

#[test]
fn an_interrupted_import_of_a_plan_goes_on() {
    let (db, exports) = (AppDatabase::new(Engine::Sqlite), shop());
    let plan = planned(&db, &exports);
    let stop = "CREATE TRIGGER stop BEFORE UPDATE ON \"Wallet\" BEGIN SELECT RAISE(ABORT, 'stopped'); END";
    db.sql(stop);
    let stopped = carried_out(&db, &plan);
    assert!([UNEXPECTED, 7].contains(&stopped.code), "{}{}", stopped.stdout, stopped.stderr);
    db.sql("DROP TRIGGER stop");
    let done = carried_out(&db, &plan);
    assert_eq!(done.code, DONE, "{}{}", done.stdout, done.stderr);
    assert_eq!(json(&done)["resumed"], true, "{}", done.stdout);
}

#[test]
fn a_plan_needs_a_dry_run_and_is_one() {
    let (db, exports) = (AppDatabase::new(Engine::Sqlite), shop());
    let files = exports.path().display().to_string();
    let no_dry_run = db.run(&["import", "all", &files, "--plan", "plan.json"]);
    assert_eq!(no_dry_run.code, USAGE, "{}", no_dry_run.stderr);
    let file = db.path("none.json");
    fs::write(&file, "{\"orders\": 1}").expect("a file");
    let none = carried_out(&db, &file.display().to_string());
    assert_eq!(none.code, INPUT, "{}", none.stderr);
    assert!(none.stderr.contains("no plan of a dry run"), "{}", none.stderr);
    imported(&db, "all", exports.path(), &[], DONE);
}

on_each_engine!(
    a_change_that_leaves_no_time_is_seen,
    a_plan_is_carried_out_with_its_options_and_once,
    what_differs_from_the_plan_is_named_and_nothing_is_written,
);

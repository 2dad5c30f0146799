//! `retry`, through the binary: corrected rows arrive as if they had been right from the beginning.

use std::path::PathBuf;

use crate::support::exit_code::{DONE, INPUT, REFUSED, ROWS_LEFT, USAGE};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, Outcome, Sheet, assert_same, count, dump, fixture, imported,
    json, on_each_engine, texts,
};

fn first_run(db: &AppDatabase) -> String {
    texts(db, "SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\" LIMIT 1").remove(0)
}

fn retry(db: &AppDatabase, more: &[&str]) -> Outcome {
    let run = first_run(db);
    db.run(&[&["retry", run.as_str(), "--format", "json"], more].concat())
}

fn rejected(db: &AppDatabase, kind: &str) -> PathBuf {
    db.path("out").join(first_run(db)).join(format!("rejected-{kind}.csv"))
}

/// Orders whose buyer has no other one, and no membership: what is known of a person does not hang on
/// the order of the runs.
fn lonely(orders: &Sheet, memberships: &Sheet) -> Vec<usize> {
    let email = |row: usize| orders.get(row, "buyer_email").to_lowercase();
    let members: Vec<String> =
        (0..memberships.len()).map(|row| memberships.get(row, "user_email").to_lowercase()).collect();
    let alone = |row: &usize| {
        (0..orders.len()).filter(|other| email(*other) == email(*row)).count() == 1
            && !members.contains(&email(*row))
    };
    (0..orders.len()).filter(alone).collect()
}

/// Cells that a spreadsheet would run, and quotes behind backslashes, go to the rejects and come back.
const NAMES: [&str; 4] = ["=1+1 Rina", "'+62 Budi", "@Sari \\\"x\\\", y", "-Dewi"];

fn corrected_rejects_arrive_as_if_they_had_been_right_from_the_beginning(engine: Engine) {
    let (exports, _) = Exports::generated(150);
    let orders_file = exports.path().join("orders.csv");
    let memberships_file = exports.path().join("memberships.csv");
    let (mut orders, memberships) = (exports.sheet("orders.csv"), exports.sheet("memberships.csv"));
    let lonely = lonely(&orders, &memberships);
    for (row, name) in lonely.iter().zip(NAMES) {
        orders.set(*row, "buyer_name", name);
    }
    orders.write(&orders_file);
    let whole = AppDatabase::new(engine);
    imported(&whole, "all", exports.path(), &[], DONE);

    let (mut broken, mut unknown) = (orders.clone(), memberships.clone());
    for (row, _) in lonely.iter().zip(NAMES) {
        broken.set(*row, "payment_status", "tunda?");
    }
    unknown.set(1, "start_date", "kemarin");
    broken.write(&orders_file);
    unknown.write(&memberships_file);
    let db = AppDatabase::new(engine);
    let first = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    let before = dump(&db, Compared::Rows);
    let again = retry(&db, &[]);
    assert_eq!(again.code, ROWS_LEFT, "not corrected yet: {again:?}");
    assert_same(&before, &dump(&db, Compared::Rows), "nothing is written");

    let file = rejected(&db, "orders");
    let mut correct = Sheet::read(&file);
    assert_eq!(correct.len(), NAMES.len());
    for row in 0..correct.len() {
        let key = correct.get(row, "order_id").to_owned();
        let of = orders.find(|column| column("order_id") == key);
        correct.set(row, "payment_status", orders.get(of, "payment_status"));
    }
    correct.write(&file);
    let file = rejected(&db, "memberships");
    let mut correct = Sheet::read(&file);
    correct.set(0, "start_date", memberships.get(1, "start_date"));
    correct.write(&file);
    let retried = retry(&db, &[]);
    assert_eq!(retried.code, DONE, "{retried:?}");
    let compared = Compared::ContentAnywhere;
    assert_same(&dump(&whole, compared), &dump(&db, compared), "corrected later or from the beginning");

    let document = json(&retried);
    assert_eq!(document["parent"], first["run"]);
    let parents = "\"parentId\" IS NOT NULL AND \"state\" = 'COMPLETED'";
    assert_eq!(count(&db, "SejoliImportRun", parents), 2);
    let second = json(&retry(&db, &[]));
    assert_eq!(second["total"]["tables"], serde_json::json!({}), "L13: a second retry writes nothing");
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{undone:?}");
    assert_same(&before, &dump(&db, Compared::Rows), "the retry is undone, the import is not");
}

fn a_corrected_product_map_is_enough(engine: Engine) {
    let exports = Exports::new();
    for name in ["orders.csv", "memberships.csv", "affiliates.csv"] {
        std::fs::copy(fixture("clean").join(name), exports.path().join(name)).expect("a copy");
    }
    let whole = AppDatabase::new(engine);
    imported(&whole, "all", exports.path(), &[], DONE);
    let map = exports.path().join("products.csv");
    let corrected = exports.path().join("corrected");
    std::fs::create_dir(&corrected).expect("a folder");
    let corrected = corrected.join("products.csv");
    std::fs::copy(&map, &corrected).expect("a copy");
    let mut products = exports.sheet("products.csv");
    let row = products.find(|column| column("kind") == "MEMBERSHIP");
    products.set(row, "product_id", "999999");
    products.write(&map);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    let retried = retry(&db, &["--products", &corrected.display().to_string()]);
    assert_eq!(retried.code, DONE, "{retried:?}");
    let of = |db: &AppDatabase| dump(db, Compared::ContentAnywhere)["UserMembership"].clone();
    assert_eq!(of(&db), of(&whole));
}

#[test]
fn rows_of_files_with_other_columns_are_retried_too() {
    let exports = Exports::new().orders(&[&[&[("order_id", "5002"), ("payment_status", "tunda?")]]]);
    let (first, second) = (exports.path().join("orders.csv"), exports.path().join("orders-2.csv"));
    let text = std::fs::read_to_string(&first).expect("a file");
    std::fs::write(&second, text.replacen("buyer_name", "Buyer Name", 1)).expect("another header");
    let exports = exports.orders(&[&[&[("payment_status", "tunda?")]]]);
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "orders", exports.path(), &[], ROWS_LEFT);
    for name in ["orders", "orders-2"] {
        let file = rejected(&db, name);
        let mut sheet = Sheet::read(&file);
        sheet.set(0, "payment_status", "PAID");
        sheet.write(&file);
    }
    let retried = retry(&db, &[]);
    assert_eq!(retried.code, DONE, "{retried:?}");
    assert_eq!(json(&retried)["total"]["read"]["rows"], 2);
    assert_eq!(count(&db, "Transaction", "1"), 2);
}

#[test]
fn a_run_that_cannot_be_retried_is_refused_by_its_reason() {
    let db = AppDatabase::new(Engine::Sqlite);
    let outcome = db.run(&["retry", "20990101-000000000-abcdef"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    std::fs::remove_dir_all(db.path("out")).expect("the folder goes");
    let outcome = retry(&db, &[]);
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    assert!(outcome.stderr.contains("--corrected"), "{}", outcome.stderr);
    db.sql("UPDATE \"SejoliImportRun\" SET \"state\" = 'RUNNING'");
    assert_eq!(retry(&db, &[]).code, REFUSED);
    db.sql("UPDATE \"SejoliImportRun\" SET \"state\" = 'COMPLETED'");
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, DONE);
    let outcome = retry(&db, &[]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let run = texts(&db, "SELECT \"id\" FROM \"SejoliImportRun\" WHERE \"state\" = 'COMPLETED'").remove(0);
    let outcome = db.run(&["retry", &run]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert!(outcome.stdout.contains("nothing"), "{}", outcome.stdout);
    let document = json(&db.run(&["retry", &run, "--format", "json"]));
    assert_eq!((&document["run"], &document["parent"]), (&serde_json::Value::Null, &run.as_str().into()));
    let corrected = db.path("corrected");
    std::fs::create_dir(&corrected).expect("a folder");
    std::fs::copy(fixture("clean").join("orders.csv"), corrected.join("orders.csv")).expect("a copy");
    std::fs::write(corrected.join("notes.csv"), "nothing,of ours\n").expect("a file");
    let outcome = db.run(&["retry", &run, "--corrected", &corrected.display().to_string()]);
    assert!(outcome.stderr.contains("passed over") && outcome.stderr.contains("notes.csv"), "{outcome:?}");
}

on_each_engine!(
    corrected_rejects_arrive_as_if_they_had_been_right_from_the_beginning,
    a_corrected_product_map_is_enough,
);

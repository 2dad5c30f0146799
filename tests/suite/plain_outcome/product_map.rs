//! The product map: what lacks it, what a wrong one does, and what a retry with another one brings up to date.

use std::fs;

use super::{ALL, WITHOUT_MAP, clean};
use crate::support::exit_code::{DONE, INPUT, ROWS_LEFT, VERIFICATION_FAILED};
use crate::support::{
    AppDatabase, Compared, Engine, Sheet, assert_same, count, dump, fixture, imported, insert_app_user, json,
    on_each_engine, texts, tool, workspace,
};

/// The clean shop's product map with other cells.
fn map(folder: &std::path::Path, edits: &[(&str, &str, &str)]) -> std::path::PathBuf {
    let mut sheet = Sheet::read(&fixture("clean").join("products.csv"));
    for (product, column, cell) in edits {
        let row = sheet.find(|column| column("product_id") == *product);
        sheet.set(row, column, cell);
    }
    let path = folder.join("map.csv");
    sheet.write(&path);
    path
}

/// A book that the app sells.
fn a_product_of_the_app(db: &AppDatabase) {
    insert_app_user(db, "penjual", "penjual@example.org", "Penjual", "MENTOR");
    let columns =
        "\"id\", \"creatorId\", \"name\", \"slug\", \"description\", \"price\", \"createdAt\", \"updatedAt\"";
    db.sql(&format!(
        "INSERT INTO \"Product\" ({columns}) SELECT 'buku', \"id\", 'Buku', 'buku', '', 45000, \"createdAt\", \
         \"updatedAt\" FROM \"User\" WHERE \"id\" = 'penjual'"
    ));
}

fn first_run(db: &AppDatabase) -> String {
    texts(db, "SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\" LIMIT 1").remove(0)
}

fn l38_a_retry_with_a_product_map_gives_earlier_orders_their_kinds(engine: Engine) {
    let folder = workspace();
    let map = map(folder.path(), &[("201", "product", "buku")]).display().to_string();
    let (files, whole, db) = (clean(&WITHOUT_MAP), AppDatabase::new(engine), AppDatabase::new(engine));
    for shop in [&whole, &db] {
        a_product_of_the_app(shop);
    }
    imported(&whole, "all", files.path(), &["--products", &map], DONE);
    imported(&db, "all", files.path(), &[], ROWS_LEFT);
    let before = dump(&db, Compared::Rows);
    let path = files.path().display().to_string();
    let unchecked = db.run(&["verify", &path]);
    assert_eq!(unchecked.code, VERIFICATION_FAILED, "{unchecked:?}");
    assert!(unchecked.stdout.contains("NOT CHECKED"), "{}", unchecked.stdout);
    assert!(!unchecked.stdout.contains("no difference"), "{}", unchecked.stdout);

    let run = first_run(&db);
    let retried = db.run(&["retry", &run, "--products", &map]);
    assert_eq!(retried.code, DONE, "{retried:?}");
    assert!(retried.stdout.contains("orders of earlier runs were brought up to date"), "{}", retried.stdout);
    let compared = Compared::ContentAnywhere;
    let of = |db: &AppDatabase, table: &str| dump(db, compared)[table].clone();
    assert!(count(&db, "UserProduct", "1") > 0, "its buyers own the book");
    for table in ["Transaction", "UserMembership", "UserProduct", "User"] {
        assert_eq!(of(&db, table), of(&whole, table), "{table}");
    }
    let verified = db.run(&["verify", &path]);
    assert_eq!(verified.code, DONE, "{}", verified.stdout);
    let again = json(&db.run(&["retry", &run, "--products", &map, "--format", "json"]));
    assert_eq!(again["total"]["tables"], serde_json::json!({}), "a second time nothing is written");
    let same = imported(&db, "all", files.path(), &["--products", &map], DONE);
    assert_eq!(same["total"]["tables"], serde_json::json!({}), "the files themselves agree");
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{undone:?}");
    assert_same(&before, &dump(&db, Compared::Rows), "the retry is undone");
}

/// An order that the app has edited keeps its kind, and the exit code says so.
fn l38_an_edited_order_keeps_its_kind_and_is_counted(engine: Engine) {
    let (files, db) = (clean(&["orders.csv"]), AppDatabase::new(engine));
    imported(&db, "all", files.path(), &[], DONE);
    let paid = texts(&db, "SELECT \"id\" FROM \"Transaction\" WHERE \"status\" = 'SUCCESS' ORDER BY \"id\"");
    db.sql(&format!("UPDATE \"Transaction\" SET \"amount\" = \"amount\" + 1 WHERE \"id\" = '{}'", paid[0]));
    let folder = workspace();
    let all = ["101", "102", "103", "104", "105", "201", "202", "203", "204", "205"];
    let edits: Vec<_> =
        all.iter().flat_map(|id| [(*id, "kind", "COURSE"), (*id, "membership", "")]).collect();
    let map = map(folder.path(), &edits).display().to_string();
    let retried = db.run(&["retry", &first_run(&db), "--products", &map, "--format", "json"]);
    assert_eq!(retried.code, ROWS_LEFT, "{retried:?}");
    assert_eq!(json(&retried)["phases"]["products"]["findings"]["SJM-0701"], 1);
    assert_eq!(count(&db, "Transaction", "\"type\" <> 'COURSE'"), 1);
}

/// Orders that were found by their product's title get the product's number as well.
#[test]
fn l38_native_orders_get_their_product_by_a_retry() {
    let folder = workspace();
    fs::copy(fixture("files").join("native-1.14.3.csv"), folder.path().join("orders.csv")).expect("a copy");
    let titles: Vec<String> = {
        let sheet = Sheet::read(&folder.path().join("orders.csv"));
        (0..sheet.len()).map(|row| sheet.get(row, "product").to_owned()).collect()
    };
    let mut map = Sheet::read(&fixture("clean").join("products.csv"));
    map.set(5, "product_name", &titles[0]);
    map.set(5, "kind", "COURSE");
    let elsewhere = workspace();
    let path = elsewhere.path().join("map.csv");
    map.write(&path);
    let path = path.display().to_string();
    let whole = AppDatabase::new(Engine::Sqlite);
    let with_map = whole.import("all", folder.path(), &["--products", &path]);
    let db = AppDatabase::new(Engine::Sqlite);
    let without = db.import("all", folder.path(), &[]);
    assert_eq!(with_map.code, without.code, "{with_map:?} {without:?}");
    let retried = db.run(&["retry", &first_run(&db), "--products", &path]);
    assert!([DONE, ROWS_LEFT].contains(&retried.code), "{retried:?}");
    assert!(count(&db, "Transaction", "\"type\" = 'COURSE'") > 0);
    let of = |db: &AppDatabase, table: &str| dump(db, Compared::ContentAnywhere)[table].clone();
    assert_eq!(of(&db, "Transaction"), of(&whole, "Transaction"));
    let again = db.import("all", folder.path(), &["--products", &path, "--format", "json"]);
    assert_eq!(json(&again)["total"]["tables"], serde_json::json!({}));
}

#[test]
fn l38_a_validation_without_a_product_map_says_what_the_import_would_do() {
    let (files, out) = (clean(&WITHOUT_MAP), workspace());
    let (path, out) = (files.path().display().to_string(), out.path().display().to_string());
    let rows = files.sheet("memberships.csv").len();
    let summary = tool(&["validate", &path, "--out", &out]).stdout;
    assert!(
        summary.contains("There is no product map (--products): no membership can be imported."),
        "{summary}"
    );
    let outcome = tool(&["validate", &path, "--out", &out, "--details"]);
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    let said = format!("{rows} of {rows} memberships would be held");
    assert!(outcome.stdout.contains(&said), "{said}: {}", outcome.stdout);
    assert!(outcome.stdout.contains("SJM-0502"), "{}", outcome.stdout);
}

#[test]
fn l38_a_bad_product_map_stops_before_a_run_is_made() {
    let (files, folder, db) = (clean(&WITHOUT_MAP), workspace(), AppDatabase::new(Engine::Sqlite));
    let (path, out) = (files.path().display().to_string(), db.path("out").display().to_string());
    let bad = map(folder.path(), &[("102", "duration", "12 BULAN")]).display().to_string();
    let outcomes = [
        db.run(&["validate", &path, "--products", &bad, "--out", &out]),
        db.import("all", files.path(), &["--products", &bad]),
    ];
    for outcome in outcomes {
        assert_eq!(outcome.code, INPUT, "{outcome:?}");
        let words = ["map.csv line 3", "12 BULAN", "TWELVE_MONTHS"];
        assert!(words.iter().all(|word| outcome.stderr.contains(word)), "{}", outcome.stderr);
    }
    let without =
        map(folder.path(), &[("102", "duration", ""), ("104", "duration", "")]).display().to_string();
    let unknown = map_of_unknown_product(folder.path());
    for (map, word) in [(without, "duration"), (unknown, "buku-hilang")] {
        let outcome = db.import("all", files.path(), &["--products", &map]);
        assert_eq!(outcome.code, INPUT, "{outcome:?}");
        assert!(outcome.stderr.contains(word), "{}", outcome.stderr);
    }
    assert_eq!(count(&db, "SejoliImportRun", "1"), 0);
}

fn map_of_unknown_product(folder: &std::path::Path) -> String {
    let other = folder.join("other");
    fs::create_dir(&other).expect("a folder");
    map(&other, &[("201", "product", "buku-hilang")]).display().to_string()
}

#[test]
fn l38_a_validation_asks_the_app_for_the_memberships_that_the_map_names() {
    let (files, db) = (clean(&ALL), AppDatabase::new(Engine::Sqlite));
    let (path, out) = (files.path().display().to_string(), db.path("out").display().to_string());
    let rows = files.sheet("memberships.csv").len();
    let validate = ["validate", &path, "--out", &out];
    let outcome = db.run(&[&validate[..], &["--details"]].concat());
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    assert!(outcome.stdout.contains(&format!("{rows} of {rows} memberships")), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("SJM-0503"), "{}", outcome.stdout);
    assert_eq!(db.run(&[&validate[..], &["--create-memberships"]].concat()).code, DONE);
    imported(&db, "all", files.path(), &[], DONE);
    assert_eq!(db.run(&validate).code, DONE, "the app has them now");
    let nowhere = db.path("nowhere.db").display().to_string();
    let outcome = tool(&[&["--database-url", &format!("file:{nowhere}")], &validate[..]].concat());
    assert_eq!(outcome.code, DONE, "a validation needs no database: {outcome:?}");
    assert!(outcome.stdout.contains("Not checked"), "{}", outcome.stdout);
}

on_each_engine!(
    l38_a_retry_with_a_product_map_gives_earlier_orders_their_kinds,
    l38_an_edited_order_keeps_its_kind_and_is_counted,
);

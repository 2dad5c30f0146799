//! The same rows in several files: a copy in another form counts once, two exports that overlap are told apart.

use std::fs;

use rust_xlsxwriter::Workbook;
use serde_json::Value;

use crate::support::exit_code::{DONE, INPUT, ROWS_LEFT};
use crate::support::{
    AS_OF, AppDatabase, Compared, Edits, Engine, Exports, SOLD, assert_balanced, assert_same, count, dump,
    fixture, found, imported, on_each_engine, rows, sum_minor, text, texts, tool, workspace, write_sheet,
};

/// The notes about whole files: code and file.
fn notes(document: &Value) -> Vec<(String, String)> {
    let notes = document["notes"].as_array().expect("notes").iter();
    let text = |note: &Value, key: &str| note[key].as_str().expect("a text").to_owned();
    notes.map(|note| (text(note, "code"), text(note, "file"))).collect()
}

#[track_caller]
fn assert_verified(db: &AppDatabase, folder: &std::path::Path) {
    let verified = db.run(&["verify", &folder.display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

fn a_workbook_beside_its_csv_file_changes_nothing_and_is_said(engine: Engine) {
    let folder = workspace();
    for name in ["affiliates", "orders", "memberships", "products"] {
        let text = fs::read_to_string(fixture("clean").join(format!("{name}.csv"))).expect("the fixture");
        fs::write(folder.path().join(format!("{name}.csv")), &text).expect("the file is written");
        let mut book = Workbook::new();
        write_sheet(book.add_worksheet(), &text, 0);
        book.save(folder.path().join(format!("{name}.xlsx"))).expect("the workbook is saved");
    }
    let alone = AppDatabase::new(engine);
    imported(&alone, "all", &fixture("clean"), &[], DONE);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", folder.path(), &[], DONE);
    let copies = ["affiliates", "orders", "memberships"]
        .map(|name| ("SJM-0810".to_owned(), format!("{name}.xlsx [Sheet1]")));
    assert_eq!(notes(&document), copies);
    assert_eq!(found(&document, "SJM-0402"), 0, "a line a file, none a row");
    assert_eq!(rows(&document, "orders", "read"), 2 * rows(&document, "orders", "created"));
    assert_balanced(&document);
    assert_same(
        &dump(&alone, Compared::ContentAnywhere),
        &dump(&db, Compared::ContentAnywhere),
        "the shop beside its copy",
    );
    assert_verified(&db, folder.path());
    let (path, out) = (folder.path().display().to_string(), db.path("validated").display().to_string());
    let totals = ["--expect-affiliates", "20", "--expect-orders", "200"];
    let validated =
        tool(&[&["validate", &path, "--out", &out, "--as-of", AS_OF, "--details"], &totals[..]].concat());
    assert_eq!(validated.code, DONE, "{}{}", validated.stdout, validated.stderr);
    assert!(validated.stdout.contains("SJM-0810  orders.xlsx [Sheet1]"), "{}", validated.stdout);
}

fn rows_of_one_meaning_are_one_however_their_cells_are_written(engine: Engine) {
    let again: Edits<'_> = &[
        ("order_id", "5001.0"),
        ("order_date", "45418.4166666667"),
        ("product_id", "201.0"),
        ("buyer_email", " RINA@example.org"),
        ("buyer_phone", "81234567801"),
        ("amount", "100000.0"),
        ("paid_amount", "Rp 100.000"),
        ("paid_date", "07/05/2024 08:00"),
        ("affiliate_commission_rate", "30%"),
        ("affiliate_commission_amount", "30.000"),
    ];
    let phone = [("buyer_phone", "081234567801")];
    let exports = Exports::new()
        .affiliates(&[&[], &[&[("total_commissions", "30000.0"), ("join_date", "44927")]]])
        .orders(&[&[SOLD, &phone], &[SOLD, &phone, again]])
        .memberships(&[
            &[&[("order_id", "5001")]],
            &[&[("order_id", "5001.0"), ("price", "1299000.00"), ("expiry_date", "2026-06-01 00:00:00")]],
        ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0402"), 3);
    assert_eq!(found(&document, "SJM-0210"), 2, "once a row");
    assert_eq!(sum_minor(&db, "Wallet", "balance", "1"), 30_000 * 100, "the affiliate is verified");
    assert_eq!((count(&db, "Transaction", "1"), count(&db, "UserMembership", "1")), (1, 1));
    assert_verified(&db, exports.path());
}

fn a_row_that_waits_in_a_copy_too_waits_once(engine: Engine) {
    let exports = Exports::new().orders(&[&[], &[&[("order_id", "5002"), ("amount", "1,5 jt")]]]);
    let orders = exports.path().join("orders.csv");
    fs::copy(&orders, exports.path().join("orders (2).csv")).expect("the copy");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "orders", "rejected"), rows(&document, "orders", "unchanged")), (1, 2));
    assert_eq!(notes(&document), [("SJM-0810".to_owned(), "orders (2).csv".to_owned())]);
    assert_eq!(count(&db, "SejoliImportReject", "1"), 1);
    assert_verified(&db, exports.path());
    let path = exports.path().display().to_string();
    let validated =
        tool(&["validate", &path, "--format", "json", "--out", &db.path("validated").display().to_string()]);
    let validated: Value = serde_json::from_str(&validated.stdout).expect("a document");
    assert_eq!(validated["kinds"]["orders"]["rejected"], 1, "{validated}");
}

/// Two exports of one shop: in the second one order 5002 was paid, and there is a new order.
fn overlapping(first: &str, second: &str) -> Exports {
    let order = |id: &'static str, status: &'static str, paid: &'static str| {
        [("order_id", id), ("payment_status", status), ("paid_date", paid)]
    };
    let exports = Exports::new().orders(&[&[], &[&order("5002", "PENDING", "")]]);
    fs::rename(exports.path().join("orders.csv"), exports.path().join(first)).expect("the first export");
    let later = [("order_date", "2024-06-01 10:00:00")];
    let exports = exports.orders(&[
        &[],
        &[&order("5002", "PAID", "2024-05-20 08:00:00")],
        &[&order("5003", "PAID", "2024-06-01 11:00:00"), &later],
    ]);
    fs::rename(exports.path().join("orders.csv"), exports.path().join(second)).expect("the second export");
    exports
}

fn two_overlapping_exports_are_one_shop(engine: Engine) {
    let exports = overlapping("orders (2).csv", "orders (10).csv");
    let status = |more: &[&str], code: i32| {
        let db = AppDatabase::new(engine);
        let document = imported(&db, "all", exports.path(), more, code);
        assert_verified(&db, exports.path());
        let of = "SELECT \"status\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5002'";
        assert_eq!(count(&db, "Transaction", "\"externalId\" IN ('sejoli-5001', 'sejoli-5003')"), 2);
        assert_eq!(found(&document, "SJM-0402"), 1, "5001 is the same in both");
        let order =
            document["notes"].as_array().expect("notes").iter().map(|note| note["reason"].to_string());
        let revenue = document["source_totals"]["revenue"].as_str().expect("an amount").to_owned();
        (texts(&db, of), revenue, order.collect::<String>())
    };
    let (held, _, said) = status(&[], ROWS_LEFT);
    assert_eq!((held.len(), said.as_str()), (0, ""));
    let (first, revenue, said) = status(&["--on-duplicate", "first"], DONE);
    assert_eq!((first, revenue.as_str()), (vec!["PENDING".to_owned()], "200000"));
    assert!(said.contains("(orders (2).csv, orders (10).csv)"), "{said}");
    let (last, revenue, _) = status(&["--on-duplicate", "last"], DONE);
    assert_eq!((last, revenue.as_str()), (vec!["SUCCESS".to_owned()], "300000"));
    let (newest, revenue, said) = status(&["--on-duplicate", "newest"], DONE);
    assert_eq!((newest, revenue.as_str()), (vec!["SUCCESS".to_owned()], "300000"));
    assert!(said.contains("orders (10).csv to 2024-06-01T04:00:00.000Z"), "{said}");
}

fn the_newest_export_is_told_by_its_dates_and_not_by_its_name(engine: Engine) {
    let exports = overlapping("orders (10).csv", "orders (2).csv");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &["--on-duplicate", "newest"], DONE);
    let of = "SELECT \"status\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5002'";
    assert_eq!(texts(&db, of), ["SUCCESS"]);
    assert_eq!(found(&document, "SJM-0405"), 1);
    assert_verified(&db, exports.path());
    let alike = Exports::new().orders(&[&[]]);
    fs::rename(alike.path().join("orders.csv"), alike.path().join("lama.csv")).expect("the first export");
    let alike = alike.orders(&[&[&[("buyer_name", "Rina Lain")]]]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", alike.path(), &["--on-duplicate", "newest"], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0401"), 2, "equal dates tell nothing");
    let reasons = db.query("SELECT \"reason\" FROM \"SejoliImportReject\"");
    assert!(text(&reasons[0][0]).contains("lama.csv record 1, orders.csv record 1"), "{reasons:?}");
}

#[test]
fn two_different_product_maps_are_not_chosen_between() {
    let exports = Exports::new().orders(&[&[]]);
    let mut map = exports.sheet("products.csv");
    map.write(&exports.path().join("products (2).csv"));
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", exports.path(), &[], DONE);
    map.set(0, "kind", "EVENT");
    map.set(0, "membership", "");
    map.write(&exports.path().join("products (2).csv"));
    let refused = db.import("all", exports.path(), &[]);
    assert!(refused.code == INPUT && refused.stderr.contains("several product maps"), "{refused:?}");
    let unverified = db.run(&["verify", &exports.path().display().to_string()]);
    assert!(unverified.code == INPUT && unverified.stderr.contains("several product maps"), "{unverified:?}");
}

on_each_engine!(
    a_workbook_beside_its_csv_file_changes_nothing_and_is_said,
    rows_of_one_meaning_are_one_however_their_cells_are_written,
    a_row_that_waits_in_a_copy_too_waits_once,
    two_overlapping_exports_are_one_shop,
    the_newest_export_is_told_by_its_dates_and_not_by_its_name,
);

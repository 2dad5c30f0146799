//! Rows that wait come back as files for the operator, and arrive once they are corrected.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{
    AppDatabase, Engine, Exports, Sheet, assert_balanced, count, imported, on_each_engine, rows, run_folder,
    sen,
};

fn rejects_come_back_in_the_columns_of_the_source_and_harmless_for_spreadsheets(engine: Engine) {
    let formula = "=HYPERLINK(\"https://example.org\",\"klik\")";
    let exports = Exports::new().orders(&[
        &[],
        &[&[
            ("order_id", "5002"),
            ("payment_status", "tunda?"),
            ("buyer_name", formula),
            ("buyer_phone", "+62 812-3456-7801"),
            ("product_name", "@SUM(A1)"),
            ("buyer_email", "dua@example.org"),
        ]],
    ]);
    let mut sheet = exports.sheet("orders.csv");
    sheet.columns.push("catatan".to_owned());
    sheet.rows[0].push("biasa".to_owned());
    sheet.rows[1].push("-5".to_owned());
    sheet.write(&exports.path().join("orders.csv"));
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);

    let folder = run_folder(&db);
    let file = folder.join("rejected-orders.csv");
    let listed = document["files"].as_array().expect("files");
    assert!(listed.iter().any(|path| path.as_str() == file.to_str()), "{listed:?}");
    let rejected = Sheet::read(&file);
    let mut columns = sheet.columns.clone();
    columns.extend(["sejoli_migrate_code".to_owned(), "sejoli_migrate_reason".to_owned()]);
    assert_eq!(rejected.columns, columns);
    assert_eq!(rejected.rows.len(), 1);
    assert_eq!(rejected.get(0, "order_id"), "5002");
    assert_eq!(rejected.get(0, "buyer_name"), format!("'{formula}"));
    assert_eq!(rejected.get(0, "buyer_phone"), "'+62 812-3456-7801");
    assert_eq!(rejected.get(0, "product_name"), "'@SUM(A1)");
    assert_eq!(rejected.get(0, "catatan"), "'-5");
    assert_eq!(rejected.get(0, "payment_status"), "tunda?");
    assert_eq!(rejected.get(0, "sejoli_migrate_code"), "SJM-0205");
    assert!(
        rejected.get(0, "sejoli_migrate_reason").contains("status"),
        "the reason says what is the matter"
    );

    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        assert_ne!(path.extension().and_then(|ending| ending.to_str()), Some("part"), "written whole");
    }
}

fn corrected_rejects_are_imported_and_only_they(engine: Engine) {
    let exports = Exports::new().orders(&[&[], &[&[("order_id", "5002"), ("payment_status", "tunda?")]]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    let mut sheet = exports.sheet("orders.csv");
    sheet.set(1, "payment_status", "PAID");
    sheet.write(&exports.path().join("orders.csv"));
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((rows(&document, "orders", "created"), rows(&document, "orders", "unchanged")), (1, 1));
    assert_eq!(count(&db, "Transaction", "1"), 2);
}

fn l2_the_rupiah_of_rows_that_wait_are_in_the_books_whatever_is_wrong_with_them(engine: Engine) {
    let order = |id: &'static str, paid: &'static str| {
        [("order_id", id), ("amount", "999000"), ("paid_amount", paid)]
    };
    let exports = Exports::new().orders(&[
        &[],
        &[&order("5002", ""), &[("payment_status", "tunda?")]],
        &[&order("5003", "300000"), &[("order_date", "kemarin")]],
        &[&order("5004", ""), &[("amount", "1,5 jt")]],
        &[&order("5005", "400000"), &[("order_date", "2121-05-06 10:00:00"), ("paid_date", "")]],
    ]);
    let db = AppDatabase::new(engine);
    let said = db.import("all", exports.path(), &["--dry-run"]);
    assert!(said.stdout.contains("Rp 1,399,000 held + Rp 300,000 rejected"), "{}", said.stdout);
    assert!(said.stdout.contains("1 rows whose amount cannot be read"), "{}", said.stdout);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_balanced(&document);
    let column = |column: &str| {
        let of = &document["phases"]["orders"][column];
        let number = |unit: &str| of[unit].as_i64().expect("a number");
        [number("rows"), sen(&of["amount"]), number("unreadable")]
    };
    assert_eq!(column("read"), [5, 1_799_000 * 100, 1]);
    assert_eq!(column("held"), [2, 1_399_000 * 100, 0]);
    assert_eq!(column("rejected"), [2, 300_000 * 100, 1]);
    assert_eq!(count(&db, "SejoliImportReject", "\"amount\" IS NULL AND \"sourceKey\" = '5004'"), 1);
    let files = exports.path().display().to_string();
    let verified = db.run(&["verify", &files]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    assert!(
        verified.prose().contains("1 of these rows have an amount that cannot be read"),
        "{}",
        verified.stdout
    );
    db.sql("UPDATE \"SejoliImportReject\" SET \"amount\" = 0 WHERE \"sourceKey\" = '5003'");
    let differs = db.run(&["verify", &files]);
    assert!(differs.stdout.contains("record 3: amount"), "{}", differs.stdout);
}

on_each_engine!(
    l2_the_rupiah_of_rows_that_wait_are_in_the_books_whatever_is_wrong_with_them,
    rejects_come_back_in_the_columns_of_the_source_and_harmless_for_spreadsheets,
    corrected_rejects_are_imported_and_only_they,
);

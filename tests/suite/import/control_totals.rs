//! Control totals on the import itself: files that do not come to what the operator has read off the shop are refused
//! before anything is written.

use crate::support::exit_code::{DONE, USAGE, VERIFICATION_FAILED};
use crate::support::{AppDatabase, Compared, Engine, Exports, SOLD, assert_same, dump, json, on_each_engine};

fn shop() -> Exports {
    Exports::new()
        .affiliates(&[&[]])
        .orders(&[&[SOLD], &[&[("order_id", "5002"), ("payment_status", "PENDING")]]])
}

fn l3_an_import_that_does_not_come_to_the_control_totals_writes_nothing(engine: Engine) {
    let db = AppDatabase::new(engine);
    let exports = shop();
    let before = dump(&db, Compared::Rows);
    for (option, value, said) in [
        ("--expect-orders", "3", "orders: 3 expected, 2 in the files"),
        ("--expect-revenue", "100001", "revenue: Rp 100,001 expected, Rp 100,000 in the files"),
        ("--expect-affiliates", "0", "affiliates: 0 expected, 1 in the files"),
        ("--expect-commission", "30000.5", "commission: Rp 30,000.50 expected, Rp 30,000 in the files"),
    ] {
        for more in [&[][..], &["--dry-run"]] {
            let refused = db.import("all", exports.path(), &[&[option, value], more].concat());
            assert_eq!(refused.code, VERIFICATION_FAILED, "{option}: {}{}", refused.stdout, refused.stderr);
            assert!(refused.stderr.contains(said), "{option}: {}", refused.stderr);
        }
    }
    assert_same(&before, &dump(&db, Compared::Rows), "after refused imports");
    let expected = ["--expect-orders", "2", "--expect-revenue", "100000", "--expect-affiliates", "1"];
    let done = db.import("all", exports.path(), &[&expected[..], &["--format", "json"]].concat());
    assert_eq!(done.code, DONE, "{}{}", done.stdout, done.stderr);
    let controls = json(&done)["controls"].clone();
    assert_eq!(controls.as_array().map(Vec::len), Some(3), "{controls}");
    assert!(controls.as_array().is_some_and(|all| all.iter().all(|one| one["holds"] == true)), "{controls}");
}

fn totals_of_a_file_count_for_what_is_imported(engine: Engine) {
    let db = AppDatabase::new(engine);
    let exports = shop();
    let file = db.path("totals.json");
    let totals = r#"{"expect":{"orders":2,"revenue":"100000","affiliates":9,"commission":"30000"}}"#;
    std::fs::write(&file, totals).expect("the totals");
    let name = file.display().to_string();
    let refused = db.import("all", exports.path(), &["--expect", &name]);
    assert_eq!(refused.code, VERIFICATION_FAILED, "{}{}", refused.stdout, refused.stderr);
    let orders = db.import("orders", exports.path(), &["--expect", &name]);
    assert_eq!(orders.code, DONE, "{}{}", orders.stdout, orders.stderr);
    let of_another_kind = db.import("orders", exports.path(), &["--expect-affiliates", "1"]);
    assert_eq!(of_another_kind.code, USAGE, "{}", of_another_kind.stderr);
}

on_each_engine!(
    l3_an_import_that_does_not_come_to_the_control_totals_writes_nothing,
    totals_of_a_file_count_for_what_is_imported,
);

//! Nothing but the exports decides what is written: not the batch size, the threads, the order of rows or kinds, a
//! rehearsal before or an import before.

use serde_json::Value;

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, assert_balanced, assert_same, count, dump, fixture, imported,
    on_each_engine, rows,
};

fn l13_importing_the_same_again_writes_nothing(engine: Engine) {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let db = AppDatabase::new(engine);
        imported(&db, "all", &fixture(name), &[], code);
        let before = dump(&db, Compared::Rows);
        let document = imported(&db, "all", &fixture(name), &[], code);
        assert_same(&before, &dump(&db, Compared::Rows), name);
        assert_eq!(document["total"]["tables"], serde_json::json!({}), "{name}");
        assert_balanced(&document);
        for phase in ["affiliates", "orders", "memberships"] {
            assert_eq!(rows(&document, phase, "created"), 0, "{name} {phase}");
            assert_eq!(rows(&document, phase, "updated"), 0, "{name} {phase}");
        }
        if name == "clean" {
            assert_eq!(document["total"]["read"], document["total"]["unchanged"]);
        }
    }
}

fn any_batch_size_and_any_number_of_threads_give_the_same_database(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let of = |batch: &str, threads: &str| {
        let db = AppDatabase::new(engine);
        imported(&db, "all", exports.path(), &["--batch-size", batch, "--threads", threads], DONE);
        dump(&db, Compared::Content)
    };
    let usual = of("500", "0");
    for (batch, threads) in [("1", "1"), ("7", "2"), ("7", "8"), ("100", "8"), ("5000", "2")] {
        assert_same(&usual, &of(batch, threads), &format!("batch size {batch}, {threads} threads"));
    }
}

fn any_batch_size_gives_the_same_database_of_a_messy_shop(engine: Engine) {
    let of = |batch: &str, threads: &str| {
        let db = AppDatabase::new(engine);
        imported(&db, "all", &fixture("messy"), &["--batch-size", batch, "--threads", threads], ROWS_LEFT);
        dump(&db, Compared::Content)
    };
    let usual = of("500", "1");
    for (batch, threads) in [("1", "2"), ("7", "8")] {
        assert_same(&usual, &of(batch, threads), &format!("batch size {batch}, {threads} threads"));
    }
}

fn the_order_of_the_rows_does_not_matter(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let forward = AppDatabase::new(engine);
    imported(&forward, "all", exports.path(), &[], DONE);
    for name in ["orders.csv", "memberships.csv", "affiliates.csv"] {
        let mut sheet = exports.sheet(name);
        sheet.rows.reverse();
        sheet.write(&exports.path().join(name));
    }
    let backward = AppDatabase::new(engine);
    imported(&backward, "all", exports.path(), &["--batch-size", "9"], DONE);
    let all = Compared::ContentAnywhere;
    assert_same(&dump(&forward, all), &dump(&backward, all), "rows reversed");
}

fn the_kinds_one_by_one_equal_all_of_them_at_once(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let (at_once, one_by_one) = (AppDatabase::new(engine), AppDatabase::new(engine));
    imported(&at_once, "all", exports.path(), &[], DONE);
    for kind in ["affiliates", "orders", "memberships"] {
        imported(&one_by_one, kind, exports.path(), &[], DONE);
    }
    let all = Compared::Content;
    assert_same(&dump(&at_once, all), &dump(&one_by_one, all), "kinds one by one");
}

fn a_dry_run_writes_nothing_and_tells_what_the_real_one_does(engine: Engine) {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let db = AppDatabase::new(engine);
        let before = dump(&db, Compared::Everything);
        let dry = imported(&db, "all", &fixture(name), &["--dry-run"], code);
        assert_same(&before, &dump(&db, Compared::Everything), name);
        let real = imported(&db, "all", &fixture(name), &[], code);
        assert_eq!((&dry["dry_run"], &real["dry_run"]), (&Value::Bool(true), &Value::Bool(false)));
        assert_eq!(dry["phases"], real["phases"], "{name}");
        assert_eq!(dry["total"], real["total"], "{name}");
        assert!(count(&db, "Transaction", "1") > 0);
    }
}

on_each_engine!(
    l13_importing_the_same_again_writes_nothing,
    any_batch_size_and_any_number_of_threads_give_the_same_database,
    any_batch_size_gives_the_same_database_of_a_messy_shop,
    the_order_of_the_rows_does_not_matter,
    the_kinds_one_by_one_equal_all_of_them_at_once,
    a_dry_run_writes_nothing_and_tells_what_the_real_one_does,
);

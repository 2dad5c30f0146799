//! An interrupted import goes on only as what it was; anything else is refused with the difference named.

use std::fs;

use crate::support::exit_code::{DONE, REFUSED};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, Outcome, assert_same, broken_off, dump, imported, on_each_engine,
    texts,
};

/// A database whose import broke off.
fn interrupted(engine: Engine, exports: &Exports) -> AppDatabase {
    let db = AppDatabase::new(engine);
    broken_off(&db, engine, exports.path());
    assert_eq!(states(&db), ["RUNNING"]);
    db
}

/// The states of the runs, the oldest first.
fn states(db: &AppDatabase) -> Vec<String> {
    texts(db, "SELECT \"state\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\", \"id\"")
}

#[track_caller]
fn refused(outcome: &Outcome, difference: &str) {
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert!(outcome.stderr.contains(difference), "{difference}: {}", outcome.stderr);
    assert!(outcome.stderr.contains("--restart"), "{}", outcome.stderr);
}

fn another_context_is_refused_and_the_difference_named(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let db = interrupted(engine, &exports);
    let before = dump(&db, Compared::Everything);
    let import = |what: &str, more: &[&str]| db.import(what, exports.path(), more);
    refused(&import("all", &["--date-order", "mdy"]), "--date-order: Dmy, now Mdy");
    refused(&import("all", &["--source-tz", "UTC", "--dry-run"]), "--source-tz: Asia/Jakarta, now UTC");
    refused(&import("all", &["--on-duplicate", "last"]), "--on-duplicate: hold, now last");
    refused(&import("orders", &[]), "import of: all, now orders");
    let edited = |name: &str, column: &str, cell: &str, difference: &str| {
        let path = exports.path().join(name);
        let whole = fs::read(&path).expect("the file");
        let mut sheet = exports.sheet(name);
        sheet.set(0, column, cell);
        sheet.write(&path);
        refused(&import("all", &[]), difference);
        fs::write(&path, whole).expect("the file");
    };
    edited("orders.csv", "buyer_name", "Nama Lain", "orders.csv (orders) has another content");
    edited("products.csv", "product_name", "Nama Lain", ", name: ");
    assert_same(&before, &dump(&db, Compared::Everything), "a refusal writes nothing");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(states(&db), ["COMPLETED"], "the same command goes on");
}

fn a_restart_leaves_the_interrupted_run_behind_and_both_can_be_taken_back(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let db = interrupted(engine, &exports);
    let mut orders = exports.sheet("orders.csv");
    orders.set(3, "buyer_name", "Nama Baru");
    orders.write(&exports.path().join("orders.csv"));
    refused(&db.import("all", exports.path(), &[]), "orders.csv (orders) has another content");
    imported(&db, "all", exports.path(), &["--restart"], DONE);
    assert_eq!(states(&db), ["SUPERSEDED", "COMPLETED"]);
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let undisturbed = AppDatabase::new(engine);
    let empty = dump(&undisturbed, Compared::Rows);
    imported(&undisturbed, "all", exports.path(), &[], DONE);
    for table in ["Wallet", "WalletTransaction", "AffiliateConversion", "UserMembership"] {
        let of = |db: &AppDatabase| dump(db, Compared::Content)[table].clone();
        assert_eq!(of(&db), of(&undisturbed), "{table}");
    }
    let status = db.run(&["status"]);
    assert!(status.stdout.contains("superseded"), "{}", status.stdout);
    for left in [["SUPERSEDED", "ROLLED_BACK"], ["ROLLED_BACK", "ROLLED_BACK"]] {
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{undone:?}");
        assert_eq!(states(&db), left);
    }
    assert_same(&empty, &dump(&db, Compared::Rows), "both runs are undone");
}

on_each_engine!(
    another_context_is_refused_and_the_difference_named,
    a_restart_leaves_the_interrupted_run_behind_and_both_can_be_taken_back,
);

//! An interrupted import goes on only as what it was; anything else is refused with the difference named.

use std::fs;

use crate::import::{Compared, Exports, assert_same, dump, imported, texts};
use crate::schema::drop_index;
use crate::support::{Engine, Outcome, Shop, on_each_engine};

const DONE: i32 = 0;
const UNEXPECTED: i32 = 1;
const REFUSED: i32 = 5;

/// An import that broke off in its settlement: every order has arrived, no wallet has.
fn interrupted(engine: Engine, exports: &Exports) -> Shop {
    let shop = Shop::new(engine);
    shop.sql("CREATE UNIQUE INDEX one_entry ON \"WalletTransaction\"(\"type\")");
    let outcome = shop.import("all", exports.path(), &[]);
    assert_eq!(outcome.code, UNEXPECTED, "{outcome:?}");
    shop.sql(&drop_index(engine, "WalletTransaction", "one_entry"));
    assert_eq!(states(&shop), ["RUNNING"]);
    shop
}

/// The states of the runs, the oldest first.
fn states(shop: &Shop) -> Vec<String> {
    texts(shop, "SELECT \"state\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\", \"id\"")
}

#[track_caller]
fn refused(outcome: &Outcome, difference: &str) {
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert!(outcome.stderr.contains(difference), "{difference}: {}", outcome.stderr);
    assert!(outcome.stderr.contains("--restart"), "{}", outcome.stderr);
}

fn another_context_is_refused_and_the_difference_named(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let shop = interrupted(engine, &exports);
    let before = dump(&shop, Compared::Everything);
    let import = |what: &str, more: &[&str]| shop.import(what, exports.path(), more);
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
    assert_same(&before, &dump(&shop, Compared::Everything), "a refusal writes nothing");
    imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(states(&shop), ["COMPLETED"], "the same command goes on");
}

fn a_restart_leaves_the_interrupted_run_behind_and_both_can_be_taken_back(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let shop = interrupted(engine, &exports);
    let mut orders = exports.sheet("orders.csv");
    orders.set(3, "buyer_name", "Nama Baru");
    orders.write(&exports.path().join("orders.csv"));
    refused(&shop.import("all", exports.path(), &[]), "orders.csv (orders) has another content");
    imported(&shop, "all", exports.path(), &["--restart"], DONE);
    assert_eq!(states(&shop), ["SUPERSEDED", "COMPLETED"]);
    let verified = shop.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let undisturbed = Shop::new(engine);
    let empty = dump(&undisturbed, Compared::Rows);
    imported(&undisturbed, "all", exports.path(), &[], DONE);
    for table in ["Wallet", "WalletTransaction", "AffiliateConversion", "UserMembership"] {
        let of = |shop: &Shop| dump(shop, Compared::Content)[table].clone();
        assert_eq!(of(&shop), of(&undisturbed), "{table}");
    }
    let status = shop.run(&["status"]);
    assert!(status.stdout.contains("superseded"), "{}", status.stdout);
    for left in [["SUPERSEDED", "ROLLED_BACK"], ["ROLLED_BACK", "ROLLED_BACK"]] {
        let undone = shop.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{undone:?}");
        assert_eq!(states(&shop), left);
    }
    assert_same(&empty, &dump(&shop, Compared::Rows), "both runs are undone");
}

on_each_engine!(
    another_context_is_refused_and_the_difference_named,
    a_restart_leaves_the_interrupted_run_behind_and_both_can_be_taken_back,
);

//! Ledger entries of upper tiers and bank details: what somebody has changed in them is told with the run that wrote it, and
//! put back where its fingerprint proves what it was.

use serde_json::Value;

use crate::support::exit_code::{DONE, VERIFICATION_FAILED};
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, assert_same, count, dump, imported, json, on_each_engine,
    texts,
};

const ENTRY: &str = "\"reference\" = 'sejoli-998-tier-2-2'";

const AFFILIATE: Edits<'static> = &[("bank_info", "BCA 0034403738\na.n. Mitra Contoh")];

const UPLINE: Edits<'static> = &[
    ("affiliate_code", "MITRA02"),
    ("affiliate_name", "Atasan Contoh"),
    ("affiliate_email", "atasan@example.org"),
    ("total_commissions", "6000.50"),
    ("total_paid", "0"),
];

const TIER: Edits<'static> = &[
    ("id", "2"),
    ("order_id", "998"),
    ("affiliate_code", "MITRA02"),
    ("tier", "2"),
    ("amount", "6000.50"),
    ("status", "added"),
    ("paid", "0"),
];

fn shop(engine: Engine) -> (AppDatabase, Exports) {
    let sold: Edits<'static> = &[("order_id", "998")];
    let exports = Exports::new()
        .affiliates(&[&[AFFILIATE], &[UPLINE]])
        .orders(&[&[crate::support::SOLD, sold]])
        .commissions(&[&[TIER]]);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    (db, exports)
}

/// What a verification finds of a check.
fn found(db: &AppDatabase, exports: &Exports, check: &str) -> Vec<Value> {
    let outcome = db.run(&["verify", &exports.path().display().to_string(), "--format", "json"]);
    assert_eq!(outcome.code, VERIFICATION_FAILED, "{}{}", outcome.stdout, outcome.stderr);
    let document = json(&outcome);
    let checks = document["checks"].as_array().expect("checks");
    let of_check = checks.iter().find(|one| one["name"] == check).expect("the check");
    of_check["found"].as_array().expect("what was found").clone()
}

/// Every one of these differences says what has become of a row, by which run it was written last and when.
#[track_caller]
fn assert_explained(db: &AppDatabase, found: &[Value], story: &str, repair: Option<&str>) {
    let run = texts(db, "SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\" DESC").swap_remove(0);
    assert!(!found.is_empty());
    for one in found {
        let why = one["why"].as_str().unwrap_or_else(|| panic!("{one:#}"));
        assert!(why.contains(story) && why.contains(&format!("run {run} wrote it on 20")), "{one:#}");
        assert_eq!(
            one["repair"].as_str().map(|command| command.split(' ').nth(1).expect("a command")),
            repair,
            "{one:#}"
        );
    }
}

#[track_caller]
fn repaired(db: &AppDatabase) -> Value {
    let outcome = db.run(&["repair", "--all", "--yes", "--format", "json"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

fn a_changed_entry_of_an_upper_tier_is_explained_and_put_back(engine: Engine) {
    let (db, exports) = shop(engine);
    let before = dump(&db, Compared::Rows);
    let times = "(SELECT MIN(\"startedAt\") FROM \"SejoliImportRun\")";
    for (column, value) in
        [("amount", "3000"), ("type", "'PAYOUT'"), ("description", "'a bonus'"), ("createdAt", times)]
    {
        db.sql(&format!("UPDATE \"WalletTransaction\" SET \"{column}\" = {value} WHERE {ENTRY}"));
        let wallets = found(&db, &exports, "wallets");
        assert_explained(&db, &wallets, "was changed, nobody knows when", Some("repair"));
        repaired(&db);
        assert_same(&before, &dump(&db, Compared::Rows), column);
    }
}

fn a_deleted_entry_of_an_upper_tier_is_explained_and_comes_with_the_next_import(engine: Engine) {
    let (db, exports) = shop(engine);
    db.sql(&format!("DELETE FROM \"WalletTransaction\" WHERE {ENTRY}"));
    assert_explained(&db, &found(&db, &exports, "wallets"), "was deleted", Some("import"));
    assert_eq!(repaired(&db)["left"][0]["why"], "gone");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(count(&db, "WalletTransaction", ENTRY), 1);
    let outcome = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

fn changed_bank_details_are_explained_and_put_back(engine: Engine) {
    let (db, exports) = shop(engine);
    let before = dump(&db, Compared::Rows);
    let columns = ["bankName", "bankAccountName", "bankAccountNumber"];
    for (values, check, story) in [
        (["NULL", "NULL", "NULL"], "affiliates", "past the app"),
        (["'BRI'", "'Orang Lain'", "'12345678'"], "journal", "past the app"),
        (["'BCA'", "'Mitra Contoh'", "'12345678'"], "journal", "past the app"),
    ] {
        let set: Vec<String> =
            columns.iter().zip(values).map(|(column, value)| format!("\"{column}\" = {value}")).collect();
        db.sql(&format!(
            "UPDATE \"AffiliateProfile\" SET {} WHERE \"externalId\" = 'MITRA01'",
            set.join(", ")
        ));
        assert_explained(&db, &found(&db, &exports, check), story, Some("repair"));
        let repaired = repaired(&db).to_string();
        assert_same(&before, &dump(&db, Compared::Rows), &format!("{values:?}"));
        assert!(!repaired.contains("0034403738") && !repaired.contains("12345678"), "L29: {repaired}");
    }
}

on_each_engine!(
    a_changed_entry_of_an_upper_tier_is_explained_and_put_back,
    a_deleted_entry_of_an_upper_tier_is_explained_and_comes_with_the_next_import,
    changed_bank_details_are_explained_and_put_back,
);

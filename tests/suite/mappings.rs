//! `mappings`: a person decides who an affiliate is, and everything follows at once, is verified, kept and taken back.

use std::path::Path;

use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, Outcome, SOLD, Sheet, assert_same, assert_sound, count,
    dump, imported, insert_app_user, json, on_each_engine, sum_minor, texts, verified,
};

/// An affiliate whom no rule can place.
const UNKNOWN: Edits<'_> =
    &[("affiliate_email", ""), ("total_paid", "30000"), ("total_commissions", "60000")];
const SECOND: Edits<'_> =
    &[("affiliate_code", "MITRA02"), ("affiliate_name", "Kedua Contoh"), ("affiliate_email", "")];
const NEXT_ORDER: Edits<'_> = &[("order_id", "5002"), ("paid_date", "2024-06-07 08:00:00")];
const OF_SECOND: Edits<'_> =
    &[("order_id", "5003"), ("affiliate_code", "MITRA02"), ("affiliate_name", "Kedua Contoh")];

/// Two affiliates who wait, three orders, and a user of the app who has the name of the first.
fn waiting(engine: Engine) -> (AppDatabase, Exports) {
    let exports = Exports::new().affiliates(&[&[UNKNOWN], &[SECOND]]).orders(&[
        &[SOLD],
        &[SOLD, NEXT_ORDER],
        &[SOLD, OF_SECOND],
    ]);
    let db = AppDatabase::with_access(engine);
    insert_app_user(&db, "u-seller", "penjual@example.org", "Contoh Mitra", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(statuses(&db), ["MITRA01 PENDING -", "MITRA02 PENDING -"]);
    (db, exports)
}

/// Code, status and user of each mapping.
fn statuses(db: &AppDatabase) -> Vec<String> {
    texts(
        db,
        "SELECT \"sejoliAffiliateCode\" || ' ' || \"mappingStatus\" || ' ' || COALESCE(\"eksporyukUserId\", '-') \
         FROM \"SejoliAffiliateMapping\" ORDER BY \"sejoliAffiliateCode\"",
    )
}

fn mappings(db: &AppDatabase, args: &[&str]) -> Outcome {
    db.run(&[&["mappings"], args].concat())
}

#[track_caller]
fn decided(db: &AppDatabase, args: &[&str]) -> serde_json::Value {
    let outcome = mappings(db, &[args, &["--by", "Rina", "--format", "json"]].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

#[track_caller]
fn refused(db: &AppDatabase, args: &[&str], code: i32, why: &str) {
    let before = dump(db, Compared::Rows);
    let outcome = mappings(db, &[args, &["--by", "Rina"]].concat());
    assert_eq!(outcome.code, code, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    assert_same(&before, &dump(db, Compared::Rows), "a refusal keeps nothing");
}

/// A later import keeps the decision: it has nothing to do.
#[track_caller]
fn repeated(db: &AppDatabase, exports: &Exports) {
    let document = imported(db, "all", exports.path(), &[], DONE);
    assert_eq!(document["total"]["updated"]["rows"], 0, "{document}");
    assert_eq!(document["total"]["created"]["rows"], 0, "{document}");
}

/// What the wallets hold, have earned and have paid, in rupiah.
fn wallets(db: &AppDatabase) -> [i64; 3] {
    ["balance", "totalEarnings", "totalPayout"].map(|column| sum_minor(db, "Wallet", column, "1=1") / 100)
}

#[track_caller]
fn rolled_back(db: &AppDatabase) {
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
}

fn a_verified_mapping_brings_everything_at_once_and_is_taken_back(engine: Engine) {
    let (db, exports) = waiting(engine);
    let before = dump(&db, Compared::Rows);
    let diff = db.path("diff.csv").display().to_string();
    let verify = ["verify", "MITRA01", "--user", "PENJUAL@example.org"];
    let dry = decided(&db, &[&verify[..], &["--dry-run", "--diff", &diff]].concat());
    let changes = dry["changes"].as_array().expect("changes");
    assert!(changes.iter().any(|change| change["table"] == "AffiliateConversion"), "{dry}");
    let listed = Sheet::read(Path::new(&diff));
    assert!(listed.rows.len() > changes.len(), "each column of each row: {:?}", listed.rows);
    refused(&db, &[&verify[..], &["--diff", &diff]].concat(), USAGE, "--diff goes with --dry-run");
    assert_same(&before, &dump(&db, Compared::Rows), "a dry run keeps nothing");

    let document =
        decided(&db, &["verify", "MITRA01", "--user", "penjual@example.org", "--why", "phoned her"]);
    assert_eq!(document["decisions"][0]["after"], "VERIFIED", "{document}");
    assert_eq!(statuses(&db), ["MITRA01 VERIFIED u-seller", "MITRA02 PENDING -"]);
    assert_eq!(wallets(&db), [30_000, 60_000, 30_000]);
    assert_eq!(count(&db, "AffiliateConversion", "1=1"), 2);
    assert_eq!(count(&db, "AffiliateConversion", "\"paidOut\""), 1, "L30");
    assert_eq!(count(&db, "AffiliateLink", "\"code\" = 'MITRA01' AND \"userId\" = 'u-seller'"), 1);
    let admitted = "\"id\" = 'u-seller' AND \"role\" = 'AFFILIATE' AND \"affiliateMenuEnabled\"";
    assert_eq!(count(&db, "User", admitted), 1);
    let kept = "\"verifiedBy\" = 'Rina' AND \"notes\" = 'phoned her' AND \"verifiedAt\" IS NOT NULL";
    assert_eq!(count(&db, "SejoliAffiliateMapping", kept), 1);
    assert_sound(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
    verified(&db, &exports);

    let shown = mappings(&db, &["show", "MITRA01"]);
    assert!(shown.stdout.contains("Rina") && shown.stdout.contains("phoned her"), "{}", shown.stdout);
    let again = decided(&db, &["verify", "MITRA01", "--user", "u-seller"]);
    assert_eq!(
        (&again["decisions"][0]["changed"], &again["tables"]),
        (&false.into(), &serde_json::json!({}))
    );
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn a_rejected_mapping_gives_back_what_came_from_imports_or_is_refused(engine: Engine) {
    let (db, exports) = waiting(engine);
    decided(&db, &["verify", "MITRA01", "--user", "u-seller"]);
    let before = dump(&db, Compared::Rows);
    decided(&db, &["reject", "MITRA01", "--why", "somebody else's code"]);
    assert_eq!(statuses(&db), ["MITRA01 REJECTED -", "MITRA02 PENDING -"]);
    assert_eq!(wallets(&db), [0, 0, 0]);
    for table in ["AffiliateConversion", "WalletTransaction"] {
        assert_eq!(count(&db, table, "1=1"), 0, "{table}");
    }
    verified(&db, &exports);
    repeated(&db, &exports);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");

    db.sql(
        "UPDATE \"Wallet\" SET \"balance\" = \"balance\" - 20000, \"totalPayout\" = \"totalPayout\" + 20000",
    );
    refused(&db, &["reject", "MITRA01", "--why", "late"], REFUSED, "SJM-0610");
    refused(&db, &["undo", "MITRA01"], REFUSED, "SJM-0610");
}

fn an_undone_decision_waits_as_it_did_before(engine: Engine) {
    let (db, exports) = waiting(engine);
    let notes =
        || texts(&db, "SELECT \"notes\" FROM \"SejoliAffiliateMapping\" ORDER BY \"sejoliAffiliateCode\"");
    let before = notes();
    let rows = dump(&db, Compared::Rows);
    decided(&db, &["verify", "MITRA01", "--user", "u-seller"]);
    decided(&db, &["undo", "MITRA01", "--dry-run"]);
    assert_eq!(statuses(&db)[0], "MITRA01 VERIFIED u-seller");
    decided(&db, &["undo", "MITRA01"]);
    assert_same(&rows, &dump(&db, Compared::Rows), "the newest run is rolled back");
    decided(&db, &["verify", "MITRA01", "--user", "u-seller"]);
    decided(&db, &["reject", "MITRA02", "--why", "a test"]);
    // A newer run stands: the older decision goes by the difference.
    decided(&db, &["undo", "MITRA01"]);
    decided(&db, &["undo", "MITRA02"]);
    assert_eq!(statuses(&db), ["MITRA01 PENDING -", "MITRA02 PENDING -"]);
    assert_eq!(notes(), before);
    assert_eq!(wallets(&db), [0, 0, 0]);
    verified(&db, &exports);
    repeated(&db, &exports);
    decided(&db, &["verify", "MITRA01", "--user", "u-seller"]);
    assert_eq!(wallets(&db), [30_000, 60_000, 30_000]);
    verified(&db, &exports);
}

fn a_mapping_that_an_import_has_decided_is_not_undone_but_decided_otherwise(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let db = AppDatabase::with_access(engine);
    insert_app_user(&db, "u-seller", "penjual@example.org", "Penjual", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    refused(&db, &["undo", "MITRA01"], REFUSED, "an import has decided");
    let before = dump(&db, Compared::Rows);
    decided(&db, &["reject", "MITRA01", "--why", "a slip"]);
    decided(&db, &["undo", "MITRA01"]);
    assert_same(&before, &dump(&db, Compared::Rows), "the import's decision stands again");
    decided(&db, &["verify", "MITRA01", "--user", "u-seller"]);
    assert_eq!(statuses(&db), ["MITRA01 VERIFIED u-seller"]);
    assert_eq!(sum_minor(&db, "Wallet", "balance", "\"userId\" = 'u-seller'"), 30_000 * 100);
    assert_eq!(sum_minor(&db, "Wallet", "balance", "\"userId\" <> 'u-seller'"), 0);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn a_user_is_created_for_whom_the_app_has_none(engine: Engine) {
    let (db, exports) = waiting(engine);
    refused(&db, &["verify", "MITRA01", "--new"], REFUSED, "has no e-mail address");
    refused(&db, &["verify", "MITRA01", "--new", "Penjual@example.org"], REFUSED, "somebody in the app has");
    refused(&db, &["verify", "MITRA01", "--user", "nobody@example.org"], USAGE, "nobody in the app");
    refused(&db, &["verify", "TIDAK", "--user", "u-seller"], USAGE, "no affiliate has the code TIDAK");
    let before = dump(&db, Compared::Rows);
    decided(&db, &["verify", "MITRA01", "--new", "baru@example.org"]);
    assert_eq!(count(&db, "User", "\"email\" = 'baru@example.org' AND \"password\" IS NULL"), 1, "L8");
    assert_eq!(wallets(&db), [30_000, 60_000, 30_000]);
    verified(&db, &exports);
    repeated(&db, &exports);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn two_codes_of_one_person_are_decided_one_after_the_other(engine: Engine) {
    let (db, exports) = waiting(engine);
    decided(&db, &["verify", "MITRA01", "--user", "u-seller"]);
    decided(&db, &["verify", "MITRA02", "--user", "u-seller"]);
    assert_eq!(wallets(&db), [60_000, 90_000, 30_000]);
    verified(&db, &exports);
    decided(&db, &["undo", "MITRA01"]);
    assert_eq!(wallets(&db), [30_000, 30_000, 0]);
    verified(&db, &exports);
    repeated(&db, &exports);
}

/// Fills in the deciding column of an exported CSV file.
fn fill(path: &Path, decisions: &[(&str, &str)]) {
    let mut sheet = Sheet::read(path);
    for (code, decision) in decisions {
        let row = sheet.find(|cell| cell("code") == *code);
        sheet.set(row, "decision", decision);
    }
    sheet.write(path);
}

fn exported(db: &AppDatabase, name: &str) -> String {
    let file = db.path(name).display().to_string();
    let outcome = mappings(db, &["export", &file, "--status", "all", "--replace"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    file
}

fn a_file_of_decisions_is_one_run_and_safe_to_repeat(engine: Engine) {
    let (db, exports) = waiting(engine);
    let before = dump(&db, Compared::Rows);
    let file = exported(&db, "decide.csv");
    let runs = count(&db, "SejoliImportRun", "1=1");
    fill(Path::new(&file), &[("MITRA01", "penjual@example.org"), ("MITRA02", "REJECT")]);
    decided(&db, &["apply", &file, "--dry-run"]);
    assert_same(&before, &dump(&db, Compared::Rows), "a dry run keeps nothing");
    decided(&db, &["apply", &file]);
    assert_eq!(statuses(&db), ["MITRA01 VERIFIED u-seller", "MITRA02 REJECTED -"]);
    assert_eq!(count(&db, "SejoliImportRun", "1=1"), runs + 1);
    verified(&db, &exports);
    repeated(&db, &exports);
    let written = count(&db, "SejoliImportJournal", "1=1");
    decided(&db, &["apply", &file]);
    assert_eq!(count(&db, "SejoliImportJournal", "1=1"), written, "the second time it writes nothing");
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn a_file_with_a_row_that_cannot_be_applied_decides_nothing(engine: Engine) {
    let (db, _) = waiting(engine);
    let file = exported(&db, "decide.csv");
    fill(Path::new(&file), &[("MITRA01", "nobody@example.org"), ("MITRA02", "REJECT")]);
    refused(&db, &["apply", &file], REFUSED, "line 2, MITRA01: nobody in the app");
    fill(Path::new(&file), &[("MITRA01", "u-seller")]);
    decided(&db, &["reject", "MITRA01", "--why", "decided meanwhile"]);
    refused(&db, &["apply", &file], REFUSED, "line 2, MITRA01: it was changed since the export");
    let mut sheet = Sheet::read(Path::new(&file));
    sheet.set(0, "code", "TIDAK");
    sheet.write(Path::new(&file));
    refused(&db, &["apply", &file], REFUSED, "line 2, TIDAK: no affiliate has this code");
    let over = mappings(&db, &["export", &file]);
    assert_eq!(over.code, REFUSED, "a file that may hold decisions is not written over: {over:?}");
}

/// A workbook comes back as it was written, where nobody has decided anything.
#[test]
fn a_workbook_without_decisions_decides_nothing() {
    let (db, _) = waiting(Engine::Sqlite);
    let file = exported(&db, "decide.xlsx");
    let document = decided(&db, &["apply", &file]);
    assert_eq!(
        (&document["decisions"], &document["tables"]),
        (&serde_json::json!([]), &serde_json::json!({}))
    );
}

fn candidates_are_listed_with_their_reasons_and_masked(engine: Engine) {
    let (db, _) = waiting(engine);
    let document = json(&mappings(&db, &["show", "MITRA01", "--format", "json"]));
    let first = &document["candidates"][0];
    assert_eq!(
        (&first["user_id"], &first["reasons"][0]["reason"]),
        (&"u-seller".into(), &"same-name".into())
    );
    assert_eq!(first["email"], "p***@example.org");
    assert_eq!((&document["mapping"]["orders"], &document["mapping"]["owed"]), (&2.into(), &"30000".into()));
    let open = json(&mappings(&db, &["show", "MITRA01", "--format", "json", "--show-pii"]));
    assert_eq!(open["candidates"][0]["email"], "penjual@example.org");
    let codes = |args: &[&str]| -> Vec<String> {
        let document = json(&mappings(&db, &[&["list", "--format", "json"], args].concat()));
        let listed = document["mappings"].as_array().expect("a list").iter();
        listed.map(|case| case["code"].as_str().expect("a code").to_owned()).collect()
    };
    assert_eq!(codes(&[]), ["MITRA01", "MITRA02"]);
    assert_eq!(codes(&["kedua"]), ["MITRA02"]);
    assert_eq!(codes(&["--status", "verified"]), [""; 0]);
    decided(&db, &["verify", "MITRA02", "--user", "u-seller"]);
    assert_eq!(codes(&["--status", "pending", "--owed"]), ["MITRA01"]);
}

on_each_engine!(
    a_verified_mapping_brings_everything_at_once_and_is_taken_back,
    a_rejected_mapping_gives_back_what_came_from_imports_or_is_refused,
    an_undone_decision_waits_as_it_did_before,
    a_mapping_that_an_import_has_decided_is_not_undone_but_decided_otherwise,
    a_user_is_created_for_whom_the_app_has_none,
    two_codes_of_one_person_are_decided_one_after_the_other,
    a_file_of_decisions_is_one_run_and_safe_to_repeat,
    a_file_with_a_row_that_cannot_be_applied_decides_nothing,
    candidates_are_listed_with_their_reasons_and_masked,
);

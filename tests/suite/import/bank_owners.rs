//! Bank details go with an affiliate's mapping: whoever loses it gives up what an import has written into the profile, and
//! keeps what somebody has written there in the app.

use super::paid_commissions::{repeated, rolled_back, verified};
use crate::support::exit_code::DONE;
use crate::support::{
    AppDatabase, Compared, Engine, Exports, assert_same, dump, imported, insert_app_user, on_each_engine,
    texts,
};

const BANK: &str = "BCA 0034403738\na.n. Mitra Contoh";

const FULL: [&str; 3] = ["BCA", "Mitra Contoh", "0034403738"];

const EMPTY: [&str; 3] = ["", "", ""];

fn affiliates(bank: &str) -> Exports {
    Exports::new().affiliates(&[&[&[("bank_info", bank)]]]).orders(&[&[crate::support::SOLD]])
}

/// The affiliate's own user, whom the import has made.
fn affiliate(db: &AppDatabase) -> String {
    texts(db, "SELECT \"userId\" FROM \"AffiliateProfile\" WHERE \"externalId\" = 'MITRA01'").swap_remove(0)
}

/// Bank, holder and number of a user's profile; empty texts where there is nothing.
fn bank(db: &AppDatabase, user: &str) -> Vec<String> {
    let column = |column| {
        texts(
            db,
            &format!(
                "SELECT COALESCE(\"{column}\", '') FROM \"AffiliateProfile\" WHERE \"userId\" = '{user}'"
            ),
        )
    };
    ["bankName", "bankAccountName", "bankAccountNumber"].into_iter().flat_map(column).collect()
}

#[track_caller]
fn decided(db: &AppDatabase, arguments: &[&str]) {
    let outcome = db.run(&[&["mappings"], arguments, &["--by", "Siti"]].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

fn a_rejection_takes_the_bank_details_away_and_its_rollback_brings_them_back(engine: Engine) {
    let exports = affiliates(BANK);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let user = affiliate(&db);
    let before = dump(&db, Compared::Rows);
    decided(&db, &["reject", "MITRA01", "--why", "no contract"]);
    assert_eq!(bank(&db, &user), EMPTY);
    verified(&db, &exports);
    repeated(&db, &exports);
    rolled_back(&db, &[]);
    assert_same(&before, &dump(&db, Compared::Rows), "the rejection is taken back");
    decided(&db, &["reject", "MITRA01", "--why", "no contract"]);
    decided(&db, &["verify", "MITRA01", "--user", &user]);
    assert_eq!(bank(&db, &user), FULL, "whoever gets the mapping gets the details");
    verified(&db, &exports);
}

fn the_details_go_to_whom_the_app_gives_the_mapping(engine: Engine) {
    let exports = affiliates(BANK);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let user = affiliate(&db);
    insert_app_user(&db, "budi", "budi@example.org", "Budi", "MEMBER_FREE");
    db.sql(
        "INSERT INTO \"AffiliateProfile\" (\"id\", \"userId\", \"affiliateCode\", \"shortLink\", \"commissionRate\", \
         \"applicationStatus\", \"createdAt\", \"updatedAt\") SELECT 'p-budi', 'budi', 'OWN01', 'own01', 10, \
         'APPROVED', \"createdAt\", \"updatedAt\" FROM \"User\" WHERE \"id\" = 'budi'",
    );
    db.sql(
        "UPDATE \"SejoliAffiliateMapping\" SET \"eksporyukUserId\" = 'budi', \"verifiedBy\" = 'admin' \
         WHERE \"sejoliAffiliateCode\" = 'MITRA01'",
    );
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(bank(&db, &user), EMPTY);
    assert_eq!(bank(&db, "budi"), FULL);
    verified(&db, &exports);
    repeated(&db, &exports);
    rolled_back(&db, &[]);
    assert_eq!(bank(&db, &user), FULL);
}

fn an_undone_decision_takes_the_details_from_its_user(engine: Engine) {
    let exports = affiliates(BANK);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let user = affiliate(&db);
    insert_app_user(&db, "budi", "budi@example.org", "Budi", "MEMBER_FREE");
    decided(&db, &["verify", "MITRA01", "--user", "budi"]);
    assert_eq!(bank(&db, &user), EMPTY);
    assert_eq!(bank(&db, "budi"), FULL);
    // A newer run stands in the way of a rollback, so the undoing is a decision of its own.
    let newer = affiliates(BANK).orders(&[&[crate::support::SOLD], &[&[("order_id", "5002")]]]);
    imported(&db, "all", newer.path(), &[], DONE);
    decided(&db, &["undo", "MITRA01"]);
    assert_eq!(bank(&db, &user), EMPTY);
    assert_eq!(bank(&db, "budi"), EMPTY);
    verified(&db, &newer);
}

fn l9_details_that_the_app_has_edited_stay(engine: Engine) {
    let exports = affiliates(BANK);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let user = affiliate(&db);
    db.sql(&format!(
        "UPDATE \"AffiliateProfile\" SET \"bankAccountNumber\" = '999' WHERE \"userId\" = '{user}'"
    ));
    decided(&db, &["reject", "MITRA01", "--why", "no contract"]);
    assert_eq!(bank(&db, &user), ["BCA", "Mitra Contoh", "999"]);
}

fn l9_details_that_somebody_had_typed_before_any_import_offered_them_stay(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", affiliates("").path(), &[], DONE);
    let user = affiliate(&db);
    db.sql(&format!(
        "UPDATE \"AffiliateProfile\" SET \"bankName\" = 'BCA', \"bankAccountName\" = 'Mitra Contoh', \
         \"bankAccountNumber\" = '0034403738' WHERE \"userId\" = '{user}'"
    ));
    imported(&db, "all", affiliates(BANK).path(), &[], DONE);
    decided(&db, &["reject", "MITRA01", "--why", "no contract"]);
    assert_eq!(bank(&db, &user), FULL);
}

on_each_engine!(
    a_rejection_takes_the_bank_details_away_and_its_rollback_brings_them_back,
    the_details_go_to_whom_the_app_gives_the_mapping,
    an_undone_decision_takes_the_details_from_its_user,
    l9_details_that_the_app_has_edited_stay,
    l9_details_that_somebody_had_typed_before_any_import_offered_them_stay,
);

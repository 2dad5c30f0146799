//! Money in a shop that lives: the app pays out, its people decide mappings, and the source is corrected between two
//! imports. What was paid is never withdrawable again (L37), and what was earned stands in one wallet.

use std::path::Path;

use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT};
use crate::support::{
    AppDatabase, Edits, Engine, Exports, SOLD, assert_sound, count, found, imported, insert_app_user, json,
    on_each_engine, sum_minor, text,
};

const SECOND: Edits<'_> = &[("affiliate_code", "MITRA02"), ("affiliate_email", "kedua@example.org")];

/// An order of the first affiliate with this number and this commission.
fn sold<'a>(number: &'a str, commission: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut cells = SOLD.to_vec();
    cells.extend([("order_id", number), ("affiliate_commission_rate", "")]);
    cells.extend([
        ("affiliate_commission_amount", commission),
        ("amount", "500000"),
        ("paid_amount", "500000"),
    ]);
    cells
}

/// What stands in the wallet of a code's user: balance, earnings and payouts, in rupiah.
fn wallet(db: &AppDatabase, code: &str) -> [i64; 3] {
    let of_code = format!(
        "\"userId\" = (SELECT \"eksporyukUserId\" FROM \"SejoliAffiliateMapping\" WHERE \"sejoliAffiliateCode\" = '{code}')"
    );
    wallet_where(db, &of_code)
}

fn wallet_where(db: &AppDatabase, filter: &str) -> [i64; 3] {
    ["balance", "totalEarnings", "totalPayout"].map(|column| sum_minor(db, "Wallet", column, filter) / 100)
}

fn user_of(db: &AppDatabase, code: &str) -> String {
    let sql = format!(
        "SELECT \"eksporyukUserId\" FROM \"SejoliAffiliateMapping\" WHERE \"sejoliAffiliateCode\" = '{code}'"
    );
    text(&db.query(&sql)[0][0])
}

/// The app pays out of the wallet of a user, as its payout page does.
fn pay_out(db: &AppDatabase, user: &str, rupiah: i64) {
    db.sql(&format!(
        "UPDATE \"Wallet\" SET \"balance\" = \"balance\" - {rupiah}, \"totalPayout\" = \"totalPayout\" + {rupiah} \
         WHERE \"userId\" = '{user}'"
    ));
}

#[track_caller]
fn verified(db: &AppDatabase, exports: &Exports, code: i32) {
    let path = exports.path().display().to_string();
    let outcome = db.run(&["verify", &path]);
    assert_eq!(outcome.code, code, "{}{}", outcome.stdout, outcome.stderr);
}

/// A repetition has nothing to do.
#[track_caller]
fn repeated(db: &AppDatabase, exports: &Path, code: i32) {
    let document = imported(db, "all", exports, &[], code);
    assert_eq!(document["total"]["created"]["rows"], 0, "{document}");
    assert_eq!(document["total"]["updated"]["rows"], 0, "{document}");
}

fn l37_a_corrected_affiliate_takes_the_commission_along(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[], &[SECOND]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((wallet(&db, "MITRA01")[0], wallet(&db, "MITRA02")[0]), (30_000, 0));
    let exports = exports.orders(&[&[SOLD, SECOND]]);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((wallet(&db, "MITRA01")[0], wallet(&db, "MITRA02")[0]), (0, 30_000));
    assert_eq!((count(&db, "WalletTransaction", "1=1"), count(&db, "AffiliateConversion", "1=1")), (1, 1));
    assert_sound(&db);
    verified(&db, &exports, DONE);
    repeated(&db, exports.path(), DONE);
}

fn l37_what_the_app_has_paid_is_not_paid_again_after_an_undo(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[&sold("5001", "100000")]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    pay_out(&db, &user_of(&db, "MITRA01"), 40_000);
    let refused = db.run(&["rollback", "--last", "--yes", "--format", "json"]);
    assert_eq!(refused.code, REFUSED, "{}", refused.stdout);
    let said = json(&refused).to_string();
    assert!(said.contains("overdrawn") && said.contains("40,000"), "{said}");
    let undone = db.run(&["rollback", "--last", "--yes", "--keep-edited"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
    assert_eq!(wallet_where(&db, "1=1"), [60_000, 100_000, 40_000], "the wallet keeps what stands in it");
    assert_eq!(count(&db, "Transaction", "1=1"), 0, "the orders are gone");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(wallet_where(&db, "1=1"), [60_000, 100_000, 40_000], "never 160,000");
    assert_eq!(count(&db, "WalletTransaction", "1=1"), 1);
    let profile = "\"totalConversions\" = 1";
    assert_eq!(count(&db, "AffiliateProfile", profile), 1);
}

fn l37_a_payout_that_the_wallet_bears_hinders_no_rollback(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[&sold("5001", "100000")]]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u-seller", "mitra@example.org", "Penjual", "MEMBER_FREE");
    db.sql(
        "INSERT INTO \"Wallet\" (\"id\", \"userId\", \"balance\", \"balancePending\", \"totalEarnings\", \
         \"totalPayout\", \"createdAt\", \"updatedAt\") SELECT 'w-seller', 'u-seller', 50000, 0, 50000, 0, \
         \"createdAt\", \"updatedAt\" FROM \"User\"",
    );
    let before = db.query("SELECT * FROM \"Wallet\"");
    imported(&db, "all", exports.path(), &[], DONE);
    verified(&db, &exports, DONE);
    assert_eq!(wallet_where(&db, "1=1"), [150_000, 150_000, 0]);
    pay_out(&db, "u-seller", 40_000);
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
    assert_eq!(wallet_where(&db, "1=1"), [10_000, 50_000, 40_000]);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(wallet_where(&db, "1=1"), [110_000, 150_000, 40_000]);
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
    pay_out(&db, "u-seller", -40_000);
    assert_eq!(db.query("SELECT * FROM \"Wallet\""), before, "cell by cell");
}

fn two_codes_of_one_person_are_settled_together(engine: Engine) {
    let first: Edits<'_> = &[("total_paid", "0")];
    let second: Edits<'_> =
        &[("affiliate_code", "MITRA02"), ("affiliate_name", "Mitra Kedua"), ("total_paid", "50000")];
    let of_second = {
        let mut cells = sold("5002", "50000");
        cells.retain(|(column, _)| *column != "affiliate_code");
        cells.push(("affiliate_code", "MITRA02"));
        cells
    };
    let exports = Exports::new()
        .affiliates(&[&[first], &[second]])
        .orders(&[&[&sold("5001", "100000")], &[&of_second]]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0601"), 2, "one address, two codes: somebody has to decide");
    insert_app_user(&db, "u-seller", "penjual@example.org", "Penjual", "MEMBER_FREE");
    verify_by_hand(&db, "u-seller", "1=1");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(wallet_where(&db, "1=1"), [100_000, 150_000, 50_000]);
    let settled = |column: &str| sum_minor(&db, "SejoliAffiliateTotals", column, "1=1") / 100;
    assert_eq!((settled("settledBalance"), settled("settledEarnings")), (100_000, 150_000));
    assert_eq!(count(&db, "AffiliateConversion", "1=1"), 2);
    assert_sound(&db);
    verified(&db, &exports, DONE);
    repeated(&db, exports.path(), DONE);
}

/// The app's people decide that these mappings are a user's.
fn verify_by_hand(db: &AppDatabase, user: &str, mappings: &str) {
    let has_profile = count(db, "AffiliateProfile", &format!("\"userId\" = '{user}'")) > 0;
    if !has_profile {
        // The mapping's foreign key asks for a profile; wallet and role are missing.
        db.sql(&format!(
            "INSERT INTO \"AffiliateProfile\" (\"id\", \"userId\", \"affiliateCode\", \"shortLink\", \"tier\", \
             \"commissionRate\", \"totalClicks\", \"totalConversions\", \"totalSales\", \"totalEarnings\", \
             \"isActive\", \"applicationStatus\", \"createdAt\", \"updatedAt\") \
             SELECT 'p-{user}', '{user}', 'OWN{user}', 'own-{user}', 1, 10, 0, 0, 0, 0, TRUE, 'APPROVED', \
             \"createdAt\", \"updatedAt\" FROM \"User\" WHERE \"id\" = '{user}'"
        ));
    }
    db.sql(&format!(
        "UPDATE \"SejoliAffiliateMapping\" SET \"mappingStatus\" = 'VERIFIED', \"eksporyukUserId\" = '{user}', \
         \"verifiedBy\" = 'admin', \"verifiedAt\" = \"createdAt\" WHERE {mappings}"
    ));
}

fn a_mapping_that_is_verified_by_hand_gets_its_account_and_its_commission(engine: Engine) {
    let nobody: Edits<'_> = &[("affiliate_email", "")];
    let exports = Exports::new().affiliates(&[&[nobody]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0601"), 1);
    insert_app_user(&db, "u-seller", "penjual@example.org", "Penjual", "MEMBER_FREE");
    verify_by_hand(&db, "u-seller", "1=1");
    let document = imported(&db, "orders", &exports.path().join("orders.csv"), &[], DONE);
    assert!(document["affiliates_to_review"].to_string().contains("SJM-0611"), "{document}");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(wallet(&db, "MITRA01"), [30_000, 30_000, 0]);
    assert_eq!(count(&db, "UserRole", "\"role\" = 'AFFILIATE' AND \"userId\" = 'u-seller'"), 1);
    assert_sound(&db);
    verified(&db, &exports, DONE);
    repeated(&db, exports.path(), DONE);
    db.sql("DELETE FROM \"UserRole\"");
    repeated(&db, exports.path(), DONE);
    assert_eq!(count(&db, "UserRole", "1=1"), 0, "what the app has taken away is not made again");
}

fn l37_a_rejected_or_reassigned_mapping_moves_all_or_nothing(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[&sold("5001", "100000")]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let first = user_of(&db, "MITRA01");
    db.sql(
        "UPDATE \"SejoliAffiliateMapping\" SET \"mappingStatus\" = 'REJECTED', \"eksporyukUserId\" = NULL",
    );
    imported(&db, "affiliates", &exports.path().join("affiliates.csv"), &[], DONE);
    assert_eq!(wallet_where(&db, "1=1"), [0, 0, 0]);
    for table in ["AffiliateConversion", "WalletTransaction"] {
        assert_eq!(count(&db, table, "1=1"), 0, "{table}");
    }
    assert_eq!(count(&db, "Transaction", "\"affiliateId\" IS NOT NULL"), 0);
    assert_eq!(sum_minor(&db, "AffiliateProfile", "totalEarnings", "1=1"), 0);
    insert_app_user(&db, "u-seller", "penjual@example.org", "Penjual", "MEMBER_FREE");
    verify_by_hand(&db, "u-seller", "1=1");
    imported(&db, "all", exports.path(), &[], DONE);
    let (of_first, of_second) = (format!("\"userId\" = '{first}'"), "\"userId\" = 'u-seller'");
    assert_eq!((wallet_where(&db, &of_first)[0], wallet_where(&db, of_second)[0]), (0, 100_000));
    assert_sound(&db);
    verified(&db, &exports, DONE);
    // Back to the first: all of it, in one import of the affiliates alone.
    verify_by_hand(&db, &first, "1=1");
    imported(&db, "affiliates", &exports.path().join("affiliates.csv"), &[], DONE);
    assert_eq!((wallet_where(&db, &of_first)[0], wallet_where(&db, of_second)[0]), (100_000, 0));
    assert_eq!(sum_minor(&db, "AffiliateProfile", "totalEarnings", of_second), 0);
    assert_sound(&db);
    verified(&db, &exports, DONE);
    // What was paid out cannot move: nothing does.
    pay_out(&db, &first, 40_000);
    verify_by_hand(&db, "u-seller", "1=1");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert!(document["affiliates_to_review"].to_string().contains("SJM-0610"), "{document}");
    assert_eq!((wallet_where(&db, &of_first)[0], wallet_where(&db, of_second)[0]), (60_000, 0));
    let conversion = format!(
        "\"affiliateId\" = (SELECT \"id\" FROM \"AffiliateProfile\" WHERE {of_first}) AND \"commissionAmount\" = 100000"
    );
    assert_eq!(count(&db, "AffiliateConversion", &conversion), 1);
}

fn l37_a_code_for_which_too_much_was_paid_is_not_given_to_a_wallet_that_is_empty(engine: Engine) {
    // The second one has earned all, and for the first one's code 40,000 were paid that nobody has earned.
    let sold = sold("5001", "100000");
    let of_second: Edits<'_> = &[("affiliate_code", "MITRA02"), ("affiliate_email", "")];
    let exports = Exports::new()
        .affiliates(&[&[&[("total_paid", "40000")]], &[SECOND, &[("total_paid", "")]]])
        .orders(&[&[&sold, of_second]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let (first, second) = (user_of(&db, "MITRA01"), user_of(&db, "MITRA02"));
    let wallets = || [&first, &second].map(|user| wallet_where(&db, &format!("\"userId\" = '{user}'")));
    assert_eq!(wallets(), [[0, 0, 40_000], [100_000, 100_000, 0]]);
    pay_out(&db, &second, 100_000);
    verify_by_hand(&db, &second, "\"sejoliAffiliateCode\" = 'MITRA01'");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert!(document["affiliates_to_review"].to_string().contains("SJM-0610"), "{document}");
    assert_eq!(wallets(), [[0, 0, 40_000], [0, 100_000, 100_000]], "nothing moves");
    db.sql(&format!("UPDATE \"Wallet\" SET \"balance\" = 50000 WHERE \"userId\" = '{second}'"));
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(wallets(), [[0, 0, 0], [10_000, 100_000, 140_000]]);
    repeated(&db, exports.path(), DONE);
}

fn l37_a_mapping_that_the_app_has_deleted_is_not_made_again(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("DELETE FROM \"SejoliAffiliateMapping\"");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0706"), 1);
    assert_eq!(count(&db, "SejoliAffiliateMapping", "1=1"), 0);
    assert_eq!(wallet_where(&db, "1=1"), [0, 0, 0], "the commission goes with the mapping");
    assert_eq!(count(&db, "AffiliateConversion", "1=1"), 0);
    imported(&db, "all", exports.path(), &["--restore-deleted"], DONE);
    assert_eq!(count(&db, "SejoliAffiliateMapping", "\"mappingStatus\" = 'VERIFIED'"), 1);
    assert_eq!(wallet(&db, "MITRA01"), [30_000, 30_000, 0]);
    assert_sound(&db);
}

fn l37_a_known_payout_stays_known_where_a_later_file_has_none(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[&[("total_paid", "20000")]]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(wallet(&db, "MITRA01"), [10_000, 30_000, 20_000]);
    let exports = exports.affiliates(&[&[&[("total_paid", "")]]]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0608"), 1);
    assert_eq!(wallet(&db, "MITRA01"), [10_000, 30_000, 20_000]);
    verified(&db, &exports, DONE);
    let exports = exports.affiliates(&[&[&[("total_paid", "5000")]]]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0609"), 1);
    assert_eq!(wallet(&db, "MITRA01"), [25_000, 30_000, 5_000]);
    assert_sound(&db);
}

fn a_code_beside_another_address_is_held(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let exports = exports.affiliates(&[&[&[("affiliate_email", "orang.lain@example.org")]]]);
    for _ in 0..2 {
        let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
        assert_eq!(found(&document, "SJM-0607"), 1);
    }
    assert_eq!(wallet(&db, "MITRA01"), [30_000, 30_000, 0], "nothing moves");
    assert_eq!(count(&db, "User", "\"email\" = 'orang.lain@example.org'"), 0);
    verified(&db, &exports, DONE);
    db.sql("UPDATE \"SejoliAffiliateMapping\" SET \"sejoliEmail\" = 'orang.lain@example.org'");
    imported(&db, "all", exports.path(), &[], DONE);
}

fn a_conversion_that_was_made_by_hand_is_kept_and_counted(engine: Engine) {
    let nobody: Edits<'_> = &[("affiliate_email", "")];
    let exports = Exports::new().affiliates(&[&[nobody]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    insert_app_user(&db, "u-seller", "penjual@example.org", "Penjual", "MEMBER_FREE");
    verify_by_hand(&db, "u-seller", "1=1");
    db.sql(
        "INSERT INTO \"AffiliateConversion\" (\"id\", \"affiliateId\", \"transactionId\", \"commissionAmount\", \
         \"commissionRate\", \"paidOut\", \"createdAt\") SELECT 'by-hand', 'p-u-seller', \"id\", 25000, 25, FALSE, \
         \"createdAt\" FROM \"Transaction\"",
    );
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert!(found(&document, "SJM-0612") >= 1, "{document}");
    assert_eq!(wallet(&db, "MITRA01"), [25_000, 25_000, 0]);
    assert_eq!(count(&db, "AffiliateConversion", "\"id\" = 'by-hand'"), 1);
    assert_eq!(count(&db, "AffiliateConversion", "1=1"), 1);
    assert_sound(&db);
    verified(&db, &exports, DONE);
    repeated(&db, exports.path(), DONE);
}

/// A balance that nobody can explain is a difference, also where the app has no ledger.
fn a_balance_that_nothing_explains_is_a_difference(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u-seller", "mitra@example.org", "Penjual", "MEMBER_FREE");
    db.sql(
        "INSERT INTO \"Wallet\" (\"id\", \"userId\", \"balance\", \"balancePending\", \"totalEarnings\", \
         \"totalPayout\", \"createdAt\", \"updatedAt\") SELECT 'w-seller', 'u-seller', 50000, 0, 70000, 20000, \
         \"createdAt\", \"updatedAt\" FROM \"User\"",
    );
    imported(&db, "all", exports.path(), &[], DONE);
    verified(&db, &exports, DONE);
    db.sql("UPDATE \"Wallet\" SET \"balance\" = 99999999");
    let path = exports.path().display().to_string();
    let outcome = db.run(&["verify", &path]);
    assert_eq!(outcome.code, 4, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("99,999,999"), "{}", outcome.stdout);
}

on_each_engine!(
    l37_a_corrected_affiliate_takes_the_commission_along,
    l37_what_the_app_has_paid_is_not_paid_again_after_an_undo,
    l37_a_payout_that_the_wallet_bears_hinders_no_rollback,
    two_codes_of_one_person_are_settled_together,
    a_mapping_that_is_verified_by_hand_gets_its_account_and_its_commission,
    l37_a_rejected_or_reassigned_mapping_moves_all_or_nothing,
    l37_a_code_for_which_too_much_was_paid_is_not_given_to_a_wallet_that_is_empty,
    l37_a_mapping_that_the_app_has_deleted_is_not_made_again,
    l37_a_known_payout_stays_known_where_a_later_file_has_none,
    a_code_beside_another_address_is_held,
    a_conversion_that_was_made_by_hand_is_kept_and_counted,
    a_balance_that_nothing_explains_is_a_difference,
);

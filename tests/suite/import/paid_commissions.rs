//! Commissions that Sejoli has paid out count as paid out in the app (L30): it lets affiliates ask for all others. They are
//! whole ones, the oldest first, and together with what the wallet holds they say the same; never can more be requested
//! than is owed.

use serde_json::Value;

use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT};
use crate::support::library::DatabaseUse;
use crate::support::{
    AppDatabase, Edits, Engine, Exports, SOLD, app_transaction, assert_sound, broken_off, count, found,
    imported, insert_app_user, json, on_each_engine, sum_minor, texts,
};

/// Orders of the first affiliate: number and commission in rupiah.
type Sold<'a> = &'a [(&'a str, &'a str)];

/// Orders that are paid on one day, and what was paid out of their commissions.
fn exports(sold: Sold<'_>, total_paid: &str) -> Exports {
    exports_of(&[("total_paid", total_paid)], sold)
}

fn exports_of(affiliate: Edits<'_>, sold: Sold<'_>) -> Exports {
    let rows: Vec<Vec<(&str, &str)>> =
        sold.iter().map(|(number, commission)| order(number, commission)).collect();
    let rows: Vec<[Edits<'_>; 1]> = rows.iter().map(|row| [row.as_slice()]).collect();
    let rows: Vec<&[Edits<'_>]> = rows.iter().map(<[Edits<'_>; 1]>::as_slice).collect();
    Exports::new().affiliates(&[&[affiliate]]).orders(&rows)
}

pub(super) fn order<'a>(number: &'a str, commission: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut cells = SOLD.to_vec();
    cells.extend([("order_id", number), ("affiliate_commission_rate", "")]);
    cells.extend([
        ("affiliate_commission_amount", commission),
        ("amount", "500000"),
        ("paid_amount", "500000"),
    ]);
    cells
}

/// The numbers of the orders whose commissions count as paid out.
pub(super) fn paid(db: &AppDatabase) -> Vec<String> {
    let of_order = |external: String| external.replace("sejoli-", "");
    let found = texts(
        db,
        "SELECT t.\"externalId\" FROM \"AffiliateConversion\" c JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
         WHERE c.\"paidOut\" ORDER BY length(t.\"externalId\"), t.\"externalId\"",
    );
    found.into_iter().map(of_order).collect()
}

/// By the app's gate: all conversions less those that count as paid out, in rupiah.
pub(super) fn requestable(db: &AppDatabase) -> i64 {
    sum_minor(db, "AffiliateConversion", "commissionAmount", "NOT \"paidOut\"") / 100
}

/// The wallets together: balance and what was paid out, in rupiah.
pub(super) fn wallet(db: &AppDatabase) -> (i64, i64) {
    let sum = |column: &str| sum_minor(db, "Wallet", column, "1=1") / 100;
    (sum("balance"), sum("totalPayout"))
}

/// What the app takes for granted: what is not paid is the balance, what is paid was paid out.
#[track_caller]
pub(super) fn assert_agree(db: &AppDatabase) {
    let paid = sum_minor(db, "AffiliateConversion", "commissionAmount", "\"paidOut\"") / 100;
    assert_eq!((requestable(db), paid), wallet(db));
}

#[track_caller]
pub(super) fn verified(db: &AppDatabase, exports: &Exports) {
    let path = exports.path().display().to_string();
    let outcome = db.run(&["verify", &path]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

/// A commission that Sejoli has paid counts as paid out from the beginning.
#[track_caller]
pub(super) fn written_once(document: &Value) {
    assert_eq!(document["total"]["tables"]["AffiliateConversion"]["updated"], 0, "{document}");
}

/// A repetition writes nothing.
#[track_caller]
pub(super) fn repeated(db: &AppDatabase, exports: &Exports) {
    let conversions = "SELECT * FROM \"AffiliateConversion\" ORDER BY \"id\"";
    let before = db.query(conversions);
    let document = imported(db, "all", exports.path(), &[], DONE);
    assert_eq!(document["total"]["tables"], serde_json::json!({}), "{document}");
    assert_eq!(db.query(conversions), before, "cell by cell");
}

#[track_caller]
pub(super) fn rolled_back(db: &AppDatabase, more: &[&str]) {
    let mut arguments = vec!["rollback", "--last", "--yes"];
    arguments.extend(more);
    let outcome = db.run(&arguments);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

/// The app's admin pays out the commission of an order.
pub(super) fn pay(db: &AppDatabase, number: &str, rupiah: i64) {
    let of_order = format!(
        "\"transactionId\" IN (SELECT \"id\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-{number}')"
    );
    db.sql(&format!("UPDATE \"AffiliateConversion\" SET \"paidOut\" = TRUE WHERE {of_order}"));
    db.sql(&format!(
        "UPDATE \"Wallet\" SET \"balance\" = \"balance\" - {rupiah}, \"totalPayout\" = \"totalPayout\" + {rupiah}"
    ));
    db.sql(&format!(
        "INSERT INTO \"WalletTransaction\" (\"id\", \"walletId\", \"amount\", \"type\", \"description\", \"createdAt\") \
         SELECT 'payout-{number}', \"id\", -{rupiah}, 'PAYOUT', 'Payout', \"updatedAt\" FROM \"Wallet\""
    ));
}

pub(super) fn figure(document: &Value, name: &str) -> String {
    document["commissions"]["total"][name].as_str().expect("an amount").to_owned()
}

const FOUR: Sold<'_> = &[("998", "30000"), ("5001", "20000"), ("5002", "50000"), ("5003", "10000")];

fn l30_the_oldest_commissions_are_the_paid_ones(engine: Engine) {
    let exports = exports(FOUR, "50000");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db), ["998", "5001"], "by number, not by text");
    assert_eq!(count(&db, "AffiliateConversion", "\"paidOutAt\" IS NOT NULL"), 0, "the date is not known");
    assert_eq!((requestable(&db), wallet(&db)), (60_000, (60_000, 50_000)));
    assert_eq!(
        ["earned", "paid", "owed", "requestable", "difference"].map(|name| figure(&document, name)),
        ["110000", "50000", "60000", "60000", "0"]
    );
    assert_agree(&db);
    assert_sound(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn l30_a_sum_of_whole_commissions_is_found(engine: Engine) {
    let exports = exports(FOUR, "70000");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db), ["5001", "5002"]);
    assert_eq!(found(&document, "SJM-0314"), 0);
    assert_agree(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
}

/// Orders are there long before the settlement, and people use the app meanwhile.
fn l30_at_no_time_of_an_import_can_paid_commissions_be_asked_for(engine: Engine) {
    let exports = exports(FOUR, "70000");
    let db = AppDatabase::new(engine);
    broken_off(&db, engine, exports.path());
    assert_eq!((requestable(&db), wallet(&db)), (40_000, (0, 0)), "before anything is settled");
    assert_eq!(paid(&db), ["5001", "5002"]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    written_once(&document);
    assert_agree(&db);
    verified(&db, &exports);
    rolled_back(&db, &[]);
    assert_eq!(count(&db, "SejoliSourceRecord", "1=1"), 0, "no mark is left");
}

/// The files alone let one expect that the order of the app was paid, too.
fn l30_the_settlement_puts_right_what_the_files_alone_let_one_expect(engine: Engine) {
    let exports = exports(FOUR, "50000");
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "buyer", "pembeli@example.com", "Pembeli", "MEMBER_FREE");
    let of_app = app_transaction("of-app", "buyer", Some("SEJOLI-998"), None);
    db.store(DatabaseUse::Write).insert(of_app).expect("an order of the app's own");
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0703"), 1, "{document}");
    assert_eq!(paid(&db), ["5002"], "20, 50 and 10 are left, of which one makes 50");
    assert_agree(&db);
    verified(&db, &exports);
    rolled_back(&db, &[]);
    assert_eq!(count(&db, "SejoliSourceRecord", "1=1"), 0, "no mark is left");
}

/// The app's people reject the affiliate while an import is interrupted whose orders are there.
fn l30_what_was_marked_of_an_affiliate_who_is_rejected_meanwhile_goes(engine: Engine) {
    let exports = exports(FOUR, "70000");
    let db = AppDatabase::new(engine);
    broken_off(&db, engine, exports.path());
    db.sql(
        "UPDATE \"SejoliAffiliateMapping\" SET \"mappingStatus\" = 'REJECTED', \"eksporyukUserId\" = NULL",
    );
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((count(&db, "AffiliateConversion", "1=1"), wallet(&db)), (0, (0, 0)));
    assert_eq!(count(&db, "SejoliSourceRecord", "\"kind\" = 'paid-commission'"), 0, "no mark is left");
    verified(&db, &exports);
}

fn l30_a_total_that_was_typed_by_hand_never_lets_more_be_requested(engine: Engine) {
    let exports = exports(FOUR, "45500.50");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db), ["998", "5001"], "the least sum that is not below");
    assert_eq!(found(&document, "SJM-0314"), 1);
    assert_eq!((requestable(&db), wallet(&db).0), (60_000, 64_499), "the rest stays in the wallet");
    assert_eq!(
        (figure(&document, "owed"), figure(&document, "difference")),
        ("64499.5".into(), "4499.5".into())
    );
    verified(&db, &exports);
    repeated(&db, &exports);
    let report = json(&db.run(&["report", "--format", "json"]));
    assert_eq!(report["report"]["commissions"], document["commissions"]);
    let text = db.run(&["report"]).stdout;
    assert!(text.contains("MITRA01") && text.contains("Rp 4,499.50"), "{text}");
}

fn l30_more_was_paid_than_was_earned(engine: Engine) {
    let exports = exports(FOUR, "500000");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db).len(), 4);
    assert_eq!((requestable(&db), wallet(&db)), (0, (0, 500_000)));
    assert_eq!((found(&document, "SJM-0602"), found(&document, "SJM-0314")), (1, 0));
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn l30_a_mapping_that_is_verified_later_gets_its_paid_commissions(engine: Engine) {
    let exports = exports_of(&[("affiliate_email", ""), ("total_paid", "50000")], FOUR);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(count(&db, "AffiliateConversion", "1=1"), 0);
    insert_app_user(&db, "u-seller", "penjual@example.org", "Penjual", "MEMBER_FREE");
    db.sql(
        "INSERT INTO \"AffiliateProfile\" (\"id\", \"userId\", \"affiliateCode\", \"shortLink\", \"tier\", \
         \"commissionRate\", \"totalClicks\", \"totalConversions\", \"totalSales\", \"totalEarnings\", \
         \"isActive\", \"applicationStatus\", \"createdAt\", \"updatedAt\") \
         SELECT 'p-seller', 'u-seller', 'OWN', 'own', 1, 10, 0, 0, 0, 0, TRUE, 'APPROVED', \"createdAt\", \
         \"updatedAt\" FROM \"User\" WHERE \"id\" = 'u-seller'",
    );
    db.sql(
        "UPDATE \"SejoliAffiliateMapping\" SET \"mappingStatus\" = 'VERIFIED', \"eksporyukUserId\" = 'u-seller', \
         \"verifiedBy\" = 'admin', \"verifiedAt\" = \"createdAt\"",
    );
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db), ["998", "5001"]);
    assert_agree(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
    db.sql(
        "UPDATE \"SejoliAffiliateMapping\" SET \"mappingStatus\" = 'REJECTED', \"eksporyukUserId\" = NULL",
    );
    imported(&db, "affiliates", &exports.path().join("affiliates.csv"), &[], DONE);
    let marks = "\"kind\" = 'paid-commission'";
    assert_eq!((count(&db, "AffiliateConversion", "1=1"), count(&db, "SejoliSourceRecord", marks)), (0, 0));
}

fn l30_a_newer_export_says_that_more_was_paid(engine: Engine) {
    let older = exports(FOUR, "50000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    let before = db.query("SELECT * FROM \"AffiliateConversion\" ORDER BY \"id\"");
    let newer = exports(FOUR, "100000");
    imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(paid(&db), ["998", "5001", "5002"]);
    assert_agree(&db);
    verified(&db, &newer);
    repeated(&db, &newer);
    rolled_back(&db, &[]);
    assert_eq!(db.query("SELECT * FROM \"AffiliateConversion\" ORDER BY \"id\""), before, "cell by cell");
    assert_agree(&db);
    verified(&db, &older);
    // A lower sum sets back what imports have set, and another order may be an older one.
    let lower = exports(&[FOUR, &[("7", "15000")]].concat(), "45000");
    imported(&db, "all", lower.path(), &[], DONE);
    assert_eq!(paid(&db), ["7", "998"]);
    assert_agree(&db);
    verified(&db, &lower);
    repeated(&db, &lower);
}

fn l30_what_the_app_has_paid_is_neither_set_back_nor_counted_as_paid_by_sejoli(engine: Engine) {
    let older = exports(FOUR, "50000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    pay(&db, "5002", 50_000);
    assert_agree(&db);
    let document = imported(&db, "all", older.path(), &[], DONE);
    assert_eq!(document["total"]["tables"], serde_json::json!({}), "{document}");
    assert_eq!(
        (figure(&document, "paid_in_app"), figure(&document, "owed")),
        ("50000".into(), "10000".into())
    );
    assert_eq!(figure(&document, "difference"), "0");
    verified(&db, &older);
    let newer = exports(FOUR, "60000");
    imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(
        paid(&db),
        ["998", "5001", "5002", "5003"],
        "another one is the one that Sejoli has paid since"
    );
    assert_eq!((requestable(&db), wallet(&db)), (0, (0, 110_000)));
    verified(&db, &newer);
    repeated(&db, &newer);
    rolled_back(&db, &[]);
    assert_eq!(paid(&db), ["998", "5001", "5002"]);
    assert_agree(&db);
    let lower = exports(FOUR, "0");
    imported(&db, "all", lower.path(), &[], DONE);
    assert_eq!(paid(&db), ["5002"], "the app's payout stays");
    assert_agree(&db);
    verified(&db, &lower);
}

fn l30_a_rollback_takes_the_marks_back_and_respects_what_the_app_has_paid(engine: Engine) {
    let older = exports(FOUR, "50000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    let lower = exports(FOUR, "30000");
    imported(&db, "all", lower.path(), &[], DONE);
    assert_eq!(paid(&db), ["998"]);
    pay(&db, "5001", 20_000);
    let refused = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(refused.code, REFUSED, "{}{}", refused.stdout, refused.stderr);
    rolled_back(&db, &["--keep-edited"]);
    assert_eq!(paid(&db), ["998", "5001"]);
    let mark = format!(
        "\"kind\" = 'paid-commission' AND \"targetId\" = (SELECT \"id\" FROM \"AffiliateConversion\" \
         WHERE \"commissionAmount\" = {})",
        20_000
    );
    assert_eq!(count(&db, "SejoliSourceRecord", &mark), 0, "the app has paid it, and not Sejoli");
    imported(&db, "all", lower.path(), &[], DONE);
    assert_eq!(paid(&db), ["998", "5001"]);
}

fn l30_verify_names_a_commission_that_counts_as_paid_and_is_not(engine: Engine) {
    let exports = exports(FOUR, "50000");
    let path = exports.path().display().to_string();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);

    for (change, says) in [
        (
            "SET \"paidOut\" = FALSE WHERE \"commissionAmount\" = 20000",
            "order 5001 (Rp 20,000) does not count as paid",
        ),
        (
            "SET \"paidOut\" = TRUE WHERE \"commissionAmount\" = 10000",
            "Rp 10,000 counts as paid out by the app",
        ),
    ] {
        let before = db.query("SELECT \"id\", \"paidOut\" FROM \"AffiliateConversion\" ORDER BY \"id\"");
        db.sql(&format!("UPDATE \"AffiliateConversion\" {change}"));
        let outcome = db.run(&["verify", &path]);
        assert_eq!(outcome.code, 4, "{}", outcome.stdout);
        assert!(outcome.prose().contains(says) && outcome.stdout.contains("MITRA01"), "{}", outcome.stdout);
        let opposite = if change.contains("= FALSE") { "TRUE" } else { "FALSE" };
        let back = change.split(" WHERE ").nth(1).expect("a condition");
        db.sql(&format!("UPDATE \"AffiliateConversion\" SET \"paidOut\" = {opposite} WHERE {back}"));
        assert_eq!(
            db.query("SELECT \"id\", \"paidOut\" FROM \"AffiliateConversion\" ORDER BY \"id\""),
            before
        );
    }
    verified(&db, &exports);
}

on_each_engine!(
    l30_the_oldest_commissions_are_the_paid_ones,
    l30_a_sum_of_whole_commissions_is_found,
    l30_at_no_time_of_an_import_can_paid_commissions_be_asked_for,
    l30_the_settlement_puts_right_what_the_files_alone_let_one_expect,
    l30_what_was_marked_of_an_affiliate_who_is_rejected_meanwhile_goes,
    l30_a_total_that_was_typed_by_hand_never_lets_more_be_requested,
    l30_more_was_paid_than_was_earned,
    l30_a_mapping_that_is_verified_later_gets_its_paid_commissions,
    l30_a_newer_export_says_that_more_was_paid,
    l30_what_the_app_has_paid_is_neither_set_back_nor_counted_as_paid_by_sejoli,
    l30_a_rollback_takes_the_marks_back_and_respects_what_the_app_has_paid,
    l30_verify_names_a_commission_that_counts_as_paid_and_is_not,
);

//! A newer export of the same shop changes what it changes, and nothing else.

use std::collections::BTreeMap;

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{
    AppDatabase, Compared, Dump, Engine, Exports, assert_same, assert_sound, count, dump, found, imported,
    on_each_engine, rows, sum_minor,
};

fn a_newer_export_brings_paid_commissions_and_takes_refunded_ones_back(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let mut sheet = exports.sheet("orders.csv");
    let with = |status: &str| {
        sheet.find(|cell| {
            let amount = cell("affiliate_commission_amount");
            cell("payment_status") == status && !matches!(amount.as_str(), "" | "0")
        })
    };
    let (paid, refunded) = (with("PENDING"), with("PAID"));
    let numbers = (sheet.get(paid, "order_id").to_owned(), sheet.get(refunded, "order_id").to_owned());
    let conversion = |id: &str| {
        count(
            &db,
            "AffiliateConversion",
            &format!(
                "\"transactionId\" = (SELECT \"id\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-{id}')"
            ),
        )
    };
    let entry = |id: &str| count(&db, "WalletTransaction", &format!("\"reference\" = 'sejoli-{id}'"));
    assert_eq!((conversion(&numbers.0), entry(&numbers.0)), (0, 0));
    assert_eq!((conversion(&numbers.1), entry(&numbers.1)), (1, 1));
    let untouched = |dump: &Dump| -> Vec<BTreeMap<String, String>> {
        let is_edited = |row: &&BTreeMap<String, String>| {
            let id = &row["externalId"];
            id.contains(&format!("sejoli-{}\"", numbers.0)) || id.contains(&format!("sejoli-{}\"", numbers.1))
        };
        dump["Transaction"].iter().filter(|row| !is_edited(row)).cloned().collect()
    };
    let before = untouched(&dump(&db, Compared::Rows));

    sheet.set(paid, "payment_status", "PAID");
    let (date, amount) = (sheet.get(paid, "order_date").to_owned(), sheet.get(paid, "amount").to_owned());
    sheet.set(paid, "paid_date", &date);
    sheet.set(paid, "paid_amount", &amount);
    sheet.set(refunded, "payment_status", "REFUNDED");
    sheet.write(&exports.path().join("orders.csv"));
    let document = imported(&db, "all", exports.path(), &[], DONE);

    assert_eq!(rows(&document, "orders", "updated"), 2);
    assert_eq!(rows(&document, "orders", "unchanged"), 58);
    assert_eq!(rows(&document, "orders", "created"), 0);
    assert_eq!((conversion(&numbers.0), entry(&numbers.0)), (1, 1), "PENDING to PAID");
    assert_eq!((conversion(&numbers.1), entry(&numbers.1)), (0, 0), "PAID to REFUNDED");
    assert_eq!(before.len(), 58);
    assert!(before == untouched(&dump(&db, Compared::Rows)), "the other orders are as they were");
    assert_sound(&db);
    let earned = sum_minor(&db, "AffiliateConversion", "commissionAmount", "1");
    assert_eq!(sum_minor(&db, "Wallet", "totalEarnings", "1"), earned);
    assert_eq!(sum_minor(&db, "AffiliateProfile", "totalEarnings", "1"), earned);
}

fn l9_an_order_that_the_app_has_edited_is_held_when_its_source_changes_too(engine: Engine) {
    let exports = Exports::new().orders(&[&[], &[&[("order_id", "5002")]]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"Transaction\" SET \"amount\" = 77000 WHERE \"externalId\" IN ('sejoli-5001', 'sejoli-5002')");
    let mut sheet = exports.sheet("orders.csv");
    sheet.set(0, "paid_amount", "99000");
    sheet.write(&exports.path().join("orders.csv"));
    let before = dump(&db, Compared::Rows);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0701"), 1);
    assert_eq!(rows(&document, "orders", "held"), 1);
    assert_eq!(rows(&document, "orders", "unchanged"), 1, "an edit of the app alone stays, without a word");
    assert_same(&before, &dump(&db, Compared::Rows), "nothing is overwritten");
    assert_eq!(sum_minor(&db, "Transaction", "amount", "1"), 2 * 77_000 * 100);
}

on_each_engine!(
    a_newer_export_brings_paid_commissions_and_takes_refunded_ones_back,
    l9_an_order_that_the_app_has_edited_is_held_when_its_source_changes_too,
);

//! Wallets: what was earned and paid out in Sejoli is settled once, dated by its payment, and explained by a ledger.

use crate::support::exit_code::DONE;
use crate::support::{
    AppDatabase, Engine, Exports, SOLD, assert_sound, count, found, imported, millis, on_each_engine,
    sum_minor,
};

fn l20_a_conversion_is_dated_by_its_payment(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let paid = millis("2024-05-07T08:00:00+07:00");
    assert_eq!(db.number("SELECT \"createdAt\" FROM \"AffiliateConversion\""), paid);
    let entry = "SELECT \"createdAt\" FROM \"WalletTransaction\" WHERE \"type\" = 'COMMISSION'";
    assert_eq!(db.number(entry), paid);
    assert_eq!(
        db.number("SELECT \"createdAt\" FROM \"Transaction\""),
        millis("2024-05-06T10:00:00+07:00"),
        "L5: in the shop's zone, stored in UTC"
    );
}

fn l21_what_was_paid_out_is_not_withdrawable_again(engine: Engine) {
    let exports = Exports::new()
        .affiliates(&[
            &[&[("total_paid", "50000")]],
            &[&[
                ("affiliate_code", "MITRA02"),
                ("affiliate_email", "kedua@example.org"),
                ("total_paid", "10000"),
            ]],
        ])
        .orders(&[&[SOLD], &[SOLD, &[("order_id", "5002"), ("affiliate_code", "MITRA02")]]]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0602"), 1);
    let wallet = |code: &str, column: &str| {
        let of_code = format!(
            "\"userId\" = (SELECT \"eksporyukUserId\" FROM \"SejoliAffiliateMapping\" WHERE \"sejoliAffiliateCode\" = '{code}')"
        );
        sum_minor(&db, "Wallet", column, &of_code) / 100
    };
    assert_eq!((wallet("MITRA01", "balance"), wallet("MITRA02", "balance")), (0, 20_000));
    assert_eq!((wallet("MITRA01", "totalPayout"), wallet("MITRA02", "totalPayout")), (50_000, 10_000));
    let beyond = "\"type\" = 'ADJUSTMENT'";
    assert_eq!(count(&db, "WalletTransaction", beyond), 1);
    assert_eq!(sum_minor(&db, "WalletTransaction", "amount", beyond), 20_000 * 100);
    assert_sound(&db);
}

/// More entries than a transaction takes go, and the app pays out while they do.
#[test]
fn l21_no_ledger_is_written_for_a_wallet_that_cannot_follow() {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let file = exports.path().join("orders.csv");
    let mut orders = exports.sheet("orders.csv");
    orders.rows = vec![orders.rows.remove(0); 1_100];
    for row in 0..orders.len() {
        orders.set(row, "order_id", &(5_001 + row).to_string());
    }
    orders.write(&file);
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", exports.path(), &[], DONE);
    for row in 0..orders.len() {
        orders.set(row, "payment_status", "REFUNDED");
    }
    orders.write(&file);
    db.sql(
        "CREATE TRIGGER \"paid out\" AFTER UPDATE ON \"SejoliWebhookLog\" \
         BEGIN UPDATE \"Wallet\" SET \"balance\" = 0; END",
    );
    imported(&db, "all", exports.path(), &[], DONE);
    let settled = sum_minor(&db, "SejoliAffiliateTotals", "settledBalance", "1");
    assert_eq!(
        sum_minor(&db, "WalletTransaction", "amount", "1"),
        settled,
        "the ledger explains what was settled"
    );
    assert_eq!(count(&db, "Wallet", "\"balance\" < 0"), 0);
}

on_each_engine!(l20_a_conversion_is_dated_by_its_payment, l21_what_was_paid_out_is_not_withdrawable_again,);

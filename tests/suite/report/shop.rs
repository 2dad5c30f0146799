//! The shop whose report is added up: the messy sample with commissions of upper tiers, and what the app and a second export then do to it, so that no
//! step of the reconciliation is empty.

use crate::support::exit_code::ROWS_LEFT;
use crate::support::{AppDatabase, Exports, Sheet, fixture, imported, texts};

/// Imports the messy sample with commissions of upper tiers.
pub fn import(db: &AppDatabase) {
    imported(db, "all", messy().path(), &[], ROWS_LEFT);
}

/// Commissions of affiliates who are known, to be decided on, and never imported; of orders that are unpaid and missing; and
/// such as Sejoli has not added, paid, or made of nothing.
const UPPER_TIERS: &str = "\
id,order_id,affiliate_code,tier,amount,status,paid
1,10003,HESA002,2,55000.25,added,1
2,10004,GERA004,2,55000.5,added,0
3,10004,KELI007,3,11000,added,0
4,10009,GERE005,2,26000.75,added,0
5,10013,GAIB018,2,26000,added,0
6,10013,ATAS099,3,13000.1,added,1
7,10020,NOVU006,2,13000,pending,0
8,10001,NOVU006,2,900,added,0
9,999999,NOVU006,2,700,added,0
10,10021,NOVU006,2,0,added,0
11,10021,HESA002,3,26000,cancelled,1
12,10026,KELE001,4,7490,added,0
13,10026,MILE012,5,3745,added,0
14,10003,PARE019,3,27500,added,0
";

fn messy() -> Exports {
    let exports = Exports::new();
    for name in ["orders.csv", "affiliates.csv", "memberships.csv", "products.csv"] {
        std::fs::copy(fixture("messy").join(name), exports.path().join(name)).expect("a copy");
    }
    std::fs::write(exports.path().join("commissions.csv"), UPPER_TIERS).expect("a file");
    exports
}

/// Imports it again with an order that cannot be read any more, one that has an amount which nobody can read, and one that
/// is new; then changes rows as the app, its people or somebody with a database's client might.
pub fn disturb(db: &AppDatabase) {
    second_export(db);
    let (paid, pending) = ("\"status\" = 'SUCCESS'", "\"status\" = 'PENDING'");
    // Statuses and amounts of the app's own.
    db.sql(&format!(
        "UPDATE \"Transaction\" SET \"status\" = 'PENDING_CONFIRMATION' WHERE \"id\" = '{}'",
        order(db, pending, 0)
    ));
    db.sql(&format!(
        "UPDATE \"Transaction\" SET \"amount\" = 12000000.25 WHERE \"id\" = '{}'",
        order(db, paid, 0)
    ));
    let without_log = order(db, paid, 1);
    db.sql(&format!(
        "DELETE FROM \"SejoliWebhookLog\" WHERE \"orderId\" = (SELECT substr(\"externalId\", 8) FROM \"Transaction\" \
         WHERE \"id\" = '{without_log}')"
    ));
    // Commission that belongs to nobody, is lost, or is another amount than the order says.
    let nobodys = unconverted(db, "''", paid, 2);
    db.sql(&format!("UPDATE \"Transaction\" SET \"affiliateShare\" = 5000.5 WHERE \"id\" = '{nobodys}'"));
    for code in ["HESA002", "KELI007"] {
        let id = converted(db, code, 0);
        db.sql(&format!("DELETE FROM \"AffiliateConversion\" WHERE \"transactionId\" = '{id}'"));
    }
    db.sql(&format!(
        "UPDATE \"AffiliateConversion\" SET \"commissionAmount\" = \"commissionAmount\" + 1000.75 \
         WHERE \"transactionId\" = '{}'",
        converted(db, "WIRI003", 0)
    ));
    db.sql(&format!(
        "UPDATE \"Transaction\" SET \"status\" = 'REFUNDED' WHERE \"id\" = '{}'",
        converted(db, "KELE001", 0)
    ));
    db.sql("DELETE FROM \"WalletTransaction\" WHERE \"reference\" = 'sejoli-10026-tier-5-13'");
    // The app's people refuse an affiliate, and credit another one themselves.
    db.sql("UPDATE \"SejoliAffiliateMapping\" SET \"mappingStatus\" = 'REJECTED' WHERE \"sejoliAffiliateCode\" = 'KELI007'");
    let confirmed = unconverted(db, "'KELE001'", pending, 0);
    db.sql(&format!("UPDATE \"Transaction\" SET \"status\" = 'SUCCESS' WHERE \"id\" = '{confirmed}'"));
    credit(db, "app-1", &confirmed, "KELE001", "false");
    let without_share = unconverted(db, "'KELE001'", &format!("{paid} AND t.\"affiliateShare\" IS NULL"), 0);
    credit(db, "app-2", &without_share, "KELE001", "true");
    // Wallets: an entry of the app, amounts without one, requests for a payout, and one below zero.
    move_wallet(db, "GERA004", "- 36000.25");
    db.sql(&format!(
        "INSERT INTO \"WalletTransaction\" (\"id\", \"walletId\", \"amount\", \"type\", \"description\") \
         VALUES ('app-entry', '{}', -36000.25, 'PAYOUT', 'Pencairan')",
        wallet(db, "GERA004")
    ));
    move_wallet(db, "MILE012", "- 400000");
    move_wallet(db, "DULO024", "- 8000");
    for (number, code, amount, status) in [
        ("1", "HESA002", "57600.1", "PENDING"),
        ("2", "HESA002", "100000", "APPROVED"),
        ("3", "GERA004", "36000.25", "PAID"),
        ("4", "NOVU006", "999999", "PENDING"),
    ] {
        db.sql(&format!(
            "INSERT INTO \"Payout\" (\"id\", \"walletId\", \"amount\", \"status\") \
             VALUES ('payout-{number}', '{}', {amount}, '{status}')",
            wallet(db, code)
        ));
    }
    db.sql(
        "UPDATE \"UserMembership\" SET \"status\" = 'CANCELLED' WHERE \"id\" = \
         (SELECT \"id\" FROM (SELECT MIN(\"id\") AS \"id\" FROM \"UserMembership\" WHERE \"status\" = 'EXPIRED') AS \"first\")",
    );
}

fn second_export(db: &AppDatabase) {
    let exports = messy();
    let path = exports.path().join("orders.csv");
    let mut sheet = Sheet::read(&path);
    let known = sheet.find(|cell| cell("order_id") == "10001");
    sheet.set(known, "buyer_email", "not an address");
    let mut row = sheet.rows[known].clone();
    for (number, amount) in [("90001", "banyak"), ("90002", "123456")] {
        std::mem::swap(&mut row, &mut sheet.rows[known]);
        sheet.set(known, "order_id", number);
        sheet.set(known, "amount", amount);
        sheet.set(known, "buyer_email", &format!("pembeli{number}@example.org"));
        std::mem::swap(&mut row, &mut sheet.rows[known]);
        sheet.rows.push(row.clone());
    }
    sheet.write(&path);
    imported(db, "all", exports.path(), &[], ROWS_LEFT);
}

/// The id of the n-th imported order of which something holds and that no affiliate has sold.
fn order(db: &AppDatabase, holds: &str, at: usize) -> String {
    unconverted(db, "''", holds, at)
}

/// The id of the n-th imported order that names a code and has no conversion.
fn unconverted(db: &AppDatabase, code: &str, holds: &str, at: usize) -> String {
    let sql = format!(
        "SELECT t.\"id\" FROM \"Transaction\" t JOIN \"SejoliWebhookLog\" l ON 'sejoli-' || l.\"orderId\" = t.\"externalId\" \
         WHERE COALESCE(l.\"affiliateCode\", '') = {code} AND t.{holds} AND NOT EXISTS \
         (SELECT 1 FROM \"AffiliateConversion\" c WHERE c.\"transactionId\" = t.\"id\") ORDER BY t.\"id\""
    );
    texts(db, &sql).swap_remove(at)
}

/// The id of the n-th imported order that has brought a code a commission.
fn converted(db: &AppDatabase, code: &str, at: usize) -> String {
    let sql = format!(
        "SELECT t.\"id\" FROM \"Transaction\" t JOIN \"SejoliWebhookLog\" l ON 'sejoli-' || l.\"orderId\" = t.\"externalId\" \
         JOIN \"AffiliateConversion\" c ON c.\"transactionId\" = t.\"id\" WHERE l.\"affiliateCode\" = '{code}' \
         ORDER BY t.\"id\""
    );
    texts(db, &sql).swap_remove(at)
}

fn wallet(db: &AppDatabase, code: &str) -> String {
    let sql = format!(
        "SELECT w.\"id\" FROM \"Wallet\" w JOIN \"SejoliAffiliateMapping\" m ON m.\"eksporyukUserId\" = w.\"userId\" \
         WHERE m.\"sejoliAffiliateCode\" = '{code}'"
    );
    texts(db, &sql).swap_remove(0)
}

fn move_wallet(db: &AppDatabase, code: &str, by: &str) {
    db.sql(&format!(
        "UPDATE \"Wallet\" SET \"balance\" = \"balance\" {by} WHERE \"id\" = '{}'",
        wallet(db, code)
    ));
}

/// Credits an order to a code as the app does, with a conversion of its own.
fn credit(db: &AppDatabase, id: &str, order: &str, code: &str, paid_out: &str) {
    db.sql(&format!(
        "INSERT INTO \"AffiliateConversion\" \
         (\"id\", \"affiliateId\", \"transactionId\", \"commissionAmount\", \"commissionRate\", \"paidOut\", \"createdAt\") \
         SELECT '{id}', p.\"id\", t.\"id\", 36000.25, 30, {paid_out}, t.\"createdAt\" FROM \"AffiliateProfile\" p \
         JOIN \"SejoliAffiliateMapping\" m ON m.\"eksporyukUserId\" = p.\"userId\" \
         JOIN \"Transaction\" t ON t.\"id\" = '{order}' WHERE m.\"sejoliAffiliateCode\" = '{code}'"
    ));
}

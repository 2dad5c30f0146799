//! What the database holds after an import is what the exports hold, to the sen and on every engine.

use std::fs;

use serde_json::Value;

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{
    AppDatabase, Compared, Engine, Sheet, assert_balanced, assert_same, assert_sound, count, dump, fixture,
    imported, on_each_engine, rows, sum_minor,
};

fn a_clean_shop_arrives_with_exactly_its_own_figures(engine: Engine) {
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", &fixture("clean"), &[], DONE);
    let figures = fs::read_to_string(fixture("clean").join("figures.json")).expect("the figures");
    let figures: Value = serde_json::from_str(&figures).expect("the figures are JSON");
    let figure = |name: &str| figures[name].as_i64().unwrap_or_else(|| panic!("no figure {name}"));
    let status = |status: &str| count(&db, "Transaction", &format!("\"status\" = '{status}'"));
    let found = [
        ("orders", count(&db, "Transaction", "1")),
        ("orders", count(&db, "SejoliWebhookLog", "\"processed\" = 1")),
        ("paid", status("SUCCESS")),
        ("pending", status("PENDING")),
        ("expired", status("FAILED")),
        ("refunded", status("REFUNDED")),
        ("revenue_minor", sum_minor(&db, "Transaction", "amount", "\"status\" = 'SUCCESS'")),
        ("conversions", count(&db, "AffiliateConversion", "1")),
        ("paid_order_commission_minor", sum_minor(&db, "AffiliateConversion", "commissionAmount", "1")),
        ("affiliate_total_commissions_minor", sum_minor(&db, "AffiliateProfile", "totalEarnings", "1")),
        ("affiliate_total_commissions_minor", sum_minor(&db, "Wallet", "totalEarnings", "1")),
        ("total_paid_minor", sum_minor(&db, "Wallet", "totalPayout", "1")),
        ("total_paid_minor", -sum_minor(&db, "WalletTransaction", "amount", "\"type\" = 'PAYOUT'")),
        ("buyers", db.number("SELECT COUNT(DISTINCT \"userId\") FROM \"Transaction\"")),
        ("affiliates", count(&db, "SejoliAffiliateMapping", "\"mappingStatus\" = 'VERIFIED'")),
        ("affiliates", count(&db, "AffiliateProfile", "1")),
        ("users", count(&db, "User", "1")),
        ("memberships", count(&db, "SejoliSourceRecord", "\"kind\" = 'membership'")),
        ("membership_groups", count(&db, "UserMembership", "1")),
    ];
    for (name, found) in found {
        assert_eq!(found, figure(name), "{name}");
    }
    let balance = figure("paid_order_commission_minor") - figure("total_paid_minor");
    assert_eq!(sum_minor(&db, "Wallet", "balance", "1"), balance);
    let odd = "ROUND(\"balance\" * 100) <> ROUND(\"totalEarnings\" * 100) - ROUND(\"totalPayout\" * 100)";
    assert_eq!(count(&db, "Wallet", odd), 0, "balance = earned - paid, in every wallet");
    assert_sound(&db);
    assert_balanced(&document);
    assert_eq!(document["total"]["held"]["rows"], 0);
    assert_eq!(document["total"]["rejected"]["rows"], 0);
}

fn l2_the_books_of_every_phase_balance_to_the_sen(engine: Engine) {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let db = AppDatabase::new(engine);
        let document = imported(&db, "all", &fixture(name), &[], code);
        assert_balanced(&document);
        for (phase, file) in
            [("affiliates", "affiliates.csv"), ("orders", "orders.csv"), ("memberships", "memberships.csv")]
        {
            let sheet = Sheet::read(&fixture(name).join(file));
            assert_eq!(rows(&document, phase, "read"), sheet.rows.len() as u64, "{name} {phase}");
        }
        let left = rows_left(&document);
        assert_eq!(count(&db, "SejoliImportReject", "1"), left, "{name}");
    }
}

fn rows_left(document: &Value) -> i64 {
    let total = &document["total"];
    total["held"]["rows"].as_i64().expect("held") + total["rejected"]["rows"].as_i64().expect("rejected")
}

/// Cell by cell, in the form that SQLite has.
#[test]
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn every_engine_holds_the_same_rows() {
    let engines = [
        #[cfg(feature = "postgres")]
        Engine::Postgres,
        #[cfg(feature = "mysql")]
        Engine::Mysql,
    ];
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let embedded = AppDatabase::new(Engine::Sqlite);
        imported(&embedded, "all", &fixture(name), &[], code);
        for engine in engines {
            let server = AppDatabase::new(engine);
            imported(&server, "all", &fixture(name), &[], code);
            let (left, right) = (dump(&embedded, Compared::Content), dump(&server, Compared::Content));
            assert!(left["Transaction"].len() > 100);
            assert_same(&left, &right, &format!("{name} on {engine:?}"));
        }
    }
}

on_each_engine!(
    a_clean_shop_arrives_with_exactly_its_own_figures,
    l2_the_books_of_every_phase_balance_to_the_sen,
);

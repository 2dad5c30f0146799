//! The comparisons of tables and statements: both sides, and whether they agree in counts and in amounts.

use super::super::database::{numbers, of_orders, tally};
use super::super::figures::Figures;
use crate::support::AppDatabase;

pub(super) fn enter_all(db: &AppDatabase, figures: &mut Figures) {
    let orders = |condition: &str, amount: &str| -> [i64; 2] {
        of_orders(db, &format!("SELECT {} FROM o", tally(condition, amount)))
    };
    let totals = |column: &str| -> [i64; 2] {
        numbers(
            db,
            &format!(
                "SELECT 0, SUM(CAST(ROUND(\"{column}\" * 100) AS INTEGER)) FROM \"SejoliAffiliateTotals\""
            ),
        )
    };
    let all = orders("1", "amount");
    let (paid, conversions) = (orders("is_paid", "amount"), orders("conversion IS NOT NULL", "commission"));
    let owed = totals("settledBalance");
    // A code that its people have refused is owed, and nobody's.
    let of_people: [i64; 2] = numbers(
        db,
        "SELECT 0, SUM(CAST(ROUND(a.\"settledBalance\" * 100) AS INTEGER)) FROM \"SejoliAffiliateTotals\" a \
         JOIN \"SejoliAffiliateMapping\" m ON m.\"sejoliAffiliateCode\" = a.\"affiliateCode\" \
         WHERE m.\"mappingStatus\" = 'VERIFIED' AND m.\"eksporyukUserId\" IS NOT NULL",
    );
    let ledger: [i64; 2] = numbers(
        db,
        "SELECT 0, SUM(CAST(ROUND(\"amount\" * 100) AS INTEGER)) FROM \"WalletTransaction\" \
         WHERE \"reference\" LIKE 'sejoli-%'",
    );
    for (key, found, expected) in [
        ("months_are_all", all, all),
        ("paid_months_are_paid", paid, paid),
        ("earned_months_are_conversions", conversions, conversions),
        ("products_are_all", all, all),
        ("codes_are_all", all, all),
        ("codes_are_conversions", conversions, conversions),
        ("codes_are_earned", totals("settledEarnings"), totals("settledEarnings")),
        ("people_are_owed", of_people, owed),
        ("ledgers_are_owed", ledger, owed),
    ] {
        let place = format!("reconciliation.checks[{key}]");
        figures.insert(format!("{place}.found"), found[1]);
        figures.insert(format!("{place}.expected"), expected[1]);
        figures.insert(format!("{place}.holds"), i64::from(found == expected));
    }
}

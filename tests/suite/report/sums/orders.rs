//! Imported orders: all of them, by status, month and product.

use std::collections::BTreeMap;

use super::super::database::{enter, named, of_orders, orders, tally};
use super::super::figures::Figures;
use crate::support::AppDatabase;

/// The columns that [`sums`] answers.
pub(super) const COLUMNS: [&str; 15] = [
    "all.count",
    "all.amount",
    "paid.count",
    "paid.amount",
    "pending.count",
    "pending.amount",
    "expired.count",
    "expired.amount",
    "refunded.count",
    "refunded.amount",
    "other.count",
    "other.amount",
    "free",
    "recorded.count",
    "recorded.amount",
];

/// Orders by their status.
pub(super) fn sums() -> String {
    let status = |words: &str| tally(&format!("\"status\" {words}"), "amount");
    [
        tally("1", "amount"),
        status("= 'SUCCESS'"),
        status("= 'PENDING'"),
        status("= 'FAILED'"),
        status("= 'REFUNDED'"),
        status("NOT IN ('SUCCESS', 'PENDING', 'FAILED', 'REFUNDED')"),
        "COALESCE(SUM(is_paid AND amount = 0), 0)".to_owned(),
        tally("is_paid AND share <> 0", "share"),
    ]
    .join(", ")
}

pub(super) fn enter_all(db: &AppDatabase, figures: &mut Figures) {
    let totals: [i64; 15] = of_orders(db, &format!("SELECT {} FROM o", sums()));
    enter(figures, "reconciliation.orders", &COLUMNS, &totals);
    for (status, sums) in orders(db, "SELECT \"status\", COUNT(*), SUM(amount) FROM o GROUP BY \"status\"") {
        figures.insert(format!("orders[{status}][1]"), sums[0]);
        figures.insert(format!("orders[{status}][2]"), sums[1]);
    }
    for (product, sums) in orders(db, &format!("SELECT product, {} FROM o GROUP BY product", sums())) {
        enter(figures, &format!("reconciliation.products[{product}]"), &COLUMNS, &sums);
    }
    months(db, figures);
}

/// The months of Jakarta, seven hours ahead, each between the first and the last in which anything happened.
fn months(db: &AppDatabase, figures: &mut Figures) {
    let by_month = |time: &str, sums: &str, condition: &str| -> BTreeMap<String, Vec<i64>> {
        let month = format!("strftime('%Y-%m', ({time} + 25200000) / 1000, 'unixepoch')");
        orders(db, &format!("SELECT {month} AS month, {sums} FROM o WHERE {condition} GROUP BY month"))
            .into_iter()
            .collect()
    };
    let placed = by_month("placed", &sums(), "1");
    let paid = by_month("paid", "COUNT(*), SUM(amount)", "is_paid");
    let earned = by_month("earned", "COUNT(*), SUM(commission)", "conversion IS NOT NULL");
    let all = || placed.keys().chain(paid.keys()).chain(earned.keys());
    let (first, last) = (all().min().expect("a month"), all().max().expect("a month"));
    let months = named(
        db,
        &format!(
            "WITH RECURSIVE m(month) AS (SELECT '{first}' UNION ALL \
             SELECT strftime('%Y-%m', month || '-01', '+1 month') FROM m WHERE month < '{last}') SELECT month FROM m"
        ),
    );
    for (month, _) in months {
        let place = format!("reconciliation.months[{month}]");
        let of = |sums: &BTreeMap<String, Vec<i64>>, width: usize| {
            sums.get(&month).cloned().unwrap_or_else(|| vec![0; width])
        };
        enter(figures, &place, &COLUMNS, &of(&placed, 15));
        enter(figures, &place, &["paid_in.count", "paid_in.amount"], &of(&paid, 2));
        enter(figures, &place, &["earned_in.count", "earned_in.amount"], &of(&earned, 2));
    }
}

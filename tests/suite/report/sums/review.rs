//! What a person looks over: orders outside of the app, high amounts, and commissions that are not rate times amount.

use super::super::database::{enter, named, numbers, of_orders, orders, tally};
use super::super::figures::Figures;
use crate::support::AppDatabase;

/// From Rp 10,000,000 on an order is looked over.
const HIGH: i64 = 1_000_000_000;

/// Orders that a run has left out. Each of the shop's runs reads the same file, so those of the newest one wait.
pub(super) struct Waiting {
    pub(super) rejected: [i64; 2],
    pub(super) held: [i64; 2],
    pub(super) unreadable: i64,
    pub(super) changes: [i64; 2],
    by_code: Vec<(String, Vec<i64>)>,
}

impl Waiting {
    pub(super) fn of(db: &AppDatabase, run: &str) -> Self {
        let rows = format!(
            "(SELECT \"code\", \"disposition\", CAST(ROUND(\"amount\" * 100) AS INTEGER) AS amount, \
             EXISTS (SELECT 1 FROM \"SejoliWebhookLog\" l WHERE l.\"orderId\" = r.\"sourceKey\") AS is_there \
             FROM \"SejoliImportReject\" r WHERE r.\"runId\" = '{run}' AND r.\"kind\" = 'orders')"
        );
        let sum = |condition: &str| -> [i64; 2] {
            numbers(db, &format!("SELECT {} FROM {rows}", tally(condition, "COALESCE(amount, 0)")))
        };
        let by_code = format!(
            "SELECT \"code\", COUNT(*), COALESCE(SUM(amount), 0), SUM(amount IS NULL) FROM {rows} \
             WHERE NOT is_there GROUP BY \"code\""
        );
        Self {
            rejected: sum("NOT is_there AND \"disposition\" = 'REJECTED' AND amount IS NOT NULL"),
            held: sum("NOT is_there AND \"disposition\" = 'HELD' AND amount IS NOT NULL"),
            unreadable: sum("NOT is_there AND amount IS NULL")[0],
            changes: sum("is_there"),
            by_code: named(db, &by_code),
        }
    }

    /// All of them, with the amounts that can be read.
    pub(super) fn all(&self) -> [i64; 2] {
        [self.rejected[0] + self.held[0] + self.unreadable, self.rejected[1] + self.held[1]]
    }
}

pub(super) fn enter_all(db: &AppDatabase, run: &str, figures: &mut Figures) {
    let waiting = Waiting::of(db, run);
    let place = "reconciliation.waiting";
    let tally_columns = ["count", "amount"];
    enter(figures, &format!("{place}.rejected"), &tally_columns, &waiting.rejected);
    enter(figures, &format!("{place}.held"), &tally_columns, &waiting.held);
    enter(figures, &format!("{place}.changes"), &tally_columns, &waiting.changes);
    figures.insert(format!("{place}.unreadable"), waiting.unreadable);
    for (code, sums) in &waiting.by_code {
        let columns = ["rows.count", "rows.amount", "unreadable"];
        enter(figures, &format!("{place}.by_code[{code}]"), &columns, sums);
    }
    high(db, figures);
    mismatches(db, figures);
}

fn high(db: &AppDatabase, figures: &mut Figures) {
    let place = "reconciliation.review";
    figures.insert(format!("{place}.high_from"), HIGH);
    let total: [i64; 2] =
        of_orders(db, &format!("SELECT {} FROM o", tally(&format!("amount >= {HIGH}"), "amount")));
    enter(figures, &format!("{place}.high_total"), &["count", "amount"], &total);
    for (order, row) in orders(db, &format!("SELECT number, amount FROM o WHERE amount >= {HIGH}")) {
        enter(figures, &format!("{place}.high[{order}]"), &["amount"], &row);
    }
}

/// The recorded commissions of paid orders that are more than a rupiah away from the rate of the price and of what was
/// charged.
fn mismatches(db: &AppDatabase, figures: &mut Figures) {
    let due = |of: &str| format!("((rate * {of} + 5000) / 10000)");
    let select = format!(
        "SELECT number, amount, rate, share, {}, share - {} FROM o WHERE is_paid AND share <> 0 AND rate IS NOT NULL \
         AND abs({} - share) > 100 AND abs({} - share) > 100",
        due("price"),
        due("price"),
        due("price"),
        due("amount")
    );
    let mut total = [0, 0];
    for (order, row) in orders(db, &select) {
        let columns = ["amount", "rate", "recorded", "due", "difference"];
        enter(figures, &format!("reconciliation.review.mismatches[{order}]"), &columns, &row);
        total = [total[0] + 1, total[1] + row[4]];
    }
    enter(figures, "reconciliation.review.mismatch_total", &["count", "amount"], &total);
}

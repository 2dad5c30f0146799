//! What a person should look at although it adds up: high amounts, and commissions that are not rate times amount.

use serde::Serialize;

use crate::domain::commission::fits;
use crate::domain::date::Millis;
use crate::domain::money::{Money, Rate};
use crate::reconciliation::breakdown::{is_paid, recorded};
use crate::reconciliation::tally::Tally;
use crate::store::queries::reconciliation::OrderFacts;

/// From this amount on an order is worth a look.
pub(crate) const HIGH_AMOUNT: Money = Money::rupiah(10_000_000);

/// How many orders are listed.
const LISTED: usize = 500;

/// An order of a high amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HighAmount {
    /// Sejoli's number.
    pub(crate) order: String,
    /// When it was placed.
    pub(crate) placed_at: Millis,
    /// The status in the app.
    pub(crate) status: String,
    /// The product's name.
    pub(crate) product: String,
    /// The buyer's address.
    pub(crate) buyer: String,
    /// What it has charged.
    pub(crate) amount: Money,
}

/// A recorded commission that is not rate times amount. The recorded one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mismatch {
    /// Sejoli's number.
    pub(crate) order: String,
    /// The affiliate's code.
    pub(crate) code: String,
    /// What the order has charged.
    pub(crate) amount: Money,
    /// The rate, in percent.
    pub(crate) rate: Rate,
    /// The recorded commission.
    pub(crate) recorded: Money,
    /// Rate times amount.
    pub(crate) due: Money,
    /// What is recorded beyond that; negative where it is less.
    pub(crate) difference: Money,
}

/// What to look at. The lists hold the greatest; the tallies count all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Review {
    /// From this amount on an order is listed.
    pub(crate) high_from: Money,
    /// All orders of a high amount.
    pub(crate) high_total: Tally,
    /// The highest of them.
    pub(crate) high: Vec<HighAmount>,
    /// All commissions that do not fit: how many, and what is recorded beyond rate times amount.
    pub(crate) mismatch_total: Tally,
    /// Those that differ most.
    pub(crate) mismatches: Vec<Mismatch>,
}

impl Review {
    pub(super) fn new() -> Self {
        Self { high_from: HIGH_AMOUNT, ..Self::default() }
    }

    /// Looks at an order, once.
    pub(super) fn add(&mut self, order: &OrderFacts) {
        let number = || order.external_id.strip_prefix("sejoli-").unwrap_or(&order.external_id).to_owned();
        if order.amount >= self.high_from {
            self.high_total.add_one(order.amount);
            self.high.push(HighAmount {
                order: number(),
                placed_at: order.placed_at,
                status: order.status.as_str().to_owned(),
                product: order.log.as_ref().map(|log| log.product_name.clone()).unwrap_or_default(),
                buyer: order.buyer.clone().unwrap_or_default(),
                amount: order.amount,
            });
            if self.high.len() >= 2 * LISTED {
                self.cut();
            }
        }
        if let Some(mismatch) = mismatch(order, number) {
            self.mismatch_total.add_one(mismatch.difference);
            self.mismatches.push(mismatch);
            if self.mismatches.len() >= 2 * LISTED {
                self.cut();
            }
        }
    }

    /// Leaves the greatest, in order.
    pub(super) fn cut(&mut self) {
        self.high.sort_by(|a, b| (b.amount, &a.order).cmp(&(a.amount, &b.order)));
        self.high.truncate(LISTED);
        let size = |mismatch: &Mismatch| mismatch.difference.abs_diff(Money::ZERO);
        self.mismatches.sort_by(|a, b| (size(b), &a.order).cmp(&(size(a), &b.order)));
        self.mismatches.truncate(LISTED);
    }
}

fn mismatch(order: &OrderFacts, number: impl Fn() -> String) -> Option<Mismatch> {
    let recorded = recorded(order).filter(|_| is_paid(order))?;
    let log = order.log.as_ref()?;
    // The log keeps a rate as a float, which the checklist prescribes; it is one of hundredths of a percent.
    let hundredths = (log.rate? * 100.0).round();
    if !(0.0..=1e9).contains(&hundredths) {
        return None;
    }
    let rate = Rate::from_hundredths(hundredths as i64);
    let base = order.original_amount.unwrap_or(order.amount);
    if fits(rate, base, recorded) || fits(rate, order.amount, recorded) {
        return None;
    }
    let due = rate.of(base)?;
    Some(Mismatch {
        order: number(),
        code: log.code.clone().unwrap_or_default(),
        amount: order.amount,
        rate,
        recorded,
        due,
        difference: recorded.checked_sub(due)?,
    })
}

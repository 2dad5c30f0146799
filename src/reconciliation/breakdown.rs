//! Imported orders by one of their properties: each order stands in exactly one row of each table.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::date::{Millis, SourceZone};
use crate::domain::money::Money;
use crate::reconciliation::tally::Tally;
use crate::store::queries::reconciliation::OrderFacts;
use crate::store::schema::tables::TransactionStatus;

/// Orders by their status. `all` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OrderSums {
    /// All statuses.
    pub(crate) all: Tally,
    /// Paid: the revenue (L11).
    pub(crate) paid: Tally,
    /// Not paid yet.
    pub(crate) pending: Tally,
    /// Cancelled, or never paid.
    pub(crate) expired: Tally,
    /// Paid and given back.
    pub(crate) refunded: Tally,
    /// A status that the app has given since.
    pub(crate) other: Tally,
    /// Paid orders that have cost nothing; they stand in `paid`, too.
    pub(crate) free: i64,
    /// The commission that paid orders have recorded.
    pub(crate) recorded: Tally,
}

impl OrderSums {
    /// Adds an order.
    pub(super) fn add(&mut self, order: &OrderFacts) {
        self.all.add_one(order.amount);
        let column = match order.status {
            TransactionStatus::Success => &mut self.paid,
            TransactionStatus::Pending => &mut self.pending,
            TransactionStatus::Failed => &mut self.expired,
            TransactionStatus::Refunded => &mut self.refunded,
            TransactionStatus::PendingConfirmation => &mut self.other,
        };
        column.add_one(order.amount);
        if is_paid(order) {
            self.free += i64::from(order.amount.is_zero());
            if let Some(share) = recorded(order) {
                self.recorded.add_one(share);
            }
        }
    }

    /// Whether the statuses come to all of them.
    pub(crate) fn adds_up(&self) -> bool {
        self.paid + self.pending + self.expired + self.refunded + self.other == self.all
    }

    /// The sums of both.
    pub(crate) fn joined(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            paid: self.paid + other.paid,
            pending: self.pending + other.pending,
            expired: self.expired + other.expired,
            refunded: self.refunded + other.refunded,
            other: self.other + other.other,
            free: self.free + other.free,
            recorded: self.recorded + other.recorded,
        }
    }
}

/// Whether an order counts as revenue.
pub(super) fn is_paid(order: &OrderFacts) -> bool {
    order.status == TransactionStatus::Success
}

/// The commission that an order has recorded; none for none, and for Rp 0.
pub(super) fn recorded(order: &OrderFacts) -> Option<Money> {
    order.share.filter(|share| !share.is_zero())
}

/// What happened in one month of the source's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MonthRow {
    /// The month, such as `2024-03`.
    pub(crate) month: String,
    /// The orders that were placed in it.
    #[serde(flatten)]
    pub(crate) sums: OrderSums,
    /// The orders, whenever they were placed, that were paid in it.
    pub(crate) paid_in: Tally,
    /// The conversions that were earned in it.
    pub(crate) earned_in: Tally,
}

impl MonthRow {
    fn empty(month: String) -> Self {
        Self { month, sums: OrderSums::default(), paid_in: Tally::default(), earned_in: Tally::default() }
    }
}

/// Months of the longest history that is shown without gaps.
const LONGEST_HISTORY: i64 = 240;

/// The orders of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ProductRow {
    /// Sejoli's number; empty where the order's log is gone.
    pub(crate) product: String,
    /// The name that the last of its orders has; of several at one moment, the last one by the alphabet.
    pub(crate) name: String,
    /// Its orders.
    #[serde(flatten)]
    pub(crate) sums: OrderSums,
}

/// The tables while orders are added.
#[derive(Debug, Default)]
pub(super) struct Breakdowns {
    pub(super) total: OrderSums,
    months: BTreeMap<String, MonthRow>,
    products: BTreeMap<String, (Millis, ProductRow)>,
}

impl Breakdowns {
    /// Adds an order.
    pub(super) fn add(&mut self, order: &OrderFacts, zone: SourceZone) {
        self.total.add(order);
        self.month(order.placed_at, zone).sums.add(order);
        if is_paid(order) {
            let paid_at = order.paid_at.unwrap_or(order.placed_at);
            self.month(paid_at, zone).paid_in.add_one(order.amount);
        }
        let (product, name) =
            order.log.as_ref().map_or(("", ""), |log| (log.product_id.as_str(), log.product_name.as_str()));
        if !self.products.contains_key(product) {
            let row = ProductRow { product: product.into(), name: name.into(), sums: OrderSums::default() };
            self.products.insert(product.to_owned(), (order.placed_at, row));
        }
        if let Some((named_at, row)) = self.products.get_mut(product) {
            row.sums.add(order);
            if (order.placed_at, name) > (*named_at, row.name.as_str()) {
                (*named_at, row.name) = (order.placed_at, name.to_owned());
            }
        }
    }

    /// Adds a conversion of an imported order.
    pub(super) fn add_conversion(&mut self, earned_at: Millis, commission: Money, zone: SourceZone) {
        self.month(earned_at, zone).earned_in.add_one(commission);
    }

    fn month(&mut self, at: Millis, zone: SourceZone) -> &mut MonthRow {
        let month = zone.month_of(at);
        self.months.entry(month.clone()).or_insert_with(|| MonthRow::empty(month))
    }

    /// A month in which nothing happened has a row, too; unless a mistyped year has brought centuries of them.
    fn fill_gaps(&mut self) {
        let number = |month: &String| {
            let (year, month) = month.split_once('-')?;
            Some(year.parse::<i64>().ok()? * 12 + month.parse::<i64>().ok()? - 1)
        };
        let numbers: Vec<i64> = self.months.keys().filter_map(number).collect();
        let Some((first, last)) = numbers.iter().min().copied().zip(numbers.iter().max().copied()) else {
            return;
        };
        if last - first > LONGEST_HISTORY {
            return;
        }
        for number in first..last {
            let month = format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1);
            self.months.entry(month.clone()).or_insert_with(|| MonthRow::empty(month));
        }
    }

    /// The rows: months in their order and without gaps, products by their revenue.
    pub(super) fn into_rows(mut self) -> (Vec<MonthRow>, Vec<ProductRow>) {
        self.fill_gaps();
        let mut products: Vec<ProductRow> = self.products.into_values().map(|(_, row)| row).collect();
        products.sort_by(|a, b| (b.sums.paid.amount, &a.product).cmp(&(a.sums.paid.amount, &b.product)));
        (self.months.into_values().collect(), products)
    }
}

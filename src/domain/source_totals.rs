//! Control totals of a shop: the figures that an operator can read off Sejoli's own dashboard.

use crate::domain::money::Money;

/// Totals over all orders and affiliates, to be compared with `--expect-orders` and its like (lesson L3,
/// `docs/lessons.md`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourceTotals {
    /// The number of orders, whatever their status.
    pub orders: u64,
    /// The sum that paid orders have charged; no other status is revenue (lesson L11).
    pub revenue: Money,
    /// The number of affiliates.
    pub affiliates: u64,
    /// The commission that was recorded on paid orders.
    pub commission: Money,
}

/// The totals that an operator expects; none where nothing is expected of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExpectedTotals {
    /// The number of orders.
    pub orders: Option<u64>,
    /// The revenue.
    pub revenue: Option<Money>,
    /// The number of affiliates.
    pub affiliates: Option<u64>,
    /// The commission of paid orders.
    pub commission: Option<Money>,
}

impl ExpectedTotals {
    /// What is expected and was not found, each in a few words.
    pub(crate) fn differences(&self, found: &SourceTotals) -> Vec<String> {
        let count = |name: &str, expected: Option<u64>, found: u64| {
            let expected = expected.filter(|expected| *expected != found)?;
            Some(format!("{name}: {expected} expected, {found} in the files"))
        };
        let sum = |name: &str, expected: Option<Money>, found: Money| {
            let expected = expected.filter(|expected| *expected != found)?;
            Some(format!("{name}: {expected} expected, {found} in the files"))
        };
        let all = [
            count("orders", self.orders, found.orders),
            sum("revenue", self.revenue, found.revenue),
            count("affiliates", self.affiliates, found.affiliates),
            sum("commission", self.commission, found.commission),
        ];
        all.into_iter().flatten().collect()
    }
}

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

//! What a shop comes to: the figures that an operator knows from Sejoli's own pages.

use crate::domain::money::Money;

/// The figures of all orders and affiliates together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceTotals {
    /// Orders of every status.
    pub orders: u64,
    /// What paid orders charged; nothing else is revenue (L11).
    pub revenue: Money,
    /// Affiliates.
    pub affiliates: u64,
    /// The commission of paid orders.
    pub commission: Money,
}

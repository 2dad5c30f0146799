//! What the first pass counts: rows by kind, orders by status, products.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::domain::finding::{Finding, Severity};
use crate::domain::money::Money;
use crate::source::row_location::RowLocation;

/// Findings that came from the whole of the files, by place.
pub(crate) type CrossRowFindings = HashMap<RowLocation, Vec<Finding>>;

/// What the files of one kind are counted to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct KindCount {
    /// Rows read.
    pub rows: u64,
    /// Rows that wait for a decision.
    pub held: u64,
    /// Rows that wait for a correction.
    pub rejected: u64,
    /// Findings by code.
    pub findings: BTreeMap<&'static str, u64>,
}

impl KindCount {
    pub(super) fn add(&mut self, findings: &[Finding]) {
        for finding in findings {
            *self.findings.entry(finding.code.info().code).or_default() += 1;
        }
    }

    pub(super) fn close(&mut self, severity: Severity) {
        match severity {
            Severity::Held => self.held += 1,
            Severity::Rejected => self.rejected += 1,
            _ => {}
        }
    }
}

/// The sums of the orders in the files: each number once, whatever becomes of its row (L3, L11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OrderTotals {
    /// Different order numbers.
    pub orders: u64,
    /// By status: orders and what they charged.
    pub by_status: BTreeMap<&'static str, (u64, Money)>,
    /// What PAID orders charged.
    pub revenue: Money,
    /// The commission recorded on PAID orders.
    pub commission: Money,
}

/// What was seen of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProductSeen {
    /// Its title, as it stood on the last order.
    pub name: String,
    /// Whether its number is known, or only its title.
    pub has_id: bool,
    /// Orders of it.
    pub orders: u64,
    /// Rows of memberships of it.
    pub memberships: u64,
    /// What PAID orders of it charged.
    pub revenue: Money,
}

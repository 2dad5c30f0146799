//! What the first pass counts: rows by kind, orders by status, products.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::domain::finding::{Finding, Severity};
use crate::domain::money::Money;
use crate::source::row_location::RowLocation;

/// Findings that no row shows on its own, by location.
pub(crate) type CrossRowFindings = HashMap<RowLocation, Vec<Finding>>;

/// Row and finding counts of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct KindCount {
    /// Number of rows read.
    pub rows: u64,
    /// Number of rows that are held for a decision.
    pub held: u64,
    /// Number of rows that are rejected for correction.
    pub rejected: u64,
    /// Number of findings by code.
    pub findings: BTreeMap<&'static str, u64>,
}

impl KindCount {
    pub(super) fn add(&mut self, findings: &[Finding]) {
        for finding in findings.iter().filter(|finding| !finding.is_said_of_file()) {
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

    /// Takes back a row that was closed as held or rejected.
    pub(super) fn reopen(&mut self, severity: Severity) {
        match severity {
            Severity::Held => self.held -= 1,
            Severity::Rejected => self.rejected -= 1,
            _ => {}
        }
    }
}

/// The totals of the orders in the files. Each order number counts once, whatever the outcome of its row (L3, L11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OrderTotals {
    /// Number of distinct order numbers.
    pub orders: u64,
    /// Number of orders and the sum charged, by status.
    pub by_status: BTreeMap<&'static str, (u64, Money)>,
    /// The sum that PAID orders charged.
    pub revenue: Money,
    /// The sum of the commissions recorded on PAID orders.
    pub commission: Money,
}

/// A product as orders and memberships name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProductSeen {
    /// Its title on the last order.
    pub name: String,
    /// Whether its key is a product number; otherwise it is a title.
    pub has_id: bool,
    /// Number of its orders.
    pub orders: u64,
    /// Number of its membership rows.
    pub memberships: u64,
    /// The sum that its PAID orders charged.
    pub revenue: Money,
}

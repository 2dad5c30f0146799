//! What paid orders have charged that are not imported, so that a validation can say what becomes of the shop's revenue.

use std::collections::HashSet;

use serde::Serialize;

use crate::domain::finding::Severity;
use crate::domain::money::Money;
use crate::pipeline::read::options::ParseOptions;
use crate::pipeline::read::row_parsers::parse_order_row;
use crate::pipeline::read::scan::scan;
use crate::source::Export;
use crate::source::row_location::RowLocation;

/// The sums that PAID orders have charged and that wait; each order number counts once, as in the totals of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RevenueLeftOut {
    /// Of orders that are held.
    pub held: Money,
    /// Of orders that are rejected, as far as they can be read.
    pub rejected: Money,
}

impl RevenueLeftOut {
    /// Reads the orders once more. `severity` says of a row that is not imported why not.
    ///
    /// # Errors
    /// A file that cannot be read to its end.
    pub(crate) fn read(
        exports: &[&Export],
        parse_options: &ParseOptions,
        pool: &rayon::ThreadPool,
        severity: impl Fn(&RowLocation) -> Option<Severity>,
    ) -> anyhow::Result<Self> {
        let mut left_out = Self::default();
        let mut counted: HashSet<String> = HashSet::new();
        scan(
            exports,
            pool,
            |at, export, row| parse_order_row(parse_options, at, export, row, false),
            |row| {
                let Some((severity, order)) = severity(&row.location).zip(row.record) else { return Ok(()) };
                if order.is_paid() && (row.key.is_empty() || counted.insert(row.key)) {
                    left_out.add(severity, order.charged());
                }
                Ok(())
            },
        )?;
        Ok(left_out)
    }

    fn add(&mut self, severity: Severity, charged: Money) {
        let sum = if severity == Severity::Rejected { &mut self.rejected } else { &mut self.held };
        *sum = *sum + charged;
    }
}

//! The list of orders with a high amount: somebody should look them over before they are imported, since one
//! mistyped amount distorts every total.

use crate::domain::redaction::redact_cell;
use std::path::PathBuf;

use serde::Serialize;

use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::pipeline::files::outputs::{OutputFile, RunFolder};

/// An order in the list, personal data masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OrderSummary {
    /// Sejoli's number.
    pub order_id: String,
    /// When it was placed.
    pub placed_at: Millis,
    /// The product's title.
    pub product: String,
    /// The buyer's address, masked unless asked for.
    pub buyer: String,
    /// The amount charged.
    pub amount: Money,
    /// The order's status.
    pub status: &'static str,
    /// The affiliate's code.
    pub affiliate: String,
    /// The recorded commission.
    pub commission: Option<Money>,
}

impl OrderSummary {
    fn of(order: &Order, show_pii: bool) -> Self {
        let shown = |email: &Email| redact_cell("buyer_email", email.as_str(), show_pii);
        Self {
            order_id: order.id.clone(),
            placed_at: order.placed_at,
            product: order.product_name.clone(),
            buyer: order.email.as_ref().map(shown).unwrap_or_default(),
            amount: order.charged(),
            status: order.status.as_str(),
            affiliate: order.affiliate_code.clone().unwrap_or_default(),
            commission: order.commission,
        }
    }
}

/// Orders of a high amount that are kept in memory; the file has all of them.
const KEPT: usize = 1_000;

/// The orders of a high amount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HighValueOrders {
    /// From this amount on an order is worth a look.
    pub from: Money,
    /// The number of orders.
    pub count: u64,
    /// The first of them.
    pub first: Vec<OrderSummary>,
}

/// The list of them while it is written, for a person's eyes.
#[allow(missing_debug_implementations)]
pub(crate) struct HighValueList {
    list: HighValueOrders,
    file: OutputFile,
}

impl HighValueList {
    /// Begins the list.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub(crate) fn create(folder: &RunFolder, from: Money) -> anyhow::Result<Self> {
        let mut file = folder.csv("high-value.csv")?;
        file.line([
            "order_id",
            "placed_at",
            "product",
            "buyer",
            "amount",
            "status",
            "affiliate",
            "commission",
        ])?;
        Ok(Self { list: HighValueOrders { from, ..HighValueOrders::default() }, file })
    }

    /// Adds an order if its amount is high enough.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn add(&mut self, order: &Order, show_pii: bool) -> anyhow::Result<()> {
        if order.charged() < self.list.from {
            return Ok(());
        }
        let summary = OrderSummary::of(order, show_pii);
        let commission = summary.commission.map(Money::plain).unwrap_or_default();
        let (at, amount) = (summary.placed_at.to_string(), summary.amount.plain());
        let cells = [&summary.order_id, &at, &summary.product, &summary.buyer, &amount];
        let more = [summary.status, summary.affiliate.as_str(), commission.as_str()];
        self.file.line(cells.into_iter().map(String::as_str).chain(more))?;
        self.list.count += 1;
        if self.list.first.len() < KEPT {
            self.list.first.push(summary);
        }
        Ok(())
    }

    /// Finishes the file; none is left where no order is worth a look.
    ///
    /// # Errors
    /// A file that cannot be renamed to its final path.
    pub(crate) fn finish(self) -> anyhow::Result<(HighValueOrders, Option<PathBuf>)> {
        let file = if self.list.count == 0 { None } else { Some(self.file.finish()?) };
        Ok((self.list, file))
    }
}

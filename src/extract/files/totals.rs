//! `totals.json`: the control totals of the shop, and the books of what was read.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::money::Money;
use crate::extract::amount::Amount;
use crate::extract::kept_rows::KeptCommissionRow;
use crate::extract::order_rules::Payment;
use crate::language::tr;

/// Rows of a table with an amount: what was read is written or left out.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct AmountBooks {
    /// Rows read.
    pub(crate) read: u64,
    /// Rows written.
    pub(crate) written: u64,
    /// Rows left out.
    pub(crate) left_out: u64,
    read_amount: Money,
    written_amount: Money,
    left_out_amount: Money,
}

impl AmountBooks {
    /// Enters a row that was read.
    pub(crate) fn read(&mut self, amount: &Amount) {
        self.read += 1;
        self.read_amount = self.read_amount + amount.nearest();
    }

    /// Enters a row that was written.
    pub(crate) fn written(&mut self, amount: &Amount) {
        self.written += 1;
        self.written_amount = self.written_amount + amount.nearest();
    }

    /// Enters a row that was left out.
    pub(crate) fn left_out(&mut self, amount: &Amount) {
        self.left_out += 1;
        self.left_out_amount = self.left_out_amount + amount.nearest();
    }

    fn balance(&self) -> bool {
        self.read == self.written + self.left_out
            && self.read_amount == self.written_amount + self.left_out_amount
    }
}

/// Rows of a table without an amount.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct RowBooks {
    /// Rows read.
    pub(crate) read: u64,
    /// Rows written.
    pub(crate) written: u64,
    /// Rows left out.
    pub(crate) left_out: u64,
}

/// The figures that the shop's own dashboard shows: it counts rows that are marked as deleted, too.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct DashboardTiles {
    /// "Lead": all orders.
    pub(crate) lead: u64,
    /// "Sales": orders that are in progress, on their way or completed.
    pub(crate) sales: u64,
    /// "Omset": their amounts.
    pub(crate) omset: Money,
    /// "Commission": all that was added, of all tiers.
    pub(crate) commission: Money,
}

/// Commission of the rows that were written.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CommissionTotals {
    /// Rows by their status.
    pub(crate) rows_by_status: BTreeMap<String, u64>,
    /// What affiliates have earned.
    pub(crate) added: Money,
    /// Of it, what was paid.
    pub(crate) added_paid: Money,
    /// Of it, what is owed.
    pub(crate) added_unpaid: Money,
    /// What waits for its orders.
    pub(crate) pending: Money,
    /// What was cancelled.
    pub(crate) cancelled: Money,
    /// What was paid and then cancelled: the money is gone.
    pub(crate) cancelled_but_paid: Money,
    /// What was earned, by tier.
    pub(crate) added_by_tier: BTreeMap<i64, Money>,
}

/// Memberships that were written.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct MembershipTotals {
    /// All of them.
    pub(crate) rows: u64,
    /// Those that run.
    pub(crate) active: u64,
    /// Those that have ended.
    pub(crate) expired: u64,
    /// Those without an end, among those that run.
    pub(crate) lifetime: u64,
}

impl MembershipTotals {
    /// Counts a membership.
    pub(crate) fn count(&mut self, status: &str, lifetime: bool) {
        self.rows += 1;
        self.active += u64::from(status == "active");
        self.expired += u64::from(status == "expired");
        self.lifetime += u64::from(lifetime);
    }
}

/// Affiliates.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct AffiliateTotals {
    /// Those that were written.
    pub(crate) rows: u64,
    /// Those whose users are deleted.
    pub(crate) deleted: u64,
}

/// The control totals that `--expect` takes.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct ExpectedFile {
    /// Orders in `orders.csv`.
    pub(crate) orders: u64,
    /// What its paid orders have charged.
    pub(crate) revenue: Money,
    /// Affiliates in `affiliates.csv`.
    pub(crate) affiliates: u64,
    /// The commission in `orders.csv` of its paid orders.
    pub(crate) commission: Money,
}

/// All totals.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Totals {
    /// The control totals of the files.
    pub(crate) expect: ExpectedFile,
    /// What the shop's dashboard shows.
    pub(crate) dashboard_tiles: DashboardTiles,
    /// Orders written, by the checklist's status; of a status that Sejoli does not have, by `?`.
    pub(crate) orders_by_payment: BTreeMap<&'static str, u64>,
    /// Orders written, by Sejoli's status.
    pub(crate) orders_by_status: BTreeMap<String, u64>,
    /// Commission rows written.
    pub(crate) commission: CommissionTotals,
    /// Memberships written.
    pub(crate) memberships: MembershipTotals,
    /// Affiliates.
    pub(crate) affiliates: AffiliateTotals,
    /// Products in the draft.
    pub(crate) products: u64,
    /// The books of the orders.
    pub(crate) orders: AmountBooks,
    /// The books of the commission rows.
    pub(crate) commission_rows: AmountBooks,
    /// The books of the subscriptions.
    pub(crate) subscriptions: RowBooks,
}

impl Totals {
    /// Enters an order into the dashboard's tiles.
    pub(crate) fn tile_of(&mut self, status: &str, total: &Amount) {
        self.dashboard_tiles.lead += 1;
        if matches!(status, "in-progress" | "shipping" | "completed") {
            self.dashboard_tiles.sales += 1;
            self.dashboard_tiles.omset = self.dashboard_tiles.omset + total.nearest();
        }
    }

    /// Enters a commission row into the dashboard's tiles.
    pub(crate) fn tile_of_commission(&mut self, status: &str, amount: &Amount) {
        if status == "added" {
            self.dashboard_tiles.commission = self.dashboard_tiles.commission + amount.nearest();
        }
    }

    /// Enters an order that was written, with the commission that stands in its row.
    pub(crate) fn order(&mut self, status: &str, total: &Amount, commission: Option<&KeptCommissionRow>) {
        self.expect.orders += 1;
        let payment = Payment::of_status(status);
        *self.orders_by_payment.entry(payment.word("?")).or_default() += 1;
        *self.orders_by_status.entry(status.to_owned()).or_default() += 1;
        if payment == Payment::Paid {
            self.expect.revenue = self.expect.revenue + total.nearest();
            let commission = commission.map_or(Money::ZERO, |row| row.amount.nearest());
            self.expect.commission = self.expect.commission + commission;
        }
    }

    /// Enters a commission row that was written.
    pub(crate) fn commission(&mut self, status: &str, row: &KeptCommissionRow) {
        let amount = row.amount.nearest();
        let totals = &mut self.commission;
        *totals.rows_by_status.entry(status.to_owned()).or_default() += 1;
        let sums: &mut [&mut Money] = match (status, row.paid) {
            ("added", paid) => {
                let tier = totals.added_by_tier.entry(row.tier).or_default();
                let part = if paid { &mut totals.added_paid } else { &mut totals.added_unpaid };
                &mut [&mut totals.added, part, tier]
            }
            ("pending", _) => &mut [&mut totals.pending],
            ("cancelled", true) => &mut [&mut totals.cancelled, &mut totals.cancelled_but_paid],
            ("cancelled", false) => &mut [&mut totals.cancelled],
            _ => &mut [],
        };
        for sum in sums {
            **sum = **sum + amount;
        }
    }

    /// The same with what was entered of the orders.
    pub(crate) fn with_orders(self, of_orders: Totals) -> Totals {
        let Totals { expect, dashboard_tiles, orders_by_payment, orders_by_status, orders, .. } = of_orders;
        let dashboard_tiles =
            DashboardTiles { commission: self.dashboard_tiles.commission, ..dashboard_tiles };
        Totals { expect, dashboard_tiles, orders_by_payment, orders_by_status, orders, ..self }
    }

    /// Checks that each row that was read is accounted for.
    ///
    /// # Errors
    /// One is not: a bug, never the data's fault.
    pub(crate) fn balance(&self) -> anyhow::Result<()> {
        let RowBooks { read, written, left_out } = self.subscriptions;
        let holds = self.orders.balance() && self.commission_rows.balance() && read == written + left_out;
        anyhow::ensure!(holds, tr!("the books of the extraction do not balance"));
        Ok(())
    }
}

//! Counts and sums of the orders' files, and which row a stored order counts for.

use std::collections::{BTreeMap, HashMap};

use crate::domain::commission;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::status::OrderStatus;
use crate::language::tr;
use crate::store::schema::tables::TransactionStatus;
use crate::verify::report::VerifyCheck;

/// Which row a stored order was made of, seen from a row of the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderOrigin {
    /// This row.
    ThisRow,
    /// Another row of the given files, which is counted when it is compared itself.
    AnotherRow,
    /// A row of a file that is not given.
    AnotherFile,
}

/// A number of orders, and the sum of an amount of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) orders: u64,
    /// The sum in sen.
    pub(crate) minor: i64,
}

impl Sum {
    /// Adds an order.
    pub(crate) fn add(&mut self, amount: Money) {
        self.join(Sum { orders: 1, minor: amount.minor() });
    }

    /// Adds another sum.
    pub(crate) fn join(&mut self, other: Sum) {
        self.orders += other.orders;
        self.minor += other.minor;
    }
}

/// What an order adds to the sums.
#[derive(Clone, Debug)]
struct OrderAmounts {
    status: &'static str,
    charged: Money,
    /// The affiliate's code and commission.
    commission: Option<(String, Money)>,
}

/// The sums of the orders' files.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderFileSums {
    /// What the orders in the database have charged, by their status in the app.
    pub(crate) by_status: BTreeMap<&'static str, Sum>,
    /// What they have earned affiliates, by Sejoli's code.
    pub(crate) commission: HashMap<String, Sum>,
    held: Sum,
    rejected: Sum,
    /// How many of the rows held and rejected have an amount that cannot be read.
    unreadable: u64,
    /// How many rows were left out because another row of the same order is in the database.
    pub(crate) superseded: u64,
    /// Orders that were made of a row of another file, by their numbers, so that each is counted once.
    of_another_file: HashMap<String, OrderAmounts>,
}

impl OrderFileSums {
    /// Counts an order that is in the database, once.
    pub(crate) fn count(&mut self, order: &Order, origin: OrderOrigin) {
        let amounts = || OrderAmounts {
            status: status_of(order.status).as_str(),
            charged: order.charged(),
            commission: order.affiliate_code.clone().zip(commission::earned(order)),
        };
        match origin {
            OrderOrigin::ThisRow => self.add(amounts()),
            OrderOrigin::AnotherRow => {}
            OrderOrigin::AnotherFile => {
                self.of_another_file.entry(order.id.clone()).or_insert_with(amounts);
            }
        }
    }

    fn add(&mut self, amounts: OrderAmounts) {
        self.by_status.entry(amounts.status).or_default().add(amounts.charged);
        if let Some((code, amount)) = amounts.commission {
            self.commission.entry(code).or_default().add(amount);
        }
    }

    /// Takes in the sums of other rows of the files.
    pub(crate) fn join(&mut self, other: OrderFileSums) {
        for (status, sum) in other.by_status {
            self.by_status.entry(status).or_default().join(sum);
        }
        for (code, sum) in other.commission {
            self.commission.entry(code).or_default().join(sum);
        }
        self.held.join(other.held);
        self.rejected.join(other.rejected);
        self.unreadable += other.unreadable;
        self.superseded += other.superseded;
        self.of_another_file.extend(other.of_another_file);
    }

    /// Counts the orders of other files. To be called once, when all rows are known.
    pub(crate) fn close(&mut self) {
        for amounts in std::mem::take(&mut self.of_another_file).into_values() {
            self.add(amounts);
        }
    }

    /// Counts a row that was held or rejected; `None` for an amount that cannot be read.
    pub(crate) fn count_left_out(&mut self, held: bool, amount: Option<Money>) {
        self.unreadable += u64::from(amount.is_none());
        let amount = amount.unwrap_or(Money::ZERO);
        if held { self.held.add(amount) } else { self.rejected.add(amount) }
    }

    /// Enters into a check how many rows are not in the database.
    pub(crate) fn report_rows_left_out(&self, check: &mut VerifyCheck) {
        for (sum, word) in [(self.held, tr!("held")), (self.rejected, tr!("rejected"))] {
            if sum.orders > 0 {
                check.facts.push(tr!("{} rows {word}, {}", sum.orders, Money::from_minor(sum.minor)));
            }
        }
        if self.unreadable > 0 {
            check.facts.push(tr!("{} of these rows have an amount that cannot be read", self.unreadable));
        }
        if self.superseded > 0 {
            check.facts.push(tr!("{} rows superseded by another row of the same order", self.superseded));
        }
    }

    /// How many orders the files hold that are in the database.
    pub(crate) fn orders(&self) -> u64 {
        self.by_status.values().map(|sum| sum.orders).sum()
    }
}

/// The status that an order has in the app (L11).
pub(crate) const fn status_of(status: OrderStatus) -> TransactionStatus {
    match status {
        OrderStatus::Paid => TransactionStatus::Success,
        OrderStatus::Pending => TransactionStatus::Pending,
        OrderStatus::Expired => TransactionStatus::Failed,
        OrderStatus::Refunded => TransactionStatus::Refunded,
    }
}

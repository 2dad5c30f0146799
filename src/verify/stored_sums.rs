//! Counts and sums of the imported orders as they are stored.

use std::collections::{BTreeMap, HashMap};

use crate::verify::stored_orders::{StoredOrders, order_number};
use crate::verify::sums::Sum;

/// What some of the orders come to, whatever the files say.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoredSums {
    /// What they have charged, by their status in the app.
    pub(crate) by_status: BTreeMap<&'static str, Sum>,
    /// What they have earned affiliates, by the profile's id.
    pub(crate) commission: HashMap<String, Sum>,
    /// How many webhook logs there are.
    pub(crate) logs: u64,
}

impl StoredSums {
    /// Adds stored orders, those for which `is_wanted` holds by their numbers.
    pub(super) fn add(&mut self, stored: &StoredOrders, is_wanted: impl Fn(&str) -> bool) {
        self.logs += stored.logs.iter().filter(|log| is_wanted(&log.order_id)).count() as u64;
        for transaction in stored.transactions.iter() {
            if !order_number(transaction.external_id.as_deref()).is_some_and(&is_wanted) {
                continue;
            }
            self.by_status.entry(transaction.status.as_str()).or_default().add(transaction.amount);
            for conversion in stored.conversions.of(&transaction.id) {
                let sum = match self.commission.get_mut(&conversion.affiliate_id) {
                    Some(sum) => sum,
                    None => self.commission.entry(conversion.affiliate_id.clone()).or_default(),
                };
                sum.add(conversion.commission_amount);
            }
        }
    }

    /// Adds what other orders come to.
    pub(super) fn join(&mut self, other: Self) {
        for (status, sum) in other.by_status {
            self.by_status.entry(status).or_default().join(sum);
        }
        for (profile, sum) in other.commission {
            self.commission.entry(profile).or_default().join(sum);
        }
        self.logs += other.logs;
    }
}

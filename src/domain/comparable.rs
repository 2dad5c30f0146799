//! What rows of one number are compared by. Two rows are the same if their records are, however their cells are
//! written: a spreadsheet that saves a CSV file anew changes the form of nearly every date, amount and phone number.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use crate::domain::affiliate::Affiliate;
use crate::domain::commission_row::CommissionRow;
use crate::domain::date::{DAY_MS, FOREVER, Millis};
use crate::domain::membership::Membership;
use crate::domain::order::Order;

/// A record whose repetitions are recognised.
pub(crate) trait Comparable {
    /// A hash of what the record says. It is the same within one process only.
    fn meaning(&self) -> u64;

    /// The latest date that the record knows of what has happened; the newer of two exports is told by it.
    fn latest_date(&self) -> Option<Millis>;
}

fn hash_of(fields: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    fields.hash(&mut hasher);
    hasher.finish()
}

impl Comparable for Order {
    fn meaning(&self) -> u64 {
        hash_of(self)
    }

    fn latest_date(&self) -> Option<Millis> {
        Some(self.paid_at.map_or(self.placed_at, |paid| paid.max(self.placed_at)))
    }
}

impl Comparable for Membership {
    /// A spreadsheet does not tell midnight from a date without a time, which ends a day later.
    fn meaning(&self) -> u64 {
        let Self { id, email, product_id, start, end, status, price, order_id } = self;
        let is_end_of_day = *end != FOREVER && (end.0 + 1).rem_euclid(1000) == 0;
        let end = if is_end_of_day { Millis(end.0 + 1 - DAY_MS) } else { *end };
        hash_of((id, email, product_id, start, end, status, price, order_id))
    }

    fn latest_date(&self) -> Option<Millis> {
        Some(self.start)
    }
}

impl Comparable for Affiliate {
    fn meaning(&self) -> u64 {
        hash_of(self)
    }

    fn latest_date(&self) -> Option<Millis> {
        self.joined_at
    }
}

impl Comparable for CommissionRow {
    fn meaning(&self) -> u64 {
        hash_of(self)
    }

    fn latest_date(&self) -> Option<Millis> {
        self.updated_at.max(self.created_at)
    }
}

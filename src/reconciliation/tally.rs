//! A number of rows and their amounts.

use std::iter::Sum;
use std::ops::{Add, Sub};

use serde::Serialize;

use crate::domain::money::Money;

/// How many, and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// How many.
    pub(crate) count: i64,
    /// How much.
    pub(crate) amount: Money,
}

impl Tally {
    /// One row of an amount.
    pub(crate) const fn one(amount: Money) -> Self {
        Self { count: 1, amount }
    }

    /// Several rows of one amount each.
    ///
    /// # Errors
    /// A sum that 64 bits of sen do not hold.
    pub(crate) fn of(count: i64, each: Money) -> anyhow::Result<Self> {
        let minor = each.minor().checked_mul(count);
        let minor =
            minor.ok_or_else(|| anyhow::anyhow!("{count} times {each} is more than can be summed"))?;
        Ok(Self { count, amount: Money::from_minor(minor) })
    }

    /// An amount that belongs to no row of its own.
    pub(crate) const fn amount(amount: Money) -> Self {
        Self { count: 0, amount }
    }

    /// Whether there is nothing.
    pub(crate) fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// Adds one row.
    pub(crate) fn add_one(&mut self, amount: Money) {
        *self = *self + Self::one(amount);
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { count: self.count + other.count, amount: self.amount + other.amount }
    }
}

impl Sub for Tally {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { count: self.count - other.count, amount: self.amount - other.amount }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

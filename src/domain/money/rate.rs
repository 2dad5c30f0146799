//! A commission rate.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::money::amount::Money;
use crate::domain::money::hundredths::HundredthsDisplay;

/// A commission rate in hundredths of a percent: `12.5 %` is 1250.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(i64);

impl Rate {
    /// A rate in hundredths of a percent.
    pub const fn from_hundredths(hundredths: i64) -> Rate {
        Rate(hundredths)
    }

    /// The rate in hundredths of a percent.
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// The shortest decimal, in percent: `30`, `12.5`.
    pub fn plain(self) -> String {
        HundredthsDisplay(self.0).to_string()
    }

    /// This share of an amount, rounded half up to the sen; `None` if it overflows.
    pub fn of(self, amount: Money) -> Option<Money> {
        const WHOLE: i128 = 100 * 100;
        let product = i128::from(amount.minor()) * i128::from(self.0);
        i64::try_from((product + WHOLE / 2).div_euclid(WHOLE)).ok().map(Money::from_minor)
    }

    /// Whether it is above 100 %: then it is most likely an amount in the wrong column (lesson L17,
    /// `docs/lessons.md`).
    pub fn is_over_hundred(self) -> bool {
        self.0 > 100 * 100
    }
}

impl fmt::Display for Rate {
    /// For people: `12.5 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", HundredthsDisplay(self.0))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HundredthsDisplay(self.0))
    }
}

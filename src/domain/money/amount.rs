//! An amount in rupiah.

use crate::language::{Language, current};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::money::hundredths::{HundredthsDisplay, ascii_digits, hundredths_from_decimals};

/// Sen in a rupiah.
const SEN: i64 = 100;

/// An amount in rupiah, kept as whole sen (1/100 rupiah) in 64 bits. `+`, `-` and sums panic on overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

impl Money {
    /// Rp 0.
    pub const ZERO: Money = Money(0);

    /// An amount in sen.
    pub const fn from_minor(sen: i64) -> Money {
        Money(sen)
    }

    /// The amount in sen.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// An amount in whole rupiah.
    ///
    /// # Panics
    /// When the amount in sen does not fit 64 bits.
    pub const fn rupiah(rupiah: i64) -> Money {
        match rupiah.checked_mul(SEN) {
            Some(sen) => Money(sen),
            None => panic!("an amount of money fits 64 bits of sen"),
        }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is above zero.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum; `None` if it overflows.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).map(Money)
    }

    /// The difference; `None` if it overflows.
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        self.0.checked_sub(other.0).map(Money)
    }

    /// The absolute difference of two amounts; the largest amount if it overflows.
    pub fn abs_diff(self, other: Money) -> Money {
        Money(i64::try_from(self.0.abs_diff(other.0)).unwrap_or(i64::MAX))
    }

    /// The shortest decimal, in rupiah: `150123.5`, `899000`, `-12.05`.
    pub fn plain(self) -> String {
        HundredthsDisplay(self.0).to_string()
    }

    /// Reads a decimal as [`Money::plain`] writes it, with any number of zeros at the end; `None` for any other
    /// text, and for an amount that is not whole sen.
    pub fn from_plain(text: &str) -> Option<Money> {
        let (unsigned, sign) = match text.strip_prefix('-') {
            Some(rest) => (rest, -1),
            None => (text, 1),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (whole, ascii_digits(fraction)?),
            None => (unsigned, ""),
        };
        let rupiah: i128 = ascii_digits(whole)?.parse().ok()?;
        let sen = rupiah.checked_mul(SEN.into())?.checked_add(hundredths_from_decimals(fraction)?.into())?;
        i64::try_from(sen * sign).ok().map(Money)
    }
}

impl fmt::Display for Money {
    /// For people, in the language that is spoken: `Rp 1,598,000`, `Rp 150,123.50`, `-Rp 5`. What is stored is English in
    /// any case: `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let language = if f.alternate() { Language::En } else { current() };
        let sign = if self.0 < 0 { "-" } else { "" };
        let sen = self.0.unsigned_abs() % SEN.unsigned_abs();
        let whole = language.grouped(self.0.unsigned_abs() / SEN.unsigned_abs());
        let (_, decimal) = language.separators();
        write!(f, "{sign}Rp {whole}")?;
        if sen == 0 { Ok(()) } else { write!(f, "{decimal}{sen:02}") }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HundredthsDisplay(self.0))
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Money::from_plain(&text).ok_or_else(|| serde::de::Error::custom("not an amount"))
    }
}

impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        self.checked_add(other).expect("sums of money fit 64 bits of sen")
    }
}

impl Sub for Money {
    type Output = Money;

    fn sub(self, other: Money) -> Money {
        self.checked_sub(other).expect("differences of money fit 64 bits of sen")
    }
}

impl Neg for Money {
    type Output = Money;

    fn neg(self) -> Money {
        Money(self.0.checked_neg().expect("negated money fits 64 bits of sen"))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

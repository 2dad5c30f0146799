//! Amounts as the database prints them.

use crate::domain::money::Money;

/// An amount of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Whole sen.
    Exact(Money),
    /// Finer than a sen, as a column without a fixed number of decimals can hold it: it is written as it stands.
    Odd(Box<str>, Money),
}

impl Amount {
    /// Reads a number; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(money) = Money::from_plain(text) {
            return Some(Self::Exact(money));
        }
        let number: f64 = text.parse().ok()?;
        let sen = (number * 100.0).round();
        let fits = sen.abs() < 9e15;
        fits.then(|| Self::Odd(text.into(), Money::from_minor(sen as i64)))
    }

    /// The amount, to the nearest sen.
    pub(crate) fn nearest(&self) -> Money {
        match self {
            Self::Exact(money) | Self::Odd(_, money) => *money,
        }
    }

    /// Whether it is whole sen.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// The amount as a cell.
    pub(crate) fn cell(&self) -> String {
        match self {
            Self::Exact(money) => money.plain(),
            Self::Odd(text, _) => text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_sen_are_exact_and_anything_finer_stays_as_it_stands() {
        let read = |text: &str| Amount::parse(text).map(|amount| (amount.cell(), amount.is_exact()));
        assert_eq!(read("899000.00"), Some(("899000".into(), true)));
        assert_eq!(read("150123.55"), Some(("150123.55".into(), true)));
        assert_eq!(read("15012.345"), Some(("15012.345".into(), false)));
        assert_eq!(
            Amount::parse("15012.345").map(|amount| amount.nearest()),
            Some(Money::from_minor(1_501_235))
        );
        assert_eq!(read("1e6"), Some(("1e6".into(), false)));
        for text in ["", "abc", "nan", "inf", "1e300"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

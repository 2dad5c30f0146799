//! A figure of one of the app's pages, added up over everybody whom the page is about.

use serde::Serialize;

use crate::domain::money::Money;

/// A figure as the app shows it and as the source has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageFigure {
    /// What it is, such as `balance`.
    pub what: &'static str,
    /// What the app shows, over all of them.
    pub shown: FigureValue,
    /// What the source says, with what the app has moved itself.
    pub expected: FigureValue,
}

/// A number, or an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FigureValue {
    /// How many.
    Count(i64),
    /// How much.
    Money(Money),
}

impl From<u64> for FigureValue {
    fn from(count: u64) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<Money> for FigureValue {
    fn from(amount: Money) -> Self {
        Self::Money(amount)
    }
}

impl FigureValue {
    /// The sum of two values; of two that are not of one kind, the second.
    fn plus(self, more: Self) -> Self {
        match (self, more) {
            (Self::Count(sum), Self::Count(more)) => Self::Count(sum.saturating_add(more)),
            (Self::Money(sum), Self::Money(more)) => Self::Money(sum + more),
            (_, more) => more,
        }
    }
}

impl PageFigure {
    /// Adds what one more row shows and should show.
    pub(crate) fn add(&mut self, shown: FigureValue, expected: FigureValue) {
        self.shown = self.shown.plus(shown);
        self.expected = self.expected.plus(expected);
    }
}

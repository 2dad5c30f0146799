//! What a date in a cell comes to.

use thiserror::Error;

use crate::domain::date::millis::{DAY_MS, Millis};

/// Sejoli did not exist before, and nobody sells a membership beyond: outside lie shifted columns.
pub(crate) const YEARS: std::ops::RangeInclusive<u32> = 2000..=2200;

/// Why a cell is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum DateError {
    /// The form is known, the day or time does not exist: 31/02/2024.
    #[error("this day or time does not exist")]
    Impossible,
    /// Before 2000 or after 2200.
    #[error("the year lies outside 2000 to 2200")]
    OutOfRange,
    /// No known form.
    #[error("this is not a date in a known form")]
    Unknown,
}

/// A date as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// The moment itself; for a date without a time the start of that day in the source's zone.
    pub at: Millis,
    /// Whether the cell held no time.
    pub date_only: bool,
    /// Whether day and month could be exchanged and give another date.
    pub ambiguous: bool,
}

impl Moment {
    /// The last millisecond of a day without a time (in the source's zone); else the moment itself.
    pub fn end_of_day(self) -> Millis {
        if self.date_only { Millis(self.at.0 + DAY_MS - 1) } else { self.at }
    }
}

//! What a date in a cell comes to.

use thiserror::Error;

use crate::domain::date::millis::{DAY_MS, FOREVER, Millis};
use crate::domain::date::zone::SourceZone;

/// Sejoli did not exist before and no membership is sold for longer, so other years are shifted columns.
pub(crate) const YEARS: std::ops::RangeInclusive<u32> = 2000..=2200;

/// The years of an end: any far one stands for a lifetime.
pub(crate) const YEARS_OF_ENDS: std::ops::RangeInclusive<u32> = 2000..=9999;

/// The beginning of the year 2099, in milliseconds since 1970 without a zone: an end in it or later is a lifetime.
const LIFETIME_FROM_LOCAL_MS: i64 = 4_070_908_800_000;

/// Why a cell is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum DateError {
    /// The day or time does not exist: 31/02/2024.
    #[error("this day or time does not exist")]
    Impossible,
    /// The year is before 2000 or after 2200.
    #[error("the year lies outside 2000 to 2200")]
    OutOfRange,
    /// The text has no known form.
    #[error("this is not a date in a known form")]
    Unknown,
}

/// A date or time that was read from a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// The point in time; for a date without a time, the start of that day in the source's zone.
    pub at: Millis,
    /// Whether the cell had a date only.
    pub date_only: bool,
    /// Whether day and month could be swapped to give another date.
    pub ambiguous: bool,
}

impl Moment {
    /// The last millisecond of the day for a date without a time (in the source's zone), else the point in time
    /// itself (lesson L23, `docs/lessons.md`).
    pub fn end_of_day(self) -> Millis {
        if self.date_only { Millis(self.at.0 + DAY_MS - 1) } else { self.at }
    }

    /// The end of a period: [`FOREVER`] from the year 2099 (in the source's zone) on, since Sejoli shops have written
    /// 2099-12-31, 9999-12-31 and a hundred years from now alike for a lifetime (lesson L22, `docs/lessons.md`);
    /// else as [`Moment::end_of_day`].
    pub fn end_of_period(self, zone: SourceZone) -> Millis {
        if self.at.0 + zone.offset_ms() >= LIFETIME_FROM_LOCAL_MS { FOREVER } else { self.end_of_day() }
    }
}

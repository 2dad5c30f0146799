//! The Gregorian calendar in days since 1970-01-01.

use chrono::{Datelike as _, NaiveDate};

/// Days since 1970-01-01; `None` if the calendar has no such day.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month, day) = (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
    NaiveDate::from_ymd_opt(year, month, day).map(|date| date.to_epoch_days().into())
}

/// Year, month and day of a number of days since 1970-01-01; `None` beyond the years that chrono knows
/// (about 262,000 in both directions).
pub(crate) fn civil_from_days(days: i64) -> Option<(i64, i64, i64)> {
    let date = NaiveDate::from_epoch_days(days.try_into().ok()?)?;
    Some((date.year().into(), date.month().into(), date.day().into()))
}

/// The number of two ASCII digits at a position; `None` if they are no digits.
///
/// # Panics
/// When the bytes end before.
pub(crate) fn two_digits(bytes: &[u8], at: usize) -> Option<u32> {
    let (tens, ones) = (bytes[at].wrapping_sub(b'0'), bytes[at + 1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

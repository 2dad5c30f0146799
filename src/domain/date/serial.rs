//! Dates as spreadsheets count them: days since 1900, or since 1904 in old files of a Mac.

use crate::domain::date::calendar::civil_from_days;
use crate::domain::date::cursor::Cursor;
use crate::domain::date::millis::{DAY_MS, Millis, SECOND_MS};
use crate::domain::date::moment::{DateError, Moment, YEARS};
use crate::domain::date::zone::SourceZone;

/// Day numbers of 1954 to 2119; others are amounts or ids.
const SERIALS: std::ops::RangeInclusive<i64> = 20_000..=80_000;

/// Excel's day number (1900 epoch, its leap-year mistake included) of 1970-01-01.
const SERIAL_OF_1970: i64 = 25_569;

/// Days from the epoch of 1900 to that of 1904.
pub const DAYS_TO_1904: i64 = 1_462;

/// A double has no more digits than these.
const SERIAL_FRACTION_DIGITS: usize = 18;

const DAY_SECONDS: i128 = 86_400;

/// Splits a day number into whole days and the digits of its fraction; `None` for any other text.
pub(crate) fn serial(text: &str) -> Option<(i64, &str)> {
    let mut cursor = Cursor(text);
    let days = cursor.digits();
    let fraction = match cursor.eat_one_of(&['.', ',']) {
        Some(_) => Some(cursor.digits()).filter(|digits| !digits.is_empty())?,
        None => "",
    };
    if days.len() != 5 || !cursor.is_done() {
        return None;
    }
    Some((days.parse().ok()?, fraction))
}

/// Moves a cell with a day number by so many days and keeps its fraction; `None` for any other cell.
pub fn shift_serial(cell: &str, days: i64) -> Option<String> {
    let cell = cell.trim();
    let (number, _) = serial(cell)?;
    Some(format!("{}{}", number + days, &cell[5..]))
}

/// The point in time of a day number since 1900, to the nearest second; a whole day is a date without a time.
pub(crate) fn from_serial(days: i64, fraction: &str, zone: SourceZone) -> Result<Option<Moment>, DateError> {
    if !SERIALS.contains(&days) {
        return Err(DateError::Unknown);
    }
    let total = days * DAY_MS / SECOND_MS + seconds_of_fraction(fraction);
    let local_ms = (total * SECOND_MS) - SERIAL_OF_1970 * DAY_MS;
    let year = civil_from_days(local_ms.div_euclid(DAY_MS)).and_then(|(year, ..)| u32::try_from(year).ok());
    if !year.is_some_and(|year| YEARS.contains(&year)) {
        return Err(DateError::OutOfRange);
    }
    Ok(Some(Moment {
        at: Millis(local_ms - zone.offset_ms()),
        date_only: local_ms.rem_euclid(DAY_MS) == 0,
        ambiguous: false,
    }))
}

fn seconds_of_fraction(digits: &str) -> i64 {
    let (mut value, mut unit) = (0_i128, 1_i128);
    for digit in digits.bytes().take(SERIAL_FRACTION_DIGITS) {
        value = value * 10 + i128::from(digit - b'0');
        unit *= 10;
    }
    let seconds = (value * DAY_SECONDS * 2 + unit) / (unit * 2);
    i64::try_from(seconds).unwrap_or_default()
}

//! Reads the dates of exports.
//!
//! Sejoli writes local time without an offset, and spreadsheets write dates in the order of their locale.
//! The zone and the order of day and month are therefore given as rules; the machine's own settings never
//! matter, and a zero date is none instead of "now" (lesson L5, `docs/lessons.md`). An export holds a
//! million dates in two forms, so these two are read straight from their bytes.

use crate::domain::date::calendar::{days_from_civil, two_digits};
use crate::domain::date::cursor::Cursor;
use crate::domain::date::millis::{DAY_MS, HOUR_MS, MINUTE_MS, Millis, SECOND_MS};
use crate::domain::date::moment::{DateError, Moment, YEARS, YEARS_OF_ENDS};
use crate::domain::date::serial::{DAYS_TO_1904, from_serial, serial};
use crate::domain::date::zone::{HOUR_SECONDS, SourceZone, offset};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// How PHP prints a zero date that went through its calendar.
const PHP_ZERO_DATE: &str = "-0001-11-30";

/// The order of day and month in `03/04/2025`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DateOrder {
    /// The third of April, as in Indonesia.
    #[default]
    #[serde(rename = "Dmy")]
    DayFirst,
    /// The fourth of March, as in the United States.
    #[serde(rename = "Mdy")]
    MonthFirst,
}

/// How dates are read where a file does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRules {
    /// The time zone of times without an offset.
    pub zone: SourceZone,
    /// The order of day and month where both are numbers.
    pub order: DateOrder,
    /// Whether day numbers count from 1904, as in old spreadsheets of a Mac.
    pub epoch_1904: bool,
}

impl Default for DateRules {
    fn default() -> DateRules {
        DateRules { zone: SourceZone::JAKARTA, order: DateOrder::default(), epoch_1904: false }
    }
}

/// Reads a date, with or without a time; `None` for an empty cell, `-` and a zero date.
///
/// # Errors
/// The cell holds no date, or one that does not exist or lies outside of 2000 to 2200.
pub fn parse(text: &str, rules: DateRules) -> Result<Option<Moment>, DateError> {
    parse_within(text, rules, YEARS)
}

/// Reads the end of a period as [`parse`] reads any date, but up to the year 9999: it may stand for a lifetime.
///
/// # Errors
/// The cell holds no date, or one that does not exist or lies outside of 2000 to 9999.
pub fn parse_end(text: &str, rules: DateRules) -> Result<Option<Moment>, DateError> {
    parse_within(text, rules, YEARS_OF_ENDS)
}

fn parse_within(
    text: &str,
    rules: DateRules,
    years: RangeInclusive<u32>,
) -> Result<Option<Moment>, DateError> {
    let text = text.trim();
    if text.is_empty() || text == "-" {
        return Ok(None);
    }
    if let Some((day, time)) = export_form(text.as_bytes()) {
        return moment(day, time, rules.zone, years);
    }
    if text.starts_with(PHP_ZERO_DATE) {
        return Ok(None);
    }
    if let Some((days, fraction)) = serial(text) {
        let since_1900 = if rules.epoch_1904 { days + DAYS_TO_1904 } else { days };
        return from_serial(since_1900, fraction, rules.zone);
    }
    let mut cursor = Cursor(text);
    let day = cursor.day(rules.order).ok_or(DateError::Unknown)?;
    let time = cursor.time_and_zone().ok_or(DateError::Unknown)?;
    if !cursor.is_done() {
        return Err(DateError::Unknown);
    }
    let zone = time.zone.unwrap_or(rules.zone);
    moment(day, time.clock, zone, years)
}

/// A day as it was written; it may not exist.
#[derive(Clone, Copy)]
struct Day {
    year: u32,
    month: u32,
    day: u32,
    ambiguous: bool,
}

/// A time of day as it was written; it may not exist.
#[derive(Clone, Copy)]
struct TimeOfDay {
    hour: u32,
    minute: u32,
    second: u32,
    ms: u32,
}

impl TimeOfDay {
    fn ms_of_day(self) -> Result<i64, DateError> {
        if self.hour > 23 || self.minute > 59 || self.second > 59 {
            return Err(DateError::Impossible);
        }
        Ok(i64::from(self.hour) * HOUR_MS
            + i64::from(self.minute) * MINUTE_MS
            + i64::from(self.second) * SECOND_MS
            + i64::from(self.ms))
    }
}

fn moment(
    day: Day,
    clock: Option<TimeOfDay>,
    zone: SourceZone,
    years: RangeInclusive<u32>,
) -> Result<Option<Moment>, DateError> {
    if (day.year, day.month, day.day) == (0, 0, 0) {
        return Ok(None);
    }
    let days =
        days_from_civil(day.year.into(), day.month.into(), day.day.into()).ok_or(DateError::Impossible)?;
    let time = clock.map_or(Ok(0), TimeOfDay::ms_of_day)?;
    if !years.contains(&day.year) {
        return Err(DateError::OutOfRange);
    }
    Ok(Some(Moment {
        at: Millis(days * DAY_MS + time - zone.offset_ms()),
        date_only: clock.is_none(),
        ambiguous: day.ambiguous,
    }))
}

/// Reads `YYYY-MM-DD` and `YYYY-MM-DD HH:MM:SS`, the forms of nearly every cell, without a cursor.
fn export_form(bytes: &[u8]) -> Option<(Day, Option<TimeOfDay>)> {
    let clock = match bytes.len() {
        10 => None,
        19 if matches!(bytes[10], b' ' | b'T') && bytes[13] == b':' && bytes[16] == b':' => Some(TimeOfDay {
            hour: two_digits(bytes, 11)?,
            minute: two_digits(bytes, 14)?,
            second: two_digits(bytes, 17)?,
            ms: 0,
        }),
        _ => return None,
    };
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let day = Day {
        year: two_digits(bytes, 0)? * 100 + two_digits(bytes, 2)?,
        month: two_digits(bytes, 5)?,
        day: two_digits(bytes, 8)?,
        ambiguous: false,
    };
    Some((day, clock))
}

/// Indonesian and English names of the months, and their abbreviations.
const MONTHS: [&[&str]; 12] = [
    &["januari", "january", "jan"],
    &["februari", "february", "pebruari", "feb", "peb"],
    &["maret", "march", "mar"],
    &["april", "apr"],
    &["mei", "may"],
    &["juni", "june", "jun"],
    &["juli", "july", "jul"],
    &["agustus", "august", "agu", "agt", "ags", "aug"],
    &["september", "sept", "sep"],
    &["oktober", "october", "okt", "oct"],
    &["november", "nopember", "nov", "nop"],
    &["desember", "december", "des", "dec"],
];

fn month_named(word: &str) -> Option<u32> {
    let is_word = |name: &&str| name.eq_ignore_ascii_case(word);
    let index = MONTHS.iter().position(|names| names.iter().any(is_word))?;
    u32::try_from(index + 1).ok()
}

#[derive(Clone, Copy)]
struct TimeAndZone {
    clock: Option<TimeOfDay>,
    zone: Option<SourceZone>,
}

impl Cursor<'_> {
    /// Skips what people put between the parts of a date with a named month.
    fn gap(&mut self) {
        self.spaces();
        self.eat_one_of(&['-', '/', '.', ',']);
        self.spaces();
    }

    fn day(&mut self, order: DateOrder) -> Option<Day> {
        let digits = self.digits();
        let first = digits.parse().ok();
        match digits.len() {
            0 => self.named_month_first(),
            4 => self.year_first(first?),
            1 | 2 => self.day_or_month_first(first?, order),
            _ => None,
        }
    }

    /// `2024-12-31`, `2024/12/31`.
    fn year_first(&mut self, year: u32) -> Option<Day> {
        let separator = self.eat_one_of(&['-', '/', '.'])?;
        let month = self.number(1..=2)?;
        self.eat(separator).then_some(())?;
        let day = self.number(1..=2)?;
        Some(Day { year, month, day, ambiguous: false })
    }

    /// `December 9, 2025`.
    fn named_month_first(&mut self) -> Option<Day> {
        let month = month_named(self.word())?;
        self.gap();
        let day = self.number(1..=2)?;
        self.gap();
        let year = self.number(4..=4)?;
        Some(Day { year, month, day, ambiguous: false })
    }

    fn day_or_month_first(&mut self, first: u32, order: DateOrder) -> Option<Day> {
        let mut ahead = Cursor(self.0);
        if let Some(separator) = ahead.eat_one_of(&['-', '/', '.'])
            && ahead.0.starts_with(|c: char| c.is_ascii_digit())
        {
            self.0 = ahead.0;
            return self.numeric(first, separator, order);
        }
        self.gap();
        let month = month_named(self.word())?;
        self.gap();
        let year = self.number(4..=4)?;
        Some(Day { year, month, day: first, ambiguous: false })
    }

    /// `31/12/2024`. Never swapped silently: `12/31/2024` in a day-first file does not exist.
    fn numeric(&mut self, first: u32, separator: char, order: DateOrder) -> Option<Day> {
        let second = self.number(1..=2)?;
        self.eat(separator).then_some(())?;
        let year = self.number(4..=4)?;
        let (day, month) = match order {
            DateOrder::DayFirst => (first, second),
            DateOrder::MonthFirst => (second, first),
        };
        let ambiguous = first <= 12 && second <= 12 && first != second;
        Some(Day { year, month, day, ambiguous })
    }

    fn time_and_zone(&mut self) -> Option<TimeAndZone> {
        if self.is_done() {
            return Some(TimeAndZone { clock: None, zone: None });
        }
        self.gap_before_time().then_some(())?;
        let clock = self.clock()?;
        self.spaces();
        Some(TimeAndZone { clock: Some(clock), zone: self.zone()? })
    }

    /// `T`, spaces, a comma, `pukul`: something must part the day from its time.
    fn gap_before_time(&mut self) -> bool {
        if self.eat('T') {
            return true;
        }
        let parted = self.eat(',') | self.spaces();
        if self.eat_word(&["pukul", "jam", "at"]) {
            self.eat('.');
            self.spaces();
        }
        parted
    }

    /// `14:05`, `14:05:59.123`, `14.05`, `2:05 PM`.
    fn clock(&mut self) -> Option<TimeOfDay> {
        let hour = self.number(1..=2)?;
        let separator = self.eat_one_of(&[':', '.'])?;
        let minute = self.number(2..=2)?;
        let (mut second, mut ms) = (0, 0);
        if self.eat(separator) {
            second = self.number(2..=2)?;
            if self.eat_one_of(&['.', ',']).is_some() {
                ms = self.milliseconds()?;
            }
        }
        let hour = self.half_day(hour)?;
        Some(TimeOfDay { hour, minute, second, ms })
    }

    fn milliseconds(&mut self) -> Option<u32> {
        let digits = self.digits();
        if !(1..=9).contains(&digits.len()) {
            return None;
        }
        let places = digits.bytes().chain(std::iter::repeat(b'0')).take(3);
        Some(places.fold(0, |ms, digit| ms * 10 + u32::from(digit - b'0')))
    }

    /// Turns the hour of an English spreadsheet's `2:05 PM` into one of the day.
    fn half_day(&mut self, hour: u32) -> Option<u32> {
        let mut ahead = Cursor(self.0);
        ahead.spaces();
        let half = if ahead.eat_word(&["am"]) {
            0
        } else if ahead.eat_word(&["pm"]) {
            12
        } else {
            return Some(hour);
        };
        self.0 = ahead.0;
        (1..=12).contains(&hour).then_some(hour % 12 + half)
    }

    /// The zone behind a time: an offset or one of Indonesia's three; `None` inside if there is none.
    fn zone(&mut self) -> Option<Option<SourceZone>> {
        const NAMES: [(&str, i32); 6] =
            [("Z", 0), ("UTC", 0), ("GMT", 0), ("WIB", 7), ("WITA", 8), ("WIT", 9)];
        if self.is_done() {
            return Some(None);
        }
        for (name, hours) in NAMES {
            if self.eat_word(&[name]) {
                return Some(Some(SourceZone::east(hours * HOUR_SECONDS)));
            }
        }
        offset(self).map(Some)
    }
}

#[cfg(test)]
mod tests;

//! Dates, because a wrong day ends a membership and a wrong month moves a commission.
//!
//! The source writes local time without an offset; the target stores milliseconds in UTC. The
//! zone and the order of day and month are explicit rules, never the machine's, and a zero date is
//! none instead of "now". Exports hold a million dates in two forms, so these two are read straight
//! from their bytes before anything else is tried.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const HOUR_SECONDS: i32 = 3600;
const DAY_SECONDS: i128 = 86_400;

/// Sejoli did not exist before, and nobody sells a membership beyond: outside lie shifted columns.
const YEARS: std::ops::RangeInclusive<u32> = 2000..=2200;

/// Excel's day numbers that can be a date here: 1954 to 2119. Beyond lie amounts and ids.
const SERIALS: std::ops::RangeInclusive<i64> = 20_000..=80_000;

/// Excel's day number (1900 epoch, its leap-year mistake included) of 1970-01-01.
const SERIAL_OF_1970: i64 = 25_569;

/// Days between the two epochs of spreadsheets.
pub const DAYS_TO_1904: i64 = 1_462;

/// Digits of a serial's fraction that are read; a double has no more.
const SERIAL_FRACTION_DIGITS: usize = 18;

/// How PHP prints a zero date that went through its calendar.
const PHP_ZERO_DATE: &str = "-0001-11-30";

/// Milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// The end of what never ends, the one representation of "lifetime": 2099-12-31T23:59:59.999Z.
pub const FOREVER: Millis = Millis(days_from_civil(2100, 1, 1) * DAY_MS - 1);

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

impl Millis {
    /// Reads RFC 3339 text, any offset; finer than a millisecond is cut.
    pub fn parse_rfc3339(text: &str) -> Option<Millis> {
        let moment = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Millis(moment.timestamp_millis()))
    }
}

impl fmt::Display for Millis {
    /// RFC 3339 with three decimals: `2021-01-22T09:34:18.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY_MS));
        let time = self.0.rem_euclid(DAY_MS);
        let (hour, minute) = (time / HOUR_MS, time % HOUR_MS / MINUTE_MS);
        let (second, ms) = (time % MINUTE_MS / SECOND_MS, time % SECOND_MS);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Out of the form in which it is serialised.
impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Millis::parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("no time"))
    }
}

/// The zone in which the source's clocks stood: a fixed offset, for Indonesia knows no summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceZone(FixedOffset);

/// The zone's name is not one that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown time zone {0:?}: use Asia/Jakarta, Asia/Pontianak, Asia/Makassar, Asia/Jayapura, UTC, or an offset such as +07:00"
)]
pub struct UnknownZone(String);

/// Accepted names and their offsets in hours; the first of an offset is the one displayed.
const ZONES: [(&str, i32); 5] =
    [("Asia/Jakarta", 7), ("Asia/Pontianak", 7), ("Asia/Makassar", 8), ("Asia/Jayapura", 9), ("UTC", 0)];

impl SourceZone {
    /// Where the shop's server stands.
    pub const JAKARTA: SourceZone = SourceZone::east(7 * HOUR_SECONDS);

    const fn east(seconds: i32) -> SourceZone {
        match FixedOffset::east_opt(seconds) {
            Some(offset) => SourceZone(offset),
            None => panic!("an offset is shorter than a day"),
        }
    }

    fn offset_ms(self) -> i64 {
        i64::from(self.0.local_minus_utc()) * SECOND_MS
    }
}

impl FromStr for SourceZone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<SourceZone, UnknownZone> {
        let text = text.trim();
        let known = ZONES.iter().find(|zone| zone.0.eq_ignore_ascii_case(text));
        if let Some((_, hours)) = known {
            return Ok(SourceZone::east(hours * HOUR_SECONDS));
        }
        let mut cursor = Cursor(text);
        match cursor.offset() {
            Some(zone) if cursor.is_done() && text.contains(':') => Ok(zone),
            _ => Err(UnknownZone(text.to_owned())),
        }
    }
}

impl fmt::Display for SourceZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.local_minus_utc();
        match ZONES.iter().find(|zone| zone.1 * HOUR_SECONDS == seconds) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Which number comes first in `03/04/2025`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// The third of April, as in Indonesia.
    #[default]
    DayFirst,
    /// The fourth of March, as in the United States.
    MonthFirst,
}

/// What a file does not say about its dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRules {
    /// The zone of a time without an offset.
    pub zone: SourceZone,
    /// The order of day and month where both are numbers.
    pub order: DateOrder,
    /// Whether serial numbers count from 1904, as old spreadsheets of a Mac do.
    pub epoch_1904: bool,
}

impl Default for DateRules {
    fn default() -> DateRules {
        DateRules { zone: SourceZone::JAKARTA, order: DateOrder::default(), epoch_1904: false }
    }
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

/// Reads a date; `None` for an empty cell, `-` and the zero date.
pub fn parse(text: &str, rules: DateRules) -> Result<Option<Moment>, DateError> {
    let text = text.trim();
    if text.is_empty() || text == "-" {
        return Ok(None);
    }
    if let Some((day, time)) = export_form(text.as_bytes()) {
        return moment(day, time, rules.zone);
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
    moment(day, time.clock, zone)
}

/// A day as it was written, not yet checked.
#[derive(Clone, Copy)]
struct Day {
    year: u32,
    month: u32,
    day: u32,
    ambiguous: bool,
}

/// A time of day as it was written, not yet checked.
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

/// Checks what was written and places it in time.
fn moment(day: Day, clock: Option<TimeOfDay>, zone: SourceZone) -> Result<Option<Moment>, DateError> {
    if (day.year, day.month, day.day) == (0, 0, 0) {
        return Ok(None);
    }
    if day.day == 0 || day.day > days_in_month(day.year, day.month) {
        return Err(DateError::Impossible);
    }
    let time = clock.map_or(Ok(0), TimeOfDay::ms_of_day)?;
    if !YEARS.contains(&day.year) {
        return Err(DateError::OutOfRange);
    }
    let days = days_from_civil(day.year.into(), day.month.into(), day.day.into());
    Ok(Some(Moment {
        at: Millis(days * DAY_MS + time - zone.offset_ms()),
        date_only: clock.is_none(),
        ambiguous: day.ambiguous,
    }))
}

/// Reads `YYYY-MM-DD` and `YYYY-MM-DD HH:MM:SS` straight from the bytes: nearly every cell is one.
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

pub(crate) fn two_digits(bytes: &[u8], at: usize) -> Option<u32> {
    let (tens, ones) = (bytes[at].wrapping_sub(b'0'), bytes[at + 1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days of a month, none for a month that does not exist.
const fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days since 1970-01-01, counted in eras of 400 years that begin on the first of March.
pub(crate) const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The way back: year, month and day of a number of days since 1970-01-01.
pub(crate) const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + (month <= 2) as i64;
    (year, month, day)
}

/// Splits an Excel serial into days and the digits of its fraction.
fn serial(text: &str) -> Option<(i64, &str)> {
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

/// A cell that holds a spreadsheet's day number, so many days later; none of any other cell.
pub fn shifted_serial(cell: &str, days: i64) -> Option<String> {
    let cell = cell.trim();
    let (number, _) = serial(cell)?;
    Some(format!("{}{}", number + days, &cell[5..]))
}

/// Places a serial in time, to the nearest second; a whole day is a date without a time.
fn from_serial(days: i64, fraction: &str, zone: SourceZone) -> Result<Option<Moment>, DateError> {
    if !SERIALS.contains(&days) {
        return Err(DateError::Unknown);
    }
    let total = days * DAY_MS / SECOND_MS + seconds_of_fraction(fraction);
    let local_ms = (total * SECOND_MS) - SERIAL_OF_1970 * DAY_MS;
    let (year, _, _) = civil_from_days(local_ms.div_euclid(DAY_MS));
    if !u32::try_from(year).is_ok_and(|year| YEARS.contains(&year)) {
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

/// Months by their first letters, Indonesian and English; a word must be one of these entirely.
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

/// What stands behind the day: a time, a zone, both or neither.
#[derive(Clone, Copy)]
struct TimeAndZone {
    clock: Option<TimeOfDay>,
    zone: Option<SourceZone>,
}

/// The rest of a cell, read from the front.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let end = self.0.bytes().position(|byte| !wanted(byte));
        let (taken, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    fn digits(&mut self) -> &'a str {
        self.take_while(|byte| byte.is_ascii_digit())
    }

    fn word(&mut self) -> &'a str {
        self.take_while(|byte| byte.is_ascii_alphabetic())
    }

    fn number(&mut self, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let digits = self.digits();
        lengths.contains(&digits.len()).then(|| digits.parse().ok())?
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.eat_one_of(&[wanted]).is_some()
    }

    fn eat_one_of(&mut self, wanted: &[char]) -> Option<char> {
        let first = self.0.chars().next().filter(|first| wanted.contains(first))?;
        self.0 = &self.0[first.len_utf8()..];
        Some(first)
    }

    fn eat_word(&mut self, words: &[&str]) -> bool {
        let mut ahead = Cursor(self.0);
        let word = ahead.word();
        let found = words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if found {
            self.0 = ahead.0;
        }
        found
    }

    /// Skips whitespace, no-break spaces included, and says whether there was any.
    fn spaces(&mut self) -> bool {
        let rest = self.0.trim_start();
        let some = rest.len() < self.0.len();
        self.0 = rest;
        some
    }

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
        self.offset().map(Some)
    }

    /// `+07:00`, `+0700`, `+07`.
    fn offset(&mut self) -> Option<SourceZone> {
        const WIDEST_HOURS: u32 = 14;
        let sign = if self.eat_one_of(&['+', '-'])? == '+' { 1 } else { -1 };
        let digits = self.digits();
        let (hours, minutes): (u32, u32) = match digits.len() {
            2 if self.eat(':') => (digits.parse().ok()?, self.number(2..=2)?),
            2 => (digits.parse().ok()?, 0),
            4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
            _ => return None,
        };
        if hours > WIDEST_HOURS || minutes > 59 {
            return None;
        }
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        Some(SourceZone::east(sign * seconds))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    const DAY_FIRST: DateRules =
        DateRules { zone: SourceZone::JAKARTA, order: DateOrder::DayFirst, epoch_1904: false };
    const MONTH_FIRST: DateRules =
        DateRules { zone: SourceZone::JAKARTA, order: DateOrder::MonthFirst, epoch_1904: false };

    fn read(text: &str) -> Moment {
        parse(text, DAY_FIRST)
            .unwrap_or_else(|error| panic!("{text:?}: {error}"))
            .unwrap_or_else(|| panic!("{text:?} is a date"))
    }

    fn assert_reads(text: &str, utc: &str, date_only: bool) {
        let moment = read(text);
        assert_eq!(moment.at.to_string(), utc, "{text:?}");
        assert_eq!(moment.date_only, date_only, "{text:?}");
    }

    #[test]
    fn a_date_without_a_time_starts_its_day_in_jakarta() {
        for text in [
            "2025-12-09",
            " 2025-12-09\u{a0}",
            "2025/12/09",
            "2025-12-9",
            "09/12/2025",
            "9-12-2025",
            "09.12.2025",
            "09 Desember 2025",
            "9 Des 2025",
            "9-Des-2025",
            "9 Des. 2025",
            "9\u{a0}DEC\u{a0}2025",
            "December 9, 2025",
            "Dec 9 2025",
            "46000",
            "46000.0",
        ] {
            assert_reads(text, "2025-12-08T17:00:00.000Z", true);
        }
    }

    #[test]
    fn a_time_without_an_offset_is_jakartas() {
        for text in [
            "2025-12-09 14:05:00",
            "2025-12-09T14:05:00",
            "2025-12-09 14:05",
            "2025-12-09 14:05:00.000",
            "2025/12/09 14:05",
            "09/12/2025 14:05",
            "09-12-2025 14:05:00",
            "9/12/2025 14.05",
            "9/12/2025 2:05 PM",
            "9 Des 2025 14:05",
            "9 Desember 2025, 14.05",
            "09 Desember 2025 pukul 14.05 WIB",
            "9 Desember 2025 pukul 14.05.00",
            "December 9, 2025 2:05 pm",
            "December 9, 2025 at 14:05",
            "2025-12-09T07:05:00Z",
            "2025-12-09T07:05:00.000Z",
            "2025-12-09 15:05:00+08:00",
            "2025-12-09 16:05 WIT",
            "2025-12-09 07:05:00+00",
            "2025-12-09T02:35:00-0430",
            "46000.586806",
        ] {
            assert_reads(text, "2025-12-09T07:05:00.000Z", false);
        }
        assert_reads("2025-12-09 14:05:59.1239", "2025-12-09T07:05:59.123Z", false);
        assert_reads("12/9/2025 12:05 AM", "2025-09-11T17:05:00.000Z", false);
    }

    #[test]
    fn every_month_has_its_indonesian_and_english_names() {
        for (index, names) in MONTHS.iter().enumerate() {
            let expected = read(&format!("2024-{:02}-07", index + 1));
            for name in *names {
                assert_eq!(read(&format!("7 {name} 2024")), expected, "{name}");
                let english = format!("{} 7, 2024", name.to_uppercase());
                assert_eq!(read(&english), expected, "{english}");
            }
        }
    }

    #[test]
    fn an_excel_serial_is_read_to_the_nearest_second() {
        assert_reads("44701.608310", "2022-05-20T07:35:58.000Z", false);
        assert_reads("44701,608310", "2022-05-20T07:35:58.000Z", false);
        assert_reads("44701", "2022-05-19T17:00:00.000Z", true);
        assert_reads("44701.999999999999999999999", "2022-05-20T17:00:00.000Z", true);
        assert_eq!(parse("20000", DAY_FIRST), Err(DateError::OutOfRange));
        for other in ["19999", "80001", "899000", "1", "44701.", "44701.5.1"] {
            assert_eq!(parse(other, DAY_FIRST), Err(DateError::Unknown), "{other}");
        }
    }

    /// L5: zero dates became "now", and the machine's zone moved dates.
    #[test]
    fn l5_a_zero_date_is_none() {
        for text in [
            "",
            "  ",
            "-",
            "0000-00-00",
            "0000-00-00 00:00:00",
            "0000-00-00T00:00:00",
            "00/00/0000",
            "0000/00/00 00:00",
            "-0001-11-30 00:00:00",
        ] {
            assert_eq!(parse(text, DAY_FIRST), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_a_rule_and_doubt_is_told() {
        assert_eq!(read("03/04/2025").at, read("2025-04-03").at);
        let american = parse("03/04/2025", MONTH_FIRST).unwrap().unwrap();
        assert_eq!(american.at, read("2025-03-04").at);
        assert!(american.ambiguous && read("03/04/2025").ambiguous);
        for certain in ["04/04/2025", "31/12/2024", "2025-03-04", "3 April 2025"] {
            assert!(!read(certain).ambiguous, "{certain}");
        }
        assert_eq!(parse("12/31/2024", DAY_FIRST), Err(DateError::Impossible));
        assert_eq!(parse("31/12/2024", MONTH_FIRST), Err(DateError::Impossible));
    }

    #[test]
    fn a_day_that_does_not_exist_is_refused() {
        for text in [
            "31/02/2024",
            "2023-02-29",
            "2100-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-01-00",
            "31 April 2024",
            "2024-01-01 24:00:00",
            "2024-01-01 10:60",
        ] {
            assert_eq!(parse(text, DAY_FIRST), Err(DateError::Impossible), "{text}");
        }
        assert!(parse("2024-02-29", DAY_FIRST).is_ok());
    }

    #[test]
    fn years_outside_two_centuries_are_refused() {
        for text in ["1999-12-31", "1970-01-01 00:00:00", "2201-01-01", "31/12/9999"] {
            assert_eq!(parse(text, DAY_FIRST), Err(DateError::OutOfRange), "{text}");
        }
        assert_eq!(read("2099-12-31").end_of_day().to_string(), "2099-12-31T16:59:59.999Z");
        assert!(parse("2200-12-31", DAY_FIRST).is_ok());
    }

    #[test]
    fn what_is_no_date_is_unknown() {
        for text in [
            "yesterday",
            "9 Des 25",
            "31/12/24",
            "Foo 9, 2025",
            "2024-12",
            "20241231",
            "2024-12/31",
            "2024-12-31x",
            "2024-12-3114:05",
            "2024-12-31 14",
            "2024-12-31 14:5",
            "2024-12-31 14:05 MEZ",
            "2024-12-31 14:05:00+25:00",
            "2024-12-31 14:05 PM",
            "Desember 2025",
            "２０２４-１２-３１",
        ] {
            assert_eq!(parse(text, DAY_FIRST), Err(DateError::Unknown), "{text:?}");
        }
    }

    /// L23: a date-only expiry is the end of that day in Jakarta.
    #[test]
    fn l23_a_day_ends_at_its_last_millisecond_in_jakarta() {
        let day = read("2025-12-09");
        assert_eq!(day.end_of_day().to_string(), "2025-12-09T16:59:59.999Z");
        let timed = read("2025-12-09 08:00:00");
        assert_eq!(timed.end_of_day(), timed.at);
    }

    /// L22: lifetime had five representations side by side.
    #[test]
    fn l22_forever_has_one_representation() {
        assert_eq!(FOREVER.to_string(), "2099-12-31T23:59:59.999Z");
        assert_eq!(Millis::parse_rfc3339("2099-12-31T23:59:59.999Z"), Some(FOREVER));
    }

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        for (text, shown) in [
            ("Asia/Jakarta", "Asia/Jakarta"),
            ("asia/pontianak", "Asia/Jakarta"),
            ("Asia/Makassar", "Asia/Makassar"),
            ("Asia/Jayapura", "Asia/Jayapura"),
            ("UTC", "UTC"),
            ("+07:00", "Asia/Jakarta"),
            ("-03:30", "-03:30"),
        ] {
            let zone: SourceZone = text.parse().unwrap();
            assert_eq!(zone.to_string(), shown);
        }
        for refused in ["", "Europe/Berlin", "7", "+7:00", "+99:00", "+07:00x"] {
            let error = refused.parse::<SourceZone>().unwrap_err();
            assert!(error.to_string().contains("Asia/Jakarta"), "{error}");
        }
    }

    #[test]
    fn the_zone_of_the_rules_places_a_local_time() {
        let rules = DateRules { zone: "Asia/Jayapura".parse().unwrap(), ..DateRules::default() };
        let moment = parse("2025-12-09 09:00:00", rules).unwrap().unwrap();
        assert_eq!(moment.at.to_string(), "2025-12-09T00:00:00.000Z");
    }

    #[test]
    fn milliseconds_are_serialised_as_rfc_3339() {
        let json = serde_json::to_string(&Millis(1_611_308_058_000)).unwrap();
        assert_eq!(json, r#""2021-01-22T09:34:18.000Z""#);
        assert_eq!(Millis(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_day_number_of_one_epoch_is_written_in_the_other() {
        assert_eq!(shifted_serial(" 44195.5 ", DAYS_TO_1904).as_deref(), Some("45657.5"));
        for cell in ["", "2024-12-31", "441955", "x"] {
            assert_eq!(shifted_serial(cell, DAYS_TO_1904), None, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,32}") {
            let _ = (parse(&text, DAY_FIRST), parse(&text, MONTH_FIRST), text.parse::<SourceZone>());
        }

        #[test]
        fn anything_like_a_date_is_read_or_refused_without_a_panic(
            text in "[0-9]{1,5}[-/. ,]([0-9]{1,3}|Des|Mei)[-/. ,][0-9]{1,5}[ T,é]?[0-9]{0,2}[:.]?[0-9]{0,3}[-+Z:.0-9a-z ]{0,9}"
        ) {
            let _ = (parse(&text, DAY_FIRST), parse(&text, MONTH_FIRST));
        }

        #[test]
        fn days_are_counted_as_the_calendar_does(days in -200_000_i32..200_000) {
            let date = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Duration::days(days.into());
            let (year, month, day) = (date.year().into(), date.month().into(), date.day().into());
            prop_assert_eq!(days_from_civil(year, month, day), i64::from(days));
            prop_assert_eq!(civil_from_days(days.into()), (year, month, day));
        }

        #[test]
        fn a_moment_is_the_same_in_every_form(seconds in 946_684_800_i64..7_258_000_000) {
            let local = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let at = Millis((seconds - 7 * 3600) * 1000);
            for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H.%M.%S",
                "%Y/%m/%d %H:%M:%S", "%-d %B %Y %H:%M:%S", "%b %-d, %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000+07:00",
                "%d/%m/%Y %I:%M:%S %p"] {
                let text = local.format(form).to_string();
                let moment = parse(&text, DAY_FIRST).unwrap().unwrap();
                prop_assert_eq!(moment.at, at, "{}", text);
                prop_assert!(!moment.date_only);
            }
        }

        #[test]
        fn rfc_3339_comes_back_as_it_was(ms in -62_135_596_800_000_i64..253_402_300_800_000) {
            prop_assert_eq!(Millis::parse_rfc3339(&Millis(ms).to_string()), Some(Millis(ms)));
        }

        #[test]
        fn the_two_forms_of_the_exports_agree_with_the_calendar(year in 2000_i32..=2200, month in 0_u32..14, day in 0_u32..33) {
            let read = parse(&format!("{year}-{month:02}-{day:02}"), DAY_FIRST);
            prop_assert_eq!(read.is_ok(), NaiveDate::from_ymd_opt(year, month, day).is_some());
        }
    }
}

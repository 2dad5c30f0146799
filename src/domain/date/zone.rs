//! The time zone of an export.

use std::fmt;
use std::str::FromStr;

use chrono::FixedOffset;
use thiserror::Error;

use crate::domain::date::calendar::civil_from_days;
use crate::domain::date::cursor::Cursor;
use crate::domain::date::millis::{DAY_MS, MINUTE_MS, Millis, SECOND_MS};

pub(crate) const HOUR_SECONDS: i32 = 3600;

/// The time zone of times without an offset. It is a fixed offset, because Indonesia has no summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceZone(FixedOffset);

/// A name that is no accepted time zone.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown time zone {0:?}: use Asia/Jakarta, Asia/Pontianak, Asia/Makassar, Asia/Jayapura, UTC, or an offset such as +07:00"
)]
pub struct UnknownZone(String);

/// Accepted names and their offsets in hours; the first name of an offset is displayed.
const ZONES: [(&str, i32); 5] =
    [("Asia/Jakarta", 7), ("Asia/Pontianak", 7), ("Asia/Makassar", 8), ("Asia/Jayapura", 9), ("UTC", 0)];

impl SourceZone {
    /// UTC+7, the zone of Sejoli's servers and the default.
    pub const JAKARTA: SourceZone = SourceZone::east(7 * HOUR_SECONDS);

    pub(crate) const fn east(seconds: i32) -> SourceZone {
        match FixedOffset::east_opt(seconds) {
            Some(offset) => SourceZone(offset),
            None => panic!("an offset is shorter than a day"),
        }
    }

    pub(crate) fn offset_ms(self) -> i64 {
        i64::from(self.0.local_minus_utc()) * SECOND_MS
    }

    /// The day of a time in this zone: `2024-03-31`. A time beyond the calendar is no day.
    pub(crate) fn day_of(self, at: Millis) -> String {
        let days = at.0.saturating_add(self.offset_ms()).div_euclid(DAY_MS);
        match civil_from_days(days) {
            Some((year, month, day)) => format!("{year:04}-{month:02}-{day:02}"),
            None => "?".to_owned(),
        }
    }

    /// The minute of a time in this zone: `2024-03-31 09:30`.
    pub(crate) fn minute_of(self, at: Millis) -> String {
        let minutes = at.0.saturating_add(self.offset_ms()).rem_euclid(DAY_MS) / MINUTE_MS;
        format!("{} {:02}:{:02}", self.day_of(at), minutes / 60, minutes % 60)
    }

    /// The month of a time in this zone: `2024-03`.
    pub(crate) fn month_of(self, at: Millis) -> String {
        let mut day = self.day_of(at);
        day.truncate(day.rfind('-').unwrap_or(day.len()));
        day
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
        match offset(&mut cursor) {
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

/// Reads an offset: `+07:00`, `+0700` or `+07`.
pub(crate) fn offset(cursor: &mut Cursor<'_>) -> Option<SourceZone> {
    const WIDEST_HOURS: u32 = 14;
    let sign = if cursor.eat_one_of(&['+', '-'])? == '+' { 1 } else { -1 };
    let digits = cursor.digits();
    let (hours, minutes): (u32, u32) = match digits.len() {
        2 if cursor.eat(':') => (digits.parse().ok()?, cursor.number(2..=2)?),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_of_the_zone() {
        let last = Millis::parse_rfc3339("2024-02-29T16:59:59.999Z").expect("a time");
        assert_eq!(SourceZone::JAKARTA.month_of(last), "2024-02");
        assert_eq!(SourceZone::JAKARTA.month_of(Millis(last.0 + 1)), "2024-03");
        assert_eq!(SourceZone::JAKARTA.minute_of(last), "2024-02-29 23:59");
    }
}

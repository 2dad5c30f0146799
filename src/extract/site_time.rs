//! Times as the site has them: local, without an offset.

use std::fmt;
use std::num::NonZeroI64;

use crate::domain::date::{DAY_MS, Millis, SourceZone, civil_from_days, days_from_civil, two_digits};

const DAY_SECONDS: i64 = DAY_MS / 1000;

/// Seconds since 1970-01-01 00:00:00 of the site's own clock; that very second is no time of a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SiteTime(NonZeroI64);

impl SiteTime {
    /// Reads `YYYY-MM-DD HH:MM:SS`; a zero date and whatever is no time is none.
    pub(crate) fn of_datetime(text: &[u8]) -> Option<Self> {
        let text: &[u8; 19] = text.get(..19)?.try_into().ok()?;
        let year = two_digits(text, 0)? * 100 + two_digits(text, 2)?;
        Self::of_parts(year, two_digits(text, 5)?, two_digits(text, 8)?, text)
    }

    /// Reads `DD-MM-YYYY HH:MM:SS`, the form of the plugin's log.
    pub(crate) fn of_log(text: &[u8]) -> Option<Self> {
        let text: &[u8; 19] = text.try_into().ok()?;
        let year = two_digits(text, 6)? * 100 + two_digits(text, 8)?;
        Self::of_parts(year, two_digits(text, 3)?, two_digits(text, 0)?, text)
    }

    fn of_parts(year: u32, month: u32, day: u32, text: &[u8; 19]) -> Option<Self> {
        let (hour, minute, second) = (two_digits(text, 11)?, two_digits(text, 14)?, two_digits(text, 17)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_from_civil(year.into(), month.into(), day.into())?;
        let seconds = days * DAY_SECONDS + i64::from(hour * 3600 + minute * 60 + second);
        NonZeroI64::new(seconds).map(Self)
    }

    /// A point in time by the site's clock.
    pub(crate) fn of_instant(at: Millis, zone: SourceZone) -> Option<Self> {
        NonZeroI64::new((at.0 + zone.offset_ms()).div_euclid(1000)).map(Self)
    }

    /// A time of UTC by the site's clock.
    pub(crate) fn utc_by_site_clock(self, zone: SourceZone) -> Option<Self> {
        NonZeroI64::new(self.0.get() + zone.offset_ms() / 1000).map(Self)
    }

    /// The day alone.
    pub(crate) fn day(self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl fmt::Display for SiteTime {
    /// `2021-03-20 14:45:08`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, time) = (self.0.get().div_euclid(DAY_SECONDS), self.0.get().rem_euclid(DAY_SECONDS));
        let (year, month, day) = civil_from_days(days).unwrap_or_default();
        let (hour, minute, second) = (time / 3600, time % 3600 / 60, time % 60);
        // Millions of them are written: digit by digit is five times as quick as by the formatter.
        let mut text = *b"0000-00-00 00:00:00";
        for (at, number) in
            [(0, year / 100), (2, year % 100), (5, month), (8, day), (11, hour), (14, minute), (17, second)]
        {
            text[at] += (number / 10 % 10) as u8;
            text[at + 1] += (number % 10) as u8;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// A time as a cell; none is an empty one.
pub(crate) fn cell(time: Option<SiteTime>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_the_same_time() {
        let time = SiteTime::of_datetime(b"2025-11-21 02:29:33").expect("a time");
        assert_eq!(SiteTime::of_log(b"21-11-2025 02:29:33"), Some(time));
        assert_eq!((time.to_string(), time.day()), ("2025-11-21 02:29:33".into(), "2025-11-21".into()));
    }

    #[test]
    fn a_zero_date_and_what_is_no_time_are_none() {
        for text in
            ["0000-00-00 00:00:00", "", "NULL", "2021-02-30 00:00:00", "2021-02-03 25:00:00", "2021-02-03"]
        {
            assert_eq!(SiteTime::of_datetime(text.as_bytes()), None, "{text}");
        }
        assert_eq!(SiteTime::of_log(b""), None);
    }

    #[test]
    fn a_time_of_utc_moves_to_the_sites_clock() {
        let utc = SiteTime::of_datetime(b"2021-01-01 20:15:24").expect("a time");
        assert_eq!(cell(utc.utc_by_site_clock(SourceZone::JAKARTA)), "2021-01-02 03:15:24");
        assert_eq!(
            SiteTime::of_instant(Millis(0), SourceZone::JAKARTA).map(SiteTime::day),
            Some("1970-01-01".into())
        );
    }
}

//! Points in time as the engines with real types write them: `2024-03-05 06:07:08.009`, UTC. Every row
//! has several, so they are written and read digit by digit, with no format to interpret.

use crate::domain::date::{Millis, civil_from_days, days_from_civil, two_digits};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// The text of a number of microseconds since 1970, with so many decimals of its seconds (at most six);
/// nothing for a year that has not four digits.
pub(crate) fn text(micros: i64, decimals: usize) -> Option<String> {
    let date = civil_from_days(micros.div_euclid(DAY))?;
    let time = micros.rem_euclid(DAY);
    let seconds = time / SECOND;
    let clock = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    (0..=9999).contains(&date.0).then(|| calendar_text(date, clock, time % SECOND, decimals))
}

/// The same of a date and a time that are known already; what has more digits than its place is cut.
pub(crate) fn calendar_text(
    date: (i64, i64, i64),
    clock: (i64, i64, i64),
    micros: i64,
    decimals: usize,
) -> String {
    let mut text = String::with_capacity(32);
    push_digits(&mut text, date.0, 1000);
    let rest = [('-', date.1), ('-', date.2), (' ', clock.0), (':', clock.1), (':', clock.2)];
    for (sign, number) in rest {
        text.push(sign);
        push_digits(&mut text, number, 10);
    }
    if decimals > 0 {
        text.push('.');
        push_digits(&mut text, micros, SECOND / 10);
        text.truncate("2024-03-05 06:07:08.".len() + decimals);
    }
    text
}

/// Appends a number's digits; `unit` is what its first digit counts.
pub(in crate::store) fn push_digits(text: &mut String, number: i64, mut unit: i64) {
    while unit > 0 {
        text.push(char::from(b'0' + u8::try_from(number / unit % 10).unwrap_or(0)));
        unit /= 10;
    }
}

/// Reads such a text, with or without a mark of UTC behind it; finer than a millisecond is cut. Nothing for
/// any other form.
pub(crate) fn read(text: &str) -> Option<Millis> {
    let (head, rest) = text.as_bytes().split_at_checked(19)?;
    if [4, 7, 10, 13, 16].map(|at| head[at]) != *b"-- ::" {
        return None;
    }
    let [high, low, month, day, hour, minute, second] =
        [0, 2, 5, 8, 11, 14, 17].map(|at| two_digits(head, at));
    let date = (i64::from(high? * 100 + low?), i64::from(month?), i64::from(day?));
    let clock = (hour?.into(), minute?.into(), second?.into());
    Some(Millis(at(date, clock)?.0 + millis(rest)?))
}

/// A date and a time of day as a point in time; nothing where the calendar has no such day.
pub(crate) fn at(date: (i64, i64, i64), (hour, minute, second): (i64, i64, i64)) -> Option<Millis> {
    let days = days_from_civil(date.0, date.1, date.2)?;
    let exists = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    exists.then(|| Millis((days * 86_400 + hour * 3600 + minute * 60 + second) * 1000))
}

/// A number of microseconds since 1970, of which what is finer than a millisecond is cut; nothing for a
/// year that has not four digits.
pub(crate) fn of_micros(micros: i64) -> Option<Millis> {
    let years = days_from_civil(0, 1, 1)?..days_from_civil(10_000, 1, 1)?;
    years.contains(&micros.div_euclid(DAY)).then(|| Millis(micros.div_euclid(1000)))
}

/// What stands behind the seconds: decimals, and a mark of UTC.
fn millis(rest: &[u8]) -> Option<i64> {
    let decimals = match rest.strip_prefix(b".") {
        Some(decimals) => decimals,
        None if matches!(rest, b"" | b"Z" | b"+00:00") => return Some(0),
        None => return None,
    };
    let digits = decimals.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digit = |at: usize| if at < digits { i64::from(decimals[at] - b'0') } else { 0 };
    let is_utc = digits > 0 && matches!(&decimals[digits..], b"" | b"Z" | b"+00:00");
    is_utc.then(|| digit(0) * 100 + digit(1) * 10 + digit(2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_as_many_as_asked_for() {
        let micros = 1_709_618_828_009_010;
        assert_eq!(text(micros, 0).unwrap(), "2024-03-05 06:07:08");
        assert_eq!(text(micros, 3).unwrap(), "2024-03-05 06:07:08.009");
        assert_eq!(text(micros, 6).unwrap(), "2024-03-05 06:07:08.009010");
        assert_eq!(text(-1, 6).unwrap(), "1969-12-31 23:59:59.999999");
        assert_eq!(text(i64::MAX, 0), None);
    }

    #[test]
    fn what_is_not_in_this_form_is_left_to_others() {
        for other in [
            "",
            "2024-03-05",
            "2024-03-05T06:07:08Z",
            "2024-02-30 06:07:08",
            "2024-13-01 06:07:08",
            "2024-00-01 06:07:08",
            "2024-03-05 24:07:08",
            "2024-03-05 06:07:60",
            "2024-03-05 06:07:08.",
            "2024-03-05 06:07:08+07:00",
            "2024-03-05 06:07:08.009+07",
            "2024-03-05 06:07:0é",
            "infinity",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_time_is_the_same_as_the_calendar_of_chrono_has_it(micros in -62_000_000_000_000_000_i64..253_000_000_000_000_000) {
            let of_chrono = chrono::DateTime::from_timestamp_micros(micros).unwrap();
            for (decimals, format) in [(0, "%Y-%m-%d %H:%M:%S"), (3, "%Y-%m-%d %H:%M:%S%.3f"), (6, "%Y-%m-%d %H:%M:%S%.6f")] {
                prop_assert_eq!(text(micros, decimals).unwrap(), of_chrono.format(format).to_string());
            }
            prop_assert_eq!(of_micros(micros), Some(Millis(of_chrono.timestamp_millis())));
            for ending in ["", "Z", "+00:00"] {
                let whole = format!("{}{ending}", text(micros, 6).unwrap());
                prop_assert_eq!(read(&whole), Some(Millis(of_chrono.timestamp_millis())), "{}", whole);
            }
        }
    }
}

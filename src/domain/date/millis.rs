//! A point in time.

use crate::language::{Language, current};
use std::fmt;

use chrono::DateTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::date::calendar::civil_from_days;

pub(crate) const SECOND_MS: i64 = 1000;
pub(crate) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// Milliseconds since 1970-01-01T00:00:00Z; the resolution in which the app's database keeps time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// The end of a membership that never ends: 2099-12-31T23:59:59.999Z, the one representation of "lifetime"
/// (lesson L22, `docs/lessons.md`).
pub const FOREVER: Millis = Millis(4_102_444_799_999);

impl Millis {
    /// Reads RFC 3339 text with any offset; what is finer than a millisecond is cut off.
    pub fn parse_rfc3339(text: &str) -> Option<Millis> {
        let moment = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Millis(moment.timestamp_millis()))
    }
}

impl Millis {
    /// The instant as people write it in the language that is spoken: as programs do in English, `22/01/2021 09.34.18 UTC` in
    /// Indonesian.
    pub(crate) fn spoken(self) -> String {
        let text = self.to_string();
        match (current(), civil_from_days(self.0.div_euclid(DAY_MS))) {
            (Language::Id, Some((year, month, day))) => {
                let time = text[text.len() - 13..text.len() - 5].replace(':', ".");
                format!("{day:02}/{month:02}/{year:04} {time} UTC")
            }
            _ => text,
        }
    }
}

impl fmt::Display for Millis {
    /// RFC 3339 with three decimals: `2021-01-22T09:34:18.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((year, month, day)) = civil_from_days(self.0.div_euclid(DAY_MS)) else {
            return write!(f, "{} ms", self.0);
        };
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

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Millis::parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("no time"))
    }
}

//! Points in time in UTC, and the dates of exports that become such points.

mod calendar;
mod cursor;
mod millis;
mod moment;
mod parse;
mod serial;
mod zone;

pub(crate) use crate::domain::date::calendar::{civil_from_days, days_from_civil, two_digits};
pub(crate) use crate::domain::date::millis::DAY_MS;
pub use crate::domain::date::millis::{FOREVER, Millis};
pub use crate::domain::date::moment::{DateError, Moment};
pub use crate::domain::date::parse::{DateOrder, DateRules, parse, parse_end};
pub use crate::domain::date::serial::{DAYS_TO_1904, shift_serial};
pub use crate::domain::date::zone::{SourceZone, UnknownZone};

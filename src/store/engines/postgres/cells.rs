//! Rows of PostgreSQL as cells. Each cell holds all that stood there: as text it goes back into a
//! column of the same type unchanged.

use std::fmt::Write as _;

use chrono::DateTime;
use diesel::data_types::PgNumeric;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field as _, NamedRow, Row};
use diesel::sql_types::{BigInt, Bool, Double, Float, Integer, Numeric, SmallInt};

use crate::domain::money::Money;
use crate::store::codec::coder::decode_typed;
use crate::store::codec::json::{JsonText, compact};
use crate::store::codec::timestamp_text;
use crate::store::codec::value::{Cell, Kind, Read, Value};
use crate::store::engines::postgres::row::PostgresRow;
use crate::store::engines::statement::{cells_of, row_values};

/// A row, with the names of its columns left out.
#[derive(Debug)]
pub(super) struct PostgresCells(pub Vec<Cell>);

impl QueryableByName<Pg> for PostgresCells {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let cell = |index| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            field.value().map_or(Ok(Cell::Null), read)
        };
        cells_of(row.field_count(), cell).map(PostgresCells)
    }
}

/// The values of a row whose columns have these kinds.
///
/// # Errors
/// A value of a type that cannot be read.
pub(super) fn values(row: &PostgresRow, kinds: &[Kind]) -> deserialize::Result<Vec<Read>> {
    row_values(row, kinds, value)
}

/// What a value means, without a text on the way where there is a shorter one.
fn value(value: PgValue<'_>, kind: Kind) -> deserialize::Result<Read> {
    let bytes = value.as_bytes();
    let meant = match (value.get_oid().get(), kind) {
        (1114 | 1184, Kind::Time) => since_2000(bytes)?.and_then(timestamp_text::of_micros).map(Value::Time),
        (1700, Kind::Money) => sen(bytes).map(|minor| Value::Money(Money::from_minor(minor))),
        (3802, Kind::Json) => std::str::from_utf8(bytes.get(1..).unwrap_or_default())
            .map(|json| Some(Value::Json(JsonText(compact(json)))))?,
        _ => None,
    };
    meant.map_or_else(|| Ok(decode_typed(read(value)?, kind)), |meant| Ok(Ok(meant)))
}

/// An amount in sen; nothing for one that is finer, or no number.
fn sen(numeric: &[u8]) -> Option<i64> {
    let word = |at: usize| Some(u16::from_be_bytes(numeric.get(at..at + 2)?.try_into().ok()?));
    let (groups, weight, sign) = (word(0)?, word(2)?.cast_signed(), word(4)?);
    let mut minor = 0_i64;
    for group in 0..groups {
        let digits = i64::from(word(8 + 2 * usize::from(group))?);
        minor = minor.checked_add(match weight.checked_sub(group.cast_signed())? {
            power @ 0..=4 => digits.checked_mul(100 * 10_000_i64.pow(power.unsigned_abs().into()))?,
            -1 if digits % 100 == 0 => digits / 100,
            _ => return None,
        })?;
    }
    match sign {
        0 => Some(minor),
        0x4000 => Some(-minor),
        _ => None,
    }
}

/// A value by its type's number in PostgreSQL's own catalogue; anything else (an enum) is its text.
fn read(value: PgValue<'_>) -> deserialize::Result<Cell> {
    let oid = value.get_oid().get();
    Ok(match oid {
        16 => Cell::Int(i64::from(<bool as FromSql<Bool, Pg>>::from_sql(value)?)),
        17 => Cell::Blob(value.as_bytes().to_vec()),
        20 => Cell::Int(FromSql::<BigInt, Pg>::from_sql(value)?),
        21 => Cell::Int(<i16 as FromSql<SmallInt, Pg>>::from_sql(value)?.into()),
        23 => Cell::Int(<i32 as FromSql<Integer, Pg>>::from_sql(value)?.into()),
        700 => Cell::Text(<f32 as FromSql<Float, Pg>>::from_sql(value)?.to_string()),
        701 => Cell::Real(FromSql::<Double, Pg>::from_sql(value)?),
        1114 | 1184 => Cell::Text(time(value.as_bytes(), oid == 1184)?),
        1700 => Cell::Text(number(&FromSql::<Numeric, Pg>::from_sql(value)?)),
        3802 => Cell::Text(std::str::from_utf8(value.as_bytes().get(1..).unwrap_or_default())?.to_owned()),
        1007..=1016 | 1082 | 1083 | 1266 | 2950 => {
            return Err(format!("a column of type {oid} cannot be read").into());
        }
        _ => Cell::Text(std::str::from_utf8(value.as_bytes())?.to_owned()),
    })
}

/// Microseconds from 1970 to the first of January 2000, from which PostgreSQL counts.
pub(super) const EPOCH: i64 = 946_684_800_000_000;

/// Microseconds since 1970; nothing for the two infinities.
fn since_2000(bytes: &[u8]) -> deserialize::Result<Option<i64>> {
    let micros = i64::from_be_bytes(bytes.try_into()?);
    Ok((micros != i64::MAX && micros != i64::MIN).then(|| micros.saturating_add(EPOCH)))
}

fn time(bytes: &[u8], zoned: bool) -> deserialize::Result<String> {
    let Some(micros) = since_2000(bytes)? else {
        let sign = if bytes[0] & 0x80 == 0 { "" } else { "-" };
        return Ok(format!("{sign}infinity"));
    };
    let zone = if zoned { "+00:00" } else { "" };
    let decimals = match micros {
        _ if micros % 1_000_000 == 0 => 0,
        _ if micros % 1_000 == 0 => 3,
        _ => 6,
    };
    match timestamp_text::text(micros, decimals) {
        Some(text) => Ok(text + zone),
        None => {
            let time = DateTime::from_timestamp_micros(micros).ok_or("a time out of range")?;
            Ok(format!("{}{zone}", time.format("%Y-%m-%d %H:%M:%S%.f")))
        }
    }
}

/// The decimal text, digit by digit: groups of four.
fn number(number: &PgNumeric) -> String {
    let (sign, weight, scale, digits) = match number {
        PgNumeric::NaN => return "NaN".to_owned(),
        PgNumeric::Positive { weight, scale, digits } => ("", *weight, *scale, digits),
        PgNumeric::Negative { weight, scale, digits } => ("-", *weight, *scale, digits),
    };
    let group = |at: i32| usize::try_from(at).ok().and_then(|at| digits.get(at)).copied().unwrap_or(0);
    let weight = i32::from(weight);
    let push_group = |text: &mut String, group: i16| timestamp_text::push_digits(text, group.into(), 1000);
    let mut text = String::with_capacity(24);
    (0..=weight).for_each(|at| push_group(&mut text, group(at)));
    let zeros = text.bytes().take_while(|digit| *digit == b'0').count();
    text.replace_range(..zeros, sign);
    if text.len() == sign.len() {
        text.push('0');
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + usize::from(scale);
        (1..=i32::from(scale.div_ceil(4))).for_each(|at| push_group(&mut text, group(weight + at)));
        text.truncate(end);
    }
    text
}

/// A cell as the text that PostgreSQL reads.
pub(super) fn text(cell: Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Int(number) => Some(number.to_string()),
        Cell::Real(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text),
        Cell::Blob(bytes) => {
            let mut text = String::with_capacity(bytes.len() * 2 + 2);
            text.push_str("\\x");
            for byte in bytes {
                let _ = write!(text, "{byte:02x}");
            }
            Some(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_every_digit() {
        let positive = |weight, scale, digits| number(&PgNumeric::Positive { weight, scale, digits });
        assert_eq!(positive(1, 2, vec![15, 0, 5000]), "150000.50");
        assert_eq!(positive(0, 0, vec![]), "0");
        assert_eq!(positive(-1, 4, vec![1]), "0.0001");
        assert_eq!(positive(-2, 6, vec![1200]), "0.000012");
        assert_eq!(positive(0, 3, vec![7]), "7.000");
        assert_eq!(number(&PgNumeric::Negative { weight: 0, scale: 1, digits: vec![3, 5000] }), "-3.5");
    }

    #[test]
    fn a_time_keeps_its_microseconds() {
        let of = |micros: i64, zoned| time(&micros.to_be_bytes(), zoned).unwrap();
        assert_eq!(of(0, false), "2000-01-01 00:00:00");
        assert_eq!(of(1_009_000, true), "2000-01-01 00:00:01.009+00:00");
        assert_eq!(of(1, false), "2000-01-01 00:00:00.000001");
        assert_eq!(of(i64::MAX, false), "infinity");
        assert_eq!(of(i64::MIN, true), "-infinity");
    }

    #[test]
    fn an_amount_is_read_to_the_sen_and_no_further() {
        let numeric = |weight: i16, sign: u16, groups: &[u16]| {
            let head = [groups.len() as u16, weight as u16, sign, 0];
            let words = head.into_iter().chain(groups.iter().copied());
            sen(&words.flat_map(u16::to_be_bytes).collect::<Vec<u8>>())
        };
        assert_eq!(numeric(0, 0, &[]), Some(0));
        assert_eq!(numeric(1, 0, &[15, 0, 5000]), Some(15_000_050));
        assert_eq!(numeric(0, 0x4000, &[3, 5000]), Some(-350));
        assert_eq!(numeric(-1, 0, &[100]), Some(1));
        assert_eq!(numeric(-1, 0, &[150]), None, "half a sen");
        assert_eq!(numeric(-2, 0, &[1]), None);
        assert_eq!(numeric(0, 0xC000, &[]), None, "NaN");
        assert_eq!(numeric(5, 0, &[1]), None, "more than an amount can be");
        assert_eq!(numeric(4, 0, &[9999]), None);
        assert_eq!(sen(&[0, 1]), None);
    }
}

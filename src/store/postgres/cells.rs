//! Rows of PostgreSQL as cells. Each cell holds all that stood there: as text it goes back into a
//! column of the same type unchanged.

use std::fmt::Write as _;

use chrono::DateTime;
use diesel::data_types::PgNumeric;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field as _, NamedRow, Row};
use diesel::sql_types::{BigInt, Bool, Double, Float, Integer, Numeric, SmallInt};

use crate::store::clock;
use crate::store::value::Cell;

/// A row, with the names of its columns left out.
#[derive(Debug)]
pub struct Cells(pub Vec<Cell>);

impl QueryableByName<Pg> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let cell = |index| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            field.value().map_or(Ok(Cell::Null), read)
        };
        (0..row.field_count()).map(cell).collect::<deserialize::Result<Vec<_>>>().map(Cells)
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

/// Microseconds from the first of January 2000 to that of 1970.
const EPOCH: i64 = 946_684_800_000_000;

fn time(bytes: &[u8], zoned: bool) -> deserialize::Result<String> {
    let micros = match i64::from_be_bytes(bytes.try_into()?) {
        i64::MAX => return Ok("infinity".to_owned()),
        i64::MIN => return Ok("-infinity".to_owned()),
        micros => micros.saturating_add(EPOCH),
    };
    let zone = if zoned { "+00:00" } else { "" };
    let decimals = match micros {
        _ if micros % 1_000_000 == 0 => 0,
        _ if micros % 1_000 == 0 => 3,
        _ => 6,
    };
    match clock::text(micros, decimals) {
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
    let push_group = |text: &mut String, group: i16| clock::push_digits(text, group.into(), 1000);
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
pub fn text(cell: Cell) -> Option<String> {
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
    }
}

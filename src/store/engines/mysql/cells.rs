//! Rows of MySQL as cells. Each cell holds all that stood there: bound again, it goes back into a
//! column of the same type unchanged.

use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::mysql::data_types::MysqlTime;
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::row::{Field as _, NamedRow, Row};
use diesel::sql_types::{BigInt, Datetime, Double};

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::coder;
use crate::store::codec::timestamp_text;
use crate::store::codec::timestamp_text::calendar_text;
use crate::store::codec::value::{Cell, Kind, Read, Value};
use crate::store::engines::mysql::row::MysqlRow;
use crate::store::engines::statement::{cells_of, row_values};

/// A row, with the names of its columns left out.
#[derive(Debug)]
pub(super) struct MysqlCells(pub Vec<Cell>);

impl QueryableByName<Mysql> for MysqlCells {
    fn build<'a>(row: &impl NamedRow<'a, Mysql>) -> deserialize::Result<Self> {
        let cell = |index| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            field.value().map_or(Ok(Cell::Null), read)
        };
        cells_of(row.field_count(), cell).map(MysqlCells)
    }
}

/// The values of a row whose columns have these kinds.
///
/// # Errors
/// A value of a type that cannot be read.
pub(super) fn values(row: &MysqlRow, kinds: &[Kind]) -> deserialize::Result<Vec<Read>> {
    row_values(row, kinds, value)
}

/// What a value means, without a text on the way where there is a shorter one.
fn value(value: MysqlValue<'_>, kind: Kind) -> deserialize::Result<Read> {
    use MysqlType::{DateTime, Numeric, Timestamp};
    let plain = |value: &MysqlValue<'_>| Money::from_plain(std::str::from_utf8(value.as_bytes()).ok()?);
    match (value.value_type(), kind) {
        (DateTime | Timestamp, Kind::Time) => {
            let stored = FromSql::<Datetime, Mysql>::from_sql(value)?;
            Ok(point(&stored).map_or_else(|| decode(Cell::Text(time(&stored)), kind), Ok))
        }
        (Numeric, Kind::Money) => match plain(&value) {
            Some(amount) => Ok(Ok(Value::Money(amount))),
            None => Ok(decode(read(value)?, kind)),
        },
        _ => Ok(decode(read(value)?, kind)),
    }
}

/// A cell as the value that its column means; bytes that are a text were read as one.
pub(super) fn decode(cell: Cell, kind: Kind) -> Read {
    match (kind, cell) {
        (Kind::Bytes, Cell::Text(text)) => Ok(Value::Bytes(text.into_bytes())),
        (kind, cell) => coder::decode_typed(cell, kind),
    }
}

/// A time, of which what is finer than a millisecond is cut.
fn point(time: &MysqlTime) -> Option<Value> {
    let (date, clock) = parts(time);
    let whole = timestamp_text::at(date, clock)?;
    let millis = i64::try_from(time.second_part / 1000).ok()?;
    Some(Value::Time(Millis(whole.0 + millis)))
}

fn read(value: MysqlValue<'_>) -> deserialize::Result<Cell> {
    use MysqlType::{
        Date, DateTime, Float, Long, LongLong, Short, Timestamp, Tiny, UnsignedLong, UnsignedLongLong,
        UnsignedShort, UnsignedTiny,
    };
    Ok(match value.value_type() {
        Tiny | Short | Long | LongLong | UnsignedTiny | UnsignedShort | UnsignedLong | UnsignedLongLong => {
            Cell::Int(FromSql::<BigInt, Mysql>::from_sql(value)?)
        }
        MysqlType::Double => Cell::Real(FromSql::<Double, Mysql>::from_sql(value)?),
        // A float's own shortest text comes back as the same float; by way of a double it would not.
        Float => Cell::Text(f32::from_le_bytes(value.as_bytes().try_into()?).to_string()),
        Date | DateTime | Timestamp => Cell::Text(time(&FromSql::<Datetime, Mysql>::from_sql(value)?)),
        MysqlType::Time => return Err("a column of type TIME cannot be read".into()),
        // A text whose collation is binary looks like bytes; both are bound alike.
        _ => match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Blob(value.as_bytes().to_vec()),
        },
    })
}

fn time(time: &MysqlTime) -> String {
    let (date, clock) = parts(time);
    calendar_text(date, clock, i64::try_from(time.second_part).unwrap_or(0), 6)
}

/// The date, and the time of the day.
fn parts(time: &MysqlTime) -> ((i64, i64, i64), (i64, i64, i64)) {
    let date = (time.year.into(), time.month.into(), time.day.into());
    (date, (time.hour.into(), time.minute.into(), time.second.into()))
}

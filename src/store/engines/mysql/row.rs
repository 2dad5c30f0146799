//! A row of MySQL's as Diesel wants it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use diesel::mysql::data_types::{MysqlTime, MysqlTimestampType};
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::row::{Field, PartialRow, RowIndex, RowSealed};
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::{Column, Row, Value};

/// A row.
#[derive(Debug)]
pub(crate) struct MysqlRow {
    columns: Arc<[Column]>,
    values: Vec<Value>,
}

impl MysqlRow {
    /// A row whose values came in the binary protocol.
    pub(super) fn of_binary(row: Row) -> Self {
        Self { columns: row.columns(), values: row.unwrap() }
    }

    /// A row whose values came in the text protocol; each becomes what the binary protocol would have made of it.
    pub(super) fn of_text(row: Row) -> Self {
        let columns = row.columns();
        let typed = |(value, column): (Value, &Column)| match value {
            Value::Bytes(text) => of_text(column, &text).unwrap_or(Value::Bytes(text)),
            value => value,
        };
        let values = row.unwrap().into_iter().zip(columns.iter()).map(typed).collect();
        Self { columns, values }
    }
}

impl RowSealed for MysqlRow {}

impl RowIndex<usize> for MysqlRow {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.values.len()).then_some(index)
    }
}

impl<'a> RowIndex<&'a str> for MysqlRow {
    fn idx(&self, name: &'a str) -> Option<usize> {
        self.columns.iter().position(|column| column.name_str() == name)
    }
}

impl<'a> diesel::row::Row<'a, Mysql> for MysqlRow {
    type InnerPartialRow = Self;
    type Field<'b>
        = MysqlField<'b>
    where
        Self: 'b,
        'a: 'b;

    fn field_count(&self) -> usize {
        self.values.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<Self::Field<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        let index = self.idx(index)?;
        let column = &self.columns[index];
        Some(MysqlField { name: column.name_str(), value: bytes(&self.values[index]), meant: meant(column) })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self::InnerPartialRow> {
        PartialRow::new(self, range)
    }
}

/// A value of a row.
#[derive(Debug)]
pub(crate) struct MysqlField<'a> {
    name: Cow<'a, str>,
    value: Option<Cow<'a, [u8]>>,
    meant: MysqlType,
}

impl<'a> Field<'a, Mysql> for MysqlField<'a> {
    fn field_name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn value(&self) -> Option<MysqlValue<'_>> {
        self.value.as_ref().map(|value| MysqlValue::new(value, self.meant))
    }
}

/// What a text means in a column of a number or a time; nothing where a text is what the column has.
fn of_text(column: &Column, text: &[u8]) -> Option<Value> {
    let text = || std::str::from_utf8(text).ok();
    match meant(column) {
        MysqlType::Tiny | MysqlType::Short | MysqlType::Long | MysqlType::LongLong => {
            text()?.parse().ok().map(Value::Int)
        }
        MysqlType::UnsignedTiny
        | MysqlType::UnsignedShort
        | MysqlType::UnsignedLong
        | MysqlType::UnsignedLongLong => text()?.parse().ok().map(Value::UInt),
        MysqlType::Float => text()?.parse().ok().map(Value::Float),
        MysqlType::Double => text()?.parse().ok().map(Value::Double),
        MysqlType::Date | MysqlType::DateTime | MysqlType::Timestamp => date_of(text()?),
        _ => None,
    }
}

/// `2026-01-31 23:59:58.123456`; what follows the date may be left out from its end.
fn date_of(text: &str) -> Option<Value> {
    let (date, clock) = text.split_once(' ').unwrap_or((text, "0:0:0"));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut date = date.split('-');
    let (year, month, day) =
        (date.next()?.parse().ok()?, date.next()?.parse().ok()?, date.next()?.parse().ok()?);
    let mut clock = clock.split(':');
    let mut part = || clock.next()?.parse::<u8>().ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    let micros = format!("{fraction:0<6}").parse().ok()?;
    Some(Value::Date(year, month, day, hour, minute, second, micros))
}

/// Whether a column's values come in full in the text protocol. One of type FLOAT prints six digits.
pub(super) fn is_full_as_text(column: &Column) -> bool {
    column.column_type() != ColumnType::MYSQL_TYPE_FLOAT
}

/// A value in the form in which the protocol, and Diesel, has it: the numbers' lowest byte comes first, so
/// that a narrow one is the beginning of a wide one.
fn bytes(value: &Value) -> Option<Cow<'_, [u8]>> {
    let time = |year: u16, month, [day, hour, minute, second]: [u32; 4], micros: u32, negative, kind| {
        let (year, month) = (year.into(), u32::from(month));
        let micros = u64::from(micros);
        MysqlTime::new(year, month, day, hour, minute, second, micros, negative, kind, 0)
    };
    Some(match *value {
        Value::NULL => return None,
        Value::Bytes(ref bytes) => Cow::Borrowed(bytes),
        Value::Int(number) => Cow::Owned(number.to_le_bytes().to_vec()),
        Value::UInt(number) => Cow::Owned(number.to_le_bytes().to_vec()),
        Value::Float(number) => Cow::Owned(number.to_le_bytes().to_vec()),
        Value::Double(number) => Cow::Owned(number.to_le_bytes().to_vec()),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let parts = [day, hour, minute, second].map(u32::from);
            let kind = MysqlTimestampType::MYSQL_TIMESTAMP_DATETIME;
            Cow::Owned(time(year, month, parts, micros, false, kind).serialize().to_vec())
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            let parts = [days, hours.into(), minutes.into(), seconds.into()];
            let kind = MysqlTimestampType::MYSQL_TIMESTAMP_TIME;
            Cow::Owned(time(0, 0_u8, parts, micros, negative, kind).serialize().to_vec())
        }
    })
}

/// What a column of a result holds. What is no number and no time comes as it would be written.
fn meant(column: &Column) -> MysqlType {
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let either = |with_sign, without| if unsigned { without } else { with_sign };
    match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY => either(MysqlType::Tiny, MysqlType::UnsignedTiny),
        ColumnType::MYSQL_TYPE_SHORT | ColumnType::MYSQL_TYPE_YEAR => {
            either(MysqlType::Short, MysqlType::UnsignedShort)
        }
        ColumnType::MYSQL_TYPE_LONG | ColumnType::MYSQL_TYPE_INT24 => {
            either(MysqlType::Long, MysqlType::UnsignedLong)
        }
        ColumnType::MYSQL_TYPE_LONGLONG => either(MysqlType::LongLong, MysqlType::UnsignedLongLong),
        ColumnType::MYSQL_TYPE_FLOAT => MysqlType::Float,
        ColumnType::MYSQL_TYPE_DOUBLE => MysqlType::Double,
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => MysqlType::Numeric,
        ColumnType::MYSQL_TYPE_TIMESTAMP => MysqlType::Timestamp,
        ColumnType::MYSQL_TYPE_DATE => MysqlType::Date,
        ColumnType::MYSQL_TYPE_TIME => MysqlType::Time,
        ColumnType::MYSQL_TYPE_DATETIME => MysqlType::DateTime,
        ColumnType::MYSQL_TYPE_BIT => MysqlType::Bit,
        _ if column.flags().contains(ColumnFlags::ENUM_FLAG) => MysqlType::Enum,
        _ if column.flags().contains(ColumnFlags::SET_FLAG) => MysqlType::Set,
        ColumnType::MYSQL_TYPE_JSON => MysqlType::String,
        _ if column.flags().contains(ColumnFlags::BINARY_FLAG) => MysqlType::Blob,
        _ => MysqlType::String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_to_its_microseconds() {
        assert_eq!(date_of("2026-01-31 23:59:58.123"), Some(Value::Date(2026, 1, 31, 23, 59, 58, 123_000)));
        assert_eq!(date_of("2026-01-31 23:59:58"), Some(Value::Date(2026, 1, 31, 23, 59, 58, 0)));
        assert_eq!(date_of("0000-00-00"), Some(Value::Date(0, 0, 0, 0, 0, 0, 0)));
        assert_eq!(date_of("soon"), None);
    }
}

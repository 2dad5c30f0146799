//! The stored forms of values: how each engine's cells are written, and what the engines have in common
//! when cells are read.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::json::{JsonText, compact};
use crate::store::codec::timestamp_text;
use crate::store::codec::value::{BadCell, Cell, Kind, Read, Value};

/// The two forms in which Prisma keeps times in an SQLite database. A database holds one of them only:
/// SQLite would order a mixture by storage class instead of by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// Integer milliseconds since 1970.
    Millis,
    /// Text such as `2024-03-05T06:07:08.009+00:00`.
    Text,
}

/// The form in which a connection stores values; the same for every value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coder {
    /// SQLite, by the form of its times.
    Sqlite(TimeForm),
    /// An engine with real types.
    Typed {
        /// Appended to a time to say that it is UTC (`+00:00`); empty where a column has no time zone.
        offset: &'static str,
    },
}

impl Coder {
    /// A value as it is stored.
    pub(crate) fn encode(self, value: Value) -> Cell {
        match self {
            Coder::Sqlite(times) => encode_untyped(value, times),
            Coder::Typed { offset } => encode_typed(value, offset),
        }
    }
}

/// A stored cell as the value that its column means.
///
/// # Errors
/// A cell whose storage class or text cannot mean what the column promises.
pub(crate) fn decode(cell: Cell, kind: Kind) -> Read {
    match (kind, cell) {
        (_, Cell::Null) => Ok(Value::Null),
        (Kind::Text | Kind::Enum(_), Cell::Text(text)) => Ok(Value::Text(text)),
        (Kind::Json, Cell::Text(text)) => Ok(Value::Json(JsonText(text))),
        (Kind::Int, Cell::Int(number)) => Ok(Value::Int(number)),
        (Kind::Bool, Cell::Int(number @ (0 | 1))) => Ok(Value::Bool(number == 1)),
        (Kind::Real, Cell::Real(number)) => Ok(Value::Real(number)),
        (Kind::Real, Cell::Int(number)) => Ok(Value::Real(number as f64)),
        (Kind::Bytes, Cell::Blob(bytes)) => Ok(Value::Bytes(bytes)),
        (Kind::Money, cell) => money(&cell).map(Value::Money).ok_or_else(|| bad("an amount", &cell)),
        (Kind::Time, cell) => time(&cell).map(Value::Time).ok_or_else(|| bad("a time", &cell)),
        (Kind::Text | Kind::Enum(_) | Kind::Json, cell) => Err(bad("text", &cell)),
        (Kind::Int, cell) => Err(bad("a whole number", &cell)),
        (Kind::Bool, cell) => Err(bad("a boolean", &cell)),
        (Kind::Real, cell) => Err(bad("a number", &cell)),
        (Kind::Bytes, cell) => Err(bad("bytes", &cell)),
    }
}

/// Decodes a cell of an engine with real types. Those write JSON with spaces between its parts, which
/// are removed.
///
/// # Errors
/// Those of [`decode`].
pub(crate) fn decode_typed(cell: Cell, kind: Kind) -> Read {
    match (kind, cell) {
        (Kind::Json, Cell::Text(text)) => Ok(Value::Json(JsonText(compact(&text)))),
        (kind, cell) => decode(cell, kind),
    }
}

fn bad(expected: &'static str, cell: &Cell) -> BadCell {
    BadCell::new(expected, cell.class())
}

/// A double stands for the amount that its shortest decimal text says: that text is what was stored.
fn money(cell: &Cell) -> Option<Money> {
    match cell {
        Cell::Int(rupiah) => rupiah.checked_mul(100).map(Money::from_minor),
        Cell::Real(number) => sen(*number).or_else(|| Money::from_plain(&number.to_string())),
        Cell::Text(text) => Money::from_plain(text),
        _ => None,
    }
}

/// The amount of a double in sen, where it can be told without its decimal text. Two different numbers of
/// at most fifteen digits never share a double, so the number of sen whose double this is must be the amount.
fn sen(number: f64) -> Option<Money> {
    const FIFTEEN_DIGITS: f64 = 1e15;
    let minor = (number * 100.0).round();
    let same = minor.abs() < FIFTEEN_DIGITS && minor / 100.0 == number;
    same.then(|| Money::from_minor(minor as i64))
}

/// Reads milliseconds since 1970, RFC 3339, or a date and a time with a space between them; a text
/// without an offset is UTC.
fn time(cell: &Cell) -> Option<Millis> {
    match cell {
        Cell::Int(millis) => Some(Millis(*millis)),
        Cell::Text(text) => {
            if let Some(time) = timestamp_text::read(text) {
                return Some(time);
            }
            let text = text.replacen(' ', "T", 1);
            Millis::parse_rfc3339(&text).or_else(|| Millis::parse_rfc3339(&format!("{text}Z")))
        }
        _ => None,
    }
}

/// A value as Prisma stores it in SQLite. A whole amount becomes an integer, any other one a text that
/// the column's NUMERIC affinity converts, so that no amount passes through a float here.
fn encode_untyped(value: Value, times: TimeForm) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Int(i64::from(flag)),
        Value::Int(number) => Cell::Int(number),
        Value::Real(number) => Cell::Real(number),
        Value::Money(amount) if amount.minor() % 100 == 0 => Cell::Int(amount.minor() / 100),
        Value::Money(amount) => Cell::Text(amount.plain()),
        Value::Time(time) => match times {
            TimeForm::Millis => Cell::Int(time.0),
            TimeForm::Text => Cell::Text(time.to_string().replace('Z', "+00:00")),
        },
        Value::Text(text) => Cell::Text(text),
        Value::Json(json) => Cell::Text(json.0),
        Value::Bytes(bytes) => Cell::Blob(bytes),
    }
}

/// A value for an engine with real types: amounts and times as text, so that neither a float nor the
/// session's time zone can change them.
fn encode_typed(value: Value, offset: &str) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Int(i64::from(flag)),
        Value::Int(number) => Cell::Int(number),
        Value::Real(number) => Cell::Real(number),
        Value::Money(amount) => Cell::Text(amount.plain()),
        Value::Time(time) => Cell::Text(time_text(time, offset)),
        Value::Text(text) => Cell::Text(text),
        Value::Json(json) => Cell::Text(json.0),
        Value::Bytes(bytes) => Cell::Blob(bytes),
    }
}

fn time_text(time: Millis, offset: &str) -> String {
    match time.0.checked_mul(1000).and_then(|micros| timestamp_text::text(micros, 3)) {
        Some(text) => text + offset,
        None => time.to_string().replacen('T', " ", 1).replace('Z', offset),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_keeps_its_sen_in_every_storage_class() {
        for cell in [Cell::Text("150000.500000000000000000000000000000".into()), Cell::Real(150_000.5)] {
            assert_eq!(decode(cell, Kind::Money), Ok(Value::Money(Money::from_minor(15_000_050))));
        }
        assert_eq!(
            encode_typed(Value::Money(Money::from_minor(15_000_050)), ""),
            Cell::Text("150000.5".into())
        );
        assert_eq!(encode_typed(Value::Money(Money::from_minor(100)), ""), Cell::Text("1".into()));
    }

    #[test]
    fn an_amount_comes_back_from_sqlite_to_the_sen() {
        for minor in [0, 100, 15_012_350, 1, 99_999_999_999_999] {
            let amount = Money::from_minor(minor);
            let stored = match encode_untyped(Value::Money(amount), TimeForm::Millis) {
                Cell::Text(plain) => Cell::Real(plain.parse().unwrap()),
                whole => whole,
            };
            assert_eq!(decode(stored, Kind::Money), Ok(Value::Money(amount)));
        }
    }

    #[test]
    fn both_forms_of_a_time_in_sqlite_are_read() {
        let time = Millis(1_709_618_828_009);
        for form in [TimeForm::Millis, TimeForm::Text] {
            let stored = encode_untyped(Value::Time(time), form);
            assert_eq!(decode(stored, Kind::Time), Ok(Value::Time(time)));
        }
        assert_eq!(
            encode_untyped(Value::Time(time), TimeForm::Text),
            Cell::Text("2024-03-05T06:07:08.009+00:00".into())
        );
    }

    proptest! {
        #[test]
        fn a_double_is_the_amount_that_its_shortest_text_says(number in any::<f64>(), minor in any::<i64>(), digits in 0..17_u32) {
            let near = (minor % 10_i64.pow(digits)) as f64 / 100.0;
            for number in [number, near, near.next_up(), near * 1.000_000_1] {
                if let Some(amount) = sen(number) {
                    prop_assert_eq!(Some(amount), Money::from_plain(&number.to_string()), "{}", number);
                }
            }
            if digits < 15 {
                prop_assert_eq!(sen(near), Some(Money::from_minor(minor % 10_i64.pow(digits))));
            }
        }
    }

    #[test]
    fn a_time_comes_back_to_the_millisecond() {
        let time = Value::Time(Millis(1_709_618_828_009));
        for offset in ["", "+00:00"] {
            let stored = encode_typed(time.clone(), offset);
            assert_eq!(stored, Cell::Text(format!("2024-03-05 06:07:08.009{offset}")));
            assert_eq!(decode(stored, Kind::Time), Ok(time.clone()));
        }
    }

    #[test]
    fn the_text_true_is_no_boolean() {
        assert!(decode(Cell::Text("true".into()), Kind::Bool).is_err());
    }
}

//! Out of the stored form: what the engines have in common.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::json::{JsonText, compact};
use crate::store::codec::timestamp_text;
use crate::store::codec::value::{BadCell, Cell, Kind, Read, Value};
use crate::store::engines::mode::TimeForm;

/// Into the form in which an engine stores values; the same for every value of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coder {
    /// SQLite, by the form of its times.
    Sqlite(TimeForm),
    /// An engine with real types; what is put behind a time says that it is UTC.
    Typed {
        /// Nothing, or an offset.
        offset: &'static str,
    },
}

impl Coder {
    /// A value as it is stored.
    pub fn encode(self, value: Value) -> Cell {
        match self {
            Coder::Sqlite(times) => crate::store::engines::sqlite::encode(value, times),
            Coder::Typed { offset } => encode(value, offset),
        }
    }
}

/// A stored cell as the value that its column means.
///
/// # Errors
/// A cell whose storage class or text cannot mean what the column promises.
pub fn decode(cell: Cell, kind: Kind) -> Read {
    match (kind, cell) {
        (_, Cell::Null) => Ok(Value::Null),
        (Kind::Text | Kind::Enum(_), Cell::Text(text)) => Ok(Value::Text(text)),
        (Kind::Json, Cell::Text(text)) => Ok(Value::Json(JsonText(text))),
        (Kind::Int, Cell::Int(number)) => Ok(Value::Int(number)),
        (Kind::Bool, Cell::Int(number @ (0 | 1))) => Ok(Value::Bool(number == 1)),
        (Kind::Real, Cell::Real(number)) => Ok(Value::Real(number)),
        (Kind::Real, Cell::Int(number)) => Ok(Value::Real(number as f64)),
        (Kind::Bytes, Cell::Blob(bytes)) => Ok(Value::Bytes(bytes)),
        (Kind::Money, cell) => money(&cell).map(Value::Money).ok_or(bad("an amount", &cell)),
        (Kind::Time, cell) => time(&cell).map(Value::Time).ok_or(bad("a time", &cell)),
        (Kind::Text | Kind::Enum(_) | Kind::Json, cell) => Err(bad("text", &cell)),
        (Kind::Int, cell) => Err(bad("a whole number", &cell)),
        (Kind::Bool, cell) => Err(bad("a boolean", &cell)),
        (Kind::Real, cell) => Err(bad("a number", &cell)),
        (Kind::Bytes, cell) => Err(bad("bytes", &cell)),
    }
}

/// The same of the engines that have real types: they put spaces into JSON, which mean nothing.
pub fn decode_typed(cell: Cell, kind: Kind) -> Read {
    match (kind, cell) {
        (Kind::Json, Cell::Text(text)) => Ok(Value::Json(JsonText(compact(&text)))),
        (kind, cell) => decode(cell, kind),
    }
}

fn bad(expected: &'static str, cell: &Cell) -> BadCell {
    BadCell { expected, found: cell.class().into() }
}

/// A double's shortest decimal text is the amount that was stored.
fn money(cell: &Cell) -> Option<Money> {
    match cell {
        Cell::Int(rupiah) => rupiah.checked_mul(100).map(Money::from_minor),
        Cell::Real(number) => sen(*number).or_else(|| Money::from_plain(&number.to_string())),
        Cell::Text(text) => Money::from_plain(text),
        _ => None,
    }
}

/// A double as an amount, where that is beyond doubt: it is the one nearest to a number of sen, of which
/// fifteen digits are never two to a double. So many digits are also the shortest text that there is for it.
fn sen(number: f64) -> Option<Money> {
    const FIFTEEN_DIGITS: f64 = 1e15;
    let minor = (number * 100.0).round();
    let same = minor.abs() < FIFTEEN_DIGITS && minor / 100.0 == number;
    same.then(|| Money::from_minor(minor as i64))
}

/// Milliseconds; RFC 3339; or a date and a time with a space between, UTC where nothing is said.
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

/// Into the form of the engines that have real types: amounts and times as text, without a float or
/// a zone of the session on the way.
pub fn encode(value: Value, offset: &str) -> Cell {
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
        assert_eq!(encode(Value::Money(Money::from_minor(15_000_050)), ""), Cell::Text("150000.5".into()));
        assert_eq!(encode(Value::Money(Money::from_minor(100)), ""), Cell::Text("1".into()));
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
            let stored = encode(time.clone(), offset);
            assert_eq!(stored, Cell::Text(format!("2024-03-05 06:07:08.009{offset}")));
            assert_eq!(decode(stored, Kind::Time), Ok(time.clone()));
        }
    }

    #[test]
    fn the_text_true_is_no_boolean() {
        assert!(decode(Cell::Text("true".into()), Kind::Bool).is_err());
    }
}

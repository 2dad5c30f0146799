//! Rows in the binary format of COPY.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::encoder::Packer;
use crate::store::codec::value::{Kind, Value};
use crate::store::engines::engine::ColumnSet;
use crate::store::engines::postgres::cells::EPOCH;

/// Fewer rows go by an INSERT, which takes those of several tables in one round trip.
const MANY: usize = 128;

/// What the format begins with: its signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with, in place of a row's number of cells.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// In place of the length of a cell that is NULL.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// The columns of a table whose values all have a form here.
#[derive(Debug)]
pub(super) struct Columns(Vec<BinaryForm>);

/// How a column's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BinaryForm {
    Text,
    Jsonb,
    Bool,
    Small,
    Int,
    Big,
    Double,
    Numeric,
    Time,
    Bytes,
}

impl Columns {
    /// What packs rows of these columns; nothing when one of them has a type that is not known here.
    pub(super) fn new(into: &ColumnSet, kinds: &[Kind]) -> Option<Self> {
        let forms =
            into.columns.iter().zip(kinds).map(|((_, declared), kind)| BinaryForm::of(declared, *kind));
        forms.collect::<Option<_>>().map(Self)
    }
}

impl Packer for Columns {
    fn pack(&self, rows: &[Vec<Value>], present: &[usize]) -> Option<Vec<u8>> {
        if rows.len() < MANY {
            return None;
        }
        let cells = i16::try_from(self.0.len()).ok()?.to_be_bytes();
        let mut out = HEADER.to_vec();
        for row in rows {
            out.extend(cells);
            for (&at, form) in present.iter().zip(&self.0) {
                form.push(&row[at], &mut out)?;
            }
        }
        out.extend(TRAILER);
        Some(out)
    }
}

impl BinaryForm {
    /// The form of a column, by its type as the catalogue spells it. A type that is not PostgreSQL's own
    /// is taken for an enum only where the column means one.
    fn of(declared: &str, kind: Kind) -> Option<Self> {
        let (name, rest) = declared.split_once('(').unwrap_or((declared, ""));
        let zone = rest.split_once(')').map_or("", |(_, zone)| zone);
        Some(match (format!("{name}{zone}").as_str(), kind) {
            ("text" | "character varying" | "json", _) => BinaryForm::Text,
            ("jsonb", _) => BinaryForm::Jsonb,
            ("boolean", _) => BinaryForm::Bool,
            ("smallint", _) => BinaryForm::Small,
            ("integer", _) => BinaryForm::Int,
            ("bigint", _) => BinaryForm::Big,
            ("double precision", _) => BinaryForm::Double,
            ("numeric", _) => BinaryForm::Numeric,
            ("timestamp without time zone" | "timestamp with time zone", _) => BinaryForm::Time,
            ("bytea", _) => BinaryForm::Bytes,
            (_, Kind::Enum(_)) => BinaryForm::Text,
            _ => return None,
        })
    }

    /// Appends a value with its length; nothing for one that the column cannot hold as it is.
    fn push(self, value: &Value, out: &mut Vec<u8>) -> Option<()> {
        match (self, value) {
            (_, Value::Null) => out.extend(NULL),
            (BinaryForm::Text, Value::Text(text)) => push(out, text.as_bytes())?,
            (BinaryForm::Text, Value::Json(json)) => push(out, json.0.as_bytes())?,
            (BinaryForm::Jsonb, Value::Json(json)) => {
                out.extend(i32::try_from(json.0.len() + 1).ok()?.to_be_bytes());
                out.push(1);
                out.extend(json.0.as_bytes());
            }
            (BinaryForm::Bool, Value::Bool(flag)) => push(out, &[u8::from(*flag)])?,
            (BinaryForm::Small, Value::Int(number)) => {
                push(out, &i16::try_from(*number).ok()?.to_be_bytes())?
            }
            (BinaryForm::Int, Value::Int(number)) => push(out, &i32::try_from(*number).ok()?.to_be_bytes())?,
            (BinaryForm::Big, Value::Int(number)) => push(out, &number.to_be_bytes())?,
            (BinaryForm::Double, Value::Real(number)) => push(out, &number.to_be_bytes())?,
            (BinaryForm::Numeric, Value::Money(amount)) => push_numeric(out, *amount),
            (BinaryForm::Time, Value::Time(time)) => push(out, &micros(*time)?.to_be_bytes())?,
            (BinaryForm::Bytes, Value::Bytes(bytes)) => push(out, bytes)?,
            _ => return None,
        }
        Some(())
    }
}

fn push(out: &mut Vec<u8>, cell: &[u8]) -> Option<()> {
    out.extend(i32::try_from(cell.len()).ok()?.to_be_bytes());
    out.extend(cell);
    Some(())
}

/// Microseconds since the first of January 2000.
fn micros(time: Millis) -> Option<i64> {
    time.0.checked_mul(1000)?.checked_sub(EPOCH)
}

/// Groups of four digits that an amount can have: five of rupiah, one of sen.
const GROUPS: usize = 6;

/// The number of digit groups, the weight of the first one, the sign, the decimals, the groups.
fn push_numeric(out: &mut Vec<u8>, amount: Money) {
    let minor = amount.minor().unsigned_abs();
    let (mut rupiah, sen) = (minor / 100, minor % 100);
    let mut groups = [0_u16; GROUPS];
    groups[GROUPS - 1] = u16::try_from(sen * 100).unwrap_or_default();
    for group in groups[..GROUPS - 1].iter_mut().rev() {
        *group = u16::try_from(rupiah % 10_000).unwrap_or_default();
        rupiah /= 10_000;
    }
    let zeros = groups.iter().take_while(|group| **group == 0).count();
    let behind = groups[zeros..].iter().rev().take_while(|group| **group == 0).count();
    let groups = &groups[zeros..GROUPS - behind];
    let weight = if groups.is_empty() { 0 } else { 4 - zeros as i16 };
    let sign = if amount.minor() < 0 { 0x4000_u16 } else { 0 };
    let decimals = match sen {
        0 => 0_u16,
        sen if sen % 10 == 0 => 1,
        _ => 2,
    };
    out.extend((8 + 2 * groups.len() as i32).to_be_bytes());
    out.extend((groups.len() as u16).to_be_bytes());
    out.extend(weight.to_be_bytes());
    out.extend(sign.to_be_bytes());
    out.extend(decimals.to_be_bytes());
    groups.iter().for_each(|group| out.extend(group.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use diesel::data_types::PgNumeric;
    use diesel::deserialize::FromSql as _;
    use diesel::pg::PgValue;

    use super::*;
    use crate::store::codec::value::JsonText;

    fn pushed(form: BinaryForm, value: Value) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        form.push(&value, &mut out)?;
        let length = usize::try_from(i32::from_be_bytes(out[..4].try_into().unwrap())).unwrap();
        assert_eq!(out.len() - 4, length, "{value:?}");
        Some(out.split_off(4))
    }

    /// As Diesel reads it.
    fn numeric(minor: i64) -> PgNumeric {
        let bytes = pushed(BinaryForm::Numeric, Value::Money(Money::from_minor(minor))).unwrap();
        PgNumeric::from_sql(PgValue::new(&bytes, &std::num::NonZeroU32::new(1700).unwrap())).unwrap()
    }

    #[test]
    fn an_amount_keeps_every_digit() {
        let positive = |weight, scale, digits| PgNumeric::Positive { weight, scale, digits };
        assert_eq!(numeric(0), positive(0, 0, vec![]));
        assert_eq!(numeric(1), positive(-1, 2, vec![100]));
        assert_eq!(numeric(15_000_050), positive(1, 1, vec![15, 0, 5000]));
        assert_eq!(numeric(1_000_000), positive(1, 0, vec![1]));
        assert_eq!(numeric(i64::MAX), positive(4, 2, vec![9, 2233, 7203, 6854, 7758, 700]));
        assert_eq!(numeric(-350), PgNumeric::Negative { weight: 0, scale: 1, digits: vec![3, 5000] });
        assert_eq!(
            numeric(i64::MIN),
            PgNumeric::Negative { weight: 4, scale: 2, digits: vec![9, 2233, 7203, 6854, 7758, 800] }
        );
    }

    #[test]
    fn a_value_that_a_column_cannot_hold_as_it_is_is_left_to_the_database() {
        assert_eq!(pushed(BinaryForm::Small, Value::Int(7)), Some(vec![0, 7]));
        assert_eq!(pushed(BinaryForm::Small, Value::Int(40_000)), None);
        assert_eq!(pushed(BinaryForm::Int, Value::Int(1 << 31)), None);
        assert_eq!(pushed(BinaryForm::Int, Value::Money(Money::from_minor(100))), None);
        assert_eq!(pushed(BinaryForm::Time, Value::Time(Millis(i64::MAX))), None);
        assert_eq!(
            pushed(BinaryForm::Time, Value::Time(Millis(EPOCH / 1000 + 1))),
            Some(1_000_i64.to_be_bytes().to_vec())
        );
        assert_eq!(pushed(BinaryForm::Jsonb, Value::Json(JsonText("[]".into()))), Some(b"\x01[]".to_vec()));
    }

    #[test]
    fn a_column_of_an_unknown_type_leaves_its_table_to_the_insert() {
        assert_eq!(BinaryForm::of("character varying(191)", Kind::Text), Some(BinaryForm::Text));
        assert_eq!(BinaryForm::of("timestamp(3) without time zone", Kind::Time), Some(BinaryForm::Time));
        assert_eq!(BinaryForm::of("numeric(65,30)", Kind::Money), Some(BinaryForm::Numeric));
        assert_eq!(BinaryForm::of("\"Role\"", Kind::Enum("Role")), Some(BinaryForm::Text));
        assert_eq!(BinaryForm::of("citext", Kind::Text), None);
        assert_eq!(BinaryForm::of("time(3) without time zone", Kind::Time), None);
    }

    #[test]
    fn few_rows_are_not_packed() {
        let columns = Columns(vec![BinaryForm::Big]);
        let rows = |count: usize| vec![vec![Value::Int(1)]; count];
        assert!(columns.pack(&rows(MANY - 1), &[0]).is_none());
        let packed = columns.pack(&rows(MANY), &[0]).unwrap();
        assert_eq!(packed.len(), HEADER.len() + MANY * (2 + 4 + 8) + TRAILER.len());
    }
}

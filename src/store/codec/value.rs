//! What a cell is: [`Value`] as the tool means it, [`Cell`] as an engine keeps it.
//!
//! Plans, fingerprints and comparisons speak in values (money in sen, time in milliseconds). The
//! journal speaks in cells, so that an undo puts back exactly what stood there, in whatever form
//! the app had written it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::date::Millis;
use crate::domain::money::{Money, Rate};

pub use crate::store::codec::json::JsonText;

/// The meaning of a column, from which each engine's storage form follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prisma `String`.
    Text,
    /// Prisma `Int`.
    Int,
    /// Prisma `Float`; only the webhook log has these, as the app's checklist prescribes.
    Real,
    /// Prisma `Decimal`.
    Money,
    /// Prisma `Boolean`.
    Bool,
    /// Prisma `DateTime`.
    Time,
    /// Prisma `Json`.
    Json,
    /// A Prisma enum, by its name.
    Enum(&'static str),
    /// Prisma `Bytes`.
    Bytes,
}

/// A cell as the tool means it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A binary floating-point number; never money on its way.
    Real(f64),
    /// An amount, exact.
    Money(Money),
    /// A point in time, UTC.
    Time(Millis),
    /// Text, also an enum's word.
    Text(String),
    /// Compact JSON text.
    Json(JsonText),
    /// Raw bytes.
    Bytes(Vec<u8>),
}

/// A cell as an engine keeps it; what before-images are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// SQL NULL.
    Null,
    /// An integer.
    Int(i64),
    /// A double.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A stored cell that does not mean what its column promises.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("a {expected} was expected, and {found} is stored")]
pub struct BadCell {
    /// What the column promises.
    pub expected: &'static str,
    /// What is stored there: the word where a word of a closed set was expected, else only its kind, since
    /// it may be personal data.
    pub found: Cow<'static, str>,
}

/// What a stored cell means, or why it cannot mean what its column promises.
pub type Read = Result<Value, BadCell>;

impl Cell {
    /// The text, if it is one.
    pub fn into_text(self) -> Option<String> {
        match self {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The storage class, as a word for messages.
    pub fn class(&self) -> &'static str {
        match self {
            Cell::Null => "NULL",
            Cell::Int(_) => "an integer",
            Cell::Real(_) => "a double",
            Cell::Text(_) => "text",
            Cell::Blob(_) => "bytes",
        }
    }
}

/// A Rust type that stands in a column.
pub trait Field: Sized {
    /// The column's meaning.
    const KIND: Kind;
    /// Whether the column may be NULL.
    const NULLABLE: bool = false;
    /// Into the column.
    fn into_value(self) -> Value;
    /// Out of the column.
    fn from_value(value: Value) -> Result<Self, BadCell>;
}

fn bad<T>(expected: &'static str, found: &Value) -> Result<T, BadCell> {
    let found = match found {
        Value::Null => "NULL",
        Value::Bool(_) => "a boolean",
        Value::Int(_) => "an integer",
        Value::Real(_) => "a double",
        Value::Money(_) => "an amount",
        Value::Time(_) => "a time",
        Value::Text(_) => "text",
        Value::Json(_) => "JSON",
        Value::Bytes(_) => "bytes",
    };
    Err(BadCell { expected, found: Cow::Borrowed(found) })
}

macro_rules! field {
    ($type:ty, $kind:expr, $variant:ident, $word:literal) => {
        impl Field for $type {
            const KIND: Kind = $kind;
            fn into_value(self) -> Value {
                Value::$variant(self)
            }
            fn from_value(value: Value) -> Result<Self, BadCell> {
                match value {
                    Value::$variant(inner) => Ok(inner),
                    other => bad($word, &other),
                }
            }
        }
    };
}

field!(String, Kind::Text, Text, "text");
field!(i64, Kind::Int, Int, "whole number");
field!(f64, Kind::Real, Real, "number");
field!(Money, Kind::Money, Money, "amount");
field!(bool, Kind::Bool, Bool, "boolean");
field!(Millis, Kind::Time, Time, "time");
field!(Vec<u8>, Kind::Bytes, Bytes, "bytes");

/// A percentage stands in a `Decimal` column like an amount: its hundredths are two decimals.
impl Field for Rate {
    const KIND: Kind = Kind::Money;
    fn into_value(self) -> Value {
        Value::Money(Money::from_minor(self.hundredths()))
    }
    fn from_value(value: Value) -> Result<Self, BadCell> {
        Money::from_value(value).map(|amount| Rate::from_hundredths(amount.minor()))
    }
}

impl<T: Field> Field for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    fn into_value(self) -> Value {
        self.map_or(Value::Null, Field::into_value)
    }
    fn from_value(value: Value) -> Result<Self, BadCell> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl Field for JsonText {
    const KIND: Kind = Kind::Json;
    fn into_value(self) -> Value {
        Value::Json(self)
    }
    fn from_value(value: Value) -> Result<Self, BadCell> {
        match value {
            Value::Json(json) => Ok(json),
            other => bad("JSON", &other),
        }
    }
}

/// An enum of stored words, each variant with its one text form.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word that is stored.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
            /// The variant of a stored word, if it is one.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use word_enum;

/// A closed set of words that Prisma keeps as an enum.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident as $prisma:literal { $($variants:tt)+ }) => {
        $crate::store::codec::value::word_enum! { $(#[$meta])* $name { $($variants)+ } }

        impl $crate::store::codec::value::Field for $name {
            const KIND: $crate::store::codec::value::Kind = $crate::store::codec::value::Kind::Enum($prisma);
            fn into_value(self) -> $crate::store::codec::value::Value {
                $crate::store::codec::value::Value::Text(self.as_str().to_owned())
            }
            fn from_value(
                value: $crate::store::codec::value::Value,
            ) -> Result<Self, $crate::store::codec::value::BadCell> {
                let bad = $crate::store::codec::value::BadCell { expected: $prisma, found: "another word".into() };
                match value {
                    $crate::store::codec::value::Value::Text(word) => Self::from_word(&word).ok_or(bad),
                    _ => Err(bad),
                }
            }
        }
    };
}
pub(crate) use words;

/// A closed set of words that Prisma keeps as text; `$expected` is what messages call such a word.
macro_rules! text_words {
    ($(#[$meta:meta])* $name:ident in $expected:literal { $($variants:tt)+ }) => {
        $crate::store::codec::value::word_enum! { $(#[$meta])* $name { $($variants)+ } }

        impl $crate::store::codec::value::Field for $name {
            const KIND: $crate::store::codec::value::Kind = $crate::store::codec::value::Kind::Text;
            fn into_value(self) -> $crate::store::codec::value::Value {
                $crate::store::codec::value::Value::Text(self.as_str().to_owned())
            }
            fn from_value(
                value: $crate::store::codec::value::Value,
            ) -> Result<Self, $crate::store::codec::value::BadCell> {
                let word = <String as $crate::store::codec::value::Field>::from_value(value)?;
                Self::from_word(&word).ok_or_else(|| $crate::store::codec::value::BadCell {
                    expected: $expected,
                    found: format!("{word:?}").into(),
                })
            }
        }
    };
}
pub(crate) use text_words;

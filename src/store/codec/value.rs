//! The two forms of a cell: [`Value`] for what it means, [`Cell`] for how an engine stores it.
//!
//! Plans, fingerprints and comparisons use values, in which money is in sen and time in milliseconds. The
//! journal uses cells, so that a rollback restores exactly what was stored, in whatever form the app had
//! written it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::date::Millis;
use crate::domain::money::{Money, Rate};

pub use crate::store::codec::json::JsonText;

/// The kind of a column's values, by the Prisma type that the app declares. Each engine's storage form
/// follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prisma `String`.
    Text,
    /// Prisma `Int`.
    Int,
    /// Prisma `Float`. Only the webhook log has columns of this kind, because the app's checklist prescribes
    /// them.
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

/// The meaning of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A binary floating-point number; never an amount of money.
    Real(f64),
    /// An exact amount of money.
    Money(Money),
    /// A point in time.
    Time(Millis),
    /// A text, or the word of an enum.
    Text(String),
    /// A JSON text.
    Json(JsonText),
    /// Raw bytes.
    Bytes(Vec<u8>),
}

/// A cell as an engine stores it. Before-images consist of these, so a change of this type needs a new format
/// of the journal.
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

/// The error of a stored cell that cannot be a value of its column's kind. It is boxed, so that a [`Read`] takes no
/// more room than a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("expected {}, but {} is stored", .0.expected, .0.found)]
pub struct BadCell(Box<Mismatch>);

#[derive(Clone, Debug, PartialEq)]
struct Mismatch {
    expected: &'static str,
    found: Cow<'static, str>,
}

impl BadCell {
    /// `expected` is what the column's kind allows, with its article; `found` what is stored there: the word where a word
    /// of a closed set was expected, else only its kind, since it may be personal data.
    pub(crate) fn new(expected: &'static str, found: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Mismatch { expected, found: found.into() }))
    }
}

/// A stored cell, decoded.
pub type Read = Result<Value, BadCell>;

impl Cell {
    /// The text of a cell that is one.
    pub fn into_text(self) -> Option<String> {
        match self {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The storage class in words, for messages.
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

/// A Rust type that is stored in a column.
pub trait Field: Sized {
    /// The column's kind.
    const KIND: Kind;
    /// Whether the column may be NULL.
    const NULLABLE: bool = false;
    /// Whether an app may lack the column, which earlier versions of the tool did not know.
    const LATER: bool = false;
    /// The value to store.
    fn into_value(self) -> Value;
    /// Reads a value.
    ///
    /// # Errors
    /// A value of another kind; NULL where the type has no `None`; a word that the enum does not have.
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
    Err(BadCell::new(expected, found))
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
field!(i64, Kind::Int, Int, "a whole number");
field!(f64, Kind::Real, Real, "a number");
field!(Money, Kind::Money, Money, "an amount");
field!(bool, Kind::Bool, Bool, "a boolean");
field!(Millis, Kind::Time, Time, "a time");
field!(Vec<u8>, Kind::Bytes, Bytes, "bytes");

/// A percentage is stored in a `Decimal` column like an amount: its hundredths are the two decimals.
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

/// A field whose column an app may lack, and which earlier versions of the tool did not know: where there is no column,
/// it is empty. Empty is also what the app's own default is, so that fingerprints of rows leave it out then
/// ([`crate::store::codec::record::Table::fingerprint`]), and those of earlier versions still hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaterColumn<T>(pub T);

impl<T: Field + Default> Field for LaterColumn<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = T::NULLABLE;
    const LATER: bool = true;
    fn into_value(self) -> Value {
        self.0.into_value()
    }
    fn from_value(value: Value) -> Result<Self, BadCell> {
        match value {
            Value::Null => Ok(Self::default()),
            other => T::from_value(other).map(Self),
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
                let known = match value {
                    $crate::store::codec::value::Value::Text(word) => Self::from_word(&word),
                    _ => None,
                };
                let expected = concat!("a ", $prisma);
                known.ok_or_else(|| $crate::store::codec::value::BadCell::new(expected, "another word"))
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
                let expected = concat!("a ", $expected);
                Self::from_word(&word)
                    .ok_or_else(|| $crate::store::codec::value::BadCell::new(expected, format!("{word:?}")))
            }
        }
    };
}
pub(crate) use text_words;

//! Tables as Rust structs: one definition gives the columns, the row and its conversions.

use crate::failure::Failure;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::value::{BadCell, Field, Kind, Value};

/// A column that the tool knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name in the database.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether an app may lack it, and earlier versions of the tool did not know it ([`LaterColumn`]).
    ///
    /// [`LaterColumn`]: crate::store::codec::value::LaterColumn
    pub later: bool,
}

impl Column {
    /// Whether a fingerprint leaves out this value: a column that earlier versions did not know says nothing while it
    /// is empty, so that rows which they have written keep their fingerprints.
    pub(crate) fn is_left_out(&self, value: &Value) -> bool {
        self.later && matches!(value, Value::Null | Value::Bool(false))
    }
}

/// A table that the tool knows. Its primary key is its first column, `id`.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The name in the database, as Prisma spells it.
    pub name: &'static str,
    /// The columns that the tool reads and writes; a database may have more, or lack optional ones.
    pub columns: &'static [Column],
}

impl Table {
    /// The index of a column in [`Table::columns`].
    ///
    /// # Panics
    /// When the table has no such column, which is a bug of the caller.
    pub fn position(&self, column: &str) -> usize {
        self.columns
            .iter()
            .position(|known| known.name == column)
            .unwrap_or_else(|| panic!("{} has no column {column}", self.name))
    }

    /// The fingerprint of a whole row, whose values stand in the order of the columns.
    pub(crate) fn fingerprint<'v>(&self, row: impl IntoIterator<Item = &'v Value>) -> u64 {
        let counts = |(value, column): &(&Value, &Column)| !column.is_left_out(value);
        fingerprint(row.into_iter().zip(self.columns).filter(counts).map(|(value, _)| value))
    }

    /// The error of work that needs this table in a database that lacks it; exit code 7.
    pub(in crate::store) fn missing(&self) -> anyhow::Error {
        Failure::database(format!("table {} is missing; run `sejoli-migrate schema check`", self.name))
    }
}

/// A struct of a table's rows.
pub trait Record: Sized + 'static {
    /// The table.
    const TABLE: &'static Table;
    /// The values, in the order of the table's columns.
    fn into_row(self) -> Vec<Value>;
    /// Reads values in that order.
    ///
    /// # Errors
    /// The first value that its field cannot hold.
    fn from_row(row: Vec<Value>) -> Result<Self, BadCell>;
}

/// Reads the next value of a row; one that is missing is NULL.
///
/// # Errors
/// A value that the field cannot hold.
pub fn next_field<T: Field>(cells: &mut impl Iterator<Item = Value>) -> Result<T, BadCell> {
    T::from_value(cells.next().unwrap_or(Value::Null))
}

/// Declares a table and the struct of its rows.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident as $table:literal { $($field:ident : $type:ty => $column:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "the fields carry the names of the app's own columns")]
        pub struct $name { $(pub $field: $type),+ }

        impl $crate::store::codec::record::Record for $name {
            const TABLE: &'static $crate::store::codec::record::Table = &$crate::store::codec::record::Table {
                name: $table,
                columns: &[$($crate::store::codec::record::Column {
                    name: $column,
                    kind: <$type as $crate::store::codec::value::Field>::KIND,
                    nullable: <$type as $crate::store::codec::value::Field>::NULLABLE,
                    later: <$type as $crate::store::codec::value::Field>::LATER,
                }),+],
            };
            fn into_row(self) -> Vec<$crate::store::codec::value::Value> {
                vec![$($crate::store::codec::value::Field::into_value(self.$field)),+]
            }
            fn from_row(
                row: Vec<$crate::store::codec::value::Value>,
            ) -> Result<Self, $crate::store::codec::value::BadCell> {
                let mut cells = row.into_iter();
                Ok(Self { $($field: $crate::store::codec::record::next_field(&mut cells)?),+ })
            }
        }
    };
}
pub(crate) use record;

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes the fields public")]
mod tests {
    use super::*;
    use crate::store::codec::value::LaterColumn;

    record! {
        Old as "Row" { id: String => "id", name: Option<String> => "name" }
    }

    record! {
        New as "Row" {
            id: String => "id",
            name: Option<String> => "name",
            flag: LaterColumn<bool> => "flag",
            note: LaterColumn<Option<String>> => "note",
        }
    }

    #[test]
    fn a_column_that_earlier_versions_did_not_know_counts_when_something_stands_in_it() {
        let old = Old { id: "1".into(), name: None }.into_row();
        let new = |flag, note: Option<&str>| {
            let note = note.map(str::to_owned);
            New { id: "1".into(), name: None, flag: LaterColumn(flag), note: LaterColumn(note) }.into_row()
        };
        let written_before = fingerprint(&old);
        assert_eq!(Old::TABLE.fingerprint(&old), written_before, "a known column counts, empty or not");
        assert_eq!(New::TABLE.fingerprint(&new(false, None)), written_before);
        assert_ne!(New::TABLE.fingerprint(&new(true, None)), written_before);
        assert_ne!(New::TABLE.fingerprint(&new(false, Some("x"))), written_before);
    }

    #[test]
    fn a_column_that_the_app_lacks_is_read_as_empty() {
        let read = New::from_row(vec![Value::Text("1".into()), Value::Null, Value::Null, Value::Null]);
        let read = read.expect("a row");
        assert_eq!((read.flag, read.note), (LaterColumn(false), LaterColumn(None)));
    }
}

//! Some columns of a row as a tuple, for look-ups that need two columns of a table of twenty.

use crate::store::codec::record::{Table, next_field};
use crate::store::codec::value::{BadCell, Cell, Field, Kind, Value};
use crate::store::session::store::Store;

/// A tuple of fields, in the order of the columns that are selected.
pub(crate) trait ColumnTuple: Sized + 'static {
    /// Reads the values of these columns.
    ///
    /// # Errors
    /// The first value that its field cannot hold.
    fn from_values(values: impl Iterator<Item = Value>) -> Result<Self, BadCell>;
    /// The kinds of the fields.
    fn kinds() -> Vec<Kind>;
}

macro_rules! columns {
    ($($field:ident)+) => {
        impl<$($field: Field + 'static),+> ColumnTuple for ($($field,)+) {
            fn from_values(mut values: impl Iterator<Item = Value>) -> Result<Self, BadCell> {
                Ok(($(next_field::<$field>(&mut values)?,)+))
            }

            fn kinds() -> Vec<Kind> {
                vec![$($field::KIND),+]
            }
        }
    };
}

columns!(A);
columns!(A B);
columns!(A B C);
columns!(A B C D);
columns!(A B C D E);
columns!(A B C D E F);
columns!(A B C D E F G);

/// Selects the rows in which a column has one of several keys and, perhaps, another column has one value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyFilter<'a> {
    /// The other column and its value, for an index over both.
    pub narrowed: Option<(&'a str, &'a str)>,
    /// The column of the keys.
    pub column: &'a str,
    /// The keys.
    pub keys: &'a [&'a str],
}

impl<'a> KeyFilter<'a> {
    /// The rows in which a column has one of the keys.
    pub(crate) fn keys(column: &'a str, keys: &'a [&'a str]) -> Self {
        Self { narrowed: None, column, keys }
    }
}

impl Store {
    /// Columns of the rows that a filter selects. NULL stands in for a column that the database does not
    /// have.
    ///
    /// # Errors
    /// Whatever the database refuses; a value that its field cannot hold.
    pub(crate) fn columns<T: ColumnTuple>(
        &mut self,
        table: &'static Table,
        names: &[&str],
        among: KeyFilter<'_>,
    ) -> anyhow::Result<Vec<T>> {
        self.answer(self.columns_in(table, names, among))
    }

    /// The same of the rows that `tail` (`WHERE …`, `ORDER BY …`) selects.
    ///
    /// # Errors
    /// Those of [`Store::columns`].
    pub(crate) fn columns_where<T: ColumnTuple>(
        &mut self,
        table: &'static Table,
        names: &[&str],
        tail: &str,
        cells: &[Cell],
    ) -> anyhow::Result<Vec<T>> {
        self.answer(self.columns_that(table, names, tail, cells.to_vec()))
    }
}

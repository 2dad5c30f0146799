//! Some columns of a row as a tuple, for look-ups that need two columns of a table of twenty.

use crate::store::codec::record::{Table, next_field};
use crate::store::codec::value::{BadCell, Cell, Field, Read, Value};
use crate::store::session::slow_statement::timed;
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

/// A tuple of fields, in the order of the columns that are selected.
pub(crate) trait ColumnTuple: Sized {
    /// Reads the values of these columns.
    ///
    /// # Errors
    /// The first value that its field cannot hold.
    fn from_values(values: impl Iterator<Item = Value>) -> Result<Self, BadCell>;
}

macro_rules! columns {
    ($($field:ident)+) => {
        impl<$($field: Field),+> ColumnTuple for ($($field,)+) {
            fn from_values(mut values: impl Iterator<Item = Value>) -> Result<Self, BadCell> {
                Ok(($(next_field::<$field>(&mut values)?,)+))
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
        let mut found = Vec::with_capacity(among.keys.len());
        for part in among.keys.chunks(KEYS_PER_QUERY) {
            let (tail, cells) = self.condition_on(table, among.narrowed, among.column, part);
            found.extend(self.columns_where(table, names, &tail, &cells)?);
        }
        Ok(found)
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
        let asked: Vec<String> = names
            .iter()
            .map(|name| if self.has_column(table, name) { format!("\"{name}\"") } else { "NULL".to_owned() })
            .collect();
        let sql = format!("SELECT {} FROM \"{}\" {tail}", asked.join(", "), table.name);
        let kinds: Vec<_> = names.iter().map(|name| table.columns[table.position(name)].kind).collect();
        let rows = timed("query", &sql, || self.engine.read(&sql, cells, &kinds))?;
        let columns = |row: Vec<Read>| {
            let values: Vec<Value> = row.into_iter().collect::<Result<_, _>>()?;
            Ok(T::from_values(values.into_iter())?)
        };
        rows.into_iter().map(columns).collect()
    }
}

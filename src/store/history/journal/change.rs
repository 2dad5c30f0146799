//! Changes to rows of the app, as a plan asks for them.

use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::Value;
#[cfg(doc)]
use crate::store::engines::transient::Stale;

/// The app sets this column whenever it touches a row, so its value alone is no change of the row.
const UPDATED_AT: &str = "updatedAt";

/// One change to a row of the app.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Inserts a row.
    Insert {
        /// The table.
        table: &'static Table,
        /// The row's values, in the table's order.
        row: Vec<Value>,
    },
    /// Sets some columns of one row.
    Update {
        /// The table.
        table: &'static Table,
        /// The row's id.
        id: String,
        /// The columns and their new values.
        set: Vec<(&'static str, Value)>,
        /// The columns whose values the change was planned against, with these values. If one of them is
        /// another by the time of the write, the whole batch fails with [`Stale`] and is planned again.
        expected: Vec<(&'static str, Value)>,
    },
    /// Deletes a row, which only an import may have made.
    Delete {
        /// The table.
        table: &'static Table,
        /// The row's id.
        id: String,
    },
}

impl Change {
    /// The insertion of a row.
    pub(crate) fn insert<R: Record>(row: R) -> Self {
        Change::Insert { table: R::TABLE, row: row.into_row() }
    }

    /// New values for columns of a row, whatever they hold now.
    pub(crate) fn update<R: Record>(id: &str, set: Vec<(&'static str, Value)>) -> Self {
        Change::Update { table: R::TABLE, id: id.to_owned(), set, expected: Vec::new() }
    }

    /// The same update, on the condition that a column still holds this value. Other changes have no
    /// condition.
    #[must_use]
    pub(crate) fn if_unchanged(mut self, column: &'static str, value: Value) -> Self {
        if let Change::Update { expected, .. } = &mut self {
            expected.push((column, value));
        }
        self
    }

    /// The update that turns one state of a row into another, on the condition that the columns which it sets
    /// still hold the old values; nothing where the states do not differ. Columns in `keep` are not set.
    pub(crate) fn diff<R: Record>(id: &str, old: R, new: R, keep: &[&str]) -> Option<Self> {
        let (mut set, mut expected) = (Vec::new(), Vec::new());
        for ((old, new), column) in old.into_row().into_iter().zip(new.into_row()).zip(R::TABLE.columns) {
            if old != new && !keep.contains(&column.name) {
                set.push((column.name, new));
                expected.push((column.name, old));
            }
        }
        expected.retain(|(column, _)| *column != UPDATED_AT);
        (!set.is_empty()).then(|| Change::Update { table: R::TABLE, id: id.to_owned(), set, expected })
    }

    /// The deletion of a row.
    pub(crate) fn delete<R: Record>(id: &str) -> Self {
        Change::Delete { table: R::TABLE, id: id.to_owned() }
    }
}

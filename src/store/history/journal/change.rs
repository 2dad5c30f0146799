//! Changes to rows of the app, as a plan asks for them.

use crate::domain::date::Millis;
use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::Value;
#[cfg(doc)]
use crate::store::engines::transient::StalePlan;

/// The app sets this column whenever it touches a row, so its value alone is no change of the row.
pub(super) const UPDATED_AT: &str = "updatedAt";

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
        /// another by the time of the write, the whole batch fails with [`StalePlan`] and is planned again.
        expected: Vec<(&'static str, Value)>,
    },
    /// Moves sums that the app moves, too, by a difference, whatever they are by then.
    Move(Movement),
    /// Deletes a row, which only an import may have made.
    Delete {
        /// The table.
        table: &'static Table,
        /// The row's id.
        id: String,
    },
}

/// A movement of a row's sums. A rollback takes the difference away from what stands then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Movement {
    /// The table.
    pub table: &'static Table,
    /// The row's id.
    pub id: String,
    /// Each column and its difference: of an amount in sen, of a count in units.
    pub by: Vec<(&'static str, i64)>,
    /// The run's time, which the row is written with.
    pub written_at: Millis,
    /// The rows that say what this movement consists of: a rollback that has to leave the sums leaves them, too.
    pub explained_by: Vec<(&'static Table, String)>,
}

impl Movement {
    /// A movement of a row's sums.
    pub(crate) fn of<R: Record>(id: &str, by: Vec<(&'static str, i64)>, written_at: Millis) -> Self {
        Self { table: R::TABLE, id: id.to_owned(), by, written_at, explained_by: Vec::new() }
    }

    /// The same, with the rows that say what it consists of.
    pub(crate) fn explained_by(self, rows: Vec<(&'static Table, String)>) -> Self {
        Self { explained_by: rows, ..self }
    }

    /// The change; nothing where no sum differs.
    pub(crate) fn into_change(self) -> Option<Change> {
        self.by.iter().any(|(_, difference)| *difference != 0).then_some(Change::Move(self))
    }
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

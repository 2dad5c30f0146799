//! One row's change, and who is told of it.

use serde::Serialize;

use crate::row_changes::subject::ChangeSubject;
use crate::store::codec::value::Value;

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeAction {
    /// It is new.
    Created,
    /// It is there with other values.
    Changed,
    /// It goes.
    Deleted,
}

impl ChangeAction {
    /// Its word in texts and files.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }
}

/// A column with what it holds before and after.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnChange {
    /// The column's name.
    pub(crate) column: &'static str,
    /// What it holds before; NULL of a row that is created.
    pub(crate) from: Value,
    /// What it holds after; NULL of a row that is deleted.
    pub(crate) to: Value,
}

/// The change of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowChange {
    /// The table's name.
    pub(crate) table: &'static str,
    /// What becomes of the row.
    pub(crate) action: ChangeAction,
    /// The row's id.
    pub(crate) id: String,
    /// Whose row it is.
    pub(crate) subject: ChangeSubject,
    /// The columns that differ; of a row that is created or deleted, those that hold something.
    pub(crate) columns: Vec<ColumnChange>,
}

/// Who is told of changes.
pub(crate) trait ChangeSink {
    /// The changes begin: an attempt that failed has told of the same.
    ///
    /// # Errors
    /// Those of a file that is written.
    fn begin(&mut self) -> anyhow::Result<()>;

    /// Whether more rows of this kind are to be told of, or only counted, which costs no look at the rows.
    fn wants(&self, table: &'static str, action: ChangeAction) -> bool;

    /// A row that is only counted.
    fn count(&mut self, table: &'static str, action: ChangeAction);

    /// A change.
    ///
    /// # Errors
    /// Those of a file that is written.
    fn tell(&mut self, change: RowChange) -> anyhow::Result<()>;
}

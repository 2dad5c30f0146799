//! What a run does to the rows of the app, row by row and column by column: of a dry run before it is taken back, and of a
//! run that a rollback would undo. It is read from the run's journal and from the rows as they stand, so that it cannot say
//! anything else than what was written.

mod change;
mod subject;
mod touched;
mod walk;

pub(crate) use crate::row_changes::change::{ChangeAction, ChangeSink, ColumnChange, RowChange};
pub(crate) use crate::row_changes::subject::ChangeSubject;
pub(crate) use crate::row_changes::walk::{Direction, of_run};

//! The result of `backup` and of `backup restore`.

use crate::cli::render::table::number;
use crate::store::backup::CheckedBackup;

/// What is said beside the command that puts a backup back.
pub(crate) const RESTORE_ADVICE: &str = "Nothing was run. Stop the app, then run this; rows that came after the \
     backup are lost. Tables that `schema apply` has added since go first: `schema revert --yes`. PGPASSWORD holds \
     PostgreSQL's password.";

/// A backup as text.
pub(crate) fn text(made: &CheckedBackup) -> String {
    let recorded = if made.recorded {
        "Checked, and recorded in the database."
    } else {
        "Checked. Not recorded in the database: that needs `schema apply`."
    };
    format!(
        "Backup of {} tables, {} bytes, by {}\n{}\n{recorded}\n",
        made.tables,
        number(made.bytes),
        made.program,
        made.file.display()
    )
}

//! The result of `backup` and of `backup restore`.

use crate::cli::render::table::number;
use crate::language::{msg, tr};
use crate::store::backup::CheckedBackup;

/// What is said beside the command that restores a backup.
pub(crate) const RESTORE_ADVICE: &str = msg!(
    "Nothing was run. Stop the app, then run this command; rows that were \
     written after the backup are lost. If `schema apply` has added tables since, remove them first: `schema revert \
     --yes`. PostgreSQL's password is taken from PGPASSWORD."
);

/// A backup as text.
pub(crate) fn text(made: &CheckedBackup) -> String {
    let recorded = if made.recorded {
        tr!("Checked, and recorded in the database.")
    } else {
        tr!("Checked, but not recorded in the database: that needs `schema apply`.")
    };
    tr!(
        "Backup of {} tables, {} bytes, by {}\n{}\n{recorded}\n",
        made.tables,
        number(made.bytes),
        made.program,
        made.file.display()
    )
}

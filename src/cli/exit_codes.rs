//! Which exit codes each command can end with, as its help lists them. A command that ends with another one has to be
//! entered here: the suite holds every ending that it sees against the help.

use crate::failure::ExitCode;

/// What any command can end with: a log file or a configuration that cannot be used ends the shortest of them.
const ANY: [ExitCode; 5] =
    [ExitCode::Done, ExitCode::Unexpected, ExitCode::Usage, ExitCode::Refused, ExitCode::InputUnusable];

/// Commands that ask the database.
const ASKS: &[ExitCode] = &[ExitCode::Database];

/// Commands that write to it and end between two batches when a signal asks for it.
const WRITES: &[ExitCode] = &[ExitCode::Database, ExitCode::Interrupted, ExitCode::Terminated];

/// Whether a command can end with a code by itself, whatever those below it can.
pub(super) fn can_end(command: &[&str], code: ExitCode) -> bool {
    ANY.contains(&code) || beyond(command).contains(&code) || leaves_rows_or_checks(command).contains(&code)
}

/// What a command can end with because of the database.
fn beyond(command: &[&str]) -> &'static [ExitCode] {
    match command {
        ["import" | "retry" | "rehearse" | "grant" | "repair" | "rollback" | "purge", ..] => WRITES,
        ["mappings" | "people", "list" | "show" | "export"] => ASKS,
        ["mappings" | "people", _] => WRITES,
        ["backup", "restore"] | ["schema", "print"] => &[],
        ["schema" | "doctor" | "backup" | "extract" | "verify" | "status" | "unlock" | "report", ..] => ASKS,
        _ => &[],
    }
}

/// What a command can end with because of what it has found.
fn leaves_rows_or_checks(command: &[&str]) -> &'static [ExitCode] {
    match command {
        ["import" | "rehearse" | "validate", ..] => &[ExitCode::RowsLeft, ExitCode::VerificationFailed],
        ["retry"] => &[ExitCode::RowsLeft],
        ["verify" | "backup"] | ["report", "bundle"] => &[ExitCode::VerificationFailed],
        _ => &[],
    }
}

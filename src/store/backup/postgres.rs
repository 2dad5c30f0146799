//! Backups of PostgreSQL, by `pg_dump`: the app's schema in one reading transaction, in the compressed custom
//! format.

use std::path::Path;
use std::process::Command;

use crate::language::tr;
use crate::store::backup::program::{find, incomplete, quoted, run};
use crate::store::engines::target::PostgresTarget;

/// Dumps into an empty file and checks that `pg_restore` can read it to its end and that every table is in
/// it. Returns the version of `pg_dump`.
///
/// # Errors
/// Exit code 4 when the dump is not complete, 5 when a program is missing, 7 when the server refuses.
pub(super) fn write(target: &PostgresTarget, tables: &[String], part: &Path) -> anyhow::Result<String> {
    let (dump, version) = find(&["pg_dump"], "postgresql-client")?;
    let (restore, _) = find(&["pg_restore"], "postgresql-client")?;
    let mut command = Command::new(dump);
    command.args(["--format=custom", "--no-password"]);
    command.arg(format!("--schema=\"{}\"", target.schema.replace('"', "\"\"")));
    command.arg(format!("--file={}", part.display()));
    command.arg(format!("--dbname={}", target.conninfo_without_password()));
    if let Some(password) = target.password() {
        command.env("PGPASSWORD", password);
    }
    run(&mut command)?;
    let listed =
        run(Command::new(restore).arg("--list").arg(part)).map_err(|error| incomplete(error.to_string()))?;
    run(Command::new(restore).args(["--data-only", "--file=/dev/null"]).arg(part))
        .map_err(|error| incomplete(error.to_string()))?;
    let entry = |table: &String| format!(" TABLE DATA {} {table} ", target.schema);
    match tables.iter().find(|table| !listed.contains(&entry(table))) {
        Some(table) => Err(incomplete(tr!("table {table} is not in it"))),
        None => Ok(version),
    }
}

/// The command that drops and creates again what is in the dump, all of it or nothing.
pub(super) fn restore(target: &PostgresTarget, file: &Path) -> String {
    format!(
        "pg_restore --clean --if-exists --exit-on-error --single-transaction --dbname={} {}",
        quoted(&target.conninfo_without_password()),
        quoted(&file.display().to_string())
    )
}

/// Restores a dump into another database, all of it or nothing.
///
/// # Errors
/// Exit code 5 when the program is missing, 7 when the server refuses.
pub(super) fn restore_into(target: &PostgresTarget, file: &Path) -> anyhow::Result<()> {
    let (program, _) = find(&["pg_restore"], "postgresql-client")?;
    let mut command = Command::new(program);
    command.args(["--clean", "--if-exists", "--exit-on-error", "--single-transaction"]);
    command.args(["--no-owner", "--no-privileges", "--no-password"]);
    command.arg(format!("--dbname={}", target.conninfo_without_password())).arg(file);
    if let Some(password) = target.password() {
        command.env("PGPASSWORD", password);
    }
    run(&mut command).map(|_| ())
}

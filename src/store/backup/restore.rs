//! How a backup is restored.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use crate::failure::Failure;
use crate::language::tr;
use crate::store::backup::mysql;
use crate::store::backup::postgres;
use crate::store::backup::sqlite;
use crate::store::engines::target::DatabaseTarget;
use crate::store::schema::dialect::Dialect;

/// The shell command that restores a backup. It is only returned: restoring replaces the app's data, which is
/// for a person to do.
///
/// # Errors
/// Exit code 6 when the file is not a backup, or one of another engine; 2 for a malformed URL.
pub(crate) fn restore_command(file: &Path, database_url: &str) -> anyhow::Result<String> {
    let target = DatabaseTarget::parse(database_url)?;
    let mut head = Vec::new();
    let opened = fs::File::open(file).and_then(|file| file.take(512).read_to_end(&mut head));
    opened.map_err(|error| Failure::input(format!("{}: {error}", file.display())))?;
    let of = |bytes: &[u8]| match bytes {
        bytes if bytes.starts_with(b"SQLite format 3\0") => Some(Dialect::Sqlite),
        bytes if bytes.starts_with(b"PGDMP") => Some(Dialect::Postgres),
        bytes if mysql::program_of(bytes).is_some() => Some(Dialect::Mysql),
        _ => None,
    };
    let Some(dialect) = of(&head) else {
        return Err(Failure::input(tr!("{}: not a backup of SQLite, PostgreSQL or MySQL", file.display())));
    };
    if dialect != target.dialect() {
        let (is, wanted) = (dialect.name(), target.dialect().name());
        return Err(Failure::input(tr!(
            "{}: a backup of {is}, and the database is {wanted}",
            file.display()
        )));
    }
    let file = file.canonicalize()?;
    Ok(match &target {
        DatabaseTarget::Sqlite(path) => sqlite::restore(path, &file),
        DatabaseTarget::Postgres(target) => postgres::restore(target, &file),
        DatabaseTarget::Mysql(target) => mysql::restore(target, &file, &head)?,
    })
}

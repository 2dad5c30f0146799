//! Backups of SQLite, by `VACUUM INTO`: one reading transaction over the whole file. The app may read and
//! write meanwhile. SQLite's backup interface would begin again whenever the app writes.

use crate::language::tr;
use crate::store::engines::connect::connect;
use std::path::Path;

use crate::store::backup::program::{incomplete, quoted};
use crate::store::codec::value::Cell;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::engine::Engine;
use crate::store::engines::target::DatabaseTarget;
use crate::store::session::store::Store;

/// Writes a copy into an empty file and checks it: its integrity, its tables, and that each has a number of
/// rows that the database had in the meantime. Returns the version of SQLite.
///
/// # Errors
/// Exit code 4 when the copy is not complete.
pub(super) fn write(store: &mut Store, part: &Path) -> anyhow::Result<String> {
    let before = counts(store.engine.as_mut())?;
    store.execute("VACUUM INTO ?", &[Cell::Text(part.display().to_string())])?;
    let after = counts(store.engine.as_mut())?;
    let mut copy = connect(&DatabaseTarget::Sqlite(part.to_owned()), DatabaseUse::Read)?;
    let said = first_text(copy.query("PRAGMA integrity_check", &[])?);
    if said != "ok" {
        return Err(incomplete(said));
    }
    let copied = counts(copy.as_mut())?;
    for (((name, count), (_, low)), (_, high)) in copied.iter().zip(&before).zip(&after) {
        if count < low.min(high) || count > low.max(high) {
            return Err(incomplete(tr!("it has {count} rows of {name}, and the database has {high}")));
        }
    }
    if copied.len() != after.len() {
        return Err(incomplete(tr!("it has {} of {} tables", copied.len(), after.len())));
    }
    Ok(format!("SQLite {}", first_text(copy.query("SELECT sqlite_version()", &[])?)))
}

/// The number of rows of each table.
fn counts(engine: &mut dyn Engine) -> anyhow::Result<Vec<(String, i64)>> {
    let names: Vec<String> = engine.catalogue()?.into_keys().collect();
    names
        .into_iter()
        .map(|name| {
            let rows = engine.query(&format!("SELECT count(*) FROM \"{name}\""), &[])?;
            match rows.first().and_then(|row| row.first()) {
                Some(Cell::Int(count)) => Ok((name, *count)),
                _ => Err(incomplete(tr!("{name} cannot be counted"))),
            }
        })
        .collect()
}

fn first_text(rows: Vec<Vec<Cell>>) -> String {
    rows.into_iter().flatten().next().and_then(Cell::into_text).unwrap_or_default()
}

/// The command that copies a backup over the database. The files of an unfinished transaction are deleted
/// first, since SQLite would apply them to the copy.
pub(super) fn restore(database: &Path, file: &Path) -> String {
    let database = database.display().to_string();
    let rest = ["-journal", "-wal", "-shm"].map(|ending| quoted(&format!("{database}{ending}")));
    format!(
        "rm -f -- {} && cp -- {} {}",
        rest.join(" "),
        quoted(&file.display().to_string()),
        quoted(&database)
    )
}

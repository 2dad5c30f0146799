//! The state of an SQLite file before an import.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::language::tr;
use crate::store::codec::value::Cell;
use crate::store::engines::engine::Engine;
use crate::store::engines::health::{ServerHealth, Setting, SettingVerdict};
use crate::store::schema::catalogue::text;

/// Reads the state of the file.
///
/// # Errors
/// Those of the queries.
pub(super) fn read(engine: &mut impl Engine) -> anyhow::Result<ServerHealth> {
    let file = file(engine)?;
    let folder = file.as_deref().map(folder_of);
    let journal = one_text(engine, "PRAGMA journal_mode")?;
    let pages = number(engine, "PRAGMA page_count")? * number(engine, "PRAGMA page_size")?;
    let writable = is_writable(engine)?;
    let settings = vec![
        // This is a setting of the session, which the tool makes itself; the file has none.
        Setting::ok("synchronous", tr!("FULL in every import")),
        Setting::ok("journal_mode", journal.clone()).unless(
            journal == "wal",
            SettingVerdict::Warning,
            tr!("the app waits while a batch is committed; `PRAGMA journal_mode = WAL` would spare it that"),
        ),
        Setting::ok("file", file.as_deref().unwrap_or(Path::new("")).display().to_string()).unless(
            writable,
            SettingVerdict::Stop,
            tr!("this user may not write the file, or its folder, where the journal goes"),
        ),
    ];
    Ok(ServerHealth {
        version: format!("SQLite {}", one_text(engine, "SELECT sqlite_version()")?),
        known: true,
        settings,
        clock: None,
        bytes: u64::try_from(pages)?,
        may_create: true,
        folder,
    })
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// Whether this user may write the file and its folder.
pub(super) fn is_writable(engine: &mut impl Engine) -> anyhow::Result<bool> {
    Ok(match file(engine)? {
        Some(file) => {
            access(&file, Access::WRITE_OK).is_ok() && access(folder_of(&file), Access::WRITE_OK).is_ok()
        }
        None => true,
    })
}

fn file(engine: &mut impl Engine) -> anyhow::Result<Option<PathBuf>> {
    let found = one_text(engine, "SELECT file FROM pragma_database_list WHERE name = 'main'")?;
    Ok((!found.is_empty()).then(|| PathBuf::from(found)))
}

fn one_text(engine: &mut impl Engine, sql: &str) -> anyhow::Result<String> {
    let rows = engine.query(sql, &[])?;
    Ok(rows.into_iter().flatten().next().and_then(text).unwrap_or_default())
}

fn number(engine: &mut impl Engine, sql: &str) -> anyhow::Result<i64> {
    match engine.query(sql, &[])?.into_iter().flatten().next() {
        Some(Cell::Int(number)) => Ok(number),
        _ => Ok(0),
    }
}

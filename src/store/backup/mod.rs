//! Backups: each engine's own consistent copy, checked after it was written, and remembered in the
//! database, so that an import can say when there is none.
//!
//! What an engine does is in a file each. A copy is whole or not there at all, and readable by its
//! maker alone; a password reaches a program by its environment or by a file of that kind, never by
//! its arguments.

mod mysql;
mod postgres;
mod program;
mod sqlite;

use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::domain::date::Millis;
use crate::failure::{ExitCode, Failure};
use crate::store::codec::record::Record as _;
use crate::store::engines::dialect::Dialect;
use crate::store::engines::target::DatabaseTarget;
use crate::store::schema::tables::Backup;
use crate::store::session::store::Store;

/// A backup that was made and checked.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedBackup {
    /// Where it is.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What made it, with its version.
    pub program: String,
    /// A hash of its bytes.
    pub digest: String,
    /// How many tables are in it.
    pub tables: usize,
    /// Whether the database remembers it; not before `schema apply`.
    pub recorded: bool,
}

/// Makes a backup in a folder, checks it and records it. `direct` names the server itself where the
/// store is reached by way of a pooler.
///
/// # Errors
/// Exit code 5 when the file cannot be written or a program is missing, 7 when the database cannot be
/// read, 4 when what was written is not whole.
pub fn make(
    store: &mut Store,
    folder: &Path,
    direct: Option<&str>,
    now: Millis,
) -> anyhow::Result<CheckedBackup> {
    let began = std::time::Instant::now();
    let target = source(store, direct)?;
    let tables: Vec<String> = store.catalogue()?.into_keys().collect();
    let (part, whole) = begin(folder, store.dialect(), now)?;
    let written = match &target {
        DatabaseTarget::Sqlite(_) => sqlite::write(store, &part),
        DatabaseTarget::Postgres(target) => postgres::write(target, &tables, &part),
        DatabaseTarget::Mysql(target) => mysql::write(target, &tables, &part),
    };
    let program = written.inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })?;
    let file = fs::rename(&part, &whole).and_then(|()| whole.canonicalize());
    let file = file.map_err(|error| Failure::refused(format!("{}: {error}", whole.display())))?;
    let bytes = fs::metadata(&file)?.len();
    let mut made =
        CheckedBackup { digest: digest(&file)?, file, bytes, program, tables: tables.len(), recorded: false };
    made.recorded = record(store, &made, now)?;
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(program = made.program, tables = made.tables, bytes, elapsed_ms, "backup made");
    Ok(made)
}

/// Where the rows are read: the store's own server, unless that is reached by way of a pooler. A dump
/// program sets its session, and behind a pooler that session is the app's next one.
fn source(store: &Store, direct: Option<&str>) -> anyhow::Result<DatabaseTarget> {
    let target = match direct {
        Some(url) => DatabaseTarget::parse(url)?,
        None => store.target.clone(),
    };
    if target.dialect() != store.dialect() {
        return Err(Failure::usage("--direct-url names a database of another engine"));
    }
    match &target {
        DatabaseTarget::Postgres(server) if server.pooled => Err(Failure::usage(
            "pg_dump cannot work through a pooler in transaction mode; name the server itself: --direct-url \
             (or DIRECT_URL)",
        )),
        _ => Ok(target),
    }
}

/// An empty file that only its maker can read, and the name that it gets when it is whole.
fn begin(folder: &Path, dialect: Dialect, now: Millis) -> anyhow::Result<(PathBuf, PathBuf)> {
    let stamp: String = now.to_string().chars().filter(char::is_ascii_digit).collect();
    let ending = match dialect {
        Dialect::Sqlite => "db",
        Dialect::Postgres => "dump",
        Dialect::Mysql => "sql",
    };
    let whole = folder.join(format!("backup-{}-{}.{ending}", &stamp[..8], &stamp[8..]));
    let part = folder.join(format!("backup-{}-{}.{ending}.part", &stamp[..8], &stamp[8..]));
    let refused =
        |path: &Path, error: std::io::Error| Failure::refused(format!("{}: {error}", path.display()));
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| refused(folder, error))?;
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
    opened.map_err(|error| refused(&part, error))?;
    Ok((part, whole))
}

fn digest(file: &Path) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut reader = fs::File::open(file)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().to_hex()[..16].to_owned()),
            read => hasher.update(&buffer[..read]),
        };
    }
}

/// Remembers a backup, where the table for it is there.
fn record(store: &mut Store, made: &CheckedBackup, now: Millis) -> anyhow::Result<bool> {
    if !store.has_table(Backup::TABLE.name) {
        return Ok(false);
    }
    store.insert(Backup {
        id: crate::store::history::runs::row_id("backup", now, Backup::TABLE.name, &made.digest),
        file: made.file.display().to_string(),
        kib: i64::try_from(made.bytes.div_ceil(1024))?,
        digest: made.digest.clone(),
        program: made.program.clone(),
        created_at: now,
    })?;
    Ok(true)
}

/// The newest backup that the database remembers.
pub fn latest(store: &mut Store) -> anyhow::Result<Option<Backup>> {
    let rows: Vec<Backup> = store.select("ORDER BY \"createdAt\" DESC LIMIT 1", &[])?;
    Ok(rows.into_iter().next())
}

/// A backup older than this does not count before an import, in milliseconds.
const FRESH_MS: i64 = 24 * 60 * 60 * 1000;

/// What is wrong with the newest backup, if something is. Without a table for backups there is no
/// import that it could be about.
pub fn warning(store: &mut Store, now: Millis) -> anyhow::Result<Option<String>> {
    if !store.has_table(Backup::TABLE.name) {
        return Ok(None);
    }
    Ok(match latest(store)? {
        None => Some("no backup of this database is recorded; make one: `sejoli-migrate backup`".to_owned()),
        Some(backup) if now.0 - backup.created_at.0 > FRESH_MS => Some(format!(
            "the newest backup is of {}, more than a day old; make one: `sejoli-migrate backup`",
            backup.created_at
        )),
        Some(_) => None,
    })
}

/// The shell command that puts a backup back; nothing is run.
///
/// # Errors
/// Exit code 6 when the file is no backup, or one of another engine.
pub fn restore_command(file: &Path, database_url: &str) -> anyhow::Result<String> {
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
        return Err(Failure::input(format!("{}: no backup of any engine", file.display())));
    };
    if dialect != target.dialect() {
        let (is, wanted) = (dialect.name(), target.dialect().name());
        return Err(Failure::input(format!(
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

/// What was written is not what it must be.
fn not_whole(why: impl Into<String>) -> anyhow::Error {
    Failure::with(ExitCode::VerificationFailed, format!("the backup is not whole: {}", why.into()))
}

//! Makes a backup: writes it to a `.part` file, checks that, gives it its name and records it.

use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::language::tr;
use crate::store::backup::mysql;
use crate::store::backup::postgres;
use crate::store::backup::sqlite;
use crate::store::codec::record::Record as _;
use crate::store::engines::target::DatabaseTarget;
use crate::store::history::runs;
use crate::store::schema::catalogue::RowPlace;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::tables::Backup;
use crate::store::session::store::Store;

/// A backup that was made and checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckedBackup {
    /// The file's absolute path.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The program that wrote it, with its version.
    pub program: String,
    /// The first 16 hexadecimal digits of the BLAKE3 hash of its bytes.
    pub digest: String,
    /// The number of tables in it.
    pub tables: usize,
    /// Whether it is recorded in the database, which has a table for that only after `schema apply`.
    pub recorded: bool,
}

/// Makes a backup in a folder, checks it and records it. `direct` is the URL of the server itself, for a
/// store that is reached by way of a pooler.
///
/// # Errors
/// Exit code 5 when the file cannot be written or a program is missing, 7 when the database cannot be read, 4
/// when the backup is not complete.
pub(crate) fn make(
    store: &mut Store,
    folder: &Path,
    direct: Option<&str>,
    now: Millis,
) -> anyhow::Result<CheckedBackup> {
    let began = Instant::now();
    let target = source(store, direct)?;
    let tables = tables_with_rows(store)?;
    let (part, whole) = create_part(folder, store.dialect(), now)?;
    let program = write(store, &target, &tables, &part)?;
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

/// The tables that a backup has to have by their names. The rows of partitions are kept under the partitions' names, and
/// those of a foreign table are in another database.
pub(super) fn tables_with_rows(store: &mut Store) -> anyhow::Result<Vec<String>> {
    let tables = store.catalogue()?.into_iter();
    Ok(tables.filter(|(_, shape)| shape.place == RowPlace::Own).map(|(name, _)| name).collect())
}

/// Writes the backup into a file that is there already, which is taken away again where it fails. Returns the program
/// that wrote it, with its version.
///
/// # Errors
/// Those of [`make`].
pub(super) fn write(
    store: &mut Store,
    target: &DatabaseTarget,
    tables: &[String],
    part: &Path,
) -> anyhow::Result<String> {
    let written = match target {
        DatabaseTarget::Sqlite(_) => sqlite::write(store, part),
        DatabaseTarget::Postgres(target) => postgres::write(target, tables, part),
        DatabaseTarget::Mysql(target) => mysql::write(target, tables, part),
    };
    written.inspect_err(|_| {
        let _ = fs::remove_file(part);
    })
}

/// The server that the backup is read from: the store's own, unless that is reached by way of a pooler. A
/// dump program changes settings of its session, which behind a pooler would be the app's session next.
pub(super) fn source(store: &Store, direct: Option<&str>) -> anyhow::Result<DatabaseTarget> {
    let target = match direct {
        Some(url) => DatabaseTarget::parse(url)?,
        None => store.target.clone(),
    };
    if target.dialect() != store.dialect() {
        return Err(Failure::usage(tr!("--direct-url names a database of another engine")));
    }
    match &target {
        DatabaseTarget::Postgres(server) if server.pooled => Err(Failure::usage(tr!(
            "pg_dump cannot work through a pooler in transaction mode; name the server itself: --direct-url \
             (or DIRECT_URL)"
        ))),
        _ => Ok(target),
    }
}

/// Creates the empty file that the backup is written to, readable by this user only, and names the file that
/// it becomes when it is complete.
pub(super) fn create_part(
    folder: &Path,
    dialect: Dialect,
    now: Millis,
) -> anyhow::Result<(PathBuf, PathBuf)> {
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

/// Records a backup in the database, if the table for that exists; returns whether it does.
fn record(store: &mut Store, made: &CheckedBackup, now: Millis) -> anyhow::Result<bool> {
    if !store.has_table(Backup::TABLE.name) {
        return Ok(false);
    }
    store.insert(Backup {
        id: runs::row_id("backup", now, Backup::TABLE.name, &made.digest),
        file: made.file.display().to_string(),
        kib: i64::try_from(made.bytes.div_ceil(1024))?,
        digest: made.digest.clone(),
        program: made.program.clone(),
        created_at: now,
    })?;
    Ok(true)
}

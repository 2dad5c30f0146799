//! The backups that a database has a record of.

use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::Backup;
use crate::store::session::store::Store;

/// The newest backup that is recorded in the database.
///
/// # Errors
/// Those of reading the table.
pub(crate) fn latest(store: &mut Store) -> anyhow::Result<Option<Backup>> {
    let rows: Vec<Backup> = store.select("ORDER BY \"createdAt\" DESC LIMIT 1", &[])?;
    Ok(rows.into_iter().next())
}

/// The age, in milliseconds, up to which a backup counts as one made before an import.
const FRESH_MS: i64 = 24 * 60 * 60 * 1000;

/// What an import should warn of: that no backup is recorded, or only an old one. A database without the
/// table for backups is not ready for an import, which is reported elsewhere.
///
/// # Errors
/// Those of reading the table.
pub(crate) fn warning(store: &mut Store, now: Millis) -> anyhow::Result<Option<String>> {
    if !store.has_table(Backup::TABLE.name) {
        return Ok(None);
    }
    Ok(match latest(store)? {
        None => {
            Some(tr!("no backup of this database is recorded; make one: `sejoli-migrate backup`").to_owned())
        }
        Some(backup) if now.0 - backup.created_at.0 > FRESH_MS => Some(tr!(
            "the newest backup is of {}, more than a day old; make one: `sejoli-migrate backup`",
            backup.created_at.spoken()
        )),
        Some(_) => None,
    })
}

//! The two tables in which a database records its migrations: Diesel's applied versions, and the list of the
//! objects that the tool added.

use anyhow::Context as _;

use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::object::{Object, ObjectKind};
use crate::store::schema::script::{MigrationScript, VERSIONS, scripts};
use crate::store::schema::tables::SchemaObject;
use crate::store::session::store::Store;

/// The table that lists what the tool added.
pub(super) const REGISTRY: &str = SchemaObject::TABLE.name;
/// The migration that makes that table.
pub(super) const REGISTRY_SCRIPT: &str = "20251201000050_registry";

/// The statement that makes [`VERSIONS`]: on SQLite Diesel's own, elsewhere with the types that
/// Prisma has for its model.
pub(super) fn versions_sql(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        }
        Dialect::Postgres => {
            "CREATE TABLE __diesel_schema_migrations (version TEXT PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        }
        Dialect::Mysql => {
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(191) PRIMARY KEY NOT NULL, \
             run_on DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)) \
             DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
        }
    }
}

/// The version of the newest migration: that of the tool's own tables, the same on every engine.
pub(crate) fn newest_version() -> &'static str {
    scripts(Dialect::Sqlite).iter().map(MigrationScript::version).max().unwrap_or_default()
}

/// The applied versions, and when each was applied (UTC, in the database's own notation).
pub(super) fn versions(store: &mut Store, catalogue: &Catalogue) -> anyhow::Result<Vec<(String, String)>> {
    if !catalogue.contains_key(VERSIONS) {
        return Ok(Vec::new());
    }
    let sql =
        format!("SELECT \"version\", CAST(\"run_on\" AS CHAR(40)) FROM \"{VERSIONS}\" ORDER BY \"version\"");
    let rows = store.query(&sql, &[])?;
    Ok(rows
        .into_iter()
        .filter_map(|row| texts(row).map(|[version, at]| (version, at.trim_end().to_owned())))
        .collect())
}

/// Whether a migration is among the applied versions.
pub(super) fn contains(applied: &[(String, String)], script: &MigrationScript) -> bool {
    applied.iter().any(|(version, _)| version == script.version())
}

/// The objects that the tool added, each with the name of its migration.
///
/// # Errors
/// A kind of object in the list that this version does not know.
pub(super) fn recorded(store: &mut Store, catalogue: &Catalogue) -> anyhow::Result<Vec<(Object, String)>> {
    if !catalogue.contains_key(REGISTRY) {
        return Ok(Vec::new());
    }
    let rows: Vec<SchemaObject> = store.select("ORDER BY \"migration\", \"id\"", &[])?;
    let object = |row: SchemaObject| {
        let kinds = [ObjectKind::Table, ObjectKind::Column, ObjectKind::Index];
        let kind = kinds.into_iter().find(|known| known.word() == row.kind);
        let kind = kind.context(tr!(
            "SejoliSchemaObject lists a kind of object that this version of the tool does not know"
        ))?;
        Ok((Object { kind, table: row.table_name, name: row.name }, row.migration))
    };
    rows.into_iter().map(object).collect()
}

/// The key of an object in the registry.
fn key(object: &Object) -> String {
    format!("{}:{}.{}", object.kind.word(), object.table, object.name)
}

/// Adds an object to the list.
pub(super) fn record(store: &mut Store, object: &Object, migration: &str, now: Millis) -> anyhow::Result<()> {
    store.insert(SchemaObject {
        id: key(object),
        kind: object.kind.word().to_owned(),
        name: object.name.clone(),
        table_name: object.table.clone(),
        migration: migration.to_owned(),
        created_at: now,
    })
}

/// Removes objects from the list that no longer exist: if somebody else makes them again, a revert must not
/// drop them.
pub(super) fn forget_missing(store: &mut Store, catalogue: &Catalogue) -> anyhow::Result<()> {
    for (object, _) in recorded(store, catalogue)? {
        if !object.exists_in(catalogue) {
            store.execute(
                &format!("DELETE FROM \"{REGISTRY}\" WHERE \"id\" = ?"),
                &[Cell::Text(key(&object))],
            )?;
        }
    }
    Ok(())
}

/// A row of texts.
fn texts<const N: usize>(row: Vec<Cell>) -> Option<[String; N]> {
    let texts: Option<Vec<String>> = row.into_iter().map(Cell::into_text).collect();
    texts?.try_into().ok()
}

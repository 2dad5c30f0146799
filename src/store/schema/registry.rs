//! What is remembered in the database: Diesel's applied versions, and the list of what was added.

use anyhow::Context as _;

use super::script::{Object, ObjectKind, Script};
use crate::store::Store;
use crate::store::catalogue::Catalogue;
use crate::store::value::{Cell, Value};

/// The table in which Diesel remembers versions.
pub const VERSIONS: &str = "__diesel_schema_migrations";
/// The table that lists what the tool added.
pub const REGISTRY: &str = "SejoliSchemaObject";

/// The applied versions and when each was.
pub fn versions(store: &mut Store, catalogue: &Catalogue) -> anyhow::Result<Vec<(String, String)>> {
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
pub fn has(applied: &[(String, String)], script: &Script) -> bool {
    applied.iter().any(|(version, _)| version == script.version())
}

/// What the tool added: each object and its migration.
pub fn recorded(store: &mut Store, catalogue: &Catalogue) -> anyhow::Result<Vec<(Object, String)>> {
    if !catalogue.contains_key(REGISTRY) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT \"kind\", \"name\", \"tableName\", \"migration\" FROM \"{REGISTRY}\" ORDER BY \"migration\", \"id\""
    );
    let rows = store.query(&sql, &[])?;
    rows.into_iter().map(|row| read_record(row).context("SejoliSchemaObject cannot be read")).collect()
}

fn read_record(row: Vec<Cell>) -> Option<(Object, String)> {
    let [kind, name, table, migration] = texts(row)?;
    let kinds = [ObjectKind::Table, ObjectKind::Column, ObjectKind::Index];
    let kind = kinds.into_iter().find(|known| known.word() == kind)?;
    Some((Object { kind, table, name }, migration))
}

/// The key of an object in the registry.
fn key(object: &Object) -> Cell {
    Cell::Text(format!("{}:{}.{}", object.kind.word(), object.table, object.name))
}

/// Lists an object.
pub fn record(store: &mut Store, object: &Object, migration: &str, now: &Value) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO \"{REGISTRY}\" (\"id\", \"kind\", \"name\", \"tableName\", \"migration\", \"createdAt\") \
         VALUES (?, ?, ?, ?, ?, ?)"
    );
    let text = |text: &str| Cell::Text(text.to_owned());
    let now = store.encode(now.clone());
    let cells = [
        key(object),
        text(object.kind.word()),
        text(&object.name),
        text(&object.table),
        text(migration),
        now,
    ];
    store.execute(&sql, &cells)?;
    Ok(())
}

/// What is listed and gone is listed no longer: whoever makes it again owns it.
pub fn forget_missing(store: &mut Store, catalogue: &Catalogue) -> anyhow::Result<()> {
    for (object, _) in recorded(store, catalogue)? {
        if !object.exists_in(catalogue) {
            store.execute(&format!("DELETE FROM \"{REGISTRY}\" WHERE \"id\" = ?"), &[key(&object)])?;
        }
    }
    Ok(())
}

/// A table as an object.
pub fn table(name: &str) -> Object {
    Object { kind: ObjectKind::Table, table: name.to_owned(), name: name.to_owned() }
}

/// A row of texts.
fn texts<const N: usize>(row: Vec<Cell>) -> Option<[String; N]> {
    let texts: Option<Vec<String>> = row
        .into_iter()
        .map(|cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    texts?.try_into().ok()
}

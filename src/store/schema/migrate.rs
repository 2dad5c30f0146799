//! Applying and taking away. Diesel's migration harness keeps the versions and their order; the
//! guard and the list of what was added are ours. Both run inside one transaction of the caller's.

use anyhow::Context as _;
use diesel_migrations::MigrationHarness;

use super::guarded::{Guarded, Plan, is_needed};
use super::registry::{REGISTRY, VERSIONS, forget_missing, has, record, recorded, table, versions};
use super::script::{Ddl, Object, SQLITE, Script};
use crate::domain::date::Millis;
use crate::exit_code::Failure;
use crate::store::value::Value;
use crate::store::{Db, Store};

/// The migration that stands in the registry for what Diesel itself made.
const REGISTRY_SCRIPT: &str = "20251201000050_registry";

/// The migrations of the engine that is connected, oldest first.
pub fn scripts(store: &Store) -> &'static [Script] {
    match store.db {
        Db::Sqlite(_) => SQLITE,
    }
}

/// Makes what is missing, inside the caller's transaction, and returns it.
pub fn apply(store: &mut Store) -> anyhow::Result<Vec<Object>> {
    let before = store.catalogue()?;
    let applied = versions(store, &before)?;
    let plan: Vec<Guarded> = scripts(store)
        .iter()
        .filter(|script| is_needed(script, &before))
        .map(|script| Guarded::up(script, &before))
        .collect();
    forget_missing(store, &before)?;
    for guarded in plan.iter().filter(|guarded| has(&applied, guarded.script())) {
        repair(store, guarded)?;
    }
    run_pending(store, &plan)?;
    let now = Value::Time(Millis(chrono::Utc::now().timestamp_millis()));
    let mut created = Vec::new();
    if !before.contains_key(VERSIONS) {
        let object = table(VERSIONS);
        record(store, &object, REGISTRY_SCRIPT, &now)?;
        created.push(object);
    }
    for guarded in &plan {
        for ddl in &guarded.statements {
            if !guarded.script().of_the_app {
                record(store, &ddl.object, guarded.script().name, &now)?;
            }
            created.push(ddl.object.clone());
        }
    }
    Ok(created)
}

/// Makes again what was lost since its migration was applied: `prisma db push` drops empty tables.
fn repair(store: &mut Store, guarded: &Guarded) -> anyhow::Result<()> {
    for ddl in &guarded.statements {
        store.run_script(ddl.sql).with_context(|| ddl.object.to_string())?;
    }
    Ok(())
}

fn run_pending(store: &mut Store, plan: &[Guarded]) -> anyhow::Result<()> {
    let result = match &mut store.db {
        Db::Sqlite(connection) => connection.run_pending_migrations(Plan(plan)).map(|_| ()),
    };
    result.map_err(anyhow::Error::from_boxed).context("the schema could not be applied")
}

/// Takes away what the tool added, newest first, inside the caller's transaction; returns it.
pub fn revert(store: &mut Store) -> anyhow::Result<Vec<Object>> {
    let before = store.catalogue()?;
    let applied = versions(store, &before)?;
    let recorded: Vec<Object> = recorded(store, &before)?.into_iter().map(|(object, _)| object).collect();
    refuse_unknown(store, &recorded)?;
    let mut taken = Vec::new();
    for script in scripts(store).iter().rev() {
        let guarded = Guarded::down(script, &before, &recorded);
        if has(&applied, script) {
            revert_one(store, &guarded)?;
        } else {
            repair(store, &guarded)?;
        }
        taken.extend(guarded.statements.into_iter().map(|ddl| ddl.object));
    }
    taken.extend(take_versions(store, &recorded)?);
    if store.catalogue()?.contains_key(REGISTRY) {
        store.execute(&format!("DELETE FROM \"{REGISTRY}\""), &[])?;
    }
    Ok(taken)
}

fn revert_one(store: &mut Store, guarded: &Guarded) -> anyhow::Result<()> {
    let result = match &mut store.db {
        Db::Sqlite(connection) => connection.revert_migration(guarded).map(|_| ()),
    };
    result.map_err(anyhow::Error::from_boxed).context("the schema could not be taken away")
}

/// Diesel's table goes when it is ours and no version is left in it.
fn take_versions(store: &mut Store, recorded: &[Object]) -> anyhow::Result<Option<Object>> {
    let ours = table(VERSIONS);
    let catalogue = store.catalogue()?;
    if !recorded.contains(&ours) || !versions(store, &catalogue)?.is_empty() || !ours.exists_in(&catalogue) {
        return Ok(None);
    }
    store.run_script(&format!("DROP TABLE \"{VERSIONS}\""))?;
    Ok(Some(ours))
}

/// A newer version of the tool may have added what this one does not know.
fn refuse_unknown(store: &Store, recorded: &[Object]) -> anyhow::Result<()> {
    let known: Vec<Ddl> = scripts(store).iter().flat_map(Script::taken).collect();
    let is_known = |object: &Object| object.name == VERSIONS || known.iter().any(|ddl| ddl.object.is(object));
    match recorded.iter().find(|object| !is_known(object)) {
        Some(object) => Err(Failure::refused(format!(
            "{object} was added by another version of the tool; revert with that version"
        ))),
        None => Ok(()),
    }
}

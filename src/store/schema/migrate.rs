//! Applying and taking away. Diesel's migration harness keeps the versions and their order; the
//! guard and the list of what was added are ours.
//!
//! Where the engine can, both run inside one transaction of the caller's. MySQL cannot: there the
//! list is written before what it lists is made, and goes after all of it is gone, so that the next
//! call finishes whatever was broken off.

use crate::store::schema::script::scripts;
use anyhow::Context as _;

use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::store::engines::dialect::Dialect;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::guarded::{GuardedMigration, is_needed};
use crate::store::schema::registry;
use crate::store::schema::registry::{
    REGISTRY, VERSIONS, forget_missing, has, record, recorded, table, versions,
};
use crate::store::schema::script::{Ddl, MigrationScript, Object};
use crate::store::session::store::Store;

/// The migration that makes the list of what was added.
const REGISTRY_SCRIPT: &str = "20251201000050_registry";

/// Makes what is missing and returns it.
pub fn apply(store: &mut Store) -> anyhow::Result<Vec<Object>> {
    let mut created = begin(store)?;
    let before = store.catalogue()?;
    let applied = versions(store, &before)?;
    forget_missing(store, &before)?;
    let plan = plan(store.dialect(), &before);
    let now = Millis(chrono::Utc::now().timestamp_millis());
    for object in &created {
        record(store, object, REGISTRY_SCRIPT, now)?;
    }
    for guarded in &plan {
        for ddl in &guarded.statements {
            if !guarded.script().of_the_app {
                record(store, &ddl.object, guarded.script().name, now)?;
            }
            created.push(ddl.object.clone());
        }
    }
    for guarded in plan.iter().filter(|guarded| has(&applied, guarded.script())) {
        run(store, guarded)?;
    }
    store.engine().apply(&plan).context("the schema could not be applied")?;
    Ok(created)
}

/// The two tables that tell what was done: they are there before anything else is.
fn begin(store: &mut Store) -> anyhow::Result<Vec<Object>> {
    let before = store.catalogue()?;
    let plan = plan(store.dialect(), &before);
    let mut created = Vec::new();
    if !before.contains_key(VERSIONS) {
        let sql = in_collation(registry::versions_sql(store.dialect()), &before);
        store.run_script(&sql)?;
        created.push(table(VERSIONS));
    }
    for guarded in plan.iter().filter(|guarded| guarded.script().name == REGISTRY_SCRIPT) {
        run(store, guarded)?;
        created.extend(guarded.statements.iter().map(|ddl| ddl.object.clone()));
    }
    store.refresh()?;
    Ok(created)
}

/// What each migration has to do here.
fn plan(dialect: Dialect, catalogue: &Catalogue) -> Vec<GuardedMigration> {
    let needed = scripts(dialect).iter().filter(|script| is_needed(script, catalogue));
    let mut plan: Vec<GuardedMigration> =
        needed.map(|script| GuardedMigration::up(script, dialect, catalogue)).collect();
    for ddl in plan.iter_mut().flat_map(|guarded| &mut guarded.statements) {
        ddl.sql = in_collation(&ddl.sql, catalogue);
    }
    plan
}

/// The collation that Prisma gives to MySQL's tables.
const COLLATION: &str = "utf8mb4_unicode_ci";

/// A statement in the collation that the app's own tables have: ids of one collation are not compared
/// with those of another.
fn in_collation(sql: &str, catalogue: &Catalogue) -> String {
    let user = catalogue.get("User").and_then(|table| table.column("id"));
    match user.and_then(|id| id.collation.as_ref()).filter(|own| own.starts_with("utf8mb4")) {
        Some(own) => sql.replace(COLLATION, own),
        None => sql.to_owned(),
    }
}

/// Makes again what was lost since its migration was applied (`prisma db push` drops empty tables),
/// or takes away what is left of one that was not.
fn run(store: &mut Store, guarded: &GuardedMigration) -> anyhow::Result<()> {
    for ddl in guarded.to_run() {
        store.run_script(&ddl.sql).with_context(|| ddl.object.to_string())?;
    }
    Ok(())
}

/// Takes away what the tool added, newest first; returns it.
pub fn revert(store: &mut Store) -> anyhow::Result<Vec<Object>> {
    let before = store.catalogue()?;
    let applied = versions(store, &before)?;
    let recorded: Vec<Object> = recorded(store, &before)?.into_iter().map(|(object, _)| object).collect();
    let dialect = store.dialect();
    refuse_unknown(dialect, &recorded)?;
    let mut taken = Vec::new();
    for script in scripts(dialect).iter().rev() {
        let mut guarded = GuardedMigration::down(script, dialect, &before, &recorded);
        taken.extend(guarded.statements.iter().map(|ddl| ddl.object.clone()));
        if script.name == REGISTRY_SCRIPT {
            guarded.statements.clear();
        }
        if has(&applied, script) {
            store.engine().revert(&guarded).context("the schema could not be taken away")?;
        } else {
            run(store, &guarded)?;
        }
    }
    taken.extend(take_versions(store, &recorded)?);
    take_registry(store, &before, &recorded)?;
    Ok(taken)
}

/// Diesel's table goes when it is ours and no version is left in it.
fn take_versions(store: &mut Store, recorded: &[Object]) -> anyhow::Result<Option<Object>> {
    let ours = table(VERSIONS);
    let catalogue = store.catalogue()?;
    if !recorded.contains(&ours) || !versions(store, &catalogue)?.is_empty() || !ours.exists_in(&catalogue) {
        return Ok(None);
    }
    store.run_script(&format!("DROP TABLE {VERSIONS}"))?;
    Ok(Some(ours))
}

/// The list goes last, or is emptied where it was there before.
fn take_registry(store: &mut Store, before: &Catalogue, recorded: &[Object]) -> anyhow::Result<()> {
    if !before.contains_key(REGISTRY) {
        return Ok(());
    }
    let verb = if recorded.contains(&table(REGISTRY)) { "DROP TABLE" } else { "DELETE FROM" };
    store.execute(&format!("{verb} \"{REGISTRY}\""), &[])?;
    Ok(())
}

/// A newer version of the tool may have added what this one does not know.
fn refuse_unknown(dialect: Dialect, recorded: &[Object]) -> anyhow::Result<()> {
    let known: Vec<Ddl> = scripts(dialect).iter().flat_map(MigrationScript::taken).collect();
    let is_known = |object: &Object| object.name == VERSIONS || known.iter().any(|ddl| ddl.object.is(object));
    match recorded.iter().find(|object| !is_known(object)) {
        Some(object) => Err(Failure::refused(format!(
            "{object} was added by another version of the tool; revert with that version"
        ))),
        None => Ok(()),
    }
}

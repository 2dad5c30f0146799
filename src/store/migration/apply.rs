//! `schema apply`. Diesel's migration harness keeps the versions and their order; the guards and the list of
//! what was added are the tool's.
//!
//! SQLite and PostgreSQL apply everything in one transaction. MySQL commits each change of its schema by
//! itself: there the list is written before what it lists is made, so that the next call can finish what was
//! broken off.

use anyhow::Context as _;
use serde::Serialize;

use crate::language::tr;
use crate::store::migration::check::{check, refuse_read_only, refuse_unusable};
use crate::store::migration::registry::{
    REGISTRY_SCRIPT, contains, forget_missing, record, versions, versions_sql,
};
use crate::store::migration::status::{MigrationStatus, status};
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::guarded::{GuardedMigration, applies_to};
use crate::store::schema::object::Object;
use crate::store::schema::script::{VERSIONS, scripts};
use crate::store::session::lock;
use crate::store::session::store::Store;

/// What `schema apply` has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppliedMigrations {
    /// What was made, in its order.
    pub created: Vec<Object>,
    /// The migrations now.
    pub migrations: Vec<MigrationStatus>,
}

/// Adds what is missing, all of it or nothing; to an empty database also the app's own tables.
///
/// # Errors
/// Exit code 7 when the database is not the app's or something in it stops an import, 5 when another
/// command holds the lock.
pub fn apply(store: &mut Store) -> anyhow::Result<AppliedMigrations> {
    lock::ensure_free(store)?;
    let created = store.schema_transaction(|store| {
        let found = check(store)?;
        refuse_unusable(&found)?;
        refuse_read_only(&found)?;
        run_missing(store)
    })?;
    store.refresh()?;
    Ok(AppliedMigrations { created, migrations: status(store)?.migrations })
}

/// Makes what is missing and returns it.
fn run_missing(store: &mut Store) -> anyhow::Result<Vec<Object>> {
    let mut created = make_bookkeeping(store)?;
    let before = store.catalogue()?;
    let applied = versions(store, &before)?;
    forget_missing(store, &before)?;
    let plan = plan(store.dialect(), &before);
    let now = crate::clock::now();
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
    for guarded in plan.iter().filter(|guarded| contains(&applied, guarded.script())) {
        run_statements(store, guarded)?;
    }
    store.engine.apply(&plan).context(tr!("the schema could not be applied"))?;
    Ok(created)
}

/// Makes the two tables that record what is made. They must exist before anything else: what they list is
/// recorded first, so that on MySQL a broken-off call can be finished.
fn make_bookkeeping(store: &mut Store) -> anyhow::Result<Vec<Object>> {
    let before = store.catalogue()?;
    let plan = plan(store.dialect(), &before);
    let mut created = Vec::new();
    if !before.contains_key(VERSIONS) {
        let sql = in_collation(versions_sql(store.dialect()), &before);
        store.run_script(&sql)?;
        created.push(Object::table(VERSIONS));
    }
    for guarded in plan.iter().filter(|guarded| guarded.script().name == REGISTRY_SCRIPT) {
        run_statements(store, guarded)?;
        created.extend(guarded.statements.iter().map(|ddl| ddl.object.clone()));
    }
    store.refresh()?;
    Ok(created)
}

/// The migrations that this database needs, each with the statements whose object is missing.
fn plan(dialect: Dialect, catalogue: &Catalogue) -> Vec<GuardedMigration> {
    let needed = scripts(dialect).iter().filter(|script| applies_to(script, catalogue));
    let mut plan: Vec<GuardedMigration> =
        needed.map(|script| GuardedMigration::up(script, dialect, catalogue)).collect();
    for ddl in plan.iter_mut().flat_map(|guarded| &mut guarded.statements) {
        ddl.sql = in_collation(&ddl.sql, catalogue);
    }
    plan
}

/// The collation that Prisma gives to MySQL's tables.
const COLLATION: &str = "utf8mb4_unicode_ci";

/// A statement with the collation of the app's own tables: MySQL refuses to compare ids of two collations.
fn in_collation(sql: &str, catalogue: &Catalogue) -> String {
    let user = catalogue.get("User").and_then(|table| table.column("id"));
    match user.and_then(|id| id.collation.as_ref()).filter(|own| own.starts_with("utf8mb4")) {
        Some(own) => sql.replace(COLLATION, own),
        None => sql.to_owned(),
    }
}

/// Runs a migration's statements without Diesel's record of versions. Needed where that record and the
/// database differ: a table was dropped after its migration was applied (`prisma db push` drops empty ones),
/// or a migration was broken off before it was recorded.
pub(super) fn run_statements(store: &mut Store, guarded: &GuardedMigration) -> anyhow::Result<()> {
    for ddl in guarded.to_run() {
        store.run_script(&ddl.sql).with_context(|| ddl.object.to_string())?;
    }
    Ok(())
}

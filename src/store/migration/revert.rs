//! `schema revert`: drops exactly what `schema apply` has added to this database.
//!
//! Where the engine can, everything is dropped in one transaction. MySQL cannot: there the list of what was
//! added goes after all that it lists, so that the next call can finish what was broken off.

use anyhow::Context as _;
use serde::Serialize;

use crate::failure::Failure;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::history::runs;
use crate::store::migration::apply::run_statements;
use crate::store::migration::registry::{REGISTRY, REGISTRY_SCRIPT, contains, recorded, versions};
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::guarded::GuardedMigration;
use crate::store::schema::object::{Object, ObjectKind};
use crate::store::schema::script::{Ddl, MigrationScript, VERSIONS, scripts};
use crate::store::schema::tables::{AffiliateMapping, AffiliateTotals, ImportRun, SourceRecord, WebhookLog};
use crate::store::session::lock;
use crate::store::session::store::Store;

/// What `schema revert` has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RevertedMigration {
    /// What was taken away, in its order.
    pub taken: Vec<Object>,
}

/// Drops what the tool added, all of it or nothing, and never anything of the app's (L26).
///
/// # Errors
/// Exit code 5 when another command holds the lock, when another version of the tool added something, or,
/// unless `yes`, while a run is not rolled back or a value would be lost.
pub(crate) fn revert(store: &mut Store, yes: bool) -> anyhow::Result<RevertedMigration> {
    lock::ensure_free(store)?;
    let taken = store.schema_transaction(|store| {
        if !yes {
            refuse_loss(store)?;
        }
        drop_added(store)
    })?;
    store.refresh()?;
    Ok(RevertedMigration { taken })
}

/// Refuses to drop what still holds something that no rollback would have deleted.
fn refuse_loss(store: &mut Store) -> anyhow::Result<()> {
    let catalogue = store.catalogue()?;
    if catalogue.contains_key(ImportRun::TABLE.name) {
        let standing = runs::count_not_rolled_back(store)?;
        if standing > 0 {
            let runs = if standing == 1 { tr!("1 run is").to_owned() } else { tr!("{standing} runs are") };
            return Err(Failure::refused(tr!(
                "{runs} not rolled back; roll back first (`sejoli-migrate rollback RUN`), or use --yes to lose \
                 the books"
            )));
        }
    }
    for (object, _) in recorded(store, &catalogue)? {
        let count = if object.exists_in(&catalogue) { values_in(store, &object)? } else { 0 };
        if count > 0 {
            return Err(Failure::refused(tr!(
                "{object} still holds values: {count}; use --yes to delete them"
            )));
        }
    }
    Ok(())
}

/// The tables whose rows are deleted by the rollback of every run: rows left in them are not the tool's.
const EMPTY_WITHOUT_RUNS: [&str; 4] = [
    WebhookLog::TABLE.name,
    AffiliateMapping::TABLE.name,
    SourceRecord::TABLE.name,
    AffiliateTotals::TABLE.name,
];

/// The number of rows of a table, or of values in a column, that nothing but a revert would delete.
fn values_in(store: &mut Store, object: &Object) -> anyhow::Result<i64> {
    let counted = match object.kind {
        ObjectKind::Table if EMPTY_WITHOUT_RUNS.contains(&object.name.as_str()) => "*".to_owned(),
        ObjectKind::Column => format!("\"{}\"", object.name),
        _ => return Ok(0),
    };
    let rows = store.query(&format!("SELECT count({counted}) FROM \"{}\"", object.table), &[])?;
    match rows.first().and_then(|row| row.first()) {
        Some(Cell::Int(count)) => Ok(*count),
        _ => Ok(0),
    }
}

/// Drops what the tool added, newest first, and returns it.
fn drop_added(store: &mut Store) -> anyhow::Result<Vec<Object>> {
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
        if contains(&applied, script) {
            store.engine.revert(&guarded).context(tr!("the schema could not be reverted"))?;
        } else {
            run_statements(store, &guarded)?;
        }
    }
    taken.extend(drop_versions(store, &recorded)?);
    drop_registry(store, &before, &recorded)?;
    Ok(taken)
}

/// Drops Diesel's table of versions if the tool made it and no version is left in it.
fn drop_versions(store: &mut Store, recorded: &[Object]) -> anyhow::Result<Option<Object>> {
    let ours = Object::table(VERSIONS);
    let catalogue = store.catalogue()?;
    if !recorded.contains(&ours) || !versions(store, &catalogue)?.is_empty() || !ours.exists_in(&catalogue) {
        return Ok(None);
    }
    store.run_script(&format!("DROP TABLE {VERSIONS}"))?;
    Ok(Some(ours))
}

/// Drops the list of what was added, or empties it where it was not the tool that made it. This comes last,
/// so that a revert that was broken off on MySQL can be finished.
fn drop_registry(store: &mut Store, before: &Catalogue, recorded: &[Object]) -> anyhow::Result<()> {
    if !before.contains_key(REGISTRY) {
        return Ok(());
    }
    let verb = if recorded.contains(&Object::table(REGISTRY)) { "DROP TABLE" } else { "DELETE FROM" };
    store.execute(&format!("{verb} \"{REGISTRY}\""), &[])?;
    Ok(())
}

/// Refuses to revert what another version of the tool has added and this one cannot drop.
fn refuse_unknown(dialect: Dialect, recorded: &[Object]) -> anyhow::Result<()> {
    let known: Vec<Ddl> = scripts(dialect).iter().flat_map(MigrationScript::down_statements).collect();
    let is_known =
        |object: &Object| object.name == VERSIONS || known.iter().any(|ddl| ddl.object.is_same(object));
    match recorded.iter().find(|object| !is_known(object)) {
        Some(object) => Err(Failure::refused(tr!(
            "{object} was added by another version of the tool; revert with that version"
        ))),
        None => Ok(()),
    }
}

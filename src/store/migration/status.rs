//! `schema status`: which migrations are applied, and what they have added.

use serde::Serialize;

use crate::store::migration::registry::{recorded, versions};
use crate::store::schema::guarded::applies_to;
use crate::store::schema::object::Object;
use crate::store::schema::script::scripts;
use crate::store::session::store::Store;

/// Whether a migration is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MigrationState {
    /// Applied.
    Applied,
    /// Not applied yet.
    Pending,
    /// The app's own tables, in a database that has them already.
    NotNeeded,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MigrationStatus {
    /// Version and title.
    pub name: &'static str,
    /// Whether it is applied.
    pub state: MigrationState,
    /// When it was applied: UTC, in the database's own notation.
    pub applied_at: Option<String>,
}

/// What `schema status` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SchemaStatus {
    /// The migrations, oldest first.
    pub migrations: Vec<MigrationStatus>,
    /// What the tool has added to this database; a revert takes it away.
    pub added: Vec<Object>,
}

/// The migrations and what they have added to this database; writes nothing.
///
/// # Errors
/// Those of reading the catalogue and the tool's own tables.
pub(crate) fn status(store: &mut Store) -> anyhow::Result<SchemaStatus> {
    let catalogue = store.catalogue()?;
    let versions = versions(store, &catalogue)?;
    let migrations = scripts(store.dialect()).iter().map(|script| {
        let applied = versions.iter().find(|(version, _)| version == script.version());
        let state = match applied {
            Some(_) => MigrationState::Applied,
            None if applies_to(script, &catalogue) => MigrationState::Pending,
            None => MigrationState::NotNeeded,
        };
        MigrationStatus { name: script.name, state, applied_at: applied.map(|(_, at)| at.clone()) }
    });
    let migrations = migrations.collect();
    let added = recorded(store, &catalogue)?;
    Ok(SchemaStatus { migrations, added: added.into_iter().map(|(object, _)| object).collect() })
}

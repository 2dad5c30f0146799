//! The schema: what the database has, what the tool adds to it, and how that goes away again.
//!
//! The app's database belongs to Prisma, so three things hold here. What is there is looked at and
//! never changed ([`check`]). What the tool adds is what Prisma itself would have made, object by
//! object, and only where it is missing ([`apply`]). Each object that the tool made is listed in a
//! table, so that [`revert`] takes away exactly that, and the app's own tables never (L26).

pub mod catalogue;
mod check;
mod expected;
mod finding;
mod guarded;
mod migrate;
mod registry;
mod script;
pub mod tables;
mod types;
pub mod words;

pub use crate::store::schema::finding::{ObjectState, SchemaCheck, SchemaFinding, SchemaVerdict};
pub use crate::store::schema::guarded::{GuardedMigration, MigrationPlan};
pub use crate::store::schema::script::{MigrationScript, Object, ObjectKind, scripts};

use serde::Serialize;

use crate::failure::Failure;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::engines::dialect::Dialect;
use crate::store::history::runs;
use crate::store::schema::tables::{AffiliateMapping, AffiliateTotals, ImportRun, SourceRecord, WebhookLog};
use crate::store::session::lock;
use crate::store::session::store::Store;

/// The models for the app's schema.prisma.
const PRISMA: &str = include_str!("../../../migrations/sejoli.prisma");

/// Where a migration stands.
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
    /// Where it stands.
    pub state: MigrationState,
    /// When it was applied (UTC, as the database wrote it).
    pub applied_at: Option<String>,
}

/// What `schema status` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaStatus {
    /// The migrations, oldest first.
    pub migrations: Vec<MigrationStatus>,
    /// What the tool has added to this database; a revert takes it away.
    pub added: Vec<Object>,
}

/// What `schema apply` has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppliedMigrations {
    /// What was made, in its order.
    pub created: Vec<Object>,
    /// The migrations now.
    pub migrations: Vec<MigrationStatus>,
}

/// What `schema revert` has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevertedMigration {
    /// What was taken away, in its order.
    pub taken: Vec<Object>,
}

/// What `schema print` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintFormat {
    /// Models for the app's schema.prisma.
    Prisma,
    /// The statements that `schema apply` runs.
    Sql,
}

/// Looks at the database and writes nothing.
///
/// # Errors
/// Only those of reading the catalogue; what is wrong with the schema is in the result.
pub fn check(store: &mut Store) -> anyhow::Result<SchemaCheck> {
    let mut found = check::check(&store.known(), store.dialect());
    if matches!(found.verdict, SchemaVerdict::Empty | SchemaVerdict::NotOurs) {
        for schema in store.engine().schemas_with(["User", "Transaction"])? {
            let meaning =
                format!("the app's tables are in the schema {schema:?}: add schema={schema} to the URL");
            found.findings.push(SchemaFinding {
                state: ObjectState::Note,
                object: registry::table("User"),
                meaning,
            });
        }
    }
    Ok(found)
}

/// What an import calls first.
///
/// # Errors
/// Exit code 7, with one line that says what to do, unless the database is ready.
pub fn ensure_ready(store: &mut Store) -> anyhow::Result<()> {
    let found = check(store)?;
    refuse_unusable(&found)?;
    match found.verdict {
        SchemaVerdict::Empty => {
            Err(Failure::database("the database is empty; run `sejoli-migrate schema apply` first"))
        }
        SchemaVerdict::NeedsApply => Err(Failure::database(format!(
            "the database lacks {}; run `sejoli-migrate schema apply` first",
            some_of(found.of(ObjectState::Missing).map(|finding| finding.object.to_string()))
        ))),
        _ => Ok(()),
    }
}

/// Adds what is missing, all of it or nothing; into an empty database also the app's own tables.
///
/// # Errors
/// Exit code 7 when the database is not the app's, or when something in it stops an import.
pub fn apply(store: &mut Store) -> anyhow::Result<AppliedMigrations> {
    lock::ensure_free(store)?;
    let created = store.schema_change(|store| {
        refuse_unusable(&check(store)?)?;
        migrate::apply(store)
    })?;
    store.refresh()?;
    Ok(AppliedMigrations { created, migrations: status(store)?.migrations })
}

/// The migrations, and what they have added here. Writes nothing.
pub fn status(store: &mut Store) -> anyhow::Result<SchemaStatus> {
    let catalogue = store.catalogue()?;
    let versions = registry::versions(store, &catalogue)?;
    let migrations = scripts(store.dialect()).iter().map(|script| {
        let applied = versions.iter().find(|(version, _)| version == script.version());
        let state = match applied {
            Some(_) => MigrationState::Applied,
            None if guarded::is_needed(script, &catalogue) => MigrationState::Pending,
            None => MigrationState::NotNeeded,
        };
        MigrationStatus { name: script.name, state, applied_at: applied.map(|(_, at)| at.clone()) }
    });
    let migrations = migrations.collect();
    let added = registry::recorded(store, &catalogue)?;
    Ok(SchemaStatus { migrations, added: added.into_iter().map(|(object, _)| object).collect() })
}

/// Takes away what the tool added, all of it or nothing; never anything of the app's.
///
/// # Errors
/// Exit code 5 while an import stands or something would be lost, unless `yes`.
pub fn revert(store: &mut Store, yes: bool) -> anyhow::Result<RevertedMigration> {
    lock::ensure_free(store)?;
    let taken = store.schema_change(|store| {
        if !yes {
            refuse_loss(store)?;
        }
        migrate::revert(store)
    })?;
    store.refresh()?;
    Ok(RevertedMigration { taken })
}

/// What the tool adds, as text.
pub fn print(format: PrintFormat, dialect: Dialect) -> String {
    match format {
        PrintFormat::Prisma => prisma(dialect),
        PrintFormat::Sql => {
            let heading = |script: &MigrationScript| format!("-- {}\n{}", script.name, script.up);
            scripts(dialect).iter().map(heading).collect::<Vec<_>>().join("\n")
        }
    }
}

/// A text of MySQL has 191 characters unless its model says otherwise.
fn prisma(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => PRISMA.to_owned(),
        Dialect::Mysql => ["  file        String\n", "  file      String\n", "  reason      String\n"]
            .iter()
            .fold(PRISMA.to_owned(), |text, line| text.replace(line, &line.replace('\n', " @db.Text\n"))),
    }
}

/// Nothing can be added to a database that is not the app's or does not fit.
fn refuse_unusable(found: &SchemaCheck) -> anyhow::Result<()> {
    match found.verdict {
        SchemaVerdict::NotOurs => Err(Failure::database(
            "this is not the app's database: it has tables, but neither User nor Transaction; check DATABASE_URL",
        )),
        SchemaVerdict::Incompatible => {
            let all = found.of(ObjectState::Incompatible);
            let all = all.map(|finding| format!("{}: {}", finding.object, finding.meaning));
            Err(Failure::database(format!(
                "the database does not fit: {}; see `sejoli-migrate schema check`",
                some_of(all)
            )))
        }
        _ => Ok(()),
    }
}

/// What would be lost with the tables and columns that go.
fn refuse_loss(store: &mut Store) -> anyhow::Result<()> {
    let catalogue = store.catalogue()?;
    if catalogue.contains_key(ImportRun::TABLE.name) {
        let standing = runs::standing(store)?;
        if standing > 0 {
            return Err(Failure::refused(format!(
                "{standing} run(s) stand; roll them back first (`sejoli-migrate rollback RUN`), or --yes to lose their books"
            )));
        }
    }
    for (object, _) in registry::recorded(store, &catalogue)? {
        let count = if object.exists_in(&catalogue) { values_in(store, &object)? } else { 0 };
        if count > 0 {
            return Err(Failure::refused(format!("{object} holds {count} value(s); --yes to lose them")));
        }
    }
    Ok(())
}

/// Tables whose rows an undo of every run takes away: what is left in them is somebody else's.
const EMPTY_WITHOUT_RUNS: [&str; 4] = [
    WebhookLog::TABLE.name,
    AffiliateMapping::TABLE.name,
    SourceRecord::TABLE.name,
    AffiliateTotals::TABLE.name,
];

/// The rows of a table, or the values in a column, that nothing but a revert would delete.
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

/// How many names a one-line message carries.
const NAMES_IN_A_LINE: usize = 3;

/// The first few of a list, and how many more there are.
fn some_of(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let more = all.len().saturating_sub(NAMES_IN_A_LINE);
    let shown = all[..all.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

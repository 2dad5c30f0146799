//! The results of `schema`.

use crate::language::tr;
use crate::store::migration::apply::AppliedMigrations;
use crate::store::migration::revert::RevertedMigration;
use crate::store::migration::status::{MigrationState, MigrationStatus, SchemaStatus};
use crate::store::schema::finding::{ObjectState, SchemaCheck, SchemaVerdict};
use crate::store::schema::object::{Object, ObjectKind};

/// What to do next.
pub(crate) fn advice(verdict: SchemaVerdict) -> &'static str {
    match verdict {
        SchemaVerdict::Ready => tr!("An import can begin."),
        SchemaVerdict::NeedsApply | SchemaVerdict::Empty => tr!("Next: sejoli-migrate schema apply"),
        SchemaVerdict::Incompatible => {
            tr!("An import cannot begin: change what is listed as incompatible in the app, with Prisma.")
        }
        SchemaVerdict::ReadOnly => {
            tr!(
                "Everything is there, and this user may only read it: status, report and verify work, an import cannot begin."
            )
        }
        SchemaVerdict::NotOurs => tr!("Nothing will be written here; check DATABASE_URL."),
    }
}

/// What the database has and lacks, as text; `database` is its URL without a password.
pub(crate) fn check_text(found: &SchemaCheck, database: &str) -> String {
    let verdict = match found.verdict {
        SchemaVerdict::Ready => tr!("ready"),
        SchemaVerdict::NeedsApply => tr!("schema apply is due"),
        SchemaVerdict::Incompatible => tr!("incompatible"),
        SchemaVerdict::ReadOnly => tr!("ready, but read-only"),
        SchemaVerdict::Empty => tr!("empty"),
        SchemaVerdict::NotOurs => tr!("not the app's database"),
    };
    let mut text = format!("{database}: {verdict}\n");
    for (state, heading) in [
        (ObjectState::Incompatible, tr!("Incompatible (stops an import)")),
        (ObjectState::ReadOnly, tr!("Read-only (stops an import, and nothing that only reads)")),
        (ObjectState::Missing, tr!("Missing (schema apply adds it)")),
        (ObjectState::Note, tr!("Notes (stop nothing)")),
    ] {
        let lines: Vec<_> = found.of(state).collect();
        let width = |words: fn(&Object) -> usize| {
            lines.iter().map(|finding| words(&finding.object)).max().unwrap_or(0)
        };
        let (kinds, names) = (width(|object| object.kind.spoken().len()), width(|object| name(object).len()));
        if !lines.is_empty() {
            text.push_str(&format!("\n{heading}\n"));
        }
        for finding in &lines {
            let meaning = if state == ObjectState::Missing { "" } else { &finding.meaning };
            let (kind, name) = (finding.object.kind.spoken(), name(&finding.object));
            text.push_str(&format!(
                "  {}\n",
                format!("{kind:<kinds$}  {name:<names$}  {meaning}").trim_end()
            ));
        }
    }
    let count = |kind| found.of(ObjectState::Present).filter(|finding| finding.object.kind == kind).count();
    let (tables, columns) = (count(ObjectKind::Table), count(ObjectKind::Column));
    let (indexes, keys) = (count(ObjectKind::Index), count(ObjectKind::ForeignKey));
    text.push_str(&tr!(
        "\nPresent: {tables} tables, {columns} columns, {indexes} indexes, {keys} foreign keys\n"
    ));
    text
}

/// What was added, as text.
pub(crate) fn apply_text(applied: &AppliedMigrations) -> String {
    let mut text = String::new();
    for kind in [ObjectKind::Table, ObjectKind::Column, ObjectKind::Index] {
        let made: Vec<String> =
            applied.created.iter().filter(|object| object.kind == kind).map(name).collect();
        match (kind, made.len()) {
            (_, 0) => {}
            (ObjectKind::Index, count) => text.push_str(&tr!("created {count} indexes\n")),
            (ObjectKind::Table, count) => {
                text.push_str(&tr!("created {count} tables: {}\n", made.join(", ")))
            }
            (_, count) => text.push_str(&tr!("created {count} columns: {}\n", made.join(", "))),
        }
    }
    if applied.created.is_empty() {
        text.push_str(tr!("Nothing to do: everything is there.\n"));
    }
    for migration in &applied.migrations {
        text.push_str(&format!("{}\n", migration_line(migration)));
    }
    text
}

/// The migrations and what they have added, as text.
pub(crate) fn status_text(status: &SchemaStatus) -> String {
    let mut text = String::new();
    for migration in &status.migrations {
        text.push_str(&format!("{}\n", migration_line(migration)));
    }
    for object in &status.added {
        text.push_str(&tr!("added  {}\n", line(object).trim_end()));
    }
    text
}

/// What was removed, as text.
pub(crate) fn revert_text(reverted: &RevertedMigration) -> String {
    let mut text = String::new();
    for object in &reverted.taken {
        text.push_str(&tr!("removed  {}\n", line(object).trim_end()));
    }
    if reverted.taken.is_empty() {
        text.push_str(tr!("Nothing to remove: the tool has added nothing here.\n"));
    }
    text
}

fn migration_line(migration: &MigrationStatus) -> String {
    let state = match (migration.state, &migration.applied_at) {
        (MigrationState::Applied, Some(at)) => tr!("applied {at} UTC"),
        (MigrationState::Applied, None) => tr!("applied").to_owned(),
        (MigrationState::Pending, _) => tr!("pending").to_owned(),
        (MigrationState::NotNeeded, _) => tr!("not needed: the app's tables are there").to_owned(),
    };
    format!("{:<26}  {state}", migration.name)
}

/// Kind and name in columns.
fn line(object: &Object) -> String {
    format!("{:<11}  {:<42}", object.kind.spoken(), name(object))
}

/// A column with its table, anything else by its own name.
fn name(object: &Object) -> String {
    match object.kind {
        ObjectKind::Table | ObjectKind::Index => object.name.clone(),
        _ => format!("{}.{}", object.table, object.name),
    }
}

//! `schema check`, and the refusal of a database that is not ready.

use crate::failure::Failure;
use crate::language::tr;
use crate::store::schema::compatibility::assess;
use crate::store::schema::finding::{ObjectState, SchemaCheck, SchemaFinding, SchemaVerdict};
use crate::store::schema::object::Object;
use crate::store::session::store::Store;

/// Compares the schema with what an import needs; writes nothing.
///
/// # Errors
/// Only those of reading the catalogue: what is wrong with the schema is part of the result.
pub(crate) fn check(store: &mut Store) -> anyhow::Result<SchemaCheck> {
    let mut found = assess(&store.loaded_catalogue(), store.dialect());
    if matches!(found.verdict, SchemaVerdict::Empty | SchemaVerdict::NotOurs) {
        for schema in store.engine.schemas_with(["User", "Transaction"])? {
            let meaning =
                tr!("the app's tables are in the schema {schema:?}: add schema={schema} to the URL");
            found.findings.push(SchemaFinding {
                state: ObjectState::Note,
                object: Object::table("User"),
                meaning,
            });
        }
    }
    Ok(found)
}

/// Refuses a database whose schema is not ready for an import. Every command that reads or writes imported
/// data calls this first. A database that this user may only read is no hindrance where it was opened for that.
///
/// # Errors
/// Exit code 7 with one line that says what to do.
pub(crate) fn ensure_ready(store: &mut Store) -> anyhow::Result<()> {
    let found = check(store)?;
    refuse_unusable(&found)?;
    if !store.only_reads() {
        refuse_read_only(&found)?;
    }
    match found.verdict {
        SchemaVerdict::Empty => {
            Err(Failure::database(tr!("the database is empty; run `sejoli-migrate schema apply` first")))
        }
        SchemaVerdict::NeedsApply => Err(Failure::database(tr!(
            "the database lacks {}; run `sejoli-migrate schema apply` first",
            some_of(found.of(ObjectState::Missing).map(|finding| finding.object.to_string()))
        ))),
        _ => Ok(()),
    }
}

/// Refuses a database to which nothing can be added, because it is not the app's or does not fit.
pub(in crate::store) fn refuse_unusable(found: &SchemaCheck) -> anyhow::Result<()> {
    match found.verdict {
        SchemaVerdict::NotOurs => Err(Failure::database(tr!(
            "this is not the app's database: it has tables, but neither User nor Transaction; check DATABASE_URL"
        ))),
        SchemaVerdict::Incompatible => {
            let all = found.of(ObjectState::Incompatible);
            let all = all.map(|finding| format!("{}: {}", finding.object, finding.meaning));
            Err(Failure::database(tr!(
                "the database does not fit: {}; see `sejoli-migrate schema check`",
                some_of(all)
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses a database whose tables this user may not write.
pub(in crate::store) fn refuse_read_only(found: &SchemaCheck) -> anyhow::Result<()> {
    let mut all = found.of(ObjectState::ReadOnly).peekable();
    let Some(meaning) = all.peek().map(|first| first.meaning.clone()) else { return Ok(()) };
    let names = some_of(all.map(|finding| finding.object.to_string()));
    Err(Failure::database(tr!("the database cannot be written: {names}: {meaning}")))
}

/// How many names a one-line message carries.
const NAMES_IN_A_LINE: usize = 3;

/// The first [`NAMES_IN_A_LINE`] of a list, and how many more there are.
fn some_of(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let more = all.len().saturating_sub(NAMES_IN_A_LINE);
    let shown = all[..all.len() - more].join(", ");
    if more == 0 { shown } else { tr!("{shown} and {more} more") }
}

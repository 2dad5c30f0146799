//! Which run an import is: the one that was interrupted, a new one, or none, because the interrupted
//! one was about something else. A run lives in its database, so another target never sees it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::run_kind::RunKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::progress::Progress;
use crate::pipeline::request::ImportRequest;
use crate::store::history::runs;
use crate::store::history::runs::Run;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// Chooses the run. `own` is the one that this very command has begun, if it has: it goes on whatever
/// its state, since the answer to its last commit may have been lost.
///
/// # Errors
/// Exit code 5: a rollback was interrupted, or an import that differs; the differences are named.
pub(crate) fn choose(
    store: &mut Store,
    request: &ImportRequest<'_>,
    own: &mut Option<String>,
    progress: &mut dyn Progress,
) -> anyhow::Result<Run> {
    refuse_half_undone(store)?;
    let begun = own.as_deref().map(|id| runs::find(store, Some(id))).transpose()?.flatten();
    if let Some(id) = own.as_deref().filter(|_| !request.dry_run) {
        say_what_was_lost(store, id, begun.as_ref(), progress)?;
    }
    let run = match begun {
        Some(row) => runs::resumed(row)?,
        None => interrupted_or_new(store, request, progress)?,
    };
    if run.resumed {
        tracing::info!(run = %run.id, batches = run.checkpoint.batches, "run resumed");
        progress.say(&tr!("going on with run {} after {} batches", run.id, run.checkpoint.batches));
    }
    *own = Some(run.id.clone());
    Ok(run)
}

/// Says where the database is behind what it had confirmed: the server has crashed, whose last batches were not on its disk,
/// or a replica has taken over that had not heard of them. It is a state that the database was in, and what the checkpoint of that state does not count is written again.
fn say_what_was_lost(
    store: &mut Store,
    id: &str,
    found: Option<&ImportRun>,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    let Some(confirmed) = store.take_confirmed_batches(id) else { return Ok(()) };
    let Some(row) = found else {
        tracing::warn!(run = id, confirmed, "run lost");
        progress.say(&tr!(
            "run {id} is gone, which the database had confirmed: another server has taken over without it; \
             everything is written again"
        ));
        return Ok(());
    };
    let lost = confirmed - runs::checkpoint(row)?.batches;
    if lost > 0 {
        tracing::warn!(run = id, confirmed, lost, "confirmed batches lost");
        progress.say(&tr!(
            "{lost} batches are gone that the database had confirmed: the server has crashed, or another one has taken \
             over without them; they are written again"
        ));
    }
    Ok(())
}

/// Refuses to write while a rollback is half done.
///
/// # Errors
/// Exit code 5.
pub(crate) fn refuse_half_undone(store: &mut Store) -> anyhow::Result<()> {
    match runs::find_by_state(store, RunState::RollingBack)?.first() {
        Some(run) => Err(Failure::refused(tr!(
            "run {0} is half undone; finish that first: `sejoli-migrate rollback {0} --yes`",
            run.id
        ))),
        None => Ok(()),
    }
}

fn interrupted_or_new(
    store: &mut Store,
    request: &ImportRequest<'_>,
    progress: &mut dyn Progress,
) -> anyhow::Result<Run> {
    let mut interrupted =
        if request.restart { Vec::new() } else { runs::find_by_state(store, RunState::Running)? };
    if let Some(at) = interrupted.iter().position(|row| row.context == request.context) {
        return runs::resumed(interrupted.swap_remove(at));
    }
    interrupted.retain(|row| !request.siblings().contains(&row.context));
    if let Some(other) = interrupted.first() {
        return Err(Failure::refused(refusal(other, &request.options)));
    }
    Ok(match &request.shared {
        None => runs::prepare(&request.context, crate::clock::now(), None),
        Some(shared) => {
            if let Some((done, unfinished)) = shared.done_already(store)? {
                progress.say(&tr!(
                    "part {} is complete already; part {unfinished} is not: its own command goes on with it",
                    shared.partition
                ));
                return runs::resumed(done);
            }
            let began = shared.join(store, progress)?;
            runs::prepare(&request.context, began, Some(&shared.partition.in_id()))
        }
    })
}

fn refusal(interrupted: &ImportRun, now: &Value) -> String {
    let then: Value = serde_json::from_str(&interrupted.options.0).unwrap_or_default();
    tr!(
        "run {} ({}) was interrupted, and this command is another one: {}. Its own command goes on \
         with it; --restart begins anew, which is safe: what is there already stays as it is",
        interrupted.id,
        RunKind::of(&interrupted.command).words(),
        differences(&then, now).join("; ")
    )
}

/// The differences between the contexts of two runs, each in a few words.
pub(crate) fn differences(then: &Value, now: &Value) -> Vec<String> {
    let mut found = file_differences(then, now);
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    flatten(then, "", &mut old);
    flatten(now, "", &mut new);
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let shown = |side: &BTreeMap<String, String>, name: &str| {
        side.get(name).map_or("nothing", String::as_str).to_owned()
    };
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    found.extend(
        changed.map(|name| tr!("{}: {}, now {}", option_name(name), shown(&old, name), shown(&new, name))),
    );
    found
}

/// What a run records that its context does not depend on, or that is compared otherwise.
const UNCOMPARED: [&str; 3] = ["files", "conventions", "convention_evidence"];

/// Every value of an object by its path, but for the files and what is not said at all.
fn flatten(value: &Value, path: &str, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in
                members.iter().filter(|(name, _)| !path.is_empty() || !UNCOMPARED.contains(&name.as_str()))
            {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(member, &path, into);
            }
        }
        Value::Null => {}
        Value::Array(items) if items.is_empty() => {}
        Value::String(text) => drop(into.insert(path.to_owned(), text.clone())),
        other => drop(into.insert(path.to_owned(), other.to_string())),
    }
}

/// An entry of a context as the operator knows it.
fn option_name(path: &str) -> String {
    let option = match path {
        "zone" => "--source-tz",
        "date_order" => "--date-order",
        "as_of" => "--as-of",
        "on_duplicate" => "--on-duplicate",
        "create_memberships" => "--create-memberships",
        "restore_deleted" => "--restore-deleted",
        "source.delimiter" => "--delimiter",
        "source.encoding" => "--encoding",
        "source.dialect" => "--csv-dialect",
        "source.sheets" => "--sheet",
        "command" => "import of",
        "parent" => "retry of",
        "partition" => "--partition",
        _ => "",
    };
    if let Some(product) = path.strip_prefix("products.") {
        let (product, what) = product.rsplit_once('.').unwrap_or((product, ""));
        return tr!("product map, product {product}, {what}");
    }
    if let Some(column) = path.strip_prefix("source.columns.") {
        return format!("--columns, column {column}");
    }
    if option.is_empty() { path.to_owned() } else { option.to_owned() }
}

fn file_differences(then: &Value, now: &Value) -> Vec<String> {
    let (then, now) = (files(then), files(now));
    let mut found = Vec::new();
    for ((kind, name), hash) in &then {
        match now.get(&(*kind, *name)) {
            None => found.push(tr!("{name} ({kind}) is not among the files any more")),
            Some(other) if other != hash => found.push(tr!("{name} ({kind}) has another content")),
            Some(_) => {}
        }
    }
    let new = now.keys().filter(|key| !then.contains_key(*key));
    found.extend(new.map(|(kind, name)| tr!("{name} ({kind}) was not among the files")));
    found
}

/// Kind and name of each file, with its hash.
fn files(context: &Value) -> BTreeMap<(&str, &str), &str> {
    let list = context.get("files").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|file| Some(((file[0].as_str()?, file[1].as_str()?), file[2].as_str()?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_difference_is_named_with_what_it_was_and_is() {
        let then = json!({
            "command": "all", "files": [["orders", "orders.csv", "1"], ["orders", "old.csv", "2"]],
            "zone": "Asia/Jakarta", "as_of": null, "source": { "sheets": [], "columns": { "surel": "buyer_email" } },
            "products": { "101": { "kind": "MEMBERSHIP" } },
        });
        let now = json!({
            "command": "orders", "files": [["orders", "orders.csv", "3"], ["orders", "new.csv", "2"]],
            "zone": "UTC", "as_of": "2026-01-01T00:00:00.000Z", "source": { "sheets": ["Data"], "columns": {} },
            "products": { "101": { "kind": "COURSE" } },
        });
        let found = differences(&then, &now);
        for expected in [
            "orders.csv (orders) has another content",
            "old.csv (orders) is not among the files any more",
            "new.csv (orders) was not among the files",
            "--source-tz: Asia/Jakarta, now UTC",
            "--as-of: nothing, now 2026-01-01T00:00:00.000Z",
            "--sheet: nothing, now [\"Data\"]",
            "--columns, column surel: buyer_email, now nothing",
            "product map, product 101, kind: MEMBERSHIP, now COURSE",
            "import of: all, now orders",
        ] {
            assert!(found.iter().any(|one| one == expected), "{expected}: {found:?}");
        }
        assert_eq!(found.len(), 9);
        assert!(differences(&then, &then).is_empty());
    }
}

//! Purge: what is kept of a run beyond its result goes when the time to keep it is over.
//!
//! The before-images, the rejects and the source's cells hold personal data that the app itself does
//! not need. What later imports need to recognise an edit stays: fingerprints of the cells and of what
//! was written, periods of memberships, the books. Without before-images there is no rollback.

use serde::Serialize;

use crate::clock::now;
use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::attempts::{Attempts, retry_transient};
use crate::signals;
use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::{Cell, Field as _, JsonText, Kind, Value};
use crate::store::history::runs;
use crate::store::history::runs::state;
use crate::store::schema::tables::{ImportJournal, ImportReject, ImportRun, SourceRecord, WebhookLog};
use crate::store::session::lock;
use crate::store::session::store::Store;

/// Rows whose cells go in one transaction.
const PAGE: usize = 500;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What says in a payload that its cells are gone.
const MARK: &str = "purged";

/// What goes, or has gone, with a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PurgeTally {
    /// The run.
    pub run: String,
    /// Batches of before-images.
    pub batches: u64,
    /// Rejected and held rows, with their reasons.
    pub rejects: u64,
    /// Kept source rows whose cells go.
    pub payloads: u64,
    /// Kept source rows that a later run has written again; their cells go with that one.
    pub left: u64,
    /// Where the run's files lie; they are left to the operator.
    pub folder: Option<String>,
}

/// The runs that are meant: one, or all that are older than a number of days; both together ask for
/// the one to be so old.
///
/// # Errors
/// Exit code 2 for a run that nobody knows, 5 for one that is not over or too young.
pub fn choose(store: &mut Store, id: Option<&str>, days: Option<u32>) -> anyhow::Result<Vec<ImportRun>> {
    let before = days.map(|days| Millis(now().0 - i64::from(days) * DAY_MS));
    let is_old = |run: &ImportRun| before.is_none_or(|before| run.started_at < before);
    let Some(id) = id else {
        let all: Vec<ImportRun> = store.select("ORDER BY \"startedAt\", \"id\"", &[])?;
        let due = |run: &ImportRun| is_over(run) && run.purged_at.is_none() && is_old(run);
        return Ok(all.into_iter().filter(due).collect());
    };
    let Some(run) = runs::find(store, Some(id))? else {
        return Err(Failure::usage(format!("no run {id} in this database")));
    };
    match run.state.as_str() {
        state::RUNNING => Err(Failure::refused(format!(
            "run {id} is not complete: finish it with its own command, or leave it behind with --restart"
        ))),
        state::ROLLING_BACK => Err(Failure::refused(format!(
            "run {id} is half undone; finish that first: `sejoli-migrate rollback {id} --yes`"
        ))),
        _ if !is_old(&run) => Err(Failure::refused(format!(
            "run {id} is not as old as --older-than says: it began {}",
            run.started_at
        ))),
        _ => Ok(vec![run]),
    }
}

fn is_over(run: &ImportRun) -> bool {
    matches!(run.state.as_str(), state::COMPLETED | state::SUPERSEDED)
}

/// What would go with a run; writes nothing.
pub fn look(store: &mut Store, run: &ImportRun) -> anyhow::Result<PurgeTally> {
    let mut gone = PurgeTally {
        run: run.id.clone(),
        batches: count(store, ImportJournal::TABLE, &run.id)?,
        rejects: count(store, ImportReject::TABLE, &run.id)?,
        folder: runs::checkpoint(run)?.folder.filter(|folder| std::path::Path::new(folder).is_dir()),
        ..PurgeTally::default()
    };
    let others = others(store, run)?;
    for table in KEPT {
        let mut after = String::new();
        while let Some(page) = Page::after(store, table, run, &others, &mut after)? {
            gone.payloads += page.stripped.len() as u64;
            gone.left += page.left;
        }
    }
    Ok(gone)
}

/// Purges a run, page by page. Interrupted, the same command goes on; from the first moment on the run
/// cannot be rolled back.
///
/// # Errors
/// The database's own.
pub fn carry_out(
    store: &mut Store,
    run: &ImportRun,
    attempts: &mut Attempts,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    progress.begin("purging", 0);
    let began = std::time::Instant::now();
    tracing::info!(run = %run.id, phase = "purging", "phase begun");
    let others = others(store, run)?;
    retry_transient(store, attempts, progress, |store| store.transaction(|store| mark(store, run)))?;
    for table in KEPT {
        let mut after = String::new();
        while let Some(page) = Page::after(store, table, run, &others, &mut after)? {
            signals::check()?;
            progress.advance(page.stripped.len() as u64);
            retry_transient(store, attempts, progress, |store| {
                store.transaction(|store| {
                    lock::beat(store, now())?;
                    store.update_rows(table, &[column(table)], page.stripped.clone())
                })
            })?;
            let (table, rows) = (table.name, page.stripped.len());
            tracing::info!(run = %run.id, phase = "purging", table, rows, "batch purged");
        }
    }
    for table in [ImportReject::TABLE, ImportJournal::TABLE] {
        signals::check()?;
        let sql = format!("DELETE FROM \"{}\" WHERE \"runId\" = ?", table.name);
        retry_transient(store, attempts, progress, |store| {
            store.transaction(|store| store.execute(&sql, &[Cell::Text(run.id.clone())]))?;
            Ok(())
        })?;
    }
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(run = %run.id, phase = "purging", elapsed_ms, "phase ended");
    Ok(())
}

fn mark(store: &mut Store, run: &ImportRun) -> anyhow::Result<()> {
    let at = run.purged_at.unwrap_or_else(now);
    store.update::<ImportRun>(&run.id, vec![("purgedAt", Value::Time(at))])
}

/// The tables that keep source rows.
const KEPT: [&Table; 2] = [WebhookLog::TABLE, SourceRecord::TABLE];

/// The column with the source's cells.
fn column(table: &Table) -> &'static str {
    if table.name == WebhookLog::TABLE.name { "webhookPayload" } else { "payload" }
}

/// When the runs began that still can be rolled back: what they wrote last must stand as they wrote it.
fn others(store: &mut Store, run: &ImportRun) -> anyhow::Result<Vec<Millis>> {
    let all: Vec<ImportRun> = store.select("", &[])?;
    let stands = |other: &ImportRun| {
        other.id != run.id && other.purged_at.is_none() && other.state != state::ROLLED_BACK
    };
    Ok(all.into_iter().filter(stands).map(|other| other.started_at).collect())
}

fn count(store: &mut Store, table: &Table, run: &str) -> anyhow::Result<u64> {
    let sql = format!("SELECT count(*) FROM \"{}\" WHERE \"runId\" = ?", table.name);
    match store.query(&sql, &[Cell::Text(run.to_owned())])?.first().and_then(|row| row.first()) {
        Some(Cell::Int(count)) => Ok(u64::try_from(*count)?),
        _ => Ok(0),
    }
}

/// Kept rows of a run, a page of them.
struct Page {
    /// Id and the payload without its cells.
    stripped: Vec<(String, Vec<Value>)>,
    left: u64,
}

impl Page {
    /// The next page behind an id, which moves on; none at the end.
    fn after(
        store: &mut Store,
        table: &'static Table,
        run: &ImportRun,
        others: &[Millis],
        after: &mut String,
    ) -> anyhow::Result<Option<Self>> {
        let sql = format!(
            "SELECT \"id\", \"createdAt\", \"updatedAt\", \"{}\" FROM \"{}\" WHERE \"id\" > ? \
             ORDER BY \"id\" LIMIT {PAGE}",
            column(table),
            table.name
        );
        let rows = store.query(&sql, &[Cell::Text(after.clone())])?;
        let mut page = Self { stripped: Vec::new(), left: 0 };
        let is_last = rows.is_empty();
        for row in rows {
            let [Cell::Text(id), made, written, payload] = row.as_slice() else { continue };
            after.clone_from(id);
            let time = |cell: &Cell| anyhow::Ok(Millis::from_value(store.decode(cell.clone(), Kind::Time)?)?);
            let (made, written) = (time(made)?, time(written)?);
            if made != run.started_at && written != run.started_at {
                continue;
            }
            let payload = JsonText::from_value(store.decode(payload.clone(), Kind::Json)?)?;
            let Some(stripped) = without_cells(&payload.0) else { continue };
            match others.contains(&written) {
                true => page.left += 1,
                false => page.stripped.push((id.clone(), vec![Value::Json(JsonText(stripped))])),
            }
        }
        Ok((!is_last).then_some(page))
    }
}

/// A payload without its cells; nothing when it has none any more.
fn without_cells(payload: &str) -> Option<String> {
    let mut payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    let object = payload.as_object_mut()?;
    object.shift_remove("cells")?;
    object.insert(MARK.to_owned(), true.into());
    Some(payload.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purged_payload_keeps_its_place_and_its_fingerprints_and_no_cell() {
        let payload = r#"{"profile":"checklist","file":"orders.csv","record":7,"cells":{"buyer_email":"rina@example.org"},"content":"0a","written":"0b"}"#;
        let purged = without_cells(payload).expect("cells");
        assert_eq!(
            purged,
            r#"{"profile":"checklist","file":"orders.csv","record":7,"content":"0a","written":"0b","purged":true}"#
        );
        assert_eq!(without_cells(&purged), None, "once is enough");
    }
}

//! Which rows of orders wait outside of the app. Several runs may have left out the same row: the newest that has read
//! its file counts, a retry counts for its parent, and a row whose order has come in since does not wait any more.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::domain::source_kind::SourceKind;
use crate::reconciliation::tally::Tally;
use crate::store::codec::record::Record as _;
use crate::store::history::runs;
use crate::store::queries;
use crate::store::queries::reconciliation::LeftOut;
use crate::store::schema::tables::{ImportRun, WebhookLog};
use crate::store::schema::words::{Disposition, RunState};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// The rows of orders that wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct WaitingRows {
    /// Rows that have to be corrected, whose amounts can be read.
    pub(crate) rejected: Tally,
    /// Rows that somebody has to decide, whose amounts can be read.
    pub(crate) held: Tally,
    /// Rows whose amounts cannot be read: what they are worth is not known.
    pub(crate) unreadable: i64,
    /// Changes of orders that are in the app with what they were before. They are in none of the sums.
    pub(crate) changes: Tally,
    /// The rows by what keeps them out.
    pub(crate) by_code: Vec<WaitingCode>,
}

/// Rows that wait for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WaitingCode {
    /// The code of the finding.
    pub(crate) code: String,
    /// How many rows, and the amounts that can be read.
    pub(crate) rows: Tally,
    /// How many of them have an amount that cannot be read.
    pub(crate) unreadable: i64,
}

impl WaitingRows {
    /// All of them, with the amounts that can be read.
    pub(crate) fn all(&self) -> Tally {
        let unreadable = Tally { count: self.unreadable, ..Tally::default() };
        self.rejected + self.held + unreadable
    }
}

/// Gathers the rows that wait.
///
/// # Errors
/// The database's errors.
pub(super) fn gather(store: &mut Store) -> anyhow::Result<WaitingRows> {
    let orders = SourceKind::Orders.name();
    let mut by_run: HashMap<String, Vec<LeftOut>> = HashMap::new();
    for row in queries::reconciliation::left_out(store, orders)? {
        by_run.entry(row.run_id.clone()).or_default().push(row);
    }
    let mut newest = NewestReads::default();
    let mut rows = Vec::new();
    for run in queries::runs::standing_newest_first(store)? {
        let of_run = by_run.remove(&run.id).unwrap_or_default();
        rows.extend(newest.of_run(&run, of_run)?);
    }
    let keys: Vec<&str> = rows.iter().filter_map(|row| row.key.as_deref()).collect();
    let known: Vec<(String,)> =
        store.columns(WebhookLog::TABLE, &["orderId"], KeyFilter::keys("orderId", &keys))?;
    let known: HashSet<String> = known.into_iter().map(|(order,)| order).collect();
    Ok(sums(&rows, &known))
}

fn sums(rows: &[LeftOut], known: &HashSet<String>) -> WaitingRows {
    let mut waiting = WaitingRows::default();
    let mut codes: BTreeMap<&str, WaitingCode> = BTreeMap::new();
    for row in rows {
        if row.key.as_ref().is_some_and(|key| known.contains(key)) {
            waiting.changes = waiting.changes + Tally { count: 1, amount: row.amount.unwrap_or_default() };
            continue;
        }
        let code = codes.entry(&row.code).or_insert_with(|| WaitingCode {
            code: row.code.clone(),
            rows: Tally::default(),
            unreadable: 0,
        });
        code.rows.add_one(row.amount.unwrap_or_default());
        match row.amount {
            None => {
                waiting.unreadable += 1;
                code.unreadable += 1;
            }
            Some(amount) if row.disposition == Disposition::Held.as_str() => waiting.held.add_one(amount),
            Some(amount) => waiting.rejected.add_one(amount),
        }
    }
    waiting.by_code = codes.into_values().collect();
    waiting
}

/// What newer runs have read, while the runs are gone through from the newest on.
#[derive(Default)]
struct NewestReads {
    /// Files, and of a shared import the part of them.
    files: HashSet<(String, Option<String>)>,
    /// Sejoli's numbers of rows that a newer run has left out.
    keys: HashSet<String>,
    /// Runs whose rejects a retry has read.
    retried: HashSet<String>,
}

impl NewestReads {
    /// The rows of a run that no newer run has read again.
    fn of_run(&mut self, run: &ImportRun, rows: Vec<LeftOut>) -> anyhow::Result<Vec<LeftOut>> {
        let part = part(run);
        let has_read = |file: &str| {
            self.files.contains(&(file.to_owned(), None))
                || self.files.contains(&(file.to_owned(), part.clone()))
        };
        // A row with a number is followed by it; one without is only known by its place, which a retry changes.
        let still = |row: &LeftOut| {
            let is_gone = match &row.key {
                Some(key) => self.keys.contains(key),
                None => self.retried.contains(&run.id),
            };
            !is_gone && !has_read(&row.file)
        };
        let rows: Vec<LeftOut> = rows.into_iter().filter(still).collect();
        self.keys.extend(rows.iter().filter_map(|row| row.key.clone()));
        if has_read_orders(run)? {
            let read = files(run);
            self.retried.extend(run.parent_id.clone().filter(|_| !read.is_empty()));
            self.files.extend(read.into_iter().map(|file| (file, part.clone())));
        }
        Ok(rows)
    }
}

/// Whether a run has come to the end of its orders; of an interrupted one, the rest of a file may wait elsewhere.
fn has_read_orders(run: &ImportRun) -> anyhow::Result<bool> {
    let checkpoint = runs::checkpoint(run)?;
    Ok(run.state == RunState::Completed || checkpoint.is_done(SourceKind::Orders.name()))
}

/// The orders' files that a run was given, by their names.
fn files(run: &ImportRun) -> Vec<String> {
    let options: serde_json::Value = serde_json::from_str(&run.options.0).unwrap_or_default();
    let files: Vec<(String, String, String)> =
        serde_json::from_value(options["files"].clone()).unwrap_or_default();
    let orders = files.into_iter().filter(|(kind, ..)| kind == SourceKind::Orders.name());
    orders.map(|(_, name, _)| name).collect()
}

/// The part of a shared import that a run is.
fn part(run: &ImportRun) -> Option<String> {
    let options: serde_json::Value = serde_json::from_str(&run.options.0).ok()?;
    options.get("partition").filter(|part| !part.is_null()).map(ToString::to_string)
}

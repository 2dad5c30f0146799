//! How a run stands, from the books that the database keeps.

use crate::store::session::lock_holder::Liveness;
use serde::{Serialize, Serializer};

use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::store::history::interrupted::is_of;
use crate::store::history::runs;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::lock;
use crate::store::session::store::Store;

/// A run as it stands.
#[derive(Debug, Serialize)]
pub(crate) struct RunStatus {
    pub(crate) run: String,
    pub(crate) command: String,
    /// The run whose rejects it has imported.
    pub(crate) parent: Option<String>,
    pub(crate) state: RunState,
    /// The process that is at work on it right now.
    pub(crate) at_work: Option<String>,
    pub(crate) started_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) finished_at: Option<Millis>,
    /// When its before-images were removed.
    pub(crate) purged_at: Option<Millis>,
    pub(crate) batches: i64,
    /// Records a second, since the start.
    pub(crate) per_second: u64,
    /// How long the rest of the phases that have begun will take at this rate.
    pub(crate) seconds_left: Option<u64>,
    /// The phases in their order; in a document by their names, as those of an import are.
    #[serde(serialize_with = "by_name")]
    pub(crate) phases: Vec<PhaseStatus>,
}

/// Phases as an object, in their order.
fn by_name<S: Serializer>(phases: &[PhaseStatus], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(phases.iter().map(|phase| (&phase.phase, phase)))
}

/// A phase of a run.
#[derive(Debug, Serialize)]
pub(crate) struct PhaseStatus {
    #[serde(skip)]
    pub(crate) phase: String,
    /// Records that it has, where that is known: not in a part of a shared import.
    pub(crate) total: Option<u64>,
    /// Records that are still to be done.
    pub(crate) left: Option<u64>,
    #[serde(flatten)]
    pub(crate) books: Books,
}

impl RunStatus {
    /// Reads how a run stands, and who is at work on it.
    ///
    /// # Errors
    /// Those of the database, and a checkpoint that cannot be read.
    pub(crate) fn of(store: &mut Store, row: ImportRun) -> anyhow::Result<Self> {
        let checkpoint = runs::checkpoint(&row)?;
        let mut holders = lock::holders(store)?.into_iter();
        let now = crate::clock::now();
        let alive = holders.find(|holder| is_of(holder, &row) && holder.liveness(now) != Liveness::Dead);
        let ended = matches!(row.state, RunState::Completed | RunState::Superseded | RunState::RolledBack);
        let logged = runs::logged_books(store, &row, &checkpoint)?;
        let read: u64 = logged.iter().map(|(_, books)| books.read.rows).sum();
        let took = (row.finished_at.unwrap_or(row.updated_at).0 - row.started_at.0).max(1).unsigned_abs();
        let per_second = read * 1000 / took;
        let phase = |(name, books): (String, Books)| {
            let total = checkpoint.totals.get(&name).copied();
            let left = total.map(|total| total.saturating_sub(books.read.rows));
            let left = left.or(checkpoint.is_done(&name).then_some(0));
            PhaseStatus { phase: name, total, left, books }
        };
        let phases: Vec<PhaseStatus> = logged.into_iter().map(phase).collect();
        let left: Option<u64> = phases.iter().map(|phase| phase.left).sum();
        Ok(Self {
            seconds_left: left.filter(|_| !ended).and_then(|left| left.checked_div(per_second)),
            at_work: alive.filter(|_| !ended).map(|holder| holder.holder()),
            command: row.command,
            parent: row.parent_id,
            state: row.state,
            started_at: row.started_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
            purged_at: row.purged_at,
            batches: checkpoint.batches,
            per_second,
            phases,
            run: row.id,
        })
    }

    /// Whether a process is at work on it.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.at_work.is_some()
    }
}

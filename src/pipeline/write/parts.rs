//! The parts of a shared import wait for each other where one builds on another's rows. They meet in the
//! database, by the phases that their runs have marked as done. All of them write at the time at which the first
//! part began, so that together they leave what a single process would have left.

use std::time::Duration;

use crate::clock::now;
use crate::domain::date::Millis;
use crate::language::tr;
use crate::pipeline::partition::{Partition, SharedImport};
use crate::pipeline::progress::Progress;
use crate::signals;
use crate::store::history::runs;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::lock;
use crate::store::session::store::Store;

/// The interval at which the other parts are checked.
const POLL: Duration = Duration::from_millis(250);

impl SharedImport {
    /// When the import began that this part belongs to: the first part says so, the others wait for
    /// it. A part takes part once in each import.
    ///
    /// # Errors
    /// The wait was ended by a signal, or the database by itself.
    pub fn join(&self, store: &mut Store, progress: &mut dyn Progress) -> anyhow::Result<Millis> {
        if self.partition.is_first() {
            return Ok(now());
        }
        let mut said = false;
        loop {
            // Those that were taken back, too: their ids are not free again.
            let (own, first) = (self.runs_of(store, self.partition)?, self.first(store)?);
            if let Some(first) = first
                && own.iter().all(|run| run.started_at != first.started_at)
            {
                return Ok(first.started_at);
            }
            if !std::mem::replace(&mut said, true) {
                progress.say(tr!("waiting for the first part to begin"));
                tracing::info!(part = %self.partition, "waiting for the first part to begin");
            }
            rest(store)?;
        }
    }

    /// The run of this part, if it is complete and another part of the same import is not, with that
    /// part: nothing is left to do here, and no new import may begin before that part has ended.
    ///
    /// # Errors
    /// The database by itself.
    pub fn done_already(&self, store: &mut Store) -> anyhow::Result<Option<(ImportRun, Partition)>> {
        let latest = self.runs_of(store, self.partition)?.into_iter().max_by_key(|run| run.started_at);
        let Some(own) = latest.filter(|run| run.state == RunState::Completed) else { return Ok(None) };
        for part in self.partition.all() {
            let runs = self.runs_of(store, part)?;
            let goes_on =
                |run: &ImportRun| run.started_at == own.started_at && run.state == RunState::Running;
            if runs.iter().any(goes_on) {
                return Ok(Some((own, part)));
            }
        }
        Ok(None)
    }

    /// The latest run of the first part that is running or complete.
    fn first(&self, store: &mut Store) -> anyhow::Result<Option<ImportRun>> {
        let Some(first) = self.partition.all().next() else { return Ok(None) };
        let runs = self.counting(store, first)?;
        Ok(runs.into_iter().max_by_key(|run| run.started_at))
    }

    /// All runs of a part, in any state.
    fn runs_of(&self, store: &mut Store, part: Partition) -> anyhow::Result<Vec<ImportRun>> {
        let Some(context) = self.contexts.get(usize::from(part.number() - 1)) else { return Ok(Vec::new()) };
        store.select_in("context", &[context])
    }

    /// The runs of a part that are running or complete.
    fn counting(&self, store: &mut Store, part: Partition) -> anyhow::Result<Vec<ImportRun>> {
        let mut runs = self.runs_of(store, part)?;
        runs.retain(|run| matches!(run.state, RunState::Running | RunState::Completed));
        Ok(runs)
    }

    /// Waits until parts of this import have done a phase: all of them, or only the first one.
    ///
    /// # Errors
    /// As those of [`SharedImport::join`].
    pub fn wait_for(
        &self,
        store: &mut Store,
        began: Millis,
        phase: &str,
        whose: WaitFor,
        progress: &mut dyn Progress,
    ) -> anyhow::Result<()> {
        let parts = self.partition.all().filter(|part| whose == WaitFor::All || part.is_first());
        let mut awaited: Vec<Partition> = parts.collect();
        let mut before = usize::MAX;
        loop {
            let mut still_awaited = Vec::new();
            for part in awaited {
                if !self.has_done(store, part, began, phase)? {
                    still_awaited.push(part);
                }
            }
            awaited = still_awaited;
            if awaited.is_empty() {
                return Ok(());
            }
            if std::mem::replace(&mut before, awaited.len()) != awaited.len() {
                let named: Vec<String> = awaited.iter().map(Partition::to_string).collect();
                progress.say(&tr!("waiting for the {phase} of {}", named.join(", ")));
                tracing::info!(part = %self.partition, phase, parts = ?named, "waiting for other parts");
            }
            rest(store)?;
        }
    }

    fn has_done(
        &self,
        store: &mut Store,
        part: Partition,
        began: Millis,
        phase: &str,
    ) -> anyhow::Result<bool> {
        let runs = self.counting(store, part)?;
        let Some(run) = runs.iter().find(|run| run.started_at == began) else { return Ok(false) };
        Ok(run.state == RunState::Completed || runs::checkpoint(run)?.is_done(phase))
    }
}

/// Which parts are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// Every part.
    All,
    /// The first one.
    First,
}

/// Renews the lock's heartbeat and sleeps until the next check.
fn rest(store: &mut Store) -> anyhow::Result<()> {
    signals::check()?;
    store.transaction(|store| lock::renew(store, now()))?;
    std::thread::sleep(POLL);
    Ok(())
}

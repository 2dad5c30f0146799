//! One import shared by several processes, on as many machines: each takes the rows of its own
//! buyers, with a run, a lock and checkpoints of its own.
//!
//! The first part does what cannot be shared (memberships to create, affiliates, settlement), and
//! the parts wait for each other where one builds on another's rows. They meet in the database: by
//! the phases that their runs have marked as done. All parts write at the time at which the first
//! one began, so that together they leave what a single process would have left.

use std::str::FromStr;
use std::time::Duration;

use crate::clock::now;
use crate::domain::date::Millis;
use crate::pipeline::progress::Progress;
use crate::pipeline::read::duplicates::key_hash;
use crate::signals;
use crate::store::history::runs;
use crate::store::history::runs::state;
use crate::store::schema::tables::ImportRun;
use crate::store::session::lock;
use crate::store::session::store::Store;

/// How often the other parts are looked at.
const POLL: Duration = Duration::from_millis(250);

/// The most parts: more would wait for each other longer than they work.
const MOST: u16 = 64;

/// One part of several, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    part: u16,
    of: u16,
}

/// What is no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a part of several, such as 2/4, of at most {MOST}")]
pub struct NoPartition;

impl FromStr for Partition {
    type Err = NoPartition;

    fn from_str(text: &str) -> Result<Self, NoPartition> {
        let (part, of) = text.split_once('/').ok_or(NoPartition)?;
        let (part, of) = (part.parse().map_err(|_| NoPartition)?, of.parse().map_err(|_| NoPartition)?);
        if part == 0 || part > of || of > MOST { Err(NoPartition) } else { Ok(Self { part, of }) }
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl Partition {
    /// All parts of the same whole, in order.
    pub fn all(self) -> impl Iterator<Item = Partition> {
        (1..=self.of).map(move |part| Partition { part, of: self.of })
    }

    /// Whether this is the part that does what cannot be shared.
    pub fn is_first(self) -> bool {
        self.part == 1
    }

    /// Whether the rows of a buyer, by his address, are this part's.
    pub fn owns(self, key: &str) -> bool {
        key_hash(key) % u64::from(self.of) + 1 == u64::from(self.part)
    }

    /// How a run's id names its part: in an order that undoes the first one last.
    pub fn in_id(self) -> String {
        let width = self.of.to_string().len();
        format!("{:0width$}of{}", self.part, self.of)
    }
}

/// A part among its siblings.
#[derive(Clone, Debug)]
pub struct SharedImport {
    /// The part.
    pub partition: Partition,
    /// The contexts of all parts, the first one's first.
    pub contexts: Vec<String>,
}

impl SharedImport {
    /// What the parts have in common, as a short name.
    pub fn group(&self) -> &str {
        self.contexts.first().and_then(|context| context.get(..12)).unwrap_or_default()
    }

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
                progress.say("waiting for the first part to begin");
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
        let Some(own) = latest.filter(|run| run.state == state::COMPLETED) else { return Ok(None) };
        for part in self.partition.all() {
            let runs = self.runs_of(store, part)?;
            let goes_on = |run: &ImportRun| run.started_at == own.started_at && run.state == state::RUNNING;
            if runs.iter().any(goes_on) {
                return Ok(Some((own, part)));
            }
        }
        Ok(None)
    }

    /// The latest run of the first part that still counts.
    fn first(&self, store: &mut Store) -> anyhow::Result<Option<ImportRun>> {
        let Some(first) = self.partition.all().next() else { return Ok(None) };
        let runs = self.counting(store, first)?;
        Ok(runs.into_iter().max_by_key(|run| run.started_at))
    }

    /// All runs of a part, whatever became of them.
    fn runs_of(&self, store: &mut Store, part: Partition) -> anyhow::Result<Vec<ImportRun>> {
        let Some(context) = self.contexts.get(usize::from(part.part - 1)) else { return Ok(Vec::new()) };
        store.select_in("context", &[context])
    }

    /// The runs of a part that still count.
    fn counting(&self, store: &mut Store, part: Partition) -> anyhow::Result<Vec<ImportRun>> {
        let mut runs = self.runs_of(store, part)?;
        runs.retain(|run| matches!(run.state.as_str(), state::RUNNING | state::COMPLETED));
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
            let mut left = Vec::new();
            for part in awaited {
                if !self.has_done(store, part, began, phase)? {
                    left.push(part);
                }
            }
            awaited = left;
            if awaited.is_empty() {
                return Ok(());
            }
            if std::mem::replace(&mut before, awaited.len()) != awaited.len() {
                let named: Vec<String> = awaited.iter().map(Partition::to_string).collect();
                progress.say(&format!("waiting for the {phase} of {}", named.join(", ")));
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
        Ok(run.state == state::COMPLETED || runs::checkpoint(run)?.is_done(phase))
    }
}

/// Who is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// Every part.
    All,
    /// The first one.
    First,
}

/// A pause between two looks; the lock stays ours meanwhile.
fn rest(store: &mut Store) -> anyhow::Result<()> {
    signals::check()?;
    store.transaction(|store| lock::beat(store, now()))?;
    std::thread::sleep(POLL);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_one_of_several() {
        assert_eq!("2/4".parse::<Partition>().map(|part| part.to_string()), Ok("2/4".to_owned()));
        for wrong in ["", "2", "0/4", "5/4", "1/0", "1/65", "a/b", "-1/4", "1/4/2"] {
            assert_eq!(wrong.parse::<Partition>(), Err(NoPartition), "{wrong}");
        }
    }

    #[test]
    fn every_buyer_belongs_to_exactly_one_part() {
        let any: Partition = "1/3".parse().unwrap();
        let mut owned = [0; 3];
        for number in 0..300 {
            let key = format!("buyer{number}@example.org");
            let owners: Vec<usize> =
                any.all().enumerate().filter(|(_, p)| p.owns(&key)).map(|(at, _)| at).collect();
            assert_eq!(owners.len(), 1, "{key}");
            owned[owners[0]] += 1;
        }
        assert!(owned.iter().all(|count| *count > 50), "{owned:?}");
    }

    #[test]
    fn ids_of_parts_sort_by_their_numbers() {
        let of = |text: &str| text.parse::<Partition>().unwrap().in_id();
        assert_eq!([of("2/4"), of("2/12"), of("10/12")], ["2of4", "02of12", "10of12"]);
    }
}

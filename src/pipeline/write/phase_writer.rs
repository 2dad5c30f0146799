//! A phase, from its rows to the database: one thread plans a batch while another writes the one before.
//!
//! The writing thread has the connection. What a planner needs to know it asks for over a channel, and the writing thread
//! looks it up: before it writes the batch that waits, or within the transaction of the batch that is asked for. What may be
//! looked up at any time the planning thread asks by itself where it has a second connection, while the first one writes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::files::findings::FindingsFile;
use crate::pipeline::partition::SharedImport;
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::progress::Progress;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::pipeline::write::attempts::RefusedRows;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::phase::Phase;
use crate::signals;
use crate::source::row_location::RowLocation;
use crate::store::codec::encoder::Encoder;
use crate::store::session::store::Store;

/// How a phase's rows are cut into batches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchOptions<'a> {
    /// The usual number of rows in a batch.
    pub batch_size: usize,
    /// Rows that the database has refused: they go in smaller batches.
    pub refused: &'a RefusedRows,
    /// With whom the rows are shared, if with anybody.
    pub shared: Option<&'a SharedImport>,
    /// Rows that an earlier attempt has written.
    pub skip: u64,
}

/// A message of the planning thread.
enum Message<L> {
    /// A row that an earlier attempt has written.
    Skipped(RowLocation, Vec<Finding>),
    /// Something to be looked up before the batch that waits is written; the answer is waited for.
    LookUpAhead(L),
    /// Something to be looked up in the transaction of the batch that comes next.
    LookUpWithin(L),
    /// A batch that is ready to be written.
    Planned(Box<EncodedBatch>),
}

/// The other thread has stopped; it has the error.
#[derive(Debug, thiserror::Error)]
#[error("the other half of the import has stopped")]
struct PeerStopped;

/// Messages that may wait: a planned batch, while one is being planned and one written.
const MESSAGES_AHEAD: usize = 1;

/// The planning thread's state: it takes rows and sends batches.
struct PlanningThread<'a, T, P: Planner<T>> {
    planner: &'a mut P,
    kind: SourceKind,
    options: BatchOptions<'a>,
    written_at: Millis,
    encoder: Encoder,
    waiting: Vec<ParsedRow<T>>,
    reader: Option<&'a mut Store>,
    messages: SyncSender<Message<P::Lookup>>,
    answers: Receiver<P::LookupResult>,
}

impl<T, P: Planner<T>> PlanningThread<'_, T, P> {
    fn take(&mut self, row: ParsedRow<T>) -> anyhow::Result<()> {
        if self
            .options
            .shared
            .is_some_and(|shared| !shared.partition.includes(self.planner.partition_key(&row)))
        {
            return Ok(());
        }
        if self.options.skip > 0 {
            self.options.skip -= 1;
            return self.say(Message::Skipped(row.location, row.findings));
        }
        self.waiting.push(row);
        let limit =
            self.options.refused.batch_limit(self.kind, self.waiting[0].location, self.options.batch_size);
        if self.waiting.len() >= limit { self.plan_waiting() } else { Ok(()) }
    }

    fn plan_waiting(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return Ok(());
        }
        let found = match self.planner.lookup(&rows) {
            LookupNeed::Nothing => P::LookupResult::default(),
            LookupNeed::Ahead(lookup) => match &mut self.reader {
                Some(reader) => P::look_up(reader, lookup)?,
                None => self.answer(Message::LookUpAhead(lookup))?,
            },
            LookupNeed::InTransaction(lookup) => self.answer(Message::LookUpWithin(lookup))?,
        };
        let plan = self.planner.plan(found, rows, self.written_at)?;
        self.say(Message::Planned(Box::new(EncodedBatch::new(&self.encoder, plan)?)))
    }

    /// Asks the writing thread, and waits for its answer.
    fn answer(&self, question: Message<P::Lookup>) -> anyhow::Result<P::LookupResult> {
        self.say(question)?;
        Ok(self.answers.recv().map_err(|_| PeerStopped)?)
    }

    fn say(&self, message: Message<P::Lookup>) -> anyhow::Result<()> {
        Ok(self.messages.send(message).map_err(|_| PeerStopped)?)
    }
}

/// Takes the rows of a phase, one by one.
pub(crate) type RowSink<'a, T> = &'a mut dyn FnMut(ParsedRow<T>) -> anyhow::Result<()>;

/// Writes what is planned.
#[allow(missing_debug_implementations)]
pub(crate) struct PhaseWriter<'a> {
    /// The database to write to.
    pub store: &'a mut Store,
    /// A second connection, for what may be looked up at any time.
    pub reader: Option<&'a mut Store>,
    /// Commits the batches.
    pub committer: &'a mut Committer,
    /// The phase that is written.
    pub phase: Phase<'a>,
    /// The file that the findings go to.
    pub findings: &'a mut FindingsFile,
    /// Receives the progress.
    pub progress: &'a mut dyn Progress,
}

impl PhaseWriter<'_> {
    /// Plans and writes all rows that `rows` hands out. `rows` runs on a thread of its own.
    ///
    /// # Errors
    /// The first one of either thread; what was committed until then stays.
    pub(crate) fn run<T: Send, P: Planner<T>>(
        &mut self,
        planner: &mut P,
        options: BatchOptions<'_>,
        rows: impl FnOnce(RowSink<'_, T>) -> anyhow::Result<()> + Send,
    ) -> anyhow::Result<()> {
        let (written_at, encoder) = (self.committer.run.started_at, self.store.encoder().clone());
        let kind = self.phase.kind;
        let (phase, BatchOptions { batch_size, skip, .. }) = (self.phase.name, options);
        tracing::debug!(run = %self.committer.run.id, phase, batch_size, skip, "planning begun");
        let reader = self.reader.take();
        let (messages, to_write) = sync_channel(MESSAGES_AHEAD);
        let (to_plan, answers) = sync_channel(1);
        let planning = move || {
            let mut thread = PlanningThread {
                planner,
                kind,
                options,
                written_at,
                encoder,
                waiting: Vec::new(),
                reader,
                messages,
                answers,
            };
            rows(&mut |row| thread.take(row))?;
            thread.plan_waiting()
        };
        thread::scope(|threads| {
            let planning = threads.spawn(planning);
            let written = self.write::<T, P>(to_write, to_plan);
            let planned = planning.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match (written, planned) {
                (Err(error), Err(cause)) if error.is::<PeerStopped>() => Err(cause),
                (Err(error), _) => Err(error),
                (Ok(()), planned) => planned,
            }
        })
    }

    /// Takes both channel ends by value: their drop tells the planning thread that nobody listens any more.
    fn write<T, P: Planner<T>>(
        &mut self,
        messages: Receiver<Message<P::Lookup>>,
        answers: SyncSender<P::LookupResult>,
    ) -> anyhow::Result<()> {
        let mut waiting = None;
        while let Ok(message) = messages.recv() {
            match message {
                Message::Skipped(location, findings) => {
                    self.note(location, &findings)?;
                    self.progress.advance(1);
                }
                Message::LookUpAhead(lookup) => {
                    answers.send(P::look_up(self.store, lookup)?).map_err(|_| PeerStopped)?;
                    self.commit_planned(waiting.take())?;
                }
                Message::LookUpWithin(lookup) => {
                    self.commit_planned(waiting.take())?;
                    self.commit(|store| {
                        answers.send(P::look_up(store, lookup)?).map_err(|_| PeerStopped)?;
                        match messages.recv() {
                            Ok(Message::Planned(batch)) => Ok(*batch),
                            _ => Err(PeerStopped.into()),
                        }
                    })?;
                }
                Message::Planned(batch) => self.commit_planned(waiting.replace(batch))?,
            }
        }
        self.commit_planned(waiting)
    }

    fn commit_planned(&mut self, planned: Option<Box<EncodedBatch>>) -> anyhow::Result<()> {
        planned.map_or(Ok(()), |batch| self.commit(|_| Ok(*batch)))
    }

    fn commit(
        &mut self,
        plan: impl FnOnce(&mut Store) -> anyhow::Result<EncodedBatch>,
    ) -> anyhow::Result<()> {
        signals::check()?;
        let committed = self.committer.commit_planned_within(self.store, self.phase, plan)?;
        for (location, findings) in committed.noted {
            self.note(location, &findings)?;
        }
        let books = self.committer.run.checkpoint.books.iter().find(|(name, _)| name == self.phase.name);
        self.progress.amount(books.map_or(Money::ZERO, |(_, books)| books.read.amount));
        self.progress.advance(committed.records);
        Ok(())
    }

    fn note(&mut self, location: RowLocation, findings: &[Finding]) -> anyhow::Result<()> {
        match location.of(self.phase.exports) {
            Some(export) => self.findings.add(export, location, findings),
            None => Ok(()),
        }
    }
}

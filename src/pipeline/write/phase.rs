//! A phase, from its rows to the database: one thread plans a batch while another writes the one before.
//!
//! Whoever plans asks the database nothing. What a plan needs to know of the app is asked for, looked up by the
//! thread that writes, and handed back: in the transaction of the batch, or before it where the answer cannot
//! depend on what is written in between.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::files::findings::FindingsFile;
use crate::pipeline::progress::Progress;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::pipeline::write::attempts::RefusedRows;
use crate::pipeline::write::batch::{Batch, Committer, Phase};
use crate::pipeline::write::partition::SharedImport;
use crate::signals;
use crate::source::row_location::RowLocation;
use crate::store::codec::encoder::Encoder;
use crate::store::session::store::Store;

/// Plans the records of one kind.
pub trait Planner<T>: Send {
    /// What is asked of the app before a batch can be planned.
    type Lookup: Send;
    /// The app's answer; the default where nothing was asked.
    type LookupResult: Default + Send;

    /// By whom a row is shared out among the processes of an import.
    fn owner<'r>(&'r self, row: &'r ParsedRow<T>) -> &'r str;

    /// What must be known to plan these rows; nothing where the planner knows enough.
    fn ask(&mut self, rows: &[ParsedRow<T>]) -> Option<Self::Lookup>;

    /// Whether the answer cannot depend on the batch before, so that it is looked up before that is written.
    fn asks_ahead(&self) -> bool {
        false
    }

    /// Looks up what was asked for.
    ///
    /// # Errors
    /// Those of the database.
    fn look_up(store: &mut Store, ask: Self::Lookup) -> anyhow::Result<Self::LookupResult>;

    /// Plans a batch.
    ///
    /// # Errors
    /// Only what is a bug: a doubtful row is held.
    fn plan(
        &mut self,
        known: Self::LookupResult,
        batch: &mut Batch,
        rows: Vec<ParsedRow<T>>,
    ) -> anyhow::Result<()>;
}

/// How a phase's rows are cut into batches.
#[derive(Clone, Copy, Debug)]
pub struct BatchOptions<'a> {
    /// Rows of a batch.
    pub batch_size: usize,
    /// Rows that the database has refused: they go in smaller batches.
    pub refused: &'a RefusedRows,
    /// With whom the rows are shared, if with anybody.
    pub shared: Option<&'a SharedImport>,
    /// Rows that an earlier attempt has written.
    pub skip: u64,
}

/// What the planning thread says.
enum Message<A> {
    /// A row that was written before.
    Skipped(RowLocation, Vec<Finding>),
    /// A question; the answer is waited for.
    LookUp { ask: A, ahead: bool },
    /// A batch.
    Planned(Box<Batch>),
}

/// The other thread has stopped, and knows why.
#[derive(Debug, thiserror::Error)]
#[error("the other half of the import has stopped")]
struct PeerStopped;

/// Messages that may wait: a planned batch, while one is being planned and one written.
const MESSAGES_AHEAD: usize = 1;

/// Cuts rows into batches and plans them.
struct BatchPlanner<'a, T, P: Planner<T>> {
    planner: &'a mut P,
    kind: SourceKind,
    cut: BatchOptions<'a>,
    written_at: Millis,
    encoder: Encoder,
    waiting: Vec<ParsedRow<T>>,
    messages: SyncSender<Message<P::Lookup>>,
    answers: Receiver<P::LookupResult>,
}

impl<T, P: Planner<T>> BatchPlanner<'_, T, P> {
    fn take(&mut self, row: ParsedRow<T>) -> anyhow::Result<()> {
        if self.cut.shared.is_some_and(|shared| !shared.partition.owns(self.planner.owner(&row))) {
            return Ok(());
        }
        if self.cut.skip > 0 {
            self.cut.skip -= 1;
            return self.say(Message::Skipped(row.place, row.findings));
        }
        self.waiting.push(row);
        let most = self.cut.refused.most(self.kind, self.waiting[0].place, self.cut.batch_size);
        if self.waiting.len() >= most { self.plan() } else { Ok(()) }
    }

    fn plan(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return Ok(());
        }
        let known = match self.planner.ask(&rows) {
            None => P::LookupResult::default(),
            Some(ask) => {
                let ahead = self.planner.asks_ahead();
                self.say(Message::LookUp { ask, ahead })?;
                self.answers.recv().map_err(|_| PeerStopped)?
            }
        };
        let mut batch = Batch::new(self.written_at);
        self.planner.plan(known, &mut batch, rows)?;
        batch.prepare(&self.encoder)?;
        self.say(Message::Planned(Box::new(batch)))
    }

    fn say(&self, message: Message<P::Lookup>) -> anyhow::Result<()> {
        Ok(self.messages.send(message).map_err(|_| PeerStopped)?)
    }
}

/// Who takes a phase's rows, one by one.
pub type RowSink<'a, T> = &'a mut dyn FnMut(ParsedRow<T>) -> anyhow::Result<()>;

/// Writes what is planned.
#[allow(missing_debug_implementations)]
pub struct Writer<'a> {
    /// Where it is written.
    pub store: &'a mut Store,
    /// Commits it.
    pub committer: &'a mut Committer,
    /// The phase.
    pub phase: Phase<'a>,
    /// What was noticed is kept here.
    pub findings: &'a mut FindingsFile,
    /// Who is told.
    pub progress: &'a mut dyn Progress,
}

impl Writer<'_> {
    /// Plans and writes all rows that `rows` hands out. `rows` runs on a thread of its own.
    ///
    /// # Errors
    /// The first one of either thread; what was committed until then stays.
    pub fn run<T: Send, P: Planner<T>>(
        &mut self,
        planner: &mut P,
        cut: BatchOptions<'_>,
        rows: impl FnOnce(RowSink<'_, T>) -> anyhow::Result<()> + Send,
    ) -> anyhow::Result<()> {
        let (written_at, encoder) = (self.committer.run.started_at, self.store.encoder().clone());
        let kind = self.phase.kind;
        let (messages, to_write) = sync_channel(MESSAGES_AHEAD);
        let (to_plan, answers) = sync_channel(1);
        let planning = move || {
            let mut desk = BatchPlanner {
                planner,
                kind,
                cut,
                written_at,
                encoder,
                waiting: Vec::new(),
                messages,
                answers,
            };
            rows(&mut |row| desk.take(row))?;
            desk.plan()
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

    /// Both channels end with this: the other thread then knows that nobody listens any more.
    fn write<T, P: Planner<T>>(
        &mut self,
        messages: Receiver<Message<P::Lookup>>,
        answers: SyncSender<P::LookupResult>,
    ) -> anyhow::Result<()> {
        let mut waiting = None;
        while let Ok(message) = messages.recv() {
            match message {
                Message::Skipped(place, findings) => {
                    self.note(place, &findings)?;
                    self.progress.advance(1);
                }
                Message::LookUp { ask, ahead: true } => {
                    answers.send(P::look_up(self.store, ask)?).map_err(|_| PeerStopped)?;
                    self.commit_planned(waiting.take())?;
                }
                Message::LookUp { ask, ahead: false } => self.commit(|store| {
                    answers.send(P::look_up(store, ask)?).map_err(|_| PeerStopped)?;
                    match messages.recv() {
                        Ok(Message::Planned(batch)) => Ok(*batch),
                        _ => Err(PeerStopped.into()),
                    }
                })?,
                Message::Planned(batch) => self.commit_planned(waiting.replace(batch))?,
            }
        }
        self.commit_planned(waiting)
    }

    fn commit_planned(&mut self, planned: Option<Box<Batch>>) -> anyhow::Result<()> {
        planned.map_or(Ok(()), |batch| self.commit(|_| Ok(*batch)))
    }

    fn commit(&mut self, plan: impl FnOnce(&mut Store) -> anyhow::Result<Batch>) -> anyhow::Result<()> {
        signals::check()?;
        let committed = self.committer.commit(self.store, self.phase, plan)?;
        for (place, findings) in committed.noted {
            self.note(place, &findings)?;
        }
        self.progress.advance(committed.records);
        Ok(())
    }

    fn note(&mut self, place: RowLocation, findings: &[Finding]) -> anyhow::Result<()> {
        match place.of(self.phase.exports) {
            Some(export) => self.findings.add(export, place, findings),
            None => Ok(()),
        }
    }
}

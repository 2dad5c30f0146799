//! The phases of an import: what they share, how they wait for those of other parts, and how rows are written.

use std::collections::HashSet;
use std::time::Instant;

use crate::domain::source_kind::SourceKind;
use crate::pipeline::files::findings::FindingsFile;
use crate::pipeline::plan::foreseen_payments::ForeseenPayments;
use crate::pipeline::plan::planner::Planner;
use crate::pipeline::progress::Progress;
use crate::pipeline::request::ImportRequest;
use crate::pipeline::write::attempts::RefusedRows;
use crate::pipeline::write::commit::Committer;
use crate::pipeline::write::parts::WaitFor;
use crate::pipeline::write::phase::Phase;
use crate::pipeline::write::phase_writer::{BatchOptions, PhaseWriter, RowSink};
use crate::store::session::companion::Companion;
use crate::store::session::store::Store;

/// The phase that creates the memberships that the product map names.
pub(super) const CATALOGUE: &str = "catalogue";

/// A running import.
pub(super) struct ImportPhases<'a> {
    pub(super) request: &'a ImportRequest<'a>,
    pub(super) pool: &'a rayon::ThreadPool,
    pub(super) findings: FindingsFile,
    pub(super) committer: Committer,
    pub(super) refused: &'a RefusedRows,
    pub(super) progress: &'a mut dyn Progress,
    /// The second connection, which reads what the phase at work does not change.
    pub(super) companion: Companion,
    /// Hashes of the numbers of orders that are in the app.
    pub(super) orders: HashSet<u64>,
    /// Codes of affiliates that were verified before the app had any order, so that no order waits for them.
    pub(super) linked_affiliates: HashSet<String>,
    /// Which commissions are paid, by the files alone.
    pub(super) foreseen: ForeseenPayments,
    /// Whether an order of the app may say itself whether its commission was paid. That none does is only known of a first import.
    pub(super) orders_state_payment: bool,
    /// Whether this run has written the first memberships, so that none was there before its orders.
    pub(super) wrote_first_memberships: bool,
    /// Whether memberships stood before this run began. In a shared import, those that have come since are the other parts',
    /// which see to them: what two parts write can only be taken back in one order.
    pub(super) had_memberships: bool,
    /// Of a shared import, hashes of the ids of the users of whom this part has memberships in the files.
    pub(super) members: HashSet<u64>,
}

impl ImportPhases<'_> {
    /// Lets the other parts know of a phase that is done.
    pub(super) fn announce(&mut self, store: &mut Store) -> anyhow::Result<()> {
        if self.request.shared.is_some() { self.committer.announce(store) } else { Ok(()) }
    }

    /// The people of the first part's phases must be there before anybody looks for people.
    pub(super) fn wait_for_first(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let request = self.request;
        let phase = match request.kinds.contains(&SourceKind::Affiliates) {
            true => SourceKind::Affiliates.name(),
            false if request.creates_memberships() => CATALOGUE,
            false => return Ok(()),
        };
        if request.leads() { Ok(()) } else { self.wait_for(store, phase, WaitFor::First) }
    }

    /// The settlement counts all orders, and a membership may name any of them.
    pub(super) fn wait_for_orders(&mut self, store: &mut Store) -> anyhow::Result<()> {
        self.wait_for(store, SourceKind::Orders.name(), WaitFor::All)
    }

    pub(super) fn wait_for(&mut self, store: &mut Store, phase: &str, whose: WaitFor) -> anyhow::Result<()> {
        let Some(shared) = &self.request.shared else { return Ok(()) };
        shared.wait_for(store, self.committer.run.started_at, phase, whose, self.progress)
    }

    /// Plans and writes the records of a phase, from the checkpoint on. `records` are those of all parts: how many of
    /// them are this one's nobody has counted.
    pub(super) fn write<T: Send, P: Planner<T>>(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        records: u64,
        planner: &mut P,
        rows: impl FnOnce(RowSink<'_, T>) -> anyhow::Result<()> + Send,
    ) -> anyhow::Result<()> {
        let request = self.request;
        let shared = request.shared.as_ref().filter(|_| !is_of_leader(phase.kind));
        let total = shared.is_none().then_some(records);
        let checkpoint = &mut self.committer.run.checkpoint;
        checkpoint.totals.extend(total.map(|total| (phase.name.to_owned(), total)));
        let is_done = checkpoint.is_done(phase.name);
        let cut = BatchOptions {
            batch_size: request.records_a_batch(records),
            refused: self.refused,
            shared,
            skip: if is_done { u64::MAX } else { checkpoint.records_of(phase.name) },
        };
        self.progress.begin(phase.name, total.unwrap_or(0));
        let began = Instant::now();
        tracing::info!(run = %self.committer.run.id, phase = phase.name, total, is_done, "phase begun");
        let reader = if planner.looks_ahead() { self.companion.beside(store) } else { None };
        let mut writer = PhaseWriter {
            store,
            reader,
            committer: &mut self.committer,
            phase,
            findings: &mut self.findings,
            progress: &mut *self.progress,
        };
        writer.run(planner, cut, rows)?;
        let elapsed_ms = began.elapsed().as_millis() as u64;
        tracing::info!(run = %self.committer.run.id, phase = phase.name, elapsed_ms, "phase ended");
        if is_done { Ok(()) } else { self.committer.finish_phase(phase.name) }
    }
}

/// Whether the first part of a shared import writes all rows of a kind.
fn is_of_leader(kind: SourceKind) -> bool {
    matches!(kind, SourceKind::Affiliates | SourceKind::Commissions)
}

//! Writes the settlement: group by group of affiliates, so that a large shop's ledgers are never all in memory.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::domain::commission_figures::AffiliateCommissions;
use crate::domain::conventions::AffiliateReference;
use crate::domain::finding::Finding;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::plan::affiliate_account::{AffiliateAccount, accounts};
use crate::pipeline::plan::affiliate_owners::CodeOwners;
use crate::pipeline::plan::bank_owners;
use crate::pipeline::plan::bank_owners::Credited;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::linked_orders::LinkedOrders;
use crate::pipeline::plan::order_rows::CreditedAffiliate;
use crate::pipeline::plan::settlement::{Settlement, SettlementTerms, prepare};
use crate::pipeline::plan::shared_totals::SharedTotals;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::phase::Phase;
use crate::signals;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::SourceRecord;
use crate::store::session::companion::Companion;
use crate::store::session::store::Store;

/// Number of orders that are linked to a newly verified affiliate in one transaction.
const LINKED_PER_BATCH: usize = 500;

/// Number of accounts whose conversions and ledgers are in memory at once.
const ACCOUNTS_AT_ONCE: usize = 16;

/// Number of settlements that may wait while one is written: their changes take the memory.
const SETTLEMENTS_AHEAD: usize = 1;

/// Number of ledger entries that are written in one transaction.
const ENTRIES_PER_BATCH: usize = 2_500;

/// Links orders to the affiliates that their codes credit now, and settles every account. A long ledger is written in
/// several transactions. A wallet that rises moves with the last of them: nothing is withdrawable before all of
/// its ledger is there (L21). One that falls moves with the first, where it is seen under its lock
/// whether it covers that: no ledger is written for a wallet that cannot follow. What moves from one wallet to another
/// does so in one transaction; the affiliate's bank details follow.
pub(crate) fn settle(
    store: &mut Store,
    companion: &mut Companion,
    committer: &mut Committer,
    name: &'static str,
    options: SettlementOptions<'_>,
) -> anyhow::Result<SettlementOutcome> {
    let SettlementOptions { terms, reference, linked_affiliates, only } = options;
    let phase = Phase { name, kind: SourceKind::Affiliates, exports: &[] };
    let mut owners = CodeOwners::load(store)?;
    if let Some(codes) = only {
        owners.keep_connected(codes);
    }
    let mut done = SettlementOutcome { notes: std::mem::take(&mut owners.notes), affiliates: Vec::new() };
    if owners.owners.iter().any(|owner| owner.moves() || !linked_affiliates.contains(&owner.code)) {
        link_orders(store, committer, phase, &owners, reference)?;
    }
    let mut forgotten = owners.forget_lost(committer.run.started_at);
    let marks = queries::affiliates::marks_of_nothing(store)?;
    forgotten.extend(marks.iter().map(|id| Change::delete::<SourceRecord>(id)));
    write_part(store, committer, phase, forgotten)?;
    let credited: Credited =
        owners.owners.iter().map(|owner| (owner.code.clone(), owner.credited.clone())).collect();
    let (moving, staying): (Vec<_>, Vec<_>) =
        accounts(owners).into_iter().partition(AffiliateAccount::has_moving_code);
    let together: Vec<Settlement> = prepare(store, moving, terms)?.collect();
    let are_covered = together.iter().all(Settlement::is_covered);
    together.iter().for_each(|settlement| done.add(settlement, are_covered));
    if are_covered {
        write(store, committer, phase, together)?;
        let withdrawn = bank_owners::withdrawals(store, &credited, committer.run.started_at)?;
        write_part(store, committer, phase, withdrawn)?;
    }
    let settling = Settling { store, committer, phase, done: &mut done, ready: Vec::new(), entries: 0 };
    settling.settle_all(companion, staying, terms)?;
    Ok(done)
}

/// The settlement of accounts that do not depend on each other.
struct Settling<'a> {
    store: &'a mut Store,
    committer: &'a mut Committer,
    phase: Phase<'a>,
    done: &'a mut SettlementOutcome,
    /// Settlements that go into one transaction.
    ready: Vec<Settlement>,
    /// The changes that they make.
    entries: usize,
}

impl Settling<'_> {
    /// Settles accounts. One group of them is read while the one before is written, where there is a second connection.
    fn settle_all(
        mut self,
        companion: &mut Companion,
        accounts: Vec<AffiliateAccount>,
        terms: SettlementTerms<'_>,
    ) -> anyhow::Result<()> {
        let mut accounts = accounts.into_iter();
        let groups = std::iter::from_fn(|| {
            let group: Vec<AffiliateAccount> = accounts.by_ref().take(ACCOUNTS_AT_ONCE).collect();
            (!group.is_empty()).then_some(group)
        });
        let groups: Vec<Vec<AffiliateAccount>> = groups.collect();
        let reader = if groups.len() > 1 { companion.beside(self.store) } else { None };
        match reader {
            Some(reader) => {
                prepare_beside(reader, groups, terms, |settlement| self.take(settlement))?;
            }
            None => {
                for group in groups {
                    prepare(self.store, group, terms)?.try_for_each(|settlement| self.take(settlement))?;
                }
            }
        }
        write(self.store, self.committer, self.phase, self.ready)
    }

    fn take(&mut self, mut settlement: Settlement) -> anyhow::Result<()> {
        signals::check()?;
        self.done.add(&settlement, settlement.is_covered());
        if !settlement.is_covered() || settlement.is_settled() {
            return Ok(());
        }
        if settlement.falls() && settlement.changes.len() > ENTRIES_PER_BATCH {
            return settle_falling_wallet(self.store, self.committer, self.phase, settlement);
        }
        write_leading_changes(self.store, self.committer, self.phase, &mut settlement.changes)?;
        self.entries += settlement.changes.len();
        self.ready.push(settlement);
        if self.entries >= ENTRIES_PER_BATCH {
            write(self.store, self.committer, self.phase, std::mem::take(&mut self.ready))?;
            self.entries = 0;
        }
        Ok(())
    }
}

/// Prepares groups of accounts by a connection of their own, on another thread, while `take` writes what is prepared.
///
/// # Errors
/// The first one of either thread.
fn prepare_beside(
    reader: &mut Store,
    groups: Vec<Vec<AffiliateAccount>>,
    terms: SettlementTerms<'_>,
    take: impl FnMut(Settlement) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (ready, prepared) = sync_channel(SETTLEMENTS_AHEAD);
    let preparing = move || {
        for group in groups {
            for settlement in prepare(reader, group, terms)? {
                if ready.send(settlement).is_err() {
                    return Ok(()); // The writing thread has stopped, and says why.
                }
            }
        }
        Ok(())
    };
    thread::scope(|threads| {
        let preparing = threads.spawn(preparing);
        prepared.into_iter().try_for_each(take)?;
        preparing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What a settlement goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettlementOptions<'a> {
    /// What all settlements share.
    pub(crate) terms: SettlementTerms<'a>,
    /// Whose id transactions name as the affiliate.
    pub(crate) reference: AffiliateReference,
    /// Codes for which no order waits.
    pub(crate) linked_affiliates: &'a HashSet<String>,
    /// The codes that are settled, with all that share an account with them; without it, all codes.
    pub(crate) only: Option<&'a HashSet<String>>,
}

/// What the settlement has to say.
#[derive(Debug, Default)]
pub(crate) struct SettlementOutcome {
    /// What a person should look at.
    pub(crate) notes: Vec<Finding>,
    /// The commissions of each affiliate.
    pub(crate) affiliates: Vec<AffiliateCommissions>,
}

impl SettlementOutcome {
    fn add(&mut self, settlement: &Settlement, is_settled: bool) {
        self.notes.extend(settlement.notes.iter().cloned());
        self.affiliates.push(settlement.figures(is_settled));
    }
}

fn write(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    ready: Vec<Settlement>,
) -> anyhow::Result<()> {
    if ready.is_empty() {
        return Ok(());
    }
    let (run_id, written_at) = (committer.run.id.clone(), committer.run.started_at);
    committer.commit_planned_within(store, phase, |store| {
        let totals = SharedTotals::read(store, &ready)?;
        EncodedBatch::new(store.encoder(), totals.plan(ready, &run_id, written_at)?)
    })?;
    Ok(())
}

/// Settles a wallet whose balance falls: it moves with the first of its ledger's changes.
fn settle_falling_wallet(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    mut settlement: Settlement,
) -> anyhow::Result<()> {
    let mut later = settlement.changes.split_off(ENTRIES_PER_BATCH);
    write(store, committer, phase, vec![settlement])?;
    write_leading_changes(store, committer, phase, &mut later)?;
    write_part(store, committer, phase, later)
}

fn write_part(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    part: Vec<Change>,
) -> anyhow::Result<()> {
    if part.is_empty() {
        return Ok(());
    }
    let written_at = committer.run.started_at;
    let batch = EncodedBatch::new(store.encoder(), BatchPlan::of_changes(written_at, part))?;
    committer.commit(store, phase, batch)?;
    Ok(())
}

/// Writes what is too much for one transaction of a ledger.
fn write_leading_changes(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    changes: &mut Vec<Change>,
) -> anyhow::Result<()> {
    while changes.len() > ENTRIES_PER_BATCH {
        let rest = changes.split_off(ENTRIES_PER_BATCH);
        let part = std::mem::replace(changes, rest);
        write_part(store, committer, phase, part)?;
    }
    Ok(())
}

/// Links orders to the profile that their code credits now: orders that were imported before their affiliate was
/// verified, and those of an affiliate whose mapping the app's people have changed.
fn link_orders(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    owners: &CodeOwners,
    reference: AffiliateReference,
) -> anyhow::Result<()> {
    let credited: HashMap<&str, Option<CreditedAffiliate>> =
        owners.owners.iter().map(|owner| (owner.code.as_str(), owners.credited_affiliate(owner))).collect();
    let written_at = committer.run.started_at;
    for link in queries::orders::code_links(store)? {
        let Some(affiliate) = credited.get(link.affiliate_code.as_str()) else { continue };
        if link.profile_id.as_ref() == affiliate.as_ref().map(|affiliate| &affiliate.profile_id) {
            continue;
        }
        let linked =
            queries::orders::logs_linked_to(store, &link.affiliate_code, link.profile_id.as_deref())?;
        let linked: Vec<&str> = linked.iter().map(String::as_str).collect();
        for part in linked.chunks(LINKED_PER_BATCH) {
            committer.commit_planned_within(store, phase, |store| {
                let orders = LinkedOrders::look_up(store, part)?;
                EncodedBatch::new(store.encoder(), orders.link(affiliate.as_ref(), reference, written_at))
            })?;
        }
    }
    Ok(())
}

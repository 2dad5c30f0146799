//! Writes the settlement: group by group of affiliates, so that a large shop's ledgers are never all in memory.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::plan::affiliate_account::{AffiliateAccount, accounts};
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::settlement::{Settlement, prepare};
use crate::pipeline::plan::shared_totals::SharedTotals;
use crate::pipeline::plan::waiting_orders::WaitingOrders;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::phase::Phase;
use crate::signals;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::session::store::Store;

/// Number of orders that are linked to a newly verified affiliate in one transaction.
const LINKED_PER_BATCH: usize = 500;

/// Number of accounts whose conversions and ledgers are in memory at once.
const ACCOUNTS_AT_ONCE: usize = 16;

/// Number of ledger entries that are written in one transaction.
const ENTRIES_PER_BATCH: usize = 1_000;

/// Links waiting orders and settles every verified affiliate. A long ledger is written in several
/// transactions. A wallet that rises moves with the last of them: nothing is withdrawable before all of
/// its ledger is there (L21). One that falls moves with the first, where it is seen under its lock
/// whether it covers that: no ledger is written for a wallet that cannot follow. `as_of` dates the payouts,
/// whose own dates Sejoli does not export. No order waits for `linked_affiliates`.
pub(crate) fn settle(
    store: &mut Store,
    committer: &mut Committer,
    name: &'static str,
    as_of: Millis,
    linked_affiliates: &HashSet<String>,
) -> anyhow::Result<Vec<Finding>> {
    let phase = Phase { name, kind: SourceKind::Affiliates, exports: &[] };
    let (mut notes, mut ready, mut entries) = (Vec::new(), Vec::new(), 0);
    let mut accounts = accounts(store)?.into_iter().peekable();
    while accounts.peek().is_some() {
        signals::check()?;
        let group: Vec<AffiliateAccount> = accounts.by_ref().take(ACCOUNTS_AT_ONCE).collect();
        let waiting: Vec<&AffiliateAccount> =
            group.iter().filter(|account| !linked_affiliates.contains(&account.code)).collect();
        link_waiting_orders(store, committer, phase, &waiting)?;
        for mut settlement in prepare(store, group, as_of)? {
            notes.extend(settlement.notes.iter().cloned());
            if !settlement.is_covered() || settlement.is_settled() {
                continue;
            }
            if settlement.falls() && settlement.changes.len() > ENTRIES_PER_BATCH {
                settle_falling_wallet(store, committer, phase, settlement)?;
                continue;
            }
            write_leading_changes(store, committer, phase, &mut settlement.changes)?;
            entries += settlement.changes.len();
            ready.push(settlement);
            if entries >= ENTRIES_PER_BATCH {
                write(store, committer, phase, std::mem::take(&mut ready))?;
                entries = 0;
            }
        }
    }
    write(store, committer, phase, ready)?;
    Ok(notes)
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
    let written_at = committer.run.started_at;
    committer.commit_planned_within(store, phase, |store| {
        let totals = SharedTotals::read(store, &ready)?;
        EncodedBatch::new(store.encoder(), totals.plan(ready, written_at)?)
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

/// Orders that were imported before their affiliate was verified: profile and conversion.
fn link_waiting_orders(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    group: &[&AffiliateAccount],
) -> anyhow::Result<()> {
    if group.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = group.iter().map(|account| account.code.as_str()).collect();
    let found = queries::orders::unlinked_logs(store, &codes)?;
    let written_at = committer.run.started_at;
    for account in group {
        let ids = found.iter().filter(|log| log.affiliate_code == account.code).map(|log| log.id.as_str());
        let ids: Vec<&str> = ids.collect();
        for part in ids.chunks(LINKED_PER_BATCH) {
            committer.commit_planned_within(store, phase, |store| {
                let waiting = WaitingOrders::look_up(store, part)?;
                EncodedBatch::new(store.encoder(), waiting.link(account, written_at))
            })?;
        }
    }
    Ok(())
}

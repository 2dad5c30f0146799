//! What a run has done and what the shop looks like now, gathered for a person to read.

pub(crate) mod app_pages;
mod commissions;
pub(crate) mod details;
pub(crate) mod findings;
pub(crate) mod full;
pub(crate) mod invitations;
mod masking;
pub(crate) mod plans;
pub(crate) mod redirects;
pub(crate) mod timing;
pub(crate) mod verdict;

use serde::Serialize;

use crate::domain::books::Books;
use crate::domain::commission_figures::CommissionTable;
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::operator;
use crate::operator::OperatorList;
use crate::reconciliation::{FurtherSums, Tally};
use crate::store::history::runs;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateTotals, ImportRun};
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// A run and the figures of the database.
#[derive(Debug, Serialize)]
pub(crate) struct RunReport {
    /// The run's id.
    pub(crate) run: String,
    /// The kinds that were imported, as the command names them.
    pub(crate) command: String,
    /// Where it stands.
    pub(crate) state: RunState,
    /// When it began.
    pub(crate) started_at: Millis,
    /// When it ended.
    pub(crate) finished_at: Option<Millis>,
    /// The books of each phase.
    pub(crate) phases: Vec<(String, Books)>,
    /// Imported orders by status: status, how many, and what they have charged.
    pub(crate) orders: Vec<(String, i64, Money)>,
    /// Imported memberships by status: status and how many.
    pub(crate) memberships: Vec<(String, i64)>,
    /// What the affiliates have earned, have been paid and are owed.
    pub(crate) affiliates: AffiliateSummary,
    /// What of the commissions each affiliate is owed, and can ask for in the app.
    pub(crate) commissions: CommissionTable,
    /// Rows that the run has held or rejected: kind, code and how many.
    pub(crate) waiting: Vec<(String, String, i64)>,
    /// What the operator has to do and to know.
    pub(crate) operator: OperatorList,
}

/// The affiliates' figures together.
#[derive(Debug, Default, Serialize)]
pub(crate) struct AffiliateSummary {
    /// How many are settled.
    pub(crate) affiliates: i64,
    /// Commission of SUCCESS orders.
    pub(crate) earned: Money,
    /// Paid out in Sejoli.
    pub(crate) paid: Money,
    /// Still owed.
    pub(crate) owed: Money,
    /// The ten who earned most: code, earned, paid, owed.
    pub(crate) top: Vec<(String, Money, Money, Money)>,
}

/// Gathers what is reported of a run beside the reconciliation.
fn gather(
    store: &mut Store,
    run: &ImportRun,
    now: Millis,
    reconciled: &FurtherSums,
) -> anyhow::Result<RunReport> {
    let status = |(status, orders): (&String, &Tally)| (status.clone(), orders.count, orders.amount);
    let checkpoint = runs::checkpoint(run)?;
    Ok(RunReport {
        orders: reconciled.statuses.iter().map(status).collect(),
        memberships: memberships(store)?,
        affiliates: affiliates(store)?,
        commissions: commissions::gather(store, reconciled)?,
        waiting: waiting(store, &run.id)?,
        operator: operator::gather(store, now)?,
        run: run.id.clone(),
        command: run.command.clone(),
        state: run.state,
        started_at: run.started_at,
        finished_at: run.finished_at,
        phases: checkpoint.books,
    })
}

fn memberships(store: &mut Store) -> anyhow::Result<Vec<(String, i64)>> {
    let counts = queries::memberships::counts_by_status(store)?;
    Ok(counts.into_iter().map(|count| (count.status, count.memberships)).collect())
}

fn affiliates(store: &mut Store) -> anyhow::Result<AffiliateSummary> {
    let mut totals: Vec<AffiliateTotals> = store.all_rows()?;
    totals.sort_by(|a, b| (b.settled_earnings, &a.code).cmp(&(a.settled_earnings, &b.code)));
    let top = totals.iter().take(10).filter(|totals| totals.settled_earnings.is_positive());
    Ok(AffiliateSummary {
        affiliates: i64::try_from(totals.len())?,
        earned: totals.iter().map(|totals| totals.settled_earnings).sum(),
        paid: totals.iter().map(|totals| totals.settled_payout).sum(),
        owed: totals.iter().map(|totals| totals.settled_balance).sum(),
        top: top
            .map(|totals| {
                (totals.code.clone(), totals.settled_earnings, totals.settled_payout, totals.settled_balance)
            })
            .collect(),
    })
}

fn waiting(store: &mut Store, run_id: &str) -> anyhow::Result<Vec<(String, String, i64)>> {
    let counts = queries::rejects::counts_by_code(store, run_id)?;
    Ok(counts.into_iter().map(|count| (count.kind, count.code, count.rows)).collect())
}

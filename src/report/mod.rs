//! What a run has done and what the shop looks like now, gathered for a person to read.

use serde::Serialize;

use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::failure::Failure;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Field as _, Kind};
use crate::store::history::runs;
use crate::store::schema::tables::{AffiliateTotals, ImportReject, Transaction, UserMembership};
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// A run and the figures of the database.
#[derive(Debug, Serialize)]
pub struct RunReport {
    /// The run's id.
    pub run: String,
    /// What was imported.
    pub command: String,
    /// Where it stands.
    pub state: RunState,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub finished_at: Option<Millis>,
    /// The books of each phase.
    pub phases: Vec<(String, Books)>,
    /// Imported orders by status: how many, and their amounts.
    pub orders: Vec<(String, i64, Money)>,
    /// Imported memberships by status.
    pub memberships: Vec<(String, i64)>,
    /// What the affiliates have earned, been paid and are owed.
    pub affiliates: AffiliateFigures,
    /// Rows of the run that wait, by kind and code.
    pub waiting: Vec<(String, String, i64)>,
}

/// The affiliates' figures together.
#[derive(Debug, Default, Serialize)]
pub struct AffiliateFigures {
    /// How many are settled.
    pub affiliates: i64,
    /// Commission of SUCCESS orders.
    pub earned: Money,
    /// Paid out in Sejoli.
    pub paid: Money,
    /// Still owed.
    pub owed: Money,
    /// The ten who earned most: code, earned, paid, owed.
    pub top: Vec<(String, Money, Money, Money)>,
}

/// Gathers the report of a run; without an id, of the last one.
///
/// # Errors
/// Exit code 2 when there is no such run.
pub fn gather(store: &mut Store, id: Option<&str>) -> anyhow::Result<RunReport> {
    let run = runs::find(store, id)?.ok_or_else(|| match id {
        Some(id) => Failure::usage(format!("no run {id} in this database")),
        None => Failure::usage("no import has been run on this database"),
    })?;
    let checkpoint = runs::checkpoint(&run)?;
    Ok(RunReport {
        orders: orders(store)?,
        memberships: memberships(store)?,
        affiliates: affiliates(store)?,
        waiting: waiting(store, &run.id)?,
        run: run.id,
        command: run.command,
        state: run.state,
        started_at: run.started_at,
        finished_at: run.finished_at,
        phases: checkpoint.books,
    })
}

/// Sums in the program, not in SQL: a database would add some of them as floats.
fn orders(store: &mut Store) -> anyhow::Result<Vec<(String, i64, Money)>> {
    let sql = format!(
        "SELECT \"status\", \"amount\", count(*) FROM \"{}\" WHERE \"externalId\" {} \
         GROUP BY \"status\", \"amount\" ORDER BY \"status\"",
        Transaction::TABLE.name,
        store.of_sejoli()
    );
    let mut sums: Vec<(String, i64, Money)> = Vec::new();
    for row in store.query(&sql, &[])? {
        let [Cell::Text(status), amount, Cell::Int(count)] = row.as_slice() else { continue };
        let amount = Money::from_value(store.decode(amount.clone(), Kind::Money)?)?;
        let amount = Money::from_minor(amount.minor() * count);
        match sums.last_mut().filter(|(last, _, _)| last == status) {
            Some((_, orders, sum)) => {
                *orders += count;
                *sum = *sum + amount;
            }
            None => sums.push((status.clone(), *count, amount)),
        }
    }
    Ok(sums)
}

fn memberships(store: &mut Store) -> anyhow::Result<Vec<(String, i64)>> {
    let sql = format!(
        "SELECT \"status\", count(*) FROM \"{}\" WHERE \"externalId\" IS NOT NULL GROUP BY \"status\" ORDER BY \"status\"",
        UserMembership::TABLE.name
    );
    let rows = store.query(&sql, &[])?;
    Ok(rows.into_iter().filter_map(|row| Some((text(row.first()?)?, count(row.get(1)?)?))).collect())
}

fn affiliates(store: &mut Store) -> anyhow::Result<AffiliateFigures> {
    let mut totals: Vec<AffiliateTotals> = store.select("", &[])?;
    totals.sort_by(|a, b| (b.settled_earnings, &a.code).cmp(&(a.settled_earnings, &b.code)));
    let top = totals.iter().take(10).filter(|totals| totals.settled_earnings.is_positive());
    Ok(AffiliateFigures {
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

fn waiting(store: &mut Store, run: &str) -> anyhow::Result<Vec<(String, String, i64)>> {
    let sql = format!(
        "SELECT \"kind\", \"code\", count(*) FROM \"{}\" WHERE \"runId\" = ? GROUP BY \"kind\", \"code\" ORDER BY \"kind\", \"code\"",
        ImportReject::TABLE.name
    );
    let rows = store.query(&sql, &[Cell::Text(run.to_owned())])?;
    let line = |row: Vec<Cell>| Some((text(row.first()?)?, text(row.get(1)?)?, count(row.get(2)?)?));
    Ok(rows.into_iter().filter_map(line).collect())
}

fn text(cell: &Cell) -> Option<String> {
    if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
}

fn count(cell: &Cell) -> Option<i64> {
    if let Cell::Int(count) = cell { Some(*count) } else { None }
}

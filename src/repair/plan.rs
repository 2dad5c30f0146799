//! What is to be repaired, and what is left and why.

use serde::Serialize;

use crate::domain::date::Millis;
use crate::repair::candidates::Hints;
use crate::repair::hints::around;
use crate::repair::proof::{Found, solve};
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{AffiliateConversion, WalletTransaction};
use crate::store::session::store::Store;
use crate::verify::{ChangedBy, ChangedRow, RowProof, RowState};

/// A column that gets back what a run has written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnRepair {
    /// The column.
    pub(crate) column: &'static str,
    /// What stands there.
    pub(crate) from: Value,
    /// What was written there.
    pub(crate) to: Value,
}

/// A row that is repaired.
#[derive(Clone, Debug)]
pub(crate) struct RowRepair {
    /// Its table.
    pub(crate) table: &'static Table,
    /// Its id.
    pub(crate) id: String,
    /// The run that wrote it last.
    pub(crate) run: String,
    /// Its columns.
    pub(crate) columns: Vec<ColumnRepair>,
}

impl RowRepair {
    /// The change that is written, on the condition that nobody has changed the row meanwhile.
    pub(super) fn change(&self) -> Change {
        let columns = || self.columns.iter();
        Change::Update {
            table: self.table,
            id: self.id.clone(),
            set: columns().map(|one| (one.column, one.to.clone())).collect(),
            expected: columns().map(|one| (one.column, one.from.clone())).collect(),
        }
    }
}

/// Why a row is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhyLeft {
    /// It is not there: to delete is to edit.
    Gone,
    /// The app has written it since.
    EditedInApp,
    /// Its table has no date of writing, and the app's people may edit its rows.
    Undated,
    /// No value that is known has the fingerprint of what was written.
    Unproved,
}

/// A row that is left as it is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowLeft {
    /// Its table.
    pub(crate) table: &'static str,
    /// Its id.
    pub(crate) id: String,
    /// The run that wrote it last.
    pub(crate) run: String,
    /// Why.
    pub(crate) why: WhyLeft,
    /// When the app has written it.
    pub(crate) edited_at: Option<String>,
    /// What `--overwrite` has to name for it to be repaired all the same; nothing where it cannot be.
    pub(crate) overwrite: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepairPlan {
    /// What is repaired.
    pub(crate) repairs: Vec<RowRepair>,
    /// What is left.
    pub(crate) left: Vec<RowLeft>,
}

impl RepairPlan {
    /// Decides about each of the rows. `overwrite` names tables and columns (`User`, `User.role`) in which also the app's
    /// edits are taken back; `run_times` are the times of writing of all runs.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn make<'r>(
        store: &mut Store,
        rows: impl Iterator<Item = &'r ChangedRow>,
        overwrite: &[String],
        run_times: &[Millis],
    ) -> anyhow::Result<Self> {
        let mut plan = Self::default();
        for row in rows {
            match decide(store, row, overwrite, run_times)? {
                Ok(repair) => plan.repairs.push(repair),
                Err(left) => plan.left.push(left),
            }
        }
        let place = |table: &str, id: &str| (table.to_owned(), id.to_owned());
        plan.repairs.sort_by_key(|row| place(row.table.name, &row.id));
        plan.left.sort_by_key(|row| place(row.table, &row.id));
        Ok(plan)
    }
}

/// The tables without a date of writing whose rows the app's people never edit.
const NEVER_EDITED: [&Table; 2] = [AffiliateConversion::TABLE, WalletTransaction::TABLE];

fn decide(
    store: &mut Store,
    row: &ChangedRow,
    overwrite: &[String],
    run_times: &[Millis],
) -> anyhow::Result<Result<RowRepair, RowLeft>> {
    let left = |why: WhyLeft, overwrite: Vec<String>| RowLeft {
        table: row.table.name,
        id: row.id.clone(),
        run: row.written_by.id.clone(),
        why,
        edited_at: match &row.state {
            RowState::Edited { by: ChangedBy::App(at), .. } => Some(at.spoken()),
            _ => None,
        },
        overwrite,
    };
    let (RowState::Edited { by, proofs }, Some(now)) = (&row.state, &row.now) else {
        return Ok(Err(left(WhyLeft::Gone, Vec::new())));
    };
    let Some(columns) = proved(store, row, now, proofs, run_times)? else {
        return Ok(Err(left(WhyLeft::Unproved, Vec::new())));
    };
    let codes: Vec<String> = columns
        .iter()
        .filter(|one| one.column != "updatedAt")
        .map(|one| format!("{}.{}", row.table.name, one.column))
        .collect();
    let is_named = |code: &String| overwrite.iter().any(|name| name == code || name == row.table.name);
    let why = match by {
        ChangedBy::App(_) => Some(WhyLeft::EditedInApp),
        ChangedBy::Unknown if !NEVER_EDITED.contains(&row.table) => Some(WhyLeft::Undated),
        ChangedBy::Unknown | ChangedBy::SomebodyElse => None,
    };
    Ok(match why {
        Some(why) if !codes.iter().all(is_named) => Err(left(why, codes)),
        _ => Ok(RowRepair { table: row.table, id: row.id.clone(), run: row.written_by.id.clone(), columns }),
    })
}

/// The columns with the values that all fingerprints prove; first by what the row says itself, then by what is said around it.
fn proved(
    store: &mut Store,
    row: &ChangedRow,
    now: &[Value],
    proofs: &[RowProof],
    run_times: &[Millis],
) -> anyhow::Result<Option<Vec<ColumnRepair>>> {
    if proofs.is_empty() {
        return Ok(None);
    }
    let mut own = Hints::default();
    own.take_row(row.table, now);
    run_times.iter().for_each(|time| own.take_time(*time));
    if let Some(found) = solve_all(row.table, proofs, &own) {
        return Ok(Some(columns_of(row.table, now, found)));
    }
    let mut hints = around(store, row)?;
    hints.take_row(row.table, now);
    run_times.iter().for_each(|time| hints.take_time(*time));
    Ok(solve_all(row.table, proofs, &hints).map(|found| columns_of(row.table, now, found)))
}

fn solve_all(table: &'static Table, proofs: &[RowProof], hints: &Hints) -> Option<Vec<Found>> {
    let (mut found, together) = (Vec::new(), hints.together(table));
    for proof in proofs {
        found.extend(solve(table, proof, &together, |at, today| hints.of(&table.columns[at], today))?);
    }
    Some(found)
}

fn columns_of(table: &'static Table, now: &[Value], found: Vec<Found>) -> Vec<ColumnRepair> {
    let column = |(at, to): Found| ColumnRepair { column: table.columns[at].name, from: now[at].clone(), to };
    let mut columns: Vec<ColumnRepair> = found.into_iter().map(column).collect();
    columns.sort_by_key(|one| one.column);
    columns
}

//! Makes the changes of a batch and takes their before-images.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;

use crate::domain::money::Money;
use crate::store::codec::encoder::{EncodedRows, Encoder};
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};
use crate::store::engines::transient::StalePlan;
use crate::store::history::journal::change::{Change, Movement, UPDATED_AT};
use crate::store::history::journal::image::{Image, Images};
use crate::store::schema::tables::{JOURNALED, journal_number};
use crate::store::session::store::Store;
use crate::store::session::stored_rows::LockMode;

/// The changes of a batch in the order in which they are made: deletions, children first; then insertions table by
/// table, parents first; then updates; then movements of sums. So a new row may take a unique value that a deleted one
/// had. A row that others refer to is deleted in a batch after the one that has moved them away. New rows are encoded
/// already, and their images are made.
#[derive(Debug, Default)]
pub(crate) struct PreparedChanges {
    deletes: BTreeMap<Reverse<u8>, Vec<String>>,
    inserts: Vec<TableInserts>,
    updates: Vec<Round>,
    moves: BTreeMap<u8, Vec<Movement>>,
}

/// The new rows of one table.
#[derive(Debug)]
struct TableInserts {
    table: u8,
    rows: EncodedRows,
    images: Images,
}

impl PreparedChanges {
    /// Prepares changes for the database that an encoder belongs to, without a connection to it.
    ///
    /// # Errors
    /// A table that the database does not have; a row without an id.
    pub(crate) fn new(encoder: &Encoder, changes: Vec<Change>) -> anyhow::Result<Self> {
        let mut inserts: BTreeMap<u8, Vec<Vec<Value>>> = BTreeMap::new();
        let mut deletes: BTreeMap<Reverse<u8>, Vec<String>> = BTreeMap::new();
        let mut moves: BTreeMap<u8, Vec<Movement>> = BTreeMap::new();
        let mut updates = Vec::new();
        for change in changes {
            match change {
                Change::Insert { table, row } => inserts.entry(number_of(table)).or_default().push(row),
                Change::Update { table, id, set, expected } => {
                    updates.push(Update { table, id, set, expected })
                }
                Change::Move(movement) => {
                    moves.entry(number_of(movement.table)).or_default().push(movement);
                }
                Change::Delete { table, id } => {
                    deletes.entry(Reverse(number_of(table))).or_default().push(id)
                }
            }
        }
        let inserts = inserts.into_iter().map(|(table, rows)| TableInserts::new(encoder, table, rows));
        Ok(Self {
            deletes,
            inserts: inserts.collect::<anyhow::Result<_>>()?,
            updates: rounds(updates),
            moves,
        })
    }
}

impl TableInserts {
    fn new(encoder: &Encoder, table: u8, rows: Vec<Vec<Value>>) -> anyhow::Result<Self> {
        let into = JOURNALED[usize::from(table)];
        let mut images = Images::default();
        for row in &rows {
            let Value::Text(id) = &row[0] else { anyhow::bail!("a new row of {} has no id", into.name) };
            images.push(&Image::Inserted { table, id: id.clone(), after: into.fingerprint(row) })?;
        }
        Ok(Self { table, rows: encoder.rows(into, rows)?, images })
    }
}

/// Makes the changes and returns their images, in the order in which they were made.
///
/// # Errors
/// The first change that the database refuses; [`StalePlan`] for a row that the app has changed since the batch
/// was planned. Some changes may be made then, so the caller's transaction must be rolled back.
pub(crate) fn apply(store: &mut Store, prepared: PreparedChanges) -> anyhow::Result<Images> {
    let mut images = Images::default();
    for (Reverse(table), ids) in prepared.deletes {
        delete(store, table, &ids, &mut images)?;
    }
    for TableInserts { table, rows, images: made } in prepared.inserts {
        store.insert_encoded(JOURNALED[usize::from(table)], rows)?;
        images.append(made);
    }
    for (at, round) in prepared.updates.into_iter().enumerate() {
        for ((table, columns), mut group) in round {
            if at > 0 {
                // A row's second change was planned against the row as it was before the first one.
                group.iter_mut().for_each(|update| update.expected.clear());
            }
            update(store, table, &columns, group, &mut images)?;
        }
    }
    for (table, movements) in prepared.moves {
        move_sums(store, table, movements, &mut images)?;
    }
    Ok(images)
}

/// [`Change::Update`].
#[derive(Debug)]
struct Update {
    table: &'static Table,
    id: String,
    set: Vec<(&'static str, Value)>,
    expected: Vec<(&'static str, Value)>,
}

/// Updates of the same columns of one table.
type Round = BTreeMap<(u8, Vec<&'static str>), Vec<Update>>;

/// Groups updates into rounds in which each row is changed at most once, so that the before-images of a round
/// can be read together. A row's second change is in the second round.
fn rounds(updates: Vec<Update>) -> Vec<Round> {
    let mut times: HashMap<(u8, String), usize> = HashMap::new();
    let mut rounds: Vec<Round> = Vec::new();
    for update in updates {
        let table = number_of(update.table);
        let time = times.entry((table, update.id.clone())).or_default();
        if rounds.len() == *time {
            rounds.push(Round::new());
        }
        let columns = update.set.iter().map(|(column, _)| *column).collect();
        rounds[*time].entry((table, columns)).or_default().push(update);
        *time += 1;
    }
    rounds
}

fn update(
    store: &mut Store,
    table: u8,
    columns: &[&'static str],
    group: Vec<Update>,
    images: &mut Images,
) -> anyhow::Result<()> {
    let of = JOURNALED[usize::from(table)];
    let columns: Vec<&str> = columns.iter().copied().filter(|column| store.has_column(of, column)).collect();
    let ids: Vec<&str> = group.iter().map(|update| update.id.as_str()).collect();
    let mut before = stored(store, of, &columns, &ids)?;
    let mut rows = Vec::with_capacity(group.len());
    for Update { id, mut set, expected, .. } in group {
        set.retain(|(column, _)| columns.contains(column));
        let stale = || StalePlan { table: of.name, id: id.clone() };
        let before = before.remove(&id).ok_or_else(stale)?;
        if !is_as_expected(store, of, &before, &expected)? {
            return Err(stale().into());
        }
        let after = fingerprint(set.iter().map(|(_, value)| value));
        rows.push((id.clone(), set.into_iter().map(|(_, value)| value).collect()));
        images.push(&Image::Updated { table, id, before, after })?;
    }
    store.update_rows(of, &columns, rows)
}

/// Moves the sums of rows of one table. The movements of a table are of the same columns.
fn move_sums(
    store: &mut Store,
    table: u8,
    movements: Vec<Movement>,
    images: &mut Images,
) -> anyhow::Result<()> {
    let of = JOURNALED[usize::from(table)];
    let Some(first) = movements.first() else { return Ok(()) };
    let columns: Vec<&str> = first.by.iter().map(|(column, _)| *column).chain([UPDATED_AT]).collect();
    let ids: Vec<&str> = movements.iter().map(|movement| movement.id.as_str()).collect();
    let mut stored = stored(store, of, &columns, &ids)?;
    let mut rows = Vec::with_capacity(movements.len());
    for Movement { id, by, written_at, explained_by, .. } in movements {
        let before = stored.remove(&id).ok_or_else(|| StalePlan { table: of.name, id: id.clone() })?;
        let mut moved = Vec::with_capacity(columns.len());
        for ((column, difference), (name, cell)) in by.iter().zip(&before) {
            anyhow::ensure!(column == name, "the movements of {} differ in their columns", of.name);
            let value = store.decode(cell.clone(), of.columns[of.position(column)].kind)?;
            let sum = moved_by(value, *difference).with_context(|| format!("{} is no sum", of.name))?;
            if *difference < 0 && matches!(sum, Value::Money(sum) if sum < Money::ZERO) {
                return Err(StalePlan { table: of.name, id }.into());
            }
            moved.push(sum);
        }
        moved.push(Value::Time(written_at));
        let after = fingerprint(&moved);
        let by = by.into_iter().map(|(column, difference)| (column.to_owned(), difference)).collect();
        let explained_by = explained_by.into_iter().map(|(table, id)| (number_of(table), id)).collect();
        rows.push((id.clone(), moved));
        images.push(&Image::Moved { table, id, before, by, after, explained_by })?;
    }
    store.update_rows(of, &columns, rows)
}

/// A sum that is moved by a difference, which of an amount is in sen; nothing if the value is no sum.
pub(crate) fn moved_by(sum: Value, difference: i64) -> Option<Value> {
    match sum {
        Value::Money(amount) => Some(Value::Money(amount + Money::from_minor(difference))),
        Value::Int(count) => Some(Value::Int(count + difference)),
        _ => None,
    }
}

/// Whether the cells of a row that are about to be changed still hold the values that the plan expects.
fn is_as_expected(
    store: &Store,
    table: &Table,
    before: &[(String, Cell)],
    expected: &[(&'static str, Value)],
) -> anyhow::Result<bool> {
    for (name, cell) in before {
        let Some((column, value)) = expected.iter().find(|(column, _)| column == name) else { continue };
        let kind = table.columns[table.position(column)].kind;
        if store.decode(cell.clone(), kind)? != *value {
            return Ok(false);
        }
    }
    Ok(true)
}

fn delete(store: &mut Store, table: u8, ids: &[String], images: &mut Images) -> anyhow::Result<()> {
    let from = JOURNALED[usize::from(table)];
    let catalogue = store.loaded_catalogue();
    let shape = catalogue.get(from.name).context("the table no longer exists")?;
    let columns: Vec<&str> = shape.columns.iter().map(|column| column.name.as_str()).collect();
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut before = stored(store, from, &columns, &keys)?;
    for id in ids {
        let before = before.remove(id).ok_or_else(|| StalePlan { table: from.name, id: id.clone() })?;
        images.push(&Image::Deleted { table, before })?;
    }
    store.delete_rows(from, &keys)
}

/// The stored cells of rows by id, locked so that nobody changes them before they are written.
fn stored(
    store: &mut Store,
    table: &'static Table,
    columns: &[&str],
    ids: &[&str],
) -> anyhow::Result<HashMap<String, Vec<(String, Cell)>>> {
    let named = |row: Vec<Cell>| columns.iter().map(|&column| column.to_owned()).zip(row).collect();
    let rows = store.stored_cells(table.name, columns, ids, LockMode::ForUpdate)?;
    Ok(rows.into_iter().map(|(id, row)| (id, named(row))).collect())
}

/// The journal's number of a table.
///
/// # Panics
/// When the table is not journaled, which is a bug of the plan.
fn number_of(table: &'static Table) -> u8 {
    journal_number(table).unwrap_or_else(|| panic!("{} is not journaled", table.name))
}

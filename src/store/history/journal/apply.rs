//! Makes the changes of a batch and takes their before-images.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

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
use crate::store::session::stored_rows::{CellsById, LockMode, StoredRows};

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
    let mut rounds = prepared.updates.into_iter();
    let first = rounds.next().unwrap_or_default();
    let rest: Vec<Round> = rounds.collect();
    // What a row holds before its sums are moved is known beforehand unless the batch changes the row besides.
    let are_apart =
        !moves_what_is_updated(&prepared.moves, first.values().chain(rest.iter().flat_map(Round::values)));
    let mut asked: Vec<RowsAsked> = first
        .iter()
        .map(|((table, columns), group)| RowsAsked::of_updates(store, *table, columns, group))
        .collect();
    if are_apart {
        asked.extend(
            prepared.moves.iter().map(|(table, movements)| RowsAsked::of_movements(*table, movements)),
        );
    }
    let mut known = stored(store, &asked)?.into_iter();
    for ((_, group), before) in first.into_iter().zip(known.by_ref()) {
        update(store, before, group, &mut images)?;
    }
    for ((table, columns), mut group) in rest.into_iter().flatten() {
        // A row's second change was planned against the row as it was before the first one.
        group.iter_mut().for_each(|update| update.expected.clear());
        let asked = RowsAsked::of_updates(store, table, &columns, &group);
        let before = stored_of_one(store, asked)?;
        update(store, before, group, &mut images)?;
    }
    for (table, movements) in prepared.moves {
        let before = match known.next() {
            Some(before) => before,
            None => stored_of_one(store, RowsAsked::of_movements(table, &movements))?,
        };
        move_sums(store, before, (table, movements), &mut images)?;
    }
    Ok(images)
}

/// Whether a row whose sums are moved is also among those that are updated.
fn moves_what_is_updated<'u>(
    moves: &BTreeMap<u8, Vec<Movement>>,
    updates: impl Iterator<Item = &'u Vec<Update>>,
) -> bool {
    let moved: HashSet<(&str, &str)> =
        moves.values().flatten().map(|movement| (movement.table.name, movement.id.as_str())).collect();
    updates.flatten().any(|update| moved.contains(&(update.table.name, update.id.as_str())))
}

/// Rows whose cells are asked for before they are changed, together with those of other tables.
struct RowsAsked {
    table: &'static Table,
    columns: Vec<String>,
    ids: Vec<String>,
}

impl RowsAsked {
    /// The columns that updates set, as far as the database has them.
    fn of_updates(store: &Store, table: u8, columns: &[&'static str], group: &[Update]) -> Self {
        let table = JOURNALED[usize::from(table)];
        let columns = columns.iter().filter(|column| store.has_column(table, column));
        Self {
            table,
            columns: columns.map(|&column| column.to_owned()).collect(),
            ids: group.iter().map(|update| update.id.clone()).collect(),
        }
    }

    /// The sums that are moved, and the time of writing. The movements of a table are of the same columns.
    fn of_movements(table: u8, movements: &[Movement]) -> Self {
        let by = movements.first().map(|first| first.by.as_slice()).unwrap_or_default();
        let columns = by.iter().map(|(column, _)| *column).chain([UPDATED_AT]);
        Self {
            table: JOURNALED[usize::from(table)],
            columns: columns.map(str::to_owned).collect(),
            ids: movements.iter().map(|movement| movement.id.clone()).collect(),
        }
    }

    /// All columns of the database's table.
    fn of_deletions(store: &Store, table: u8, ids: &[String]) -> anyhow::Result<Self> {
        let table = JOURNALED[usize::from(table)];
        let catalogue = store.loaded_catalogue();
        let shape = catalogue.get(table.name).context("the table no longer exists")?;
        let columns = shape.columns.iter().map(|column| column.name.clone()).collect();
        Ok(Self { table, columns, ids: ids.to_vec() })
    }
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
    StoredBefore { table: of, columns, rows: mut before }: StoredBefore,
    group: Vec<Update>,
    images: &mut Images,
) -> anyhow::Result<()> {
    let (table, columns): (u8, Vec<&str>) = (number_of(of), columns.iter().map(String::as_str).collect());
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

/// Moves the sums of rows of one table.
fn move_sums(
    store: &mut Store,
    StoredBefore { columns, rows: mut stored, .. }: StoredBefore,
    (table, movements): (u8, Vec<Movement>),
    images: &mut Images,
) -> anyhow::Result<()> {
    let of = JOURNALED[usize::from(table)];
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
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
    let asked = RowsAsked::of_deletions(store, table, ids)?;
    let from = asked.table;
    let mut before = stored_of_one(store, asked)?.rows;
    for id in ids {
        let before = before.remove(id).ok_or_else(|| StalePlan { table: from.name, id: id.clone() })?;
        images.push(&Image::Deleted { table, before })?;
    }
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    store.delete_rows(from, &keys)
}

/// What stands in rows before they are changed: their cells by id, each with its column.
struct StoredBefore {
    table: &'static Table,
    columns: Vec<String>,
    rows: HashMap<String, Vec<(String, Cell)>>,
}

/// The stored cells of rows by id, locked so that nobody changes them before they are written.
fn stored(store: &mut Store, asked: &[RowsAsked]) -> anyhow::Result<Vec<StoredBefore>> {
    let columns: Vec<Vec<&str>> =
        asked.iter().map(|asked| asked.columns.iter().map(String::as_str).collect()).collect();
    let ids: Vec<Vec<&str>> =
        asked.iter().map(|asked| asked.ids.iter().map(String::as_str).collect()).collect();
    let wanted = asked.iter().zip(&columns).zip(&ids);
    let wanted: Vec<StoredRows<'_>> =
        wanted.map(|((asked, columns), ids)| StoredRows { table: asked.table.name, columns, ids }).collect();
    let found = store.stored_cells_of_all(&wanted, LockMode::ForUpdate)?;
    let named = |(RowsAsked { table, columns, .. }, rows): (&RowsAsked, CellsById)| {
        let named = |row: Vec<Cell>| columns.iter().cloned().zip(row).collect();
        let rows = rows.into_iter().map(|(id, row)| (id, named(row))).collect();
        StoredBefore { table, columns: columns.clone(), rows }
    };
    Ok(asked.iter().zip(found).map(named).collect())
}

/// The same of one table.
fn stored_of_one(store: &mut Store, asked: RowsAsked) -> anyhow::Result<StoredBefore> {
    stored(store, &[asked])?.pop().context("a question without an answer")
}

/// The journal's number of a table.
///
/// # Panics
/// When the table is not journaled, which is a bug of the plan.
fn number_of(table: &'static Table) -> u8 {
    journal_number(table).unwrap_or_else(|| panic!("{} is not journaled", table.name))
}

//! The journal: every change to a row of the app leaves its before-image, in the transaction that
//! makes the change.
//!
//! A new row leaves its id and a fingerprint of what was written, so that an undo can tell whether
//! somebody has edited it since. A changed row leaves the cells that stood there before, exactly
//! as they were stored; a deleted one all of its cells, also those of columns that the tool does
//! not know.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::domain::books::TableTally;
use crate::store::codec::encoder::{EncodedRows, Encoder};
use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::{Cell, Value};
use crate::store::engines::transient::Stale;
use crate::store::history::images::LockMode;
use crate::store::schema::tables::JOURNALED;
use crate::store::session::store::Store;

/// One change to a row of the app.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new row.
    Insert {
        /// Where.
        table: &'static Table,
        /// Its cells, in the table's order.
        row: Vec<Value>,
    },
    /// Some columns of one row.
    Update {
        /// Where.
        table: &'static Table,
        /// The row.
        id: String,
        /// The columns and what they become.
        set: Vec<(&'static str, Value)>,
        /// What the plan has seen there; anything else, and the change is not made ([`Stale`]).
        was: Vec<(&'static str, Value)>,
    },
    /// A row that goes; only ever one that an import has made.
    Delete {
        /// Where.
        table: &'static Table,
        /// The row.
        id: String,
    },
}

impl Change {
    /// A new row.
    pub fn insert<R: Record>(row: R) -> Self {
        Change::Insert { table: R::TABLE, row: row.into_row() }
    }

    /// Columns of a row.
    pub fn update<R: Record>(id: &str, set: Vec<(&'static str, Value)>) -> Self {
        Change::Update { table: R::TABLE, id: id.to_owned(), set, was: Vec::new() }
    }

    /// The same change, made only while this stands in one of its columns.
    #[must_use]
    pub fn while_it_is(mut self, column: &'static str, value: Value) -> Self {
        if let Change::Update { was, .. } = &mut self {
            was.push((column, value));
        }
        self
    }

    /// The difference between two states of one row, if there is any. Columns in `keep` are left
    /// as they are.
    pub fn between<R: Record>(id: &str, old: R, new: R, keep: &[&str]) -> Option<Self> {
        let (mut set, mut was) = (Vec::new(), Vec::new());
        for ((old, new), column) in old.into_row().into_iter().zip(new.into_row()).zip(R::TABLE.columns) {
            if old != new && !keep.contains(&column.name) {
                set.push((column.name, new));
                was.push((column.name, old));
            }
        }
        was.retain(|(column, _)| *column != UPDATED_AT);
        (!set.is_empty()).then(|| Change::Update { table: R::TABLE, id: id.to_owned(), set, was })
    }

    /// A row that goes.
    pub fn delete<R: Record>(id: &str) -> Self {
        Change::Delete { table: R::TABLE, id: id.to_owned() }
    }

    /// The table that it touches.
    pub fn table(&self) -> &'static Table {
        match self {
            Change::Insert { table, .. } | Change::Update { table, .. } | Change::Delete { table, .. } => {
                table
            }
        }
    }
}

/// Says nothing about what a row means: whoever has only touched it has changed nothing.
const UPDATED_AT: &str = "updatedAt";

/// What stood in a row before a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Image {
    /// Nothing: the row is new.
    Inserted {
        /// The table's number in [`JOURNALED`].
        table: u8,
        /// The row.
        id: String,
        /// Fingerprint of what was written.
        after: u64,
    },
    /// These cells.
    Updated {
        /// The table's number in [`JOURNALED`].
        table: u8,
        /// The row.
        id: String,
        /// Column and stored cell.
        before: Vec<(String, Cell)>,
        /// Fingerprint of what was written into these columns.
        after: u64,
    },
    /// The whole row.
    Deleted {
        /// The table's number in [`JOURNALED`].
        table: u8,
        /// Every column of the live table and its stored cell.
        before: Vec<(String, Cell)>,
    },
}

impl Image {
    /// The place of its table in [`JOURNALED`].
    pub fn table(&self) -> usize {
        usize::from(self.number())
    }

    fn number(&self) -> u8 {
        match self {
            Image::Inserted { table, .. } | Image::Updated { table, .. } | Image::Deleted { table, .. } => {
                *table
            }
        }
    }

    /// The row's id.
    pub fn id(&self) -> &str {
        match self {
            Image::Inserted { id, .. } | Image::Updated { id, .. } => id,
            Image::Deleted { before, .. } => match before.iter().find(|(name, _)| name == "id") {
                Some((_, Cell::Text(id))) => id,
                _ => "",
            },
        }
    }
}

/// The form of [`Images::encode`]'s bytes; a change of [`Image`] needs a new number.
const FORMAT: u8 = 1;

/// The images of a batch, each in the form in which it is kept.
#[derive(Debug, Default)]
pub struct Images {
    count: usize,
    /// By the table's number in [`JOURNALED`].
    tallies: BTreeMap<u8, TableTally>,
    bytes: Vec<u8>,
}

impl Images {
    /// How many they are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The tables and what was done in them.
    pub fn tallies(&self) -> impl Iterator<Item = (&'static Table, TableTally)> {
        self.tallies.iter().map(|(table, tally)| (JOURNALED[usize::from(*table)], *tally))
    }

    fn push(&mut self, image: &Image) -> anyhow::Result<()> {
        let tally = self.tallies.entry(image.number()).or_default();
        match image {
            Image::Inserted { .. } => tally.created += 1,
            Image::Updated { .. } => tally.updated += 1,
            Image::Deleted { .. } => tally.deleted += 1,
        }
        self.count += 1;
        self.bytes = postcard::to_extend(image, std::mem::take(&mut self.bytes))?;
        Ok(())
    }

    /// Takes in those of later changes.
    pub fn append(&mut self, later: Images) {
        self.count += later.count;
        self.bytes.extend(later.bytes);
        for (table, more) in later.tallies {
            self.tallies.entry(table).or_default().merge(more);
        }
    }

    /// The form in which the journal keeps them, as [`decode`] reads it.
    ///
    /// # Errors
    /// Never in practice; the encoder's own.
    pub fn encode(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = postcard::to_extend(&self.count, vec![FORMAT])?;
        bytes.extend(&self.bytes);
        Ok(bytes)
    }
}

/// The images of a batch.
///
/// # Errors
/// A form that this version does not know, or bytes that are none.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Vec<Image>> {
    match bytes.split_first() {
        Some((&FORMAT, images)) => Ok(postcard::from_bytes(images)?),
        _ => anyhow::bail!("the journal was written by another version of the tool"),
    }
}

/// Changes in the order in which they are made: new rows table by table, parents first, then updates,
/// then deletions. New rows are encoded already, and their images taken.
#[derive(Debug, Default)]
pub struct Prepared {
    inserts: Vec<TableInserts>,
    updates: Vec<Round>,
    deletes: BTreeMap<Reverse<u8>, Vec<String>>,
}

/// New rows of one table.
#[derive(Debug)]
struct TableInserts {
    table: u8,
    rows: EncodedRows,
    images: Images,
}

impl Prepared {
    /// Prepares changes for the database of an encoder; it is not asked.
    ///
    /// # Errors
    /// A table that does not exist there, or a row without an id.
    pub fn new(encoder: &Encoder, changes: Vec<Change>) -> anyhow::Result<Self> {
        let mut inserts: BTreeMap<u8, Vec<Vec<Value>>> = BTreeMap::new();
        let mut deletes: BTreeMap<Reverse<u8>, Vec<String>> = BTreeMap::new();
        let mut updates = Vec::new();
        for change in changes {
            match change {
                Change::Insert { table, row } => inserts.entry(number_of(table)).or_default().push(row),
                Change::Update { table, id, set, was } => updates.push(Update { table, id, set, was }),
                Change::Delete { table, id } => {
                    deletes.entry(Reverse(number_of(table))).or_default().push(id)
                }
            }
        }
        let inserts = inserts.into_iter().map(|(table, rows)| TableInserts::new(encoder, table, rows));
        Ok(Self { inserts: inserts.collect::<anyhow::Result<_>>()?, updates: rounds(updates), deletes })
    }
}

impl TableInserts {
    fn new(encoder: &Encoder, table: u8, rows: Vec<Vec<Value>>) -> anyhow::Result<Self> {
        let into = JOURNALED[usize::from(table)];
        let mut images = Images::default();
        for row in &rows {
            let Value::Text(id) = &row[0] else { anyhow::bail!("a row of {} without an id", into.name) };
            images.push(&Image::Inserted { table, id: id.clone(), after: fingerprint(row) })?;
        }
        Ok(Self { table, rows: encoder.rows(into, rows)?, images })
    }
}

/// Makes the changes and returns their images, in the order in which they were made.
///
/// # Errors
/// The first change that the database refuses; the caller's transaction then takes all back.
pub fn apply(store: &mut Store, prepared: Prepared) -> anyhow::Result<Images> {
    let mut images = Images::default();
    for TableInserts { table, rows, images: made } in prepared.inserts {
        store.insert_encoded(JOURNALED[usize::from(table)], rows)?;
        images.append(made);
    }
    for (at, round) in prepared.updates.into_iter().enumerate() {
        for ((table, columns), mut group) in round {
            if at > 0 {
                // A row's second change was planned against what was there before the first one.
                group.iter_mut().for_each(|update| update.was.clear());
            }
            update(store, table, &columns, group, &mut images)?;
        }
    }
    for (Reverse(table), ids) in prepared.deletes {
        delete(store, table, &ids, &mut images)?;
    }
    Ok(images)
}

/// Some columns of one row.
#[derive(Debug)]
struct Update {
    table: &'static Table,
    id: String,
    set: Vec<(&'static str, Value)>,
    was: Vec<(&'static str, Value)>,
}

/// Updates of the same columns of one table.
type Round = BTreeMap<(u8, Vec<&'static str>), Vec<Update>>;

/// Updates in rounds: in each of them a row is changed once, so that the before-images of a round
/// can be read together. A row's second change comes in the second round.
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
    for Update { id, mut set, was, .. } in group {
        set.retain(|(column, _)| columns.contains(column));
        let stale = || Stale { table: of.name, id: id.clone() };
        let before = before.remove(&id).ok_or_else(stale)?;
        if !is_as_planned(store, of, &before, &was)? {
            return Err(stale().into());
        }
        let after = fingerprint(set.iter().map(|(_, value)| value));
        rows.push((id.clone(), set.into_iter().map(|(_, value)| value).collect()));
        images.push(&Image::Updated { table, id, before, after })?;
    }
    store.update_rows(of, &columns, rows)
}

/// Whether a row still holds what the plan has seen in it, as far as its stored cells tell.
fn is_as_planned(
    store: &Store,
    table: &Table,
    before: &[(String, Cell)],
    was: &[(&'static str, Value)],
) -> anyhow::Result<bool> {
    for (name, cell) in before {
        let Some((column, was)) = was.iter().find(|(column, _)| column == name) else { continue };
        let kind = table.columns[table.position(column)].kind;
        if store.decode(cell.clone(), kind)? != *was {
            return Ok(false);
        }
    }
    Ok(true)
}

fn delete(store: &mut Store, table: u8, ids: &[String], images: &mut Images) -> anyhow::Result<()> {
    let from = JOURNALED[usize::from(table)];
    let catalogue = store.known();
    let shape = catalogue.get(from.name).context("the table is gone")?;
    let columns: Vec<&str> = shape.columns.iter().map(|column| column.name.as_str()).collect();
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut before = stored(store, from, &columns, &keys)?;
    for id in ids {
        let before = before.remove(id).ok_or_else(|| Stale { table: from.name, id: id.clone() })?;
        images.push(&Image::Deleted { table, before })?;
    }
    store.delete_rows(from, &keys)
}

/// The cells of rows as they are stored, by id. Nobody changes them between this look and the write.
fn stored(
    store: &mut Store,
    table: &'static Table,
    columns: &[&str],
    ids: &[&str],
) -> anyhow::Result<HashMap<String, Vec<(String, Cell)>>> {
    let named = |row: Vec<Cell>| columns.iter().map(|&column| column.to_owned()).zip(row).collect();
    let rows = store.cells_of(table.name, columns, ids, LockMode::Yes)?;
    Ok(rows.into_iter().map(|(id, row)| (id, named(row))).collect())
}

/// The number of a table in the journal, if changes are made in it.
pub(in crate::store) fn number(table: &Table) -> Option<u8> {
    let at = JOURNALED.iter().position(|known| known.name == table.name)?;
    u8::try_from(at).ok()
}

/// The number of a table that a change is made in.
fn number_of(table: &'static Table) -> u8 {
    number(table).unwrap_or_else(|| panic!("{} is not journaled", table.name))
}

/// A fingerprint of values: equal for equal meanings, whatever the engine's storage form.
pub fn fingerprint<'a>(values: impl IntoIterator<Item = &'a Value>) -> u64 {
    let mut bytes = Vec::with_capacity(1_024);
    for value in values {
        match value {
            Value::Null => bytes.push(0),
            Value::Bool(flag) => bytes.extend([1, u8::from(*flag)]),
            Value::Int(number) => push(&mut bytes, 2, &number.to_le_bytes()),
            Value::Real(number) => push(&mut bytes, 3, &number.to_bits().to_le_bytes()),
            Value::Money(amount) => push(&mut bytes, 4, &amount.minor().to_le_bytes()),
            Value::Time(time) => push(&mut bytes, 5, &time.0.to_le_bytes()),
            Value::Text(text) => push_sized(&mut bytes, 6, text.as_bytes()),
            Value::Json(json) => {
                bytes.push(7);
                json.push_canonical(&mut bytes);
            }
            Value::Bytes(content) => push_sized(&mut bytes, 8, content),
        }
    }
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

fn push(bytes: &mut Vec<u8>, tag: u8, content: &[u8]) {
    bytes.push(tag);
    bytes.extend(content);
}

fn push_sized(bytes: &mut Vec<u8>, tag: u8, content: &[u8]) {
    push(bytes, tag, &(content.len() as u64).to_le_bytes());
    bytes.extend(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_come_back_as_they_were() {
        let made = vec![
            Image::Inserted { table: 0, id: "c1".into(), after: 7 },
            Image::Updated {
                table: 6,
                id: "c2".into(),
                before: vec![("amount".into(), Cell::Real(1.5))],
                after: 9,
            },
            Image::Deleted { table: 8, before: vec![("id".into(), Cell::Text("c3".into()))] },
        ];
        let (mut images, mut later) = (Images::default(), Images::default());
        images.push(&made[0]).unwrap();
        made[1..].iter().for_each(|image| later.push(image).unwrap());
        images.append(later);
        assert_eq!(images.count(), 3);
        assert_eq!(decode(&images.encode().unwrap()).unwrap(), made);
        let tallies: Vec<_> = images.tallies().map(|(_, tally)| tally).collect();
        assert_eq!(tallies.iter().map(|tally| tally.created).sum::<u64>(), 1);
        assert_eq!(tallies.len(), 3);
        assert!(decode(&[99]).is_err());
        assert!(decode(&[]).is_err());
    }

    #[test]
    fn values_side_by_side_are_not_confused() {
        let text = |t: &str| Value::Text(t.into());
        assert_ne!(fingerprint(&[text("ab"), text("c")]), fingerprint(&[text("a"), text("bc")]));
        assert_ne!(fingerprint(&[Value::Int(1)]), fingerprint(&[Value::Bool(true)]));
    }
}

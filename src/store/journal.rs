//! The journal: every change to a row of the app leaves its before-image, in the transaction that
//! makes the change.
//!
//! A new row leaves its id and a fingerprint of what was written, so that an undo can tell whether
//! somebody has edited it since. A changed row leaves the cells that stood there before, exactly
//! as they were stored; a deleted one all of its cells, also those of columns that the tool does
//! not know.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Store;
use super::record::{Record, Table};
use super::tables::JOURNALED;
use super::value::{Cell, Value};

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
        Change::Update { table: R::TABLE, id: id.to_owned(), set }
    }

    /// The difference between two states of one row, if there is any. Columns in `keep` are left
    /// as they are.
    pub fn between<R: Record>(id: &str, old: R, new: R, keep: &[&str]) -> Option<Self> {
        let set: Vec<_> = old
            .into_row()
            .into_iter()
            .zip(new.into_row())
            .zip(R::TABLE.columns)
            .filter(|((old, new), column)| old != new && !keep.contains(&column.name))
            .map(|((_, new), column)| (column.name, new))
            .collect();
        (!set.is_empty()).then(|| Self::update::<R>(id, set))
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

    /// Inserts by table, parents first; then updates, then deletions.
    fn order(&self) -> (u8, u8) {
        match self {
            Change::Insert { table, .. } => (0, number(table)),
            Change::Update { .. } => (1, 0),
            Change::Delete { table, .. } => (2, u8::MAX - number(table)),
        }
    }
}

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

/// The form of [`encode`]'s bytes; a change of [`Image`] needs a new number.
const FORMAT: u8 = 1;

/// The images of a batch as they are kept.
///
/// # Errors
/// Never in practice; the encoder's own.
pub fn encode(images: &[Image]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![FORMAT];
    bytes.extend(postcard::to_allocvec(images)?);
    Ok(bytes)
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

/// Makes the changes and returns their images, in the order in which they were made.
///
/// # Errors
/// The first change that the database refuses; the caller's transaction then takes all back.
pub fn apply(store: &mut Store, mut changes: Vec<Change>) -> anyhow::Result<Vec<Image>> {
    changes.sort_by_cached_key(Change::order);
    changes.into_iter().map(|change| make(store, change)).collect()
}

fn make(store: &mut Store, change: Change) -> anyhow::Result<Image> {
    let table = number(change.table());
    match change {
        Change::Insert { table: into, row } => {
            let Value::Text(id) = &row[0] else {
                anyhow::bail!("a row of {} without an id", into.name);
            };
            let (id, after) = (id.clone(), fingerprint(&row));
            store.insert_row(into, row)?;
            Ok(Image::Inserted { table, id, after })
        }
        Change::Update { table: of, id, mut set } => {
            set.retain(|(column, _)| store.has_column(of, column));
            let columns: Vec<&str> = set.iter().map(|(column, _)| *column).collect();
            let before = stored(store, of, &columns, &id)?;
            let after = fingerprint(set.iter().map(|(_, value)| value));
            store.update_row(of, &id, set)?;
            Ok(Image::Updated { table, id, before, after })
        }
        Change::Delete { table: from, id } => {
            let catalogue = store.catalogue()?;
            let shape = catalogue.get(from.name).context("the table is gone")?;
            let columns: Vec<&str> = shape.columns.iter().map(|column| column.name.as_str()).collect();
            let before = stored(store, from, &columns, &id)?;
            let gone = store.execute(
                &format!("DELETE FROM \"{}\" WHERE \"id\" = ?", from.name),
                &[Cell::Text(id.clone())],
            )?;
            anyhow::ensure!(gone == 1, "{} {id} is gone", from.name);
            Ok(Image::Deleted { table, before })
        }
    }
}

/// The cells of one row as they are stored.
fn stored(
    store: &mut Store,
    table: &'static Table,
    columns: &[&str],
    id: &str,
) -> anyhow::Result<Vec<(String, Cell)>> {
    let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let sql = format!("SELECT {} FROM \"{}\" WHERE \"id\" = ?", names.join(", "), table.name);
    let rows = store.query(&sql, &[Cell::Text(id.to_owned())])?;
    let row = rows.into_iter().next().with_context(|| format!("{} {id} is gone", table.name))?;
    Ok(columns.iter().map(|&column| column.to_owned()).zip(row).collect())
}

/// The table's number in the journal.
fn number(table: &'static Table) -> u8 {
    let at = JOURNALED.iter().position(|known| known.name == table.name);
    let at = at.unwrap_or_else(|| panic!("{} is not journaled", table.name));
    u8::try_from(at).expect("fewer than 256 tables")
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
            Value::Json(text) => push_sized(&mut bytes, 7, text.as_bytes()),
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
        let images = vec![
            Image::Inserted { table: 0, id: "c1".into(), after: 7 },
            Image::Updated {
                table: 6,
                id: "c2".into(),
                before: vec![("amount".into(), Cell::Real(1.5))],
                after: 9,
            },
            Image::Deleted { table: 8, before: vec![("id".into(), Cell::Text("c3".into()))] },
        ];
        assert_eq!(decode(&encode(&images).unwrap()).unwrap(), images);
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

//! Before-images, and the form in which the journal keeps those of a batch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::books::TableTally;
use crate::store::codec::record::Table;
use crate::store::codec::value::Cell;
use crate::store::schema::tables::JOURNALED;

/// The before-image of one change, with what a rollback needs to tell whether the row was edited since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Image {
    /// Of an inserted row there is nothing before.
    Inserted {
        /// The table's number in [`JOURNALED`].
        table: u8,
        /// The row's id.
        id: String,
        /// The fingerprint of the values that were written.
        after: u64,
    },
    /// The columns of a row that were set.
    Updated {
        /// The table's number in [`JOURNALED`].
        table: u8,
        /// The row's id.
        id: String,
        /// Each column and the cell that was stored in it.
        before: Vec<(String, Cell)>,
        /// The fingerprint of the values that were written into these columns.
        after: u64,
    },
    /// A row that was deleted.
    Deleted {
        /// The table's number in [`JOURNALED`].
        table: u8,
        /// Every column of the database's table, also those that the tool does not know, and its stored cell.
        before: Vec<(String, Cell)>,
    },
    /// Sums of a row that were moved by a difference.
    Moved {
        /// The table's number in [`JOURNALED`].
        table: u8,
        /// The row's id.
        id: String,
        /// Each column that was set, `updatedAt` among them, and the cell that was stored in it.
        before: Vec<(String, Cell)>,
        /// Each sum's difference: of an amount in sen, of a count in units.
        by: Vec<(String, i64)>,
        /// The fingerprint of the values that were written into the columns of `before`.
        after: u64,
        /// The rows, by their table's number, that say what the movement consists of.
        explained_by: Vec<(u8, String)>,
    },
}

impl Image {
    /// The index of its table in [`JOURNALED`].
    pub fn table(&self) -> usize {
        usize::from(self.number())
    }

    fn number(&self) -> u8 {
        match self {
            Image::Inserted { table, .. }
            | Image::Updated { table, .. }
            | Image::Moved { table, .. }
            | Image::Deleted { table, .. } => *table,
        }
    }

    /// The text that a column held before the change, if the change is of that column.
    pub(crate) fn text_before(&self, column: &str) -> Option<&str> {
        let (Image::Updated { before, .. } | Image::Deleted { before, .. }) = self else { return None };
        match before.iter().find(|(name, _)| name == column) {
            Some((_, Cell::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// The row's id.
    pub fn id(&self) -> &str {
        match self {
            Image::Inserted { id, .. } | Image::Updated { id, .. } | Image::Moved { id, .. } => id,
            Image::Deleted { before, .. } => match before.iter().find(|(name, _)| name == "id") {
                Some((_, Cell::Text(id))) => id,
                _ => "",
            },
        }
    }
}

/// The number of the format that [`Images::encode`] writes. A change of [`Image`] needs a new one.
const FORMAT: u8 = 2;

/// The format of version 0.1, which had no movements; it is read as the present one.
const WITHOUT_MOVEMENTS: u8 = 1;

/// The images of a batch, in the order in which the changes were made, already serialised.
#[derive(Debug, Default)]
pub(crate) struct Images {
    count: usize,
    /// By the table's number in [`JOURNALED`].
    tallies: BTreeMap<u8, TableTally>,
    bytes: Vec<u8>,
}

impl Images {
    /// The number of images.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The number of rows that were created, updated and deleted, by table.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = (&'static Table, TableTally)> {
        self.tallies.iter().map(|(table, tally)| (JOURNALED[usize::from(*table)], *tally))
    }

    /// Adds the image of the next change.
    ///
    /// # Errors
    /// Those of serialising it.
    pub(super) fn push(&mut self, image: &Image) -> anyhow::Result<()> {
        let tally = self.tallies.entry(image.number()).or_default();
        match image {
            Image::Inserted { .. } => tally.created += 1,
            Image::Updated { .. } | Image::Moved { .. } => tally.updated += 1,
            Image::Deleted { .. } => tally.deleted += 1,
        }
        self.count += 1;
        self.bytes = postcard::to_extend(image, std::mem::take(&mut self.bytes))?;
        Ok(())
    }

    /// Adds the images of later changes.
    pub(crate) fn append(&mut self, later: Images) {
        self.count += later.count;
        self.bytes.extend(later.bytes);
        for (table, more) in later.tallies {
            self.tallies.entry(table).or_default().merge(more);
        }
    }

    /// The bytes of a journal entry, which [`decode`] reads: the format's number, then the images as postcard
    /// serialises a list.
    ///
    /// # Errors
    /// Those of serialising.
    pub(crate) fn encode(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = postcard::to_extend(&self.count, vec![FORMAT])?;
        bytes.extend(&self.bytes);
        Ok(bytes)
    }
}

/// Reads a journal entry.
///
/// # Errors
/// A format that this version of the tool does not know; bytes that cannot be read.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Vec<Image>> {
    match bytes.split_first() {
        Some((&(FORMAT | WITHOUT_MOVEMENTS), images)) => Ok(postcard::from_bytes(images)?),
        _ => anyhow::bail!("the journal was written by another version of the tool"),
    }
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
            Image::Moved {
                table: 3,
                id: "c4".into(),
                before: vec![("balance".into(), Cell::Int(5))],
                by: vec![("balance".into(), -500)],
                after: 11,
                explained_by: vec![(13, "c5".into())],
            },
        ];
        let (mut images, mut later) = (Images::default(), Images::default());
        images.push(&made[0]).unwrap();
        made[1..].iter().for_each(|image| later.push(image).unwrap());
        images.append(later);
        assert_eq!(images.count(), 4);
        assert_eq!(decode(&images.encode().unwrap()).unwrap(), made);
        let tallies: Vec<_> = images.tallies().map(|(_, tally)| tally).collect();
        assert_eq!(tallies.iter().map(|tally| tally.created).sum::<u64>(), 1);
        assert_eq!(tallies.len(), 4);
        assert!(decode(&[99]).is_err());
        assert!(decode(&[]).is_err());
    }
}

//! What a first look at a run's journal tells of its rows: which the run has made itself, and which it has touched more
//! than once. Only rows that were changed or deleted are kept in memory, sixteen bytes each.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::KeyHash;
use crate::store::history::journal::Image;
use crate::store::schema::tables::JOURNALED;

/// The rows that a run has changed or deleted.
#[derive(Debug, Default)]
pub(super) struct TouchedRows {
    times: HashMap<KeyHash, u32>,
    made: HashSet<KeyHash>,
}

/// The row of an image.
pub(super) fn row_of(image: &Image) -> KeyHash {
    KeyHash::of(JOURNALED[image.table()].name, image.id())
}

impl TouchedRows {
    /// Looks at an image. The images are looked at from the last one on: a row is made before it is changed.
    pub(super) fn look_at(&mut self, image: &Image) {
        let row = row_of(image);
        match image {
            Image::Inserted { .. } if self.times.contains_key(&row) => drop(self.made.insert(row)),
            Image::Inserted { .. } => {}
            _ => *self.times.entry(row).or_default() += 1,
        }
    }

    /// Whether the run itself has made a row that it then changes: that is part of making it.
    pub(super) fn is_made(&self, row: KeyHash) -> bool {
        self.made.contains(&row)
    }

    /// Whether a row was changed several times, of which each column's first value counts.
    pub(super) fn is_changed_often(&self, row: KeyHash) -> bool {
        self.times.get(&row).is_some_and(|times| *times > 1)
    }
}

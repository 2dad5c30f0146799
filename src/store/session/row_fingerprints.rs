//! Fingerprints of the rows that a store has read, so that `verify` need not read a row again to tell that it
//! is as an import wrote it.

use std::hash::{DefaultHasher, Hasher as _};

use hashbrown::HashTable;

use crate::store::codec::record::Table;
use crate::store::codec::value::{Read, Value};
use crate::store::schema::tables::journal_number;

/// A set of rows, each as one hash of its table, its id and the fingerprint of its values.
#[derive(Debug, Default)]
pub(crate) struct RowFingerprints {
    /// They are not hashed once more.
    hashes: HashTable<u64>,
}

impl RowFingerprints {
    /// Whether the row of a table, given by its [`journal_number`], was read with this fingerprint.
    pub(crate) fn contains(&self, table: u8, id: &str, fingerprint: u64) -> bool {
        let key = key(table, id, fingerprint);
        self.hashes.find(key, |known| *known == key).is_some()
    }

    fn insert(&mut self, key: u64) {
        self.hashes.entry(key, |known| *known == key, |known| *known).or_insert(key);
    }

    /// Adds what another store has read.
    pub(crate) fn merge(&mut self, mut other: RowFingerprints) {
        if self.hashes.len() < other.hashes.len() {
            std::mem::swap(&mut self.hashes, &mut other.hashes);
        }
        self.hashes.reserve(other.hashes.len(), |known| *known);
        other.hashes.into_iter().for_each(|key| self.insert(key));
    }

    /// Adds whole rows of a table, in the table's order; those of a table that is not journaled are ignored.
    pub(super) fn record(&mut self, table: &Table, rows: &[Vec<Read>]) {
        let Some(number) = journal_number(table) else { return };
        for row in rows {
            let is_readable = row.iter().all(Result::is_ok);
            if let (true, Ok(Value::Text(id))) = (is_readable, &row[0]) {
                self.insert(key(number, id, table.fingerprint(row.iter().flatten())));
            }
        }
    }
}

fn key(table: u8, id: &str, fingerprint: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u8(table);
    hasher.write_u64(fingerprint);
    hasher.write(id.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::tables::JOURNALED;

    #[test]
    fn a_row_is_known_by_its_table_its_id_and_every_value() {
        let table = JOURNALED[0];
        let row = |id: &str| {
            let mut row: Vec<Read> = vec![Ok(Value::Null); table.columns.len()];
            row[0] = Ok(Value::Text(id.to_owned()));
            row
        };
        let written = |id: &str| table.fingerprint(row(id).iter().map(|read| read.as_ref().unwrap()));
        let (mut one, mut other) = (RowFingerprints::default(), RowFingerprints::default());
        one.record(table, &[row("a")]);
        other.record(table, &[row("b"), row("c")]);
        one.merge(other);
        for id in ["a", "b", "c"] {
            assert!(one.contains(0, id, written(id)), "{id}");
            assert!(!one.contains(0, id, written(id) + 1), "another fingerprint");
            assert!(!one.contains(1, id, written(id)), "another table");
        }
        assert!(!one.contains(0, "d", written("a")), "another id");
    }
}

//! What a store has seen of rows while it read them: enough to tell, without reading them again, that a
//! row stands exactly as a change has written it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher as _};

use crate::store::codec::record::Table;
use crate::store::codec::value::{Read, Value};
use crate::store::history::journal::{fingerprint, number};

/// Rows that were seen, each by one number made of its table, its id and the fingerprint of its values.
#[derive(Debug, Default)]
pub struct RowFingerprints {
    rows: HashSet<u64>,
}

impl RowFingerprints {
    /// Whether a row of a table ([`crate::store::schema::tables::JOURNALED`] numbers it) stood with this fingerprint.
    pub fn has_seen(&self, table: u8, id: &str, fingerprint: u64) -> bool {
        self.rows.contains(&key(table, id, fingerprint))
    }

    /// Takes in what another store has seen.
    pub fn join(&mut self, mut other: RowFingerprints) {
        if self.rows.len() < other.rows.len() {
            std::mem::swap(&mut self.rows, &mut other.rows);
        }
        self.rows.extend(other.rows);
    }

    /// Sees rows of a table, in the table's order; those of tables that no change is made in mean nothing.
    pub(in crate::store) fn see(&mut self, table: &Table, rows: &[Vec<Read>]) {
        let Some(table) = number(table) else { return };
        for row in rows {
            let values: Option<Vec<&Value>> = row.iter().map(|read| read.as_ref().ok()).collect();
            let Some(values) = values else { continue };
            if let Value::Text(id) = values[0] {
                self.rows.insert(key(table, id, fingerprint(values.iter().copied())));
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
        let written = |id: &str| fingerprint(row(id).iter().map(|read| read.as_ref().unwrap()));
        let (mut one, mut other) = (RowFingerprints::default(), RowFingerprints::default());
        one.see(table, &[row("a")]);
        other.see(table, &[row("b"), row("c")]);
        one.join(other);
        for id in ["a", "b", "c"] {
            assert!(one.has_seen(0, id, written(id)), "{id}");
            assert!(!one.has_seen(0, id, written(id) + 1), "another fingerprint");
            assert!(!one.has_seen(1, id, written(id)), "another table");
        }
        assert!(!one.has_seen(0, "d", written("a")), "another id");
    }
}

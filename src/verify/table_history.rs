//! A table read backwards: what is in it now, and what was in it before the changes that the journal
//! tells of.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::store::codec::record::{Column, Table};
use crate::store::codec::value::{Read, Value};
use crate::store::queries::before_images::{BeforeCells, columns_before};
use crate::store::session::store::Store;
use crate::verify::changed_rows::{RowProof, RunName};

/// What is known of a table's rows when the journal has been read back to some batch.
pub(crate) struct TableHistory {
    pub(crate) table: &'static Table,
    /// Whether the live table has every column that the tool knows, without which no fingerprint of a
    /// whole row can be made again.
    pub(crate) is_complete: bool,
    /// The values that rows held before the changes that have been read, by id and column position.
    past: HashMap<String, Vec<(usize, Value)>>,
    /// Why rows are not as an update has written them, by id: until the row's insertion is found, it is
    /// not known whether the row is an import's or the app's.
    pub(crate) edited: HashMap<String, String>,
    /// Rows that a run has written again because the app had deleted them: what earlier runs wrote is no more.
    pub(crate) restored: HashSet<String>,
    /// How many rows imports have inserted and not deleted.
    pub(crate) inserted: i64,
    /// What the journal proves of rows that are otherwise, the newest run's word first.
    pub(crate) proofs: HashMap<String, Vec<RowProof>>,
    /// The runs that have written the rows that were looked at last.
    pub(crate) written_by: HashMap<String, RunName>,
}

impl TableHistory {
    /// The history of a table of which no change has been read.
    pub(crate) fn new(store: &Store, table: &'static Table) -> Self {
        let is_complete = store.has_whole_rows(table);
        Self {
            table,
            is_complete,
            past: HashMap::new(),
            edited: HashMap::new(),
            restored: HashSet::new(),
            inserted: 0,
            proofs: HashMap::new(),
            written_by: HashMap::new(),
        }
    }

    /// The position of a column that the tool knows.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|column| column.name == name)
    }

    /// A row as it is now.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn load(&self, store: &mut Store, id: &str) -> anyhow::Result<Option<Vec<Value>>> {
        let read = store.answer(store.values_in(self.table, "id", &[id]))?;
        Ok(self.rows(read, &mut |_| ()).remove(id))
    }

    /// Takes in rows as they are now. For a cell that cannot be read, NULL is returned and `on_bad_cell` called with a
    /// message.
    pub(crate) fn rows(&self, read: Vec<Vec<Read>>, on_bad_cell: &mut dyn FnMut(String)) -> Rows {
        let mut rows = Rows::with_capacity(read.len());
        for row in read {
            let values: Vec<Value> =
                row.into_iter().zip(self.table.columns).map(|read| self.value(read, on_bad_cell)).collect();
            if let Value::Text(id) = &values[0] {
                rows.insert(id.clone(), values);
            }
        }
        rows
    }

    fn value(&self, (read, column): (Read, &Column), on_bad_cell: &mut dyn FnMut(String)) -> Value {
        read.unwrap_or_else(|error| {
            on_bad_cell(format!("{}.{}: {error}", self.table.name, column.name));
            Value::Null
        })
    }

    /// Whether a change of this row has been read.
    pub(crate) fn has_changed(&self, id: &str) -> bool {
        self.past.contains_key(id)
    }

    /// A row as it was before the changes that have been read; `None` where there was none.
    pub(crate) fn before<'r>(&self, now: &'r Rows, id: &str) -> Option<Cow<'r, [Value]>> {
        let Some(past) = self.past.get(id) else {
            return now.get(id).map(|row| Cow::Borrowed(row.as_slice()));
        };
        let deleted = past.iter().any(|(at, _)| *at == 0);
        let mut row = match now.get(id) {
            Some(row) => row.clone(),
            None if deleted => vec![Value::Null; self.table.columns.len()],
            None => return None,
        };
        for (at, value) in past {
            row[*at] = value.clone();
        }
        Some(Cow::Owned(row))
    }

    /// Keeps what a fingerprint proves of a row that does not have it. `columns` are those that it is about, by position;
    /// none for a whole row.
    pub(crate) fn keep_proof(&mut self, id: &str, row: &[Value], columns: Option<&[usize]>, after: u64) {
        let is_past = |at: &usize| {
            self.past.get(id).is_some_and(|past| past.iter().any(|(position, _)| position == at))
        };
        let all: Vec<usize> = (1..self.table.columns.len()).collect();
        let of_today = columns.unwrap_or(&all).iter().copied().filter(|at| !is_past(at)).collect();
        let columns = columns.map(<[usize]>::to_vec);
        let proof = RowProof::Fingerprint { row: row.to_vec(), columns, of_today, after };
        self.proofs.entry(id.to_owned()).or_default().push(proof);
    }

    /// Keeps the values that the journal itself says a row was left with, where today's are others.
    pub(crate) fn keep_right_values(&mut self, id: &str, now: &[Value], left: &[Value]) {
        let values = now.iter().zip(left).enumerate().filter(|(_, (now, left))| now != left);
        let values = values.map(|(at, (_, left))| (at, left.clone())).collect();
        self.proofs.entry(id.to_owned()).or_default().push(RowProof::Values(values));
    }

    /// Takes in what a row held before a change.
    ///
    /// # Errors
    /// A cell that does not mean what its column promises.
    pub(crate) fn remember(&mut self, store: &Store, id: String, before: BeforeCells) -> anyhow::Result<()> {
        let past = self.past.entry(id).or_default();
        for column in columns_before(store, self.table, before) {
            let value = column.value?;
            match past.iter_mut().find(|(position, _)| *position == column.position) {
                Some((_, newer)) => *newer = value,
                None => past.push((column.position, value)),
            }
        }
        Ok(())
    }

    /// Forgets a row whose insertion has been read.
    pub(crate) fn forget(&mut self, id: &str) {
        self.past.remove(id);
    }
}

/// Rows of one table as they are now, by id, each in the order of the table's columns.
pub(crate) type Rows = HashMap<String, Vec<Value>>;

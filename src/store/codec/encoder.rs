//! Rows into the form in which a database takes them, on whatever thread makes them: no connection is needed.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::store::codec::coder::Coder;
use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};

/// What there is to know of a database to encode rows for it.
#[derive(Clone, Debug)]
pub struct Encoder {
    pub(in crate::store) coder: Coder,
    pub(in crate::store) tables: HashMap<&'static str, Arc<TableLayout>>,
}

/// A table as it is in this database.
#[derive(Debug)]
pub(crate) struct TableLayout {
    /// Positions, in [`Table::columns`], of the columns that exist.
    pub(in crate::store) present: Arc<[usize]>,
    /// What packs many rows at once, where the engine has such a way.
    pub(in crate::store) packer: Option<Box<dyn Packer>>,
}

/// Rows of one table into the bytes in which an engine takes them all at once.
pub(crate) trait Packer: Debug + Send + Sync {
    /// The bytes; nothing when the rows are too few to be worth it, or hold what does not fit a column.
    fn pack(&self, rows: &[Vec<Value>], present: &[usize]) -> Option<Vec<u8>>;
}

/// Rows that a database can take.
#[derive(Debug)]
pub enum EncodedRows {
    /// Cell by cell.
    Cells(Vec<Vec<Cell>>),
    /// All at once.
    Packed(Vec<u8>),
}

impl Encoder {
    /// Encodes rows of one table, each in the table's order; columns that do not exist are left out.
    ///
    /// # Errors
    /// The table does not exist.
    pub fn rows(&self, table: &Table, rows: Vec<Vec<Value>>) -> anyhow::Result<EncodedRows> {
        let TableLayout { present, packer } = self.layout(table)?;
        let packed = packer.as_ref().and_then(|packer| packer.pack(&rows, present));
        match packed {
            Some(bytes) => Ok(EncodedRows::Packed(bytes)),
            None => self.cells(table, rows).map(EncodedRows::Cells),
        }
    }

    /// The same, cell by cell however many they are.
    pub(in crate::store) fn cells(
        &self,
        table: &Table,
        rows: Vec<Vec<Value>>,
    ) -> anyhow::Result<Vec<Vec<Cell>>> {
        let TableLayout { present, .. } = self.layout(table)?;
        let whole = present.len() == table.columns.len();
        let encoded = |row: Vec<Value>| match whole {
            true => row.into_iter().map(|value| self.coder.encode(value)).collect(),
            false => present.iter().map(|&at| self.coder.encode(row[at].clone())).collect(),
        };
        Ok(rows.into_iter().map(encoded).collect())
    }

    fn layout(&self, table: &Table) -> anyhow::Result<&TableLayout> {
        Ok(self.tables.get(table.name).ok_or_else(|| table.missing())?)
    }
}

//! Encodes rows into the form in which a database takes them. No connection is needed, so this is done on the
//! planning thread.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::store::codec::coder::Coder;
use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};

/// What encodes rows for one database.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    pub(in crate::store) coder: Coder,
    pub(in crate::store) tables: HashMap<&'static str, Arc<TableLayout>>,
}

/// How rows of one table are encoded for one database.
#[derive(Debug)]
pub(crate) struct TableLayout {
    /// Positions, in [`Table::columns`], of the columns that exist.
    pub(in crate::store) present: Arc<[usize]>,
    /// What packs many rows at once, on an engine that can take them so.
    pub(in crate::store) packer: Option<Box<dyn Packer>>,
}

/// Packs rows of one table into bytes that an engine takes all at once.
pub(crate) trait Packer: Debug + Send + Sync {
    /// The bytes; nothing when the rows are too few to be worth it, or hold a value that does not fit its
    /// column. `present` has the indexes of the columns that the database has.
    fn pack(&self, rows: &[Vec<Value>], present: &[usize]) -> Option<Vec<u8>>;
}

/// Rows in the form in which a database takes them.
#[derive(Debug)]
pub(crate) enum EncodedRows {
    /// As cells.
    Cells(Vec<Vec<Cell>>),
    /// As the bytes of a [`Packer`].
    Packed(Vec<u8>),
}

impl Encoder {
    /// Encodes rows of one table, each in the table's order; columns that the database does not have are left
    /// out.
    ///
    /// # Errors
    /// Exit code 7 for a table that the database does not have.
    pub(crate) fn rows(&self, table: &Table, rows: Vec<Vec<Value>>) -> anyhow::Result<EncodedRows> {
        let TableLayout { present, packer } = self.layout(table)?;
        let packed = packer.as_ref().and_then(|packer| packer.pack(&rows, present));
        match packed {
            Some(bytes) => Ok(EncodedRows::Packed(bytes)),
            None => self.cells(table, rows).map(EncodedRows::Cells),
        }
    }

    /// The same, as cells however many rows there are.
    ///
    /// # Errors
    /// Those of [`Encoder::rows`].
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

//! Rows into the form in which a database stores them, on whatever thread makes them: no connection is needed.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::form::Coder;
use super::record::Table;
use super::value::{Cell, Value};
use super::{ROWS_PER_TASK, missing};

/// What there is to know of a database to encode rows for it.
#[derive(Clone, Debug)]
pub struct Encoder {
    pub(super) coder: Coder,
    /// Positions, in [`Table::columns`], of the columns that exist there.
    pub(super) present: HashMap<&'static str, Arc<[usize]>>,
}

impl Encoder {
    /// Encodes rows of one table, each in the table's order; columns that do not exist are left out.
    ///
    /// # Errors
    /// The table does not exist.
    pub fn rows(&self, table: &Table, rows: Vec<Vec<Value>>) -> anyhow::Result<Vec<Vec<Cell>>> {
        let present = self.present.get(table.name).ok_or_else(|| missing(table))?;
        let whole = present.len() == table.columns.len();
        let encoded = |row: Vec<Value>| match whole {
            true => row.into_iter().map(|value| self.coder.encode(value)).collect(),
            false => present.iter().map(|&at| self.coder.encode(row[at].clone())).collect(),
        };
        Ok(rows.into_par_iter().with_min_len(ROWS_PER_TASK).map(encoded).collect())
    }
}

//! A known table as one database has it. A shop's live database may lack optional columns and have columns of
//! its own, so every statement is built from what its catalogue says.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;

use crate::store::codec::record::Table;
use crate::store::codec::value::{Kind, Read, Value};
use crate::store::engines::engine::ColumnSet;
use crate::store::schema::catalogue::Catalogue;

/// A known table, resolved against a database's catalogue.
pub(in crate::store) struct ResolvedTable {
    /// Positions, in [`Table::columns`], of the columns that exist.
    pub(super) present: Arc<[usize]>,
    /// These columns, as an INSERT names them.
    pub(super) insert: ColumnSet,
    /// The kinds of these columns.
    pub(super) kinds: Vec<Kind>,
    /// The declared type of every column that exists, also of those that the tool does not know.
    declared: HashMap<String, String>,
    /// The SELECT of these columns, without a condition.
    pub(super) select_sql: String,
}

impl ResolvedTable {
    /// Resolves a table; nothing where the database does not have it.
    pub(super) fn new(table: &'static Table, catalogue: &Catalogue) -> Option<Self> {
        let shape = catalogue.get(table.name)?;
        let known = table.columns.iter().enumerate();
        let (present, columns): (Vec<usize>, _) = known
            .filter_map(|(at, column)| Some((at, shape.column(column.name)?)))
            .map(|(at, column)| (at, (column.name.clone(), column.declared.clone())))
            .unzip();
        let insert = ColumnSet { table: table.name, columns };
        let all = shape.columns.iter();
        Some(Self {
            kinds: present.iter().map(|&at| table.columns[at].kind).collect(),
            present: present.into(),
            select_sql: format!("SELECT {} FROM \"{}\"", insert.names(), table.name),
            declared: all.map(|column| (column.name.clone(), column.declared.clone())).collect(),
            insert,
        })
    }

    /// Whether every column exists that the fingerprint of a row needs ([`Table::fingerprint`]).
    pub(super) fn is_complete(&self, table: &Table) -> bool {
        table.columns.iter().all(|column| column.later || self.declared.contains_key(column.name))
    }

    /// A row of the existing columns as a row of all known ones, with NULL for the others.
    pub(super) fn filled(&self, table: &Table, row: Vec<Read>) -> Vec<Read> {
        let mut values = vec![Ok(Value::Null); table.columns.len()];
        for (value, &at) in row.into_iter().zip(self.present.iter()) {
            values[at] = value;
        }
        values
    }

    /// The declared type of a column; empty where the column does not exist.
    pub(super) fn declared(&self, column: &str) -> &str {
        self.declared.get(column).map_or("", String::as_str)
    }

    /// Some columns with their declared types.
    ///
    /// # Errors
    /// A column that does not exist.
    pub(super) fn columns<'c>(
        &self,
        table: &Table,
        names: impl IntoIterator<Item = &'c &'c str>,
    ) -> anyhow::Result<ColumnSet> {
        let typed = |name: &str| {
            let declared = self
                .declared
                .get(name)
                .with_context(|| format!("the database has no column {}.{name}", table.name))?;
            Ok((name.to_owned(), declared.clone()))
        };
        let columns = names.into_iter().map(|name| typed(name)).collect::<anyhow::Result<_>>()?;
        Ok(ColumnSet { table: table.name, columns })
    }
}

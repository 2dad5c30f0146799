//! What the answers of several queries have in common.

use std::collections::HashMap;

use crate::store::codec::value::{Cell, Field, Kind, Read, Value};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// The texts among all cells of an answer.
pub(super) fn texts(rows: Vec<Vec<Cell>>) -> impl Iterator<Item = String> {
    rows.into_iter().flatten().filter_map(Cell::into_text)
}

/// The one number that a `count(*)` answers with.
pub(super) fn count(rows: &[Vec<Cell>]) -> anyhow::Result<u64> {
    match rows.first().map(Vec::as_slice) {
        Some([Cell::Int(count)]) => Ok(u64::try_from(*count)?),
        _ => anyhow::bail!("the database has answered a count with no number"),
    }
}

/// Rows by a key of theirs, of which each may have several.
pub(super) fn grouped<T>(rows: impl Iterator<Item = (String, T)>) -> HashMap<String, Vec<T>> {
    let mut found: HashMap<String, Vec<T>> = HashMap::new();
    for (key, row) in rows {
        found.entry(key).or_default().push(row);
    }
    found
}

impl Store {
    /// The texts that a query of one column finds.
    pub(super) fn texts(
        &self,
        table: &'static str,
        sql: String,
        cells: Vec<Cell>,
    ) -> DeferredQuery<'static, Vec<String>> {
        self.texts_or_none(table, sql, cells).map(|found| found.into_iter().flatten().collect())
    }

    /// What a query of one column finds; `None` for what is no text.
    pub(super) fn texts_or_none(
        &self,
        table: &'static str,
        sql: String,
        cells: Vec<Cell>,
    ) -> DeferredQuery<'static, Vec<Option<String>>> {
        let text = |read: Read| match read {
            Ok(Value::Text(text)) => Some(text),
            _ => None,
        };
        let found = self.values_of(table, sql, cells, vec![Kind::Text]);
        found.map(move |rows| rows.into_iter().flatten().map(text).collect())
    }

    /// The one number that a `count(*)` answers with.
    pub(super) fn counted(
        &self,
        table: &'static str,
        sql: String,
        cells: Vec<Cell>,
    ) -> DeferredQuery<'static, u64> {
        self.tuples::<(i64,)>(table, sql, cells).and_then(|rows| match rows.as_slice() {
            [(count,)] => Ok(u64::try_from(*count)?),
            _ => anyhow::bail!("the database has answered a count with no number"),
        })
    }
}

/// A stored cell as the type of its column.
pub(super) fn field<F: Field>(store: &Store, cell: Cell) -> anyhow::Result<F> {
    Ok(F::from_value(store.decode(cell, F::KIND)?)?)
}

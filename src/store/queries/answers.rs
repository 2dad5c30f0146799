//! What the answers of several queries have in common.

use crate::store::codec::value::{Cell, Field};
use crate::store::session::store::Store;

/// The texts among all cells of an answer.
pub(super) fn texts(rows: Vec<Vec<Cell>>) -> impl Iterator<Item = String> {
    rows.into_iter().flatten().filter_map(Cell::into_text)
}

/// All cells of an answer; `None` for one that is no text.
pub(super) fn texts_or_none(rows: Vec<Vec<Cell>>) -> Vec<Option<String>> {
    rows.into_iter().flatten().map(Cell::into_text).collect()
}

/// The one number that a `count(*)` answers with.
pub(super) fn count(rows: &[Vec<Cell>]) -> anyhow::Result<u64> {
    match rows.first().map(Vec::as_slice) {
        Some([Cell::Int(count)]) => Ok(u64::try_from(*count)?),
        _ => anyhow::bail!("the database has answered a count with no number"),
    }
}

/// A stored cell as the type of its column.
pub(super) fn field<F: Field>(store: &Store, cell: Cell) -> anyhow::Result<F> {
    Ok(F::from_value(store.decode(cell, F::KIND)?)?)
}

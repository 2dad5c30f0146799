//! The cells of a before-image as values of the table's columns.

use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Value};
use crate::store::session::store::Store;

/// The cells of a before-image, each with the name of its column.
pub(crate) type BeforeCells = Vec<(String, Cell)>;

/// The value that a column held before a change.
#[derive(Debug)]
pub(crate) struct ColumnBefore {
    /// The column's position in [`Table::columns`].
    pub(crate) position: usize,
    /// What it held; an error where the cell does not mean what its column promises.
    pub(crate) value: anyhow::Result<Value>,
}

/// What a before-image says of the columns that the tool knows; those of the app's own are left out.
pub(crate) fn columns_before(
    store: &Store,
    table: &Table,
    cells: BeforeCells,
) -> impl Iterator<Item = ColumnBefore> {
    cells.into_iter().filter_map(|(name, cell)| {
        let position = table.columns.iter().position(|column| column.name == name)?;
        Some(ColumnBefore { position, value: store.decode(cell, table.columns[position].kind) })
    })
}

/// The id of the row that a before-image of a whole row is about, if it is a text.
pub(crate) fn id_before(cells: &BeforeCells) -> Option<&str> {
    text_before(cells, "id")
}

/// What a column of a before-image held, if that is a text.
pub(crate) fn text_before<'c>(cells: &'c BeforeCells, column: &str) -> Option<&'c str> {
    match cells.iter().find(|(name, _)| name == column) {
        Some((_, Cell::Text(text))) => Some(text),
        _ => None,
    }
}

//! The catalogue of a database (its tables, columns, indexes and foreign keys) in one form for every engine.

use std::collections::BTreeMap;

use crate::store::codec::value::Cell;

/// The tables of a database by name.
pub type Catalogue = BTreeMap<String, TableShape>;

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Its columns in their order.
    pub columns: Vec<ColumnShape>,
    /// Its indexes besides the primary key.
    pub indexes: Vec<IndexShape>,
    /// Its foreign keys: each referencing column with the referenced table.
    pub foreign_keys: Vec<(String, String)>,
    /// Whether the connected user may read, insert, update and delete its rows.
    pub writable: bool,
    /// Where its rows are.
    pub place: RowPlace,
}

/// Where the rows of a table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowPlace {
    /// In the table.
    #[default]
    Own,
    /// In its partitions, which are no tables of their own here.
    Partitions,
    /// In another database, by way of a foreign table.
    Elsewhere,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnShape {
    /// Its name.
    pub name: String,
    /// Its declared type, as the engine spells it.
    pub declared: String,
    /// Whether it is NOT NULL.
    pub required: bool,
    /// Whether the database fills it when an INSERT leaves it out.
    pub has_default: bool,
    /// Whether it is part of the primary key.
    pub primary: bool,
    /// The most characters that a text may have, if there is a bound.
    pub length: Option<i64>,
    /// Its collation, on an engine where each column has one.
    pub collation: Option<String>,
}

/// One index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexShape {
    /// Its name.
    pub name: String,
    /// Whether it keeps values unique.
    pub unique: bool,
    /// Whether it does so, or finds rows, in the whole table: it is not over a part of the rows, and was built to its end.
    pub whole: bool,
    /// Its columns in their order.
    pub columns: Vec<String>,
}

impl ColumnShape {
    /// Whether no row can be inserted without a value for it.
    pub(crate) fn must_be_filled(&self) -> bool {
        self.required && !self.has_default
    }
}

impl TableShape {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ColumnShape> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Adds indexes to their tables. Each row is a table, an index, whether that is unique, whether it is whole, and one of its
/// columns; the rows of an index follow each other in the order of its columns.
pub(in crate::store) fn add_indexes(tables: &mut Catalogue, rows: Vec<Vec<Cell>>) {
    let mut of: BTreeMap<String, Vec<Vec<Cell>>> = BTreeMap::new();
    for mut row in rows {
        let table = text(row.remove(0)).unwrap_or_default();
        of.entry(table).or_default().push(row);
    }
    for (table, rows) in of {
        if let Some(table) = tables.get_mut(&table) {
            table.indexes = group_indexes(rows);
        }
    }
}

/// Adds foreign keys to their tables. Each row is a table, the referencing column and the referenced table.
pub(in crate::store) fn add_foreign_keys(tables: &mut Catalogue, rows: Vec<Vec<Cell>>) {
    for row in rows {
        let mut texts = row.into_iter().filter_map(text);
        if let (Some(table), Some(column), Some(to)) = (texts.next(), texts.next(), texts.next())
            && let Some(table) = tables.get_mut(&table)
        {
            table.foreign_keys.push((column, to));
        }
    }
}

/// Groups rows into indexes. Each row is an index, whether it is unique, whether it is whole, and one of its columns; the rows of
/// an index follow each other in the order of its columns.
pub(in crate::store) fn group_indexes(rows: Vec<Vec<Cell>>) -> Vec<IndexShape> {
    let mut indexes: Vec<IndexShape> = Vec::new();
    for row in rows {
        let mut cells = row.into_iter();
        let name = cells.next().and_then(text).unwrap_or_default();
        let (unique, whole) = (flag(cells.next()), flag(cells.next()));
        let column = cells.next().and_then(text).unwrap_or_default();
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => index.columns.push(column),
            None => indexes.push(IndexShape { name, unique, whole, columns: vec![column] }),
        }
    }
    indexes
}

/// The text of a cell that is one.
pub(in crate::store) fn text(cell: Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a cell is a true boolean.
pub(in crate::store) fn flag(cell: Option<Cell>) -> bool {
    cell == Some(Cell::Int(1))
}

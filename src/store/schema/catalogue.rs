//! What a database holds, the same for every engine: introspected, never assumed.

use std::collections::BTreeMap;

use crate::store::codec::value::Cell;

/// The tables by name.
pub type Catalogue = BTreeMap<String, TableShape>;

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Its columns in their order.
    pub columns: Vec<ColumnShape>,
    /// Its indexes besides the primary key.
    pub indexes: Vec<IndexShape>,
    /// Its foreign keys: the column, and the table it points at.
    pub foreign_keys: Vec<(String, String)>,
    /// Whether this user may read, insert, update and delete rows.
    pub writable: bool,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnShape {
    /// Its name.
    pub name: String,
    /// Its declared type, as the engine spells it.
    pub declared: String,
    /// NOT NULL.
    pub required: bool,
    /// Filled by the database when it is left out.
    pub has_default: bool,
    /// Part of the primary key.
    pub primary: bool,
    /// The most characters that a text may have, where there is a bound.
    pub length: Option<i64>,
    /// How texts compare, where a column can differ in this.
    pub collation: Option<String>,
}

/// One index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexShape {
    /// Its name.
    pub name: String,
    /// Whether it keeps values unique.
    pub unique: bool,
    /// Its columns in their order.
    pub columns: Vec<String>,
}

impl TableShape {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ColumnShape> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Rows of table, index, unique and column (in the index's order) as indexes of their tables.
pub fn add_indexes(tables: &mut Catalogue, rows: Vec<Vec<Cell>>) {
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

/// Rows of table, column and the table that it points at.
pub fn add_foreign_keys(tables: &mut Catalogue, rows: Vec<Vec<Cell>>) {
    for row in rows {
        let mut texts = row.into_iter().filter_map(text);
        if let (Some(table), Some(column), Some(to)) = (texts.next(), texts.next(), texts.next())
            && let Some(table) = tables.get_mut(&table)
        {
            table.foreign_keys.push((column, to));
        }
    }
}

/// Rows of index, unique and column (in the index's order) as indexes.
pub fn group_indexes(rows: Vec<Vec<Cell>>) -> Vec<IndexShape> {
    let mut indexes: Vec<IndexShape> = Vec::new();
    for row in rows {
        let mut cells = row.into_iter();
        let name = cells.next().and_then(text).unwrap_or_default();
        let unique = flag(cells.next());
        let column = cells.next().and_then(text).unwrap_or_default();
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => index.columns.push(column),
            None => indexes.push(IndexShape { name, unique, columns: vec![column] }),
        }
    }
    indexes
}

/// A cell's text.
pub fn text(cell: Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a cell says yes.
pub fn flag(cell: Option<Cell>) -> bool {
    cell == Some(Cell::Int(1))
}

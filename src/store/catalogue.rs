//! What a database holds, the same for every engine: introspected, never assumed.

use std::collections::BTreeMap;

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
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
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

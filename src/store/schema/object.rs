//! The things that a schema consists of, and whether a database has them.

use crate::language::{msg, said};
use std::fmt;

use serde::Serialize;

use crate::store::schema::catalogue::Catalogue;

/// The kinds of things in a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A table.
    Table,
    /// A column of a table.
    Column,
    /// An index on a table.
    Index,
    /// A foreign key; only ever found, never made on its own.
    ForeignKey,
    /// An enum type of the app's own.
    Type,
}

impl ObjectKind {
    /// The word in the language that is spoken.
    pub(crate) fn spoken(self) -> &'static str {
        said(match self {
            ObjectKind::Table => msg!("table"),
            ObjectKind::Column => msg!("column"),
            ObjectKind::Index => msg!("index"),
            ObjectKind::ForeignKey => msg!("foreign key"),
            ObjectKind::Type => msg!("type"),
        })
    }

    /// The word in the registry and in documents.
    pub fn word(self) -> &'static str {
        match self {
            ObjectKind::Table => "table",
            ObjectKind::Column => "column",
            ObjectKind::Index => "index",
            ObjectKind::ForeignKey => "foreign key",
            ObjectKind::Type => "type",
        }
    }
}

/// A table, a column, an index, a foreign key or a type of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// What kind of thing it is.
    pub kind: ObjectKind,
    /// The table that it is or belongs to; empty where `DROP INDEX` does not name one.
    pub table: String,
    /// Its name.
    pub name: String,
}

impl Object {
    /// The table of a name.
    pub fn table(name: &str) -> Self {
        Self { kind: ObjectKind::Table, table: name.to_owned(), name: name.to_owned() }
    }

    /// Whether both are the same thing. An index is identified by its name alone, because `DROP INDEX` need
    /// not name its table.
    pub fn is_same(&self, other: &Object) -> bool {
        let same_place = self.kind == ObjectKind::Index || self.table == other.table;
        self.kind == other.kind && self.name == other.name && same_place
    }

    /// Whether the database has it.
    pub fn exists_in(&self, catalogue: &Catalogue) -> bool {
        match self.kind {
            ObjectKind::Table => catalogue.contains_key(&self.name),
            ObjectKind::Column => {
                catalogue.get(&self.table).is_some_and(|table| table.column(&self.name).is_some())
            }
            ObjectKind::Index => {
                catalogue.values().flat_map(|table| &table.indexes).any(|index| index.name == self.name)
            }
            // Foreign keys and types are made only together with all of the app's tables.
            ObjectKind::ForeignKey | ObjectKind::Type => false,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ObjectKind::Column => write!(f, "column {}.{}", self.table, self.name),
            kind => write!(f, "{} {}", kind.word(), self.name),
        }
    }
}

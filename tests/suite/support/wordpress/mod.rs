//! The WordPress database of a small shop, and every form in which such a database is handed over.
//!
//! The same rows become a dump, a folder of TSV, phpMyAdmin's files or a database on a server, so that a test can say:
//! the same shop in any form gives the same files.

pub mod forms;
mod small;

pub use small::{SECRETS, small_shop};

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// A number as the server prints it.
    Number(String),
    /// A text.
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(number.to_string())
    }
}

/// A table with its rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name without the prefix.
    pub name: &'static str,
    /// Its columns and their types; the first one is the key.
    pub columns: Vec<(&'static str, &'static str)>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// The position of a column.
    pub fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|(known, _)| *known == name).expect("a column")
    }
}

/// A shop's database.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The prefix of its tables.
    pub prefix: String,
    /// Its tables by name.
    pub tables: Vec<Table>,
}

impl Shop {
    /// A table.
    pub fn table(&mut self, name: &str) -> &mut Table {
        self.tables.iter_mut().find(|table| table.name == name).expect("a table")
    }

    /// Sets a cell of the row with this key.
    pub fn set(&mut self, table: &str, key: i64, column: &str, value: impl Into<Value>) {
        let table = self.table(table);
        let at = table.column(column);
        let row = table.rows.iter_mut().find(|row| row[0] == Value::from(key)).expect("a row");
        row[at] = value.into();
    }

    /// Sets an option of the site.
    pub fn option(&mut self, name: &str, value: &str) {
        let row =
            self.table("options").rows.iter_mut().find(|row| row[1] == Value::from(name)).expect("an option");
        row[2] = value.into();
    }

    /// The table's name with the prefix.
    pub fn full_name(&self, table: &Table) -> String {
        format!("{}{}", self.prefix, table.name)
    }
}

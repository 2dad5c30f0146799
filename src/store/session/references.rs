//! Rows that reference others by a foreign key. The foreign keys come from the database's own catalogue, so
//! that a rollback also sees those of tables that the tool does not know.

use crate::store::codec::record::Table;
use crate::store::codec::value::Cell;
use crate::store::schema::catalogue::Catalogue;
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

/// A row that references another one by a foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The table of the referencing row.
    pub table: String,
    /// The id of the referencing row; `None` where its table has no column of that name.
    pub id: Option<String>,
    /// The referencing column.
    pub column: String,
    /// The id of the referenced row.
    pub parent: String,
}

impl Store {
    /// The rows of all tables in `catalogue` that reference rows of `table`.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(crate) fn references(
        &mut self,
        catalogue: &Catalogue,
        table: &Table,
        ids: &[&str],
    ) -> anyhow::Result<Vec<Reference>> {
        let mut found = Vec::new();
        for (child, shape) in catalogue {
            for (column, _) in shape.foreign_keys.iter().filter(|(_, parent)| parent == table.name) {
                let id = if shape.column("id").is_some() { "\"id\"" } else { "NULL" };
                for part in ids.chunks(KEYS_PER_QUERY) {
                    let (condition, cells) = self.condition(None, column, part);
                    let sql = format!("SELECT {id}, \"{column}\" FROM \"{child}\" {condition}");
                    let rows = self.query(&sql, &cells)?;
                    found.extend(rows.into_iter().filter_map(|row| reference(child, column, row)));
                }
            }
        }
        Ok(found)
    }
}

fn reference(table: &str, column: &str, row: Vec<Cell>) -> Option<Reference> {
    let mut cells = row.into_iter();
    let id = cells.next().and_then(Cell::into_text);
    let parent = cells.next().and_then(Cell::into_text)?;
    Some(Reference { table: table.to_owned(), id, column: column.to_owned(), parent })
}

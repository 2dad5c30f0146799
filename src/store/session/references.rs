//! Rows that reference others by a foreign key. The foreign keys come from the database's own catalogue, so
//! that a rollback also sees those of tables that the tool does not know.

use crate::store::codec::record::Table;
use crate::store::codec::value::Cell;
use crate::store::engines::engine::Question;
use crate::store::schema::catalogue::{Catalogue, TableShape};
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
        let mut found = self.references_of_all(catalogue, &[(table, ids)])?;
        Ok(found.pop().unwrap_or_default())
    }

    /// The same for the rows of several tables, in the order in which they are asked for.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(crate) fn references_of_all(
        &mut self,
        catalogue: &Catalogue,
        parents: &[(&Table, &[&str])],
    ) -> anyhow::Result<Vec<Vec<Reference>>> {
        let (mut questions, mut of) = (Vec::new(), Vec::new());
        for (at, (table, ids)) in parents.iter().enumerate() {
            let referring = referring_to(catalogue, table);
            // Of all of them at once, as long as one statement may have so many keys.
            for referring in referring.chunks(KEYS_PER_QUERY / ids.len().clamp(1, KEYS_PER_QUERY)) {
                for part in ids.chunks(KEYS_PER_QUERY) {
                    questions.push(self.question_for(referring, part));
                    of.push((at, referring.to_vec()));
                }
            }
        }
        let mut found = vec![Vec::new(); parents.len()];
        for ((at, referring), rows) in of.iter().zip(self.query_all(&questions)?) {
            found[*at].extend(rows.into_iter().filter_map(|row| reference(referring, row)));
        }
        Ok(found)
    }

    /// The question for the rows that refer to these ids by one of some columns: each says by the position of its column
    /// which one.
    fn question_for(&self, referring: &[Referring<'_>], ids: &[&str]) -> Question {
        let (mut selects, mut cells) = (Vec::new(), Vec::new());
        for (at, Referring { table, id, column }) in referring.iter().enumerate() {
            let (condition, keys) = self.condition(None, column, ids);
            selects.push(format!("SELECT {at}, {id}, \"{column}\" FROM \"{table}\" {condition}"));
            cells.extend(keys);
        }
        Question { sql: selects.join(" UNION ALL "), cells }
    }
}

/// The columns that refer to a table.
fn referring_to<'c>(catalogue: &'c Catalogue, table: &Table) -> Vec<Referring<'c>> {
    let of_child = |(child, shape): (&'c String, &'c TableShape)| {
        let id = if shape.column("id").is_some() { "\"id\"" } else { "NULL" };
        let keys = shape.foreign_keys.iter().filter(|(_, parent)| parent == table.name);
        keys.map(move |(column, _)| Referring { table: child, id, column }).collect::<Vec<_>>()
    };
    catalogue.iter().flat_map(of_child).collect()
}

/// A column that refers to the rows of a table.
#[derive(Clone, Copy)]
struct Referring<'c> {
    table: &'c str,
    /// The expression for the id of a referring row.
    id: &'static str,
    column: &'c str,
}

fn reference(referring: &[Referring<'_>], row: Vec<Cell>) -> Option<Reference> {
    let [at, id, parent] = <[Cell; 3]>::try_from(row).ok()?;
    let Cell::Int(at) = at else { return None };
    let Referring { table, column, .. } = referring.get(usize::try_from(at).ok()?)?;
    Some(Reference {
        table: (*table).to_owned(),
        id: id.into_text(),
        column: (*column).to_owned(),
        parent: parent.into_text()?,
    })
}

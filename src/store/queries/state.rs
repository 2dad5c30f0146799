//! In which state a database is: its rows by number, newest time of writing and a hash of what they hold. The hash sees what the
//! app writes without a time, and costs one reading of each table.

use serde::{Deserialize, Serialize};

use crate::domain::date::Millis;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::{Cell, Kind, Value};
use crate::store::queries::answers::count;
use crate::store::queries::rows::KeyPage;
use crate::store::schema::tables::{JOURNALED, ONLY_READ, UserCourseProgress};
use crate::store::session::store::Store;

/// One of the tables that an import reads or writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableState {
    /// Its name.
    pub(crate) table: String,
    /// How many rows it has.
    pub(crate) rows: u64,
    /// When a row of it was written last, where its rows say that.
    pub(crate) newest: Option<Millis>,
    /// A hash of all that the tool knows of its rows; none of a table whose rows it only counts, and in what earlier versions
    /// have kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
}

impl TableState {
    /// Whether rows have been written between two states, as far as both know that.
    pub(crate) fn is_other_than(&self, now: &Self) -> bool {
        let is_other_content =
            self.content.as_ref().zip(now.content.as_ref()).is_some_and(|(then, now)| then != now);
        (self.rows, self.newest) != (now.rows, now.newest) || is_other_content
    }
}

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// The state of each table that is there.
///
/// # Errors
/// The database's errors; a stored time that is none.
pub(crate) fn tables(store: &mut Store) -> anyhow::Result<Vec<TableState>> {
    let known = JOURNALED.iter().chain(ONLY_READ).filter(|table| store.has_table(table.name));
    let known: Vec<&'static Table> = known.copied().collect();
    known.into_iter().map(|table| state(store, table)).collect()
}

fn state(store: &mut Store, table: &'static Table) -> anyhow::Result<TableState> {
    let rows = count(&store.query(&format!("SELECT count(*) FROM \"{}\"", table.name), &[])?)?;
    let is_there = |column: &&&str| {
        table.columns.iter().any(|known| known.name == **column) && store.has_column(table, column)
    };
    let written = ["updatedAt", "createdAt"].iter().find(is_there).copied();
    let newest = match written {
        Some(column) => {
            let sql = format!("SELECT max(\"{column}\") FROM \"{}\"", table.name);
            let newest = store.query(&sql, &[])?.into_iter().flatten().next().unwrap_or(Cell::Null);
            match store.decode(newest, Kind::Time)? {
                Value::Time(time) => Some(time),
                _ => None,
            }
        }
        None => None,
    };
    // The app writes a row of it for each lesson of each member, and what these rows hold decides nothing.
    let is_counted = table.name == UserCourseProgress::TABLE.name;
    let content = if is_counted { None } else { Some(content(store, table)?) };
    Ok(TableState { table: table.name.to_owned(), rows, newest, content })
}

/// A hash of all rows of a table, page by page in the order of their ids.
fn content(store: &mut Store, table: &'static Table) -> anyhow::Result<String> {
    let id = table.columns.iter().position(|column| column.name == "id");
    let mut hasher = blake3::Hasher::new();
    let mut after = String::new();
    loop {
        let page = KeyPage { key: "id", after: &after, limit: PAGE };
        let rows = store.read_rows(table, &page.tail(""), &page.cells())?;
        for row in &rows {
            hasher.update(format!("{row:?}\n").as_bytes());
        }
        let last = rows.last().zip(id).map(|(row, id)| &row[id]);
        match last {
            Some(Ok(Value::Text(last))) if rows.len() == PAGE => after.clone_from(last),
            _ => return Ok(hasher.finalize().to_hex().to_string()),
        }
    }
}

/// A hash of the whole catalogue: tables, columns, indexes and foreign keys.
///
/// # Errors
/// The database's errors.
pub(crate) fn schema(store: &mut Store) -> anyhow::Result<String> {
    let catalogue = store.catalogue()?;
    Ok(blake3::hash(format!("{catalogue:?}").as_bytes()).to_hex().to_string())
}

//! In which state a database is, as far as that can be told without reading its rows: what has changed since is seen by a
//! number of rows, or by the newest time of writing.

use serde::{Deserialize, Serialize};

use crate::domain::date::Millis;
use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Kind, Value};
use crate::store::queries::answers::count;
use crate::store::schema::tables::{JOURNALED, ONLY_READ};
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
}

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
    Ok(TableState { table: table.name.to_owned(), rows, newest })
}

/// A hash of the whole catalogue: tables, columns, indexes and foreign keys.
///
/// # Errors
/// The database's errors.
pub(crate) fn schema(store: &mut Store) -> anyhow::Result<String> {
    let catalogue = store.catalogue()?;
    Ok(blake3::hash(format!("{catalogue:?}").as_bytes()).to_hex().to_string())
}

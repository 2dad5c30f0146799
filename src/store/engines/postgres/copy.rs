//! Rows into PostgreSQL by COPY, in its binary format: the server has no number and no time to read.
//!
//! Diesel asks a type where a COPY goes, for it expects tables that are known at compile time. Here
//! the table and its columns are only known at run time: there is one type, and the thread says
//! what it stands for.

use std::cell::RefCell;
use std::io;

use diesel::pg::{CopyFormat, CopyTarget, Pg, PgConnection};
use diesel::prelude::ExecuteCopyFromDsl as _;
use diesel::query_builder::AstPass;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Text;
use diesel::{QueryResult, copy_from};

use crate::store::engines::engine::ColumnSet;

/// What one call hands to libpq, which has a price of its own.
const CHUNK: usize = 1 << 16;

thread_local! {
    /// Table and columns of the COPY that this thread is at.
    static TARGET: RefCell<String> = const { RefCell::new(String::new()) };
}

diesel::table! {
    /// Stands for whatever table there is.
    any_table (id) {
        /// Never named.
        id -> Text,
    }
}

/// What [`TARGET`] says.
struct Target;

impl CopyTarget for Target {
    type Table = any_table::table;
    type SqlType = Text;

    fn walk_target(mut pass: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        TARGET.with_borrow(|target| pass.push_sql(target));
        Ok(())
    }
}

/// Inserts rows that [`crate::store::engines::postgres::binary::Columns`] has packed.
///
/// # Errors
/// The first row that the database refuses; no row is there then.
pub fn insert(connection: &mut PgConnection, into: &ColumnSet, packed: &[u8]) -> QueryResult<usize> {
    TARGET.set(format!("\"{}\" ({})", into.table, into.names()));
    copy_from(any_table::table)
        .from_raw_data(Target, |out| {
            packed.chunks(CHUNK).try_for_each(|chunk| out.write_all(chunk)).map_err(error)
        })
        .with_format(CopyFormat::Binary)
        .execute(connection)
}

/// Diesel's own error, out of its sink's.
fn error(error: io::Error) -> Error {
    let unknown =
        |error: io::Error| Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(error.to_string()));
    error.downcast::<Error>().unwrap_or_else(unknown)
}

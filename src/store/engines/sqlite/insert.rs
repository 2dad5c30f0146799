//! Inserts rows into SQLite by one prepared statement for each table.
//!
//! Diesel caches prepared statements by a static type or by the SQL text, which it would have to build again
//! for every row. The columns of a table are known only at run time, so this file has a family of types that
//! differ by a number, and gives each text a number when it is first used.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{QueryResult, RunQueryDsl};

use crate::store::codec::value::Cell;
use crate::store::engines::engine::ColumnSet;
use crate::store::engines::statement::Statement;

/// The SQL texts that have a number; the number is the index.
#[derive(Debug, Default)]
pub(super) struct Inserts {
    /// The part of each statement before its values.
    heads: Vec<String>,
}

impl Inserts {
    /// Inserts the rows, one by one.
    ///
    /// # Errors
    /// The first row that the database refuses.
    pub(super) fn run(
        &mut self,
        connection: &mut SqliteConnection,
        into: &ColumnSet,
        rows: &[Vec<Cell>],
    ) -> QueryResult<()> {
        let head = format!("INSERT INTO \"{}\" ({}) VALUES (", into.table, into.names());
        let slot = self.slot(&head);
        rows.iter().try_for_each(|row| insert(connection, slot, &head, row).map(|_| ()))
    }

    /// The number of a text, which it keeps as long as the connection lives; `SLOTS` where all numbers are
    /// taken.
    fn slot(&mut self, head: &str) -> usize {
        if let Some(slot) = self.heads.iter().position(|known| known == head) {
            return slot;
        }
        if self.heads.len() < SLOTS {
            self.heads.push(head.to_owned());
            return self.heads.len() - 1;
        }
        SLOTS
    }
}

macro_rules! slots {
    ($count:literal: $($slot:literal)+) => {
        /// The texts that can have a number, which are more than there are tables. Others are cached by their
        /// text.
        const SLOTS: usize = $count;

        fn insert(
            connection: &mut SqliteConnection,
            slot: usize,
            head: &str,
            row: &[Cell],
        ) -> QueryResult<usize> {
            match slot {
                $($slot => Insert::<$slot> { head, row }.execute(connection),)+
                _ => {
                    let marks = vec!["?"; row.len()].join(", ");
                    Statement::new(&format!("{head}{marks})"), row).execute(connection)
                }
            }
        }
    };
}

slots!(32: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

/// The statement of a number, with one row.
struct Insert<'a, const SLOT: usize> {
    head: &'a str,
    row: &'a [Cell],
}

impl<const SLOT: usize> QueryFragment<Sqlite> for Insert<'_, SLOT> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.head);
        for (at, cell) in self.row.iter().enumerate() {
            if at > 0 {
                out.push_sql(", ");
            }
            cell.walk_ast(out.reborrow())?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl<const SLOT: usize> QueryId for Insert<'_, SLOT> {
    type QueryId = Insert<'static, SLOT>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const SLOT: usize> Query for Insert<'_, SLOT> {
    type SqlType = Untyped;
}

impl<const SLOT: usize> RunQueryDsl<SqliteConnection> for Insert<'_, SLOT> {}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::store::engines::statement::SqliteCells;

    fn columns(table: &'static str, names: &[&str]) -> ColumnSet {
        ColumnSet { table, columns: names.iter().map(|name| ((*name).to_owned(), String::new())).collect() }
    }

    #[test]
    fn every_text_gets_its_own_statement_also_beyond_the_numbers() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let names: Vec<String> = (0..SLOTS + 2).map(|at| format!("c{at}")).collect();
        connection.batch_execute(&format!("CREATE TABLE t ({})", names.join(", "))).unwrap();
        let mut inserts = Inserts::default();
        for _ in 0..2 {
            for (at, name) in (0_i64..).zip(&names) {
                let rows = [vec![Cell::Int(at)], vec![Cell::Int(at)]];
                inserts.run(&mut connection, &columns("t", &[name]), &rows).unwrap();
            }
        }
        for (at, name) in (0_i64..).zip(&names) {
            let sql = format!("SELECT count(*), sum({name}) FROM t WHERE {name} IS NOT NULL");
            let found: Vec<SqliteCells> = Statement::new(&sql, &[]).load(&mut connection).unwrap();
            assert_eq!(found[0].0, [Cell::Int(4), Cell::Int(at * 4)], "{name}");
        }
    }
}

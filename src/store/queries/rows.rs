//! Queries and deletions that fit any table.

use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::Cell;
use crate::store::queries::answers::count;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

impl Store {
    /// All rows of a table, in no order.
    pub(crate) fn all_rows<R: Record>(&mut self) -> anyhow::Result<Vec<R>> {
        self.select("", &[])
    }

    /// The same, to be asked for together with others.
    pub(crate) fn every_row<R: Record>(&self) -> DeferredQuery<'static, Vec<R>> {
        self.rows_where("", Vec::new())
    }

    /// Whether a table has any row.
    pub(crate) fn has_any_row<R: Record>(&mut self) -> anyhow::Result<bool> {
        self.has_row::<R>("", &[])
    }

    /// The number of rows of a table.
    pub(crate) fn count_rows(&mut self, table: &Table) -> anyhow::Result<u64> {
        self.answer(self.number_of_rows(table))
    }

    /// The same, to be asked for together with others.
    pub(crate) fn number_of_rows(&self, table: &Table) -> DeferredQuery<'static, u64> {
        self.counted(table.name, format!("SELECT count(*) FROM \"{}\"", table.name), Vec::new())
    }

    /// The number of rows of a table that belong to a run, by its column `runId`.
    pub(crate) fn count_rows_of_run(&mut self, table: &Table, run_id: &str) -> anyhow::Result<u64> {
        let sql = format!("SELECT count(*) FROM \"{}\" WHERE \"runId\" = ?", table.name);
        count(&self.query(&sql, &[Cell::Text(run_id.to_owned())])?)
    }

    /// Deletes a row of the tool's own bookkeeping; one that is gone already is no error.
    pub(crate) fn delete_by_id(&mut self, table: &Table, id: &str) -> anyhow::Result<()> {
        let sql = format!("DELETE FROM \"{}\" WHERE \"id\" = ?", table.name);
        self.execute_ahead(&sql, &[Cell::Text(id.to_owned())], table.name)
    }

    /// Deletes the rows of a table that belong to a run, by its column `runId`.
    pub(crate) fn delete_rows_of_run(&mut self, table: &Table, run_id: &str) -> anyhow::Result<()> {
        self.execute(
            &format!("DELETE FROM \"{}\" WHERE \"runId\" = ?", table.name),
            &[Cell::Text(run_id.to_owned())],
        )?;
        Ok(())
    }
}

/// The pairs of texts that are read at once.
const PAIRS: usize = 20_000;

impl Store {
    /// Two columns of texts of a table, page by page in the order of the first one, which is a key. `narrowed` is empty, or a
    /// condition of its rows and `AND `.
    ///
    /// # Errors
    /// Those of the database; a cell that is no text.
    pub(crate) fn pages_of_pairs(
        &mut self,
        (table, narrowed): (&'static Table, &str),
        [key, other]: [&'static str; 2],
        mut each: impl FnMut(Vec<(String, String)>),
    ) -> anyhow::Result<()> {
        let mut after = Some(String::new());
        while let Some(last) = after {
            let page = KeyPage { key, after: &last, limit: PAIRS };
            let rows = self.columns_where(table, &[key, other], &page.tail(narrowed), &page.cells())?;
            let page = KeyPage::page(PAIRS, rows, |(key, _): &(String, String)| key.clone());
            each(page.rows);
            after = page.next;
        }
        Ok(())
    }
}

/// A page of a table in the order of a column of texts: the rows behind the last key of the page
/// before.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyPage<'a> {
    /// The column that orders the table.
    pub(super) key: &'static str,
    /// The last key of the page before; empty for the first page.
    pub(super) after: &'a str,
    /// The most rows of a page.
    pub(super) limit: usize,
}

/// Some rows in the order of a key.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) rows: Vec<T>,
    /// The key behind which the next page begins; none where this is the last one.
    pub(crate) next: Option<String>,
}

impl<T: 'static> Page<T> {
    /// The next page, if there is one: it can be asked for together with what belongs to this one. That it cannot be read
    /// is said when it is its turn.
    pub(crate) fn following<'a>(
        &self,
        ask: impl FnOnce(&str) -> DeferredQuery<'a, Self>,
    ) -> DeferredQuery<'a, anyhow::Result<Option<Self>>> {
        let page = self.next.as_deref().map(|last| ask(last).map(Some));
        page.unwrap_or_else(|| DeferredQuery::known(None)).attempted()
    }
}

impl KeyPage<'_> {
    /// The page of rows that were found, each with its key.
    pub(super) fn page<T>(limit: usize, rows: Vec<T>, key: impl FnOnce(&T) -> String) -> Page<T> {
        let next = rows.last().filter(|_| rows.len() >= limit).map(key);
        Page { rows, next }
    }

    /// What ends a query of the page; `narrowed` is empty, or a condition of its rows and `AND `.
    pub(super) fn tail(&self, narrowed: &str) -> String {
        let Self { key, limit, .. } = self;
        format!("WHERE {narrowed}\"{key}\" > ? ORDER BY \"{key}\" LIMIT {limit}")
    }

    /// The cell that [`KeyPage::tail`] binds.
    pub(super) fn cells(&self) -> [Cell; 1] {
        [Cell::Text(self.after.to_owned())]
    }
}

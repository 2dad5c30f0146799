//! SQL as text, and the parts of it that differ between the engines. In all of it `?` stands for each cell
//! and `"` quotes names.

use crate::store::codec::record::Table;
use crate::store::codec::value::{Cell, Kind, Value};
use crate::store::engines::engine::Question;
use crate::store::schema::tables::JOURNALED;
use crate::store::session::statement_log::{asked, timed};
use crate::store::session::store::Store;

/// The most keys in one query; longer lists are cut into several queries.
pub(crate) const KEYS_PER_QUERY: usize = 4_096;

impl Store {
    /// Runs statements that bind no cells, such as a migration's.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub fn run_script(&mut self, sql: &str) -> anyhow::Result<()> {
        Ok(timed("script", sql, || self.engine.script(sql))?)
    }

    /// Runs a statement and returns the number of rows that it changed.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub fn execute(&mut self, sql: &str, cells: &[Cell]) -> anyhow::Result<usize> {
        Ok(timed("execute", sql, || self.engine.execute(sql, cells))?)
    }

    /// Runs a statement of which nothing has to be known but that it was done; what was wrong may be said by the next
    /// question.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(in crate::store) fn execute_ahead(
        &mut self,
        sql: &str,
        cells: &[Cell],
        what: &str,
    ) -> anyhow::Result<()> {
        Ok(timed("execute", sql, || self.engine.execute_ahead(sql, cells, what, None))?)
    }

    /// Runs a query and returns its rows.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub fn query(&mut self, sql: &str, cells: &[Cell]) -> anyhow::Result<Vec<Vec<Cell>>> {
        asked(sql);
        Ok(timed("query", sql, || self.engine.query(sql, cells))?)
    }

    /// Runs several queries, of which none depends on the rows of another, and returns the rows of each. A far server
    /// is asked once.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(in crate::store) fn query_all(
        &mut self,
        questions: &[Question],
    ) -> anyhow::Result<Vec<Vec<Vec<Cell>>>> {
        questions.iter().for_each(|question| asked(&question.sql));
        let first = questions.first().map(|question| question.sql.as_str()).unwrap_or_default();
        Ok(timed("queries", first, || self.engine.query_all(questions))?)
    }

    /// A value in the form in which this database stores it.
    pub fn encode(&self, value: Value) -> Cell {
        self.engine.coder().encode(value)
    }

    /// A stored cell as a value of its column's kind.
    ///
    /// # Errors
    /// A cell that cannot be a value of that kind.
    pub fn decode(&self, cell: Cell, kind: Kind) -> anyhow::Result<Value> {
        Ok(self.engine.decode(cell, kind)?)
    }

    /// The placeholder of a value that is assigned to a column, or compared with it.
    ///
    /// # Errors
    /// A table that the database does not have.
    pub(in crate::store) fn placeholder(&self, table: &Table, column: &str) -> anyhow::Result<String> {
        Ok(self.engine.placeholder(self.resolved(table)?.declared(column)))
    }

    /// The predicate that follows `externalId` or `reference` and is true for the rows that imports have
    /// made. It is case-sensitive, since an app may have rows of its own under `SEJOLI-`.
    pub(crate) fn of_sejoli(&self) -> String {
        self.engine.prefix_predicate("sejoli-")
    }

    /// The predicate that follows a text column and is true where the column is one of these keys, with the
    /// cells that it binds.
    pub(crate) fn one_of(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        self.engine.one_of(keys)
    }

    /// `WHERE` a text column is one of these keys and, if `narrowed` says so, another column has one value;
    /// with the cells that it binds.
    pub(crate) fn condition(
        &self,
        narrowed: Option<(&str, &str)>,
        column: &str,
        keys: &[&str],
    ) -> (String, Vec<Cell>) {
        let (one_of, mut cells) = self.one_of(keys);
        match narrowed {
            None => (format!("WHERE \"{column}\" {one_of}"), cells),
            Some((name, value)) => {
                cells.insert(0, Cell::Text(value.to_owned()));
                (format!("WHERE \"{name}\" = ? AND \"{column}\" {one_of}"), cells)
            }
        }
    }

    /// The same for the rows of a table. Where no index leads to the keys, each row is held against all of them at once.
    pub(super) fn condition_on(
        &self,
        table: &'static Table,
        narrowed: Option<(&str, &str)>,
        column: &str,
        keys: &[&str],
    ) -> (String, Vec<Cell>) {
        if narrowed.is_some() || column == "id" || self.leads_index(table, column) {
            return self.condition(narrowed, column, keys);
        }
        let (one_of, cells) = self.engine.one_of_scanned(keys);
        (format!("WHERE \"{column}\" {one_of}"), cells)
    }

    /// A condition whose rows stay locked until the transaction ends. They are locked in the order of their
    /// ids, so that two transactions that want the same rows do not deadlock.
    pub(super) fn for_update(&self, condition: &str) -> String {
        format!("{condition} ORDER BY \"id\"{}", self.engine.lock_clause())
    }

    /// The SQL expression for a member of the JSON object in a column.
    pub(crate) fn json_extract(&self, column: &str, name: &str) -> String {
        self.engine.json_extract(column, name)
    }

    /// Runs `work`, whose queries read whole tables: an engine that was told to prefer its indexes is allowed
    /// sequential scans meanwhile.
    ///
    /// # Errors
    /// Those of `work`, and of changing the setting.
    pub(crate) fn over_whole_tables<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.engine.allow_seq_scan(true)?;
        let done = work(self);
        let reset = self.engine.allow_seq_scan(false);
        let done = done?;
        reset?;
        Ok(done)
    }

    /// Has the server count the rows of the tables that imports write, by which it plans queries, and look at the columns
    /// that it finds rows by. No data is changed. The others' statistics are the server's own affair, which it sees to
    /// later as ever.
    ///
    /// # Errors
    /// The database's.
    pub fn refresh_statistics(&mut self) -> anyhow::Result<()> {
        let tables = JOURNALED.iter().filter(|table| self.has_table(table.name));
        let keys: Vec<(&str, Vec<&str>)> =
            tables.map(|table| (table.name, self.key_columns(table))).collect();
        Ok(self.engine.refresh_statistics(&keys)?)
    }

    /// The known columns of a table's primary key and of its indexes.
    fn key_columns(&self, table: &'static Table) -> Vec<&'static str> {
        let catalogue = self.loaded_catalogue();
        let Some(shape) = catalogue.get(table.name) else { return Vec::new() };
        let is_key = |name: &&str| {
            let is_indexed = shape.indexes.iter().any(|index| index.columns.iter().any(|of| of == name));
            is_indexed || shape.column(name).is_some_and(|column| column.primary)
        };
        table.columns.iter().map(|column| column.name).filter(is_key).collect()
    }

    /// Whether times are stored in a type of their own, so that all of them are in one form. SQLite has no
    /// such type.
    pub(crate) fn has_time_type(&self) -> bool {
        use crate::store::codec::coder::Coder;
        matches!(self.engine.coder(), Coder::Typed { .. })
    }
}

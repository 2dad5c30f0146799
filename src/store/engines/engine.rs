//! The trait behind which everything lies that differs between SQLite, PostgreSQL and MySQL.

use crate::store::codec::coder::Coder;
use crate::store::codec::encoder::Packer;
use crate::store::codec::value::{Cell, Kind, Read};
use crate::store::engines::error::{DatabaseError, Result, all_touched};
use crate::store::engines::health::ServerHealth;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::guarded::GuardedMigration;

/// The predicate that is true for these keys, of which there is one at least, with the cells that it binds.
pub(crate) fn in_list(keys: &[&str]) -> (String, Vec<Cell>) {
    let cells = keys.iter().map(|key| Cell::Text((*key).to_owned()));
    (format!("IN ({})", vec!["?"; keys.len()].join(",")), cells.collect())
}

/// A connected database. In the SQL that it is given, `?` stands for each cell and `"` quotes names on every
/// engine.
pub(crate) trait Engine: Send {
    /// The engine's dialect.
    fn dialect(&self) -> Dialect;
    /// Runs statements that bind no cells.
    fn script(&mut self, sql: &str) -> Result<()>;
    /// Runs a statement and returns the number of rows that it changed.
    fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<usize>;
    /// Runs a statement of which nothing has to be known but that it was done and, where `rows` says so, to how many
    /// rows; `what` is for an error. The engine may send it ahead of the next question, which then says what was wrong.
    fn execute_ahead(&mut self, sql: &str, cells: &[Cell], what: &str, rows: Option<usize>) -> Result<()> {
        let touched = self.execute(sql, cells)?;
        all_touched(self.dialect(), what, rows, touched)
    }
    /// Runs a query and returns its rows.
    fn query(&mut self, sql: &str, cells: &[Cell]) -> Result<Vec<Vec<Cell>>>;
    /// Runs several queries, of which none depends on the rows of another, and returns the rows of each: in one round
    /// trip where the engine can.
    fn query_all(&mut self, questions: &[Question]) -> Result<Vec<Vec<Vec<Cell>>>> {
        questions.iter().map(|Question { sql, cells }| self.query(sql, cells)).collect()
    }
    /// Runs several queries whose columns' kinds are known, as [`Engine::query_all`] does, and returns the rows of each
    /// decoded.
    fn read_all(&mut self, questions: &[TypedQuestion]) -> Result<Vec<Vec<Vec<Read>>>>;
    /// Whether another connection may read while this one writes, and neither waits for the other.
    fn reads_beside_a_writer(&self) -> bool {
        true
    }
    /// Begins a transaction, or a savepoint inside one.
    fn begin(&mut self) -> Result<()>;
    /// Commits what the last [`Engine::begin`] began.
    fn commit(&mut self) -> Result<()>;
    /// Rolls back what the last [`Engine::begin`] began.
    fn rollback(&mut self) -> Result<()>;
    /// The clause at the end of a SELECT that locks its rows until the transaction ends; empty where only one
    /// transaction at a time can write.
    fn lock_clause(&self) -> &'static str {
        " FOR UPDATE"
    }
    /// The predicate that follows a column and is true for texts with this prefix, upper and lower case being
    /// different.
    fn prefix_predicate(&self, prefix: &'static str) -> String {
        format!("LIKE '{prefix}%'")
    }
    /// The predicate that follows a text column and is true for these keys, with the cells that it binds. The
    /// last key is repeated up to a power of two of keys, so that few different statements have to be
    /// prepared.
    fn one_of(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        let mut repeated = keys.to_vec();
        repeated.resize(keys.len().next_power_of_two(), keys.last().copied().unwrap_or_default());
        in_list(&repeated)
    }
    /// The same for a column to whose keys no index leads, so that the server goes through the table.
    fn one_of_scanned(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        self.one_of(keys)
    }
    /// The expression for a member of the JSON object in a column, as JSON; NULL where the object has no such member,
    /// or the column holds no JSON.
    fn json_extract(&self, column: &str, name: &str) -> String {
        format!("CASE WHEN json_valid(\"{column}\") THEN json_extract(\"{column}\", '$.{name}') END")
    }
    /// Allows the queries that follow to scan whole tables, or ends that, on an engine that was told to
    /// prefer its indexes.
    fn allow_seq_scan(&mut self, _allowed: bool) -> Result<()> {
        Ok(())
    }
    /// Prepares for a session that only reads tables which nobody is filling, so that their statistics are what they say.
    fn expect_settled_tables(&mut self, _catalogue: &Catalogue) -> anyhow::Result<()> {
        Ok(())
    }
    /// Prepares for so many rows of a source that are going to be written; nothing on an engine whose memory is a server's.
    fn make_room_for(&mut self, _source_rows: u64) -> Result<()> {
        Ok(())
    }
    /// Allows the transactions that follow to be answered a moment before they are on the disk, where they arrive in their
    /// order, or ends that; nothing on an engine on which that is a setting of the whole server.
    fn let_commits_lag(&mut self, _allowed: bool) {}
    /// Has the server count the rows of tables and look at some columns of each, by which it plans queries; nothing on an
    /// engine that does so at once when many rows come, or for which it would be a change of the database.
    fn refresh_statistics(&mut self, _columns_of_tables: &[(&str, Vec<&str>)]) -> Result<()> {
        Ok(())
    }
    /// The placeholder of a cell that is assigned to a column of this declared type.
    fn placeholder(&self, _declared: &str) -> String {
        "?".to_owned()
    }
    /// Inserts rows of one table in few round trips.
    fn insert(&mut self, into: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<()>;
    /// Inserts rows of several tables, of which none references another; in one round trip where the engine
    /// has a statement for that.
    fn insert_all(&mut self, parts: Vec<(&ColumnSet, Vec<Vec<Cell>>)>) -> Result<()> {
        parts.into_iter().try_for_each(|(into, rows)| self.insert(into, rows))
    }
    /// What packs rows of these columns and kinds for [`Engine::insert_packed`]; nothing on an engine that
    /// packs none.
    fn packer(&self, _into: &ColumnSet, _kinds: &[Kind]) -> Option<Box<dyn Packer>> {
        None
    }
    /// Inserts rows that this engine's packer has packed.
    fn insert_packed(&mut self, _into: &ColumnSet, _packed: Vec<u8>) -> Result<()> {
        Err(DatabaseError::other(self.dialect(), "this engine packs no rows"))
    }
    /// Sets columns of rows in few round trips, and returns the number of rows that were found. The first
    /// column of `of` is the key, the first cell of each row its value.
    fn update(&mut self, of: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<usize>;
    /// The form in which the connected database stores values.
    fn coder(&self) -> Coder;
    /// A stored cell as a value of its column's kind.
    ///
    /// # Errors
    /// A cell that cannot be a value of that kind.
    fn decode(&self, cell: Cell, kind: Kind) -> Read;
    /// Reads the catalogue of the database.
    ///
    /// # Errors
    /// Those of reading it.
    fn catalogue(&mut self) -> anyhow::Result<Catalogue>;
    /// Reads the state of the server.
    ///
    /// # Errors
    /// Those of reading it.
    fn health(&mut self) -> anyhow::Result<ServerHealth>;
    /// The names of other schemas of the same database that have both of these tables.
    ///
    /// # Errors
    /// Those of reading it.
    fn schemas_with(&mut self, _tables: [&str; 2]) -> anyhow::Result<Vec<String>> {
        Ok(Vec::new())
    }
    /// Lets the engine adapt to the catalogue that was read.
    ///
    /// # Errors
    /// Those of reading more of the database; an SQLite database that holds times in two forms.
    fn catalogue_loaded(&mut self, _catalogue: &Catalogue) -> anyhow::Result<()> {
        Ok(())
    }
    /// Applies migrations that are not applied yet.
    fn apply(&mut self, plan: &[GuardedMigration]) -> anyhow::Result<()>;
    /// Reverts a migration.
    fn revert(&mut self, migration: &GuardedMigration) -> anyhow::Result<()>;
}

/// A query with the cells that it binds.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Its text.
    pub sql: String,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A query of which is known what its columns mean.
#[derive(Clone, Debug)]
pub(crate) struct TypedQuestion {
    /// The query.
    pub question: Question,
    /// The kinds of its columns.
    pub kinds: Vec<Kind>,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Question {
    /// A query.
    pub(crate) fn new(sql: &str, cells: &[Cell]) -> Self {
        Self { sql: sql.to_owned(), cells: cells.to_vec() }
    }
}

/// Some columns of a table, as the database declares them.
#[derive(Clone, Debug)]
pub(crate) struct ColumnSet {
    /// The table.
    pub table: &'static str,
    /// Each column's name and declared type.
    pub columns: Vec<(String, String)>,
}

impl ColumnSet {
    /// The names, quoted and separated by commas.
    pub(crate) fn names(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        names.join(", ")
    }
}

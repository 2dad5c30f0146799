//! An open database: how it is opened, and what the tool knows of its catalogue.
//!
//! The other files of this folder add to [`Store`] what can be done with it: transactions, SQL, reading,
//! writing.

use std::collections::HashMap;
use std::sync::Arc;

use crate::store::codec::encoder::{Encoder, TableLayout};
use crate::store::codec::record::Table;
use crate::store::codec::value::Kind;
use crate::store::engines::connect::connect;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::engine::Engine;
use crate::store::engines::target::DatabaseTarget;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::expected::expected;
use crate::store::schema::tables;
use crate::store::session::resolved_table::ResolvedTable;
use crate::store::session::row_fingerprints::RowFingerprints;

/// An open database.
#[allow(missing_debug_implementations)]
pub struct Store {
    pub(in crate::store) engine: Box<dyn Engine>,
    pub(in crate::store) target: DatabaseTarget,
    mode: DatabaseUse,
    /// Transactions that this store has committed.
    pub(super) commits: u64,
    /// How many transactions are open, of which all but the first are savepoints.
    pub(super) open_transactions: usize,
    /// The run whose batch the database has confirmed last, and the number of that batch.
    confirmed_batch: Option<(String, i64)>,
    /// The known tables that this database has, by name.
    pub(super) tables: HashMap<&'static str, ResolvedTable>,
    catalogue: Arc<Catalogue>,
    pub(super) encoder: Encoder,
    /// Takes in the rows that are read, while [`Store::record_row_fingerprints`] asks for that.
    pub(super) row_fingerprints: Option<RowFingerprints>,
}

/// Characters that the tool puts before a cell of a source: `sejoli-`.
const PREFIX_LENGTH: usize = 7;

impl Store {
    /// Opens the database of a URL.
    ///
    /// # Errors
    /// Exit code 7 when it cannot be reached or is no database, 2 for a malformed URL.
    pub fn open(database_url: &str, mode: DatabaseUse) -> anyhow::Result<Self> {
        let mut store = Self::connected(DatabaseTarget::parse(database_url)?, mode)?;
        store.refresh()?;
        tracing::info!(engine = store.dialect().name(), ?mode, "database opened");
        Ok(store)
    }

    /// A connection that does not know yet what is in the database.
    fn connected(target: DatabaseTarget, mode: DatabaseUse) -> anyhow::Result<Self> {
        let engine = connect(&target, mode)?;
        let encoder = Encoder { coder: engine.coder(), tables: HashMap::new() };
        Ok(Self {
            engine,
            target,
            mode,
            commits: 0,
            open_transactions: 0,
            confirmed_batch: None,
            tables: HashMap::new(),
            catalogue: Arc::default(),
            encoder,
            row_fingerprints: None,
        })
    }

    /// A second connection to the same database, which only reads and knows of its catalogue what this one knows.
    ///
    /// # Errors
    /// The server does not let it in.
    pub(super) fn connected_beside(&self) -> anyhow::Result<Self> {
        let mut beside = Self::connected(self.target.clone(), DatabaseUse::Read)?;
        beside.adopt(self.catalogue.clone())?;
        Ok(beside)
    }

    /// Which database it is, in words: engine, server or absolute path, database and schema.
    pub(crate) fn describe(&self) -> String {
        self.target.describe()
    }

    /// Notes that the database has confirmed a run's batch.
    pub(crate) fn confirm_batch(&mut self, run: &str, batch: i64) {
        self.confirmed_batch = Some((run.to_owned(), batch));
    }

    /// How many of a run's batches the database has confirmed, as far as this process has seen; nothing once it was asked
    /// for.
    pub(crate) fn take_confirmed_batches(&mut self, run: &str) -> Option<i64> {
        self.confirmed_batch.take().filter(|(of, _)| of == run).map(|(_, batch)| batch)
    }

    /// Connects anew after the connection was lost; what was not committed is gone.
    ///
    /// # Errors
    /// Exit code 7 when the database cannot be reached.
    pub(crate) fn reconnect(&mut self) -> anyhow::Result<()> {
        self.engine = connect(&self.target, self.mode)?;
        self.open_transactions = 0;
        self.refresh()?;
        tracing::info!(engine = self.dialect().name(), "connected again");
        Ok(())
    }

    /// Reads the catalogue again, after a change of the schema.
    ///
    /// # Errors
    /// Those of reading it; an SQLite database that holds times in two forms.
    pub(in crate::store) fn refresh(&mut self) -> anyhow::Result<()> {
        let catalogue = self.catalogue()?;
        self.adopt(Arc::new(catalogue))?;
        if self.mode == DatabaseUse::Read {
            self.engine.expect_settled_tables(&self.catalogue)?;
        }
        Ok(())
    }

    /// Goes by a catalogue from now on.
    fn adopt(&mut self, catalogue: Arc<Catalogue>) -> anyhow::Result<()> {
        let known = tables::JOURNALED.iter().chain(tables::BOOKKEEPING).chain(tables::ONLY_READ).copied();
        self.tables = known
            .filter(|table| is_usable(table, &catalogue))
            .filter_map(|table| Some((table.name, ResolvedTable::new(table, &catalogue)?)))
            .collect();
        self.engine.catalogue_loaded(&catalogue)?;
        self.catalogue = catalogue;
        let layout = |table: &ResolvedTable| {
            let packer = self.engine.packer(&table.insert, &table.kinds);
            Arc::new(TableLayout { present: table.present.clone(), packer })
        };
        let tables = self.tables.iter().map(|(name, table)| (*name, layout(table))).collect();
        self.encoder = Encoder { coder: self.engine.coder(), tables };
        Ok(())
    }

    /// The catalogue as it was when the database was opened, or at the last [`Store::refresh`].
    pub(in crate::store) fn loaded_catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.clone()
    }

    /// Reads the catalogue as it is now.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        self.engine.catalogue()
    }

    /// The dialect of the database. Nobody above the store may depend on it.
    pub(in crate::store) fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    /// Whether it was opened to be read and nothing else.
    pub(in crate::store) fn only_reads(&self) -> bool {
        self.mode == DatabaseUse::Read
    }

    /// What encodes rows for this database, on any thread.
    pub(crate) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Whether the database has a known table.
    pub(crate) fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    /// Whether the database has a known column.
    pub(crate) fn has_column(&self, table: &'static Table, column: &str) -> bool {
        self.tables.get(table.name).is_some_and(|resolved| resolved.present.contains(&table.position(column)))
    }

    /// Whether an index of a table begins with a column.
    pub(super) fn leads_index(&self, table: &'static Table, column: &str) -> bool {
        let shape = self.catalogue.get(table.name);
        let mut indexes = shape.into_iter().flat_map(|shape| &shape.indexes).filter(|index| index.whole);
        indexes.any(|index| index.columns.first().is_some_and(|first| first == column))
    }

    /// Whether a unique index over a column alone keeps its values different in all rows. That the index itself is sound is the
    /// server's affair.
    pub(crate) fn keeps_unique(&self, table: &'static Table, column: &str) -> bool {
        let shape = self.catalogue.get(table.name);
        let mut indexes = shape.into_iter().flat_map(|shape| &shape.indexes);
        indexes.any(|index| index.unique && index.whole && index.columns == [column])
    }

    /// Whether the fingerprint of a table's whole row can be told from what this database has of it.
    pub(crate) fn has_whole_rows(&self, table: &'static Table) -> bool {
        self.tables.get(table.name).is_some_and(|resolved| resolved.is_complete(table))
    }

    /// A known table as this database has it.
    ///
    /// # Errors
    /// Exit code 7 where the database does not have it.
    pub(super) fn resolved(&self, table: &Table) -> anyhow::Result<&ResolvedTable> {
        self.tables.get(table.name).ok_or_else(|| table.missing())
    }

    /// The most characters of a source's cell that every text column which an import fills can hold, with
    /// `sejoli-` before it; nothing where no column has a bound.
    pub(crate) fn longest_source_text(&self) -> Option<usize> {
        let bound = |table: &&Table| {
            let shape = self.catalogue.get(table.name)?;
            let texts = table.columns.iter().filter(|column| column.kind == Kind::Text);
            texts.filter_map(|column| shape.column(column.name)?.length).min()
        };
        let shortest = tables::JOURNALED.iter().filter_map(bound).min();
        shortest.and_then(|length| usize::try_from(length).ok()?.checked_sub(PREFIX_LENGTH))
    }
}

/// Whether the tool can work with a table as the database has it; an optional one is left out otherwise.
fn is_usable(table: &Table, catalogue: &Catalogue) -> bool {
    let shape = expected(table.name).zip(catalogue.get(table.name));
    shape.is_none_or(|(expected, shape)| expected.unusable(shape).is_none())
}

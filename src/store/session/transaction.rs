//! Transactions, which nest: an inner one is a savepoint. A dry run is an outer transaction that is rolled
//! back at its end, so that it takes the same way as an import.

use crate::store::session::statement_log::timed;
use anyhow::Context as _;

use crate::store::schema::dialect::Dialect;
use crate::store::session::store::Store;

impl Store {
    /// Runs `work` in a transaction: all of it or nothing. Inside another transaction it is a savepoint.
    ///
    /// # Errors
    /// Those of `work`, after a rollback; those of beginning and of committing.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let done = self.transaction_unless_nothing(|store| work(store).map(Some))?;
        done.context("a transaction without a result")
    }

    /// The same for work that may find nothing to do. Then there is nothing to commit: a commit counts as progress, and
    /// one whose answer is lost is looked up.
    ///
    /// # Errors
    /// Those of [`Store::transaction`].
    pub(crate) fn transaction_unless_nothing<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<Option<T>> {
        self.begin()?;
        match work(self) {
            Ok(Some(done)) => {
                self.open_transactions = self.open_transactions.saturating_sub(1);
                timed("commit", "", || self.engine.commit()).context("the commit failed")?;
                self.commits += 1;
                Ok(Some(done))
            }
            Ok(None) => self.rollback().map(|()| None),
            Err(error) => {
                // A lost connection has rolled back already, and its error says more than this one's.
                let _ = self.rollback();
                Err(error)
            }
        }
    }

    /// Runs a change of the schema: all of it or nothing, except on MySQL, which commits each statement that
    /// changes the schema.
    ///
    /// # Errors
    /// Those of [`Store::transaction`].
    pub(in crate::store) fn schema_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        match self.dialect() {
            Dialect::Sqlite | Dialect::Postgres => self.transaction(work),
            Dialect::Mysql => work(self),
        }
    }

    /// Begins a transaction that [`Store::rollback`] ends.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub fn begin(&mut self) -> anyhow::Result<()> {
        timed("begin", "", || self.engine.begin()).context("a transaction could not begin")?;
        self.open_transactions += 1;
        Ok(())
    }

    /// Rolls back to the matching [`Store::begin`].
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub fn rollback(&mut self) -> anyhow::Result<()> {
        self.open_transactions = self.open_transactions.saturating_sub(1);
        Ok(timed("rollback", "", || self.engine.rollback())?)
    }

    /// Prepares for so many rows of a source that are going to be written.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn make_room_for(&mut self, source_rows: u64) -> anyhow::Result<()> {
        Ok(self.engine.make_room_for(source_rows)?)
    }

    /// Allows the transactions that follow to be answered a moment before they are on the disk, or ends that. They arrive
    /// there in their order, and with the next one that is not allowed to lag: a server that crashes before has forgotten
    /// the last of them as a whole, which whoever goes on from a checkpoint writes again. A new connection allows nothing.
    pub fn let_commits_lag(&mut self, allowed: bool) {
        self.engine.let_commits_lag(allowed);
    }

    /// How many transactions and savepoints this store has committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits
    }
}

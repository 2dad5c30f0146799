//! How the rows of a kind are planned: a planner asks for what it must know of the app, and turns rows and answer into
//! a plan. It never holds a connection, so that one batch is planned while the one before it is written.

use crate::domain::date::Millis;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::session::store::Store;

/// What a planner must know before it can plan some rows, and when that can be looked up.
#[derive(Debug)]
pub(crate) enum LookupNeed<L> {
    /// Nothing: the planner knows enough.
    Nothing,
    /// An answer that cannot depend on the batch before: it is looked up while that one waits to be written.
    Ahead(L),
    /// An answer that holds only within the transaction of the batch itself.
    InTransaction(L),
}

/// Plans the rows of one kind.
pub(crate) trait Planner<T>: Send {
    /// What is to be looked up in the database.
    type Lookup: Send;
    /// What was found there; the default where nothing was looked up.
    type LookupResult: Default + Send;

    /// The text by which a row is shared out among the processes of an import.
    fn partition_key<'r>(&'r self, row: &'r ParsedRow<T>) -> &'r str;

    /// What must be known to plan these rows.
    fn lookup(&mut self, rows: &[ParsedRow<T>]) -> LookupNeed<Self::Lookup>;

    /// Looks it up.
    ///
    /// # Errors
    /// Those of the database.
    fn look_up(store: &mut Store, lookup: Self::Lookup) -> anyhow::Result<Self::LookupResult>;

    /// Plans rows by what was looked up for them.
    ///
    /// # Errors
    /// Only a bug: a doubtful row is held by its plan.
    fn plan(
        &mut self,
        found: Self::LookupResult,
        rows: Vec<ParsedRow<T>>,
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan>;
}

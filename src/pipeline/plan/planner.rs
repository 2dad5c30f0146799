//! The interface of the planners. A planner states what it has to look up, and turns rows and answers into a plan. It
//! never holds a connection, so that one batch is planned while the one before it is written.

use crate::domain::date::Millis;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::session::store::Store;

/// What a planner has to look up before it can plan some rows, and when.
#[derive(Debug)]
pub(crate) enum LookupNeed<L> {
    /// Nothing.
    Nothing,
    /// A look-up that depends on no other batch of its phase, and may run at any time of it.
    Ahead(L),
    /// A look-up that has to run in the transaction of the batch itself.
    InTransaction(L),
}

/// Plans the rows of one kind.
pub(crate) trait Planner<T>: Send {
    /// What is to be looked up in the database.
    type Lookup: Send;
    /// What was found there; the default where nothing was looked up.
    type LookupResult: Default + Send;

    /// The text that decides which process of a shared import takes the row.
    fn partition_key<'r>(&'r self, row: &'r ParsedRow<T>) -> &'r str;

    /// States what has to be looked up to plan these rows.
    fn lookup(&mut self, rows: &[ParsedRow<T>]) -> LookupNeed<Self::Lookup>;

    /// Whether a second connection pays: the look-ups of this phase are [`LookupNeed::Ahead`].
    fn looks_ahead(&self) -> bool {
        false
    }

    /// Looks it up.
    ///
    /// # Errors
    /// The database's errors.
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

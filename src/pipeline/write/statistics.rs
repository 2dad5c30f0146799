//! What a server knows of its tables after many rows have come at once.

use crate::store::history::runs::Checkpoint;
use crate::store::session::store::Store;

/// From so many new rows on it pays to have them counted.
const MANY_ROWS: u64 = 100_000;

/// Has the server count its tables' rows where a run has written many. By itself it does so minutes later, and until then plans
/// the questions of `verify` and of the app's pages for tables that are nearly empty. It changes no data, so that an
/// import is complete without it: where it fails, that is logged.
pub(in crate::pipeline) fn refresh_after(store: &mut Store, checkpoint: &Checkpoint) {
    if !has_created_many(checkpoint) {
        return;
    }
    if let Err(error) = store.refresh_statistics() {
        tracing::warn!(%error, "the tables' statistics were not refreshed");
    }
}

fn has_created_many(checkpoint: &Checkpoint) -> bool {
    let tallies = checkpoint.books.iter().flat_map(|(_, books)| books.tables.values());
    tallies.map(|tally| tally.created).sum::<u64>() >= MANY_ROWS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::{Books, TableTally};

    #[test]
    fn the_rows_of_all_phases_and_tables_count_and_only_new_ones() {
        let mut checkpoint = Checkpoint::default();
        let mut add = |phase: &str, created: u64| {
            let tally = TableTally { created, updated: MANY_ROWS, ..TableTally::default() };
            let tables = [("User".to_owned(), tally), (format!("of {phase}"), tally)].into();
            checkpoint.books.push((phase.to_owned(), Books { tables, ..Books::default() }));
            has_created_many(&checkpoint)
        };
        assert!(!add("orders", MANY_ROWS / 4));
        assert!(!add("memberships", MANY_ROWS / 4 - 1));
        assert!(add("access", 1));
    }
}

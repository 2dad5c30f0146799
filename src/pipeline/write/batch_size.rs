//! How many records one transaction takes, where nobody has said it.

use std::time::Duration;

use crate::pipeline::request::NEAR_BATCH;
use crate::store::session::store::Store;

/// Records in one transaction on a server that is far away, where a batch costs the same few turns whatever it holds.
const FAR: usize = 2_000;

/// The time of a turn from which on the turns of a batch take longer than its work.
const FAR_FROM: Duration = Duration::from_millis(5);

/// The usual number of records for a database, by the time that a turn to it takes.
///
/// # Errors
/// Those of the database.
pub(crate) fn usual(store: &mut Store) -> anyhow::Result<usize> {
    let turn = store.quickest_turn()?;
    let records = if turn < FAR_FROM { NEAR_BATCH } else { FAR };
    tracing::info!(records, turn_ms = turn.as_secs_f64() * 1_000.0, "batch size chosen");
    Ok(records)
}

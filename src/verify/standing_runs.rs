//! The runs whose rows stand in the database.

use crate::domain::conventions::AppConventions;
use crate::domain::date::Millis;
use crate::store::queries;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// A run that has not been rolled back.
#[derive(Clone, Debug)]
pub(crate) struct StandingRun {
    /// Its row.
    pub(crate) row: ImportRun,
    /// Its options, decoded.
    pub(crate) options: serde_json::Value,
    /// The time by which it judged what is over: `--as-of`, else its beginning.
    pub(crate) as_of: Millis,
    /// How it has written ids and numbers; version 0.1 has recorded nothing of it.
    pub(crate) conventions: Option<AppConventions>,
}

/// The runs that stand, the oldest first, and how many were rolled back.
pub(crate) fn standing_runs(store: &mut Store) -> anyhow::Result<(Vec<StandingRun>, usize)> {
    let rows = queries::runs::oldest_first(store)?;
    let all = rows.len();
    let standing = rows.into_iter().filter(|row| row.state != RunState::RolledBack);
    let runs: Vec<StandingRun> = standing.map(StandingRun::new).collect();
    let rolled_back = all - runs.len();
    Ok((runs, rolled_back))
}

impl StandingRun {
    fn new(row: ImportRun) -> Self {
        let options: serde_json::Value = serde_json::from_str(&row.options.0).unwrap_or_default();
        let given = options.get("as_of").and_then(|time| time.as_str()).and_then(Millis::parse_rfc3339);
        let conventions = AppConventions::recorded_in(&options);
        Self { as_of: given.unwrap_or(row.started_at), conventions, options, row }
    }

    /// Whether its books and rejects know an amount that cannot be read from one of zero. An earlier version has
    /// kept zero for every row without a record.
    pub(crate) fn knows_unreadable_amounts(&self) -> bool {
        self.row.checkpoint.0.contains("\"unreadable\"")
    }
}

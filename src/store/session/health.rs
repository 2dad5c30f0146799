//! How a server is: its settings and load, and how far away it is.

use std::time::{Duration, Instant};

use crate::store::engines::health::{EngineProfile, ServerHealth};
use crate::store::session::store::Store;

/// Round trips that are measured; the median counts.
const ROUND_TRIPS: usize = 9;
/// Round trips of which the quickest says how far away a server is.
const FEW_ROUND_TRIPS: usize = 3;

impl Store {
    /// The state of the server.
    ///
    /// # Errors
    /// Those of reading it.
    pub(crate) fn health(&mut self) -> anyhow::Result<ServerHealth> {
        self.engine.health()
    }

    /// What is known of the engine.
    pub(crate) fn engine_profile(&self) -> EngineProfile {
        EngineProfile::of(self.dialect())
    }

    /// The median time of a round trip to the server.
    ///
    /// # Errors
    /// Those of the query.
    pub(crate) fn latency(&mut self) -> anyhow::Result<Duration> {
        Ok(self.turns(ROUND_TRIPS)?[ROUND_TRIPS / 2])
    }

    /// The time of the quickest of a few round trips: how far away the server is, whatever else it does meanwhile.
    ///
    /// # Errors
    /// Those of the query.
    pub(crate) fn quickest_turn(&mut self) -> anyhow::Result<Duration> {
        Ok(self.turns(FEW_ROUND_TRIPS)?[0])
    }

    /// The times of round trips, the quickest first.
    fn turns(&mut self, number: usize) -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(number);
        for _ in 0..number {
            let began = Instant::now();
            self.query("SELECT 1", &[])?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        Ok(times)
    }

    /// Whether the server runs on this machine, as far as its name tells.
    pub(crate) fn is_local(&self) -> bool {
        self.target.is_local()
    }
}

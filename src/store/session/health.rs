//! How a server is: its settings and load, and how far away it is.

use std::time::{Duration, Instant};

use crate::store::engines::health::{EngineProfile, ServerHealth};
use crate::store::session::store::Store;

/// Round trips that are measured; the median counts.
const ROUND_TRIPS: usize = 9;

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
        let mut times = Vec::with_capacity(ROUND_TRIPS);
        for _ in 0..ROUND_TRIPS {
            let began = Instant::now();
            self.query("SELECT 1", &[])?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        Ok(times[ROUND_TRIPS / 2])
    }

    /// Whether the server runs on this machine, as far as its name tells.
    pub(crate) fn is_local(&self) -> bool {
        self.target.is_local()
    }
}

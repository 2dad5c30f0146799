//! What an import of so many records needs. The figures were measured with a shop of 20,000 orders (29,000
//! records in all) on two busy cores and rounded up: an import gets by with less.

use std::time::Duration;

use serde::Serialize;

use crate::domain::batch_size;
use crate::store::engines::health::EngineProfile;

/// What an import needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Needs {
    /// Records in the files.
    pub(crate) records: u64,
    /// Bytes that the database grows by, its log included.
    pub(crate) disk: u64,
    /// Bytes of memory on this machine.
    pub(crate) memory: u64,
    /// About how long an import takes.
    pub(crate) seconds: u64,
}

/// Round trips that a batch takes, those of the run as a whole among them: 14 were counted by the proxy of
/// `make bench FAR=far` (some 200 of an import of 28,000 records).
const ROUND_TRIPS: u64 = 15;
/// Bytes of memory that the tool takes without any record.
const BASE_MEMORY: u64 = 256 << 20;
/// Bytes of memory that a record takes: only its key and its person are kept.
const MEMORY_A_RECORD: u64 = 400;

impl Needs {
    /// The needs of so many records on an engine that answers after `latency`.
    pub(crate) fn of(records: u64, engine: EngineProfile, latency: Duration) -> Self {
        let waiting = latency.as_secs_f64()
            * (records.div_ceil(batch_size::usual(records) as u64) * ROUND_TRIPS) as f64;
        Self {
            records,
            disk: records * engine.bytes_per_record,
            memory: BASE_MEMORY + records * MEMORY_A_RECORD,
            seconds: records.div_ceil(engine.records_per_second) + waiting as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: EngineProfile = EngineProfile {
        name: "an engine",
        is_for_production: true,
        bytes_per_record: 6_000,
        records_per_second: 3_000,
    };

    #[test]
    fn a_distant_server_takes_longer_and_needs_no_more_room() {
        let near = Needs::of(1_000_000, ENGINE, Duration::ZERO);
        let far = Needs::of(1_000_000, ENGINE, Duration::from_millis(100));
        assert_eq!((near.disk, near.memory), (far.disk, far.memory));
        assert_eq!(far.seconds - near.seconds, 200 * 15 / 10);
    }

    #[test]
    fn no_record_takes_no_time() {
        let needs = Needs::of(0, ENGINE, Duration::from_secs(1));
        assert_eq!((needs.disk, needs.seconds), (0, 0));
    }
}

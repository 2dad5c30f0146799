//! How long each phase of a run took, and how many records a second.

use serde::Serialize;

use crate::store::history::runs::LoggedTime;

/// One phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PhaseTime {
    /// The phase.
    pub(crate) phase: String,
    /// Its batches.
    pub(crate) batches: u64,
    /// The records that they have read.
    pub(crate) records: u64,
    /// How long its batches took together, in milliseconds. Where the run was interrupted, the pause is no part of it.
    pub(crate) milliseconds: i64,
    /// Records a second of that time; nothing for a phase that reads none.
    pub(crate) per_second: Option<u64>,
}

/// The phases in the order of their first batches.
pub(super) fn of(batches: &[LoggedTime]) -> Vec<PhaseTime> {
    let mut phases: Vec<(PhaseTime, i64)> = Vec::new();
    for batch in batches {
        let at = match phases.iter().position(|(phase, _)| phase.phase == batch.phase) {
            Some(at) => at,
            None => {
                let phase = PhaseTime {
                    phase: batch.phase.clone(),
                    batches: 0,
                    records: 0,
                    milliseconds: 0,
                    per_second: None,
                };
                phases.push((phase, batch.began.0));
                phases.len() - 1
            }
        };
        let (phase, until) = &mut phases[at];
        phase.batches += 1;
        phase.records += batch.records;
        // A batch is planned while the one before is written: what they have in common is counted once.
        phase.milliseconds += (batch.ended.0 - batch.began.0.max(*until)).max(0);
        *until = (*until).max(batch.ended.0);
    }
    let rate = |(phase, _): (PhaseTime, i64)| PhaseTime { per_second: per_second(&phase), ..phase };
    phases.into_iter().map(rate).collect()
}

fn per_second(phase: &PhaseTime) -> Option<u64> {
    let milliseconds = u64::try_from(phase.milliseconds.max(1)).ok()?;
    Some(phase.records.saturating_mul(1_000) / milliseconds).filter(|_| phase.records > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::Millis;

    #[test]
    fn batches_that_overlap_are_counted_once_and_a_pause_is_not() {
        let batch = |began, ended| LoggedTime {
            phase: "orders".into(),
            records: 500,
            began: Millis(began),
            ended: Millis(ended),
        };
        let [orders] =
            of(&[batch(0, 100), batch(50, 200), batch(9_000, 9_300)]).try_into().expect("one phase");
        assert_eq!((orders.milliseconds, orders.records, orders.per_second), (500, 1_500, Some(3_000)));
    }
}

//! What the server and the database say of themselves.

use std::time::Duration;

use crate::domain::date::Millis;
use crate::store::engines::health::{EngineProfile, ServerHealth};
use crate::store::session::store::Store;

/// What the checks of a database judge.
pub(crate) struct Facts {
    pub(crate) engine: EngineProfile,
    /// Whether the server runs on this machine.
    pub(crate) local: bool,
    pub(crate) health: ServerHealth,
    /// How long a round trip takes.
    pub(crate) latency: Duration,
    /// Milliseconds that the server's clock is ahead of this machine's; `None` where it has none of its own.
    pub(crate) ahead: Option<i64>,
}

/// Asks the server.
///
/// # Errors
/// Those of the database.
pub(crate) fn facts(store: &mut Store) -> anyhow::Result<Facts> {
    let latency = store.latency()?;
    let before = crate::clock::now();
    let health = store.health()?;
    let after = crate::clock::now();
    let ahead = health.clock.map(|clock| ahead(clock, before, after));
    Ok(Facts { engine: store.engine_profile(), local: store.is_local(), health, latency, ahead })
}

/// How many milliseconds a clock is ahead that was read between two moments of this machine's clock. A
/// time between them counts as equal.
fn ahead(clock: Millis, before: Millis, after: Millis) -> i64 {
    if clock.0 < before.0 { clock.0 - before.0 } else { (clock.0 - after.0).max(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_only_by_what_the_look_at_it_cannot_explain() {
        let off = |clock| ahead(Millis(clock), Millis(1_000), Millis(1_200));
        assert_eq!((off(1_000), off(1_100), off(1_200)), (0, 0, 0));
        assert_eq!((off(400), off(3_200)), (-600, 2_000));
    }
}

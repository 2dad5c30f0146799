//! Is this machine and this database ready for an import of so many records? Everything is only
//! looked at: the server's own words come from the store, the rest from the machine.

pub mod machine;
pub mod needs;

mod checks;

use std::time::Duration;

use serde::Serialize;

use crate::doctor::machine::Machine;
use crate::doctor::needs::Needs;
use crate::domain::date::Millis;
use crate::exit::of_error;
use crate::failure::ExitCode;
use crate::store::engines::health::{EngineProfile, Health, SettingVerdict};
use crate::store::session::store::Store;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoctorCheck {
    /// What.
    pub name: String,
    /// How good or bad that is.
    pub verdict: SettingVerdict,
    /// What was found.
    pub found: String,
    /// What it means, and what to do; empty where all is well.
    pub meaning: String,
}

impl DoctorCheck {
    /// A check that finds nothing wrong.
    pub fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: SettingVerdict::Ok, found: found.into(), meaning: String::new() }
    }

    /// The check, worse where the condition does not hold.
    #[must_use]
    pub fn unless(self, holds: bool, verdict: SettingVerdict, meaning: impl Into<String>) -> Self {
        if holds { self } else { Self { verdict, meaning: meaning.into(), ..self } }
    }
}

/// All that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The worst of the checks.
    pub verdict: SettingVerdict,
    /// The checks: the database, then the machine.
    pub checks: Vec<DoctorCheck>,
    /// What the records need, where files were given.
    pub needs: Option<Needs>,
}

/// What the checks of a database are made of.
struct Facts {
    engine: EngineProfile,
    local: bool,
    health: Health,
    latency: Duration,
    /// Milliseconds that the server's clock is ahead of this machine's.
    ahead: Option<i64>,
}

/// Looks at everything. `opened` is the database, or why it could not be reached.
///
/// # Errors
/// A URL that is none, or a database that goes away while it is looked at.
pub fn diagnose(
    opened: anyhow::Result<Store>,
    shown: &str,
    machine: &Machine,
    records: Option<u64>,
) -> anyhow::Result<Diagnosis> {
    let mut store = match opened {
        Ok(store) => store,
        Err(error) if of_error(&error) == ExitCode::Database => {
            let unreachable =
                DoctorCheck::ok("reachable", shown).unless(false, SettingVerdict::Stop, format!("{error:#}"));
            let mut checks = vec![unreachable];
            checks.extend(checks::of_machine(machine, None));
            return Ok(Diagnosis::of(checks, None));
        }
        Err(error) => return Err(error),
    };
    let facts = facts(&mut store)?;
    let needs = records.map(|records| Needs::of(records, facts.engine, facts.latency));
    let mut checks = vec![DoctorCheck::ok("reachable", shown)];
    checks.extend(checks::of_database(&facts));
    checks.push(checks::of_schema(
        &crate::store::migration::check::check(&mut store)?,
        facts.health.may_create,
    ));
    checks.push(checks::of_backup(&mut store, crate::clock::now())?);
    checks.push(checks::of_disk(&facts, machine, needs.as_ref()));
    checks.extend(checks::of_machine(machine, needs.as_ref()));
    Ok(Diagnosis::of(checks, needs))
}

fn facts(store: &mut Store) -> anyhow::Result<Facts> {
    let latency = store.latency()?;
    let before = crate::clock::now();
    let health = store.health()?;
    let after = crate::clock::now();
    let ahead = health.clock.map(|clock| ahead(clock, before, after));
    Ok(Facts { engine: store.engine_profile(), local: store.is_local(), health, latency, ahead })
}

/// How far a clock is off that was read between two moments; nothing within them.
fn ahead(clock: Millis, before: Millis, after: Millis) -> i64 {
    if clock.0 < before.0 { clock.0 - before.0 } else { (clock.0 - after.0).max(0) }
}

impl Diagnosis {
    fn of(checks: Vec<DoctorCheck>, needs: Option<Needs>) -> Self {
        let verdict = checks.iter().map(|check| check.verdict).max().unwrap_or(SettingVerdict::Ok);
        Self { verdict, checks, needs }
    }
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

    #[test]
    fn the_worst_check_is_the_verdict() {
        let checks = [SettingVerdict::Ok, SettingVerdict::Stop, SettingVerdict::Warning]
            .map(|verdict| DoctorCheck::ok("a", "b").unless(false, verdict, "c"));
        assert_eq!(Diagnosis::of(checks.to_vec(), None).verdict, SettingVerdict::Stop);
        assert_eq!(Diagnosis::of(checks[..1].to_vec(), None).verdict, SettingVerdict::Ok);
    }
}

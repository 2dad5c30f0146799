//! All checks together.

use serde::Serialize;

use crate::doctor::check::DoctorCheck;
use crate::doctor::checks;
use crate::doctor::facts::facts;
use crate::doctor::machine::Machine;
use crate::doctor::needs::Needs;
use crate::exit::of_error;
use crate::failure::ExitCode;
use crate::operator;
use crate::operator::OperatorList;
use crate::store::engines::health::SettingVerdict;
use crate::store::schema::finding::SchemaVerdict;
use crate::store::session::store::Store;

/// The results of all checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Diagnosis {
    /// The worst verdict of the checks.
    pub(crate) verdict: SettingVerdict,
    /// The checks of the database, then those of the machine.
    pub(crate) checks: Vec<DoctorCheck>,
    /// What the records need; `None` where no files were given.
    pub(crate) needs: Option<Needs>,
    /// What the operator has to do and to know; `None` where there is no database that is ready.
    pub(crate) operator: Option<OperatorList>,
}

/// Runs all checks. `opened` is the database, or why it could not be opened; `shown` is its URL without
/// the password; `records` is the number of records in the files, if any were given.
///
/// # Errors
/// A malformed URL, or a database that fails during the checks.
pub(crate) fn diagnose(
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
            return Ok(Diagnosis::of(checks, None, None));
        }
        Err(error) => return Err(error),
    };
    let facts = facts(&mut store)?;
    let needs = records.map(|records| Needs::of(records, facts.engine, facts.latency));
    let mut checks = vec![DoctorCheck::ok("reachable", shown)];
    checks.extend(checks::of_database(&facts));
    let schema = crate::store::migration::check::check(&mut store)?;
    checks.push(checks::of_schema(&schema, facts.health.may_create));
    checks.push(checks::of_backup(&mut store, crate::clock::now())?);
    checks.push(checks::of_disk(&facts, machine, needs.as_ref()));
    checks.extend(checks::of_machine(machine, needs.as_ref()));
    let is_ready = schema.verdict == SchemaVerdict::Ready;
    let operator = is_ready.then(|| operator::gather(&mut store, crate::clock::now())).transpose()?;
    Ok(Diagnosis::of(checks, needs, operator))
}

impl Diagnosis {
    fn of(checks: Vec<DoctorCheck>, needs: Option<Needs>, operator: Option<OperatorList>) -> Self {
        let verdict = checks.iter().map(|check| check.verdict).max().unwrap_or(SettingVerdict::Ok);
        Self { verdict, checks, needs, operator }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_is_the_verdict() {
        let checks = [SettingVerdict::Ok, SettingVerdict::Stop, SettingVerdict::Warning]
            .map(|verdict| DoctorCheck::ok("a", "b").unless(false, verdict, "c"));
        assert_eq!(Diagnosis::of(checks.to_vec(), None, None).verdict, SettingVerdict::Stop);
        assert_eq!(Diagnosis::of(checks[..1].to_vec(), None, None).verdict, SettingVerdict::Ok);
    }
}

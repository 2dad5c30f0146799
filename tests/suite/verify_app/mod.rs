//! `verify` sees with the app's eyes: what the app's pages would show of everybody who was imported, on the schema that is
//! there. In a database that is as the app needs it nothing differs; each fact that is wrong is named by the read that
//! would show it.

mod corruptions;
mod explained;
mod person;
mod repaired;
mod right_state;
mod sampled;
mod schemas;
mod tiers_and_banks;

use std::collections::BTreeSet;

use crate::support::AppDatabase;
use crate::support::library::verify::{VerifyCheck, VerifyReport, VerifyRequest, run};
use crate::support::library::{DatabaseUse, Store};

/// Verifies a database against itself, with the app's reads.
fn verified(db: &AppDatabase) -> VerifyReport {
    verified_by(db, VerifyRequest::default())
}

fn verified_by(db: &AppDatabase, request: VerifyRequest) -> VerifyReport {
    let url = db.url();
    let open = || Store::open(&url, DatabaseUse::Read);
    let request = VerifyRequest { replays_app: true, ..request };
    let mut store = open().expect("the database opens");
    run(&mut store, open, &request).expect("the verification runs")
}

/// The checks of the app's reads.
fn reads(report: &VerifyReport) -> impl Iterator<Item = &VerifyCheck> {
    report.checks.iter().filter(|check| check.name.starts_with("app: "))
}

/// The reads that differ.
fn wrong(report: &VerifyReport) -> BTreeSet<&'static str> {
    reads(report).filter(|check| !check.holds()).map(|check| check.name).collect()
}

/// What the reads that differ say.
fn said(report: &VerifyReport) -> Vec<(&'static str, Vec<String>)> {
    let wrong = reads(report).filter(|check| !check.holds());
    wrong.map(|check| (check.name, messages(check))).collect()
}

/// The messages of the differences of a check.
fn messages(check: &VerifyCheck) -> Vec<String> {
    check.found.iter().map(|found| found.what.clone()).collect()
}

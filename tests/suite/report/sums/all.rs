//! All sums together.

use serde_json::Value;

use super::super::figures::Figures;
use super::{affiliates, app_pages, checks, memberships, orders, review, run, statements, verdict};
use crate::support::AppDatabase;

/// The sums, by the places of the figures that they are for. Of the report itself only the run and its times are used.
pub(in super::super) fn all(db: &AppDatabase, report: &Value) -> Figures {
    let run = report["run"].as_str().expect("a run");
    let mut figures = Figures::new();
    orders::enter_all(db, &mut figures);
    affiliates::enter_all(db, &mut figures);
    statements::enter_all(db, run, &mut figures);
    app_pages::enter_all(db, &mut figures);
    checks::enter_all(db, &mut figures);
    review::enter_all(db, run, &mut figures);
    memberships::enter_all(db, report, &mut figures);
    run::enter_all(db, run, report, &mut figures);
    verdict::enter_all(db, run, report, &mut figures);
    figures
}

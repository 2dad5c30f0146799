//! Everything that the report says of a run and of the database: what a page, a workbook or a document is made of.

use serde::Serialize;

use crate::domain::date::{Millis, SourceZone};
use crate::failure::Failure;
use crate::language::tr;
use crate::reconciliation;
use crate::reconciliation::{OrderScan, Reconciliation};
use crate::report::app_pages::AppPage;
use crate::report::details::RunDetails;
use crate::report::findings::FindingRow;
use crate::report::masking::mask;
use crate::report::plans::PlanRow;
use crate::report::timing::PhaseTime;
use crate::report::verdict::Verdict;
use crate::report::{RunReport, app_pages, details, findings, gather, plans, timing, verdict};
use crate::store::history::runs;
use crate::store::schema::tables::ImportRun;
use crate::store::session::store::Store;

/// The whole report.
#[derive(Debug, Serialize)]
pub(crate) struct FullReport {
    /// When it was made.
    pub(crate) generated_at: Millis,
    /// The release that has made it.
    pub(crate) made_by: String,
    /// Which database it is about.
    pub(crate) database: String,
    /// Whether personal data is masked.
    pub(crate) masked: bool,
    /// May the shop go live, and what stands against it.
    pub(crate) verdict: Verdict,
    /// The run and the figures of the database.
    #[serde(flatten)]
    pub(crate) run: RunReport,
    /// How the run read and wrote.
    pub(crate) details: RunDetails,
    /// From gross to wallets, of the whole database.
    pub(crate) reconciliation: Reconciliation,
    /// What the app's pages show, looked at when the report was made.
    pub(crate) app_pages: Vec<AppPage>,
    /// What the run has noticed.
    pub(crate) findings: Vec<FindingRow>,
    /// Imported memberships by plan and end.
    pub(crate) plans: Vec<PlanRow>,
    /// The time for which these are active or over.
    pub(crate) plans_as_of: Millis,
    /// How long each phase took.
    pub(crate) timing: Vec<PhaseTime>,
}

/// Gathers the report of a run; without an id, of the last one. `second` opens another connection to the database, over
/// which the app's pages are looked at meanwhile.
///
/// # Errors
/// Exit code 2 when there is no such run; the database's errors.
pub(crate) fn gather_full(
    store: &mut Store,
    second: impl FnOnce() -> anyhow::Result<Store> + Send,
    id: Option<&str>,
    (now, as_of): (Millis, Option<Millis>),
    show_pii: bool,
) -> anyhow::Result<FullReport> {
    let row = find(store, id)?;
    let checkpoint = runs::checkpoint(&row)?;
    let details = details::of(&row)?;
    let zone: SourceZone = details.zone.parse().unwrap_or(SourceZone::JAKARTA);
    let scan = OrderScan::new(zone);
    let (app_pages, (run, mut reconciliation)) = app_pages::gather(
        store,
        second,
        show_pii,
        (&|store, orders| scan.add(store, orders), |store| {
            let reconciliation = reconciliation::gather(store, &scan)?;
            Ok((gather(store, &row, as_of.unwrap_or(now), &reconciliation.sums)?, reconciliation))
        }),
    )?;
    let plans_as_of = as_of.or(details.as_of).unwrap_or(now);
    let mut findings = findings::gather(store, &run)?;
    let is_interrupted = store_is_interrupted(store, now)?;
    if !show_pii {
        mask(&mut reconciliation, &mut findings);
    }
    Ok(FullReport {
        generated_at: now,
        made_by: env!("CARGO_PKG_VERSION").to_owned(),
        database: store.describe(),
        masked: !show_pii,
        verdict: verdict::of(&run, &details, &reconciliation, &app_pages, is_interrupted),
        timing: timing::of(&runs::logged_times(store, &row, &checkpoint)?),
        plans: plans::gather(store, plans_as_of)?,
        run,
        details,
        reconciliation,
        app_pages,
        findings,
        plans_as_of,
    })
}

fn find(store: &mut Store, id: Option<&str>) -> anyhow::Result<ImportRun> {
    runs::find(store, id)?.ok_or_else(|| match id {
        Some(id) => Failure::usage(tr!("no run {id} in this database")),
        None => Failure::usage(tr!("no import has been run on this database")),
    })
}

fn store_is_interrupted(store: &mut Store, now: Millis) -> anyhow::Result<bool> {
    Ok(crate::store::history::interrupted::newest(store, now)?.is_some())
}

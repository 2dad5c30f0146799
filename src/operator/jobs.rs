//! The app's scheduled jobs, which would write to people because of imported rows (L36).

use serde::Serialize;

use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::queries;
use crate::store::session::store::Store;

/// One of the app's jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Job {
    /// What the app calls it.
    pub(crate) name: &'static str,
    /// How many imported rows it would take.
    pub(crate) rows: u64,
    /// What it does with them, and what that means.
    pub(crate) meaning: &'static str,
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// For how long the app chases a payment, where its settings say nothing else.
const PAYMENT_EXPIRY: i64 = 72 * HOUR;

/// The jobs that take imported rows, in the order in which they would be noticed.
pub(super) fn gather(store: &mut Store, now: Millis) -> anyhow::Result<Vec<Job>> {
    let before = |span: i64| Millis(now.0 - span);
    let overdue = queries::operator::active_ending_before(store, now)?;
    let ending = queries::operator::active_ending_before(store, Millis(now.0 + 7 * DAY))? - overdue;
    let mut jobs = vec![
        Job {
            name: "payment-followup",
            rows: queries::operator::pending_since(store, before(PAYMENT_EXPIRY))?,
            meaning: tr!(
                "PENDING orders of the last three days, to whose buyers it would write; turn it on again three \
                      days after the import"
            ),
        },
        Job {
            name: "check-payment-status",
            rows: queries::operator::pending_since(store, before(7 * DAY))?,
            meaning: tr!("PENDING orders of the last week; it asks nobody, since `reference` stays empty"),
        },
        Job {
            name: "expire-memberships",
            rows: overdue,
            meaning: tr!(
                "ACTIVE memberships that are over; it also takes groups and courses away that another \
                      membership opens, so import again before it runs"
            ),
        },
        Job {
            name: "check-expiring",
            rows: ending,
            meaning: tr!("memberships that end within a week; its mail is wanted"),
        },
    ];
    if let Some(rows) = queries::operator::imported_course_progress(store)? {
        jobs.push(Job {
            name: "learning-reminders",
            rows,
            meaning: tr!("rows of progress in courses; an import writes none, so these are the app's own"),
        });
    }
    Ok(jobs)
}

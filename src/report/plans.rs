//! Imported memberships by plan and by when they end.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::domain::date::{FOREVER, Millis};
use crate::store::queries;
use crate::store::session::store::Store;

/// The memberships of one plan. `all` is the sum of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct PlanRow {
    /// What the app calls the plan.
    pub(crate) plan: String,
    /// All of them.
    pub(crate) all: i64,
    /// Active for ever.
    pub(crate) lifetime: i64,
    /// Active, and ending more than a year from now.
    pub(crate) later: i64,
    /// Active, and ending within a year.
    pub(crate) within_year: i64,
    /// Active, and ending within 90 days.
    pub(crate) within_90_days: i64,
    /// Active, and ending within 30 days.
    pub(crate) within_30_days: i64,
    /// Active, and over: the app's job has not seen them yet.
    pub(crate) overdue: i64,
    /// Expired.
    pub(crate) expired: i64,
    /// Of another status.
    pub(crate) other: i64,
}

const DAY: i64 = 86_400_000;

impl PlanRow {
    fn add(&mut self, status: &str, ends_at: Millis, now: Millis) {
        self.all += 1;
        let left = ends_at.0 - now.0;
        let column = match status {
            "ACTIVE" if ends_at >= FOREVER => &mut self.lifetime,
            "ACTIVE" if left <= 0 => &mut self.overdue,
            "ACTIVE" if left <= 30 * DAY => &mut self.within_30_days,
            "ACTIVE" if left <= 90 * DAY => &mut self.within_90_days,
            "ACTIVE" if left <= 365 * DAY => &mut self.within_year,
            "ACTIVE" => &mut self.later,
            "EXPIRED" => &mut self.expired,
            _ => &mut self.other,
        };
        *column += 1;
    }

    /// The counts in the order of the columns behind `all`.
    pub(crate) fn columns(&self) -> [i64; 8] {
        [
            self.lifetime,
            self.later,
            self.within_year,
            self.within_90_days,
            self.within_30_days,
            self.overdue,
            self.expired,
            self.other,
        ]
    }
}

/// The plans that have imported memberships, the largest first.
pub(super) fn gather(store: &mut Store, now: Millis) -> anyhow::Result<Vec<PlanRow>> {
    let names: HashMap<String, String> = queries::report::plans(store)?.into_iter().collect();
    let mut plans: BTreeMap<String, PlanRow> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = queries::report::terms_after(store, &after)?;
        let Some(last) = page.last().map(|term| term.id.clone()) else { break };
        for term in page {
            let plan = plans.entry(term.plan_id).or_default();
            plan.add(&term.status, term.ends_at, now);
        }
        after = last;
    }
    let named = |(id, row): (String, PlanRow)| {
        let plan = names.get(&id).cloned().unwrap_or(id);
        PlanRow { plan, ..row }
    };
    let mut rows: Vec<PlanRow> = plans.into_iter().map(named).collect();
    rows.sort_by(|a, b| (b.all, &a.plan).cmp(&(a.all, &b.plan)));
    Ok(rows)
}

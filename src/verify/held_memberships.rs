//! The memberships that people hold, with what is kept of the source rows that they were made of.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::membership::{MergedMembership, Period, merge};
use crate::store::queries::kept_rows;
use crate::store::schema::tables::UserMembership;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::reader::period as period_of_json;

/// A membership of a person.
#[derive(Debug)]
pub(crate) struct HeldMembership {
    /// The row.
    pub(crate) row: UserMembership,
    /// What is kept of its source rows; nothing for a membership that only the app knows.
    pub(crate) kept: KeptPeriods,
    /// What the source rows come to, for a membership that an import has made.
    pub(crate) source: Option<MergedMembership>,
    /// The time by which the run that wrote it judged what is over.
    pub(crate) as_of: Millis,
}

/// What is kept of the source rows of one membership.
#[derive(Debug, Default)]
pub(crate) struct KeptPeriods {
    /// Their periods.
    pub(crate) periods: Vec<Period>,
    /// The keys of those whose period cannot be read.
    pub(crate) unreadable: Vec<String>,
}

impl KeptPeriods {
    /// What is kept of these memberships, by id; nothing of those that have no kept row.
    pub(crate) fn of(
        store: &Store,
        memberships: &[&str],
    ) -> DeferredQuery<'static, HashMap<String, KeptPeriods>> {
        kept_rows::periods_of(store, memberships).map(|rows| {
            let mut kept: HashMap<String, KeptPeriods> = HashMap::new();
            for row in rows {
                let json = row.period.and_then(|json| serde_json::from_str(&json).ok());
                let of_membership = kept.entry(row.target_id).or_default();
                match json.as_ref().and_then(period_of_json) {
                    Some(period) => of_membership.periods.push(period),
                    None => of_membership.unreadable.push(row.source_key),
                }
            }
            kept
        })
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.periods.is_empty() && self.unreadable.is_empty()
    }
}

impl HeldMembership {
    /// A row with what is `kept` of it, which is taken out of there.
    pub(crate) fn new(
        context: &VerifyContext,
        row: UserMembership,
        kept: &mut HashMap<String, KeptPeriods>,
    ) -> Self {
        let kept = kept.remove(&row.id).unwrap_or_default();
        let is_imported = has_import_id(&row.id, &row.user_id, &row.membership_id, row.created_at);
        let source = merge(&kept.periods).filter(|_| is_imported);
        let of_run = source.as_ref().and_then(|_| context.as_of(row.updated_at));
        Self { as_of: of_run.unwrap_or_else(|| context.now()), row, kept, source }
    }

    /// When it ends: by the source, where an import has made it.
    pub(crate) fn end(&self) -> Millis {
        self.source.as_ref().map_or(self.row.end_date, |source| source.end)
    }

    /// When it began, likewise.
    pub(crate) fn start(&self) -> Millis {
        self.source.as_ref().map_or(self.row.start_date, |source| source.start)
    }

    /// Whether it is not over. One of the app's own is what the app says it is.
    pub(crate) fn runs(&self) -> bool {
        match &self.source {
            Some(source) => source.end > self.as_of,
            None => self.is_active() && self.row.end_date > self.as_of,
        }
    }

    /// Whether the app takes it for active.
    pub(crate) fn is_active(&self) -> bool {
        self.row.status == "ACTIVE" && self.row.is_active
    }
}

/// Whether an import has created a `UserMembership`: then its id is made of the user and the membership.
pub(crate) fn has_import_id(id: &str, user_id: &str, membership_id: &str, created_at: Millis) -> bool {
    let expected = id_for("UserMembership", &format!("{user_id}/{membership_id}"), created_at);
    id.get(9..) == expected.get(9..)
}

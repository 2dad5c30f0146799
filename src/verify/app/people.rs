//! People with all that the app's pages read of them, and what the source says they have.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::domain::date::Millis;
use crate::domain::membership::{MergedMembership, Period, merge};
use crate::store::queries::app_screens_people::{self, RowsOfPeople};
use crate::store::queries::kept_rows;
use crate::store::schema::tables::{SourceRecord, User, UserMembership};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::app::facts::AppFacts;
use crate::verify::periods::has_import_id;
use crate::verify::reader::period as period_of_json;

/// A person, as the pages see one.
#[derive(Debug)]
pub(super) struct AppPerson {
    /// The user.
    pub(super) user: User,
    /// The memberships, running or not.
    pub(super) memberships: Vec<AppMembership>,
    /// The groups in which the person is.
    pub(super) groups: Vec<String>,
    /// The courses in which the person is enrolled.
    pub(super) courses: Vec<String>,
    /// The products that are shown to the person.
    pub(super) products: Vec<String>,
    /// The courses about which the person would be reminded.
    pub(super) progress: Vec<String>,
    /// What imports have opened to the person so far.
    pub(super) given: GivenDoors,
}

/// The ids of what imports have opened to a person so far, whether it is open still or the app has closed it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GivenDoors {
    groups: BTreeMap<String, IgnoredAny>,
    courses: BTreeMap<String, IgnoredAny>,
    products: BTreeMap<String, IgnoredAny>,
}

impl GivenDoors {
    /// Whether an import has opened this, of whatever kind.
    pub(super) fn has(&self, id: &str) -> bool {
        [&self.groups, &self.courses, &self.products].into_iter().any(|doors| doors.contains_key(id))
    }
}

/// A membership of a person.
#[derive(Debug)]
pub(super) struct AppMembership {
    /// The row.
    pub(super) row: UserMembership,
    /// What the kept source rows say of it; none for a membership of the app's own.
    pub(super) source: Option<MergedMembership>,
    /// The time by which the run that wrote it judged what is over.
    pub(super) as_of: Millis,
}

impl AppMembership {
    /// When it ends: by the source, where an import has made it.
    pub(super) fn end(&self) -> Millis {
        self.source.as_ref().map_or(self.row.end_date, |source| source.end)
    }

    /// When it began, likewise.
    pub(super) fn start(&self) -> Millis {
        self.source.as_ref().map_or(self.row.start_date, |source| source.start)
    }

    /// Whether it is not over. One of the app's own is what the app says it is.
    pub(super) fn runs(&self) -> bool {
        match &self.source {
            Some(source) => source.end > self.as_of,
            None => self.is_active() && self.row.end_date > self.as_of,
        }
    }

    /// Whether the app takes it for active.
    pub(super) fn is_active(&self) -> bool {
        self.row.status == "ACTIVE" && self.row.is_active
    }
}

impl AppPerson {
    /// Whether an import has created the person.
    pub(super) fn is_imported(&self) -> bool {
        self.user.import_source.as_deref() == Some("SEJOLI")
    }

    /// The membership that all pages are to show: of those that run the one that ends last, then the one that began last.
    pub(super) fn chosen(&self) -> Option<&AppMembership> {
        let runs = self.memberships.iter().filter(|held| held.runs());
        runs.max_by_key(|held| (held.end(), held.start(), held.is_active(), held.row.created_at))
    }

    /// Whether a membership of the app's own runs that is not the chosen one: the app's rows are left as they are, so
    /// that its pages may disagree.
    pub(super) fn has_another_of_app(&self) -> bool {
        let chosen = self.chosen().map(|held| held.row.id.as_str());
        self.memberships
            .iter()
            .any(|held| held.source.is_none() && held.is_active() && Some(held.row.id.as_str()) != chosen)
    }

    /// How the person is called in a difference.
    pub(super) fn who(&self, facts: &AppFacts<'_>) -> String {
        facts.who(&self.user.id, &self.user.email)
    }
}

/// Users with what the pages read of them, in their order, and the answer to what is asked beside that.
///
/// # Errors
/// Those of the database.
pub(super) fn with_rows<'a, T: 'a>(
    store: &mut Store,
    facts: &AppFacts<'_>,
    users: Vec<User>,
    beside: DeferredQuery<'a, T>,
) -> anyhow::Result<(Vec<AppPerson>, T)> {
    let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    let (mut rows, mut given): (RowsOfPeople, _) =
        store.answer((app_screens_people::rows_of(store, &ids), given_to(store, &ids)))?;
    let held = rows.memberships.values().flatten().map(|row| row.id.as_str()).collect::<Vec<_>>();
    let (mut sources, beside) = store.answer((sources_of(store, &held), beside))?;
    let person = |user: User| {
        let held = rows.memberships.remove(&user.id).unwrap_or_default();
        let take = |from: &mut HashMap<String, Vec<String>>| from.remove(&user.id).unwrap_or_default();
        AppPerson {
            groups: take(&mut rows.groups),
            courses: take(&mut rows.courses),
            products: take(&mut rows.products),
            progress: take(&mut rows.progress),
            given: given.remove(&user.id).unwrap_or_default(),
            memberships: held.into_iter().map(|row| held_membership(facts, row, &mut sources)).collect(),
            user,
        }
    };
    Ok((users.into_iter().map(person).collect(), beside))
}

/// What imports have opened to these users, by user id.
fn given_to(store: &Store, users: &[&str]) -> DeferredQuery<'static, HashMap<String, GivenDoors>> {
    let of_kind = Some(("kind", SourceRecordKind::Access.as_str()));
    let doors =
        |record: SourceRecord| Some((record.source_key, serde_json::from_str(&record.payload.0).ok()?));
    let kept = store.rows_among(of_kind, "sourceKey", users);
    kept.map(move |kept: Vec<SourceRecord>| kept.into_iter().filter_map(doors).collect())
}

fn held_membership(
    facts: &AppFacts<'_>,
    row: UserMembership,
    sources: &mut HashMap<String, MergedMembership>,
) -> AppMembership {
    let is_imported = has_import_id(&row.id, &row.user_id, &row.membership_id, row.created_at);
    let source = sources.remove(&row.id).filter(|_| is_imported);
    let as_of = source.as_ref().and_then(|_| facts.context.as_of(row.updated_at)).unwrap_or(facts.now);
    AppMembership { row, source, as_of }
}

/// What the kept source rows of these memberships say, merged.
fn sources_of(
    store: &Store,
    memberships: &[&str],
) -> DeferredQuery<'static, HashMap<String, MergedMembership>> {
    kept_rows::periods_of(store, memberships).map(|rows| {
        let mut periods: HashMap<String, Vec<Period>> = HashMap::new();
        for row in rows {
            let json = row.period.and_then(|json| serde_json::from_str(&json).ok());
            if let Some(period) = json.as_ref().and_then(period_of_json) {
                periods.entry(row.target_id).or_default().push(period);
            }
        }
        periods.into_iter().filter_map(|(id, periods)| Some((id, merge(&periods)?))).collect()
    })
}

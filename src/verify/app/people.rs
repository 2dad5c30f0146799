//! People with all that the app's pages read of them, and what the source says they have.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::store::queries::app_screens_people::{self, RowsOfPeople};
use crate::store::queries::memberships;
use crate::store::schema::tables::{SourceRecord, User};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::family_pass::PageFamily;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::held_memberships::{HeldMembership, KeptPeriods};
use crate::verify::roles;

/// A person, as the pages see one.
#[derive(Debug)]
pub(in crate::verify) struct AppPerson {
    /// The user.
    pub(in crate::verify) user: User,
    /// The memberships, running or not.
    pub(in crate::verify) memberships: Vec<HeldMembership>,
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
pub(in crate::verify) struct GivenDoors {
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

/// The pages of people.
pub(super) struct PersonPages;

impl PageFamily for PersonPages {
    type Shown<'r> = AppPerson;

    fn subject(shown: &AppPerson) -> Subject {
        Subject::User(shown.user.id.clone())
    }
}

impl AppPerson {
    /// Whether an import has created the person.
    pub(in crate::verify) fn is_imported(&self) -> bool {
        roles::is_of_import(&self.user)
    }

    /// The membership that all pages are to show: of those that run the one that ends last, then the one that began last.
    pub(super) fn chosen(&self) -> Option<&HeldMembership> {
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

/// Users with their memberships and, where the app's `pages` are looked at, with all else that these read of them, in their
/// order, and the answer to what is asked beside that.
///
/// # Errors
/// Those of the database.
pub(in crate::verify) fn with_rows<'a, T: 'a>(
    store: &mut Store,
    (context, pages): (&VerifyContext, Option<&AppFacts<'_>>),
    users: Vec<User>,
    beside: DeferredQuery<'a, T>,
) -> anyhow::Result<(Vec<AppPerson>, T)> {
    let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    let (of_pages, given) = match pages {
        Some(_) => (app_screens_people::rows_of(store, &ids), given_to(store, &ids)),
        None => (DeferredQuery::known(RowsOfPeople::default()), DeferredQuery::known(HashMap::new())),
    };
    let (mut memberships, mut rows, mut given) =
        store.answer((memberships::of_users(store, &ids), of_pages, given))?;
    let held = memberships.values().flatten().map(|row| row.id.as_str()).collect::<Vec<_>>();
    let (mut kept, beside) = store.answer((KeptPeriods::of(store, &held), beside))?;
    let person = |user: User| {
        let held = memberships.remove(&user.id).unwrap_or_default();
        let take = |from: &mut HashMap<String, Vec<String>>| from.remove(&user.id).unwrap_or_default();
        AppPerson {
            groups: take(&mut rows.groups),
            courses: take(&mut rows.courses),
            products: take(&mut rows.products),
            progress: take(&mut rows.progress),
            given: given.remove(&user.id).unwrap_or_default(),
            memberships: held.into_iter().map(|row| HeldMembership::new(context, row, &mut kept)).collect(),
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

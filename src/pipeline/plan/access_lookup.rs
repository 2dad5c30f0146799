//! What a batch of people is planned against: their memberships, what stands open to them, and what is kept of that.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::ids::{hash_of, id_for};
use crate::domain::status::MembershipStatus;
use crate::pipeline::plan::access_links::{AccessKind, Door, PlanLinks};
use crate::pipeline::plan::access_rows::{AccessRow, is_given_by_plan};
use crate::pipeline::plan::given_access::{AccessRecord, GrantedAccess};
use crate::pipeline::plan::membership_reconciliation::{is_edited, is_of_app};
use crate::pipeline::plan::product_ownership::bought_products;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{
    CourseEnrollment, GroupMember, SourceRecord, User, UserMembership, UserProduct,
};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// A membership as far as opening doors goes.
#[derive(Clone, Debug)]
pub(crate) struct HeldPlan {
    /// UserMembership.id.
    id: String,
    /// The id of the plan.
    pub(crate) plan: String,
    /// Its start.
    pub(crate) start: Millis,
    /// Its end.
    pub(crate) end: Millis,
    status: String,
    /// Whether an import has written it.
    pub(crate) is_imported: bool,
    /// Whether the app has edited it since. It is only looked at where something may be closed.
    is_edited: bool,
}

impl HeldPlan {
    /// Whether it lets its holder in: it is not over and the app has not cancelled it. Of several memberships only one
    /// is ACTIVE; the others are EXPIRED, also before their end.
    pub(crate) fn is_open(&self, as_of: Millis) -> bool {
        let open = [MembershipStatus::Active, MembershipStatus::Expired];
        self.end > as_of && open.iter().any(|status| status.as_str() == self.status)
    }
}

/// What is known of one person.
#[derive(Debug, Default)]
pub(crate) struct PersonAccess {
    /// The memberships, of imports and of the app's own, in no order.
    pub(crate) plans: Vec<HeldPlan>,
    /// What is kept of what was given.
    pub(crate) record: Option<AccessRecord>,
    /// The rows that stand.
    pub(crate) rows: HashMap<Door, AccessRow>,
    /// The products that the person's own orders have bought.
    pub(crate) bought: HashSet<String>,
}

impl PersonAccess {
    /// Whether the membership by which a door was opened was not taken back since: it ends as it did, or later, or the app
    /// has edited or deleted it. That time has passed is no reason to close a door.
    pub(crate) fn still_stands(
        &self,
        user_id: &str,
        given: &GrantedAccess,
        deleted: &DeletedMemberships,
    ) -> bool {
        let mut held = self.plans.iter().filter(|held| held.plan == given.plan).peekable();
        if held.peek().is_none() {
            return deleted.has(user_id, &given.plan);
        }
        held.any(|held| held.end >= given.end() || held.is_edited)
    }
}

/// The memberships that imports have written and the app has deleted.
#[derive(Debug, Default)]
pub(crate) struct DeletedMemberships(HashSet<String>);

impl DeletedMemberships {
    /// Reads them.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let ids =
            store.over_whole_tables(|store| store.answer(queries::kept_rows::deleted_memberships(store)))?;
        Ok(Self(ids.iter().filter_map(|id| hash_of(id)).map(str::to_owned).collect()))
    }

    fn has(&self, user_id: &str, plan: &str) -> bool {
        let made = id_for(UserMembership::TABLE.name, &format!("{user_id}/{plan}"), Millis(0));
        hash_of(&made).is_some_and(|hash| self.0.contains(hash))
    }
}

/// What is known of some people, by the user's id.
pub(crate) type PeopleAccess = BTreeMap<String, PersonAccess>;

/// Looks up all that planning these people needs. Somebody who has neither an open imported membership nor a record is
/// left out, and so is a user who is gone.
///
/// # Errors
/// The database's errors.
pub(crate) fn look_up(
    store: &mut Store,
    users: &[&str],
    links: &PlanLinks,
    as_of: Millis,
) -> anyhow::Result<PeopleAccess> {
    let mut people = held_plans(store, users)?;
    let kept: Vec<SourceRecord> =
        store.select_among(Some(("kind", SourceRecordKind::Access.as_str())), "sourceKey", users)?;
    for stored in kept {
        let user_id = stored.source_key.clone();
        // One that cannot be read was not written by this version: that person is left alone.
        match AccessRecord::parse(stored) {
            Ok(record) => people.entry(user_id).or_default().record = Some(record),
            Err(_) => drop(people.remove(&user_id)),
        }
    }
    let opens =
        |held: &HeldPlan| held.is_imported && held.is_open(as_of) && links.doors(&held.plan).next().is_some();
    people.retain(|_, person| person.record.is_some() || person.plans.iter().any(opens));
    let concerned: Vec<String> = people.keys().cloned().collect();
    let concerned: Vec<&str> = concerned.iter().map(String::as_str).collect();
    let present = store.present_ids(User::TABLE, &concerned)?;
    people.retain(|user_id, _| present.contains(user_id));
    let concerned: Vec<&str> = concerned.into_iter().filter(|user| present.contains(*user)).collect();
    for kind in links.kinds() {
        for (user_id, target, row) in rows_of(store, *kind, &concerned)? {
            let Some(person) = people.get_mut(&user_id) else { continue };
            let door = (*kind, target);
            // Without a unique index there may be several: the one that an import has given is known by its id.
            if !person.rows.contains_key(&door) || is_given_by_plan(&row.id, &user_id, &door) {
                person.rows.insert(door, row);
            }
        }
    }
    look_up_bought(store, &mut people, links)?;
    look_closer(store, &mut people, links, as_of)?;
    Ok(people)
}

fn held_plans(store: &mut Store, users: &[&str]) -> anyhow::Result<PeopleAccess> {
    let names = ["id", "userId", "membershipId", "startDate", "endDate", "status"];
    type Row = (String, String, String, Millis, Millis, String);
    let rows: Vec<Row> = store.columns(UserMembership::TABLE, &names, KeyFilter::keys("userId", users))?;
    let ids: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    let kept: Vec<(String, SourceRecordKind, String)> = store.columns(
        SourceRecord::TABLE,
        &["targetId", "kind", "written"],
        KeyFilter::keys("targetId", &ids),
    )?;
    let written = kept
        .into_iter()
        .filter(|(_, kind, written)| *kind == SourceRecordKind::Membership && !written.is_empty());
    let imported: HashSet<String> = written.map(|(target, ..)| target).collect();
    let mut people = PeopleAccess::new();
    for (id, user_id, plan, start, end, status) in rows {
        let is_imported = imported.contains(&id);
        let held = HeldPlan { id, plan, start, end, status, is_imported, is_edited: false };
        people.entry(user_id).or_default().plans.push(held);
    }
    Ok(people)
}

/// The rows of a kind that stand for some people: user, group or course or product, and the row.
fn rows_of(
    store: &mut Store,
    kind: AccessKind,
    users: &[&str],
) -> anyhow::Result<Vec<(String, String, AccessRow)>> {
    let among = KeyFilter::keys("userId", users);
    Ok(match kind {
        AccessKind::Group => {
            let names = ["id", "userId", "groupId", "role"];
            let rows: Vec<(String, String, String, String)> =
                store.columns(GroupMember::TABLE, &names, among)?;
            let row = |(id, user, group, role): (String, String, String, String)| {
                (user, group, AccessRow { id, is_as_given: role == "MEMBER" })
            };
            rows.into_iter().map(row).collect()
        }
        AccessKind::Course => {
            let names = ["id", "userId", "courseId", "progress", "completed", "transactionId"];
            type Row = (String, String, String, i64, bool, Option<String>);
            let rows: Vec<Row> = store.columns(CourseEnrollment::TABLE, &names, among)?;
            let row = |(id, user, course, progress, completed, transaction): Row| {
                let is_as_given = progress == 0 && !completed && transaction.is_none();
                (user, course, AccessRow { id, is_as_given })
            };
            rows.into_iter().map(row).collect()
        }
        AccessKind::Product => {
            use crate::domain::money::Money;
            let names = ["id", "userId", "productId", "price", "isActive", "expiresAt", "transactionId"];
            type Row = (String, String, String, Money, bool, Option<Millis>, Option<String>);
            let rows: Vec<Row> = store.columns(UserProduct::TABLE, &names, among)?;
            let row = |(id, user, product, price, is_active, expires, transaction): Row| {
                let is_as_given =
                    price == Money::ZERO && is_active && expires.is_none() && transaction.is_none();
                (user, product, AccessRow { id, is_as_given })
            };
            rows.into_iter().map(row).collect()
        }
    })
}

/// Reads what the people have bought to whom a plan opens a product: that follows from their orders alone.
fn look_up_bought(store: &mut Store, people: &mut PeopleAccess, links: &PlanLinks) -> anyhow::Result<()> {
    let opens_product =
        |held: &HeldPlan| links.doors(&held.plan).any(|(kind, _)| *kind == AccessKind::Product);
    let concerned = people.iter().filter(|(_, person)| person.plans.iter().any(opens_product));
    let users: Vec<String> = concerned.map(|(user, _)| user.clone()).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    for (user_id, product_id) in bought_products(store, &users)? {
        if let Some(person) = people.get_mut(&user_id) {
            person.bought.insert(product_id);
        }
    }
    Ok(())
}

/// Looks at which memberships the app has edited, of people whose membership no longer opens what it has opened.
fn look_closer(
    store: &mut Store,
    people: &mut PeopleAccess,
    links: &PlanLinks,
    as_of: Millis,
) -> anyhow::Result<()> {
    let is_shut = |person: &PersonAccess, door: &Door| {
        !person.plans.iter().any(|held| held.is_open(as_of) && links.opens(&held.plan, door))
    };
    let doubtful = people.iter().filter(|(_, person)| {
        person.record.iter().flat_map(|record| record.given.doors()).any(|door| is_shut(person, &door))
    });
    let users: Vec<String> = doubtful.map(|(user, _)| user.clone()).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let rows: Vec<UserMembership> = store.select_in("userId", &users)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut history: HashMap<String, Vec<SourceRecord>> = HashMap::new();
    for source in store.select_in::<SourceRecord>("targetId", &ids)? {
        if source.kind == SourceRecordKind::Membership {
            history.entry(source.target_id.clone()).or_default().push(source);
        }
    }
    let edited = rows.iter().filter(|row| {
        let kept = history.get(&row.id).map_or(&[][..], Vec::as_slice);
        !is_of_app(kept) && is_edited(row, kept)
    });
    let edited: HashSet<&str> = edited.map(|row| row.id.as_str()).collect();
    for held in people.values_mut().flat_map(|person| &mut person.plans) {
        held.is_edited = edited.contains(held.id.as_str());
    }
    Ok(())
}

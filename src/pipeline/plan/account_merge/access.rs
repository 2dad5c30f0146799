//! What stands open to a merged account, groups, courses and products, stands open to the other one. A row that a plan has
//! given is given anew under the id that plans give there; any other row moves as it is, with whatever somebody has
//! achieved in it. Where the other account has a row of its own, that stays, and this one does.

use std::collections::{BTreeMap, HashMap};

use crate::domain::date::Millis;
use crate::language::tr;
use crate::pipeline::plan::access_links::{AccessKind, Door};
use crate::pipeline::plan::access_rows::{closing, is_bought, is_given_by_plan, is_unchanged_gift, opening};
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::given_access::{AccessRecord, GivenAccess, GrantedAccess, record_change};
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{CourseEnrollment, GroupMember, GroupRole, SourceRecord, UserProduct};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// A row that opens a door to somebody.
#[derive(Clone, Debug)]
struct OpenDoor {
    id: String,
    user_id: String,
    door: Door,
    since: Millis,
    /// Whether it says nothing but that the door is open, as a plan has opened it.
    is_plain: bool,
    /// Whether an order has bought it, or would have, had nobody changed it since.
    is_changed_purchase: bool,
}

/// What stands open to two accounts, and what is kept of how that came about.
#[derive(Debug)]
pub(crate) struct AccessMove {
    open: Vec<OpenDoor>,
    records: HashMap<String, AccessRecord>,
    /// Why not all of it can move.
    pub(crate) obstacles: Vec<String>,
}

/// The rows that a merge leaves where they are, by table: the kept account has one of its own.
pub(crate) type RowsLeft = BTreeMap<&'static str, u64>;

impl AccessMove {
    /// Reads what stands open to both.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn look_up(store: &mut Store, accounts: &Accounts) -> anyhow::Result<Self> {
        let users = accounts.ids();
        let mut open = Vec::new();
        open.extend(store.select_in::<GroupMember>("userId", &users)?.into_iter().map(of_group));
        open.extend(store.select_in::<CourseEnrollment>("userId", &users)?.into_iter().map(of_course));
        open.extend(store.select_in::<UserProduct>("userId", &users)?.into_iter().map(of_product));
        let of_kind = Some(("kind", SourceRecordKind::Access.as_str()));
        let (mut records, mut obstacles) = (HashMap::new(), Vec::new());
        for stored in store.select_among::<SourceRecord>(of_kind, "sourceKey", &users)? {
            let user_id = stored.source_key.clone();
            match AccessRecord::parse(stored) {
                Ok(record) => drop(records.insert(user_id, record)),
                Err(_) => {
                    obstacles.push(tr!("what was opened by plans was kept by a later version").to_owned())
                }
            }
        }
        let of_other = |row: &&OpenDoor| row.user_id == accounts.other.id;
        if open.iter().filter(of_other).any(|row| row.is_changed_purchase) {
            obstacles.push(tr!("a product that an order has bought was changed in the app").to_owned());
        }
        Ok(Self { open, records, obstacles })
    }

    /// Plans that it stands open to the kept account, and counts what stays.
    ///
    /// # Errors
    /// Only a bug: what is kept cannot be written.
    pub(crate) fn plan(
        &self,
        accounts: &Accounts,
        written_at: Millis,
    ) -> anyhow::Result<(Vec<Change>, RowsLeft)> {
        let (kept, other) = (accounts.kept.id.as_str(), accounts.other.id.as_str());
        let stands =
            |user: &str, door: &Door| self.open.iter().any(|row| row.user_id == user && row.door == *door);
        let given_to = |user: &str| self.records.get(user).map(|record| record.given.clone());
        let (theirs, mut mine) = (given_to(other).unwrap_or_default(), given_to(kept).unwrap_or_default());
        let (mut changes, mut left) = (Vec::new(), RowsLeft::new());
        for row in self.open.iter().filter(|row| row.user_id == other) {
            let is_given = is_given_by_plan(&row.id, other, &row.door) && row.is_plain;
            if is_bought(&row.id, other, (row.door.0, &row.door.1)) {
                continue;
            }
            match (stands(kept, &row.door), is_given) {
                (true, true) => changes.push(closing(row.door.0, &row.id)),
                (true, false) => *left.entry(row.door.0.table().name).or_default() += 1,
                (false, true) => {
                    changes.push(closing(row.door.0, &row.id));
                    changes.push(opening(kept, &row.door, row.since, row.since, written_at));
                }
                (false, false) => changes.push(given_to_user(row, kept, written_at)),
            }
        }
        for door in theirs.doors() {
            inherit(&mut mine, &door, theirs.get(&door), stands(kept, &door));
        }
        for (user, given) in [(kept, &mine), (other, &GivenAccess::default())] {
            changes.extend(record_change(user, self.records.get(user), given, written_at)?);
        }
        Ok((changes, left))
    }
}

/// Keeps how a door was opened to the one account, unless the other knows of the door by itself.
fn inherit(mine: &mut GivenAccess, door: &Door, given: Option<&GrantedAccess>, stands_already: bool) {
    if let Some(given) = given.filter(|_| mine.get(door).is_none() && !stands_already) {
        mine.keep(door, given.clone());
    }
}

fn of_group(row: GroupMember) -> OpenDoor {
    OpenDoor {
        is_plain: row.role == GroupRole::Member,
        id: row.id,
        user_id: row.user_id,
        door: (AccessKind::Group, row.group_id),
        since: row.joined_at,
        is_changed_purchase: false,
    }
}

fn of_course(row: CourseEnrollment) -> OpenDoor {
    OpenDoor {
        is_plain: row.progress == 0 && !row.completed && row.transaction_id.is_none(),
        id: row.id,
        user_id: row.user_id,
        door: (AccessKind::Course, row.course_id),
        since: row.created_at,
        is_changed_purchase: false,
    }
}

fn of_product(row: UserProduct) -> OpenDoor {
    let door = (AccessKind::Product, row.product_id.clone());
    OpenDoor {
        is_plain: is_unchanged_gift(&row),
        is_changed_purchase: is_bought(&row.id, &row.user_id, (door.0, &door.1))
            && (!row.is_active || row.expires_at.is_some()),
        id: row.id,
        user_id: row.user_id,
        door,
        since: row.purchase_date,
    }
}

/// The change by which a row opens its door to another user.
fn given_to_user(row: &OpenDoor, user_id: &str, written_at: Millis) -> Change {
    let user = || ("userId", Value::Text(user_id.to_owned()));
    let dated = || vec![user(), ("updatedAt", Value::Time(written_at))];
    let change = match row.door.0 {
        AccessKind::Group => Change::update::<GroupMember>(&row.id, vec![user()]),
        AccessKind::Course => Change::update::<CourseEnrollment>(&row.id, dated()),
        AccessKind::Product => Change::update::<UserProduct>(&row.id, dated()),
    };
    change.if_unchanged("userId", Value::Text(row.user_id.clone()))
}

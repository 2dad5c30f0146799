//! The rows by which a person gets into a group, a course or a product, as a plan gives them.

use crate::domain::date::Millis;
use crate::domain::ids::{id_for, is_id_of};
use crate::domain::money::Money;
use crate::pipeline::plan::access_links::{AccessKind, Door};
use crate::store::codec::record::Record as _;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{CourseEnrollment, GroupMember, GroupRole, UserProduct};

/// A row that opens a door to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessRow {
    /// The row's id.
    pub(crate) id: String,
    /// Whether all that an import has written into it still stands there.
    pub(crate) is_as_given: bool,
}

/// Whether a row's id is one that plans give, whatever the membership's start.
pub(super) fn is_given_by_plan(id: &str, user_id: &str, (kind, target): &Door) -> bool {
    let key = key(user_id, target);
    is_id_of(id, kind.table().name, &key) && !is_bought(id, user_id, (*kind, target))
}

/// Whether a row's id is that of a product which an order has bought.
pub(super) fn is_bought(id: &str, user_id: &str, (kind, target): (AccessKind, &str)) -> bool {
    kind == AccessKind::Product && id == id_for(UserProduct::TABLE.name, &key(user_id, target), Millis(0))
}

/// Whether a plan has given this product, and nobody has changed that since: an order that buys it takes its place.
pub(super) fn is_unchanged_gift(row: &UserProduct) -> bool {
    let door = (AccessKind::Product, row.product_id.clone());
    is_given_by_plan(&row.id, &row.user_id, &door)
        && row.transaction_id.is_none()
        && row.price == Money::ZERO
        && row.is_active
}

/// The new row that opens a door to a person from `start` on. `made_of` tells the ids of rows apart that were given at
/// different times.
pub(super) fn opening(
    user_id: &str,
    (kind, target): &Door,
    start: Millis,
    made_of: Millis,
    written_at: Millis,
) -> Change {
    let id = id_for(kind.table().name, &key(user_id, target), made_of);
    let (user_id, target) = (user_id.to_owned(), target.clone());
    match kind {
        AccessKind::Group => Change::insert(GroupMember {
            id,
            group_id: target,
            user_id,
            role: GroupRole::Member,
            joined_at: start,
        }),
        AccessKind::Course => Change::insert(CourseEnrollment {
            id,
            course_id: target,
            user_id,
            progress: 0,
            completed: false,
            transaction_id: None,
            created_at: start,
            updated_at: written_at,
        }),
        AccessKind::Product => Change::insert(UserProduct {
            id,
            user_id,
            product_id: target,
            purchase_date: start,
            expires_at: None,
            is_active: true,
            price: Money::ZERO,
            transaction_id: None,
            created_at: start,
            updated_at: written_at,
        }),
    }
}

/// The deletion of a row that opens a door.
pub(super) fn closing(kind: AccessKind, id: &str) -> Change {
    match kind {
        AccessKind::Group => Change::delete::<GroupMember>(id),
        AccessKind::Course => Change::delete::<CourseEnrollment>(id),
        AccessKind::Product => Change::delete::<UserProduct>(id),
    }
}

fn key(user_id: &str, target: &str) -> String {
    format!("{user_id}/{target}")
}

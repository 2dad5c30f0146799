//! What the app's pages read of people: users, memberships, groups, courses, products.

use std::collections::HashMap;

use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Cell;
use crate::store::schema::tables::{
    CourseEnrollment, GroupMember, User, UserCourseProgress, UserMembership, UserProduct,
};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// The people that are read at once; not more than the keys of one query.
const PAGE: usize = 4_000;

/// The next people behind an id, by id: those whom imports have created, and those who were in the app and whom imports
/// have recognised.
pub(crate) fn people_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<User>> {
    let tail = format!(
        "WHERE \"id\" > ? AND (\"importSource\" = 'SEJOLI' OR EXISTS (SELECT 1 FROM \"SejoliIdentity\" i \
         WHERE i.\"userId\" = \"User\".\"id\")) ORDER BY \"id\" LIMIT {PAGE}"
    );
    store.select(&tail, &[Cell::Text(after.to_owned())])
}

/// The rows that the pages read of some people, by the user's id.
#[derive(Debug, Default)]
pub(crate) struct RowsOfPeople {
    /// Their memberships, running or not.
    pub(crate) memberships: HashMap<String, Vec<UserMembership>>,
    /// The groups in which they are.
    pub(crate) groups: HashMap<String, Vec<String>>,
    /// The courses in which they are enrolled.
    pub(crate) courses: HashMap<String, Vec<String>>,
    /// The products that are shown to them.
    pub(crate) products: HashMap<String, Vec<String>>,
    /// The courses about which they would be reminded.
    pub(crate) progress: HashMap<String, Vec<String>>,
}

/// Reads the rows of these people; a table that is missing says nothing.
pub(crate) fn rows_of(store: &mut Store, users: &[&str]) -> anyhow::Result<RowsOfPeople> {
    let mut rows = RowsOfPeople::default();
    for row in store.select_in::<UserMembership>("userId", users)? {
        rows.memberships.entry(row.user_id.clone()).or_default().push(row);
    }
    rows.groups = pairs(store, GroupMember::TABLE, "groupId", users)?;
    rows.courses = pairs(store, CourseEnrollment::TABLE, "courseId", users)?;
    rows.progress = pairs(store, UserCourseProgress::TABLE, "courseId", users)?;
    if store.has_table(UserProduct::TABLE.name) {
        let names = ["userId", "productId", "isActive"];
        for (user, product, is_active) in store.columns::<(String, String, bool)>(
            UserProduct::TABLE,
            &names,
            KeyFilter::keys("userId", users),
        )? {
            if is_active {
                rows.products.entry(user).or_default().push(product);
            }
        }
    }
    Ok(rows)
}

fn pairs(
    store: &mut Store,
    table: &'static Table,
    column: &str,
    users: &[&str],
) -> anyhow::Result<HashMap<String, Vec<String>>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    if store.has_table(table.name) {
        for (user, other) in
            store.columns::<(String, String)>(table, &["userId", column], KeyFilter::keys("userId", users))?
        {
            found.entry(user).or_default().push(other);
        }
    }
    Ok(found)
}

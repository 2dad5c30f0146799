//! What the app's pages read of people: users, memberships, groups, courses, products.

use std::collections::HashMap;

use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Cell;
use crate::store::queries::answers::grouped;
use crate::store::queries::rows::{KeyPage, Page};
use crate::store::schema::tables::{CourseEnrollment, GroupMember, User, UserCourseProgress, UserProduct};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::{DeferredQuery, Together as _};
use crate::store::session::store::Store;

/// The people that are read at once; not more than the keys of one query.
const PAGE: usize = 4_000;

/// The condition of a user's row whom imports have created, or who was in the app and whom imports have recognised.
pub(super) const IS_IMPORTED: &str = "(COALESCE(\"User\".\"importSource\", '') = 'SEJOLI' OR EXISTS \
     (SELECT 1 FROM \"SejoliIdentity\" i WHERE i.\"userId\" = \"User\".\"id\"))";

/// The next people behind an id, by id: those whom imports have created, and those who were in the app and whom imports
/// have recognised.
pub(crate) fn people_after(store: &Store, after: &str) -> DeferredQuery<'static, Page<User>> {
    let tail = format!("WHERE \"id\" > ? AND {IS_IMPORTED} ORDER BY \"id\" LIMIT {PAGE}");
    let rows = store.rows_where(&tail, vec![Cell::Text(after.to_owned())]);
    rows.map(|rows: Vec<User>| KeyPage::page(PAGE, rows, |user| user.id.clone()))
}

/// The rows that the pages read of some people, by the user's id.
#[derive(Debug, Default)]
pub(crate) struct RowsOfPeople {
    /// The groups in which they are.
    pub(crate) groups: HashMap<String, Vec<String>>,
    /// The courses in which they are enrolled.
    pub(crate) courses: HashMap<String, Vec<String>>,
    /// The products that are shown to them.
    pub(crate) products: HashMap<String, Vec<String>>,
    /// The courses about which they would be reminded.
    pub(crate) progress: HashMap<String, Vec<String>>,
}

/// The rows of these people; a table that is missing says nothing.
pub(crate) fn rows_of(store: &Store, users: &[&str]) -> DeferredQuery<'static, RowsOfPeople> {
    let names = ["userId", "productId", "isActive"];
    let products = match store.has_table(UserProduct::TABLE.name) {
        true => store.columns_in(UserProduct::TABLE, &names, KeyFilter::keys("userId", users)),
        false => DeferredQuery::known(Vec::new()),
    };
    let shown = products.map(|rows: Vec<(String, String, bool)>| {
        grouped(rows.into_iter().filter(|row| row.2).map(|(user, product, _)| (user, product)))
    });
    let all = (
        pairs(store, GroupMember::TABLE, "groupId", users),
        pairs(store, CourseEnrollment::TABLE, "courseId", users),
        shown,
        pairs(store, UserCourseProgress::TABLE, "courseId", users),
    );
    all.together().map(|(groups, courses, products, progress)| RowsOfPeople {
        groups,
        courses,
        products,
        progress,
    })
}

fn pairs(
    store: &Store,
    table: &'static Table,
    column: &str,
    users: &[&str],
) -> DeferredQuery<'static, HashMap<String, Vec<String>>> {
    if !store.has_table(table.name) {
        return DeferredQuery::known(HashMap::new());
    }
    let rows = store.columns_in(table, &["userId", column], KeyFilter::keys("userId", users));
    rows.map(|rows: Vec<(String, String)>| grouped(rows.into_iter()))
}

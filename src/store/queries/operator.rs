//! What the operator has to know of the app around an import: whom its jobs would write to, and what its schema shows.

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::queries::answers::count;
use crate::store::schema::tables::{
    AffiliateProfile, MembershipCourse, MembershipGroup, MembershipProduct, Transaction, User,
    UserCourseProgress, UserMembership,
};
use crate::store::session::store::Store;

/// Imported orders that wait for their payment and were placed at a time or later.
pub(crate) fn pending_since(store: &mut Store, since: Millis) -> anyhow::Result<u64> {
    let placeholder = store.placeholder(Transaction::TABLE, "createdAt")?;
    let sql = format!(
        "SELECT count(*) FROM \"Transaction\" WHERE \"status\" = 'PENDING' AND \"createdAt\" >= {placeholder} \
         AND \"externalId\" {}",
        store.of_sejoli()
    );
    let since = store.encode(Value::Time(since));
    count(&store.query(&sql, &[since])?)
}

/// Imported memberships that are ACTIVE and end before a time.
pub(crate) fn active_ending_before(store: &mut Store, end: Millis) -> anyhow::Result<u64> {
    let placeholder = store.placeholder(UserMembership::TABLE, "endDate")?;
    let sql = format!(
        "SELECT count(*) FROM \"UserMembership\" WHERE \"status\" = 'ACTIVE' AND \"externalId\" IS NOT NULL \
         AND \"endDate\" < {placeholder}"
    );
    let end = store.encode(Value::Time(end));
    count(&store.query(&sql, &[end])?)
}

/// How many people imports have created.
pub(crate) fn imported_people(store: &mut Store) -> anyhow::Result<u64> {
    count(&store.query("SELECT count(*) FROM \"User\" WHERE \"importSource\" = 'SEJOLI'", &[])?)
}

/// How many of them lack the province or the city; nothing where the app does not ask.
pub(crate) fn people_without_place(store: &mut Store) -> anyhow::Result<Option<u64>> {
    if !has_columns(store, User::TABLE.name, &["province", "city"]) {
        return Ok(None);
    }
    let sql = "SELECT count(*) FROM \"User\" WHERE \"importSource\" = 'SEJOLI' \
               AND (\"province\" IS NULL OR \"city\" IS NULL)";
    count(&store.query(sql, &[])?).map(Some)
}

/// The greatest member code as a text, as the app looks for it; nothing where the app has no codes.
pub(crate) fn greatest_member_code(store: &mut Store) -> anyhow::Result<Option<Option<String>>> {
    if !has_columns(store, User::TABLE.name, &["memberCode"]) {
        return Ok(None);
    }
    let rows = store.query("SELECT max(\"memberCode\") FROM \"User\"", &[])?;
    Ok(Some(rows.into_iter().flatten().next().and_then(Cell::into_text)))
}

/// How far imported people have come in courses, which the reminders to learn go by: number of rows; nothing where the
/// app keeps none.
pub(crate) fn imported_course_progress(store: &mut Store) -> anyhow::Result<Option<u64>> {
    if !store.has_table(UserCourseProgress::TABLE.name) {
        return Ok(None);
    }
    let sql = "SELECT count(*) FROM \"UserCourseProgress\" p JOIN \"User\" u ON u.\"id\" = p.\"userId\" \
               WHERE u.\"importSource\" = 'SEJOLI'";
    count(&store.query(sql, &[])?).map(Some)
}

/// The profiles of imported affiliates whose id is not their user's.
pub(crate) fn profiles_with_own_id(store: &mut Store) -> anyhow::Result<u64> {
    let sql = "SELECT count(*) FROM \"AffiliateProfile\" p JOIN \"SejoliAffiliateMapping\" m \
               ON m.\"eksporyukUserId\" = p.\"userId\" WHERE p.\"id\" <> p.\"userId\"";
    count(&store.query(sql, &[])?)
}

/// A plan with the number of people who have an imported membership of it that is not over.
#[derive(Clone, Debug)]
pub(crate) struct UnlinkedPlan {
    /// What the app calls it.
    pub(crate) name: String,
    /// How many people.
    pub(crate) people: u64,
}

/// The plans that open neither a group, a course nor a product, and that imported people have; nothing where the app has
/// no table for links.
pub(crate) fn unlinked_plans(store: &mut Store, as_of: Millis) -> anyhow::Result<Vec<UnlinkedPlan>> {
    let links = [MembershipGroup::TABLE, MembershipCourse::TABLE, MembershipProduct::TABLE];
    let kept = links.iter().filter(|table| store.has_table(table.name));
    let unlinked: String = kept
        .map(|table| {
            format!(
                " AND NOT EXISTS (SELECT 1 FROM \"{}\" l WHERE l.\"membershipId\" = p.\"id\")",
                table.name
            )
        })
        .collect();
    if unlinked.is_empty() {
        return Ok(Vec::new());
    }
    let placeholder = store.placeholder(UserMembership::TABLE, "endDate")?;
    let sql = format!(
        "SELECT p.\"name\", count(DISTINCT m.\"userId\") FROM \"UserMembership\" m \
         JOIN \"Membership\" p ON p.\"id\" = m.\"membershipId\" \
         WHERE m.\"externalId\" IS NOT NULL AND m.\"endDate\" > {placeholder}{unlinked} \
         GROUP BY p.\"id\", p.\"name\" ORDER BY p.\"name\""
    );
    let as_of = store.encode(Value::Time(as_of));
    let plan = |row: Vec<Cell>| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(name), Cell::Int(people)]) => {
            Some(UnlinkedPlan { name, people: people.unsigned_abs() })
        }
        _ => None,
    };
    Ok(store.query(&sql, &[as_of])?.into_iter().filter_map(plan).collect())
}

/// Whether the app keeps a person to one row of a plan.
pub(crate) fn has_one_membership_a_plan(store: &Store) -> bool {
    let catalogue = store.loaded_catalogue();
    let indexes = catalogue.get(UserMembership::TABLE.name).map(|shape| shape.indexes.as_slice());
    indexes.unwrap_or_default().iter().any(|index| {
        index.unique
            && index.columns.len() == 2
            && index.columns.iter().any(|column| column == "membershipId")
    })
}

/// Whether a table has these columns, which the tool itself never reads or writes.
fn has_columns(store: &Store, table: &str, columns: &[&str]) -> bool {
    let catalogue = store.loaded_catalogue();
    let shape = catalogue.get(table);
    shape.is_some_and(|shape| columns.iter().all(|column| shape.column(column).is_some()))
}

/// An affiliate's code in Sejoli and in the app.
#[derive(Clone, Debug)]
pub(crate) struct AffiliateCodes {
    /// Sejoli's code, which is the number of the WordPress user.
    pub(crate) sejoli: String,
    /// The code that the app knows the affiliate by.
    pub(crate) app: String,
}

/// The codes of verified affiliates, in the order of Sejoli's.
pub(crate) fn affiliate_codes(store: &mut Store) -> anyhow::Result<Vec<AffiliateCodes>> {
    let sql = format!(
        "SELECT m.\"sejoliAffiliateCode\", p.\"affiliateCode\" FROM \"SejoliAffiliateMapping\" m \
         JOIN \"{}\" p ON p.\"userId\" = m.\"eksporyukUserId\" WHERE m.\"mappingStatus\" = 'VERIFIED' \
         ORDER BY m.\"sejoliAffiliateCode\"",
        AffiliateProfile::TABLE.name
    );
    let codes = |row: Vec<Cell>| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(sejoli), Cell::Text(app)]) => Some(AffiliateCodes { sejoli, app }),
        _ => None,
    };
    Ok(store.query(&sql, &[])?.into_iter().filter_map(codes).collect())
}

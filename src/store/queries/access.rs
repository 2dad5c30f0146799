//! Who has an imported membership, and whom imports have given what plans open.

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::queries::answers::texts;
use crate::store::queries::rows::KeyPage;
use crate::store::schema::tables::UserMembership;
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// How many kept rows are read at once.
const PAGE: usize = 4_000;

/// The person whose membership an imported source row became.
#[derive(Debug)]
pub(crate) struct ImportedMember {
    /// The source row's key.
    pub(crate) source_key: String,
    /// The user's id.
    pub(crate) user_id: String,
}

/// The next people whose memberships imports have written, by the keys of the memberships' source rows; none behind the
/// last one. Somebody with several rows is there several times.
pub(crate) fn imported_members_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<ImportedMember>> {
    let sql = format!(
        "SELECT s.\"sourceKey\", m.\"userId\" FROM \"SejoliSourceRecord\" s \
         JOIN \"UserMembership\" m ON m.\"id\" = s.\"targetId\" \
         WHERE s.\"kind\" = 'membership' AND s.\"written\" <> '' AND s.\"sourceKey\" > ? \
         ORDER BY s.\"sourceKey\" LIMIT {PAGE}"
    );
    let member = |row: Vec<Cell>| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(source_key), Cell::Text(user_id)]) => Some(ImportedMember { source_key, user_id }),
        _ => None,
    };
    Ok(store.query(&sql, &[Cell::Text(after.to_owned())])?.into_iter().filter_map(member).collect())
}

/// The next users behind `after` of whom it is kept what plans have opened to them, in the order of their ids.
pub(crate) fn users_with_record_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<String>> {
    let page = KeyPage { key: "sourceKey", after, limit: PAGE };
    let narrowed = format!("\"kind\" = '{}' AND ", SourceRecordKind::Access.as_str());
    let sql = format!("SELECT \"sourceKey\" FROM \"SejoliSourceRecord\" {}", page.tail(&narrowed));
    Ok(texts(store.query(&sql, &page.cells())?).collect())
}

/// How many people have an imported membership of a plan that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanMembers {
    /// The id of the plan, which is a `Membership` of the app.
    pub(crate) membership_id: String,
    /// How many people.
    pub(crate) people: i64,
}

/// How many people have imported memberships that end after `as_of`, by plan and in the order of the plans' ids.
pub(crate) fn members_by_plan(store: &mut Store, as_of: Millis) -> anyhow::Result<Vec<PlanMembers>> {
    let placeholder = store.placeholder(UserMembership::TABLE, "endDate")?;
    let sql = format!(
        "SELECT m.\"membershipId\", count(DISTINCT m.\"userId\") FROM \"UserMembership\" m \
         JOIN \"SejoliSourceRecord\" s ON s.\"targetId\" = m.\"id\" \
         WHERE s.\"kind\" = 'membership' AND s.\"written\" <> '' AND m.\"endDate\" > {placeholder} \
         GROUP BY m.\"membershipId\" ORDER BY m.\"membershipId\""
    );
    let time = store.encode(Value::Time(as_of));
    let counted = |row: Vec<Cell>| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(membership_id), Cell::Int(people)]) => Some(PlanMembers { membership_id, people }),
        _ => None,
    };
    Ok(store.query(&sql, &[time])?.into_iter().filter_map(counted).collect())
}

//! The app's memberships.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::queries::answers::{count, grouped, texts};
use crate::store::schema::tables::UserMembership;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// How many memberships have a status.
#[derive(Clone, Debug)]
pub(crate) struct StatusCount {
    /// The status.
    pub(crate) status: String,
    /// How many memberships.
    pub(crate) memberships: i64,
}

/// The memberships that imports have made, counted by status and in its order.
pub(crate) fn counts_by_status(store: &mut Store) -> anyhow::Result<Vec<StatusCount>> {
    let sql = "SELECT \"status\", count(*) FROM \"UserMembership\" WHERE \"externalId\" IS NOT NULL \
               GROUP BY \"status\" ORDER BY \"status\"";
    let counted = |row: Vec<Cell>| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(status), Cell::Int(memberships)]) => Some(StatusCount { status, memberships }),
        _ => None,
    };
    Ok(store.query(sql, &[])?.into_iter().filter_map(counted).collect())
}

/// The memberships of these people, running or not, by the user's id.
pub(crate) fn of_users(
    store: &Store,
    users: &[&str],
) -> DeferredQuery<'static, HashMap<String, Vec<UserMembership>>> {
    store
        .rows_in("userId", users)
        .map(|rows: Vec<UserMembership>| grouped(rows.into_iter().map(|row| (row.user_id.clone(), row))))
}

/// Whether a membership stands that was made of a source row which is kept of the membership with this id: the same
/// membership under another id.
pub(crate) fn stands_under_another_id(store: &mut Store, id: &str) -> anyhow::Result<bool> {
    let sql = "SELECT count(*) FROM \"SejoliSourceRecord\" s JOIN \"UserMembership\" m \
               ON m.\"externalId\" = s.\"sourceKey\" WHERE s.\"targetId\" = ?";
    Ok(count(&store.query(sql, &[Cell::Text(id.to_owned())])?)? > 0)
}

/// The ids of the users who have several memberships, or one that is EXPIRED before its end, in order.
pub(crate) fn users_to_choose_for(store: &mut Store, as_of: Millis) -> anyhow::Result<Vec<String>> {
    let placeholder = store.placeholder(UserMembership::TABLE, "endDate")?;
    let sql = format!(
        "SELECT \"userId\" FROM \"UserMembership\" GROUP BY \"userId\" HAVING count(*) > 1 OR \
         max(CASE WHEN \"status\" = 'EXPIRED' AND \"endDate\" > {placeholder} THEN 1 ELSE 0 END) = 1"
    );
    let time = store.encode(Value::Time(as_of));
    let found = store.over_whole_tables(|store| store.query(&sql, &[time]))?;
    let mut users: Vec<String> = texts(found).collect();
    users.sort_unstable();
    Ok(users)
}

//! Users of the app.

use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::answers::count;
use crate::store::schema::tables::{Role, User};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// How a user of the app can be recognised and reached.
#[derive(Clone, Debug)]
pub(crate) struct UserContact {
    /// The user's id.
    pub(crate) id: String,
    /// The e-mail address, as it is stored.
    pub(crate) email: String,
    /// The name; empty where there is none.
    pub(crate) name: String,
    /// The phone number, as it is stored.
    pub(crate) phone: Option<String>,
    /// The WhatsApp number, as it is stored.
    pub(crate) whatsapp: Option<String>,
}

/// How many users the app has; `None` where there is no table of users yet.
pub(crate) fn how_many(store: &mut Store) -> anyhow::Result<Option<u64>> {
    if !store.has_table(User::TABLE.name) {
        return Ok(None);
    }
    count(&store.query("SELECT count(*) FROM \"User\"", &[])?).map(Some)
}

/// All users who have an e-mail address, by id.
pub(crate) fn contacts(store: &mut Store) -> anyhow::Result<impl Iterator<Item = UserContact> + use<>> {
    contacts_where(store, "")
}

/// The users who have an e-mail address and whom no import has created, by id.
pub(crate) fn contacts_not_imported(
    store: &mut Store,
) -> anyhow::Result<impl Iterator<Item = UserContact> + use<>> {
    contacts_where(store, "WHERE \"importSource\" IS NULL")
}

fn contacts_where(
    store: &mut Store,
    condition: &str,
) -> anyhow::Result<impl Iterator<Item = UserContact> + use<>> {
    let sql = format!(
        "SELECT \"id\", \"email\", \"name\", \"phone\", \"whatsapp\" FROM \"User\" {condition} ORDER BY \"id\""
    );
    let contact = |row: Vec<Cell>| match <[Cell; 5]>::try_from(row) {
        Ok([Cell::Text(id), Cell::Text(email), name, phone, whatsapp]) => Some(UserContact {
            id,
            email,
            name: name.into_text().unwrap_or_default(),
            phone: phone.into_text(),
            whatsapp: whatsapp.into_text(),
        }),
        _ => None,
    };
    Ok(store.query(&sql, &[])?.into_iter().filter_map(contact))
}

/// A user's role.
#[derive(Clone, Debug)]
pub(crate) struct UserRank {
    /// The user's id.
    pub(crate) id: String,
    /// The role.
    pub(crate) role: Role,
}

/// The users whose role is not the lowest, in no order.
pub(crate) fn above_lowest_role(store: &mut Store) -> anyhow::Result<Vec<UserRank>> {
    let lowest = Cell::Text(Role::MemberFree.as_str().to_owned());
    // Concatenation makes a text of the role, which is an enum on PostgreSQL.
    let tail = "WHERE concat(\"role\", '') <> ?";
    let rows = store.columns_where(User::TABLE, &["id", "role"], tail, &[lowest])?;
    Ok(rows.into_iter().map(|(id, role)| UserRank { id, role }).collect())
}

/// The ids of up to 100 users who have the lowest role and an imported membership that is running, and whose role no
/// import has raised.
pub(crate) fn members_of_lowest_role(store: &Store) -> DeferredQuery<'static, Vec<String>> {
    running_members_of_lowest_role(store, "NOT EXISTS")
}

/// The same whose role an import has raised: the app has lowered it since.
pub(crate) fn members_lowered_by_app(store: &Store) -> DeferredQuery<'static, Vec<String>> {
    running_members_of_lowest_role(store, "EXISTS")
}

fn running_members_of_lowest_role(store: &Store, raised: &str) -> DeferredQuery<'static, Vec<String>> {
    let sql = format!(
        "SELECT DISTINCT u.\"id\" FROM \"UserMembership\" m JOIN \"User\" u ON u.\"id\" = m.\"userId\" \
         WHERE m.\"status\" = 'ACTIVE' AND m.\"externalId\" IS NOT NULL AND u.\"role\" = 'MEMBER_FREE' AND {raised} \
         (SELECT 1 FROM \"SejoliIdentity\" i WHERE i.\"userId\" = u.\"id\" AND i.\"raisedRole\" = true) LIMIT 100"
    );
    store.texts("UserMembership", sql, Vec::new())
}

/// The ids of up to 100 users to whom an import has given the role of a member and who have no membership that runs.
pub(crate) fn raised_without_membership(store: &Store) -> DeferredQuery<'static, Vec<String>> {
    // Each user's own memberships are looked at: as a list, all running ones do not fit into what PostgreSQL keeps in memory,
    // and it would go through the list for each user. By an index of the status, SQLite would do the same.
    let sql = "SELECT DISTINCT u.\"id\" FROM \"SejoliIdentity\" i JOIN \"User\" u ON u.\"id\" = i.\"userId\" \
               WHERE i.\"raisedRole\" = true AND u.\"role\" = 'MEMBER_PREMIUM' AND NOT EXISTS \
               (SELECT 1 FROM \"UserMembership\" m WHERE m.\"userId\" = u.\"id\" \
               AND concat(m.\"status\", '') = 'ACTIVE') LIMIT 100";
    store.texts("SejoliIdentity", sql.to_owned(), Vec::new())
}

/// The ids of up to 100 users whom imports have created, who have more than the lowest role and no
/// membership, and are no affiliates either.
pub(crate) fn higher_roles_without_membership(store: &Store) -> DeferredQuery<'static, Vec<String>> {
    let sql = "SELECT u.\"id\" FROM \"User\" u WHERE u.\"importSource\" = 'SEJOLI' AND u.\"role\" <> 'MEMBER_FREE' \
               AND NOT EXISTS (SELECT 1 FROM \"UserMembership\" m WHERE m.\"userId\" = u.\"id\") \
               AND NOT (u.\"role\" = 'AFFILIATE' \
               AND EXISTS (SELECT 1 FROM \"AffiliateProfile\" p WHERE p.\"userId\" = u.\"id\")) LIMIT 100";
    store.texts("User", sql.to_owned(), Vec::new())
}

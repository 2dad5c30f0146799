//! Users whom an import has created and whose last row a correction of the source has moved away: a fresh import of
//! the corrected files would not create them, so they are deleted. A user of the app's own never is.

use std::collections::{BTreeSet, HashSet};

use crate::domain::books::TableTally;
use crate::domain::date::Millis;
use crate::store::codec::record::{Record as _, Table};
use crate::store::history::journal;
use crate::store::history::journal::{Change, Image};
use crate::store::history::runs::Run;
use crate::store::queries;
use crate::store::schema::tables::{
    AffiliateLink, AffiliateMapping, AffiliateProfile, CourseEnrollment, GroupMember, Identity, JOURNALED,
    Transaction, User, UserMembership, UserProduct, UserRole, Wallet,
};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// The tables that an import writes and whose rows belong to a user. They are asked even where the database has no
/// foreign key that says so.
const OWNED: [(&Table, &str); 10] = [
    (Transaction::TABLE, "userId"),
    (UserMembership::TABLE, "userId"),
    (UserProduct::TABLE, "userId"),
    (UserRole::TABLE, "userId"),
    (AffiliateProfile::TABLE, "userId"),
    (Wallet::TABLE, "userId"),
    (AffiliateMapping::TABLE, "eksporyukUserId"),
    (AffiliateLink::TABLE, "userId"),
    (GroupMember::TABLE, "userId"),
    (CourseEnrollment::TABLE, "userId"),
];

/// The users whom a run has taken rows away from, by its journal; nobody is looked for where it has moved none.
///
/// # Errors
/// The database's errors.
pub(crate) fn deprived_users(store: &mut Store, run: &Run) -> anyhow::Result<BTreeSet<String>> {
    let tables = run.checkpoint.books.iter().flat_map(|(_, books)| &books.tables);
    let moved = |(table, tally): (&String, &TableTally)| {
        (table == Transaction::TABLE.name || table == UserMembership::TABLE.name)
            && tally.updated + tally.deleted > 0
    };
    let mut users = BTreeSet::new();
    if !tables.into_iter().any(moved) {
        return Ok(users);
    }
    for id in queries::journal::entry_ids(store, &run.id)? {
        let Some(entry) = queries::journal::entry(store, &id)? else { continue };
        users.extend(journal::decode(&entry.images)?.iter().filter_map(owner_before));
    }
    Ok(users)
}

/// The user whose row was changed or deleted, if the image says so.
fn owner_before(image: &Image) -> Option<String> {
    let table = JOURNALED[image.table()];
    let (_, column) = OWNED.iter().find(|(owned, _)| owned.name == table.name)?;
    image.text_before(column).map(str::to_owned)
}

/// The deletion of those among these users whom an import has created, whom nobody has edited and to whom nothing
/// refers any more, with the decisions on them.
///
/// # Errors
/// The database's errors.
pub(crate) fn deletions(store: &mut Store, users: &BTreeSet<String>) -> anyhow::Result<Vec<Change>> {
    let ids: Vec<&str> = users.iter().map(String::as_str).collect();
    let starts: HashSet<Millis> = queries::runs::starts(store)?.into_iter().collect();
    let mut found: Vec<User> = store.select_in("id", &ids)?;
    found.retain(|user| user.import_source.as_deref() == Some("SEJOLI") && starts.contains(&user.updated_at));
    let ids: Vec<&str> = found.iter().map(|user| user.id.as_str()).collect();
    let needed = still_needed(store, &ids)?;
    let abandoned: Vec<&str> = ids.into_iter().filter(|id| !needed.contains(*id)).collect();
    let identities: Vec<Identity> = store.select_in("userId", &abandoned)?;
    let users = abandoned.into_iter().map(Change::delete::<User>);
    Ok(identities.iter().map(|identity| Change::delete::<Identity>(&identity.id)).chain(users).collect())
}

/// Those among these users to whom a row of any table refers.
fn still_needed(store: &mut Store, ids: &[&str]) -> anyhow::Result<HashSet<String>> {
    let catalogue = store.catalogue()?;
    let references = store.references(&catalogue, User::TABLE, ids)?;
    let mut needed: HashSet<String> = references.into_iter().map(|reference| reference.parent).collect();
    for (table, column) in OWNED {
        if store.has_table(table.name) {
            let owners: Vec<(Option<String>,)> =
                store.columns(table, &[column], KeyFilter::keys(column, ids))?;
            needed.extend(owners.into_iter().filter_map(|(owner,)| owner));
        }
    }
    Ok(needed)
}

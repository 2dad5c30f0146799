//! Users whom an import has created and whose last row a correction of the source has moved away: a fresh import of
//! the corrected files would not create them, so they are deleted. A user of the app's own never is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::domain::books::TableTally;
use crate::domain::date::Millis;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Field as _;
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
    let mut found: Vec<User> = store.select_in("id", &ids)?;
    found.retain(|user| user.import_source.as_deref() == Some("SEJOLI"));
    let ids: Vec<&str> = found.iter().map(|user| user.id.as_str()).collect();
    let needed = still_needed(store, &ids)?;
    found.retain(|user| !needed.contains(&user.id));
    let ids: Vec<&str> = found.iter().map(|user| user.id.as_str()).collect();
    let identities: Vec<Identity> = store.select_in("userId", &ids)?;
    let unedited = unedited(store, &found, &identities)?;
    let identities = identities.iter().filter(|identity| unedited.contains(&identity.user_id));
    let identities = identities.map(|identity| Change::delete::<Identity>(&identity.id));
    Ok(identities.chain(unedited.iter().map(|id| Change::delete::<User>(id))).collect())
}

/// Those among these users whom nobody has edited since an import created them. That an import was the last to write a
/// row does not say so: it may have filled in what was empty after an edit, or raised the role. So the imports are
/// followed back to the one that decided first who the user is, and created it, or by their journals. Where a purge has
/// taken these away and nothing else tells, the user stays.
fn unedited(store: &mut Store, users: &[User], identities: &[Identity]) -> anyhow::Result<BTreeSet<String>> {
    let runs = queries::runs::standing_newest_first(store)?;
    let mut decided: Vec<&Identity> = identities.iter().collect();
    decided.sort_by_key(|identity| Reverse(identity.created_at));
    let creators: HashMap<&str, &str> =
        decided.iter().map(|identity| (identity.user_id.as_str(), identity.run_id.as_str())).collect();
    let mut unedited = BTreeSet::new();
    let mut written: BTreeMap<Millis, BTreeSet<String>> = BTreeMap::new();
    for user in users {
        written.entry(user.updated_at).or_default().insert(user.id.clone());
    }
    while let Some((at, ids)) = written.pop_last() {
        let runs: Vec<&str> =
            runs.iter().filter(|run| run.started_at == at).map(|run| run.id.as_str()).collect();
        let is_creator = |id: &String| creators.get(id.as_str()).is_some_and(|run| runs.contains(run));
        let (created, updated): (BTreeSet<_>, BTreeSet<_>) = ids.into_iter().partition(is_creator);
        unedited.extend(created);
        for (id, before) in written_before(store, &runs, &updated)? {
            match before {
                None => drop(unedited.insert(id)),
                Some(before) if before < at => drop(written.entry(before).or_default().insert(id)),
                Some(_) => {}
            }
        }
    }
    Ok(unedited)
}

/// When the rows of users were written before these runs wrote them, by the runs' journals; nothing for a user whom one of
/// them has created.
fn written_before(
    store: &mut Store,
    runs: &[&str],
    ids: &BTreeSet<String>,
) -> anyhow::Result<HashMap<String, Option<Millis>>> {
    let mut found = HashMap::new();
    for run in runs.iter().filter(|_| !ids.is_empty()) {
        for entry_id in queries::journal::entry_ids(store, run)?.iter().rev() {
            let Some(entry) = queries::journal::entry(store, entry_id)? else { continue };
            for image in journal::decode(&entry.images)? {
                let is_first = ids.contains(image.id()) && !found.contains_key(image.id());
                if !is_first || JOURNALED[image.table()].name != User::TABLE.name {
                    continue;
                }
                let before = match &image {
                    Image::Updated { before, .. } => {
                        let Some((_, cell)) = before.iter().find(|(name, _)| name == "updatedAt") else {
                            continue;
                        };
                        Some(Millis::from_value(store.decode(cell.clone(), Millis::KIND)?)?)
                    }
                    Image::Inserted { .. } | Image::Deleted { .. } | Image::Moved { .. } => None,
                };
                found.insert(image.id().to_owned(), before);
            }
        }
    }
    Ok(found)
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

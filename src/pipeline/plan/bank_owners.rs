//! Bank details go with an affiliate's code: a user whom the code does not credit any more gives up what an import has written
//! into the profile, as long as it is still that. What the app has edited stays, and so does what no journal shows to be
//! an import's: it may have been there before.

use std::collections::{HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::affiliate_bank::{standing_fingerprint, without_account};
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Field as _, JsonText};
use crate::store::history::journal;
use crate::store::history::journal::{Change, Image};
use crate::store::queries;
use crate::store::schema::tables::{AffiliateProfile, JOURNALED, SourceRecord};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// The users whom some codes credit now; none for a code that credits nobody.
pub(crate) type Credited = HashMap<String, Option<String>>;

/// What each of these codes' rows has offered, by the ids of the kept rows.
type Offers = HashMap<String, OfferedDetails>;

/// The details that the row of an affiliate has offered at some time.
struct OfferedDetails {
    code: String,
    fingerprint: Option<u64>,
}

/// Empties the details of these codes' affiliates in the profiles of users whom the codes do not credit any more.
///
/// # Errors
/// The database's errors.
pub(crate) fn withdrawals(
    store: &mut Store,
    credited: &Credited,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let mut profiles = queries::affiliates::profiles_with_bank_details(store)?;
    if profiles.is_empty() {
        return Ok(Vec::new());
    }
    let offers = offers(store, credited)?;
    profiles.retain(|profile| {
        let standing = Some(standing_fingerprint(profile));
        let mut offering = offers.values().filter(|offer| offer.fingerprint == standing).peekable();
        offering.peek().is_some()
            && offering.all(|offer| credited[&offer.code].as_ref() != Some(&profile.user_id))
    });
    let filled = filled_by_imports(store, &profiles, offers)?;
    profiles.retain(|profile| filled.contains(&profile.id));
    let emptied = profiles.into_iter().filter_map(|profile| {
        let id = profile.id.clone();
        let emptied = AffiliateProfile { updated_at: written_at, ..without_account(profile.clone()) };
        Change::diff(&id, profile, emptied, &["id"])
    });
    Ok(emptied.collect())
}

/// What the rows have offered last.
fn offers(store: &mut Store, credited: &Credited) -> anyhow::Result<Offers> {
    let codes: Vec<&str> = credited.keys().map(String::as_str).collect();
    let of_kind = Some(("kind", SourceRecordKind::Affiliate.as_str()));
    let among = KeyFilter { narrowed: of_kind, ..KeyFilter::keys("sourceKey", &codes) };
    let rows: Vec<(String, String, JsonText)> =
        store.columns(SourceRecord::TABLE, &["id", "sourceKey", "payload"], among)?;
    let offer = |(id, code, payload)| (id, OfferedDetails { code, fingerprint: offered_in(&payload) });
    Ok(rows.into_iter().map(offer).collect())
}

/// What a kept row offers; nothing where somebody has changed it so that it cannot be read.
fn offered_in(payload: &JsonText) -> Option<u64> {
    SourcePayload::parse(&payload.0).ok()?.bank
}

/// The ids of those among these profiles into which an import has written the details that stand there. The journals are
/// read from the newest run back: each tells what was offered before it.
fn filled_by_imports(
    store: &mut Store,
    profiles: &[AffiliateProfile],
    mut offers: Offers,
) -> anyhow::Result<HashSet<String>> {
    let mut filled: HashSet<String> = HashSet::new();
    if profiles.is_empty() {
        return Ok(filled);
    }
    let standing: HashMap<&str, u64> =
        profiles.iter().map(|profile| (profile.id.as_str(), standing_fingerprint(profile))).collect();
    for run in queries::runs::standing_newest_first(store)? {
        let mut offered_before: Vec<(String, Option<u64>)> = Vec::new();
        for id in queries::journal::entry_ids(store, &run.id)?.iter().rev() {
            let Some(entry) = queries::journal::entry(store, id)? else { continue };
            for image in journal::decode(&entry.images)?.iter().rev() {
                let table = JOURNALED[image.table()];
                if table == SourceRecord::TABLE && offers.contains_key(image.id()) {
                    offered_before.push((image.id().to_owned(), offer_before(store, image)?));
                } else if table == AffiliateProfile::TABLE
                    && let Some(details) = standing.get(image.id())
                    && fills(image, *details, &offers)
                {
                    filled.insert(image.id().to_owned());
                }
            }
        }
        for (id, before) in offered_before {
            offers.entry(id).and_modify(|offer| offer.fingerprint = before);
        }
    }
    Ok(filled)
}

/// Whether a change of a profile has written bank details. One that was made has those that its row had by then.
fn fills(image: &Image, details: u64, offers: &Offers) -> bool {
    match image {
        Image::Inserted { .. } => offers.values().any(|offer| offer.fingerprint == Some(details)),
        Image::Updated { before, .. } => before.iter().any(|(column, _)| column == "bankAccountNumber"),
        Image::Deleted { .. } | Image::Moved { .. } => false,
    }
}

/// What a kept row had offered before a change; nothing where the change has made it.
fn offer_before(store: &Store, image: &Image) -> anyhow::Result<Option<u64>> {
    let Image::Updated { before, .. } = image else { return Ok(None) };
    let Some((_, cell)) = before.iter().find(|(column, _)| column == "payload") else { return Ok(None) };
    Ok(offered_in(&JsonText::from_value(store.decode(cell.clone(), JsonText::KIND)?)?))
}

//! What is kept of a decision on a pair of accounts: a row of its own, so that the pair is not listed again, and so that
//! who has decided, when and why can be shown.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::person_decision::{PairDecision, PairVerdict, pair_key};
use crate::store::codec::record::Record as _;
use crate::store::codec::value::JsonText;
use crate::store::history::journal::Change;
use crate::store::schema::tables::SourceRecord;
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// The decision that is kept of a pair, whoever is named first.
///
/// # Errors
/// What is kept was kept by a later version; the database's errors.
pub(crate) fn kept(store: &mut Store, one: &str, other: &str) -> anyhow::Result<Option<PairDecision>> {
    let stored: Vec<SourceRecord> = store.select_in("id", &[&record_id(&pair_key(one, other))])?;
    Ok(stored.into_iter().next().map(|row| serde_json::from_str(&row.payload.0)).transpose()?)
}

/// The users who were merged into others.
///
/// # Errors
/// What is kept was kept by a later version; the database's errors.
pub(crate) fn merged_users(store: &mut Store) -> anyhow::Result<HashSet<String>> {
    let mut merged = HashSet::new();
    for row in store.select_in::<SourceRecord>("kind", &[SourceRecordKind::Pair.as_str()])? {
        let decision: PairDecision = serde_json::from_str(&row.payload.0)?;
        if decision.verdict == PairVerdict::Merged {
            merged.insert(decision.other);
        }
    }
    Ok(merged)
}

/// Keeps a decision.
///
/// # Errors
/// Only a bug: it cannot be written as JSON.
pub(crate) fn keeping(decision: &PairDecision) -> anyhow::Result<Change> {
    let key = pair_key(&decision.one, &decision.other);
    Ok(Change::insert(SourceRecord {
        id: record_id(&key),
        kind: SourceRecordKind::Pair,
        source_key: key,
        target_id: String::new(),
        payload: JsonText(serde_json::to_string(decision)?),
        written: String::new(),
        created_at: decision.at,
        updated_at: decision.at,
    }))
}

/// Forgets the decision on a pair.
pub(crate) fn forgetting(one: &str, other: &str) -> Change {
    Change::delete::<SourceRecord>(&record_id(&pair_key(one, other)))
}

fn record_id(key: &str) -> String {
    id_for(SourceRecord::TABLE.name, &format!("{}/{key}", SourceRecordKind::Pair.as_str()), Millis(0))
}

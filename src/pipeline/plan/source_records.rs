//! Source rows that are kept beside the app's rows, so that a later import recognises them. Affiliates and
//! memberships share them; an order's source row is kept in its webhook log.

use crate::domain::commission_row::Commission;
use crate::domain::date::Millis;
use crate::domain::ids::{id_for, time_in};
use crate::domain::source_payload::SourcePayload;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::JsonText;
use crate::store::history::journal::Change;
use crate::store::schema::tables::SourceRecord;
use crate::store::schema::words::SourceRecordKind;

/// A source record. Its id has the time of the row that it stands beside: they come in nearly the same order, and a server
/// whose memory does not hold the table need not fetch a page for each of them. `written` is the fingerprint of the app's row in
/// hexadecimal, or empty if no import has written it.
pub(crate) fn source_record(
    kind: SourceRecordKind,
    key: &str,
    target_id: String,
    payload: &SourcePayload<'_>,
    written: String,
    written_at: Millis,
) -> SourceRecord {
    SourceRecord {
        id: id_for(SourceRecord::TABLE.name, &format!("{}/{key}", kind.as_str()), time_in(&target_id)),
        kind,
        source_key: key.to_owned(),
        target_id,
        payload: JsonText(payload.to_json()),
        written,
        created_at: written_at,
        updated_at: written_at,
    }
}

/// The hash of a source record's cells: rows with the same cells are the same row, wherever they are in the files.
/// None if the payload cannot be read, so that it is written again.
pub(crate) fn content_of(source: &SourceRecord) -> Option<u64> {
    SourcePayload::parse(&source.payload.0).ok()?.content
}

/// What a kept row of commissions says.
pub(crate) fn commission_of(source: &SourceRecord) -> Option<Box<Commission>> {
    SourcePayload::parse(&source.payload.0).ok()?.commission
}

/// The fingerprint of the bank details that an affiliate's row has offered last.
pub(crate) fn bank_of(source: &SourceRecord) -> Option<u64> {
    SourcePayload::parse(&source.payload.0).ok()?.bank
}

/// The change from the stored source record to the new one; none if content, fingerprint and target are the same.
pub(crate) fn source_change(old: Option<SourceRecord>, new: SourceRecord) -> Option<Change> {
    let Some(old) = old else {
        return Some(Change::insert(new));
    };
    let same_content = content_of(&old) == content_of(&new);
    if same_content && (&old.written, &old.target_id) == (&new.written, &new.target_id) {
        return None;
    }
    replaced(Some(old), new)
}

/// The change from the stored source record to the new one, whatever it is that differs.
pub(crate) fn replaced(old: Option<SourceRecord>, new: SourceRecord) -> Option<Change> {
    match old {
        None => Some(Change::insert(new)),
        Some(old) => {
            let id = old.id.clone();
            Change::diff(&id, old, new, &["id", "createdAt"])
        }
    }
}

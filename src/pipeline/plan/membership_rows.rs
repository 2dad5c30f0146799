//! The app's row of one merged membership, field by field, its fingerprint, and the source row that is kept beside it.

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::membership::{Membership, MergedMembership, Period, status_at};
use crate::domain::source_payload::SourcePayload;
use crate::domain::status::MembershipStatus;
use crate::pipeline::plan::source_records::source_record;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Value;
use crate::store::schema::tables::{SourceRecord, UserMembership};
use crate::store::schema::words::SourceRecordKind;

pub(super) fn user_membership(
    user_id: &str,
    membership_id: &str,
    merged: &MergedMembership,
    transaction_id: Option<String>,
    as_of: Millis,
    written_at: Millis,
) -> UserMembership {
    let status = status_at(merged.end, as_of);
    let key = format!("{user_id}/{membership_id}");
    UserMembership {
        id: id_for(UserMembership::TABLE.name, &key, merged.start),
        user_id: user_id.to_owned(),
        membership_id: membership_id.to_owned(),
        start_date: merged.start,
        end_date: merged.end,
        is_active: status == MembershipStatus::Active,
        auto_renew: false,
        status: status.as_str().to_owned(),
        activated_at: Some(merged.start),
        price: merged.price,
        transaction_id,
        external_id: Some(merged.id.clone()),
        created_at: merged.start,
        updated_at: written_at,
    }
}

/// The fingerprint that shows whether the app has edited a membership.
pub(super) fn written_fingerprint(membership: &UserMembership) -> u64 {
    let skip = |name: &str| matches!(name, "id" | "createdAt" | "updatedAt");
    let named = membership.clone().into_row().into_iter().zip(UserMembership::TABLE.columns);
    let values: Vec<Value> = named.filter(|(_, column)| !skip(column.name)).map(|(value, _)| value).collect();
    fingerprint(&values)
}

/// The source record of a row. It has the row's period, which a later import merges renewals with.
pub(super) fn membership_source_record(
    membership: &Membership,
    target: String,
    payload: SourcePayload<'_>,
    written: Option<u64>,
    refunded_at: Option<Millis>,
    written_at: Millis,
) -> SourceRecord {
    let period = Period { refunded_at, ..Period::from(membership) };
    let payload = SourcePayload { period: Some(Box::new(period)), ..payload };
    let written = written.map(written_text).unwrap_or_default();
    source_record(SourceRecordKind::Membership, &membership.id, target, &payload, written, written_at)
}

/// A fingerprint as source records keep it.
pub(super) fn written_text(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}

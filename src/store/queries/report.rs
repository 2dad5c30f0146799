//! What the report asks besides the reconciliation: memberships by plan and end, and the first rows of each finding.

use crate::domain::date::Millis;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::schema::tables::{ImportReject, Membership, UserMembership};
use crate::store::session::store::Store;

/// What an imported membership says of its end.
#[derive(Clone, Debug)]
pub(crate) struct MembershipTerm {
    /// The membership's id.
    pub(crate) id: String,
    /// The plan's id.
    pub(crate) plan_id: String,
    /// The status.
    pub(crate) status: String,
    /// The end.
    pub(crate) ends_at: Millis,
}

/// Up to 20,000 imported memberships whose ids lie behind `after`, in the order of their ids.
pub(crate) fn terms_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<MembershipTerm>> {
    let names = ["id", "membershipId", "status", "endDate"];
    let tail = "WHERE \"id\" > ? AND \"externalId\" IS NOT NULL ORDER BY \"id\" LIMIT 20000";
    let rows = store.columns_where(UserMembership::TABLE, &names, tail, &[Cell::Text(after.to_owned())])?;
    let term = |(id, plan_id, status, ends_at)| MembershipTerm { id, plan_id, status, ends_at };
    Ok(rows.into_iter().map(term).collect())
}

/// The plans' ids and names.
pub(crate) fn plans(store: &mut Store) -> anyhow::Result<Vec<(String, String)>> {
    store.columns_where(Membership::TABLE, &["id", "name"], "", &[])
}

/// The place of a row that a run has left out.
#[derive(Clone, Debug)]
pub(crate) struct RejectPlace {
    /// The file.
    pub(crate) file: String,
    /// The line in it.
    pub(crate) line: i64,
    /// What is wrong with it.
    pub(crate) reason: String,
}

/// The first rows that a run has left out for one reason.
pub(crate) fn first_places(
    store: &mut Store,
    run_id: &str,
    kind: &str,
    code: &str,
    limit: usize,
) -> anyhow::Result<Vec<RejectPlace>> {
    let tail = format!(
        "WHERE \"runId\" = ? AND \"kind\" = ? AND \"code\" = ? ORDER BY \"file\", \"record\", \"id\" LIMIT {limit}"
    );
    let key = [run_id, kind, code].map(|text| Cell::Text(text.to_owned()));
    let rows = store.columns_where(ImportReject::TABLE, &["file", "line", "reason"], &tail, &key)?;
    Ok(rows.into_iter().map(|(file, line, reason)| RejectPlace { file, line, reason }).collect())
}

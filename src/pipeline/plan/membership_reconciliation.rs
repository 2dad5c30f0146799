//! Reconciles a membership with the row that the app has: an earlier import's is updated unless the app has edited
//! it, the app's own is only filled in.

use crate::domain::books::RowOutcome;
use crate::domain::finding::{Code, Finding};
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_rows::written_fingerprint;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{SourceRecord, UserMembership};

/// The outcome and fingerprint of a membership that this run wrote before it was interrupted. Such rows have the
/// run's start as `updatedAt`.
pub(super) fn written_before(
    desired: &UserMembership,
    standing: Option<&UserMembership>,
    history: &[SourceRecord],
) -> Option<(RowOutcome, Option<u64>)> {
    let run = desired.updated_at;
    let kept = history.iter().find(|source| source.updated_at == run)?;
    let written = u64::from_str_radix(&kept.written, 16).ok();
    let standing = standing.filter(|standing| standing.updated_at == run);
    let all_new = history.iter().all(|source| source.created_at == run);
    let outcome = match standing {
        None => RowOutcome::Unchanged,
        Some(standing) if all_new && standing.id == desired.id => RowOutcome::Created,
        Some(_) => RowOutcome::Updated,
    };
    Some((outcome, written))
}

/// Plans the change from the app's row to the desired one. The result is the outcome and the fingerprint of what an
/// import has written; the error is the finding that holds the row.
pub(super) fn reconcile(
    plan: &mut BatchPlan,
    desired: UserMembership,
    standing: Option<UserMembership>,
    history: &[SourceRecord],
    findings: &mut Vec<Finding>,
) -> Result<(RowOutcome, Option<u64>), Finding> {
    let wanted = written_fingerprint(&desired);
    let Some(standing) = standing else {
        plan.change([Change::insert(desired)]);
        return Ok((RowOutcome::Created, Some(wanted)));
    };
    // No import has written it: it was the app's when the first one came, and it still is.
    if history.iter().all(|source| source.written.is_empty()) {
        findings.push(Finding::of_row(Code::MembershipOfApp, ""));
        return Ok((fill(plan, &standing, desired), None));
    }
    let current = written_fingerprint(&standing);
    let latest = history.iter().map(|source| source.updated_at).max();
    let was_written = |fingerprint: u64| {
        let hex = format!("{fingerprint:016x}");
        history.iter().any(|source| Some(source.updated_at) == latest && source.written == hex)
    };
    if wanted == current || was_written(wanted) {
        return Ok((RowOutcome::Unchanged, Some(wanted)));
    }
    if !was_written(current) {
        return Err(Finding::of_row(Code::EditedInApp, ""));
    }
    let id = standing.id.clone();
    let wanted_row = UserMembership { id: id.clone(), ..desired };
    plan.change(Change::diff(&id, standing, wanted_row, &["id", "createdAt"]));
    Ok((RowOutcome::Updated, Some(wanted)))
}

/// Fills only the empty fields of a membership that is the app's own (L9).
fn fill(plan: &mut BatchPlan, standing: &UserMembership, desired: UserMembership) -> RowOutcome {
    let filled = UserMembership {
        external_id: standing.external_id.clone().or(desired.external_id),
        transaction_id: standing.transaction_id.clone().or(desired.transaction_id),
        ..standing.clone()
    };
    if filled == *standing {
        return RowOutcome::Unchanged;
    }
    let filled = UserMembership { updated_at: desired.updated_at, ..filled };
    plan.change(Change::diff(&standing.id, standing.clone(), filled, &["id"]));
    RowOutcome::Updated
}

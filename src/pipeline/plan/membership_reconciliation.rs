//! Reconciles a membership with the row that the app has: an earlier import's is updated unless the app has edited
//! it, the app's own is only filled in.

use crate::domain::books::RowOutcome;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::status::MembershipStatus;
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

/// What became of a membership.
#[derive(Debug)]
pub(super) struct Reconciled {
    pub(super) outcome: RowOutcome,
    /// The fingerprint of what an import has written; none of a row that is the app's own.
    pub(super) written: Option<u64>,
    /// The row as it was written; none where nothing was, or where the row is the app's own.
    pub(super) row: Option<UserMembership>,
}

/// Plans the change from the app's row to the desired one. The error is the finding that holds the row.
pub(super) fn reconcile(
    plan: &mut BatchPlan,
    desired: UserMembership,
    standing: Option<UserMembership>,
    history: &[SourceRecord],
    findings: &mut Vec<Finding>,
) -> Result<Reconciled, Finding> {
    let wanted = written_fingerprint(&desired);
    let written = Some(wanted);
    let Some(standing) = standing else {
        plan.change([Change::insert(desired.clone())]);
        return Ok(Reconciled { outcome: RowOutcome::Created, written, row: Some(desired) });
    };
    if is_of_app(history) {
        findings.push(Finding::of_row(Code::MembershipOfApp, ""));
        return Ok(Reconciled { outcome: fill(plan, &standing, desired), written: None, row: None });
    }
    if wanted == written_fingerprint(&standing) || was_written(history, wanted) {
        return Ok(Reconciled { outcome: RowOutcome::Unchanged, written, row: None });
    }
    if is_edited(&standing, history) {
        // Time alone is no change of the source.
        let earlier = written_fingerprint(&with_other_status(&desired));
        return match was_written(history, earlier) {
            true => Ok(Reconciled { outcome: RowOutcome::Unchanged, written: Some(earlier), row: None }),
            false => Err(Finding::of_row(Code::EditedInApp, "")),
        };
    }
    let id = standing.id.clone();
    let row = UserMembership { id: id.clone(), created_at: standing.created_at, ..desired };
    plan.change(Change::diff(&id, standing, row.clone(), &["id", "createdAt"]));
    Ok(Reconciled { outcome: RowOutcome::Updated, written, row: Some(row) })
}

/// Whether no import has written a membership: it was the app's when the first one came, and it still is.
pub(super) fn is_of_app(history: &[SourceRecord]) -> bool {
    history.iter().all(|source| source.written.is_empty())
}

/// Whether the app has edited a membership since an import wrote it last.
pub(super) fn is_edited(standing: &UserMembership, history: &[SourceRecord]) -> bool {
    !was_written(history, written_fingerprint(standing))
}

/// Whether all that the app has changed of a membership is that it has ended, because its time is over by `now`.
pub(super) fn is_only_over(standing: &UserMembership, history: &[SourceRecord], now: Millis) -> bool {
    let has_ended = standing.status == MembershipStatus::Expired.as_str() && standing.end_date <= now;
    let before = written_fingerprint(&with_other_status(standing));
    has_ended && is_edited(standing, history) && was_written(history, before)
}

/// Whether the last import that wrote a membership has written this.
fn was_written(history: &[SourceRecord], fingerprint: u64) -> bool {
    let latest = history.iter().map(|source| source.updated_at).max();
    let hex = format!("{fingerprint:016x}");
    history.iter().any(|source| Some(source.updated_at) == latest && source.written == hex)
}

/// The same membership as it is before, or after, its end.
fn with_other_status(row: &UserMembership) -> UserMembership {
    let status = if row.is_active { MembershipStatus::Expired } else { MembershipStatus::Active };
    UserMembership { is_active: !row.is_active, status: status.as_str().to_owned(), ..row.clone() }
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

//! Reconciles an order's rows with those of an earlier import: only what the app has not edited is changed.

use crate::domain::books::RowOutcome;
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::PersonState;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::{BatchPlan, PlannedRow};
use crate::pipeline::plan::order_lookup::StandingOrder;
use crate::pipeline::plan::order_rows::written_fingerprint;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{AffiliateConversion, SourceRecord, Transaction, WebhookLog};

/// What becomes of an order without asking who its buyer is: the app has deleted its rows or its buyer, or the buyer is
/// nobody yet and would be created. As long as the source has not changed, the order stays as it is, and nobody is
/// created for one that is held. None where there is something to plan.
pub(super) fn settled_without_buyer(
    standing: &StandingOrder,
    content: Option<u64>,
    buyer: Option<PersonState>,
    findings: &mut Vec<Finding>,
) -> Option<PlannedRow> {
    let is_gone = buyer == Some(PersonState::Gone);
    let gone = || Some(Err(Finding::at(Code::PersonDeleted, "buyer_email", "")));
    let Some(log) = &standing.log else { return if is_gone { gone() } else { None } };
    let is_deleted = standing.transaction.is_none();
    if !is_deleted && !is_gone && buyer != Some(PersonState::New) {
        return None;
    }
    let kept = StoredFingerprints::of(log);
    if kept.content.is_some() && kept.content == content {
        findings.extend(is_deleted.then(|| Finding::of_row(Code::DeletedInApp, "")));
        return Some(Ok(RowOutcome::Unchanged));
    }
    if is_gone {
        return gone();
    }
    let written = |transaction| written_fingerprint(transaction, standing.conversion.as_ref());
    let is_unedited = kept.written.is_some() && kept.written == standing.transaction.as_ref().map(written);
    (!is_unedited).then(|| Err(Finding::of_row(Code::EditedInApp, "")))
}

/// The rows that the source asks for.
pub(super) struct DesiredOrder {
    pub(super) log: WebhookLog,
    pub(super) transaction: Transaction,
    pub(super) conversion: Option<AffiliateConversion>,
    /// Hash of the source's cells.
    pub(super) content: Option<u64>,
    pub(super) written: u64,
    /// Whether the commission was paid out, where the source says it.
    pub(super) commission_paid: Option<bool>,
    /// What says of a new conversion that Sejoli has paid it.
    pub(super) paid_mark: Option<SourceRecord>,
}

/// Plans the changes from the app's rows to the desired ones. Edits of the app are never overwritten: if both sides
/// have changed, the error is the finding that holds the order. Where only a decision has changed since, about an
/// affiliate or a product, the edited order stays as it is. Rows that the app has deleted are written again: only
/// an import that restores them comes here.
pub(super) fn reconcile(plan: &mut BatchPlan, desired: DesiredOrder, standing: StandingOrder) -> PlannedRow {
    let Some(log) = standing.log else {
        plan.change([Change::insert(desired.transaction)]);
        plan.change([Change::insert(desired.log)]);
        plan.change(new_conversion(desired.conversion, desired.paid_mark));
        return Ok(RowOutcome::Created);
    };
    if standing.transaction.is_none() {
        plan.change([Change::insert(desired.transaction)]);
        plan.change(desired.conversion.map(Change::insert));
        update_log(plan, log, desired.log);
        return Ok(RowOutcome::Updated);
    }
    let kept = StoredFingerprints::of(&log);
    if kept.written == Some(desired.written) {
        if kept.content == desired.content && kept.commission_paid == desired.commission_paid {
            return Ok(RowOutcome::Unchanged);
        }
        return Ok(if update_log(plan, log, desired.log) {
            RowOutcome::Updated
        } else {
            RowOutcome::Unchanged
        });
    }
    let unedited = standing.transaction.filter(|transaction| {
        kept.written == Some(written_fingerprint(transaction, standing.conversion.as_ref()))
    });
    let Some(transaction) = unedited else {
        if kept.content.is_some() && kept.content == desired.content {
            return Ok(RowOutcome::Unchanged);
        }
        return Err(Finding::of_row(Code::EditedInApp, ""));
    };
    let transaction_id = transaction.id.clone();
    let mut wanted = desired.transaction;
    wanted.id.clone_from(&transaction_id);
    plan.change(Change::diff(&transaction_id, transaction, wanted, &["id"]));
    let conversion =
        desired.conversion.map(|conversion| AffiliateConversion { transaction_id, ..conversion });
    plan.change(conversion_change(standing.conversion, conversion));
    update_log(plan, log, desired.log);
    Ok(RowOutcome::Updated)
}

/// The changes that write the conversion of an order that was never there: it counts as paid out as long as the mark stands.
fn new_conversion(
    conversion: Option<AffiliateConversion>,
    mark: Option<SourceRecord>,
) -> impl Iterator<Item = Change> {
    let paid_out = mark.is_some();
    let conversion = conversion.map(|new| Change::insert(AffiliateConversion { paid_out, ..new }));
    mark.map(Change::insert).into_iter().chain(conversion)
}

/// The change from one conversion to another: PAID inserts it, REFUNDED deletes it.
pub(crate) fn conversion_change(
    old: Option<AffiliateConversion>,
    new: Option<AffiliateConversion>,
) -> Option<Change> {
    match (old, new) {
        (None, new) => new.map(Change::insert),
        (Some(old), None) => Some(Change::delete::<AffiliateConversion>(&old.id)),
        (Some(old), Some(new)) => {
            let id = old.id.clone();
            Change::diff(&id, old, new, &["id", "paidOut", "paidOutAt"])
        }
    }
}

fn update_log(plan: &mut BatchPlan, old: WebhookLog, new: WebhookLog) -> bool {
    let id = old.id.clone();
    let change = Change::diff(&id, old, new, &["id", "createdAt", "processedAt"]);
    let changed = change.is_some();
    plan.change(change);
    changed
}

/// The fingerprints that the last import stored in the webhook log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct StoredFingerprints {
    /// Hash of the source's cells.
    content: Option<u64>,
    /// Fingerprint of the transaction and the conversion that were written.
    written: Option<u64>,
    /// Whether the commission was paid out, as the last import has read it.
    commission_paid: Option<bool>,
}

impl StoredFingerprints {
    /// Reads them from a log. One whose payload cannot be read has none, so that its order counts as
    /// edited in the app and is held.
    fn of(log: &WebhookLog) -> Self {
        SourcePayload::parse(&log.webhook_payload.0)
            .map(|SourcePayload { content, written, commission_paid, .. }| Self {
                content,
                written,
                commission_paid,
            })
            .unwrap_or_default()
    }
}

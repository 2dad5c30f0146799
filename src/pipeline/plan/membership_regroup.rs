//! Merges a standing membership anew from its kept source rows: when some of them have left it, or when one of their
//! orders has arrived, was paid or was refunded since.

use crate::domain::date::Millis;
use crate::domain::decided_identities::IdentityKey;
use crate::domain::membership::{MergedMembership, Period, merge};
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_choice::Contenders;
use crate::pipeline::plan::membership_lookup::{LinkedOrder, MemberRows, period_of};
use crate::pipeline::plan::membership_reconciliation::is_of_app;
use crate::pipeline::plan::membership_roles::RoleChanges;
use crate::pipeline::plan::membership_rows::{user_membership, written_fingerprint, written_text};
use crate::store::codec::value::{JsonText, Value};
use crate::store::history::journal::Change;
use crate::store::schema::tables::{SourceRecord, TransactionStatus, UserMembership};

/// A period with what the app knows of a refund of its order, if the member has bought that. `known_since` is when an
/// earlier import saw the refund.
pub(super) fn with_refund(
    period: Period,
    rows: &MemberRows,
    user_id: &str,
    known_since: Option<Millis>,
    as_of: Millis,
) -> Period {
    let is_refunded = match period.order_id.as_deref().and_then(|order_id| rows.purchase(order_id)) {
        Some(order) => order.user_id == user_id && order.status == TransactionStatus::Refunded,
        // The app has deleted the transaction; what was given back stays given back.
        None => known_since.is_some(),
    };
    period.with_refund(is_refunded, known_since, as_of)
}

/// The member's own latest paid order.
pub(super) fn latest_paid<'r>(
    rows: &'r MemberRows,
    merged: &'r MergedMembership,
    user_id: &str,
) -> Option<&'r LinkedOrder> {
    rows.purchases(&merged.order_ids)
        .filter(|order| order.status == TransactionStatus::Success && order.user_id == user_id)
        .max_by_key(|order| (order.placed_at, &order.id))
}

/// A membership of the app with the kept source rows that it is made of.
#[derive(Debug)]
pub(super) struct KeptMembership {
    pub(super) standing: UserMembership,
    pub(super) history: Vec<SourceRecord>,
}

impl KeptMembership {
    /// Plans what the kept rows come to now, of a membership that the app has not edited. Whether it has, all rows that were
    /// merged into it say together, also those that have just left it.
    pub(super) fn regroup(
        self,
        plan: &mut BatchPlan,
        rows: &mut MemberRows,
        roles: &mut RoleChanges,
        key: Option<IdentityKey>,
        as_of: Millis,
    ) {
        let user_id = self.standing.user_id.clone();
        let known = |source| {
            let period: Period = period_of(source)?;
            let known_since = period.refunded_at;
            Some(with_refund(period, rows, &user_id, known_since, as_of))
        };
        let periods: Vec<Period> = self.history.iter().filter_map(known).collect();
        let Some(merged) = merge(&periods) else { return };
        let transaction = self.free_transaction(rows, &merged);
        if is_of_app(&self.history) {
            return self.fill(plan, rows, transaction);
        }
        let Self { standing, history } = self;
        let wanted =
            user_membership(&user_id, &standing.membership_id, &merged, transaction, as_of, plan.written_at);
        let mut contenders = Contenders::standing(rows, &user_id, as_of);
        contenders.enter(&standing.membership_id, merged.start, merged.end);
        let wanted = contenders.before_choice(wanted, Some(&standing), &history);
        let row = UserMembership { id: standing.id.clone(), created_at: standing.created_at, ..wanted };
        let written = written_fingerprint(&row);
        let is_same = written == written_fingerprint(&standing);
        for source in history {
            let period = periods.iter().find(|period| period.id == source.source_key);
            plan.change(kept_again(source, written, period, !is_same, plan.written_at));
        }
        if !is_same {
            plan.change(Change::diff(&row.id, standing.clone(), row.clone(), &["id", "createdAt"]));
            roles.note(Some(&standing), Some(&row), key);
            rows.replace(row);
        }
    }

    /// The transaction of the latest paid order, unless another membership has it.
    fn free_transaction(&self, rows: &MemberRows, merged: &MergedMembership) -> Option<String> {
        let latest = latest_paid(rows, merged, &self.standing.user_id)?;
        let is_free = rows.membership_of(&latest.id).is_none_or(|holder| holder == self.standing.id);
        is_free.then(|| latest.id.clone())
    }

    /// Fills in the transaction of a membership that is the app's own and has none.
    fn fill(self, plan: &mut BatchPlan, rows: &mut MemberRows, transaction: Option<String>) {
        let Some(transaction) = transaction.filter(|_| self.standing.transaction_id.is_none()) else {
            return;
        };
        let filled = UserMembership {
            transaction_id: Some(transaction),
            updated_at: plan.written_at,
            ..self.standing.clone()
        };
        plan.change(Change::diff(&filled.id, self.standing, filled.clone(), &["id"]));
        rows.fill(filled);
    }

    /// Plans that the membership gives its transaction up, since none of its source rows names that order any more.
    pub(super) fn release_transaction(self, plan: &mut BatchPlan, rows: &mut MemberRows) {
        let Self { standing, history } = self;
        let row = UserMembership { transaction_id: None, updated_at: plan.written_at, ..standing.clone() };
        let written = written_fingerprint(&row);
        for source in history {
            plan.change(kept_again(source, written, None, true, plan.written_at));
        }
        plan.change(Change::diff(&row.id, standing, row.clone(), &["id"]));
        rows.replace(row);
    }
}

/// The change of a kept source row whose membership was written again, or of whose order a refund became known.
pub(super) fn kept_again(
    source: SourceRecord,
    written: u64,
    period: Option<&Period>,
    is_rewritten: bool,
    written_at: Millis,
) -> Option<Change> {
    let known = period_of(&source).and_then(|period| period.refunded_at);
    let payload = match period.filter(|period| period.refunded_at != known) {
        Some(period) => with_period(&source.payload, period)?,
        None => source.payload.clone(),
    };
    if !is_rewritten && payload == source.payload {
        return None;
    }
    let again =
        SourceRecord { payload, written: written_text(written), updated_at: written_at, ..source.clone() };
    let id = source.id.clone();
    Change::diff(&id, source, again, &["id"])
}

fn with_period(payload: &JsonText, period: &Period) -> Option<JsonText> {
    let kept = SourcePayload::parse(&payload.0).ok()?;
    Some(JsonText(SourcePayload { period: Some(Box::new(period.clone())), ..kept }.to_json()))
}

/// The change by which a kept source row leaves its membership. Until it is written for another one, it belongs to none.
pub(super) fn detached(source: &SourceRecord, written_at: Millis) -> Change {
    let none = || Value::Text(String::new());
    let set = vec![("targetId", none()), ("written", none()), ("updatedAt", Value::Time(written_at))];
    Change::update::<SourceRecord>(&source.id, set)
        .if_unchanged("targetId", Value::Text(source.target_id.clone()))
}

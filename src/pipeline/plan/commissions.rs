//! Sejoli's commissions: each row is kept, and nothing else is written of it here. The settlement works from the kept rows:
//! those of the first tier say which conversions are paid, those above it are money of their own.

use std::collections::HashMap;

use crate::domain::books::RowOutcome;
use crate::domain::commission_row::{Commission, CommissionRow};
use crate::domain::commission_status::CommissionStatus;
use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::domain::source_payload::SourcePayload;
use crate::language::tr;
use crate::pipeline::plan::affiliate_resolution::{ResolvedAffiliate, ResolvedAffiliates};
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::plan::source_records::{commission_of, content_of, replaced, source_record};
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::queries::commissions::{CommissionOfOrder, of_orders, target_of_code};
use crate::store::schema::tables::{SourceRecord, TransactionStatus};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// The planner of commissions.
#[derive(Debug)]
pub(crate) struct Commissions {
    /// The affiliates that rows can name.
    pub(crate) affiliates: ResolvedAffiliates,
}

/// What is read from the app for the commissions of one batch.
#[derive(Debug)]
pub(crate) struct CommissionLookup {
    ids: Vec<String>,
    orders: Vec<String>,
}

/// The kept rows by their numbers, and the orders by theirs.
#[derive(Debug, Default)]
pub(crate) struct CommissionLookupResult {
    kept: HashMap<String, SourceRecord>,
    orders: HashMap<String, CommissionOfOrder>,
}

impl Planner<CommissionRow> for Commissions {
    type Lookup = CommissionLookup;
    type LookupResult = CommissionLookupResult;

    fn partition_key<'r>(&'r self, row: &'r ParsedRow<CommissionRow>) -> &'r str {
        &row.key
    }

    fn lookup(&mut self, rows: &[ParsedRow<CommissionRow>]) -> LookupNeed<CommissionLookup> {
        let records = || rows.iter().filter_map(|row| row.record.as_ref());
        LookupNeed::InTransaction(CommissionLookup {
            ids: records().map(|row| row.id.clone()).collect(),
            orders: records().map(|row| row.commission.order_id.clone()).collect(),
        })
    }

    fn look_up(store: &mut Store, lookup: CommissionLookup) -> anyhow::Result<CommissionLookupResult> {
        let ids: Vec<&str> = lookup.ids.iter().map(String::as_str).collect();
        let orders: Vec<&str> = lookup.orders.iter().map(String::as_str).collect();
        let of_kind = Some(("kind", SourceRecordKind::Commission.as_str()));
        let kept: Vec<SourceRecord> = store.select_among(of_kind, "sourceKey", &ids)?;
        Ok(CommissionLookupResult {
            kept: kept.into_iter().map(|row| (row.source_key.clone(), row)).collect(),
            orders: of_orders(store, &orders)?,
        })
    }

    fn plan(
        &mut self,
        mut found: CommissionLookupResult,
        rows: Vec<ParsedRow<CommissionRow>>,
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan> {
        let mut plan = BatchPlan::new(written_at);
        for row in rows {
            let amount = row.amount;
            let Some(OpenRow { record, payload, mut findings, entry }) = plan.open(row, amount)? else {
                continue;
            };
            let order = found.orders.get(&record.commission.order_id);
            let planned = match contradiction(&record.commission, order) {
                Some(why) => Err(why),
                None => {
                    findings.extend(self.notes(&record.commission, order));
                    let old = found.kept.remove(&record.id);
                    keep(&mut plan, record, payload, old)
                }
            };
            plan.close(entry, findings, planned);
        }
        Ok(plan)
    }
}

impl Commissions {
    /// What keeps a commission waiting.
    fn notes(&self, commission: &Commission, order: Option<&CommissionOfOrder>) -> Vec<Finding> {
        let code = &commission.affiliate_code;
        let mut notes = Vec::new();
        match self.affiliates.get(code) {
            None => notes.push(Finding::at(Code::AffiliateUnknown, "affiliate_code", code.clone())),
            Some(ResolvedAffiliate::Pending) => {
                notes.push(Finding::at(Code::AffiliatePending, "affiliate_code", code.clone()));
            }
            Some(ResolvedAffiliate::Verified(_)) => {}
        }
        match order {
            None => {
                let order = commission.order_id.clone();
                notes.push(Finding::at(Code::CommissionOrderUnknown, "order_id", order));
            }
            Some(order) if is_added(commission) && order.status != TransactionStatus::Success => {
                let detail = Detail::said(|| tr!("{}, order {}", commission.amount, commission.order_id));
                notes.push(Finding::at(Code::CommissionOrderUnpaid, "order_id", detail));
            }
            Some(_) => {}
        }
        notes
    }
}

fn is_added(commission: &Commission) -> bool {
    commission.status == CommissionStatus::Added && commission.amount.is_positive()
}

/// The finding that holds a row of the first tier which does not say what its order says.
fn contradiction(commission: &Commission, order: Option<&CommissionOfOrder>) -> Option<Finding> {
    let order = order.filter(|_| commission.is_first_tier())?;
    let differs = |column, detail: Detail| Some(Finding::at(Code::CommissionDisagrees, column, detail));
    if order.affiliate_code.as_ref() != Some(&commission.affiliate_code) {
        let detail = Detail::said(|| {
            let of_order = order.affiliate_code.as_deref().unwrap_or(tr!("none"));
            tr!("{}, the order {of_order}", commission.affiliate_code)
        });
        return differs("affiliate_code", detail);
    }
    let recorded = order.share.unwrap_or(Money::ZERO);
    let is_paid = order.status == TransactionStatus::Success;
    let is_same = match (is_paid, commission.status) {
        (true, CommissionStatus::Added) => recorded == commission.amount,
        (true, _) => recorded.is_zero(),
        (false, _) => order.share.is_none_or(|recorded| recorded == commission.amount),
    };
    if !is_same {
        let word = commission.status.as_str();
        return differs("amount", Detail::said(|| tr!("{} {word}, the order {recorded}", commission.amount)));
    }
    let is_flag_same = order.stated.is_none_or(|stated| stated == commission.paid);
    let detail = || Detail::said(|| tr!("order {}", commission.order_id));
    if is_flag_same { None } else { differs("paid", detail()) }
}

/// Keeps a row, or what has changed of it.
fn keep(
    plan: &mut BatchPlan,
    row: CommissionRow,
    payload: SourcePayload<'_>,
    old: Option<SourceRecord>,
) -> PlannedRow {
    let target = target_of_code(&row.commission.affiliate_code);
    let payload = SourcePayload { commission: Some(Box::new(row.commission)), ..payload };
    let is_same = old.as_ref().is_some_and(|old| {
        content_of(old) == payload.content
            && old.target_id == target
            && commission_of(old) == payload.commission
    });
    if is_same {
        return Ok(RowOutcome::Unchanged);
    }
    let outcome = if old.is_some() { RowOutcome::Updated } else { RowOutcome::Created };
    let kind = SourceRecordKind::Commission;
    let new = source_record(kind, &row.id, target, &payload, String::new(), plan.written_at);
    plan.change(replaced(old, new));
    Ok(outcome)
}

//! Orders that were imported before their affiliate was verified: they get their affiliate and conversion here.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Rate;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::affiliate_account::AffiliateAccount;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::order_rows::{conversion, external_id, written_fingerprint};
use crate::store::codec::value::JsonText;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Transaction, TransactionStatus, WebhookLog};
use crate::store::session::store::Store;

/// A batch of orders that were imported before their affiliate was verified.
#[derive(Debug)]
pub(crate) struct WaitingOrders {
    logs: Vec<WebhookLog>,
    /// By `externalId`.
    transactions: HashMap<String, Transaction>,
}

impl WaitingOrders {
    /// Reads orders by the ids of their webhook logs.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn look_up(store: &mut Store, log_ids: &[&str]) -> anyhow::Result<Self> {
        let logs: Vec<WebhookLog> = store.select_in("id", log_ids)?;
        let external: Vec<String> = logs.iter().map(|log| external_id(&log.order_id)).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let found: Vec<Transaction> = store.select_in("externalId", &external)?;
        let keyed = |row: Transaction| Some((row.external_id.clone()?, row));
        Ok(Self { logs, transactions: found.into_iter().filter_map(keyed).collect() })
    }

    /// Plans profile and conversion of these orders. An order that the app has edited is only counted as such.
    pub(crate) fn link(mut self, account: &AffiliateAccount, written_at: Millis) -> BatchPlan {
        let mut plan = BatchPlan::new(written_at);
        for log in self.logs {
            let Some(transaction) = self.transactions.remove(&external_id(&log.order_id)) else {
                continue;
            };
            let as_written = Some(written_fingerprint(&transaction, None));
            let payload = SourcePayload::parse(&log.webhook_payload.0);
            match payload.ok().filter(|payload| payload.written == as_written) {
                Some(payload) => link(&mut plan, account, &log, payload, transaction),
                None => plan.count_findings(&[Finding::of_row(Code::EditedInApp, log.order_id)]),
            }
        }
        plan
    }
}

fn link(
    plan: &mut BatchPlan,
    account: &AffiliateAccount,
    log: &WebhookLog,
    payload: SourcePayload<'_>,
    transaction: Transaction,
) {
    let linked = Transaction {
        affiliate_id: Some(account.profile.id.clone()),
        updated_at: plan.written_at,
        ..transaction.clone()
    };
    let due = linked
        .affiliate_share
        .filter(|share| share.is_positive() && linked.status == TransactionStatus::Success);
    let rate = log.affiliate_rate.map_or(0, |rate| (rate * 100.0).round() as i64);
    let earned_at = linked.paid_at.unwrap_or(linked.created_at);
    let earned = due.map(|amount| {
        let rate = Rate::from_hundredths(rate);
        conversion(&log.order_id, &account.profile.id, &linked.id, amount, rate, earned_at)
    });
    let written = written_fingerprint(&linked, earned.as_ref());
    let payload = SourcePayload { written: Some(written), ..payload };
    let news = WebhookLog {
        eksporyuk_affiliate_id: Some(account.profile.id.clone()),
        webhook_payload: JsonText(payload.to_json()),
        updated_at: plan.written_at,
        ..log.clone()
    };
    let (log_id, transaction_id) = (log.id.clone(), transaction.id.clone());
    plan.change(Change::diff(&log_id, log.clone(), news, &["id"]));
    plan.change(Change::diff(&transaction_id, transaction, linked, &["id"]));
    plan.change(earned.map(Change::insert));
}

//! Imported orders whose affiliate has been decided anew since: they get the code's present affiliate and a
//! conversion, or lose both.

use std::collections::HashMap;

use crate::domain::conventions::AffiliateReference;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Rate;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::order_reconciliation::conversion_change;
use crate::pipeline::plan::order_rows::{
    CreditedAffiliate, OrderMetadata, WrittenMetadata, conversion, external_id, is_own_conversion,
    written_fingerprint,
};
use crate::store::codec::value::JsonText;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateConversion, Transaction, TransactionStatus, WebhookLog};
use crate::store::session::store::Store;

/// Some orders with the rows that name their affiliate.
#[derive(Debug)]
pub(crate) struct LinkedOrders(Vec<OrderRows>);

#[derive(Debug)]
struct OrderRows {
    log: WebhookLog,
    transaction: Option<Transaction>,
    /// The conversion that an import has written.
    own: Option<AffiliateConversion>,
    /// The conversion that the app's people have made.
    of_app: Option<AffiliateConversion>,
}

impl LinkedOrders {
    /// Reads orders by the ids of their webhook logs.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn look_up(store: &mut Store, log_ids: &[&str]) -> anyhow::Result<Self> {
        let logs: Vec<WebhookLog> = store.select_in("id", log_ids)?;
        let external: Vec<String> = logs.iter().map(|log| external_id(&log.order_id)).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let found: Vec<Transaction> = store.select_in("externalId", &external)?;
        let ids: Vec<&str> = found.iter().map(|row| row.id.as_str()).collect();
        let conversions: Vec<AffiliateConversion> = store.select_in("transactionId", &ids)?;
        let mut conversions: HashMap<String, AffiliateConversion> =
            conversions.into_iter().map(|row| (row.transaction_id.clone(), row)).collect();
        let mut transactions: HashMap<String, Transaction> =
            found.into_iter().filter_map(|row| Some((row.external_id.clone()?, row))).collect();
        let order = |log: WebhookLog| {
            let transaction = transactions.remove(&external_id(&log.order_id));
            let found = transaction.as_ref().and_then(|row| conversions.remove(&row.id));
            let (own, of_app) = match found {
                Some(found) if is_own_conversion(&found, &log.order_id) => (Some(found), None),
                found => (None, found),
            };
            OrderRows { log, transaction, own, of_app }
        };
        Ok(Self(logs.into_iter().map(order).collect()))
    }

    /// Reads the orders of a code that are linked to a profile.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn of_code(store: &mut Store, code: &str, profile_id: &str) -> anyhow::Result<Self> {
        let ids = queries::orders::logs_linked_to(store, code, Some(profile_id))?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        Self::look_up(store, &ids)
    }

    /// Whether the app has edited none of them. One that it has deleted has nothing to move.
    pub(crate) fn are_unedited(&self) -> bool {
        self.0.iter().all(|order| order.transaction.is_none() || order.unedited().is_some())
    }

    /// Plans the affiliate and the conversion of these orders: those of an affiliate, or none. An order that the app has
    /// edited is only counted as such.
    pub(crate) fn link(
        self,
        affiliate: Option<&CreditedAffiliate>,
        reference: AffiliateReference,
        written_at: Millis,
    ) -> BatchPlan {
        let mut plan = BatchPlan::new(written_at);
        for order in self.0.into_iter().filter(|order| order.transaction.is_some()) {
            if order.unedited().is_some() {
                order.link(&mut plan, affiliate, reference);
            } else {
                plan.count_findings(&[Finding::of_row(Code::EditedInApp, order.log.order_id)]);
            }
        }
        plan
    }
}

impl OrderRows {
    /// What is kept of the source row and the transaction, if the app has not edited the order.
    fn unedited(&self) -> Option<(SourcePayload<'_>, &Transaction)> {
        let transaction = self.transaction.as_ref()?;
        let payload = SourcePayload::parse(&self.log.webhook_payload.0).ok()?;
        let as_it_stands = Some(written_fingerprint(transaction, self.own.as_ref()));
        (payload.written == as_it_stands).then_some((payload, transaction))
    }

    fn link(
        &self,
        plan: &mut BatchPlan,
        affiliate: Option<&CreditedAffiliate>,
        reference: AffiliateReference,
    ) {
        let Some((payload, transaction)) = self.unedited() else { return };
        let profile_id = affiliate.map(|affiliate| affiliate.profile_id.as_str());
        let linked =
            Transaction { updated_at: plan.written_at, ..self.linked(transaction, affiliate, reference) };
        if self.of_app.is_some() {
            plan.count_findings(&[Finding::of_row(Code::ConversionOfApp, self.log.order_id.clone())]);
        }
        let earned = self.earned(&linked, profile_id);
        let written = written_fingerprint(&linked, earned.as_ref());
        let payload = SourcePayload { written: Some(written), ..payload };
        let news = WebhookLog {
            eksporyuk_affiliate_id: profile_id.map(str::to_owned),
            webhook_payload: JsonText(payload.to_json()),
            updated_at: plan.written_at,
            ..self.log.clone()
        };
        plan.change(Change::diff(&self.log.id, self.log.clone(), news, &["id"]));
        plan.change(Change::diff(&transaction.id, transaction.clone(), linked, &["id"]));
        plan.change(conversion_change(self.own.clone(), earned));
    }

    /// The transaction that names this affiliate. What version 0.1 has written keeps its form until its order is imported
    /// again.
    fn linked(
        &self,
        transaction: &Transaction,
        affiliate: Option<&CreditedAffiliate>,
        reference: AffiliateReference,
    ) -> Transaction {
        let written = WrittenMetadata::of(transaction);
        if written.is_of_first_version() {
            let affiliate_id = affiliate.map(|affiliate| affiliate.profile_id.clone());
            return Transaction { affiliate_id, ..transaction.clone() };
        }
        let metadata = OrderMetadata {
            product_id: &self.log.product_id,
            product_name: &self.log.product_name,
            membership_id: written.membership_id.as_deref(),
            affiliate_user_id: affiliate.map(|affiliate| affiliate.user_id.as_str()),
            affiliate_name: self.log.affiliate_name.as_deref(),
            affiliate_code: self.log.affiliate_code.as_deref(),
            details: &written.details,
        };
        Transaction {
            affiliate_id: affiliate.map(|affiliate| affiliate.id_in_sales(reference).to_owned()),
            metadata: Some(metadata.to_json()),
            ..transaction.clone()
        }
    }

    /// The conversion that is due to the linked affiliate, unless the app's people have made one.
    fn earned(&self, linked: &Transaction, profile_id: Option<&str>) -> Option<AffiliateConversion> {
        let profile_id = profile_id.filter(|_| self.of_app.is_none())?;
        let is_paid = linked.status == TransactionStatus::Success;
        let amount = linked.affiliate_share.filter(|share| share.is_positive() && is_paid)?;
        let rate = self.log.affiliate_rate.map_or(0, |rate| (rate * 100.0).round() as i64);
        let rate = Rate::from_hundredths(rate);
        let earned_at = linked.paid_at.unwrap_or(linked.created_at);
        Some(conversion(&self.log.order_id, profile_id, &linked.id, amount, rate, earned_at))
    }
}

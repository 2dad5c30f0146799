//! What another product map makes of orders that were imported before: their kind, their product and who owns it.
//! Nothing else of an order depends on the map, so its row in the export is not needed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::native_order::{ProductsByTitle, UNKNOWN_PRODUCT};
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::ExportProfile;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::order_lookup::{StandingOrder, standing_orders};
use crate::pipeline::plan::order_rows::{
    OrderMetadata, TransactionForm, WrittenMetadata, transaction_type, written_fingerprint,
};
use crate::pipeline::plan::product_ownership::{ProductOwnership, Purchase};
use crate::store::codec::value::{JsonText, LaterColumn};
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Transaction, TransactionType, WebhookLog};
use crate::store::session::store::Store;

/// What a product map says, resolved against the app.
#[derive(Debug)]
pub(crate) struct Remapping<'a> {
    /// The product map.
    pub map: &'a ProductMap,
    /// Its products by title, by which the plugin's own exports name them.
    pub titles: &'a ProductsByTitle,
    /// Ids of the app's products, by slug.
    pub app_products: HashMap<String, String>,
    /// Ids of the app's memberships, by slug.
    pub app_memberships: BTreeMap<String, String>,
    /// How the app writes transactions.
    pub form: TransactionForm,
    /// Whether the app records product ownership.
    pub keeps_ownership: bool,
}

impl Remapping<'_> {
    /// Sejoli's number of an order's product.
    fn product_id(&self, log: &WebhookLog, payload: &SourcePayload<'_>) -> String {
        if payload.profile == ExportProfile::Native.name() {
            self.titles.product_id(&log.product_name).unwrap_or(UNKNOWN_PRODUCT).to_owned()
        } else {
            log.product_id.clone()
        }
    }

    /// The transaction with the kind and the product that the map says.
    fn mapped(&self, transaction: &Transaction, product_id: &str, log: &WebhookLog) -> Transaction {
        let mapped = self.map.get(product_id);
        let kind = mapped.map_or(TransactionType::Product, |mapped| transaction_type(mapped.kind));
        let slug = mapped.and_then(|mapped| mapped.product.as_deref());
        let membership = mapped.and_then(|mapped| mapped.membership.as_deref());
        let membership_id = membership.and_then(|slug| self.app_memberships.get(slug).cloned());
        let after = Transaction {
            kind,
            product_id: slug.and_then(|slug| self.app_products.get(slug).cloned()),
            ..transaction.clone()
        };
        let written = WrittenMetadata::of(transaction);
        // What version 0.1 has written keeps its form until its order is imported again.
        if written.is_of_first_version() {
            return after;
        }
        let metadata = OrderMetadata {
            product_id,
            product_name: &log.product_name,
            membership_id: membership_id.as_deref(),
            affiliate_user_id: written.affiliate_id.as_deref(),
            affiliate_name: log.affiliate_name.as_deref(),
            affiliate_code: log.affiliate_code.as_deref(),
            details: &written.details,
        };
        let metadata = Some(metadata.to_json());
        Transaction {
            metadata,
            membership_id: LaterColumn(membership_id.filter(|_| self.form.has_membership)),
            ..after
        }
    }
}

/// Orders that were imported before, and what their buyers own.
#[derive(Debug)]
pub(crate) struct MappedOrders {
    orders: Vec<StandingOrder>,
    ownership: ProductOwnership,
}

impl MappedOrders {
    /// Reads the rows of the orders with these numbers.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn look_up(
        store: &mut Store,
        ids: &[String],
        remapping: &Remapping<'_>,
    ) -> anyhow::Result<Self> {
        let mut orders: Vec<(String, StandingOrder)> = standing_orders(store, ids)?.into_iter().collect();
        orders.sort_by(|(one, _), (other, _)| one.cmp(other));
        let orders: Vec<StandingOrder> = orders.into_iter().map(|(_, order)| order).collect();
        let buyers: BTreeSet<String> = if remapping.keeps_ownership {
            let transactions = orders.iter().filter_map(|order| order.transaction.as_ref());
            transactions.map(|transaction| transaction.user_id.clone()).collect()
        } else {
            BTreeSet::new()
        };
        Ok(Self { orders, ownership: ProductOwnership::look_up(store, &buyers)? })
    }

    /// Plans the changes. An order that the app has edited stays as it is, and is counted as such.
    pub(crate) fn plan(mut self, remapping: &Remapping<'_>, written_at: Millis) -> BatchPlan {
        let mut plan = BatchPlan::new(written_at);
        for StandingOrder { log, transaction, conversion } in self.orders {
            let (Some(log), Some(before)) = (log, transaction) else { continue };
            let Ok(payload) = SourcePayload::parse(&log.webhook_payload.0) else { continue };
            let product_id = remapping.product_id(&log, &payload);
            let mut after = remapping.mapped(&before, &product_id, &log);
            if after == before && product_id == log.product_id {
                continue;
            }
            if payload.written != Some(written_fingerprint(&before, conversion.as_ref())) {
                plan.count_findings(&[Finding::of_row(Code::EditedInApp, log.order_id.clone())]);
                continue;
            }
            after.updated_at = written_at;
            let written = written_fingerprint(&after, conversion.as_ref());
            let payload = SourcePayload { written: Some(written), ..payload };
            let news = WebhookLog {
                product_id,
                webhook_payload: JsonText(payload.to_json()),
                updated_at: written_at,
                ..log.clone()
            };
            if remapping.keeps_ownership {
                let id = before.id.clone();
                self.ownership.order_written(Purchase::of(&before, &id), Purchase::of(&after, &id));
            }
            let (log_id, transaction_id) = (log.id.clone(), before.id.clone());
            plan.change(Change::diff(&log_id, log, news, &["id"]));
            plan.change(Change::diff(&transaction_id, before, after, &["id"]));
        }
        plan.change(self.ownership.into_changes(written_at, false));
        plan
    }
}

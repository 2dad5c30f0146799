//! The orders of a merged account become the other one's, and with them the products that they have bought. An order that
//! the app has edited stays recognisable as edited.

use std::collections::{BTreeSet, HashMap};

use crate::domain::date::Millis;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::order_rows::{is_own_conversion, written_fingerprint};
use crate::pipeline::plan::product_ownership::{ProductOwnership, Purchase};
use crate::store::codec::value::JsonText;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{AffiliateConversion, Transaction, WebhookLog};
use crate::store::session::store::Store;

/// What `Transaction.externalId` of an imported order begins with.
const OF_SEJOLI: &str = "sejoli-";

/// Plans that all orders of the one account, imported and the app's own, are the other's.
///
/// # Errors
/// The database's errors.
pub(crate) fn moved(
    store: &mut Store,
    accounts: &Accounts,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let orders: Vec<Transaction> = store.select_in("userId", &[&accounts.other.id])?;
    let mut kept_rows = KeptOrders::look_up(store, &orders)?;
    let users: BTreeSet<String> = accounts.ids().map(str::to_owned).into();
    let mut ownership = ProductOwnership::look_up(store, &users)?;
    let mut changes = Vec::new();
    for order in orders {
        let moved =
            Transaction { user_id: accounts.kept.id.clone(), updated_at: written_at, ..order.clone() };
        changes.extend(kept_rows.written_again(&order, &moved, written_at));
        if order.payment_provider.as_deref() == Some("SEJOLI") {
            let before = Purchase::of(&order, &order.id);
            // What the app has taken away from the one account, the other is not given either (L37).
            let is_deleted = before.as_ref().is_some_and(|bought| ownership.is_deleted(bought));
            let after = Purchase::of(&moved, &order.id).filter(|_| !is_deleted);
            ownership.order_written(before, after);
        }
        changes.extend(Change::diff(&order.id.clone(), order, moved, &["id"]));
    }
    changes.extend(ownership.into_changes(written_at, false));
    Ok(changes)
}

/// What is kept of imported orders, and the conversions that belong to them.
struct KeptOrders {
    /// By the order's number.
    logs: HashMap<String, WebhookLog>,
    /// By the transaction's id.
    conversions: HashMap<String, AffiliateConversion>,
}

impl KeptOrders {
    fn look_up(store: &mut Store, orders: &[Transaction]) -> anyhow::Result<Self> {
        let numbers: Vec<&str> = orders.iter().filter_map(number).collect();
        let logs: Vec<WebhookLog> = store.select_in("orderId", &numbers)?;
        let ids: Vec<&str> = orders.iter().map(|order| order.id.as_str()).collect();
        let conversions: Vec<AffiliateConversion> = store.select_in("transactionId", &ids)?;
        Ok(Self {
            logs: logs.into_iter().map(|log| (log.order_id.clone(), log)).collect(),
            conversions: conversions.into_iter().map(|row| (row.transaction_id.clone(), row)).collect(),
        })
    }

    /// The kept row of an order that nobody has edited, with the fingerprint of what stands from now on.
    fn written_again(
        &mut self,
        order: &Transaction,
        moved: &Transaction,
        written_at: Millis,
    ) -> Option<Change> {
        let log = self.logs.remove(number(order)?)?;
        let conversion =
            self.conversions.get(&order.id).filter(|found| is_own_conversion(found, &log.order_id));
        let payload = SourcePayload::parse(&log.webhook_payload.0).ok()?;
        if payload.written != Some(written_fingerprint(order, conversion)) {
            return None;
        }
        let payload = SourcePayload { written: Some(written_fingerprint(moved, conversion)), ..payload };
        let again = WebhookLog {
            webhook_payload: JsonText(payload.to_json()),
            updated_at: written_at,
            ..log.clone()
        };
        Change::diff(&log.id.clone(), log, again, &["id"])
    }
}

/// Sejoli's number of an order that an import has written.
fn number(order: &Transaction) -> Option<&str> {
    order.external_id.as_deref()?.strip_prefix(OF_SEJOLI)
}

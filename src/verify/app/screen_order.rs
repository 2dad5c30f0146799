//! An order of the source with the app's rows of it, as its pages read them.

use crate::domain::money::Money;
use crate::domain::status::OrderStatus;
use crate::store::queries::app_screens_orders::amount;
use crate::store::schema::tables::{Transaction, WebhookLog};
use crate::verify::reader::Payload;
use crate::verify::stored_orders::{StoredOrders, external_id};

/// An order of the source with the app's rows of it.
#[derive(Clone, Debug)]
pub(super) struct ScreenOrder {
    /// Sejoli's number.
    pub(super) order_id: String,
    /// What Sejoli said of the payment, in the checklist's words.
    pub(super) source_status: String,
    /// Sejoli's number of the product.
    pub(super) source_product: String,
    /// The product's title.
    pub(super) source_title: String,
    /// The buyer's address; empty where there is none.
    pub(super) source_email: String,
    /// The buyer's number, else the WhatsApp number.
    pub(super) source_number: Option<String>,
    /// The total.
    pub(super) source_amount: Money,
    /// What was paid.
    pub(super) source_paid: Option<Money>,
    /// The affiliate's code.
    pub(super) source_code: Option<String>,
    /// The commission that was recorded.
    pub(super) source_commission: Option<Money>,
    /// Whether the commission was paid out, where a paid order's row says it.
    pub(super) source_commission_paid: Option<bool>,
    /// The payment; none where it is gone.
    pub(super) transaction: Option<Transaction>,
    /// What the conversion's `affiliateId` holds.
    pub(super) conversion_of: Option<String>,
}

/// What the pages read of an order: once for each of its payments, and once for each conversion of these.
pub(super) fn screen_orders(log: &WebhookLog, stored: &StoredOrders) -> Vec<ScreenOrder> {
    let mut found = Vec::with_capacity(1);
    for transaction in stored.transactions.of(&external_id(&log.order_id)) {
        let before = found.len();
        let holders = stored.conversions.of(&transaction.id).map(|row| Some(row.affiliate_id.as_str()));
        found.extend(holders.map(|holder| ScreenOrder::of(log, Some(transaction), holder)));
        if found.len() == before {
            found.push(ScreenOrder::of(log, Some(transaction), None));
        }
    }
    if found.is_empty() {
        found.push(ScreenOrder::of(log, None, None));
    }
    found
}

impl ScreenOrder {
    fn of(log: &WebhookLog, transaction: Option<&Transaction>, conversion_of: Option<&str>) -> Self {
        // The kept row is long, and only of an affiliate's paid order it says something that counts here.
        let is_credited = log.affiliate_code.is_some() && log.order_status == OrderStatus::Paid.as_str();
        Self {
            order_id: log.order_id.clone(),
            source_status: log.order_status.clone(),
            source_product: log.product_id.clone(),
            source_title: log.product_name.clone(),
            source_email: log.buyer_email.clone(),
            source_number: log.buyer_phone.clone().or_else(|| log.buyer_whatsapp.clone()),
            source_amount: amount(log.amount),
            source_paid: log.paid_amount.map(amount),
            source_code: log.affiliate_code.clone(),
            source_commission: log.affiliate_amount.map(amount),
            source_commission_paid: is_credited
                .then(|| Payload::commission_paid(&log.webhook_payload.0))
                .flatten(),
            transaction: transaction.cloned(),
            conversion_of: conversion_of.map(str::to_owned),
        }
    }
}

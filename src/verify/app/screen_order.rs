//! An order of the source with the app's rows of it, as its pages read them.

use crate::domain::money::Money;
use crate::domain::status::OrderStatus;
use crate::store::queries::app_screens_orders::amount;
use crate::store::schema::tables::{Transaction, WebhookLog};
use crate::verify::reader::Payload;
use crate::verify::stored_orders::{StoredOrders, external_id};

/// An order of the source with the app's rows of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScreenOrder<'o> {
    /// Sejoli's number.
    pub(super) order_id: &'o str,
    /// What Sejoli said of the payment, in the checklist's words.
    pub(super) source_status: &'o str,
    /// Sejoli's number of the product.
    pub(super) source_product: &'o str,
    /// The product's title.
    pub(super) source_title: &'o str,
    /// The buyer's address; empty where there is none.
    pub(super) source_email: &'o str,
    /// The buyer's number, else the WhatsApp number.
    pub(super) source_number: Option<&'o str>,
    /// The total.
    pub(super) source_amount: Money,
    /// What was paid.
    pub(super) source_paid: Option<Money>,
    /// The affiliate's code.
    pub(super) source_code: Option<&'o str>,
    /// The commission that was recorded.
    pub(super) source_commission: Option<Money>,
    /// Whether the commission was paid out, where a paid order's row says it.
    pub(super) source_commission_paid: Option<bool>,
    /// The payment; none where it is gone.
    pub(super) transaction: Option<&'o Transaction>,
    /// What the conversion's `affiliateId` holds.
    pub(super) conversion_of: Option<&'o str>,
}

/// What the pages read of an order: once for each of its payments, and once for each conversion of these.
pub(super) fn screen_orders<'o>(log: &'o WebhookLog, stored: &'o StoredOrders) -> Vec<ScreenOrder<'o>> {
    let of_log = ScreenOrder::of(log);
    let mut found = Vec::with_capacity(1);
    for transaction in stored.transactions.of(&external_id(&log.order_id)) {
        let before = found.len();
        let paid = ScreenOrder { transaction: Some(transaction), ..of_log };
        let conversions = stored.conversions.of(&transaction.id);
        found.extend(conversions.map(|row| ScreenOrder { conversion_of: Some(&row.affiliate_id), ..paid }));
        if found.len() == before {
            found.push(paid);
        }
    }
    if found.is_empty() {
        found.push(of_log);
    }
    found
}

impl<'o> ScreenOrder<'o> {
    /// An order without a payment.
    fn of(log: &'o WebhookLog) -> Self {
        // The kept row is long, and only of an affiliate's paid order it says something that counts here.
        let is_credited = log.affiliate_code.is_some() && log.order_status == OrderStatus::Paid.as_str();
        Self {
            order_id: &log.order_id,
            source_status: &log.order_status,
            source_product: &log.product_id,
            source_title: &log.product_name,
            source_email: &log.buyer_email,
            source_number: log.buyer_phone.as_deref().or(log.buyer_whatsapp.as_deref()),
            source_amount: amount(log.amount),
            source_paid: log.paid_amount.map(amount),
            source_code: log.affiliate_code.as_deref(),
            source_commission: log.affiliate_amount.map(amount),
            source_commission_paid: is_credited
                .then(|| Payload::commission_paid(&log.webhook_payload.0))
                .flatten(),
            transaction: None,
            conversion_of: None,
        }
    }
}

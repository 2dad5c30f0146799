//! The rows that an order of the files should have in the database.

use std::collections::BTreeMap;

use crate::domain::contact::{Email, Phone};
use crate::domain::conventions::{AffiliateReference, InvoiceForm};
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::product_map::ProductKind;
use crate::domain::status::OrderStatus;
use crate::store::codec::value::{JsonText, LaterColumn};
use crate::store::schema::tables::{Transaction, TransactionType, WebhookLog};
use crate::verify::context::{VerifiedAffiliate, VerifyContext};
use crate::verify::order_metadata::OrderMetadata;
use crate::verify::orders_without_log::OrdersWithoutLog;
use crate::verify::stored_orders::external_id;
use crate::verify::sums::status_of;

/// The webhook log that an order should have. What no export knows is taken from the stored `log`.
pub(crate) fn expected_log(order: &Order, log: &WebhookLog, profile: Option<String>) -> WebhookLog {
    let phone = |phone: Option<Phone>| phone.map(|phone| phone.to_string());
    WebhookLog {
        id: log.id.clone(),
        order_id: order.id.clone(),
        order_status: status_word(order.status).to_owned(),
        product_id: order.product_id.clone(),
        product_name: order.product_name.clone(),
        buyer_name: order.buyer_name.clone(),
        buyer_email: order.email.as_ref().map_or("", Email::as_str).to_owned(),
        buyer_phone: phone(order.phone),
        buyer_whatsapp: phone(order.whatsapp),
        amount: real(order.amount.minor()),
        paid_amount: order.paid_amount.map(|amount| real(amount.minor())),
        paid_at: order.paid_at,
        affiliate_code: order.affiliate_code.clone(),
        affiliate_name: order.affiliate_name.clone(),
        affiliate_email: order.affiliate_email.clone(),
        affiliate_phone: None,
        affiliate_rate: order.rate.map(|rate| real(rate.hundredths())),
        affiliate_amount: order.commission.map(|amount| real(amount.minor())),
        eksporyuk_affiliate_id: profile,
        processed: true,
        processed_at: Some(log.created_at),
        process_error: None,
        webhook_payload: log.webhook_payload.clone(),
        created_at: log.created_at,
        updated_at: log.updated_at,
    }
}

/// The transaction that an order should have, and the columns that are not to be compared. What no export
/// knows is taken from the stored one. `written_at` is when a run has written it last.
pub(crate) fn expected_transaction(
    (context, without_log): (&VerifyContext, &OrdersWithoutLog),
    order: &Order,
    found: &Transaction,
    seller: Option<&VerifiedAffiliate>,
    written_at: Millis,
) -> (Transaction, &'static [&'static str]) {
    let mapped = context.map.as_ref().map(|map| map.get(&order.product_id));
    let kind = mapped.map(|mapped| mapped.map_or(TransactionType::Product, |mapped| kind_of(mapped.kind)));
    let product = mapped.flatten().and_then(|mapped| mapped.product.as_deref());
    let product_id = product.and_then(|slug| context.products.get(slug).cloned());
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let common = Transaction {
        kind: kind.unwrap_or(found.kind),
        status: status_of(order.status),
        amount: charged(order),
        customer_name: text(&order.buyer_name),
        customer_email: order.email.as_ref().map(|email| email.as_str().to_owned()),
        customer_phone: order.phone.map(|phone| phone.to_string()),
        customer_whatsapp: order.whatsapp.map(|phone| phone.to_string()),
        product_id: if mapped.is_some() { product_id } else { found.product_id.clone() },
        description: text(&order.product_name),
        original_amount: Some(order.amount),
        payment_provider: Some("SEJOLI".to_owned()),
        external_id: Some(external_id(&order.id)),
        affiliate_share: order.commission,
        paid_at: order.paid_at,
        created_at: order.placed_at,
        ..found.clone()
    };
    let written = OrderMetadata::of(found);
    let expected = if is_of_first_version(&written) {
        Transaction {
            affiliate_id: seller.map(|seller| seller.profile_id.clone()),
            metadata: stored_or(found, &written, &members_of_first_version(order)),
            invoice_number: Some(order.id.clone()),
            ..common
        }
    } else {
        let membership_id = membership_id(context, order, &written);
        let conventions = context.conventions(written_at);
        Transaction {
            affiliate_id: seller.map(|seller| match conventions.transaction_affiliate {
                AffiliateReference::User => seller.user_id.clone(),
                AffiliateReference::Profile => seller.profile_id.clone(),
            }),
            metadata: stored_or(found, &written, &members(order, membership_id.as_deref(), seller)),
            invoice_number: Some(invoice_number(without_log, order, found, conventions.invoice)),
            membership_id: LaterColumn(membership_id.filter(|_| context.has_membership_column)),
            ..common
        }
    };
    (expected, &["id", "userId", "updatedAt"])
}

/// Whether version 0.1 has written an order, which kept Sejoli's product under the app's own key.
fn is_of_first_version(metadata: &OrderMetadata<'_>) -> bool {
    !metadata.has("sejoliProductId")
}

/// The membership that the product map names for the order's product; without a map, what stands there.
fn membership_id(context: &VerifyContext, order: &Order, written: &OrderMetadata<'_>) -> Option<String> {
    let Some(map) = &context.map else {
        return written.text("membershipId").map(str::to_owned);
    };
    context.membership_ids.get(map.membership_of(&order.product_id)?).cloned()
}

/// The number in the app's form, or in the other one where the app has that number itself (L35).
fn invoice_number(
    without_log: &OrdersWithoutLog,
    order: &Order,
    found: &Transaction,
    form: InvoiceForm,
) -> String {
    let prefixed = match order.id.chars().all(|letter| letter.is_ascii_digit()) {
        true => format!("INV{}", order.id),
        false => order.id.clone(),
    };
    let (usual, other) = match form {
        InvoiceForm::Inv => (prefixed, order.id.clone()),
        InvoiceForm::Bare => (order.id.clone(), prefixed),
    };
    let is_other = found.invoice_number.as_ref() == Some(&other);
    if is_other && without_log.invoices.contains(&usual) { other } else { usual }
}

fn real(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

const fn status_word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Paid => "PAID",
        OrderStatus::Pending => "PENDING",
        OrderStatus::Expired => "EXPIRED",
        OrderStatus::Refunded => "REFUNDED",
    }
}

const fn kind_of(kind: ProductKind) -> TransactionType {
    match kind {
        ProductKind::Membership => TransactionType::Membership,
        ProductKind::Product => TransactionType::Product,
        ProductKind::Course => TransactionType::Course,
        ProductKind::Event => TransactionType::Event,
    }
}

/// What the order has charged: the paid amount, if there is one and money has moved.
fn charged(order: &Order) -> Money {
    let moved = matches!(order.status, OrderStatus::Paid | OrderStatus::Refunded);
    order.paid_amount.filter(|_| moved).unwrap_or(order.amount)
}

/// The metadata as they stand where they are these members, else what they should be.
fn stored_or(found: &Transaction, written: &OrderMetadata<'_>, members: &[(&str, &str)]) -> Option<JsonText> {
    if written.is(members) {
        return found.metadata.clone();
    }
    let object: BTreeMap<&str, &str> = members.iter().copied().collect();
    Some(JsonText(serde_json::json!(object).to_string()))
}

fn members<'o>(
    order: &'o Order,
    membership_id: Option<&'o str>,
    seller: Option<&'o VerifiedAffiliate>,
) -> Vec<(&'static str, &'o str)> {
    let details = &order.details;
    let code = order.affiliate_code.as_deref();
    let optional = [
        ("membershipId", membership_id),
        ("affiliateId", seller.map(|seller| seller.user_id.as_str())),
        ("affiliateName", order.affiliate_name.as_deref().filter(|_| code.is_some())),
        ("affiliateCode", code),
        ("quantity", details.quantity.as_deref()),
        ("couponCode", details.coupon_code.as_deref()),
        ("paymentGateway", details.payment_gateway.as_deref()),
        ("uniqueCode", details.unique_code.as_deref()),
        ("walletUsed", details.wallet_used.as_deref()),
    ];
    let mut members = vec![
        ("source", "SEJOLI"),
        ("sejoliProductId", order.product_id.as_str()),
        ("productName", order.product_name.as_str()),
    ];
    members.extend(optional.into_iter().filter_map(|(name, text)| Some((name, text?))));
    members
}

fn members_of_first_version(order: &Order) -> Vec<(&'static str, &str)> {
    let mut members = vec![
        ("source", "SEJOLI"),
        ("productId", order.product_id.as_str()),
        ("productName", order.product_name.as_str()),
    ];
    members.extend(order.affiliate_code.as_deref().map(|code| ("affiliateCode", code)));
    members
}

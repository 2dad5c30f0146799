//! The rows that an order of the files should have in the database.

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
    context: &VerifyContext,
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
        external_id: Some(format!("sejoli-{}", order.id)),
        affiliate_share: order.commission,
        paid_at: order.paid_at,
        created_at: order.placed_at,
        ..found.clone()
    };
    let written = stored_metadata(found);
    let expected = if is_of_first_version(&written) {
        Transaction {
            affiliate_id: seller.map(|seller| seller.profile_id.clone()),
            metadata: Some(metadata_of_first_version(order)),
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
            metadata: Some(metadata(order, membership_id.as_deref(), seller)),
            invoice_number: Some(invoice_number(context, order, found, conventions.invoice)),
            membership_id: LaterColumn(membership_id.filter(|_| context.has_membership_column)),
            ..common
        }
    };
    (expected, &["id", "userId", "updatedAt"])
}

/// Whether version 0.1 has written an order, which kept Sejoli's product under the app's own key.
pub(crate) fn is_of_first_version(metadata: &serde_json::Value) -> bool {
    metadata.get("sejoliProductId").is_none()
}

/// The metadata that a transaction has; JSON's null where it has none.
pub(crate) fn stored_metadata(found: &Transaction) -> serde_json::Value {
    let json = found.metadata.as_ref().map_or("", |json| json.0.as_str());
    serde_json::from_str(json).unwrap_or_default()
}

/// The membership that the product map names for the order's product; without a map, what stands there.
fn membership_id(context: &VerifyContext, order: &Order, written: &serde_json::Value) -> Option<String> {
    let Some(map) = &context.map else {
        return written.get("membershipId").and_then(|id| id.as_str()).map(str::to_owned);
    };
    context.membership_ids.get(map.membership_of(&order.product_id)?).cloned()
}

/// The number in the app's form, or in the other one where the app has that number itself (L35).
fn invoice_number(context: &VerifyContext, order: &Order, found: &Transaction, form: InvoiceForm) -> String {
    let prefixed = match order.id.chars().all(|letter| letter.is_ascii_digit()) {
        true => format!("INV{}", order.id),
        false => order.id.clone(),
    };
    let (usual, other) = match form {
        InvoiceForm::Inv => (prefixed, order.id.clone()),
        InvoiceForm::Bare => (order.id.clone(), prefixed),
    };
    let is_other = found.invoice_number.as_ref() == Some(&other);
    if is_other && context.app_invoices.contains(&usual) { other } else { usual }
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

fn metadata(order: &Order, membership_id: Option<&str>, seller: Option<&VerifiedAffiliate>) -> JsonText {
    let mut json = serde_json::json!({
        "source": "SEJOLI",
        "sejoliProductId": order.product_id,
        "productName": order.product_name,
    });
    if let Some(membership_id) = membership_id {
        json["membershipId"] = membership_id.into();
    }
    if let Some(seller) = seller {
        json["affiliateId"] = seller.user_id.as_str().into();
    }
    if let Some(code) = &order.affiliate_code {
        if let Some(name) = &order.affiliate_name {
            json["affiliateName"] = name.as_str().into();
        }
        json["affiliateCode"] = code.as_str().into();
    }
    let details = &order.details;
    for (key, detail) in [
        ("quantity", &details.quantity),
        ("couponCode", &details.coupon_code),
        ("paymentGateway", &details.payment_gateway),
        ("uniqueCode", &details.unique_code),
        ("walletUsed", &details.wallet_used),
    ] {
        if let Some(detail) = detail {
            json[key] = detail.as_str().into();
        }
    }
    JsonText(json.to_string())
}

fn metadata_of_first_version(order: &Order) -> JsonText {
    let mut json = serde_json::json!({
        "source": "SEJOLI",
        "productId": order.product_id,
        "productName": order.product_name,
    });
    if let Some(code) = &order.affiliate_code {
        json["affiliateCode"] = code.as_str().into();
    }
    JsonText(json.to_string())
}

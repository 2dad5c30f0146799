//! The rows that an order of the files should have in the database.

use crate::domain::contact::{Email, Phone};
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::product_map::ProductKind;
use crate::domain::status::OrderStatus;
use crate::store::codec::value::JsonText;
use crate::store::schema::tables::{Transaction, TransactionType, WebhookLog};
use crate::verify::context::VerifyContext;
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
/// knows is taken from the stored one.
pub(crate) fn expected_transaction(
    context: &VerifyContext,
    order: &Order,
    found: &Transaction,
    profile: Option<String>,
) -> (Transaction, &'static [&'static str]) {
    let mapped = context.map.as_ref().map(|map| map.get(&order.product_id));
    let kind = mapped.map(|mapped| mapped.map_or(TransactionType::Product, |mapped| kind_of(mapped.kind)));
    let product = mapped.flatten().and_then(|mapped| mapped.product.as_deref());
    let product_id = product.and_then(|slug| context.products.get(slug).cloned());
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let expected = Transaction {
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
        affiliate_id: profile,
        metadata: Some(metadata(order)),
        paid_at: order.paid_at,
        created_at: order.placed_at,
        invoice_number: Some(order.id.clone()),
        ..found.clone()
    };
    (expected, &["id", "userId", "updatedAt"])
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

fn metadata(order: &Order) -> JsonText {
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

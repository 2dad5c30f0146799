//! The app's rows of one order, field by field, and the fingerprint that shows whether the app has edited them.

use crate::domain::date::Millis;
use crate::domain::ids::{id_for, is_id_of};
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::product_map::ProductKind;
use crate::domain::status::OrderStatus;
use crate::domain::{commission, json_string};
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::{Column, Record as _};
use crate::store::codec::value::{JsonText, Later, Value};
use crate::store::schema::tables::{
    AffiliateConversion, Transaction, TransactionStatus, TransactionType, WebhookLog,
};

/// `Transaction.externalId` of an order, the same in every run (L13).
pub(crate) fn external_id(order_id: &str) -> String {
    format!("sejoli-{order_id}")
}

/// The fingerprint that shows whether the app has edited an order's rows. It leaves out ids and `updatedAt`, which
/// say nothing about the content, and the payout marks, which only the app sets.
pub(crate) fn written_fingerprint(
    transaction: &Transaction,
    conversion: Option<&AffiliateConversion>,
) -> u64 {
    let skip = |name: &str| matches!(name, "id" | "updatedAt" | "transactionId" | "paidOut" | "paidOutAt");
    let counts = |(value, column): &(Value, &Column)| !skip(column.name) && !column.is_left_out(value);
    let mut values = Vec::with_capacity(32);
    let named = transaction.clone().into_row().into_iter().zip(Transaction::TABLE.columns);
    values.extend(named.filter(counts).map(|(value, _)| value));
    if let Some(conversion) = conversion {
        let named = conversion.clone().into_row().into_iter().zip(AffiliateConversion::TABLE.columns);
        values.extend(named.filter(counts).map(|(value, _)| value));
    }
    fingerprint(&values)
}

/// The transaction type of a product kind.
pub(crate) const fn transaction_type(kind: ProductKind) -> TransactionType {
    match kind {
        ProductKind::Membership => TransactionType::Membership,
        ProductKind::Product => TransactionType::Product,
        ProductKind::Course => TransactionType::Course,
        ProductKind::Event => TransactionType::Event,
    }
}

/// The transaction status of an order status.
pub(crate) const fn transaction_status(status: OrderStatus) -> TransactionStatus {
    match status {
        OrderStatus::Paid => TransactionStatus::Success,
        OrderStatus::Pending => TransactionStatus::Pending,
        OrderStatus::Expired => TransactionStatus::Failed,
        OrderStatus::Refunded => TransactionStatus::Refunded,
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The transaction of an order before its user, product and affiliate are resolved.
pub(crate) fn transaction_of(order: &Order, kind: TransactionType) -> Transaction {
    transaction(order, String::new(), kind, None, None, order.placed_at)
}

pub(super) fn transaction(
    order: &Order,
    user_id: String,
    kind: TransactionType,
    product_id: Option<String>,
    affiliate_id: Option<String>,
    written_at: Millis,
) -> Transaction {
    Transaction {
        id: id_for(Transaction::TABLE.name, &order.id, order.placed_at),
        user_id,
        kind,
        status: transaction_status(order.status),
        amount: order.charged(),
        customer_name: some(&order.buyer_name),
        customer_email: order.email.as_ref().map(|email| email.as_str().to_owned()),
        customer_phone: order.phone.map(|phone| phone.to_string()),
        customer_whatsapp: order.whatsapp.map(|phone| phone.to_string()),
        product_id,
        description: some(&order.product_name),
        original_amount: Some(order.amount),
        payment_provider: Some("SEJOLI".to_owned()),
        external_id: Some(external_id(&order.id)),
        affiliate_share: order.commission,
        affiliate_id,
        metadata: Some(metadata(order)),
        paid_at: order.paid_at,
        created_at: order.placed_at,
        updated_at: written_at,
        invoice_number: Some(order.id.clone()),
        membership_id: Later::default(),
    }
}

fn metadata(order: &Order) -> JsonText {
    product_metadata(&order.product_id, &order.product_name, order.affiliate_code.as_deref())
}

/// `Transaction.metadata` of an order of this product, named by this affiliate.
pub(super) fn product_metadata(
    product_id: &str,
    product_name: &str,
    affiliate_code: Option<&str>,
) -> JsonText {
    let mut json = String::from("{\"source\":\"SEJOLI\",\"productId\":");
    json_string::push(&mut json, product_id);
    json.push_str(",\"productName\":");
    json_string::push(&mut json, product_name);
    if let Some(code) = affiliate_code {
        json.push_str(",\"affiliateCode\":");
        json_string::push(&mut json, code);
    }
    json.push('}');
    JsonText(json)
}

/// The conversion of an order whose affiliate has earned a commission, dated by the payment (L17, L18, L20).
pub(super) fn conversion_of(
    order: &Order,
    profile_id: Option<&str>,
    transaction_id: &str,
) -> Option<AffiliateConversion> {
    let amount = commission::earned(order)?;
    Some(conversion(
        &order.id,
        profile_id?,
        transaction_id,
        amount,
        commission::rate(order),
        order.earned_at(),
    ))
}

/// Whether an import has written a conversion of this order, and not the app's people.
pub(crate) fn is_own_conversion(conversion: &AffiliateConversion, order_id: &str) -> bool {
    is_own_conversion_id(&conversion.id, order_id)
}

/// The same by the conversion's id.
pub(crate) fn is_own_conversion_id(id: &str, order_id: &str) -> bool {
    is_id_of(id, AffiliateConversion::TABLE.name, order_id)
}

/// A conversion row that is not paid out yet.
pub(crate) fn conversion(
    order_id: &str,
    profile_id: &str,
    transaction_id: &str,
    amount: Money,
    rate: crate::domain::money::Rate,
    earned_at: Millis,
) -> AffiliateConversion {
    AffiliateConversion {
        id: id_for(AffiliateConversion::TABLE.name, order_id, earned_at),
        affiliate_id: profile_id.to_owned(),
        transaction_id: transaction_id.to_owned(),
        commission_amount: amount,
        commission_rate: rate,
        paid_out: false,
        paid_out_at: None,
        created_at: earned_at,
    }
}

/// An amount for the log's `Float` columns, which the checklist prescribes; the transaction beside
/// it holds the exact one.
fn float(amount: Money) -> f64 {
    amount.minor() as f64 / 100.0
}

pub(super) fn webhook_log(
    order: &Order,
    profile_id: Option<String>,
    payload: String,
    written_at: Millis,
) -> WebhookLog {
    WebhookLog {
        id: id_for(WebhookLog::TABLE.name, &order.id, order.placed_at),
        order_id: order.id.clone(),
        order_status: order.status.as_str().to_owned(),
        product_id: order.product_id.clone(),
        product_name: order.product_name.clone(),
        buyer_name: order.buyer_name.clone(),
        buyer_email: order.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        buyer_phone: order.phone.map(|phone| phone.to_string()),
        buyer_whatsapp: order.whatsapp.map(|phone| phone.to_string()),
        amount: float(order.amount),
        paid_amount: order.paid_amount.map(float),
        paid_at: order.paid_at,
        affiliate_code: order.affiliate_code.clone(),
        affiliate_name: order.affiliate_name.clone(),
        affiliate_email: order.affiliate_email.clone(),
        affiliate_phone: None,
        affiliate_rate: order.rate.map(|rate| rate.hundredths() as f64 / 100.0),
        affiliate_amount: order.commission.map(float),
        eksporyuk_affiliate_id: profile_id,
        processed: true,
        processed_at: Some(written_at),
        process_error: None,
        webhook_payload: JsonText(payload),
        created_at: written_at,
        updated_at: written_at,
    }
}

//! The app's rows of one order, field by field, and the fingerprint that shows whether the app has edited them.

use serde::Deserialize;

use crate::domain::conventions::{AffiliateReference, AppConventions};
use crate::domain::date::Millis;
use crate::domain::ids::{id_for, is_id_of};
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::order_details::OrderDetails;
use crate::domain::product_map::ProductKind;
use crate::domain::status::OrderStatus;
use crate::domain::{commission, json_string};
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::{Column, Record as _};
use crate::store::codec::value::{JsonText, LaterColumn, Value};
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

/// An affiliate whom an order credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreditedAffiliate {
    /// AffiliateProfile.id, which conversions name (L19).
    pub(crate) profile_id: String,
    /// The id of the profile's user.
    pub(crate) user_id: String,
}

impl CreditedAffiliate {
    /// The id that a transaction names (L31).
    pub(super) fn id_in_sales(&self, reference: AffiliateReference) -> &str {
        match reference {
            AffiliateReference::User => &self.user_id,
            AffiliateReference::Profile => &self.profile_id,
        }
    }
}

/// What of the app the transaction of an order names.
#[derive(Clone, Debug, Default)]
pub(super) struct OrderReferences {
    pub(super) user_id: String,
    pub(super) product_id: Option<String>,
    /// The membership that the product map names, if the app has it.
    pub(super) membership_id: Option<String>,
    pub(super) affiliate: Option<CreditedAffiliate>,
    pub(super) invoice_number: String,
}

/// How this app writes transactions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TransactionForm {
    /// The app's conventions.
    pub(crate) conventions: AppConventions,
    /// Whether transactions have a column for the membership.
    pub(crate) has_membership: bool,
}

/// The transaction of an order before its user, product, membership and affiliate are resolved.
pub(crate) fn transaction_of(order: &Order, kind: TransactionType) -> Transaction {
    let form = TransactionForm::default();
    let invoice_number = form.conventions.invoice.number(&order.id);
    let references = OrderReferences { invoice_number, ..OrderReferences::default() };
    transaction(order, kind, references, form, order.placed_at)
}

pub(super) fn transaction(
    order: &Order,
    kind: TransactionType,
    references: OrderReferences,
    form: TransactionForm,
    written_at: Millis,
) -> Transaction {
    let OrderReferences { user_id, product_id, membership_id, affiliate, invoice_number } = references;
    let metadata = OrderMetadata {
        product_id: &order.product_id,
        product_name: &order.product_name,
        membership_id: membership_id.as_deref(),
        affiliate_user_id: affiliate.as_ref().map(|affiliate| affiliate.user_id.as_str()),
        affiliate_name: order.affiliate_name.as_deref(),
        affiliate_code: order.affiliate_code.as_deref(),
        details: &order.details,
    };
    let metadata = Some(metadata.to_json());
    let named = |affiliate: CreditedAffiliate| {
        affiliate.id_in_sales(form.conventions.transaction_affiliate).to_owned()
    };
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
        affiliate_id: affiliate.map(named),
        metadata,
        paid_at: order.paid_at,
        created_at: order.placed_at,
        updated_at: written_at,
        invoice_number: Some(invoice_number),
        membership_id: LaterColumn(membership_id.filter(|_| form.has_membership)),
    }
}

/// `Transaction.metadata` of an order, by the keys that the app's own checkout writes. Sejoli's product number stands
/// beside them under a name of its own, since `productId` is the app's key.
pub(super) struct OrderMetadata<'a> {
    pub(super) product_id: &'a str,
    pub(super) product_name: &'a str,
    pub(super) membership_id: Option<&'a str>,
    /// The app reads it as a user's id, whatever `Transaction.affiliateId` holds.
    pub(super) affiliate_user_id: Option<&'a str>,
    pub(super) affiliate_name: Option<&'a str>,
    pub(super) affiliate_code: Option<&'a str>,
    pub(super) details: &'a OrderDetails,
}

/// The key of Sejoli's product number; version 0.1 has written it as `productId`.
const SEJOLI_PRODUCT: &str = "sejoliProductId";

impl OrderMetadata<'_> {
    pub(super) fn to_json(&self) -> JsonText {
        let mut json = String::from("{\"source\":\"SEJOLI\"");
        let members = [
            (SEJOLI_PRODUCT, Some(self.product_id)),
            ("productName", Some(self.product_name)),
            ("membershipId", self.membership_id),
            ("affiliateId", self.affiliate_user_id),
            ("affiliateName", self.affiliate_name.filter(|_| self.affiliate_code.is_some())),
            ("affiliateCode", self.affiliate_code),
        ];
        for (key, value) in members.into_iter().chain(self.details.members()) {
            let Some(value) = value else { continue };
            json.push_str(",\"");
            json.push_str(key);
            json.push_str("\":");
            json_string::push(&mut json, value);
        }
        json.push('}');
        JsonText(json)
    }
}

/// What is read of the metadata that an import has written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenMetadata {
    sejoli_product_id: Option<String>,
    pub(super) membership_id: Option<String>,
    pub(super) affiliate_id: Option<String>,
    #[serde(flatten)]
    pub(super) details: OrderDetails,
}

impl WrittenMetadata {
    pub(super) fn of(transaction: &Transaction) -> Self {
        let json = transaction.metadata.as_ref().map_or("", |json| json.0.as_str());
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Whether version 0.1 has written the row: it named an affiliate's profile, and a product under another key.
    pub(super) fn is_of_first_version(&self) -> bool {
        self.sejoli_product_id.is_none()
    }
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

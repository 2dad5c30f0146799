//! What a reconciliation goes by, of the rows that a walk over the orders has read.

use crate::store::queries::reconciliation::{ConversionFacts, LogFacts, OrderFacts};
use crate::store::schema::tables::{AffiliateConversion, Transaction, WebhookLog};
use crate::verify::payment_marks::PaymentMarks;
use crate::verify::stored_orders::{StoredOrders, order_number};

/// What is stored of those orders for which `is_wanted` holds, by their numbers.
pub(super) fn order_facts(
    stored: &StoredOrders,
    marks: &PaymentMarks,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<OrderFacts> {
    let mut facts = Vec::new();
    for transaction in stored.transactions.iter() {
        let number = order_number(transaction.external_id.as_deref());
        let Some(number) = number.filter(|number| is_wanted(number)) else { continue };
        let conversions = stored.conversions.of(&transaction.id);
        let mut conversions: Vec<ConversionFacts> = conversions.map(|row| conversion(row, marks)).collect();
        conversions.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        facts.push(order(transaction, stored.logs.get(number), conversions));
    }
    facts
}

fn order(
    transaction: &Transaction,
    log: Option<&WebhookLog>,
    conversions: Vec<ConversionFacts>,
) -> OrderFacts {
    OrderFacts {
        external_id: transaction.external_id.clone().unwrap_or_default(),
        status: transaction.status,
        amount: transaction.amount,
        original_amount: transaction.original_amount,
        share: transaction.affiliate_share,
        placed_at: transaction.created_at,
        paid_at: transaction.paid_at,
        log: log.map(|log| LogFacts {
            product_id: log.product_id.clone(),
            product_name: log.product_name.clone(),
            code: log.affiliate_code.clone().filter(|code| !code.is_empty()),
            order_status: log.order_status.clone(),
            rate: log.affiliate_rate,
        }),
        buyer: transaction.customer_email.clone(),
        conversions,
    }
}

fn conversion(row: &AffiliateConversion, marks: &PaymentMarks) -> ConversionFacts {
    ConversionFacts {
        id: row.id.clone(),
        profile_id: row.affiliate_id.clone(),
        commission: row.commission_amount,
        earned_at: row.created_at,
        is_paid_out: row.paid_out,
        is_marked: row.paid_out && marks.has(&row.id),
    }
}

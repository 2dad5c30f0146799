//! `orders.csv`: the checklist's columns, and what the checklist has no column for.

use std::borrow::Cow;

use crate::domain::money::Money;
use crate::extract::files::memberships::paid_end;
use crate::extract::files::out_folder::CsvFile;
use crate::extract::files::totals::Totals;
use crate::extract::kept_rows::{KeptCommissionRow, OrderRow};
use crate::extract::listed::{ListedRow, ListedRows, ListingReason};
use crate::extract::order_meta::MetaState;
use crate::extract::order_rules::{Payment, paid_date, was_set_back};
use crate::extract::site_time::cell;
use crate::extract::view::ShopView;

const HEADER: [&str; 29] = [
    "order_id",
    "order_date",
    "product_id",
    "product_name",
    "buyer_name",
    "buyer_email",
    "buyer_phone",
    "buyer_whatsapp",
    "amount",
    "paid_amount",
    "payment_status",
    "paid_date",
    "expiry_date",
    "affiliate_code",
    "affiliate_name",
    "affiliate_email",
    "affiliate_commission_rate",
    "affiliate_commission_amount",
    "source_status",
    "source_type",
    "order_parent_id",
    "quantity",
    "coupon",
    "unique_code",
    "wallet_used",
    "payment_gateway",
    "status_history",
    "affiliate_commission_status",
    "affiliate_commission_paid",
];

/// Writes the orders.
pub(crate) fn write(
    view: &ShopView<'_>,
    file: &mut CsvFile,
    list: &mut ListedRows,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    file.line(HEADER)?;
    for order in &view.shop.rows.orders {
        totals.tile_of(view.word(order.status), &order.total);
        totals.orders.read(&order.total);
        if !view.comes_along(order.deleted) {
            list.add(listed(order, ListingReason::SoftDeleted));
            totals.orders.left_out(&order.total);
            continue;
        }
        totals.orders.written(&order.total);
        let commission = FirstTierCommission::of(view, order);
        for reason in doubts(view, order, &commission) {
            list.add(listed(order, reason));
        }
        totals.order(view.word(order.status), &order.total, commission.written());
        file.line(line(view, order, &commission).iter().map(|cell| cell.as_bytes()))?;
    }
    Ok(())
}

fn listed(order: &OrderRow, reason: ListingReason) -> ListedRow {
    ListedRow {
        table: "sejolisa_orders",
        id: order.id,
        order: Some(order.id),
        affiliate: (order.affiliate > 0).then_some(order.affiliate),
        amount: Some(order.total.nearest()),
        reason,
    }
}

/// The commission of the first tier, which is the order's own affiliate's.
struct FirstTierCommission<'s> {
    row: Option<&'s KeptCommissionRow>,
    status: &'s str,
    payment: Payment,
    is_ambiguous: bool,
}

impl<'s> FirstTierCommission<'s> {
    fn of(view: &ShopView<'s>, order: &OrderRow) -> Self {
        let mut first = view.commissions_of(order.id).filter(|row| row.tier == 1);
        let row = first.next();
        let is_ambiguous = row.is_some() && first.next().is_some()
            || row.is_some_and(|row| row.affiliate != order.affiliate);
        let row = row.filter(|_| !is_ambiguous);
        let payment = Payment::of_status(view.word(order.status));
        Self { row, status: row.map_or("", |row| view.word(row.status)), payment, is_ambiguous }
    }

    /// The row whose amount is written: of a paid order only one that was added.
    fn written(&self) -> Option<&'s KeptCommissionRow> {
        self.row.filter(|_| self.payment != Payment::Paid || self.status == "added")
    }
}

fn doubts(view: &ShopView<'_>, order: &OrderRow, commission: &FirstTierCommission<'_>) -> Vec<ListingReason> {
    let FirstTierCommission { row, payment, is_ambiguous, .. } = commission;
    let is_paid = *payment == Payment::Paid;
    let needs_subscription = view.word(order.kind).starts_with("subscription");
    let rows = &view.shop.rows;
    let column = rows.total_type.as_deref().unwrap_or_default();
    let all = [
        (order.deleted.is_some(), ListingReason::IncludedDeleted),
        (view.user(order.user).is_none(), ListingReason::BuyerDeleted),
        (view.title(order.product).is_none(), ListingReason::ProductDeleted),
        (*payment == Payment::Unknown, ListingReason::UnknownStatus),
        (was_set_back(order, rows, &view.shop.words), ListingReason::SetBack),
        (order.state == MetaState::Damaged, ListingReason::DamagedMeta),
        (is_inexact(column, order.total.nearest()), ListingReason::InexactColumn),
        (!order.total.is_exact(), ListingReason::OddAmount),
        (
            is_paid && needs_subscription && view.subscriptions_of(order.id).next().is_none(),
            ListingReason::SubscriptionMissing,
        ),
        (is_paid && order.affiliate > 0 && row.is_none() && !is_ambiguous, ListingReason::CommissionMissing),
        (*is_ambiguous, ListingReason::CommissionAmbiguous),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}

/// Whether a column of this type may have lost a part of an amount: FLOAT holds 24 bits, and without decimals of its
/// own it prints six digits.
pub(crate) fn is_inexact(column: &str, amount: Money) -> bool {
    const HOLDS_SEN: Money = Money::rupiah(131_072);
    const SIX_DIGITS: Money = Money::rupiah(9_999);
    let amount = amount.abs_diff(Money::ZERO);
    match column.strip_prefix("float") {
        Some("") => amount > SIX_DIGITS,
        Some(_) => amount > HOLDS_SEN,
        None => false,
    }
}

fn line<'s>(
    view: &ShopView<'s>,
    order: &'s OrderRow,
    commission: &FirstTierCommission<'s>,
) -> [Cow<'s, str>; 29] {
    let payment = commission.payment;
    let status = view.word(order.status);
    let buyer = view.user(order.user);
    let affiliate = view.user(order.affiliate);
    let number = |id: u64| if id == 0 { Cow::Borrowed("") } else { Cow::Owned(id.to_string()) };
    let some = |text: Option<&'s str>| Cow::Borrowed(text.unwrap_or_default());
    let total = order.total.cell();
    let paid = if payment.was_paid() { total.clone() } else { String::new() };
    let paid_at = payment.was_paid().then(|| paid_date(order, &view.shop.rows, &view.shop.words)).flatten();
    let coupon = view.shop.rows.coupons.get(&order.coupon).map(|coupon| &*coupon.code);
    [
        order.id.to_string().into(),
        cell(order.created).into(),
        number(order.product),
        some(view.title(order.product)),
        some(buyer.map(|user| &*user.name)),
        some(buyer.map(|user| &*user.email)),
        some(view.phone(order.user).or(order.delivery_phone.as_deref())),
        "".into(),
        total.into(),
        paid.into(),
        payment.word(status).into(),
        cell(paid_at).into(),
        cell((payment == Payment::Paid).then(|| paid_end(view, order)).flatten()).into(),
        number(order.affiliate),
        some(affiliate.map(|user| &*user.name)),
        some(affiliate.map(|user| &*user.email)),
        "".into(),
        commission.written().map_or_else(String::new, |row| row.amount.cell()).into(),
        status.into(),
        view.word(order.kind).into(),
        number(order.parent),
        order.quantity.to_string().into(),
        some(coupon.or(order.coupon_code.as_deref())),
        some(order.unique_code.as_deref()),
        some(order.wallet.as_deref()),
        view.word(order.gateway).into(),
        history(view, order).into(),
        commission.status.into(),
        commission.row.map_or("", |row| if row.paid { "1" } else { "0" }).into(),
    ]
}

/// The moves of an order: `2025-11-21 02:29:33 on-hold>completed; …`.
fn history(view: &ShopView<'_>, order: &OrderRow) -> String {
    let moves = &view.shop.rows.moves[order.moves.0 as usize..order.moves.1 as usize];
    let mut text = String::new();
    for step in moves {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&cell(step.at));
        text.push_str(if step.at.is_some() { " " } else { "" });
        text.push_str(view.word(step.from));
        text.push('>');
        text.push_str(view.word(step.to));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_column_is_doubted_where_its_digits_end() {
        let rupiah = |text: &str| Money::from_plain(text).expect("an amount");
        assert!(!is_inexact("double(12,2)", rupiah("99999999")));
        assert!(
            !is_inexact("float(12,2)", rupiah("131072")) && is_inexact("float(12,2)", rupiah("131072.01"))
        );
        assert!(!is_inexact("float", rupiah("9999")) && is_inexact("float", rupiah("1598123")));
        assert!(!is_inexact("", rupiah("99999999")), "an input that does not say its types");
    }
}

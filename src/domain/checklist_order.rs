//! Reads an order of an export that has the checklist's columns.

use crate::domain::cell_reader::{CellReader, CellRules, Parsed, optional};
use crate::domain::commission;
use crate::domain::commission::CommissionStanding;
use crate::domain::contact::{Phone, Phones};
use crate::domain::date::Millis;
use crate::domain::export_fields::OrderCells;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::domain::order::{Order, has_moved_money};
use crate::domain::order_details::OrderDetails;
use crate::domain::redaction::redact_cell;
use crate::domain::status;
use crate::domain::status::OrderStatus;
use crate::domain::text;

/// How far an order's dates may lie after the import's own: clocks differ, and so do time zones.
const FUTURE_TOLERANCE_MS: i64 = 24 * 60 * 60 * 1000;

/// Reads an order from the cells of its row. `now` is the time after which nothing can have been ordered or paid.
pub fn parse(cells: &OrderCells<'_>, rules: CellRules, now: Millis) -> Parsed<Order> {
    let mut reader = CellReader::default();
    let (amount, order) = read(cells, rules, &mut reader);
    let mut findings = reader.findings;
    if let Some(order) = &order {
        findings.extend(commission::check(order));
        findings.extend(commission::check_fraction(order, cells.affiliate_commission_rate));
        findings.extend(check_future(order, now));
    }
    Parsed { record: order, findings, amount }
}

/// The finding about an order that was placed or paid more than a day after `now`.
pub(crate) fn check_future(order: &Order, now: Millis) -> Option<Finding> {
    let dates = [("order_date", Some(order.placed_at)), ("paid_date", order.paid_at)];
    let is_future = |at: Millis| at.0 > now.0.saturating_add(FUTURE_TOLERANCE_MS);
    let (column, at) =
        dates.into_iter().find_map(|(column, at)| Some((column, at.filter(|at| is_future(*at))?)))?;
    Some(Finding::at(Code::DateInFuture, column, at.to_string()))
}

/// What the order charged, if its amount can be read, and the order.
fn read(cells: &OrderCells<'_>, rules: CellRules, reader: &mut CellReader) -> (Option<Money>, Option<Order>) {
    let id = reader.required_id("order_id", cells.order_id);
    let placed = reader.required_date("order_date", cells.order_date, rules.dates);
    let product_id = reader.required_id("product_id", cells.product_id);
    let email = reader.email("buyer_email", cells.buyer_email);
    let phones = reader.phones("buyer_phone", cells.buyer_phone);
    let whatsapp = read_whatsapp(&phones, cells.buyer_whatsapp, reader);
    let is_known = email.is_some() || phones.first.is_some() || whatsapp.is_some();
    if !is_known && !reader.has("buyer_email") {
        reader.note(Code::RequiredMissing, "buyer_email", "");
    }
    let amount = reader.amount("amount", cells.amount, rules.money);
    if amount.is_none() && !reader.has("amount") {
        reader.note(Code::RequiredMissing, "amount", "");
    }
    let paid_amount = reader.amount("paid_amount", cells.paid_amount, rules.money);
    let status = read_status(cells.payment_status, reader);
    let paid = reader.date("paid_date", cells.paid_date, rules.dates);
    let expiry = reader.end_date("expiry_date", cells.expiry_date, rules.dates);
    let affiliate_code =
        reader.optional_id("affiliate_code", cells.affiliate_code).filter(|code| code != "0");
    let commission =
        reader.amount("affiliate_commission_amount", cells.affiliate_commission_amount, rules.money);
    // A recorded amount stands without its rate, which only checks it (lesson L17, `docs/lessons.md`).
    let unreadable = if commission.is_some() { Code::RateUnreadable } else { Code::AmountUnreadable };
    let rate = reader.rate("affiliate_commission_rate", cells.affiliate_commission_rate, unreadable);
    let stated_commission = reader.stated_commission(
        ("affiliate_commission_status", cells.affiliate_commission_status),
        ("affiliate_commission_paid", cells.affiliate_commission_paid),
    );
    let charged = paid_amount.filter(|_| status.is_some_and(has_moved_money)).or(amount);
    let (Some(placed), Some(amount), Some(status)) = (placed, amount, status) else {
        return (charged, None);
    };
    if expiry.is_some_and(|expiry| expiry.end_of_period(rules.dates.zone) < placed.at) {
        reader.note(Code::DatesContradict, "expiry_date", "");
    }
    if status == OrderStatus::Paid && paid.is_none() {
        reader.note(Code::PaidDateMissing, "paid_date", "");
    }
    let stands = CommissionStanding { status, amount: commission, stated: stated_commission };
    let is_earned = affiliate_code.is_none() || stands.may_be_earned();
    if affiliate_code.is_some() {
        reader.findings.extend(commission::check_stated(stands));
    }
    let order = Order {
        id,
        placed_at: placed.at,
        product_id,
        product_name: text::clean_line(cells.product_name).into_owned(),
        buyer_name: text::clean_line(cells.buyer_name).into_owned(),
        email,
        phone: phones.first,
        whatsapp,
        amount,
        paid_amount,
        status,
        paid_at: paid.map(|moment| moment.at).or((status == OrderStatus::Paid).then_some(placed.at)),
        affiliate_code,
        affiliate_name: optional(cells.affiliate_name),
        affiliate_email: optional(cells.affiliate_email),
        rate,
        commission: commission.filter(|_| is_earned),
        stated_commission,
        details: OrderDetails {
            quantity: optional(cells.quantity),
            coupon_code: optional(cells.coupon),
            payment_gateway: optional(cells.payment_gateway),
            unique_code: optional(cells.unique_code),
            wallet_used: optional(cells.wallet_used),
        },
    };
    (charged, Some(order))
}

fn read_status(cell: &str, reader: &mut CellReader) -> Option<OrderStatus> {
    match status::parse_order_status(cell) {
        Ok(status) => Some(status),
        Err(status::StatusError::Empty) => {
            reader.note(Code::RequiredMissing, "payment_status", "");
            None
        }
        Err(_) => {
            reader.note(Code::StatusUnknown, "payment_status", text::excerpt(cell, 30));
            None
        }
    }
}

/// A buyer has places for two numbers: a WhatsApp cell that is empty leaves its place to the second
/// number of the phone's cell.
fn read_whatsapp(phones: &Phones, cell: &str, reader: &mut CellReader) -> Option<Phone> {
    let own = reader.phones("buyer_whatsapp", cell);
    let kept = own.first.or(phones.second);
    let is_kept = |phone: Phone| Some(phone) == phones.first || Some(phone) == kept;
    for (column, phone) in [("buyer_phone", phones.second), ("buyer_whatsapp", own.second)] {
        if let Some(phone) = phone.filter(|phone| !is_kept(*phone)) {
            reader.note(Code::PhoneLeftOver, column, redact_cell(column, &phone.to_string(), false));
        }
    }
    kept
}

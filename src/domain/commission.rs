//! The commission of an order (lesson L17, `docs/lessons.md`).
//!
//! The amount recorded on the order counts, because rates have changed over the years. A recorded rate only
//! checks the amount, and an order without a recorded amount earns no commission.

use crate::domain::commission_status::{CommissionStatus, StatedCommission};
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::{Money, Rate};
use crate::domain::order::Order;
use crate::domain::status::OrderStatus;
use crate::language::tr;

/// Sejoli does not round commissions, so a smaller difference means nothing.
const TOLERANCE: Money = Money::rupiah(1);

/// The findings about an order's commission; empty if there is nothing to say.
pub(crate) fn check(order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    let price = order.paid_amount.map_or(order.amount, |paid| paid.max(order.amount));
    if let Some(rate) = order.rate.filter(|rate| rate.is_over_hundred()) {
        let detail = format!("{} %", rate.plain());
        findings.push(Finding::at(Code::RateOverHundred, "affiliate_commission_rate", detail));
    }
    let Some(commission) = order.commission else {
        let is_told = !order.stated_commission.may_be_earned();
        if order.affiliate_code.is_some() && order.is_paid() && price.is_positive() && !is_told {
            findings.push(Finding::at(Code::CommissionMissing, "affiliate_commission_amount", ""));
        }
        return findings;
    };
    let over = match order.charged() {
        _ if commission > price => Some((Code::CommissionOverPrice, price)),
        paid if order.is_paid() && commission > paid => Some((Code::CommissionOverPaid, paid)),
        _ => None,
    };
    if let Some((code, limit)) = over {
        let detail = Detail::said(|| tr!("{commission} of {limit}"));
        findings.push(Finding::at(code, "affiliate_commission_amount", detail));
    }
    if commission.is_positive() && order.affiliate_code.is_none() {
        findings.push(Finding::at(
            Code::CommissionWithoutAffiliate,
            "affiliate_code",
            Detail::said(|| commission.to_string()),
        ));
    }
    findings.extend(mismatch(order, commission));
    findings
}

fn mismatch(order: &Order, recorded: Money) -> Option<Finding> {
    let rate = order.rate?;
    let fits = |base: Money| fits(rate, base, recorded);
    if fits(order.amount) || order.paid_amount.is_some_and(fits) {
        return None;
    }
    let due = rate.of(order.amount).unwrap_or(Money::ZERO);
    let detail = Detail::said(|| tr!("recorded {recorded}, {} % would be {due}", rate.plain()));
    Some(Finding::at(Code::CommissionMismatch, "affiliate_commission_amount", detail))
}

/// Whether a recorded commission is this rate of an amount, as near as Sejoli itself computes it.
pub(crate) fn fits(rate: Rate, base: Money, recorded: Money) -> bool {
    rate.of(base).is_some_and(|due| due.abs_diff(recorded) <= TOLERANCE)
}

/// Whether a rate is below 1 % and its cell has no percent sign: 0.3 may be 0.3 %, or the 30 % that a spreadsheet
/// keeps as a fraction of one.
pub(crate) fn may_be_a_fraction(rate: Rate, cell: &str) -> bool {
    (1..100).contains(&rate.hundredths()) && !cell.contains('%')
}

/// The commission of an order that names an affiliate, as its row has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommissionStanding {
    /// The order's status.
    pub(crate) status: OrderStatus,
    /// The recorded amount.
    pub(crate) amount: Option<Money>,
    /// What else is stated.
    pub(crate) stated: StatedCommission,
}

impl CommissionStanding {
    /// Whether the order would earn it once it is paid, or has earned it.
    pub(crate) fn may_be_earned(self) -> bool {
        self.status != OrderStatus::Paid || self.stated.may_be_earned()
    }
}

/// The findings about a commission that a paid order does not earn, and about one that was paid out although it is not
/// earned, or not any more: that money is gone.
pub(crate) fn check_stated(commission: CommissionStanding) -> Vec<Finding> {
    let CommissionStanding { status, amount, stated } = commission;
    let words = || {
        let word = stated.status.map_or(tr!("without a status"), CommissionStatus::as_str);
        amount.map_or(word.to_owned(), |amount| format!("{amount}, {word}"))
    };
    let is_earned = status == OrderStatus::Paid && stated.may_be_earned();
    let mut findings = Vec::new();
    if !commission.may_be_earned() {
        findings.push(Finding::at(
            Code::CommissionNotAdded,
            "affiliate_commission_status",
            Detail::said(words),
        ));
    }
    if stated.paid == Some(true) && !is_earned {
        let detail = Detail::said(|| tr!("{}, order {}", words(), status.as_str()));
        findings.push(Finding::at(Code::PaidNotEarned, "affiliate_commission_paid", detail));
    }
    findings
}

/// The finding about an order's rate that may be a fraction: doubtful where a commission is recorded, since that one
/// counts; held where an affiliate waits for a commission that nothing else tells.
pub(crate) fn check_fraction(order: &Order, rate_cell: &str) -> Option<Finding> {
    let rate = order.rate.filter(|rate| may_be_a_fraction(*rate, rate_cell))?;
    let is_due = order.is_paid()
        && order.affiliate_code.is_some()
        && order.charged().is_positive()
        && order.stated_commission.may_be_earned();
    let code = if order.commission.is_none() && is_due { Code::RateUnclear } else { Code::RateBelowOne };
    Some(Finding::at(code, "affiliate_commission_rate", rate.plain()))
}

/// The commission that an order has earned for its affiliate: `None` unless the order is paid, has an
/// affiliate and a recorded commission above zero.
pub(crate) fn earned(order: &Order) -> Option<Money> {
    order.commission.filter(|commission| {
        order.status == OrderStatus::Paid && order.affiliate_code.is_some() && commission.is_positive()
    })
}

/// The commission rate recorded on the order; 0 if there is none.
pub(crate) fn rate(order: &Order) -> Rate {
    order.rate.unwrap_or(Rate::from_hundredths(0))
}

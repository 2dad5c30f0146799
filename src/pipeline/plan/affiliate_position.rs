//! Where an affiliate's account stands by Sejoli's figures: what was earned, paid out and is still owed (L21).

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::AffiliateAccount;
use crate::store::queries;
use crate::store::queries::affiliates::ConversionOfOrder;
use crate::store::schema::tables::{AffiliateTotals, TransactionStatus};
use crate::store::session::store::Store;

/// A paid order's commission.
pub(super) struct Earning {
    pub(super) external_id: String,
    pub(super) amount: Money,
    sale: Money,
    pub(super) earned_at: Millis,
}

/// The conversions of the affiliates' paid Sejoli orders, by profile.
pub(super) fn earnings(
    store: &mut Store,
    group: &[AffiliateAccount],
) -> anyhow::Result<HashMap<String, Vec<Earning>>> {
    let profiles: Vec<&str> = group.iter().map(|account| account.profile.id.as_str()).collect();
    let mut earnings: HashMap<String, Vec<Earning>> = HashMap::new();
    for conversion in queries::affiliates::conversions_of(store, &profiles)? {
        if let Some((profile_id, earning)) = earning(conversion?) {
            earnings.entry(profile_id).or_default().push(earning);
        }
    }
    Ok(earnings)
}

/// The earning of a conversion and its profile's id, if it belongs to a paid Sejoli order.
pub(super) fn earning(conversion: ConversionOfOrder) -> Option<(String, Earning)> {
    let counts = conversion.status == TransactionStatus::Success.as_str()
        && conversion.external_id.starts_with("sejoli-");
    let earning = Earning {
        amount: conversion.commission,
        sale: conversion.charged,
        earned_at: conversion.earned_at,
        external_id: conversion.external_id,
    };
    counts.then_some((conversion.profile_id, earning))
}

/// An affiliate's totals by Sejoli's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AffiliatePosition {
    /// Number of paid orders with a commission.
    pub conversions: i64,
    /// The sum that these orders charged.
    pub sales: Money,
    /// The sum of their commissions.
    pub earnings: Money,
    /// The sum that Sejoli states as paid out.
    pub payout: Money,
    /// The sum still owed; never negative.
    pub balance: Money,
}

impl AffiliatePosition {
    pub(super) fn of(earnings: &[Earning], payout: Money) -> Self {
        let earned: Money = earnings.iter().map(|earning| earning.amount).sum();
        Self {
            conversions: i64::try_from(earnings.len()).unwrap_or(i64::MAX),
            sales: earnings.iter().map(|earning| earning.sale).sum(),
            earnings: earned,
            payout,
            balance: owed(earned, payout),
        }
    }

    pub(super) fn is_settled(&self, totals: &AffiliateTotals) -> bool {
        totals.settled_conversions == self.conversions
            && totals.settled_sales == self.sales
            && totals.settled_earnings == self.earnings
            && totals.settled_payout == self.payout
            && totals.settled_balance == self.balance
    }

    pub(super) fn notes(&self, account: &AffiliateAccount) -> Vec<Finding> {
        let mut notes = Vec::new();
        if self.payout > self.earnings {
            let detail = format!("{}: earned {}, paid {}", account.code, self.earnings, self.payout);
            notes.push(Finding::at(Code::PaidOverEarned, "total_paid", detail));
        }
        if let Some(reported) =
            account.totals.reported_commissions.filter(|reported| *reported != self.earnings)
        {
            let detail = format!("{}: file {reported}, orders {}", account.code, self.earnings);
            notes.push(Finding::at(Code::TotalsDiffer, "total_commissions", detail));
        }
        notes
    }
}

/// The sum still owed: earned less paid, never below zero (L21).
pub(crate) fn owed(earned: Money, paid: Money) -> Money {
    if paid > earned { Money::ZERO } else { earned - paid }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l21_what_was_paid_is_not_withdrawable_again() {
        assert_eq!(owed(Money::rupiah(100), Money::rupiah(40)), Money::rupiah(60));
        assert_eq!(owed(Money::rupiah(100), Money::rupiah(100)), Money::ZERO);
    }

    #[test]
    fn l21_a_balance_is_never_negative() {
        assert_eq!(owed(Money::rupiah(100), Money::rupiah(140)), Money::ZERO);
    }
}

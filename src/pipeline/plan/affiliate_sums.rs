//! The sums of an affiliate's account, and the totals that keep what stands of them in a wallet.

use std::iter::Sum;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::schema::tables::AffiliateTotals;

/// Totals by Sejoli's figures: of a person, or of one code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AffiliatePosition {
    /// Number of paid orders with a commission.
    pub conversions: i64,
    /// The sum that these orders charged.
    pub sales: Money,
    /// The sum of their commissions.
    pub earnings: Money,
    /// The sum that Sejoli states as paid out.
    pub payout: Money,
    /// The sum still owed. A person's is never negative; that of one code may be, where another one of the same
    /// person makes up for it.
    pub balance: Money,
}

impl Sum for AffiliatePosition {
    fn sum<I: Iterator<Item = Self>>(positions: I) -> Self {
        positions.fold(Self::default(), |sum, one| Self {
            conversions: sum.conversions + one.conversions,
            sales: sum.sales + one.sales,
            earnings: sum.earnings + one.earnings,
            payout: sum.payout + one.payout,
            balance: sum.balance + one.balance,
        })
    }
}

impl AffiliatePosition {
    /// What an affiliate's totals say that stands in the wallet.
    pub(super) fn settled(totals: &AffiliateTotals) -> Self {
        Self {
            conversions: totals.settled_conversions,
            sales: totals.settled_sales,
            earnings: totals.settled_earnings,
            payout: totals.settled_payout,
            balance: totals.settled_balance,
        }
    }

    /// The totals that say that this stands in the wallet.
    pub(super) fn into_totals(self, old: AffiliateTotals, written_at: Millis) -> AffiliateTotals {
        AffiliateTotals {
            settled_conversions: self.conversions,
            settled_sales: self.sales,
            settled_earnings: self.earnings,
            settled_payout: self.payout,
            settled_balance: self.balance,
            updated_at: written_at,
            ..old
        }
    }
}

/// Whether anything of a code stands in a wallet.
pub(super) fn has_settled(totals: &AffiliateTotals) -> bool {
    AffiliatePosition::settled(totals) != AffiliatePosition::default()
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

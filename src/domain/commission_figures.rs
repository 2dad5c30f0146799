//! An affiliate's commissions as the app shows them, beside what is owed (L30).

use std::iter::Sum;

use serde::Serialize;

use crate::domain::money::Money;

/// The figures of one affiliate, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CommissionFigures {
    /// Commission of the imported orders.
    pub(crate) earned: Money,
    /// Paid out in Sejoli.
    pub(crate) paid: Money,
    /// Paid out by the app since, of these commissions.
    pub(crate) paid_in_app: Money,
    /// What is left of it, never below zero.
    pub(crate) owed: Money,
    /// What the app lets the affiliate ask for: the commissions that do not count as paid out.
    pub(crate) requestable: Money,
    /// What is owed of tiers above the first: the app has no conversions for it, so that its payout page cannot ask for it.
    pub(crate) higher_tiers: Money,
    /// What is owed and cannot be requested, those tiers included; below zero where more can be requested than is owed.
    pub(crate) difference: Money,
}

impl CommissionFigures {
    /// The figures of one affiliate.
    pub(crate) fn new(earned: Money, paid: Money, paid_in_app: Money, requestable: Money) -> Self {
        let owed = (earned - paid - paid_in_app).max(Money::ZERO);
        let higher_tiers = Money::ZERO;
        Self { earned, paid, paid_in_app, owed, requestable, higher_tiers, difference: owed - requestable }
    }

    /// The same, with what was earned on tiers above the first and not paid. No more of it is owed than is owed in all.
    pub(crate) fn with_higher_tiers(self, unpaid: Money) -> Self {
        Self { higher_tiers: unpaid.min(self.owed), ..self }
    }
}

impl Sum for CommissionFigures {
    fn sum<I: Iterator<Item = Self>>(figures: I) -> Self {
        figures.fold(Self::default(), |sum, one| Self {
            earned: sum.earned + one.earned,
            paid: sum.paid + one.paid,
            paid_in_app: sum.paid_in_app + one.paid_in_app,
            owed: sum.owed + one.owed,
            requestable: sum.requestable + one.requestable,
            higher_tiers: sum.higher_tiers + one.higher_tiers,
            difference: sum.difference + one.difference,
        })
    }
}

/// The figures of an affiliate, who may have several codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AffiliateCommissions {
    /// Sejoli's codes, as a person reads them.
    pub(crate) affiliate: String,
    /// The figures.
    #[serde(flatten)]
    pub(crate) figures: CommissionFigures,
}

/// The figures of all affiliates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CommissionTable {
    /// One by one, in the order of their codes.
    pub(crate) affiliates: Vec<AffiliateCommissions>,
    /// Together.
    pub(crate) total: CommissionFigures,
}

impl CommissionTable {
    /// The table of these affiliates.
    pub(crate) fn new(mut affiliates: Vec<AffiliateCommissions>) -> Self {
        affiliates.sort_by(|a, b| a.affiliate.cmp(&b.affiliate));
        let total = affiliates.iter().map(|one| one.figures).sum();
        Self { affiliates, total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l30_the_difference_is_what_cannot_be_requested() {
        let [earned, paid, none, requestable] = [100, 35, 0, 60].map(Money::rupiah);
        let figures = CommissionFigures::new(earned, paid, none, requestable);
        assert_eq!((figures.owed, figures.difference), (Money::rupiah(65), Money::rupiah(5)));
        let beyond = CommissionFigures::new(earned, Money::rupiah(140), none, none);
        assert_eq!((beyond.owed, beyond.difference), (Money::ZERO, Money::ZERO));
        let all: CommissionFigures = [figures, beyond].into_iter().sum();
        assert_eq!(
            (all.earned, all.owed, all.difference),
            (Money::rupiah(200), Money::rupiah(65), Money::rupiah(5))
        );
    }
}

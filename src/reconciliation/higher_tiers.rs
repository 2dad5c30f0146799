//! What became of each kept commission of a tier above the first: one of the steps takes it, or it stands in a ledger.

use std::collections::HashMap;

use crate::domain::commission_status::CommissionStatus;
use crate::domain::money::Money;
use crate::reconciliation::affiliates::{CodeState, CodeSums, CodeUsers};
use crate::reconciliation::tally::Tally;
use crate::store::queries;
use crate::store::queries::commissions::KeptHigherTier;
use crate::store::schema::tables::TransactionStatus;
use crate::store::session::store::Store;

/// The sums of the steps between what Sejoli lists above the first tier and what the ledgers have of it.
#[derive(Clone, Debug, Default)]
pub(super) struct HigherTierSums {
    /// All kept rows.
    pub(super) all: Tally,
    /// Sejoli has not added them, or has cancelled them.
    pub(super) not_added: Tally,
    /// Their orders are not in the app.
    pub(super) order_missing: Tally,
    /// Their orders are not paid.
    pub(super) order_unpaid: Tally,
    /// Rows of nothing: they are owed to nobody, and have no entry.
    pub(super) without_amount: Tally,
    /// The affiliate was never imported.
    pub(super) unknown: Tally,
    /// Somebody has to decide who the affiliate is.
    pub(super) pending: Tally,
    /// The app's people have refused the affiliate.
    pub(super) refused: Tally,
    /// The affiliate is known, and no ledger has the commission.
    pub(super) uncredited: Tally,
    /// What is earned and not paid in Sejoli, by code.
    pub(super) unpaid: HashMap<String, Money>,
}

impl HigherTierSums {
    /// Walks over the kept rows, page by page, and tells the codes what of theirs waits.
    pub(super) fn gather(
        store: &mut Store,
        sellers: &CodeUsers,
        codes: &mut CodeSums,
    ) -> anyhow::Result<Self> {
        let credited = queries::reconciliation::higher_tier_references(store)?;
        let mut sums = Self::default();
        let mut after = String::new();
        while let Some(page) = queries::commissions::higher_tiers_after(store, &after)? {
            for tier in &page.tiers {
                sums.all.add_one(tier.commission.amount);
                sums.add_unpaid(tier);
                if !credited.contains(&tier.reference) {
                    sums.add_uncredited(tier, sellers, codes);
                }
            }
            after = page.last;
        }
        Ok(sums)
    }

    /// Adds one to what is earned and not paid, if it is.
    fn add_unpaid(&mut self, tier: &KeptHigherTier) {
        let commission = &tier.commission;
        let is_paid_order = tier.order_status == Some(TransactionStatus::Success);
        let is_earned = commission.status == CommissionStatus::Added && is_paid_order;
        if is_earned && !commission.paid && commission.amount.is_positive() {
            let sum = self.unpaid.entry(commission.affiliate_code.clone()).or_default();
            *sum = *sum + commission.amount;
        }
    }

    /// Adds one that is in no ledger.
    fn add_uncredited(&mut self, tier: &KeptHigherTier, sellers: &CodeUsers, codes: &mut CodeSums) {
        let amount = tier.commission.amount;
        let step = if tier.commission.status != CommissionStatus::Added {
            &mut self.not_added
        } else if tier.order_status.is_none() {
            &mut self.order_missing
        } else if tier.order_status != Some(TransactionStatus::Success) {
            &mut self.order_unpaid
        } else if amount.is_zero() {
            &mut self.without_amount
        } else {
            self.step_of_affiliate(tier, sellers, codes)
        };
        step.add_one(amount);
    }

    /// The step of a commission that would be in a wallet if its affiliate had one.
    fn step_of_affiliate(
        &mut self,
        tier: &KeptHigherTier,
        sellers: &CodeUsers,
        codes: &mut CodeSums,
    ) -> &mut Tally {
        let code = &tier.commission.affiliate_code;
        let state = sellers.state(code);
        if state != CodeState::Verified {
            codes.add_waiting(code, tier.commission.amount);
        }
        match state {
            CodeState::Unknown => &mut self.unknown,
            CodeState::Pending => &mut self.pending,
            CodeState::Refused => &mut self.refused,
            CodeState::Verified => &mut self.uncredited,
        }
    }
}

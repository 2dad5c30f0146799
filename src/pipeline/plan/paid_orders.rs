//! The orders whose commissions Sejoli has paid, by the files alone: their conversions count as paid out from the moment
//! at which they are written. So no affiliate can ask for them in the middle of an import (L21, L30), and the settlement,
//! which decides by what is stored, finds most of them as they are to be.

use std::collections::HashSet;

use crate::domain::money::Money;
use crate::domain::paid_allocation::{PayableCommission, allocate};
use crate::domain::paid_record::{PaidFlag, PaidRecord};
use crate::pipeline::plan::affiliate_account::{AccountCode, AffiliateAccount};
use crate::pipeline::plan::affiliate_sums::AffiliatePosition;
use crate::pipeline::read::earned_commissions::{CodeCommissions, EarnedCommission, EarnedCommissions};

/// Hashes of the numbers of these orders, of all accounts for which nothing was settled yet. What the app's people have paid
/// of others since is not in the files.
pub(crate) fn paid_orders(accounts: &[AffiliateAccount], mut earned: EarnedCommissions) -> HashSet<u64> {
    let is_new = |account: &&AffiliateAccount| {
        account.settled() == AffiliatePosition::default() && !account.has_moving_code()
    };
    let mut paid = HashSet::new();
    for account in accounts.iter().filter(is_new) {
        let codes = account.credited().map(|code| (code, earned.take(&code.code)));
        paid.extend(paid_orders_of(codes));
    }
    paid
}

/// Those of one account, whose codes share what was paid.
fn paid_orders_of<'a>(
    codes: impl Iterator<Item = (&'a AccountCode, CodeCommissions)>,
) -> impl Iterator<Item = u64> {
    let (mut all, mut paid) = (Vec::new(), Money::ZERO);
    for (code, CodeCommissions { first_tier, higher_tiers }) in codes {
        let flags = first_tier.iter().map(paid_flag_of).chain(higher_tiers.iter().copied());
        paid = paid + PaidRecord::of(flags, code.totals.reported_paid).paid;
        let paid_tiers: Money =
            higher_tiers.iter().filter(|tier| tier.stated == Some(true)).map(|tier| tier.amount).sum();
        paid = paid - paid_tiers;
        all.extend(first_tier);
    }
    all.sort_unstable_by_key(|one| (one.earned_at, one.order));
    let payable: Vec<PayableCommission> = all
        .iter()
        .map(|&EarnedCommission { amount, stated, .. }| PayableCommission { amount, stated })
        .collect();
    let is_paid = allocate(&payable, paid).is_paid;
    all.into_iter().zip(is_paid).filter(|(_, is_paid)| *is_paid).map(|(one, _)| one.order)
}

fn paid_flag_of(&EarnedCommission { amount, stated, .. }: &EarnedCommission) -> PaidFlag {
    PaidFlag { amount, stated, is_paid_by_app: false }
}

//! Which commissions Sejoli has paid, by the files alone: their conversions count as paid out from the moment at which they are
//! written. So affiliates cannot ask for them in the middle of a first import (L21, L30), and the settlement, which decides by what
//! is stored, finds most of them as they are to be.

use std::collections::{HashMap, HashSet};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::domain::money::Money;
use crate::domain::paid_allocation::{KnownAllocation, PayableCommission};
use crate::domain::paid_record::{PaidFlag, PaidRecord};
use crate::pipeline::plan::affiliate_account::{AccountCode, AffiliateAccount};
use crate::pipeline::plan::affiliate_sums::AffiliatePosition;
use crate::pipeline::read::earned_commissions::{CodeCommissions, EarnedCommission, EarnedCommissions};

/// What is foreseen, of all accounts for which nothing was settled yet: what the app's people have paid of others since is not
/// in the files.
#[derive(Debug, Default)]
pub(crate) struct ForeseenPayments {
    /// By the profiles' ids.
    allocations: HashMap<String, KnownAllocation>,
}

impl ForeseenPayments {
    /// What was foreseen of a profile.
    pub(super) fn of(&self, profile_id: &str) -> Option<&KnownAllocation> {
        self.allocations.get(profile_id)
    }
}

/// Foresees which commissions are paid, on all cores; beside that, hashes of the numbers of their orders.
pub(crate) fn foresee(
    accounts: &[AffiliateAccount],
    mut earned: EarnedCommissions,
    pool: &rayon::ThreadPool,
) -> (ForeseenPayments, HashSet<u64>) {
    let is_new = |account: &&AffiliateAccount| {
        account.settled() == AffiliatePosition::default() && !account.has_moving_code()
    };
    let mut of_account = |account: &AffiliateAccount| {
        let codes = account.credited().map(|code| (code, earned.take(&code.code)));
        (account.profile.id.clone(), payable(codes))
    };
    let payable: Vec<_> = accounts.iter().filter(is_new).map(&mut of_account).collect();
    let foresee = |(profile, (orders, commissions, paid))| {
        let known = KnownAllocation::make(commissions, paid);
        let paid_orders = paid_of(orders, &known);
        (profile, known, paid_orders)
    };
    let foreseen: Vec<(String, KnownAllocation, Vec<u64>)> =
        pool.install(|| payable.into_par_iter().map(foresee).collect());
    let (mut all, mut paid_orders) = (ForeseenPayments::default(), HashSet::new());
    for (profile, known, paid) in foreseen {
        all.allocations.insert(profile, known);
        paid_orders.extend(paid);
    }
    (all, paid_orders)
}

/// The orders of one account, the oldest first, their commissions, and what was paid of these.
type Payable = (Vec<u64>, Vec<PayableCommission>, Money);

/// What one account has earned; its codes share what was paid.
fn payable<'a>(codes: impl Iterator<Item = (&'a AccountCode, CodeCommissions)>) -> Payable {
    let (mut all, mut paid) = (Vec::new(), Money::ZERO);
    for (code, CodeCommissions { first_tier, higher_tiers }) in codes {
        let flags = first_tier.iter().map(paid_flag_of).chain(higher_tiers.iter().copied());
        let paid_of_code = PaidRecord::of(flags, code.totals.reported_paid).paid;
        let paid_tiers = higher_tiers.iter().filter(|tier| tier.stated == Some(true));
        paid = paid + paid_of_code - paid_tiers.map(|tier| tier.amount).sum::<Money>();
        all.extend(first_tier);
    }
    all.sort_unstable_by_key(|one| (one.earned_at, one.order));
    let commission = |one: &EarnedCommission| PayableCommission { amount: one.amount, stated: one.stated };
    (all.iter().map(|one| one.order).collect(), all.iter().map(commission).collect(), paid)
}

fn paid_flag_of(&EarnedCommission { amount, stated, .. }: &EarnedCommission) -> PaidFlag {
    PaidFlag { amount, stated, is_paid_by_app: false }
}

fn paid_of(orders: Vec<u64>, known: &KnownAllocation) -> Vec<u64> {
    let with_answer = orders.into_iter().zip(&known.allocation.is_paid);
    with_answer.filter(|(_, is_paid)| **is_paid).map(|(order, _)| order).collect()
}

//! Which commissions Sejoli has paid out (L30). The app keeps one mark a commission and lets affiliates ask for
//! whatever is not marked, so the sum that was paid has to become whole commissions.
//!
//! Sejoli pays whole commissions, so a real sum is one of some of them: of the oldest, or of a choice
//! among which the oldest are preferred. A sum that no choice comes to was typed by hand: then so many are marked that
//! never more can be requested than is owed.

use std::cmp::Ordering;

use crate::domain::commission_choice::{Basis, choose};
use crate::domain::money::Money;

/// A commission that may have been paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PayableCommission {
    /// What was earned; never negative.
    pub(crate) amount: Money,
    /// Whether it was paid out, where the source says it of this commission.
    pub(crate) stated: Option<bool>,
}

/// Which commissions are paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// For each commission, in their order.
    pub(crate) is_paid: Vec<bool>,
    /// By what that was decided.
    pub(crate) basis: Basis,
    /// What the paid commissions come to.
    pub(crate) marked: Money,
}

/// An allocation with what it was made of. To make one may take seconds, where an affiliate has sold much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownAllocation {
    commissions: Vec<PayableCommission>,
    paid: Money,
    /// The allocation.
    pub(crate) allocation: Allocation,
}

impl KnownAllocation {
    /// Makes it, as [`allocate`] does.
    pub(crate) fn make(commissions: Vec<PayableCommission>, paid: Money) -> Self {
        let allocation = allocate(&commissions, paid);
        Self { commissions, paid, allocation }
    }

    /// The allocation of these commissions, if it is the known one.
    pub(crate) fn of(&self, commissions: &[PayableCommission], paid: Money) -> Option<&Allocation> {
        (self.commissions == commissions && self.paid == paid).then_some(&self.allocation)
    }
}

/// Decides which of these commissions, the oldest first, are those that were paid. What the source states of single ones
/// counts; the rest of what was paid is given to the others. The same input always gives the same answer.
pub(crate) fn allocate(commissions: &[PayableCommission], paid: Money) -> Allocation {
    let open: Vec<usize> = (0..commissions.len()).filter(|&at| commissions[at].stated.is_none()).collect();
    let mut is_paid: Vec<bool> = commissions.iter().map(|one| one.stated == Some(true)).collect();
    let stated = sum(commissions, &is_paid);
    let amounts: Vec<i64> = open.iter().map(|&at| commissions[at].amount.minor().max(0)).collect();
    let (chosen, mut basis) = choose(&amounts, paid.minor().saturating_sub(stated.minor()));
    for (&at, chosen) in open.iter().zip(chosen) {
        is_paid[at] = chosen;
    }
    if open.is_empty() && !commissions.is_empty() {
        basis = Basis::Stated;
    }
    let marked = sum(commissions, &is_paid);
    Allocation { is_paid, basis, marked }
}

fn sum(commissions: &[PayableCommission], is_paid: &[bool]) -> Money {
    commissions.iter().zip(is_paid).filter(|(_, paid)| **paid).map(|(one, _)| one.amount).sum()
}

/// The order in which commissions count as paid: by the day on which they were earned, then by the order's number, as a
/// number where it is one.
pub(crate) fn oldest_first<T: Ord>(a: (T, &str), b: (T, &str)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| natural(a.1).cmp(&natural(b.1)))
}

/// Numbers by their value, before other texts.
fn natural(order: &str) -> (bool, usize, &str, &str) {
    let digits = order.trim_start_matches('0');
    match !order.is_empty() && order.bytes().all(|byte| byte.is_ascii_digit()) {
        true => (false, digits.len(), digits, order),
        false => (true, 0, order, order),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rupiah(amounts: &[i64]) -> Vec<PayableCommission> {
        amounts
            .iter()
            .map(|amount| PayableCommission { amount: Money::rupiah(*amount), stated: None })
            .collect()
    }

    /// The amounts that are paid, in rupiah.
    fn paid_of(amounts: &[i64], paid: i64) -> (Vec<i64>, Basis) {
        let allocation = allocate(&rupiah(amounts), Money::rupiah(paid));
        let chosen = amounts.iter().zip(&allocation.is_paid).filter(|(_, paid)| **paid);
        (chosen.map(|(amount, _)| *amount).collect(), allocation.basis)
    }

    /// The sums that choices of few amounts come to, by trying them all.
    fn sums_by_trying(amounts: &[i64]) -> Vec<i64> {
        let choices = 0..1_u32 << amounts.len();
        let sum = |choice: u32| {
            amounts
                .iter()
                .enumerate()
                .filter(|(at, _)| choice >> at & 1 == 1)
                .map(|(_, amount)| *amount)
                .sum()
        };
        choices.map(sum).collect()
    }

    #[test]
    fn l30_the_oldest_come_first() {
        assert_eq!(paid_of(&[30, 20, 50, 10], 50), (vec![30, 20], Basis::Prefix));
        assert_eq!(paid_of(&[30, 20, 50, 10], 60), (vec![30, 20, 10], Basis::Choice));
        assert_eq!(paid_of(&[30, 20, 50, 10], 70), (vec![20, 50], Basis::Choice));
    }

    #[test]
    fn l30_a_sum_that_was_typed_by_hand_is_rounded_up() {
        assert_eq!(paid_of(&[30, 20, 50], 45), (vec![30, 20], Basis::Above));
        assert_eq!(paid_of(&[30, 30, 30], 31), (vec![30, 30], Basis::Above));
        assert_eq!(paid_of(&[40, 25], 10), (vec![25], Basis::Above));
    }

    #[test]
    fn l30_all_or_nothing_was_paid() {
        assert_eq!(paid_of(&[30, 20], 0), (vec![], Basis::Nothing));
        assert_eq!(paid_of(&[30, 20], 50), (vec![30, 20], Basis::Everything));
        assert_eq!(paid_of(&[30, 20], 90), (vec![30, 20], Basis::Everything));
        assert_eq!(paid_of(&[], 90), (vec![], Basis::Everything));
    }

    #[test]
    fn l30_what_the_source_states_of_a_commission_counts() {
        let mut all = rupiah(&[30, 20, 50]);
        for (commission, stated) in all.iter_mut().zip([false, true, false]) {
            commission.stated = Some(stated);
        }
        let allocation = allocate(&all, Money::rupiah(30));
        assert_eq!((allocation.is_paid, allocation.basis), (vec![false, true, false], Basis::Stated));
        all[2].stated = None;
        let allocation = allocate(&all, Money::rupiah(70));
        assert_eq!(allocation.is_paid, [false, true, true]);
    }

    #[test]
    fn orders_follow_each_other_by_day_and_number() {
        let mut orders = [(2, "9"), (1, "100"), (1, "20"), (1, "A7"), (1, "020")];
        orders.sort_by(|a, b| oldest_first(*a, *b));
        assert_eq!(orders, [(1, "020"), (1, "20"), (1, "100"), (1, "A7"), (2, "9")]);
    }

    /// Prices with a code of their own, so that no two commissions are alike.
    fn of_a_shop(count: i64) -> Vec<i64> {
        (0..count)
            .map(|at| [299_700, 269_700, 209_700, 2_500_000][at as usize % 4] + (at * 7_919) % 997)
            .collect()
    }

    #[test]
    fn l30_many_commissions_meet_a_sum_that_is_one_of_theirs() {
        let amounts = of_a_shop(500);
        let with_sen =
            |(at, amount): (usize, &i64)| amount * 100 + if at % 90 == 5 { at as i64 % 97 } else { 0 };
        let broken: Vec<i64> = amounts.iter().enumerate().map(with_sen).collect();
        let some =
            |amounts: &[i64]| [3, 50, 61, amounts.len() - 2].iter().map(|at| amounts[*at]).sum::<i64>();
        let half = |amounts: &[i64]| amounts.iter().step_by(2).sum::<i64>();
        let all = |amounts: &[i64]| amounts.iter().sum::<i64>();
        let (few, few_broken) = (amounts[..64].to_vec(), broken[..64].to_vec());
        for (amounts, paid) in [
            (amounts.clone(), some(&amounts)),
            (amounts.clone(), all(&amounts) - some(&amounts)),
            (few.clone(), half(&few)),
            (few_broken.clone(), half(&few_broken)),
        ] {
            let sen: Vec<PayableCommission> = amounts
                .iter()
                .map(|amount| PayableCommission { amount: Money::from_minor(*amount), stated: None })
                .collect();
            let allocation = allocate(&sen, Money::from_minor(paid));
            assert_eq!(allocation.marked, Money::from_minor(paid), "{:?}", allocation.basis);
        }
    }

    /// Without a limit of the sums' number there is none that is looked for in vain; beyond it a neighbour is taken.
    #[test]
    fn l30_beyond_what_can_be_looked_at_never_less_is_marked() {
        let amounts: Vec<i64> = (1..=70).map(|at| 1_000_000_007 * at * at + at).collect();
        let commissions: Vec<PayableCommission> = amounts
            .iter()
            .map(|amount| PayableCommission { amount: Money::from_minor(*amount), stated: None })
            .collect();
        let paid = Money::from_minor(amounts.iter().sum::<i64>() / 2);
        let allocation = allocate(&commissions, paid);
        assert!(allocation.marked >= paid, "{} of {paid}", allocation.marked);
        assert_eq!(allocation.basis, Basis::Above);
    }

    fn few_amounts() -> impl Strategy<Value = Vec<i64>> {
        let amount = prop_oneof![0..40_i64, 1..3_000_000_000_i64, (1..30_i64).prop_map(|at| at * 2_500_000)];
        proptest::collection::vec(amount, 0..11)
    }

    proptest! {
        #[test]
        fn l30_never_more_can_be_requested_than_is_owed(
            amounts in few_amounts(), choice in any::<u32>(), off in -3..4_i64
        ) {
            let sums = sums_by_trying(&amounts);
            let paid = (sums[choice as usize % sums.len()] + off).max(0);
            let commissions: Vec<PayableCommission> = amounts
                .iter()
                .map(|amount| PayableCommission { amount: Money::from_minor(*amount), stated: None })
                .collect();
            let allocation = allocate(&commissions, Money::from_minor(paid));
            let earned: i64 = amounts.iter().sum();
            let least = sums.iter().copied().filter(|sum| *sum >= paid).min().unwrap_or(earned);
            prop_assert_eq!(allocation.marked.minor(), least, "the least sum that is not below");
            prop_assert_eq!(sum(&commissions, &allocation.is_paid), allocation.marked);
            prop_assert!(earned - allocation.marked.minor() <= (earned - paid).max(0));
        }

        #[test]
        fn l30_of_several_choices_the_one_with_the_oldest_is_taken(
            amounts in proptest::collection::vec(1..9_i64, 1..9), choice in any::<u32>()
        ) {
            let sums = sums_by_trying(&amounts);
            let paid = sums[choice as usize % sums.len()];
            let allocation = allocate(&rupiah(&amounts), Money::rupiah(paid));
            let taken = |choice: usize| (0..amounts.len()).map(move |at| choice >> at & 1 == 1).collect::<Vec<_>>();
            let oldest = (0..sums.len()).filter(|at| sums[*at] == paid).map(taken).max();
            prop_assert_eq!(Some(allocation.is_paid), oldest);
        }
    }
}

//! A choice of commissions that comes to a sum: the oldest, or others among which the oldest are preferred, or those that
//! come to least above it (L30). There may be more choices than can be looked at, so the search begins near the oldest
//! and has bounds; beyond them some commissions are exchanged for others.

use crate::domain::reachable_sums::{ReachableSums, greatest_common_divisor};

/// By what it was decided which commissions are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// The source says of each commission whether it is paid.
    Stated,
    /// Nothing was paid.
    Nothing,
    /// At least as much was paid as was earned: all of them.
    Everything,
    /// The oldest come to what was paid.
    Prefix,
    /// A choice comes to what was paid.
    Choice,
    /// No choice comes to what was paid: the one that comes to least above it.
    Above,
}

/// Chooses amounts, the oldest first, that come to what was paid, or else to the least that is known above it.
pub(crate) fn choose(amounts: &[i64], paid: i64) -> (Vec<bool>, Basis) {
    let earned: i64 = amounts.iter().sum();
    if paid <= 0 {
        return (vec![false; amounts.len()], Basis::Nothing);
    }
    if paid >= earned {
        return (vec![true; amounts.len()], Basis::Everything);
    }
    let (count, before) = longest_prefix(amounts, paid);
    if before == paid {
        return ((0..amounts.len()).map(|at| at < count).collect(), Basis::Prefix);
    }
    // No choice comes to a sum that is not one of their common divisor; the next one may be met.
    let unit = amounts.iter().copied().fold(0, greatest_common_divisor).max(1);
    let next = (paid + unit - 1) / unit * unit;
    let chosen = near_the_oldest(amounts, next)
        .or_else(|| choice(amounts, next, earned))
        .unwrap_or_else(|| choice_among_many(amounts, next, earned));
    (chosen.is_paid, if next == paid && chosen.above == 0 { Basis::Choice } else { Basis::Above })
}

/// A choice, and by how much it comes to more than what was paid.
#[derive(Debug)]
struct SumChoice {
    is_paid: Vec<bool>,
    above: i64,
}

/// How many of the oldest come to no more than `paid`, and what they come to.
fn longest_prefix(amounts: &[i64], paid: i64) -> (usize, i64) {
    let (mut count, mut sum) = (0, 0);
    while count < amounts.len() && sum + amounts[count] <= paid {
        sum += amounts[count];
        count += 1;
    }
    (count, sum)
}

/// The choice that comes to what was paid and has the oldest commissions, where it is one of those that have all of the
/// oldest but the last few: that is quickly seen. The fewer the others are, the sooner; whichever number of them is
/// enough, the choice is the same, since all of the oldest before them are in it.
fn near_the_oldest(amounts: &[i64], paid: i64) -> Option<SumChoice> {
    const NEAR: [i64; 4] = [1 << 12, 1 << 15, 1 << 18, 1 << 21];
    let near = |most| after_the_oldest(amounts, paid, 0, most).filter(|choice| choice.above == 0);
    NEAR.into_iter().find_map(near)
}

/// The choice with the least sum that is not below `paid`; of those with this sum the one with the oldest commissions.
/// It asks for the sums of what stays unpaid or of what is paid, whichever are the lower ones. `None` where there are
/// more sums than are looked at.
fn choice(amounts: &[i64], paid: i64, earned: i64) -> Option<SumChoice> {
    let (owed, highest) = (earned - paid, amounts.iter().copied().max()?);
    if owed <= paid.saturating_add(highest) {
        choice_of_unpaid(amounts, owed)
    } else {
        choice_of_paid(amounts, paid, highest)
    }
}

fn choice_of_unpaid(amounts: &[i64], owed: i64) -> Option<SumChoice> {
    let sums = ReachableSums::up_to(amounts, owed)?;
    let mut is_paid = vec![true; amounts.len()];
    let mut rest = sums.highest();
    let above = owed - rest;
    while let Some(at) = sums.begins_at(rest).filter(|_| rest > 0) {
        is_paid[at] = false;
        rest -= amounts[at];
    }
    Some(SumChoice { is_paid, above })
}

/// Sums of more than `above` beyond what was paid are not looked at.
fn choice_of_paid(amounts: &[i64], paid: i64, above: i64) -> Option<SumChoice> {
    let sums = ReachableSums::up_to(amounts, paid + above)?;
    let mut rest = sums.lowest_from(paid)?;
    let above = rest - paid;
    let takes = |(at, &amount): (usize, &i64)| {
        let taken = amount <= rest && sums.begins_at(rest - amount).is_some_and(|begins| begins > at);
        rest -= if taken { amount } else { 0 };
        taken
    };
    Some(SumChoice { is_paid: amounts.iter().enumerate().map(takes).collect(), above })
}

/// A way to find a choice of amounts that comes to what was paid of what was earned.
type Way = fn(&[i64], i64, i64) -> Option<SumChoice>;

/// Where there are too many sums to look at all of them: the oldest are paid, and the choice is made among the others; or
/// the newest are unpaid, and it is made among those before. If neither meets the sum, some are exchanged.
fn choice_among_many(amounts: &[i64], paid: i64, earned: i64) -> SumChoice {
    let ways: [Way; 4] = [oldest_and_others, before_the_newest, apart_from_sen, exchange];
    let mut best: Option<SumChoice> = None;
    for way in ways {
        let Some(choice) = way(amounts, paid, earned) else { continue };
        if best.as_ref().is_none_or(|best| choice.above < best.above) {
            let meets = choice.above == 0;
            best = Some(choice);
            if meets {
                break;
            }
        }
    }
    best.unwrap_or_else(|| SumChoice { is_paid: vec![true; amounts.len()], above: earned - paid })
}

fn oldest_and_others(amounts: &[i64], paid: i64, _: i64) -> Option<SumChoice> {
    after_the_oldest(amounts, paid, amounts.iter().copied().max()?, i64::MAX)
}

/// The oldest are paid, so many that there are no more than `most` sums of the others to look at, and the choice is made
/// among these.
fn after_the_oldest(amounts: &[i64], paid: i64, above: i64, most: i64) -> Option<SumChoice> {
    let mut units = running_units(amounts.iter().rev());
    units.reverse();
    let (mut rest, mut from) = (paid, 0);
    while !ReachableSums::have_room(amounts.len() - from, rest + above, *units.get(from)?)
        || (rest + above) / units[from] > most
    {
        rest -= amounts.get(from).filter(|amount| **amount <= rest)?;
        from += 1;
    }
    let among = choice_of_paid(&amounts[from..], rest, above)?;
    let is_paid = std::iter::repeat_n(true, from).chain(among.is_paid).collect();
    Some(SumChoice { is_paid, ..among })
}

fn before_the_newest(amounts: &[i64], paid: i64, earned: i64) -> Option<SumChoice> {
    let units = running_units(amounts.iter());
    let (mut rest, mut end) = (earned - paid, amounts.len());
    while !ReachableSums::have_room(end, rest, *units.get(end.checked_sub(1)?)?) {
        end -= 1;
        rest -= amounts.get(end).filter(|amount| **amount <= rest)?;
    }
    let mut among = choice_of_unpaid(&amounts[..end], rest)?;
    among.is_paid.resize(amounts.len(), false);
    Some(among)
}

/// The greatest common divisor of each amount and those before it.
fn running_units<'a>(amounts: impl Iterator<Item = &'a i64>) -> Vec<i64> {
    let mut unit = 0;
    let with = |amount: &i64| {
        unit = greatest_common_divisor(unit, *amount);
        unit.max(1)
    };
    amounts.map(with).collect()
}

/// Sen in a rupiah.
const SEN: i64 = 100;

/// Commissions with sen beside which the others, of whole rupiah, have sums that can be looked at.
const WITH_SEN: usize = 12;

/// Ways to leave some of the commissions with sen unpaid that are tried.
const TRIED: usize = 4;

/// Few commissions are of rupiah and sen: which of them are paid must bring the sen of the sum, and the others its rupiah.
/// Those come first that differ least from the oldest.
fn apart_from_sen(amounts: &[i64], paid: i64, _: i64) -> Option<SumChoice> {
    let (whole, broken): (Vec<usize>, Vec<usize>) =
        (0..amounts.len()).partition(|&at| amounts[at] % SEN == 0);
    if broken.is_empty() || broken.len() > WITH_SEN {
        return None;
    }
    let (count, _) = longest_prefix(amounts, paid);
    let takes = |choice: u32, nth: usize| choice >> (broken.len() - 1 - nth) & 1 == 1;
    let differs =
        |choice: &u32| (0..broken.len()).filter(|&nth| takes(*choice, nth) != (broken[nth] < count)).count();
    let sum = |choice: u32| -> i64 {
        (0..broken.len()).filter(|&nth| takes(choice, nth)).map(|nth| amounts[broken[nth]]).sum()
    };
    let rupiah: Vec<i64> = whole.iter().map(|&at| amounts[at]).collect();
    let earned: i64 = rupiah.iter().sum();
    let fits = |choice: &u32| {
        let rest = paid - sum(*choice);
        rest % SEN == 0 && (0..=earned).contains(&rest)
    };
    let mut choices: Vec<u32> = (0..1 << broken.len()).rev().filter(fits).collect();
    choices.sort_by_key(differs);
    for choice in choices.into_iter().take(TRIED) {
        let (chosen, basis) = choose(&rupiah, paid - sum(choice));
        if basis != Basis::Above {
            let mut is_paid = vec![false; amounts.len()];
            whole.iter().zip(chosen).for_each(|(&at, taken)| is_paid[at] = taken);
            broken.iter().enumerate().for_each(|(nth, &at)| is_paid[at] = takes(choice, nth));
            return Some(SumChoice { is_paid, above: 0 });
        }
    }
    None
}

/// Commissions on either side that take part in an exchange.
const EXCHANGED: usize = 500;

/// The oldest that have room in what was paid, of which up to two are given for up to two others, so that the sum is the
/// least that is not below it.
fn exchange(amounts: &[i64], paid: i64, _: i64) -> Option<SumChoice> {
    let mut missing = paid;
    let fits = |amount: &i64| {
        let fits = *amount <= missing;
        missing -= if fits { *amount } else { 0 };
        fits
    };
    let mut is_paid: Vec<bool> = amounts.iter().map(fits).collect();
    let those = |paid: bool| (0..amounts.len()).filter(|&at| is_paid[at] == paid).collect::<Vec<_>>();
    let (mut taken, mut left) = (those(true), those(false));
    taken.reverse();
    taken.truncate(EXCHANGED);
    left.truncate(EXCHANGED);
    let mut added: Vec<(i64, CommissionPair)> = pairs(&left).map(|pair| (pair.sum(amounts), pair)).collect();
    added.sort_unstable();
    let mut best: Option<(i64, CommissionPair, CommissionPair)> = None;
    for removed in pairs(&taken) {
        let wanted = missing + removed.sum(amounts);
        let at = added.partition_point(|(sum, _)| *sum < wanted);
        let Some((sum, pair)) = added.get(at) else { continue };
        if best.is_none_or(|(above, ..)| sum - wanted < above) {
            best = Some((sum - wanted, removed, *pair));
            if *sum == wanted {
                break;
            }
        }
    }
    let (above, removed, added) = best?;
    removed.0.into_iter().flatten().for_each(|at| is_paid[at] = false);
    added.0.into_iter().flatten().for_each(|at| is_paid[at] = true);
    Some(SumChoice { is_paid, above })
}

/// Up to two commissions, by their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CommissionPair([Option<usize>; 2]);

impl CommissionPair {
    fn sum(self, amounts: &[i64]) -> i64 {
        self.0.into_iter().flatten().map(|at| amounts[at]).sum()
    }
}

/// No position, each one, and each two of them; those come first that need only the first positions.
fn pairs(positions: &[usize]) -> impl Iterator<Item = CommissionPair> {
    let with = positions.iter().enumerate().flat_map(move |(at, &one)| {
        let single = std::iter::once(CommissionPair([Some(one), None]));
        single.chain(positions[..at].iter().map(move |&other| CommissionPair([Some(one), Some(other)])))
    });
    std::iter::once(CommissionPair([None, None])).chain(with)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn l30_beyond_the_limits_never_less_is_marked_either(
            amounts in proptest::collection::vec(1..5_000_i64, 2..30), part in 1..100_i64
        ) {
            let earned = amounts.iter().sum::<i64>();
            let paid = earned * part / 100;
            prop_assume!(paid > 0);
            let ways =
                [after_the_oldest(&amounts, paid, 5_000, 9_000), before_the_newest(&amounts, paid, earned), exchange(&amounts, paid, earned)];
            for chosen in ways.into_iter().flatten() {
                let marked: i64 =
                    amounts.iter().zip(&chosen.is_paid).filter(|(_, taken)| **taken).map(|(one, _)| one).sum();
                prop_assert_eq!(marked - paid, chosen.above);
                prop_assert!(chosen.above >= 0 && marked - paid < 5_000);
            }
        }
    }
}

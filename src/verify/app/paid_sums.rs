//! Which sums whole commissions can have: what was paid out has to be one of them.

use crate::domain::money::Money;

/// The most different sums that are looked through, a bit for each, and the most words of them that all amounts together
/// are added to: beyond it an affiliate would take longer than a whole page of them.
const MOST_SUMS: usize = 1 << 24;
const MOST_WORK: usize = 1 << 28;

/// The smallest sum of some of the amounts that is not below `least`; `None` where all of them together are below it, or
/// where there are too many sums. Either what is in the sum or what stays out of it must be few enough.
pub(super) fn smallest_sum_not_below(amounts: &[Money], least: Money) -> Option<Money> {
    if !least.is_positive() {
        return Some(Money::ZERO);
    }
    let unit = amounts.iter().map(|amount| amount.minor()).fold(0, greatest_divisor).max(1);
    let parts: Vec<usize> =
        amounts.iter().map(|amount| usize::try_from(amount.minor() / unit)).collect::<Result<_, _>>().ok()?;
    let all: usize = parts.iter().sum();
    let wanted =
        usize::try_from(least.minor().div_euclid(unit) + i64::from(least.minor() % unit != 0)).ok()?;
    let most_left = all.checked_sub(wanted)?;
    // The next sum above is less than one amount away.
    let most_taken = wanted.checked_add(parts.iter().copied().max()?)?.min(all);
    let sum = if most_left <= most_taken {
        let reached = reached_up_to(&parts, most_left)?;
        all - (0..=most_left).rev().find(|sum| is_in(&reached, *sum))?
    } else {
        let reached = reached_up_to(&parts, most_taken)?;
        (wanted..=most_taken).find(|sum| is_in(&reached, *sum))?
    };
    Some(Money::from_minor(i64::try_from(sum).ok()? * unit))
}

/// The sums up to a limit, as a set of bits; those beyond it that its last word has room for are not all there.
fn reached_up_to(parts: &[usize], limit: usize) -> Option<Vec<u64>> {
    if limit >= MOST_SUMS || parts.len().saturating_mul(limit / 64 + 1) > MOST_WORK {
        return None;
    }
    let mut reached = vec![0_u64; limit / 64 + 1];
    reached[0] = 1;
    for part in parts.iter().filter(|part| **part <= limit) {
        add_shifted(&mut reached, *part);
    }
    Some(reached)
}

fn is_in(sums: &[u64], sum: usize) -> bool {
    sums[sum / 64] >> (sum % 64) & 1 == 1
}

/// Adds to a set of sums each of its sums with `part` more.
fn add_shifted(reached: &mut [u64], part: usize) {
    let (words, bits) = (part / 64, part % 64);
    for at in (words..reached.len()).rev() {
        let low = reached[at - words] << bits;
        let high = match (bits, (at - words).checked_sub(1)) {
            (1.., Some(before)) => reached[before] >> (64 - bits),
            _ => 0,
        };
        reached[at] |= low | high;
    }
}

fn greatest_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_paid_is_a_sum_of_whole_commissions_or_the_next_one_above_it() {
        let rupiah = |amounts: &[i64]| amounts.iter().copied().map(Money::rupiah).collect::<Vec<_>>();
        let amounts = rupiah(&[150_000, 269_700, 150_000]);
        for (paid, sum) in [(0, 0), (300_000, 300_000), (419_700, 419_700), (1, 150_000), (151_000, 269_700)]
        {
            let found = smallest_sum_not_below(&amounts, Money::rupiah(paid));
            assert_eq!(found, Some(Money::rupiah(sum)), "{paid}");
        }
        assert_eq!(smallest_sum_not_below(&amounts, Money::rupiah(569_701)), None);
        assert_eq!(smallest_sum_not_below(&[], Money::rupiah(1)), None);
    }

    /// Hundreds of commissions, the sen of one of which makes the unit small: more sums than are looked through, but few
    /// of what stays out.
    #[test]
    fn l30_what_stays_out_is_looked_through_where_what_was_paid_is_too_much() {
        let mut amounts = vec![Money::rupiah(1_000_000); 300];
        amounts.push(Money::from_minor(25));
        let sum = smallest_sum_not_below(&amounts, Money::rupiah(298_000_001));
        assert_eq!(sum, Some(Money::rupiah(299_000_000)));
        assert_eq!(
            smallest_sum_not_below(&amounts, Money::rupiah(150_000_000)),
            None,
            "too many on either side"
        );
    }

    proptest! {
        #[test]
        fn it_is_what_trying_all_of_them_finds(amounts in prop::collection::vec(1_i64..500, 0..10), least in 0_i64..2_000) {
            let sums = (0..1_usize << amounts.len()).map(|chosen| {
                amounts.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, amount)| amount).sum::<i64>()
            });
            let best = sums.filter(|sum| *sum >= least).min().map(Money::from_minor);
            let amounts: Vec<Money> = amounts.into_iter().map(Money::from_minor).collect();
            prop_assert_eq!(smallest_sum_not_below(&amounts, Money::from_minor(least)), best);
        }
    }
}

//! Which sums whole commissions can have: what was paid out has to be one of them.

use crate::domain::money::Money;

/// The most different sums that are looked through: a set of bits, 16 MB of them.
const MOST_SUMS: usize = 128 * 1024 * 1024;

/// The smallest sum of some of the amounts that is not below `least`; `None` where all of them together are below it, or
/// where there are too many sums.
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
    if wanted > all || all >= MOST_SUMS {
        return None;
    }
    let mut reached = vec![0_u64; all / 64 + 1];
    reached[0] = 1;
    for part in parts {
        add_shifted(&mut reached, part);
    }
    let sum = (wanted..=all).find(|sum| reached[sum / 64] >> (sum % 64) & 1 == 1)?;
    Some(Money::from_minor(i64::try_from(sum).ok()? * unit))
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

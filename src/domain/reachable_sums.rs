//! The sums that some amounts can come to, and with which of the amounts.

/// The sums up to a limit that a choice of amounts can come to, each with the last position from which on there is such a
/// choice: the amounts before it are not needed.
#[derive(Debug)]
pub(crate) struct ReachableSums {
    /// The amounts' greatest common divisor.
    unit: i64,
    sums: SumSet,
}

#[derive(Debug)]
enum SumSet {
    /// By the sum in units; [`NEVER`] for a sum that no choice comes to.
    Dense(Vec<u16>),
    /// By the sum in units, in order.
    Sparse(Vec<(i64, u32)>),
    /// Of amounts of which nearly all have a much greater divisor than the few others.
    Split(SplitSums),
}

/// The mark of a sum that no choice comes to.
const NEVER: u16 = u16::MAX;

/// The highest sum, in units, whose place is kept in an array: 2 MB of bits, 32 MB of positions.
const DENSE: i64 = 1 << 24;

/// The most words of bits that are gone through for an array of sums.
const DENSE_WORK: i64 = 1 << 28;

/// The most sums that are kept as a list, of 16 bytes each.
const SPARSE: usize = 1 << 20;

/// The most entries that are gone through for a list of sums.
const SPARSE_WORK: usize = 1 << 23;

/// Of no more amounts than these a list of all sums is made at once.
const FEW: usize = 8;

/// Up to so many sums an array is filled at once.
const FEW_DENSE: i64 = 1 << 18;

impl ReachableSums {
    /// The sums of amounts up to a limit. `None` where they are too many: memory stays below 100 MB, and time below a
    /// second.
    pub(crate) fn up_to(amounts: &[i64], limit: i64) -> Option<Self> {
        let unit = amounts.iter().copied().fold(0, greatest_common_divisor).max(1);
        let units: Vec<i64> = amounts.iter().map(|amount| amount / unit).collect();
        let limit = limit / unit;
        let has_room = have_room(units.len(), limit);
        let sums = if units.len() <= FEW {
            sparse(&units, limit)?
        } else if has_room && limit <= FEW_DENSE {
            dense(&units, limit)?
        } else if let Some(split) = SplitSums::up_to(&units, limit) {
            SumSet::Split(split)
        } else if has_room {
            dense(&units, limit)?
        } else {
            sparse(&units, limit)?
        };
        Some(Self { unit, sums })
    }

    /// Whether it is certain that the sums of so many amounts up to a limit are not too many.
    pub(crate) fn have_room(amounts: usize, limit: i64, unit: i64) -> bool {
        have_room(amounts, limit / unit)
    }

    /// The highest sum.
    pub(crate) fn highest(&self) -> i64 {
        let units = match &self.sums {
            SumSet::Dense(begins) => highest_of(begins),
            SumSet::Sparse(sums) => sums.last().map_or(0, |(sum, _)| *sum),
            SumSet::Split(split) => split.highest(),
        };
        units * self.unit
    }

    /// The lowest sum that is not below another one.
    pub(crate) fn lowest_from(&self, sum: i64) -> Option<i64> {
        let from = sum / self.unit + i64::from(sum % self.unit != 0);
        let units = match &self.sums {
            SumSet::Dense(begins) => lowest_of(begins, from)?,
            SumSet::Sparse(sums) => sums.get(sums.partition_point(|(sum, _)| *sum < from))?.0,
            SumSet::Split(split) => split.lowest_from(from)?,
        };
        Some(units * self.unit)
    }

    /// The last position from which on a choice comes to this sum; one behind the last for the sum of nothing.
    pub(crate) fn begins_at(&self, sum: i64) -> Option<usize> {
        let units = Some(sum / self.unit).filter(|_| sum % self.unit == 0)?;
        match &self.sums {
            SumSet::Dense(begins) => begin_of(begins, units),
            SumSet::Sparse(sums) => {
                let at = sums.binary_search_by_key(&units, |(sum, _)| *sum).ok()?;
                usize::try_from(sums[at].1).ok()
            }
            SumSet::Split(split) => split.begins_at(units),
        }
    }
}

/// The highest sum of an array.
fn highest_of(begins: &[u16]) -> i64 {
    begins.iter().rposition(|at| *at != NEVER).map_or(0, |at| at as i64)
}

/// The lowest sum of an array that is not below another one.
fn lowest_of(begins: &[u16], from: i64) -> Option<i64> {
    let from = usize::try_from(from).ok()?;
    i64::try_from(from + begins.get(from..)?.iter().position(|at| *at != NEVER)?).ok()
}

/// Where the choice begins that comes to a sum of an array.
fn begin_of(begins: &[u16], sum: i64) -> Option<usize> {
    let at = begins.get(usize::try_from(sum).ok()?)?;
    (*at != NEVER).then_some(usize::from(*at))
}

/// Sums of amounts nearly all of which are multiples of a great divisor: prices are of thousands, and one in a hundred has
/// a code of its own or sen. A sum is one of the multiples' and one of the others', and those are few.
#[derive(Debug)]
struct SplitSums {
    /// The greatest common divisor of the multiples.
    divisor: i64,
    /// The multiples' sums, as [`SumSet::Dense`] in units of the divisor.
    begins: Vec<u16>,
    /// The multiples' positions among all amounts, and one behind the last amount.
    places: Vec<usize>,
    /// What each choice of the others comes to, and the first position in it: one behind the last amount where it is none.
    others: Vec<(i64, usize)>,
    limit: i64,
}

impl SplitSums {
    /// The greatest number of amounts that are no multiples.
    const OTHERS: usize = 12;
    /// The divisors that are tried.
    const DIVISORS: [i64; 8] = [100_000, 50_000, 10_000, 5_000, 1_000, 500, 100, 10];

    /// The sums up to a limit. `None` where too many amounts are no multiples, or where their sums are too many.
    fn up_to(amounts: &[i64], limit: i64) -> Option<Self> {
        let fits =
            |divisor: &i64| amounts.iter().filter(|amount| **amount % divisor != 0).count() <= Self::OTHERS;
        let divisor = Self::DIVISORS.into_iter().find(fits)?;
        let (mut places, others): (Vec<usize>, Vec<usize>) =
            (0..amounts.len()).partition(|&at| amounts[at] % divisor == 0);
        let divisor = places.iter().map(|&at| amounts[at]).fold(0, greatest_common_divisor).max(divisor);
        let multiples: Vec<i64> = places.iter().map(|&at| amounts[at] / divisor).collect();
        let most = limit / divisor;
        if !have_room(multiples.len(), most) {
            return None;
        }
        let SumSet::Dense(begins) = dense(&multiples, most)? else { return None };
        places.push(amounts.len());
        let mut choices = vec![(0, amounts.len())];
        for &at in others.iter().rev() {
            choices.extend(choices.clone().into_iter().map(|(sum, _)| (sum + amounts[at], at)));
        }
        choices.retain(|(sum, _)| *sum <= limit);
        Some(Self { divisor, begins, places, others: choices, limit })
    }

    fn highest(&self) -> i64 {
        let beside = |(sum, _): &(i64, usize)| {
            let most = usize::try_from((self.limit - sum) / self.divisor).unwrap_or(0);
            sum + highest_of(&self.begins[..=most]) * self.divisor
        };
        self.others.iter().map(beside).max().unwrap_or(0)
    }

    fn lowest_from(&self, from: i64) -> Option<i64> {
        let beside = |(sum, _): &(i64, usize)| {
            let rest = (from - sum).max(0);
            let units = rest / self.divisor + i64::from(rest % self.divisor != 0);
            Some(sum + lowest_of(&self.begins, units)? * self.divisor).filter(|sum| *sum <= self.limit)
        };
        self.others.iter().filter_map(beside).min()
    }

    fn begins_at(&self, sum: i64) -> Option<usize> {
        let beside = |(other, first): &(i64, usize)| {
            let rest = sum - other;
            if rest < 0 || rest % self.divisor != 0 {
                return None;
            }
            let place = self.places[begin_of(&self.begins, rest / self.divisor)?];
            Some(place.min(*first))
        };
        self.others.iter().filter_map(beside).max()
    }
}

/// Whether the sums up to a limit in units are kept in an array.
fn have_room(amounts: usize, limit: i64) -> bool {
    let words = i64::try_from(amounts).unwrap_or(i64::MAX).saturating_mul(limit / 64 + 1);
    limit < DENSE && amounts < usize::from(NEVER) && words <= DENSE_WORK
}

/// The greatest common divisor; the one of zero and a number is the number.
pub(crate) fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A bit for each sum, which every amount shifts by itself. The last amounts come first, so that a sum is first met
/// where it needs none of those before.
fn dense(amounts: &[i64], limit: i64) -> Option<SumSet> {
    let limit = usize::try_from(limit).ok()?;
    let mut bits = vec![0_u64; limit / 64 + 1];
    let mut begins = vec![NEVER; limit + 1];
    bits[0] = 1;
    begins[0] = u16::try_from(amounts.len()).ok()?;
    for (at, amount) in amounts.iter().enumerate().rev() {
        let amount = usize::try_from(*amount).ok()?;
        if amount == 0 || amount > limit {
            continue;
        }
        let position = u16::try_from(at).ok()?;
        let (words, shift) = (amount / 64, amount % 64);
        // From the highest down: what is read has not been changed by this amount yet.
        for word in (words..bits.len()).rev() {
            let high = bits[word - words] << shift;
            let low = if shift > 0 && word > words { bits[word - words - 1] >> (64 - shift) } else { 0 };
            let mut fresh = (high | low) & !bits[word];
            bits[word] |= fresh;
            while fresh != 0 {
                let sum = word * 64 + fresh.trailing_zeros() as usize;
                fresh &= fresh - 1;
                if let Some(begins) = begins.get_mut(sum) {
                    *begins = position;
                }
            }
        }
    }
    Some(SumSet::Dense(begins))
}

/// The sums as a list, into which every amount merges the same list with itself added.
fn sparse(amounts: &[i64], limit: i64) -> Option<SumSet> {
    let mut sums = vec![(0, u32::try_from(amounts.len()).ok()?)];
    let mut work = 0;
    for (at, &amount) in amounts.iter().enumerate().rev().filter(|(_, amount)| **amount > 0) {
        work += sums.len();
        let position = u32::try_from(at).ok()?;
        let shifted = sums.iter().map(|(sum, _)| (sum + amount, position));
        let mut shifted = shifted.take_while(|(sum, _)| *sum <= limit).peekable();
        let mut merged = Vec::with_capacity(sums.len() * 2);
        for &(sum, begins) in &sums {
            while let Some(lower) = shifted.next_if(|(other, _)| *other < sum) {
                merged.push(lower);
            }
            shifted.next_if(|(other, _)| *other == sum);
            merged.push((sum, begins));
        }
        merged.extend(shifted);
        if merged.len() > SPARSE || work > SPARSE_WORK {
            return None;
        }
        sums = merged;
    }
    Some(SumSet::Sparse(sums))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Thousands, and a few that are none.
    fn amounts() -> impl Strategy<Value = Vec<i64>> {
        let amount = prop_oneof![8 => (1..40_i64).prop_map(|at| at * 1_000), 1 => 1..3_000_i64];
        proptest::collection::vec(amount, 1..14)
    }

    proptest! {
        #[test]
        fn l30_an_array_a_list_and_a_split_array_have_the_same_sums(
            amounts in amounts(), part in 0..=100_i64, from in 0..=100_i64
        ) {
            let earned: i64 = amounts.iter().sum();
            let (limit, from) = (earned * part / 100, earned * part * from / 10_000);
            let with = |sums| ReachableSums { unit: 1, sums };
            let list = with(sparse(&amounts, limit).unwrap());
            let array = with(dense(&amounts, limit).unwrap());
            let split = SplitSums::up_to(&amounts, limit).map(|split| with(SumSet::Split(split)));
            for other in [Some(array), split].into_iter().flatten() {
                prop_assert_eq!(other.highest(), list.highest());
                prop_assert_eq!(other.lowest_from(from), list.lowest_from(from));
                let step = usize::try_from(limit / 500).unwrap().max(1);
                for sum in (0..=limit).step_by(step).chain(list.lowest_from(from)) {
                    prop_assert_eq!(other.begins_at(sum), list.begins_at(sum), "{}", sum);
                }
            }
        }

    }

    #[test]
    fn l30_one_price_with_sen_makes_no_sum_too_many() {
        let mut amounts: Vec<i64> = (1..=300).map(|at| at * 7 % 290 * 1_000_000 + 1_000_000).collect();
        amounts.insert(150, 74_900_013);
        let limit = amounts.iter().sum::<i64>() / 3;
        let sums = ReachableSums::up_to(&amounts, limit).unwrap();
        assert!(matches!(sums.sums, SumSet::Split(_)));
        let lowest = sums.lowest_from(74_900_001).unwrap();
        assert_eq!((lowest, sums.begins_at(lowest)), (74_900_013, Some(150)));
    }
}

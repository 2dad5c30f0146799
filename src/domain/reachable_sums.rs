//! The sums that some amounts can come to, and with which of the amounts.

/// The sums up to a limit that a choice of amounts can come to, each with the last position from which on there is such a
/// choice: the amounts before it are not needed.
#[derive(Debug)]
pub(crate) struct ReachableSums {
    /// The amounts' greatest common divisor.
    unit: i64,
    sums: Sums,
}

#[derive(Debug)]
enum Sums {
    /// By the sum in units; [`NEVER`] for a sum that no choice comes to.
    Dense(Vec<u16>),
    /// By the sum in units, in order.
    Sparse(Vec<(i64, u32)>),
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
const SPARSE_WORK: usize = 1 << 25;

impl ReachableSums {
    /// The sums of amounts up to a limit. `None` where they are too many: memory stays below 100 MB, and time below a
    /// second.
    pub(crate) fn up_to(amounts: &[i64], limit: i64) -> Option<Self> {
        let unit = amounts.iter().copied().fold(0, greatest_common_divisor).max(1);
        let units: Vec<i64> = amounts.iter().map(|amount| amount / unit).collect();
        let limit = limit / unit;
        let sums = if have_room(units.len(), limit) { dense(&units, limit)? } else { sparse(&units, limit)? };
        Some(Self { unit, sums })
    }

    /// Whether it is certain that the sums of so many amounts up to a limit are not too many.
    pub(crate) fn have_room(amounts: usize, limit: i64, unit: i64) -> bool {
        have_room(amounts, limit / unit)
    }

    /// The highest sum.
    pub(crate) fn highest(&self) -> i64 {
        let units = match &self.sums {
            Sums::Dense(begins) => begins.iter().rposition(|at| *at != NEVER).map_or(0, |at| at as i64),
            Sums::Sparse(sums) => sums.last().map_or(0, |(sum, _)| *sum),
        };
        units * self.unit
    }

    /// The lowest sum that is not below another one.
    pub(crate) fn lowest_from(&self, sum: i64) -> Option<i64> {
        let from = sum / self.unit + i64::from(sum % self.unit != 0);
        let units = match &self.sums {
            Sums::Dense(begins) => {
                let from = usize::try_from(from).ok()?;
                i64::try_from(from + begins.get(from..)?.iter().position(|at| *at != NEVER)?).ok()?
            }
            Sums::Sparse(sums) => sums.get(sums.partition_point(|(sum, _)| *sum < from))?.0,
        };
        Some(units * self.unit)
    }

    /// The last position from which on a choice comes to this sum; one behind the last for the sum of nothing.
    pub(crate) fn begins_at(&self, sum: i64) -> Option<usize> {
        let units = Some(sum / self.unit).filter(|_| sum % self.unit == 0)?;
        match &self.sums {
            Sums::Dense(begins) => {
                let at = begins.get(usize::try_from(units).ok()?)?;
                (*at != NEVER).then_some(usize::from(*at))
            }
            Sums::Sparse(sums) => {
                let at = sums.binary_search_by_key(&units, |(sum, _)| *sum).ok()?;
                usize::try_from(sums[at].1).ok()
            }
        }
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
fn dense(amounts: &[i64], limit: i64) -> Option<Sums> {
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
    Some(Sums::Dense(begins))
}

/// The sums as a list, into which every amount merges the same list with itself added.
fn sparse(amounts: &[i64], limit: i64) -> Option<Sums> {
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
    Some(Sums::Sparse(sums))
}

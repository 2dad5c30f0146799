//! How many records one transaction takes, where nobody has said it.
//!
//! The more records come together, the fewer pages of an index are written twice, the fewer commits wait for the disk, and
//! the fewer turns a far server takes; but an interruption loses more, and the app waits longer for a batch to end.

/// Records in one transaction: a tenth of a second's work, or two.
const USUAL: usize = 2_000;
/// Of a large shop, whose indexes do not fit into memory: every batch writes a part of all their pages.
const LARGE: usize = 5_000;
/// The records of a phase from which on a shop is large.
const LARGE_FROM: u64 = 100_000;

/// The records in one transaction of a phase with so many of them.
pub(crate) const fn usual(records: u64) -> usize {
    if records < LARGE_FROM { USUAL } else { LARGE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_shop_has_larger_batches() {
        assert_eq!([0, 1, 99_999].map(usual), [2_000; 3]);
        assert_eq!([100_000, u64::MAX].map(usual), [5_000; 2]);
    }
}

//! What Sejoli has paid to an affiliate: the flag of each commission where it is stated, else the total that the
//! affiliates' file states. The flags are the exact record, since Sejoli's own total is a sum over flagged rows.

use crate::domain::money::Money;

/// A commission of which it may be stated whether it was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaidFlag {
    /// What was earned.
    pub(crate) amount: Money,
    /// Whether Sejoli has paid it, where that is stated.
    pub(crate) stated: Option<bool>,
    /// Whether the app has paid it out since: then Sejoli's flag is of the same payment, and counts once.
    pub(crate) is_paid_by_app: bool,
}

/// What was paid of an affiliate's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaidRecord {
    /// What Sejoli has paid.
    pub(crate) paid: Money,
    /// What the flagged commissions come to, where flags and total contradict each other.
    pub(crate) contradiction: Option<Money>,
}

impl PaidRecord {
    /// What was paid of a code's commissions. Where all of them are flagged, the flags count, and a total that says
    /// another sum contradicts them; where some are, the total counts, but never less than what is flagged; without
    /// any, the total.
    pub(crate) fn of(commissions: impl IntoIterator<Item = PaidFlag>, reported: Money) -> Self {
        let (mut flagged, mut by_app, mut stated, mut open) = (Money::ZERO, Money::ZERO, 0_usize, 0_usize);
        for one in commissions {
            stated += usize::from(one.stated.is_some());
            open += usize::from(one.stated.is_none());
            if one.stated == Some(true) {
                let sum = if one.is_paid_by_app { &mut by_app } else { &mut flagged };
                *sum = *sum + one.amount;
            }
        }
        let all = flagged + by_app;
        let (paid, contradicts) = match (stated, open) {
            (0, _) => (reported, false),
            (_, 0) => (flagged, all != reported),
            _ => (flagged.max(reported - by_app), all > reported),
        };
        Self { paid, contradiction: contradicts.then_some(all) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(of: &[(i64, Option<bool>)]) -> Vec<PaidFlag> {
        let flag = |&(amount, stated): &(i64, Option<bool>)| PaidFlag {
            amount: Money::rupiah(amount),
            stated,
            is_paid_by_app: false,
        };
        of.iter().map(flag).collect()
    }

    fn paid(of: &[(i64, Option<bool>)], reported: i64) -> (Money, Option<Money>) {
        let PaidRecord { paid, contradiction } = PaidRecord::of(flags(of), Money::rupiah(reported));
        (paid, contradiction)
    }

    #[test]
    fn l30_flags_are_the_exact_record() {
        let all = [(30, Some(true)), (20, Some(false)), (50, Some(true))];
        assert_eq!(paid(&all, 80), (Money::rupiah(80), None));
        assert_eq!(paid(&all, 100), (Money::rupiah(80), Some(Money::rupiah(80))));
        assert_eq!(paid(&all, 0), (Money::rupiah(80), Some(Money::rupiah(80))));
    }

    #[test]
    fn l30_without_flags_the_total_counts() {
        assert_eq!(paid(&[(30, None)], 20), (Money::rupiah(20), None));
        assert_eq!(paid(&[], 20), (Money::rupiah(20), None));
    }

    #[test]
    fn l30_of_some_flags_never_less_is_paid_than_they_say() {
        let some = [(30, Some(true)), (20, None)];
        assert_eq!(paid(&some, 50), (Money::rupiah(50), None));
        assert_eq!(paid(&some, 10), (Money::rupiah(30), Some(Money::rupiah(30))));
    }

    #[test]
    fn l30_what_the_app_has_paid_counts_once() {
        let mut all = flags(&[(30, Some(true)), (20, Some(true))]);
        all[0].is_paid_by_app = true;
        let record = PaidRecord::of(all, Money::rupiah(50));
        assert_eq!((record.paid, record.contradiction), (Money::rupiah(20), None));
    }
}

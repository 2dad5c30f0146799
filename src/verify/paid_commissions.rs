//! Paid commissions: the app lets affiliates ask for every conversion that does not count as paid out, so these come to no
//! more than is owed, and to just that wherever a choice of whole commissions does (L30).

use crate::domain::commission_choice::Basis;
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::domain::paid_allocation::{PayableCommission, allocate, oldest_first};
use crate::domain::paid_record::PaidFlag;
use crate::language::tr;
use crate::verify::commissions::DueTier;
use crate::verify::report::VerifyCheck;

/// The conversion of a commission that is due.
#[derive(Clone, Debug)]
pub(crate) struct DueConversion {
    /// Sejoli's number of the order.
    pub(crate) order: String,
    /// The commission.
    pub(crate) amount: Money,
    /// When it was earned.
    pub(crate) earned_at: Millis,
    /// Whether an import has made it, and not the app's people.
    pub(crate) is_own: bool,
    /// Whether it counts as paid out.
    pub(crate) is_paid_out: bool,
    /// Whether imports have said so.
    pub(crate) is_marked: bool,
    /// Whether Sejoli has paid it out, where the order's row says it.
    pub(crate) stated: Option<bool>,
}

impl DueConversion {
    /// Whether the app has paid it out.
    fn is_paid_by_app(&self) -> bool {
        self.is_paid_out && !self.is_marked
    }

    /// What is stated of it, for what was paid of its code.
    pub(crate) fn paid_flag(&self) -> PaidFlag {
        PaidFlag { amount: self.amount, stated: self.stated, is_paid_by_app: self.is_paid_by_app() }
    }
}

/// Where only a version has imported that did not say which commissions are paid, what follows from that is said.
pub(crate) fn note_unmarked(who: &str, due: &[DueConversion], paid: Money, check: &mut VerifyCheck) {
    let earned: Money = due.iter().map(|due| due.amount).sum();
    let requestable: Money = due.iter().filter(|due| !due.is_paid_out).map(|due| due.amount).sum();
    let owed = (earned - paid).max(Money::ZERO);
    if requestable > owed {
        check.facts.push(tr!(
            "{who}: {requestable} can be requested, and {owed} is owed: version 0.1 did not say which commissions are \
             paid, and importing again does"
        ));
    }
}

/// Compares which of an affiliate's conversions count as paid out with what Sejoli has paid, of which those of tiers above
/// the first are none. Returns what the app has paid
/// out of them.
pub(crate) fn compare(
    who: &str,
    due: &[DueConversion],
    (paid, tiers): (Money, &[DueTier]),
    check: &mut VerifyCheck,
) -> Money {
    let of_tiers = |is_paid: bool| -> Money {
        tiers.iter().filter(|tier| tier.paid == is_paid).map(|tier| tier.amount).sum()
    };
    let paid = paid - of_tiers(true);
    let mut open: Vec<&DueConversion> =
        due.iter().filter(|due| due.is_own && !due.is_paid_by_app()).collect();
    open.sort_by(|a, b| oldest_first((a.earned_at, &a.order), (b.earned_at, &b.order)));
    let commissions: Vec<PayableCommission> =
        open.iter().map(|due| PayableCommission { amount: due.amount, stated: due.stated }).collect();
    let of_app = due.iter().filter(|due| !due.is_own && !due.is_paid_by_app());
    let elsewhere: Money = of_app.filter(|due| due.stated == Some(true)).map(|due| due.amount).sum();
    let allocation = allocate(&commissions, paid - elsewhere);
    for (due, is_paid) in open.iter().zip(&allocation.is_paid) {
        check.compare(due.is_paid_out == *is_paid, || {
            let why = if *is_paid {
                tr!("does not count as paid out")
            } else {
                tr!("counts as paid out, and is not")
            };
            tr!("{who}: the commission of order {} ({}) {why}", due.order, due.amount)
        });
        check.compare(due.is_marked == *is_paid, || {
            tr!("{who}: what is kept of order {} does not say whether its commission is paid", due.order)
        });
    }
    let sum = |counts: &dyn Fn(&DueConversion) -> bool| -> Money {
        due.iter().filter(|due| counts(due)).map(|due| due.amount).sum()
    };
    let by_app = sum(&DueConversion::is_paid_by_app);
    let owed = (sum(&|_| true) - paid - by_app).max(Money::ZERO);
    let requestable = sum(&|due| !due.is_paid_out);
    let is_exact = allocation.basis != Basis::Above;
    let all_own = due.iter().all(|due| due.is_own);
    check.compare(!all_own || requestable <= owed && (requestable == owed || !is_exact), || {
        tr!("{who}: {requestable} can be requested, and {owed} is owed")
    });
    if requestable < owed {
        check.facts.push(tr!("{who}: {requestable} can be requested of {owed} that is owed"));
    }
    let unpaid_tiers = of_tiers(false);
    if unpaid_tiers.is_positive() {
        check.facts.push(tr!(
            "{who}: {unpaid_tiers} is owed of tiers above the first, which the app's payout page cannot ask for"
        ));
    }
    if by_app.is_positive() {
        check.facts.push(tr!("{who}: the app has paid out {by_app} of these commissions"));
    }
    by_app
}

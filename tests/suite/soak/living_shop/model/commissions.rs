//! What a code has earned and been paid: the commissions of its orders, and those above the first tier, which are owed and are no
//! sales. Where Sejoli says of a commission whether it was paid, that counts; where it says nothing, the affiliate's total.

use std::collections::BTreeSet;

use super::super::shop::UpperTier;
use super::super::state::{ConversionState, Handle};
use super::Import;

/// What a code has earned and been paid, in sen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeSums {
    pub(super) earned: i64,
    pub(super) paid: i64,
}

impl Import<'_> {
    /// The rows above the first tier; what a newer export lacks stays.
    pub(super) fn upper_tiers(&mut self) {
        self.model.uppers.extend(self.shop.uppers.iter().map(|(id, row)| (*id, row.clone())));
    }

    /// The commissions above the first tier that a code has earned.
    pub(super) fn uppers_of(&self, code: &str) -> Vec<&UpperTier> {
        let is_paid = |row: &&UpperTier| {
            self.state.orders.get(&row.order).is_some_and(|order| order.status == "SUCCESS")
        };
        let rows = self.model.uppers.values().filter(|row| row.code == code && row.status == "added");
        rows.filter(is_paid).collect()
    }

    /// Whether Sejoli says that it has paid an order's commission.
    pub(super) fn flag_of(&self, number: u32) -> Option<bool> {
        self.model.orders.get(&number)?.row.paid_flag
    }

    /// Whether the app has paid an order's commission.
    pub(super) fn is_paid_by_app(&self, number: u32) -> bool {
        self.state.paid.contains(&number) && !self.model.marked.contains(&number)
    }

    /// The sums of each of a person's codes, by these conversions; an order that names none of the codes is the first one's.
    pub(super) fn sums_of_codes(
        &self,
        codes: &[&String],
        conversions: &[(u32, &ConversionState)],
    ) -> Vec<CodeSums> {
        let named = |number: u32| {
            let code = self.model.orders.get(&number).map(|known| &known.row.code);
            codes.iter().position(|of| Some(*of) == code).unwrap_or(0)
        };
        let sums = codes.iter().enumerate().map(|(at, code)| {
            let own: Vec<_> = conversions.iter().filter(|(number, _)| named(*number) == at).collect();
            let uppers = self.uppers_of(code);
            let stated = own
                .iter()
                .map(|(number, row)| (row.amount, self.flag_of(*number), self.is_paid_by_app(*number)));
            let all = stated.chain(uppers.iter().map(|row| (row.amount * 100, Some(row.paid), false)));
            self.sums_of_code(code, &all.collect::<Vec<_>>())
        });
        sums.collect()
    }

    /// Of commissions: the amount, what Sejoli says of it, and whether the app has paid it.
    fn sums_of_code(&self, code: &str, commissions: &[(i64, Option<bool>, bool)]) -> CodeSums {
        let reported = self.model.affiliates.get(code).map_or(0, |known| known.paid);
        let flagged = |by_app: bool| -> i64 {
            let paid = commissions.iter().filter(|(_, flag, app)| *flag == Some(true) && *app == by_app);
            paid.map(|(amount, ..)| amount).sum()
        };
        let kinds: BTreeSet<bool> = commissions.iter().map(|(_, flag, _)| flag.is_some()).collect();
        let paid = match (kinds.contains(&true), kinds.contains(&false)) {
            (false, _) => reported,
            (true, false) => flagged(false),
            (true, true) => flagged(false).max(reported - flagged(true)),
        };
        CodeSums { earned: commissions.iter().map(|(amount, ..)| amount).sum(), paid }
    }

    /// The conversions of a person's paid orders.
    pub(super) fn earned_by(&self, handle: &Handle) -> Vec<(u32, &ConversionState)> {
        let is_paid =
            |number: &u32| self.state.orders.get(number).is_some_and(|order| order.status == "SUCCESS");
        let theirs = self.state.conversions.iter().filter(|(_, row)| row.affiliate == *handle);
        theirs.filter(|(number, _)| is_paid(number)).map(|(number, row)| (*number, row)).collect()
    }
}

//! Money: what Sejoli owes a person stands in the wallet beside the app's own part, and moves by the difference.

use std::collections::{BTreeMap, BTreeSet};

use super::super::state::Handle;
use super::Import;

/// What stands in a person's wallet and profile from imports, in sen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    conversions: i64,
    sales: i64,
    earnings: i64,
    payout: i64,
}

impl Position {
    /// Earned less paid out, never below zero.
    fn balance(self) -> i64 {
        (self.earnings - self.payout).max(0)
    }
}

impl Import<'_> {
    /// Whether a person's wallet bears that a code is taken away.
    pub(super) fn bears_without(&self, handle: &Handle, code: &str) -> bool {
        let Some(wallet) = self.state.wallets.get(handle) else { return true };
        let settled = self.model.settled.get(handle).copied().unwrap_or_default();
        let of_code =
            |number: &u32| self.before.orders.get(number).is_some_and(|order| order.source_code == code);
        let kept = self
            .before
            .conversions
            .iter()
            .filter(|(number, row)| row.affiliate == *handle && !of_code(number));
        let earnings = kept.map(|(_, row)| row.amount).sum();
        let others = self.model.affiliates.iter();
        let others = others.filter(|(other, known)| *other != code && known.user.as_ref() == Some(handle));
        let payout = others.map(|(_, known)| known.paid).sum();
        let wanted = Position { earnings, payout, ..Position::default() };
        wanted.balance() >= settled.balance() || wallet.balance + wanted.balance() - settled.balance() >= 0
    }

    /// Moves wallets and profiles to where the codes that are sold by each person stand.
    pub(super) fn settle(&mut self, sellers: &BTreeMap<String, Handle>) {
        let conversions = &self.state.conversions;
        self.model.marked.retain(|number| conversions.contains_key(number));
        let mut people: BTreeSet<Handle> = sellers.values().cloned().collect();
        people.extend(self.model.settled.keys().cloned());
        let positions: Vec<(Handle, Position)> =
            people.into_iter().map(|handle| (handle.clone(), self.position(&handle, sellers))).collect();
        for (handle, wanted) in positions {
            self.settle_one(&handle, wanted);
        }
        self.state.settled = self.model.settled.values().map(|position| position.balance()).sum();
        for (code, known) in &mut self.model.affiliates {
            known.user = sellers.get(code).cloned();
        }
    }

    fn position(&self, handle: &Handle, sellers: &BTreeMap<String, Handle>) -> Position {
        let codes: Vec<&String> =
            sellers.iter().filter(|(_, user)| *user == handle).map(|(code, _)| code).collect();
        let mut position = Position::default();
        for (number, conversion) in self.state.conversions.iter().filter(|(_, row)| row.affiliate == *handle)
        {
            let Some(order) = self.state.orders.get(number).filter(|order| order.status == "SUCCESS") else {
                continue;
            };
            position.conversions += 1;
            position.sales += order.amount;
            position.earnings += conversion.amount;
        }
        position.payout =
            codes.iter().filter_map(|code| self.model.affiliates.get(*code)).map(|known| known.paid).sum();
        position
    }

    /// A wallet that would fall below zero is left as it is, with all that belongs to it.
    fn settle_one(&mut self, handle: &Handle, wanted: Position) {
        let Some(wallet) = self.state.wallets.get_mut(handle) else { return };
        let settled = self.model.settled.get(handle).copied().unwrap_or_default();
        let by = wanted.balance() - settled.balance();
        if by < 0 && wallet.balance + by < 0 {
            return;
        }
        wallet.balance += by;
        wallet.earnings += wanted.earnings - settled.earnings;
        wallet.payout += wanted.payout - settled.payout;
        if let Some(profile) = self.state.profiles.get_mut(handle) {
            profile.conversions += wanted.conversions - settled.conversions;
            profile.sales += wanted.sales - settled.sales;
            profile.earnings += wanted.earnings - settled.earnings;
        }
        self.mark_paid(handle, wanted.payout);
        self.model.settled.insert(handle.clone(), wanted);
        if wanted.balance() == 0 {
            self.state.ledger.remove(handle);
        } else {
            self.state.ledger.insert(handle.clone(), wanted.balance());
        }
    }

    /// Which of a person's commissions Sejoli has paid; those that the app has paid since are not asked.
    fn mark_paid(&mut self, handle: &Handle, paid: i64) {
        let is_open = |number: &u32| !self.state.paid.contains(number) || self.model.marked.contains(number);
        let is_success =
            |number: &u32| self.state.orders.get(number).is_some_and(|order| order.status == "SUCCESS");
        let theirs = self.state.conversions.iter().filter(|(_, row)| row.affiliate == *handle);
        let mut open: Vec<(i64, u32, i64)> = theirs
            .filter(|(number, _)| is_open(number) && is_success(number))
            .map(|(number, row)| (row.earned_at, *number, row.amount))
            .collect();
        open.sort_unstable();
        let amounts: Vec<i64> = open.iter().map(|(_, _, amount)| *amount).collect();
        for ((_, number, _), is_paid) in open.iter().zip(paid_ones(&amounts, paid)) {
            for set in [&mut self.state.paid, &mut self.model.marked] {
                if is_paid {
                    set.insert(*number);
                } else {
                    set.remove(number);
                }
            }
        }
    }
}

/// The choice with the least sum that is not below what was paid, by the sums that each amount and those behind it can
/// come to; an amount is taken wherever the others can make up the rest.
fn paid_ones(amounts: &[i64], paid: i64) -> Vec<bool> {
    let mut sums = vec![BTreeSet::from([0])];
    for amount in amounts.iter().rev() {
        let behind = sums.last().expect("the sums of nothing");
        let with = behind.iter().map(|sum| sum + amount).filter(|sum| sum - amount < paid);
        sums.push(behind.iter().copied().chain(with).collect());
    }
    sums.reverse();
    let least = sums[0].range(paid..).next().copied();
    let mut rest = least.unwrap_or_else(|| amounts.iter().sum());
    let take = |(at, amount): (usize, &i64)| {
        let taken = sums[at + 1].contains(&(rest - amount));
        rest -= if taken { *amount } else { 0 };
        taken
    };
    amounts.iter().enumerate().map(take).collect()
}

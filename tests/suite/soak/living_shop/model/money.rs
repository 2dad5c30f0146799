//! Money: what Sejoli owes a person stands in the wallet beside the app's own part, and moves by the difference.

use std::collections::{BTreeMap, BTreeSet};

use super::super::state::{ConversionState, Handle};
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
        let others = self.model.affiliates.iter();
        let others = others.filter(|(other, known)| *other != code && known.user.as_ref() == Some(handle));
        let others: Vec<&String> = others.map(|(other, _)| other).collect();
        let of_code =
            |number: u32| self.state.orders.get(&number).is_some_and(|order| order.source_code == code);
        let mut kept = self.earned_by(handle);
        kept.retain(|(number, _)| !of_code(*number));
        let sums = self.sums_of_codes(&others, &kept);
        let earnings = sums.iter().map(|sums| sums.earned).sum();
        let payout = sums.iter().map(|sums| sums.paid).sum();
        let wanted = Position { earnings, payout, ..Position::default() };
        wanted.balance() >= settled.balance() || wallet.balance + wanted.balance() - settled.balance() >= 0
    }

    /// Whether a person's wallet bears that a code is theirs from now on: what was paid beyond its commissions counts
    /// against what they are owed for others.
    pub(super) fn bears_with(&self, handle: &Handle, code: &str) -> bool {
        let Some(wallet) = self.state.wallets.get(handle) else { return true };
        let Some(known) = self.model.affiliates.get(code) else { return true };
        let settled = self.model.settled.get(handle).copied().unwrap_or_default();
        let of_code =
            |number: u32| self.state.orders.get(&number).is_some_and(|order| order.source_code == code);
        let mut earned = known.user.as_ref().map(|user| self.earned_by(user)).unwrap_or_default();
        earned.retain(|(number, _)| of_code(*number));
        let sums = self.sums_of_codes(&[&code.to_owned()], &earned)[0];
        let wanted = Position {
            earnings: settled.earnings + sums.earned,
            payout: settled.payout + sums.paid,
            ..Position::default()
        };
        let falls_by = settled.balance() - wanted.balance();
        falls_by <= 0 || wallet.balance >= falls_by
    }

    /// Moves wallets and profiles to where the codes that are sold by each person stand.
    pub(super) fn settle(&mut self, sellers: &BTreeMap<String, Handle>) {
        let conversions = &self.state.conversions;
        self.model.marked.retain(|number| conversions.contains_key(number));
        let mut people: BTreeSet<Handle> = sellers.values().cloned().collect();
        people.extend(self.model.settled.keys().cloned());
        let positions: Vec<(Handle, Position)> =
            people.into_iter().map(|handle| (handle.clone(), self.position(&handle, sellers))).collect();
        // What moves from one wallet to another, moves as a whole or not at all.
        let moving = self.moving(sellers);
        let is_borne = positions
            .iter()
            .filter(|(handle, _)| moving.contains(handle))
            .all(|(handle, wanted)| self.is_covered(handle, *wanted));
        let mut settled = BTreeMap::new();
        for (handle, wanted) in positions {
            let stays = moving.contains(&handle) && !is_borne;
            let codes = sellers.iter().filter(|(_, user)| **user == handle);
            let uppers = codes.flat_map(|(code, _)| self.uppers_of(code));
            let paid_uppers = uppers.filter(|row| row.paid).map(|row| row.amount * 100).sum();
            if !stays && self.settle_one(&handle, wanted, paid_uppers) {
                settled.insert(handle, wanted);
            }
        }
        self.state.settled = self.model.settled.values().map(|position| position.balance()).sum();
        self.note_wallets(sellers, &settled);
    }

    /// Those out of whose wallets, or into whose, what was settled for a code is to move.
    fn moving(&self, sellers: &BTreeMap<String, Handle>) -> BTreeSet<Handle> {
        let mut moving = BTreeSet::new();
        for code in self.model.affiliates.keys() {
            let (old, new) = (self.settled_with(code), sellers.get(code));
            if let Some(old) = old.filter(|old| Some(old) != new && self.state.wallets.contains_key(old)) {
                moving.insert(old);
                moving.extend(new.cloned());
            }
        }
        moving
    }

    /// Notes in whose wallets the codes stand from now on.
    fn note_wallets(&mut self, sellers: &BTreeMap<String, Handle>, settled: &BTreeMap<Handle, Position>) {
        for code in self.model.affiliates.keys().cloned().collect::<Vec<_>>() {
            let seller = sellers.get(&code);
            let is_settled = match (seller, self.settled_with(&code)) {
                (Some(seller), _) => settled.get(seller).map(|position| {
                    let earns = |(number, row): (&u32, &ConversionState)| {
                        let order = &self.state.orders[number];
                        row.affiliate == *seller && order.source_code == code && order.status == "SUCCESS"
                    };
                    let is_first = sellers.iter().find(|(_, user)| *user == seller).map(|(first, _)| first);
                    let codes: Vec<&String> =
                        sellers.iter().filter(|(_, user)| *user == seller).map(|(code, _)| code).collect();
                    let at = codes.iter().position(|of| **of == code).expect("the code is its seller's");
                    self.sums_of_codes(&codes, &self.earned_by(seller))[at].paid > 0
                        || !self.uppers_of(&code).is_empty()
                        || self.state.conversions.iter().any(earns)
                        || (is_first == Some(&code) && position.payout > position.earnings)
                }),
                (None, Some(old)) => {
                    (settled.contains_key(&old) || !self.state.wallets.contains_key(&old)).then_some(false)
                }
                (None, None) => Some(false),
            };
            if let Some(is_settled) = is_settled {
                let known = self.model.affiliates.get_mut(&code).expect("the code is known");
                (known.user, known.is_settled) = (seller.cloned(), is_settled);
            }
        }
    }

    fn position(&self, handle: &Handle, sellers: &BTreeMap<String, Handle>) -> Position {
        let codes: Vec<&String> =
            sellers.iter().filter(|(_, user)| *user == handle).map(|(code, _)| code).collect();
        let earned = self.earned_by(handle);
        let mut position = Position::default();
        for (number, conversion) in &earned {
            position.conversions += 1;
            position.sales += self.state.orders[number].amount;
            position.earnings += conversion.amount;
        }
        position.earnings +=
            codes.iter().flat_map(|code| self.uppers_of(code)).map(|row| row.amount * 100).sum::<i64>();
        position.payout = self.sums_of_codes(&codes, &earned).iter().map(|sums| sums.paid).sum();
        position
    }

    /// Whether a wallet does not fall below zero by what it comes to.
    fn is_covered(&self, handle: &Handle, wanted: Position) -> bool {
        let settled = self.model.settled.get(handle).copied().unwrap_or_default();
        let by = wanted.balance() - settled.balance();
        by >= 0 || self.state.wallets.get(handle).is_none_or(|wallet| wallet.balance + by >= 0)
    }

    /// Settles a wallet that is there; one that would fall below zero is left as it is, with all that belongs to it.
    fn settle_one(&mut self, handle: &Handle, wanted: Position, paid_uppers: i64) -> bool {
        let is_covered = self.is_covered(handle, wanted);
        let Some(wallet) = self.state.wallets.get_mut(handle).filter(|_| is_covered) else { return false };
        let settled = self.model.settled.get(handle).copied().unwrap_or_default();
        let by = wanted.balance() - settled.balance();
        wallet.balance += by;
        wallet.earnings += wanted.earnings - settled.earnings;
        wallet.payout += wanted.payout - settled.payout;
        if let Some(profile) = self.state.profiles.get_mut(handle) {
            profile.conversions += wanted.conversions - settled.conversions;
            profile.sales += wanted.sales - settled.sales;
            profile.earnings += wanted.earnings - settled.earnings;
        }
        self.mark_paid(handle, wanted.payout - paid_uppers);
        self.model.settled.insert(handle.clone(), wanted);
        if wanted.balance() == 0 {
            self.state.ledger.remove(handle);
        } else {
            self.state.ledger.insert(handle.clone(), wanted.balance());
        }
        true
    }

    /// Which of a person's commissions Sejoli has paid: those of which it says so, and of the others a choice that comes to the
    /// rest. Those that the app has paid since are not asked.
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
        let (stated, silent): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(_, number, _)| self.flag_of(*number).is_some());
        let stated: Vec<(u32, i64, bool)> = stated
            .into_iter()
            .map(|(_, number, amount)| (number, amount, self.flag_of(number) == Some(true)))
            .collect();
        let of_stated: i64 =
            stated.iter().filter(|(.., is_paid)| *is_paid).map(|(_, amount, _)| amount).sum();
        let amounts: Vec<i64> = silent.iter().map(|(_, _, amount)| *amount).collect();
        let chosen = silent.iter().map(|(_, number, _)| *number).zip(paid_ones(&amounts, paid - of_stated));
        let all: Vec<(u32, bool)> =
            stated.iter().map(|(number, _, is_paid)| (*number, *is_paid)).chain(chosen).collect();
        for (number, is_paid) in all {
            for set in [&mut self.state.paid, &mut self.model.marked] {
                if is_paid {
                    set.insert(number);
                } else {
                    set.remove(&number);
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

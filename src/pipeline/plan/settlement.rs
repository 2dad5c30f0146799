//! Settlement: what each verified affiliate has earned and been paid, in wallet and ledger (L21).
//!
//! It derives everything from what is stored: the conversions of paid Sejoli orders, and the payouts
//! that the affiliates' file stated. What has been settled before is kept per affiliate, so that
//! only the difference moves the app's own figures, and running it again moves nothing. Orders that
//! came before their affiliate was verified get their conversions here.

use std::collections::HashMap;

use crate::domain::commission_figures::AffiliateCommissions;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::{AccountCode, AffiliateAccount};
use crate::pipeline::plan::affiliate_position::{Earnings, earnings, notes, positions_of_codes};
use crate::pipeline::plan::affiliate_sums::AffiliatePosition;
use crate::pipeline::plan::foreseen_payments::ForeseenPayments;
use crate::pipeline::plan::ledger::{desired_ledger, ledger_changes, ledgers};
use crate::pipeline::plan::paid_commissions::PaidCommissions;
use crate::store::history::journal::Change;
use crate::store::schema::tables::WalletTransaction;
use crate::store::session::store::Store;

/// The planned settlement of one affiliate.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// The settled account.
    pub account: AffiliateAccount,
    /// The person's totals by Sejoli's figures.
    pub(super) position: AffiliatePosition,
    /// The part of each credited code, in their order.
    pub(super) codes: Vec<AffiliatePosition>,
    /// What stands in the wallet before.
    pub(super) settled: AffiliatePosition,
    /// The changes to the conversions that count as paid out, and then to the wallet's ledger.
    pub changes: Vec<Change>,
    /// What of the commissions is owed, and what can be requested.
    commissions: PaidCommissions,
    /// Findings for the run's summary.
    pub notes: Vec<Finding>,
}

impl Settlement {
    fn new(
        account: AffiliateAccount,
        earnings: &Earnings,
        standing: HashMap<String, WalletTransaction>,
        terms: SettlementTerms<'_>,
    ) -> Self {
        let of_codes = positions_of_codes(&account, earnings);
        let codes: Vec<AffiliatePosition> = of_codes.iter().map(|code| code.sums).collect();
        let position: AffiliatePosition = codes.iter().copied().sum();
        let desired = desired_ledger(&account, earnings, &codes, terms.as_of);
        let foreseen = terms.foreseen.of(&account.profile.id);
        let mut commissions = PaidCommissions::plan(earnings, &position, foreseen, terms.written_at);
        let mut notes = notes(&position, &account, (&of_codes, &earnings.conversions));
        notes.extend(commissions.note(&account.names()));
        let mut changes = std::mem::take(&mut commissions.changes);
        changes.extend(ledger_changes(standing, desired));
        let settled = account.settled();
        let mut settlement = Self { account, position, codes, settled, changes, commissions, notes };
        if !settlement.is_covered() {
            let detail = settlement.account.names();
            settlement.notes.push(Finding::at(Code::WalletBelowZero, "affiliate_code", detail));
        }
        settlement
    }

    /// The affiliate's figures: once this is settled, or as they stand.
    pub(crate) fn figures(&self, is_settled: bool) -> AffiliateCommissions {
        let PaidCommissions { figures, standing, .. } = self.commissions;
        let figures = if is_settled { figures } else { standing };
        AffiliateCommissions { affiliate: self.account.names(), figures }
    }

    /// Whether neither conversions nor ledger nor totals change.
    pub(crate) fn is_settled(&self) -> bool {
        let same = |(code, position): (&AccountCode, &AffiliatePosition)| {
            code.is_settled_as(position, &self.account.wallet.user_id)
        };
        self.changes.is_empty()
            && self.position == self.settled
            && self.account.credited().zip(&self.codes).all(same)
            && !self.account.has_moving_code()
    }

    /// The wallet's balance once this is settled.
    fn balance(&self) -> Money {
        self.account.wallet.balance + (self.position.balance - self.settled.balance)
    }

    /// Whether the wallet's balance falls.
    pub(crate) fn falls(&self) -> bool {
        self.position.balance < self.settled.balance
    }

    /// Whether the wallet can bear the settlement: it never falls below zero (L21).
    pub(crate) fn is_covered(&self) -> bool {
        !self.falls() || self.balance() >= Money::ZERO
    }
}

/// What all settlements of a run share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettlementTerms<'a> {
    /// The date of the payouts, whose own dates Sejoli does not export.
    pub(crate) as_of: Millis,
    /// The run's start.
    pub(crate) written_at: Millis,
    /// Which commissions are paid, by the files alone.
    pub(crate) foreseen: &'a ForeseenPayments,
    /// Whether an order may say itself whether its commission was paid. Where none does, none is asked: the rows that would
    /// say it are long, and those of one affiliate lie far from each other.
    pub(crate) orders_state_payment: bool,
}

/// Prepares the settlements of a group of accounts. They are computed one by one, because the ledger changes take
/// most of the memory.
///
/// # Errors
/// The database's errors.
pub(crate) fn prepare<'a>(
    store: &mut Store,
    group: Vec<AffiliateAccount>,
    terms: SettlementTerms<'a>,
) -> anyhow::Result<impl Iterator<Item = Settlement> + use<'a>> {
    let mut earnings = earnings(store, &group, terms.orders_state_payment)?;
    let mut ledgers = ledgers(store, &group)?;
    Ok(group.into_iter().map(move |account| {
        let earnings = earnings.remove(&account.profile.id).unwrap_or_default();
        let standing = ledgers.remove(&account.wallet.id).unwrap_or_default();
        Settlement::new(account, &earnings, standing, terms)
    }))
}

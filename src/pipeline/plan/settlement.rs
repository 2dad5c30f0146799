//! Settlement: what each verified affiliate has earned and been paid, in wallet and ledger (L21).
//!
//! It derives everything from what is stored: the conversions of paid Sejoli orders, and the payouts
//! that the affiliates' file stated. What has been settled before is kept per affiliate, so that
//! only the difference moves the app's own figures, and running it again moves nothing. Orders that
//! came before their affiliate was verified get their conversions here.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::ids::id_for;
use crate::domain::money::{Money, Rate};
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::orders::{conversion, external_id, written_fingerprint};
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{JsonText, Value};
use crate::store::engines::transient::Stale;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::queries::affiliates::ConversionOfOrder;
use crate::store::schema::tables::{
    AffiliateMapping, AffiliateProfile, AffiliateTotals, Transaction, TransactionStatus, Wallet,
    WalletTransaction, WebhookLog,
};
use crate::store::schema::words::LedgerKind;
use crate::store::session::store::Store;

/// One affiliate with everything that is settled.
#[derive(Debug)]
pub(crate) struct AffiliateAccount {
    /// The affiliate's code in Sejoli.
    pub code: String,
    profile: AffiliateProfile,
    wallet: Wallet,
    totals: AffiliateTotals,
}

/// A paid order's commission.
struct Earning {
    external_id: String,
    amount: Money,
    sale: Money,
    earned_at: Millis,
}

/// One affiliate's settlement, ready to be written.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// Whose settlement it is.
    pub account: AffiliateAccount,
    /// Where the account stands by Sejoli's figures.
    pub position: AffiliatePosition,
    /// What is missing in the ledger.
    pub changes: Vec<Change>,
    /// What a person should know.
    pub notes: Vec<Finding>,
}

impl Settlement {
    fn new(
        account: AffiliateAccount,
        earnings: &[Earning],
        standing: HashMap<String, WalletTransaction>,
        as_of: Millis,
    ) -> Self {
        let position = AffiliatePosition::of(earnings, account.totals.reported_paid);
        let desired = desired_ledger(&account, earnings, &position, as_of);
        let notes = position.notes(&account);
        let mut settlement = Self { changes: ledger_changes(standing, desired), account, position, notes };
        if !settlement.is_covered() {
            let detail = settlement.account.code.clone();
            settlement.notes.push(Finding::at(Code::WalletBelowZero, "affiliate_code", detail));
        }
        settlement
    }

    /// Whether nothing is left to be done.
    pub(crate) fn is_settled(&self) -> bool {
        self.changes.is_empty() && self.position.is_settled(&self.account.totals)
    }

    /// The wallet's balance once this is settled.
    fn balance(&self) -> Money {
        let account = &self.account;
        account.wallet.balance + (self.position.balance - account.totals.settled_balance)
    }

    /// Whether the wallet's balance falls.
    pub(crate) fn falls(&self) -> bool {
        self.position.balance < self.account.totals.settled_balance
    }

    /// A wallet of the app never falls below zero (L21).
    pub(crate) fn is_covered(&self) -> bool {
        !self.falls() || self.balance() >= Money::ZERO
    }
}

/// Works out where accounts stand and what is missing in their ledgers: one after the other, since what
/// is missing takes the most room.
///
/// # Errors
/// Those of the database.
pub(crate) fn prepare(
    store: &mut Store,
    group: Vec<AffiliateAccount>,
    as_of: Millis,
) -> anyhow::Result<impl Iterator<Item = Settlement> + use<>> {
    let mut earnings = earnings(store, &group)?;
    let mut ledgers = ledgers(store, &group)?;
    Ok(group.into_iter().map(move |account| {
        let earnings = earnings.remove(&account.profile.id).unwrap_or_default();
        let standing = ledgers.remove(&account.wallet.id).unwrap_or_default();
        Settlement::new(account, &earnings, standing, as_of)
    }))
}

/// The accounts of all verified affiliates, by code.
///
/// # Errors
/// Those of the database.
pub(crate) fn accounts(store: &mut Store) -> anyhow::Result<Vec<AffiliateAccount>> {
    let mappings = queries::affiliates::verified_by_code(store)?;
    let users: Vec<&str> =
        mappings.iter().filter_map(|mapping| mapping.eksporyuk_user_id.as_deref()).collect();
    let codes: Vec<&str> = mappings.iter().map(|mapping| mapping.code.as_str()).collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
    let wallets: Vec<Wallet> = store.select_in("userId", &users)?;
    let totals: Vec<AffiliateTotals> = store.select_in("affiliateCode", &codes)?;
    let mut profiles: HashMap<String, AffiliateProfile> =
        profiles.into_iter().map(|profile| (profile.user_id.clone(), profile)).collect();
    let mut wallets: HashMap<String, Wallet> =
        wallets.into_iter().map(|wallet| (wallet.user_id.clone(), wallet)).collect();
    let mut totals: HashMap<String, AffiliateTotals> =
        totals.into_iter().map(|totals| (totals.code.clone(), totals)).collect();
    let account = |mapping: AffiliateMapping| {
        let user = mapping.eksporyuk_user_id?;
        Some(AffiliateAccount {
            profile: profiles.remove(&user)?,
            wallet: wallets.remove(&user)?,
            totals: totals.remove(&mapping.code)?,
            code: mapping.code,
        })
    };
    Ok(mappings.into_iter().filter_map(account).collect())
}

/// Orders that were imported before their affiliate was verified.
#[derive(Debug)]
pub(crate) struct WaitingOrders {
    logs: Vec<WebhookLog>,
    /// By `externalId`.
    transactions: HashMap<String, Transaction>,
}

impl WaitingOrders {
    /// Reads orders by the ids of their webhook logs.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn look_up(store: &mut Store, log_ids: &[&str]) -> anyhow::Result<Self> {
        let logs: Vec<WebhookLog> = store.select_in("id", log_ids)?;
        let external: Vec<String> = logs.iter().map(|log| external_id(&log.order_id)).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let found: Vec<Transaction> = store.select_in("externalId", &external)?;
        let keyed = |row: Transaction| Some((row.external_id.clone()?, row));
        Ok(Self { logs, transactions: found.into_iter().filter_map(keyed).collect() })
    }

    /// Links them to an affiliate: profile and conversion. What the app has edited stays as it is.
    pub(crate) fn link(mut self, account: &AffiliateAccount, written_at: Millis) -> BatchPlan {
        let mut plan = BatchPlan::new(written_at);
        for log in self.logs {
            let Some(transaction) = self.transactions.remove(&external_id(&log.order_id)) else {
                continue;
            };
            let as_written = Some(written_fingerprint(&transaction, None));
            let payload = SourcePayload::parse(&log.webhook_payload.0);
            match payload.ok().filter(|payload| payload.written == as_written) {
                Some(payload) => link(&mut plan, account, &log, payload, transaction),
                None => plan.count_findings(&[Finding::of_row(Code::EditedInApp, log.order_id)]),
            }
        }
        plan
    }
}

fn link(
    plan: &mut BatchPlan,
    account: &AffiliateAccount,
    log: &WebhookLog,
    payload: SourcePayload<'_>,
    transaction: Transaction,
) {
    let linked = Transaction {
        affiliate_id: Some(account.profile.id.clone()),
        updated_at: plan.written_at,
        ..transaction.clone()
    };
    let due = linked
        .affiliate_share
        .filter(|share| share.is_positive() && linked.status == TransactionStatus::Success);
    let rate = log.affiliate_rate.map_or(0, |rate| (rate * 100.0).round() as i64);
    let earned_at = linked.paid_at.unwrap_or(linked.created_at);
    let earned = due.map(|amount| {
        let rate = Rate::from_hundredths(rate);
        conversion(&log.order_id, &account.profile.id, &linked.id, amount, rate, earned_at)
    });
    let written = written_fingerprint(&linked, earned.as_ref());
    let payload = SourcePayload { written: Some(written), ..payload };
    let news = WebhookLog {
        eksporyuk_affiliate_id: Some(account.profile.id.clone()),
        webhook_payload: JsonText(payload.to_json()),
        updated_at: plan.written_at,
        ..log.clone()
    };
    let (log_id, transaction_id) = (log.id.clone(), transaction.id.clone());
    plan.change(Change::diff(&log_id, log.clone(), news, &["id"]));
    plan.change(Change::diff(&transaction_id, transaction, linked, &["id"]));
    plan.change(earned.map(Change::insert));
}

/// The conversions of the affiliates' paid Sejoli orders, by profile.
fn earnings(store: &mut Store, group: &[AffiliateAccount]) -> anyhow::Result<HashMap<String, Vec<Earning>>> {
    let profiles: Vec<&str> = group.iter().map(|account| account.profile.id.as_str()).collect();
    let mut earnings: HashMap<String, Vec<Earning>> = HashMap::new();
    for conversion in queries::affiliates::conversions_of(store, &profiles)? {
        if let Some((profile_id, earning)) = earning(conversion?) {
            earnings.entry(profile_id).or_default().push(earning);
        }
    }
    Ok(earnings)
}

/// An order's earning and whose it is, if it is a paid one of Sejoli.
fn earning(conversion: ConversionOfOrder) -> Option<(String, Earning)> {
    let counts = conversion.status == TransactionStatus::Success.as_str()
        && conversion.external_id.starts_with("sejoli-");
    let earning = Earning {
        amount: conversion.commission,
        sale: conversion.charged,
        earned_at: conversion.earned_at,
        external_id: conversion.external_id,
    };
    counts.then_some((conversion.profile_id, earning))
}

/// The ledger entries that imports have made, by their ids, wallet by wallet.
type Ledgers = HashMap<String, HashMap<String, WalletTransaction>>;

fn ledgers(store: &mut Store, group: &[AffiliateAccount]) -> anyhow::Result<Ledgers> {
    let wallets: Vec<&str> = group.iter().map(|account| account.wallet.id.as_str()).collect();
    let mut ledgers = Ledgers::new();
    for entry in queries::wallets::imported_entries(store, &wallets)? {
        ledgers.entry(entry.wallet_id.clone()).or_default().insert(entry.id.clone(), entry);
    }
    Ok(ledgers)
}

/// Where an affiliate's account stands by Sejoli's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AffiliatePosition {
    /// Paid orders with a commission.
    pub conversions: i64,
    /// What these orders charged.
    pub sales: Money,
    /// Their commission.
    pub earnings: Money,
    /// What has been paid out.
    pub payout: Money,
    /// What is still owed; never negative.
    pub balance: Money,
}

impl AffiliatePosition {
    fn of(earnings: &[Earning], payout: Money) -> Self {
        let earned: Money = earnings.iter().map(|earning| earning.amount).sum();
        Self {
            conversions: i64::try_from(earnings.len()).unwrap_or(i64::MAX),
            sales: earnings.iter().map(|earning| earning.sale).sum(),
            earnings: earned,
            payout,
            balance: owed(earned, payout),
        }
    }

    fn is_settled(&self, totals: &AffiliateTotals) -> bool {
        totals.settled_conversions == self.conversions
            && totals.settled_sales == self.sales
            && totals.settled_earnings == self.earnings
            && totals.settled_payout == self.payout
            && totals.settled_balance == self.balance
    }

    fn notes(&self, account: &AffiliateAccount) -> Vec<Finding> {
        let mut notes = Vec::new();
        if self.payout > self.earnings {
            let detail = format!("{}: earned {}, paid {}", account.code, self.earnings, self.payout);
            notes.push(Finding::at(Code::PaidOverEarned, "total_paid", detail));
        }
        if let Some(reported) =
            account.totals.reported_commissions.filter(|reported| *reported != self.earnings)
        {
            let detail = format!("{}: file {reported}, orders {}", account.code, self.earnings);
            notes.push(Finding::at(Code::TotalsDiffer, "total_commissions", detail));
        }
        notes
    }
}

/// What is still owed of a commission: earned less paid, never below zero (L21).
pub(crate) fn owed(earned: Money, paid: Money) -> Money {
    if paid > earned { Money::ZERO } else { earned - paid }
}

/// The entries that explain the balance to the sen: each commission, the payouts, and what was paid
/// beyond the earnings.
fn desired_ledger(
    account: &AffiliateAccount,
    earnings: &[Earning],
    position: &AffiliatePosition,
    as_of: Millis,
) -> HashMap<String, WalletTransaction> {
    let entry =
        |key: &str, at: Millis, amount: Money, kind: LedgerKind, description: String| WalletTransaction {
            id: id_for(WalletTransaction::TABLE.name, key, at),
            wallet_id: account.wallet.id.clone(),
            amount,
            kind: kind.as_str().to_owned(),
            description,
            reference: Some(key.to_owned()),
            created_at: at,
        };
    let mut entries: Vec<WalletTransaction> = earnings
        .iter()
        .map(|earning| {
            let order = earning.external_id.trim_start_matches("sejoli-");
            let description = format!("Sejoli commission, order {order}");
            entry(
                &earning.external_id,
                earning.earned_at,
                earning.amount,
                LedgerKind::Commission,
                description,
            )
        })
        .collect();
    let code = &account.code;
    if position.payout.is_positive() {
        let text = "Paid out in Sejoli before the migration".to_owned();
        let mut payout =
            entry(&format!("sejoli-payout-{code}"), Millis(0), -position.payout, LedgerKind::Payout, text);
        payout.created_at = as_of;
        entries.push(payout);
    }
    let beyond = position.balance - (position.earnings - position.payout);
    if beyond.is_positive() {
        let text = "Paid out in Sejoli beyond the imported earnings; for review".to_owned();
        let mut adjustment =
            entry(&format!("sejoli-adjustment-{code}"), Millis(0), beyond, LedgerKind::Adjustment, text);
        adjustment.created_at = as_of;
        entries.push(adjustment);
    }
    entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect()
}

fn ledger_changes(
    standing: HashMap<String, WalletTransaction>,
    mut desired: HashMap<String, WalletTransaction>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (id, old) in standing {
        match desired.remove(&id) {
            None => changes.push(Change::delete::<WalletTransaction>(&id)),
            Some(new) => changes.extend(Change::diff(&id, old, new, &["id", "createdAt"])),
        }
    }
    let mut new: Vec<WalletTransaction> = desired.into_values().collect();
    new.sort_by(|a, b| a.id.cmp(&b.id));
    changes.extend(new.into_iter().map(Change::insert));
    changes
}

/// The app's own figures as they stand now; nobody else moves them until the batch is written.
#[derive(Debug)]
pub(crate) struct SharedTotals {
    /// By id.
    wallets: HashMap<String, Wallet>,
    /// By id.
    profiles: HashMap<String, AffiliateProfile>,
}

impl SharedTotals {
    /// Reads them under a lock that holds until the transaction ends.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn read(store: &mut Store, ready: &[Settlement]) -> anyhow::Result<Self> {
        let accounts = || ready.iter().map(|settlement| &settlement.account);
        let wallets: Vec<&str> = accounts().map(|account| account.wallet.id.as_str()).collect();
        let profiles: Vec<&str> = accounts().map(|account| account.profile.id.as_str()).collect();
        let wallets: Vec<Wallet> = store.select_for_update("id", &wallets)?;
        let profiles: Vec<AffiliateProfile> = store.select_for_update("id", &profiles)?;
        Ok(Self {
            wallets: wallets.into_iter().map(|row| (row.id.clone(), row)).collect(),
            profiles: profiles.into_iter().map(|row| (row.id.clone(), row)).collect(),
        })
    }

    /// The settlements of accounts as a plan: their ledgers, and the totals moved by the difference.
    ///
    /// # Errors
    /// [`Stale`] where the app has paid out since the settlement was worked out, so that a wallet would fall below
    /// zero.
    pub(crate) fn plan(mut self, ready: Vec<Settlement>, written_at: Millis) -> anyhow::Result<BatchPlan> {
        let mut plan = BatchPlan::new(written_at);
        for settlement in ready {
            plan.change(settlement.changes);
            plan.count_findings(&settlement.notes);
            self.move_by(&mut plan, &settlement.account, &settlement.position)?;
        }
        Ok(plan)
    }

    /// Moves an account's figures by the difference to what was settled before.
    fn move_by(
        &mut self,
        plan: &mut BatchPlan,
        account: &AffiliateAccount,
        position: &AffiliatePosition,
    ) -> anyhow::Result<()> {
        let at = plan.written_at;
        let settled = &account.totals;
        if let Some(old) = self.wallets.remove(&account.wallet.id) {
            let new = Wallet {
                balance: old.balance + (position.balance - settled.settled_balance),
                total_earnings: old.total_earnings + (position.earnings - settled.settled_earnings),
                total_payout: old.total_payout + (position.payout - settled.settled_payout),
                updated_at: at,
                ..old.clone()
            };
            if new.balance < Money::ZERO && new.balance < old.balance {
                // The app has paid out since this was planned; another look finds the affiliate not covered.
                return Err(Stale { table: Wallet::TABLE.name, id: old.id }.into());
            }
            plan.change(Change::diff(&account.wallet.id, old, new, &["id"]));
        }
        if let Some(old) = self.profiles.remove(&account.profile.id) {
            let new = AffiliateProfile {
                total_conversions: old.total_conversions + position.conversions - settled.settled_conversions,
                total_sales: old.total_sales + (position.sales - settled.settled_sales),
                total_earnings: old.total_earnings + (position.earnings - settled.settled_earnings),
                updated_at: at,
                ..old.clone()
            };
            plan.change(Change::diff(&account.profile.id, old, new, &["id"]));
        }
        let amount = |amount: Money| Value::Money(amount);
        plan.change([Change::update::<AffiliateTotals>(
            &settled.id,
            vec![
                ("settledConversions", Value::Int(position.conversions)),
                ("settledSales", amount(position.sales)),
                ("settledEarnings", amount(position.earnings)),
                ("settledPayout", amount(position.payout)),
                ("settledBalance", amount(position.balance)),
                ("updatedAt", Value::Time(at)),
            ],
        )]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l21_what_was_paid_is_not_withdrawable_again() {
        assert_eq!(owed(Money::rupiah(100), Money::rupiah(40)), Money::rupiah(60));
        assert_eq!(owed(Money::rupiah(100), Money::rupiah(100)), Money::ZERO);
    }

    #[test]
    fn l21_a_balance_is_never_negative() {
        assert_eq!(owed(Money::rupiah(100), Money::rupiah(140)), Money::ZERO);
    }
}

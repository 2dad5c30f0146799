//! Settlement: what each verified affiliate has earned and been paid, in wallet and ledger (L21).
//!
//! It derives everything from what is stored: the conversions of paid Sejoli orders, and the payouts
//! that the affiliates' file stated. What has been settled before is kept per affiliate, so that
//! only the difference moves the app's own figures, and running it again moves nothing. Orders that
//! came before their affiliate was verified get their conversions here.

use std::collections::{HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::ids::id_for;
use crate::domain::money::{Money, Rate};
use crate::domain::source_kind::SourceKind;
use crate::pipeline::plan::orders::{StoredFingerprints, conversion, rewritten_payload, written_fingerprint};
use crate::pipeline::write::batch::{Batch, Committer, Phase};
use crate::signals;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Field as _, JsonText, Kind, Value};
use crate::store::engines::transient::Stale;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateMapping, AffiliateProfile, AffiliateTotals, Transaction, TransactionStatus,
    Wallet, WalletTransaction, WebhookLog,
};
use crate::store::session::store::Store;

/// One affiliate with everything that is settled.
struct AffiliateAccount {
    code: String,
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

/// How many orders are linked to a newly verified affiliate in one transaction.
const LINKED_PER_BATCH: usize = 500;

/// Accounts whose conversions and ledgers are looked up together: a large shop's are held in memory.
const ACCOUNTS_AT_ONCE: usize = 16;

/// Ledger entries that are written in one transaction.
const ENTRIES_PER_BATCH: usize = 1_000;

/// One affiliate's settlement, ready to be written.
struct Settlement {
    account: AffiliateAccount,
    position: AffiliatePosition,
    changes: Vec<Change>,
    notes: Vec<Finding>,
}

/// Links waiting orders and settles every verified affiliate. A long ledger is written in several
/// transactions. A wallet that rises moves with the last of them: nothing is withdrawable before all of
/// its ledger is there (L21). One that falls moves with the first, where it is seen under its lock
/// whether it covers that: no ledger is written for a wallet that cannot follow. `as_of` dates the payouts,
/// whose own dates Sejoli does not export. No order waits for the affiliates in `linked`.
pub fn settle(
    store: &mut Store,
    committer: &mut Committer,
    name: &'static str,
    as_of: Millis,
    linked: &HashSet<String>,
) -> anyhow::Result<Vec<Finding>> {
    let phase = Phase { name, kind: SourceKind::Affiliates, exports: &[] };
    let (mut notes, mut ready, mut entries) = (Vec::new(), Vec::new(), 0);
    let mut accounts = accounts(store)?.into_iter().peekable();
    while accounts.peek().is_some() {
        signals::check()?;
        let group: Vec<AffiliateAccount> = accounts.by_ref().take(ACCOUNTS_AT_ONCE).collect();
        let waiting: Vec<&AffiliateAccount> =
            group.iter().filter(|account| !linked.contains(&account.code)).collect();
        link_orders(store, committer, phase, &waiting)?;
        for mut settlement in prepare(store, group, as_of)? {
            notes.extend(settlement.notes.iter().cloned());
            if !settlement.is_covered() || settlement.is_settled() {
                continue;
            }
            if settlement.falls() && settlement.changes.len() > ENTRIES_PER_BATCH {
                fall(store, committer, phase, settlement)?;
                continue;
            }
            write_ahead(store, committer, phase, &mut settlement.changes)?;
            entries += settlement.changes.len();
            ready.push(settlement);
            if entries >= ENTRIES_PER_BATCH {
                write(store, committer, phase, std::mem::take(&mut ready))?;
                entries = 0;
            }
        }
    }
    write(store, committer, phase, ready)?;
    Ok(notes)
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
    fn is_settled(&self) -> bool {
        self.changes.is_empty() && self.position.is_settled(&self.account.totals)
    }

    /// The wallet's balance once this is settled.
    fn balance(&self) -> Money {
        let account = &self.account;
        account.wallet.balance + (self.position.balance - account.totals.settled_balance)
    }

    /// Whether the wallet's balance falls.
    fn falls(&self) -> bool {
        self.position.balance < self.account.totals.settled_balance
    }

    /// A wallet of the app never falls below zero (L21).
    fn is_covered(&self) -> bool {
        !self.falls() || self.balance() >= Money::ZERO
    }
}

fn write(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    ready: Vec<Settlement>,
) -> anyhow::Result<()> {
    if ready.is_empty() {
        return Ok(());
    }
    let written_at = committer.run.started_at;
    committer.commit(store, phase, |store| {
        let mut batch = Batch::new(written_at);
        let mut figures = SharedTotals::read(store, &ready)?;
        for settlement in ready {
            batch.changes(settlement.changes);
            batch.findings(&settlement.notes);
            figures.move_by(&mut batch, &settlement.account, &settlement.position)?;
        }
        Ok(batch)
    })?;
    Ok(())
}

/// Moves a wallet down with the first of its ledger's changes, and lets the others follow.
fn fall(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    mut settlement: Settlement,
) -> anyhow::Result<()> {
    let mut left = settlement.changes.split_off(ENTRIES_PER_BATCH);
    write(store, committer, phase, vec![settlement])?;
    write_ahead(store, committer, phase, &mut left)?;
    write_part(store, committer, phase, left)
}

fn write_part(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    part: Vec<Change>,
) -> anyhow::Result<()> {
    let written_at = committer.run.started_at;
    committer.commit(store, phase, |_| Ok(Batch::of_changes(written_at, part)))?;
    Ok(())
}

/// Writes what is too much for one transaction of a ledger.
fn write_ahead(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    changes: &mut Vec<Change>,
) -> anyhow::Result<()> {
    while changes.len() > ENTRIES_PER_BATCH {
        let rest = changes.split_off(ENTRIES_PER_BATCH);
        let part = std::mem::replace(changes, rest);
        write_part(store, committer, phase, part)?;
    }
    Ok(())
}

/// Works out where accounts stand and what is missing in their ledgers: one after the other, since what
/// is missing takes the most room.
fn prepare(
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

fn accounts(store: &mut Store) -> anyhow::Result<Vec<AffiliateAccount>> {
    let mappings: Vec<AffiliateMapping> =
        store.select("WHERE \"mappingStatus\" = 'VERIFIED' ORDER BY \"sejoliAffiliateCode\"", &[])?;
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

/// Orders that were imported before their affiliate was verified: profile and conversion.
fn link_orders(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    group: &[&AffiliateAccount],
) -> anyhow::Result<()> {
    if group.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = group.iter().map(|account| account.code.as_str()).collect();
    let (among, cells) = store.condition(None, "affiliateCode", &codes);
    let waiting = format!("{among} AND \"eksporyukAffiliateId\" IS NULL ORDER BY \"id\"");
    let found: Vec<(String, String)> =
        store.columns_where(WebhookLog::TABLE, &["affiliateCode", "id"], &waiting, &cells)?;
    let written_at = committer.run.started_at;
    for account in group {
        let ids = found.iter().filter(|(code, _)| *code == account.code).map(|(_, id)| id.as_str());
        let ids: Vec<&str> = ids.collect();
        for part in ids.chunks(LINKED_PER_BATCH) {
            committer.commit(store, phase, |store| {
                let mut batch = Batch::new(written_at);
                let waiting = store.select_in("id", part)?;
                link_batch(store, &mut batch, account, waiting)?;
                Ok(batch)
            })?;
        }
    }
    Ok(())
}

fn link_batch(
    store: &mut Store,
    batch: &mut Batch,
    account: &AffiliateAccount,
    logs: Vec<WebhookLog>,
) -> anyhow::Result<()> {
    let external: Vec<String> =
        logs.iter().map(|log| crate::pipeline::plan::orders::external_id(&log.order_id)).collect();
    let external: Vec<&str> = external.iter().map(String::as_str).collect();
    let found: Vec<Transaction> = store.select_in("externalId", &external)?;
    let mut transactions: HashMap<String, Transaction> =
        found.into_iter().filter_map(|row| Some((row.external_id.clone()?, row))).collect();
    for log in logs {
        let Some(transaction) =
            transactions.remove(&crate::pipeline::plan::orders::external_id(&log.order_id))
        else {
            continue;
        };
        let unedited = StoredFingerprints::of(&log).written == Some(written_fingerprint(&transaction, None));
        if unedited {
            link(batch, account, log, transaction);
        } else {
            batch.findings(&[Finding::of_row(Code::EditedInApp, log.order_id)]);
        }
    }
    Ok(())
}

fn link(batch: &mut Batch, account: &AffiliateAccount, log: WebhookLog, transaction: Transaction) {
    let linked = Transaction {
        affiliate_id: Some(account.profile.id.clone()),
        updated_at: batch.written_at(),
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
    let news = WebhookLog {
        eksporyuk_affiliate_id: Some(account.profile.id.clone()),
        webhook_payload: JsonText(rewritten_payload(&log.webhook_payload.0, written)),
        updated_at: batch.written_at(),
        ..log.clone()
    };
    let (log_id, transaction_id) = (log.id.clone(), transaction.id.clone());
    batch.changes(Change::between(&log_id, log, news, &["id"]));
    batch.changes(Change::between(&transaction_id, transaction, linked, &["id"]));
    batch.changes(earned.map(Change::insert));
}

/// The conversions of the affiliates' paid Sejoli orders, by profile. Which of them count is decided here
/// and not in SQL: a condition on the status would tempt a database to walk through all paid orders.
fn earnings(store: &mut Store, group: &[AffiliateAccount]) -> anyhow::Result<HashMap<String, Vec<Earning>>> {
    let profiles: Vec<&str> = group.iter().map(|account| account.profile.id.as_str()).collect();
    let (one_of, cells) = store.one_of(&profiles);
    let sql = format!(
        "SELECT c.\"affiliateId\", t.\"status\", t.\"externalId\", c.\"commissionAmount\", t.\"amount\", \
         c.\"createdAt\" FROM \"{}\" c JOIN \"{}\" t ON t.\"id\" = c.\"transactionId\" \
         WHERE c.\"affiliateId\" {one_of}",
        AffiliateConversion::TABLE.name,
        Transaction::TABLE.name
    );
    let mut earnings: HashMap<String, Vec<Earning>> = HashMap::new();
    for row in store.query(&sql, &cells)? {
        if let Some((profile_id, earning)) = earning(store, row)? {
            earnings.entry(profile_id).or_default().push(earning);
        }
    }
    Ok(earnings)
}

/// An order's earning and whose it is, if it is a paid one of Sejoli.
fn earning(store: &Store, row: Vec<Cell>) -> anyhow::Result<Option<(String, Earning)>> {
    let mut cells = row.into_iter();
    let mut next = |kind| store.decode(cells.next().unwrap_or(Cell::Null), kind);
    let profile_id = String::from_value(next(Kind::Text)?)?;
    let status = String::from_value(next(Kind::Text)?)?;
    let external_id = Option::<String>::from_value(next(Kind::Text)?)?.unwrap_or_default();
    let earning = Earning {
        amount: Money::from_value(next(Kind::Money)?)?,
        sale: Money::from_value(next(Kind::Money)?)?,
        earned_at: Millis::from_value(next(Kind::Time)?)?,
        external_id,
    };
    let counts = status == TransactionStatus::Success.as_str() && earning.external_id.starts_with("sejoli-");
    Ok(counts.then_some((profile_id, earning)))
}

/// The ledger entries that imports have made, by their ids, wallet by wallet.
type Ledgers = HashMap<String, HashMap<String, WalletTransaction>>;

fn ledgers(store: &mut Store, group: &[AffiliateAccount]) -> anyhow::Result<Ledgers> {
    let wallets: Vec<&str> = group.iter().map(|account| account.wallet.id.as_str()).collect();
    let (among, cells) = store.condition(None, "walletId", &wallets);
    let of_sejoli = format!("{among} AND \"reference\" {}", store.of_sejoli());
    let mut ledgers = Ledgers::new();
    for entry in store.select::<WalletTransaction>(&of_sejoli, &cells)? {
        ledgers.entry(entry.wallet_id.clone()).or_default().insert(entry.id.clone(), entry);
    }
    Ok(ledgers)
}

/// Where an affiliate's account stands by Sejoli's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AffiliatePosition {
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
pub fn owed(earned: Money, paid: Money) -> Money {
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
    let entry = |key: &str, at: Millis, amount: Money, kind: &str, description: String| WalletTransaction {
        id: id_for(WalletTransaction::TABLE.name, key, at),
        wallet_id: account.wallet.id.clone(),
        amount,
        kind: kind.to_owned(),
        description,
        reference: Some(key.to_owned()),
        created_at: at,
    };
    let mut entries: Vec<WalletTransaction> = earnings
        .iter()
        .map(|earning| {
            let order = earning.external_id.trim_start_matches("sejoli-");
            let description = format!("Sejoli commission, order {order}");
            entry(&earning.external_id, earning.earned_at, earning.amount, "COMMISSION", description)
        })
        .collect();
    let code = &account.code;
    if position.payout.is_positive() {
        let text = "Paid out in Sejoli before the migration".to_owned();
        let mut payout = entry(&format!("sejoli-payout-{code}"), Millis(0), -position.payout, "PAYOUT", text);
        payout.created_at = as_of;
        entries.push(payout);
    }
    let beyond = position.balance - (position.earnings - position.payout);
    if beyond.is_positive() {
        let text = "Paid out in Sejoli beyond the imported earnings; for review".to_owned();
        let mut adjustment =
            entry(&format!("sejoli-adjustment-{code}"), Millis(0), beyond, "ADJUSTMENT", text);
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
            Some(new) => changes.extend(Change::between(&id, old, new, &["id", "createdAt"])),
        }
    }
    let mut new: Vec<WalletTransaction> = desired.into_values().collect();
    new.sort_by(|a, b| a.id.cmp(&b.id));
    changes.extend(new.into_iter().map(Change::insert));
    changes
}

/// The app's own figures as they stand now; nobody else moves them until the batch is written.
struct SharedTotals {
    /// By id.
    wallets: HashMap<String, Wallet>,
    /// By id.
    profiles: HashMap<String, AffiliateProfile>,
}

impl SharedTotals {
    fn read(store: &mut Store, ready: &[Settlement]) -> anyhow::Result<Self> {
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

    /// Moves an account's figures by the difference to what was settled before.
    fn move_by(
        &mut self,
        batch: &mut Batch,
        account: &AffiliateAccount,
        position: &AffiliatePosition,
    ) -> anyhow::Result<()> {
        let at = batch.written_at();
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
            batch.changes(Change::between(&account.wallet.id, old, new, &["id"]));
        }
        if let Some(old) = self.profiles.remove(&account.profile.id) {
            let new = AffiliateProfile {
                total_conversions: old.total_conversions + position.conversions - settled.settled_conversions,
                total_sales: old.total_sales + (position.sales - settled.settled_sales),
                total_earnings: old.total_earnings + (position.earnings - settled.settled_earnings),
                updated_at: at,
                ..old.clone()
            };
            batch.changes(Change::between(&account.profile.id, old, new, &["id"]));
        }
        let amount = |amount: Money| Value::Money(amount);
        batch.change(Change::update::<AffiliateTotals>(
            &settled.id,
            vec![
                ("settledConversions", Value::Int(position.conversions)),
                ("settledSales", amount(position.sales)),
                ("settledEarnings", amount(position.earnings)),
                ("settledPayout", amount(position.payout)),
                ("settledBalance", amount(position.balance)),
                ("updatedAt", Value::Time(at)),
            ],
        ));
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

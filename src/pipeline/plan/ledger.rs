//! The wallet ledger's entries for one affiliate, and how they differ from those of an earlier import.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::ledger_reference::LedgerReference;
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::AffiliateAccount;
use crate::pipeline::plan::affiliate_position::Earnings;
use crate::pipeline::plan::affiliate_sums::AffiliatePosition;
use crate::store::codec::record::Record as _;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::WalletTransaction;
use crate::store::schema::words::LedgerKind;
use crate::store::session::store::Store;

/// The ledger entries that imports have made: by wallet id, then by reference.
type Ledgers = HashMap<String, HashMap<String, WalletTransaction>>;

pub(super) fn ledgers(store: &mut Store, group: &[AffiliateAccount]) -> anyhow::Result<Ledgers> {
    let wallets: Vec<&str> = group.iter().map(|account| account.wallet.id.as_str()).collect();
    let mut ledgers = Ledgers::new();
    for entry in queries::wallets::imported_entries(store, &wallets)? {
        let reference = entry.reference.clone().unwrap_or_default();
        ledgers.entry(entry.wallet_id.clone()).or_default().insert(reference, entry);
    }
    Ok(ledgers)
}

/// The entries that add up to the balance to the sen, by reference: each commission of any tier, the payouts of each code, and
/// what was paid beyond the earnings.
pub(super) fn desired_ledger(
    account: &AffiliateAccount,
    earnings: &Earnings,
    codes: &[AffiliatePosition],
    as_of: Millis,
) -> HashMap<String, WalletTransaction> {
    let wallet_id = &account.wallet.id;
    let commission = |named: LedgerReference<'_>, at: Millis, amount: Money| {
        entry(wallet_id, named.reference(), at, (amount, LedgerKind::Commission), named.description())
    };
    let commissions = earnings.conversions.iter().map(|earning| {
        let named = LedgerReference { order_id: earning.order_id(), above: None };
        commission(named, earning.earned_at, earning.amount)
    });
    let higher_tiers = earnings.higher_tiers.iter().map(|one| {
        commission(one.commission.ledger_reference(&one.id), one.earned_at, one.commission.amount)
    });
    let undated = |reference: String, amount: (Money, LedgerKind), text: &str| WalletTransaction {
        created_at: as_of,
        ..entry(wallet_id, reference, Millis(0), amount, text.to_owned())
    };
    let position: AffiliatePosition = codes.iter().copied().sum();
    let paid = account.credited().zip(codes).filter(|(_, sums)| sums.payout.is_positive());
    let payouts = paid.map(|(code, sums)| {
        let amount = (-sums.payout, LedgerKind::Payout);
        let reference = format!("sejoli-payout-{}", code.code);
        undated(reference, amount, "Paid out in Sejoli before the migration")
    });
    let beyond = position.balance - (position.earnings - position.payout);
    let adjusted = account.credited().next().filter(|_| beyond.is_positive());
    let adjustment = adjusted.map(|code| {
        let reference = format!("sejoli-adjustment-{}", code.code);
        let text = "Paid out in Sejoli beyond the imported earnings; for review";
        undated(reference, (beyond, LedgerKind::Adjustment), text)
    });
    let entries = commissions.chain(higher_tiers).chain(payouts).chain(adjustment);
    entries.filter_map(|entry| Some((entry.reference.clone()?, entry))).collect()
}

/// An entry. Its id names the wallet, too: an order's commission may move from one wallet to another.
fn entry(
    wallet_id: &str,
    reference: String,
    at: Millis,
    (amount, kind): (Money, LedgerKind),
    description: String,
) -> WalletTransaction {
    WalletTransaction {
        id: id_for(WalletTransaction::TABLE.name, &format!("{wallet_id}/{reference}"), at),
        wallet_id: wallet_id.to_owned(),
        amount,
        kind: kind.as_str().to_owned(),
        description,
        reference: Some(reference),
        created_at: at,
    }
}

pub(super) fn ledger_changes(
    standing: HashMap<String, WalletTransaction>,
    mut desired: HashMap<String, WalletTransaction>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (reference, old) in standing {
        let id = old.id.clone();
        match desired.remove(&reference) {
            None => changes.push(Change::delete::<WalletTransaction>(&id)),
            Some(new) => changes.extend(Change::diff(&id, old, new, &["id", "createdAt"])),
        }
    }
    let mut new: Vec<WalletTransaction> = desired.into_values().collect();
    new.sort_by(|a, b| a.id.cmp(&b.id));
    changes.extend(new.into_iter().map(Change::insert));
    changes
}

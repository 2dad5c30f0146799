//! The wallet ledger's entries for one affiliate, and how they differ from those of an earlier import.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::AffiliateAccount;
use crate::pipeline::plan::affiliate_position::{AffiliatePosition, Earning};
use crate::store::codec::record::Record as _;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::WalletTransaction;
use crate::store::schema::words::LedgerKind;
use crate::store::session::store::Store;

/// The ledger entries that imports have made: by wallet id, then by entry id.
type Ledgers = HashMap<String, HashMap<String, WalletTransaction>>;

pub(super) fn ledgers(store: &mut Store, group: &[AffiliateAccount]) -> anyhow::Result<Ledgers> {
    let wallets: Vec<&str> = group.iter().map(|account| account.wallet.id.as_str()).collect();
    let mut ledgers = Ledgers::new();
    for entry in queries::wallets::imported_entries(store, &wallets)? {
        ledgers.entry(entry.wallet_id.clone()).or_default().insert(entry.id.clone(), entry);
    }
    Ok(ledgers)
}

/// The entries that add up to the balance to the sen, by id: each commission, the payouts, and what was paid beyond
/// the earnings.
pub(super) fn desired_ledger(
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

pub(super) fn ledger_changes(
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

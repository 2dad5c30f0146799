//! The totals of wallets and profiles, which the app moves too: they are read under a lock and moved by the difference.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::AccountCode;
use crate::pipeline::plan::affiliate_owners::owner_id;
use crate::pipeline::plan::affiliate_sums::AffiliatePosition;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::settlement::Settlement;
use crate::store::codec::record::{Record as _, Table};
use crate::store::engines::transient::StalePlan;
use crate::store::history::journal::{Change, Movement};
use crate::store::schema::tables::{AffiliateProfile, AffiliateTotals, Identity, Wallet};
use crate::store::session::store::Store;

/// The current totals of wallets and profiles, locked until the batch is written.
#[derive(Debug)]
pub(crate) struct SharedTotals {
    /// By id.
    wallets: HashMap<String, Wallet>,
    /// By id.
    profiles: HashMap<String, AffiliateProfile>,
}

impl SharedTotals {
    /// Reads them under a lock that lasts until the transaction ends.
    ///
    /// # Errors
    /// The database's errors.
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

    /// Plans the settlements: the ledger changes, and the totals moved by the difference.
    ///
    /// # Errors
    /// [`StalePlan`] if the app has paid out since the settlement was prepared, so that a wallet would fall below zero.
    pub(crate) fn plan(
        mut self,
        ready: Vec<Settlement>,
        run_id: &str,
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan> {
        let mut plan = BatchPlan::new(written_at);
        for mut settlement in ready {
            plan.change(std::mem::take(&mut settlement.changes));
            plan.count_findings(&settlement.notes);
            let explained_by = record_settled(&mut plan, &settlement, run_id);
            self.move_by(&mut plan, &settlement, explained_by)?;
        }
        Ok(plan)
    }

    /// Moves an account's figures by the difference to what was settled before.
    fn move_by(
        &mut self,
        plan: &mut BatchPlan,
        settlement: &Settlement,
        mut explained_by: Vec<(&'static Table, String)>,
    ) -> anyhow::Result<()> {
        let at = plan.written_at;
        let Settlement { account, position, settled, .. } = settlement;
        let (wallet, profile) = (&account.wallet.id, &account.profile.id);
        let by = |now: Money, before: Money| (now - before).minor();
        let balance = by(position.balance, settled.balance);
        let earnings = by(position.earnings, settled.earnings);
        if let Some(old) = self.wallets.remove(wallet) {
            if balance < 0 && old.balance + Money::from_minor(balance) < Money::ZERO {
                // The app has paid out since this was planned; another look finds the affiliate not covered.
                return Err(StalePlan { table: Wallet::TABLE.name, id: old.id }.into());
            }
            let payout = by(position.payout, settled.payout);
            let by = vec![("balance", balance), ("totalEarnings", earnings), ("totalPayout", payout)];
            explained_by.push((AffiliateProfile::TABLE, profile.clone()));
            plan.change(Movement::of::<Wallet>(wallet, by, at).explained_by(explained_by).into_change());
        }
        if self.profiles.remove(profile).is_some() {
            let by = vec![
                ("totalConversions", position.conversions - settled.conversions),
                ("totalSales", by(position.sales, settled.sales)),
                ("totalEarnings", earnings),
            ];
            plan.change(Movement::of::<AffiliateProfile>(profile, by, at).into_change());
        }
        Ok(())
    }
}

/// Plans what the totals of an account's codes say from now on, and in whose wallet that stands. Returns the rows.
fn record_settled(
    plan: &mut BatchPlan,
    settlement: &Settlement,
    run_id: &str,
) -> Vec<(&'static Table, String)> {
    let account = &settlement.account;
    let user = &account.wallet.user_id;
    let mut rows = Vec::new();
    for (code, position) in account.credited().zip(&settlement.codes) {
        plan.change(totals_change(code, position, plan.written_at));
        plan.change(owner_change(code, user, run_id, plan.written_at));
        rows.push((AffiliateTotals::TABLE, code.totals.id.clone()));
        rows.push((Identity::TABLE, owner_id(&code.code)));
    }
    for code in account.codes.iter().filter(|code| code.is_abandoned) {
        plan.change(totals_change(code, &AffiliatePosition::default(), plan.written_at));
        rows.push((AffiliateTotals::TABLE, code.totals.id.clone()));
    }
    rows
}

fn totals_change(code: &AccountCode, position: &AffiliatePosition, written_at: Millis) -> Option<Change> {
    if AffiliatePosition::settled(&code.totals) == *position {
        return None;
    }
    let old = code.totals.clone();
    let new = position.into_totals(old.clone(), written_at);
    Change::diff(&code.totals.id, old, new, &["id"])
}

/// The decision in whose wallet a code is settled.
fn owner_change(code: &AccountCode, user: &str, run_id: &str, written_at: Millis) -> Option<Change> {
    let Some(old) = code.identity.clone() else {
        return Some(Change::insert(Identity {
            id: owner_id(&code.code),
            user_id: user.to_owned(),
            run_id: run_id.to_owned(),
            wrote_name: false,
            wrote_phone: false,
            wrote_whatsapp: false,
            raised_role: false,
            created_at: written_at,
            updated_at: written_at,
        }));
    };
    if old.user_id == user {
        return None;
    }
    let new = Identity {
        user_id: user.to_owned(),
        run_id: run_id.to_owned(),
        updated_at: written_at,
        ..old.clone()
    };
    let id = old.id.clone();
    Change::diff(&id, old, new, &["id"])
}

//! The totals of wallets and profiles, which the app moves too: they are read under a lock and moved by the difference.

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::AffiliateAccount;
use crate::pipeline::plan::affiliate_position::AffiliatePosition;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::settlement::Settlement;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Value;
use crate::store::engines::transient::Stale;
use crate::store::history::journal::{Change, Movement};
use crate::store::schema::tables::{AffiliateProfile, AffiliateTotals, Wallet};
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
    /// [`Stale`] if the app has paid out since the settlement was prepared, so that a wallet would fall below zero.
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
        let (at, settled) = (plan.written_at, &account.totals);
        let (wallet, profile) = (&account.wallet.id, &account.profile.id);
        let by = |now: Money, before: Money| (now - before).minor();
        let balance = by(position.balance, settled.settled_balance);
        let earnings = by(position.earnings, settled.settled_earnings);
        let payout = by(position.payout, settled.settled_payout);
        let sales = by(position.sales, settled.settled_sales);
        let conversions = position.conversions - settled.settled_conversions;
        if let Some(old) = self.wallets.remove(wallet) {
            if balance < 0 && old.balance + Money::from_minor(balance) < Money::ZERO {
                // The app has paid out since this was planned; another look finds the affiliate not covered.
                return Err(Stale { table: Wallet::TABLE.name, id: old.id }.into());
            }
            let by = vec![("balance", balance), ("totalEarnings", earnings), ("totalPayout", payout)];
            let explained_by = vec![
                (AffiliateTotals::TABLE, settled.id.clone()),
                (AffiliateProfile::TABLE, profile.clone()),
            ];
            plan.change(Movement::of::<Wallet>(wallet, by, at).explained_by(explained_by).into_change());
        }
        if self.profiles.remove(profile).is_some() {
            let by =
                vec![("totalConversions", conversions), ("totalSales", sales), ("totalEarnings", earnings)];
            plan.change(Movement::of::<AffiliateProfile>(profile, by, at).into_change());
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

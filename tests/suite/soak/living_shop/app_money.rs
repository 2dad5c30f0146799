//! What people earn and are paid in the app, beside what Sejoli owes them.

use super::app::{CUSTOMER, Effect, Event, SELLER, Write, entry};
use super::app_day::{AppDay, insert};
use super::read::{own_entry, own_transaction};
use super::state::{ConversionState, WalletState};
use crate::support::app_rows::app_transaction;
use crate::support::library::record::Record as _;
use crate::support::library::tables::{AffiliateConversion, AffiliateProfile, Transaction, Wallet};
use crate::support::library::{Money, Rate, Value};

impl AppDay<'_> {
    /// From any wallet; while an import runs, only what is the app's own and not the import's.
    pub(super) fn pays_out(&mut self, meanwhile: bool) -> Option<Event> {
        let handle = if meanwhile {
            SELLER.to_owned()
        } else {
            self.pick(
                self.state.wallets.iter().filter(|(_, row)| row.balance >= 200).map(|(handle, _)| handle),
            )?
        };
        let ours = self.state.ledger.get(&handle).copied().unwrap_or_default();
        let wallet = self.state.wallets.get(&handle)?;
        let most = if meanwhile { (wallet.balance - ours).min(100_000) } else { wallet.balance } / 100;
        if most < 1 {
            return None;
        }
        let amount = 1 + i64::try_from(self.random.below(most.unsigned_abs())).expect("an amount");
        let id = &self.ids.wallets[&handle];
        let entry = entry(&format!("payout-{}", self.serial), id, -amount, "PAYOUT", self.now);
        let (key, row) = own_entry(&entry);
        let moved = WalletState { balance: -amount * 100, earnings: 0, payout: amount * 100 };
        let writes = vec![
            Write::Add(Wallet::TABLE, id.clone(), vec![("balance", -amount), ("totalPayout", amount)]),
            insert(entry),
        ];
        let effects = vec![Effect::Wallet(handle.clone(), moved), Effect::Own(key, row)];
        let needs_import = !id.starts_with("wallet-own");
        Some(Event { what: format!("{amount} to {handle}"), writes, needs_import, effects })
    }

    /// The commission of an order of Sejoli's that the wallet covers.
    pub(super) fn pays_commission(&mut self) -> Option<Event> {
        let state = self.state;
        let is_covered = |(number, row): &(&u32, &ConversionState)| {
            let balance = state.wallets.get(&row.affiliate).map_or(0, |wallet| wallet.balance);
            !state.paid.contains(*number) && row.amount % 100 == 0 && balance >= row.amount
        };
        let number = self.pick(state.conversions.iter().filter(is_covered).map(|(number, _)| number))?;
        let conversion = &state.conversions[&number];
        let (id, amount) = (&self.ids.wallets[&conversion.affiliate], conversion.amount / 100);
        let paid = vec![("paidOut", Value::Bool(true)), ("paidOutAt", Value::Time(self.now))];
        let writes = vec![
            Write::Set(AffiliateConversion::TABLE, self.ids.conversions[&number].clone(), paid),
            Write::Add(Wallet::TABLE, id.clone(), vec![("balance", -amount), ("totalPayout", amount)]),
            insert(entry(&format!("payout-{}", self.serial), id, -amount, "PAYOUT", self.now)),
        ];
        let needs_import = !id.starts_with("wallet-own");
        Some(Event { what: format!("of order {number}"), writes, needs_import, effects: Vec::new() })
    }

    fn sale(&self, amount: i64) -> Option<Transaction> {
        let id = format!("sale-{}", self.serial);
        let buyer = self.ids.people.get(CUSTOMER)?;
        Some(Transaction { amount: Money::rupiah(amount), ..app_transaction(&id, buyer, None, None) })
    }

    pub(super) fn sells_own(&mut self) -> Option<Event> {
        let sale = self.sale(9_000)?;
        let (key, row) = own_transaction(&CUSTOMER.to_owned(), &sale);
        let effects = vec![Effect::Own(key, row)];
        Some(Event { what: sale.id.clone(), writes: vec![insert(sale)], needs_import: false, effects })
    }

    /// A sale by an affiliate, whose commission the app credits.
    pub(super) fn sells(&mut self) -> Option<Event> {
        let handle =
            self.pick(self.ids.profiles.keys().filter(|handle| self.ids.wallets.contains_key(*handle)))?;
        let (profile, wallet) = (self.ids.profiles[&handle].clone(), self.ids.wallets[&handle].clone());
        let mut sale = self.sale(50_000)?;
        sale.affiliate_id = Some(profile.clone());
        let conversion = AffiliateConversion {
            id: format!("conversion-{}", self.serial),
            affiliate_id: profile.clone(),
            transaction_id: sale.id.clone(),
            commission_amount: Money::rupiah(5_000),
            commission_rate: Rate::from_hundredths(1_000),
            paid_out: false,
            paid_out_at: None,
            created_at: self.now,
        };
        let entry = entry(&format!("commission-{}", self.serial), &wallet, 5_000, "COMMISSION", self.now);
        let totals = vec![("totalConversions", 1), ("totalSales", 50_000), ("totalEarnings", 5_000)];
        let needs_import = !profile.starts_with("profile-own");
        let writes = vec![
            insert(sale),
            insert(conversion),
            Write::Add(Wallet::TABLE, wallet, vec![("balance", 5_000), ("totalEarnings", 5_000)]),
            Write::Add(AffiliateProfile::TABLE, profile, totals),
            insert(entry),
        ];
        Some(Event { what: format!("by {handle}"), writes, needs_import, effects: Vec::new() })
    }
}

//! Wallets: ledger, conversions, totals and wallet agree to the sen (L21).

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateProfile, AffiliateTotals, Transaction, TransactionStatus, Wallet,
    WalletTransaction,
};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;
use crate::verify::context::{VerifiedAffiliate, VerifyContext};
use crate::verify::report::VerifyCheck;

/// Accounts that are compared with one look-up of each table.
const PAGE: usize = 16;

/// Checks the account of every affiliate.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let totals = queries::affiliates::totals_by_code(store)?;
    for page in totals.chunks(PAGE) {
        let sellers: Vec<&VerifiedAffiliate> =
            page.iter().filter_map(|totals| context.sellers.get(&totals.code)).collect();
        let users: Vec<&str> = sellers.iter().map(|seller| seller.user_id.as_str()).collect();
        let profiles: Vec<&str> = sellers.iter().map(|seller| seller.profile_id.as_str()).collect();
        let wallets: Vec<Wallet> = store.select_in("userId", &users)?;
        let profiles: Vec<AffiliateProfile> = store.select_in("id", &profiles)?;
        let wallets: HashMap<&str, &Wallet> = wallets.iter().map(|row| (row.user_id.as_str(), row)).collect();
        let profiles: HashMap<&str, &AffiliateProfile> =
            profiles.iter().map(|row| (row.user_id.as_str(), row)).collect();
        let mut entries = AccountEntries::load(store, &profiles, &wallets)?;
        for totals in page {
            check.rows += 1;
            let Some(seller) = context.sellers.get(&totals.code) else {
                compare_unsettled(check, totals);
                continue;
            };
            let user = seller.user_id.as_str();
            match (wallets.get(user), profiles.get(user)) {
                (Some(wallet), Some(profile)) => {
                    WalletAccount { context, totals, wallet, profile }.check(&mut entries, check)?;
                }
                _ => check.differ(format!("affiliate {}: no wallet or no profile", totals.code)),
            }
        }
    }
    Ok(())
}

/// Nothing is settled for an affiliate who is not verified.
fn compare_unsettled(check: &mut VerifyCheck, totals: &AffiliateTotals) {
    let expected = AffiliateTotals {
        settled_conversions: 0,
        settled_sales: Money::ZERO,
        settled_earnings: Money::ZERO,
        settled_payout: Money::ZERO,
        settled_balance: Money::ZERO,
        ..totals.clone()
    };
    check.row(&format!("affiliate {} (not verified)", totals.code), expected, totals, &[]);
}

/// What of a transaction an account can be compared with.
struct StoredSale {
    external_id: Option<String>,
    status: TransactionStatus,
    affiliate_id: Option<String>,
    amount: Money,
}

impl StoredSale {
    fn load(store: &mut Store, ids: &[&str]) -> anyhow::Result<HashMap<String, Self>> {
        let names = ["id", "externalId", "status", "affiliateId", "amount"];
        let rows = store.columns(Transaction::TABLE, &names, KeyFilter::keys("id", ids))?;
        let sale = |(id, external_id, status, affiliate_id, amount)| {
            (id, Self { external_id, status, affiliate_id, amount })
        };
        Ok(rows.into_iter().map(sale).collect())
    }
}

/// The stored rows of a page of accounts.
struct AccountEntries {
    /// By the profiles' ids.
    conversions: HashMap<String, Vec<AffiliateConversion>>,
    /// By the transactions' ids.
    sales: HashMap<String, StoredSale>,
    /// By the wallets' ids.
    ledgers: HashMap<String, Vec<WalletTransaction>>,
}

impl AccountEntries {
    fn load(
        store: &mut Store,
        profiles: &HashMap<&str, &AffiliateProfile>,
        wallets: &HashMap<&str, &Wallet>,
    ) -> anyhow::Result<Self> {
        let profiles: Vec<&str> = profiles.values().map(|row| row.id.as_str()).collect();
        let wallets: Vec<&str> = wallets.values().map(|row| row.id.as_str()).collect();
        let rows: Vec<AffiliateConversion> = store.select_in("affiliateId", &profiles)?;
        let keys: Vec<&str> = rows.iter().map(|row| row.transaction_id.as_str()).collect();
        let sales = StoredSale::load(store, &keys)?;
        let (mut conversions, mut ledgers) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for row in rows {
            conversions.entry(row.affiliate_id.clone()).or_default().push(row);
        }
        for row in store.select_in::<WalletTransaction>("walletId", &wallets)? {
            ledgers.entry(row.wallet_id.clone()).or_default().push(row);
        }
        Ok(Self { conversions, sales, ledgers })
    }
}

struct WalletAccount<'a> {
    context: &'a VerifyContext,
    totals: &'a AffiliateTotals,
    wallet: &'a Wallet,
    profile: &'a AffiliateProfile,
}

impl WalletAccount<'_> {
    fn check(&self, entries: &mut AccountEntries, check: &mut VerifyCheck) -> anyhow::Result<()> {
        let who = format!("affiliate {}", self.totals.code);
        let (due, sales) = self.conversions(entries, &who, check);
        let earned: Money = due.iter().map(|entry| entry.amount).sum();
        let paid = self.totals.reported_paid;
        let balance = if paid > earned { Money::ZERO } else { earned - paid };
        let expected = AffiliateTotals {
            settled_conversions: i64::try_from(due.len())?,
            settled_sales: sales,
            settled_earnings: earned,
            settled_payout: paid,
            settled_balance: balance,
            ..self.totals.clone()
        };
        let expected_totals = expected.clone();
        check.row(&who, expected, self.totals, &[]);
        let ledger = entries.ledgers.remove(&self.wallet.id).unwrap_or_default();
        let foreign = self.ledger(ledger, &who, due, (earned, paid, balance), check);
        self.figures(&who, &expected_totals, foreign, check);
        Ok(())
    }

    /// The ledger entries that are due for the conversions of imported orders, and what these orders have
    /// charged.
    fn conversions(
        &self,
        entries: &AccountEntries,
        who: &str,
        check: &mut VerifyCheck,
    ) -> (Vec<WalletTransaction>, Money) {
        let (mut due, mut sales) = (Vec::new(), Money::ZERO);
        for conversion in entries.conversions.get(&self.profile.id).into_iter().flatten() {
            let Some(sale) = entries.sales.get(&conversion.transaction_id) else {
                check.differ(format!("{who}: conversion {} without a transaction", conversion.id));
                continue;
            };
            let Some(order) = sale.external_id.as_deref().and_then(|id| id.strip_prefix("sejoli-")) else {
                continue;
            };
            let success = sale.status == TransactionStatus::Success;
            check.compare(success, || format!("{who}: a conversion of order {order}, which is not paid"));
            check.compare(sale.affiliate_id.as_ref() == Some(&self.profile.id), || {
                format!("{who}: order {order} and its conversion have different affiliates")
            });
            let (key, at) = (format!("sejoli-{order}"), conversion.created_at);
            let text = format!("Sejoli commission, order {order}");
            due.push(self.entry(&key, at, conversion.commission_amount, ("COMMISSION", text)));
            sales = sales + sale.amount;
        }
        (due, sales)
    }

    fn entry(
        &self,
        key: &str,
        at: Millis,
        amount: Money,
        (kind, description): (&str, String),
    ) -> WalletTransaction {
        WalletTransaction {
            id: id_for("WalletTransaction", key, at),
            wallet_id: self.wallet.id.clone(),
            amount,
            kind: kind.to_owned(),
            description,
            reference: Some(key.to_owned()),
            created_at: at,
        }
    }

    /// Compares the ledger, and returns whether the app has entries of its own in it.
    fn ledger(
        &self,
        ledger: Vec<WalletTransaction>,
        who: &str,
        mut expected: Vec<WalletTransaction>,
        (earned, paid, balance): (Money, Money, Money),
        check: &mut VerifyCheck,
    ) -> bool {
        let code = &self.totals.code;
        if paid.is_positive() {
            let text = "Paid out in Sejoli before the migration".to_owned();
            expected.push(self.entry(&format!("sejoli-payout-{code}"), Millis(0), -paid, ("PAYOUT", text)));
        }
        if paid > earned {
            let text = "Paid out in Sejoli beyond the imported earnings; for review".to_owned();
            expected.push(self.entry(
                &format!("sejoli-adjustment-{code}"),
                Millis(0),
                paid - earned,
                ("ADJUSTMENT", text),
            ));
        }
        let (own, foreign): (Vec<_>, Vec<_>) = ledger.into_iter().partition(|entry| {
            entry.reference.as_deref().is_some_and(|reference| reference.starts_with("sejoli-"))
        });
        let sum: Money = own.iter().map(|entry| entry.amount).sum();
        check.compare(sum == balance, || {
            format!("{who}: the ledger comes to {sum}, the balance by the conversions is {balance}")
        });
        let mut found: HashMap<String, WalletTransaction> =
            own.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
        for entry in expected {
            let reference = entry.reference.clone().unwrap_or_default();
            match found.remove(&entry.id) {
                None => check.differ(format!("{who}: ledger entry {reference} is missing")),
                Some(stored) => self.compare_entry(who, entry, stored, check),
            }
        }
        for entry in found.values() {
            check.differ(format!(
                "{who}: ledger entry {} belongs to no conversion, payout or adjustment",
                entry.id
            ));
        }
        !foreign.is_empty()
    }

    /// Compares a ledger entry. A payout has no date in Sejoli; the run has dated it by its `--as-of`.
    fn compare_entry(
        &self,
        who: &str,
        expected: WalletTransaction,
        stored: WalletTransaction,
        check: &mut VerifyCheck,
    ) {
        let undated = expected.created_at == Millis(0);
        let skip: &[&str] = if undated { &["createdAt"] } else { &[] };
        if undated {
            let known = self.context.runs.iter().any(|run| run.as_of == stored.created_at);
            check.compare(known, || {
                format!("{who}: WalletTransaction: createdAt of {} is not the --as-of of any run", stored.id)
            });
        }
        check.row(who, expected, &stored, skip);
    }

    /// Compares the wallet's and the profile's figures. Where the app has moved money itself, only what
    /// always holds.
    fn figures(&self, who: &str, totals: &AffiliateTotals, foreign: bool, check: &mut VerifyCheck) {
        check.compare(self.wallet.balance >= Money::ZERO, || format!("{who}: wallet below zero"));
        let imported = self.profile.external_id.as_deref() == Some(totals.code.as_str());
        if foreign || !imported {
            check.facts.push(format!("{who}: the app has entries of its own; its figures are not compared"));
            return;
        }
        let wallet = Wallet {
            balance: totals.settled_balance,
            balance_pending: Money::ZERO,
            total_earnings: totals.settled_earnings,
            total_payout: totals.settled_payout,
            ..self.wallet.clone()
        };
        check.row(who, wallet, self.wallet, &[]);
        let profile = AffiliateProfile {
            total_conversions: totals.settled_conversions,
            total_sales: totals.settled_sales,
            total_earnings: totals.settled_earnings,
            ..self.profile.clone()
        };
        check.row(who, profile, self.profile, &[]);
    }
}

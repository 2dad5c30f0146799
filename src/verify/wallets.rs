//! Wallets: ledger, conversions, totals and wallet agree to the sen (L21).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::ids::{id_for, is_id_of};
use crate::domain::money::Money;
use crate::domain::paid_record::PaidRecord;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateProfile, AffiliateTotals, Transaction, TransactionStatus, Wallet,
    WalletTransaction,
};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::commissions::{DueCommissions, DueTier, KeptCommissions};
use crate::verify::context::{VerifiedAffiliate, VerifyContext};
use crate::verify::difference::Subject;
use crate::verify::paid_commissions;
use crate::verify::paid_commissions::DueConversion;
use crate::verify::payment_marks::PaymentMarks;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::order_number;

/// Persons who are compared with one look-up of each table.
const PAGE: usize = 100;

/// The totals of all codes of one person, in the order of the codes.
type TotalsOfPerson<'t> = Vec<&'t AffiliateTotals>;

/// Checks the account of every affiliate. A person may have several codes, and one wallet.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    for code in &context.sellers.not_moved {
        check.differ(tr!(
            "affiliate {code}: the mapping was changed in the app, and what was settled stands in another wallet; \
             import the affiliates again"
        ));
    }
    let totals = store.answer(queries::affiliates::totals_by_code(store))?;
    let mut people: BTreeMap<&str, (&VerifiedAffiliate, TotalsOfPerson<'_>)> = BTreeMap::new();
    for totals in &totals {
        check.rows += 1;
        match context.sellers.get(&totals.code) {
            Some(seller) => {
                let person = people.entry(&seller.user_id).or_insert_with(|| (seller, Vec::new()));
                person.1.push(totals);
            }
            None => compare_unsettled(check, totals),
        }
    }
    let people: Vec<(&VerifiedAffiliate, TotalsOfPerson<'_>)> = people.into_values().collect();
    let marks = context.marks(store)?;
    for page in people.chunks(PAGE) {
        let users: Vec<&str> = page.iter().map(|(seller, _)| seller.user_id.as_str()).collect();
        let profiles: Vec<&str> = page.iter().map(|(seller, _)| seller.profile_id.as_str()).collect();
        let codes: Vec<&str> =
            page.iter().flat_map(|(_, totals)| totals).map(|totals| totals.code.as_str()).collect();
        let (wallets, profiles, commissions, codes) = store.answer((
            store.rows_in::<Wallet>("userId", &users),
            store.rows_in::<AffiliateProfile>("id", &profiles),
            KeptCommissions::of(store, &codes),
            codes_of_orders(store, page.iter().map(|(_, totals)| totals)),
        ))?;
        let wallets: HashMap<&str, &Wallet> = wallets.iter().map(|row| (row.user_id.as_str(), row)).collect();
        let profiles: HashMap<&str, &AffiliateProfile> =
            profiles.iter().map(|row| (row.user_id.as_str(), row)).collect();
        let mut entries = AccountEntries::load(store, &profiles, &wallets, commissions)?;
        entries.codes = codes;
        for (seller, totals) in page {
            let (user, who) = (seller.user_id.as_str(), name(totals));
            check.turn_to(Subject::User(user.to_owned()));
            match (wallets.get(user), profiles.get(user)) {
                (Some(wallet), Some(profile)) => {
                    WalletAccount { context, marks, who, totals, wallet, profile }
                        .check(&mut entries, check)?;
                }
                _ => check.differ(tr!("{who}: no wallet or no profile")),
            }
        }
    }
    Ok(())
}

/// How a person is called in the differences.
fn name(totals: &TotalsOfPerson<'_>) -> String {
    let codes: Vec<&str> = totals.iter().map(|totals| totals.code.as_str()).collect();
    tr!("affiliate {}", codes.join(", "))
}

/// The entries that are missing or have another amount.
fn wrong_amounts(expected: &[WalletTransaction], found: &HashMap<String, WalletTransaction>) -> Vec<Subject> {
    let wrong = expected.iter().filter_map(|entry| {
        let stored = found.get(entry.reference.as_deref().unwrap_or_default());
        let is_right = stored.is_some_and(|stored| stored.amount == entry.amount);
        (!is_right).then(|| Subject::row(WalletTransaction::TABLE, &stored.unwrap_or(entry).id))
    });
    wrong.collect()
}

/// Nothing is settled for an affiliate who is not verified.
fn compare_unsettled(check: &mut VerifyCheck, totals: &AffiliateTotals) {
    let nothing = StatedSums::default().into_totals(totals);
    check.row(&tr!("affiliate {} (not verified)", totals.code), nothing, totals, &[]);
}

/// What is settled by the conversions and the stated payouts.
#[derive(Clone, Copy, Debug, Default)]
struct StatedSums {
    conversions: i64,
    sales: Money,
    earned: Money,
    paid: Money,
    balance: Money,
}

impl StatedSums {
    fn into_totals(self, totals: &AffiliateTotals) -> AffiliateTotals {
        AffiliateTotals {
            settled_conversions: self.conversions,
            settled_sales: self.sales,
            settled_earnings: self.earned,
            settled_payout: self.paid,
            settled_balance: self.balance,
            ..totals.clone()
        }
    }
}

/// The commission of an imported order that is due in a wallet.
struct DueCommission {
    entry: WalletTransaction,
    sale: Money,
    /// The code that the order names; none where the person has one only.
    code: Option<String>,
    conversion: DueConversion,
}

/// What of a transaction an account can be compared with.
struct StoredSale {
    external_id: Option<String>,
    status: TransactionStatus,
    affiliate_id: Option<String>,
    amount: Money,
}

impl StoredSale {
    /// Sejoli's number of the order, if it is one.
    fn order(&self) -> Option<&str> {
        order_number(self.external_id.as_deref())
    }

    fn of(store: &Store, ids: &[&str]) -> DeferredQuery<'static, HashMap<String, Self>> {
        let names = ["id", "externalId", "status", "affiliateId", "amount"];
        let rows = store.columns_in(Transaction::TABLE, &names, KeyFilter::keys("id", ids));
        let sale = |(id, external_id, status, affiliate_id, amount)| {
            (id, Self { external_id, status, affiliate_id, amount })
        };
        rows.map(move |rows: Vec<_>| rows.into_iter().map(sale).collect())
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
    /// The codes of the orders of persons who have several, by the orders' numbers.
    codes: HashMap<String, String>,
    /// The numbers of the orders with a conversion of the app's own that Sejoli had as paid.
    paid_in_source: HashSet<String>,
    /// Whether Sejoli has paid out an order's commission, where its row says it, by the order's number.
    stated: HashMap<String, bool>,
    /// What is kept of the affiliates' commissions.
    commissions: DueCommissions,
}

impl AccountEntries {
    fn load(
        store: &mut Store,
        profiles: &HashMap<&str, &AffiliateProfile>,
        wallets: &HashMap<&str, &Wallet>,
        commissions: KeptCommissions,
    ) -> anyhow::Result<Self> {
        let profiles: Vec<&str> = profiles.values().map(|row| row.id.as_str()).collect();
        let wallets: Vec<&str> = wallets.values().map(|row| row.id.as_str()).collect();
        let (rows, entries, commissions) = store.answer((
            store.rows_in::<AffiliateConversion>("affiliateId", &profiles),
            store.rows_in::<WalletTransaction>("walletId", &wallets),
            commissions.due(store),
        ))?;
        // Asked for in the order in which they lie in their tables, rows that lie together are fetched together.
        let mut keys: Vec<&str> = rows.iter().map(|row| row.transaction_id.as_str()).collect();
        keys.sort_unstable();
        let sales = store.answer(StoredSale::of(store, &keys))?;
        let (mut conversions, mut ledgers) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for row in rows {
            conversions.entry(row.affiliate_id.clone()).or_default().push(row);
        }
        for row in entries {
            ledgers.entry(row.wallet_id.clone()).or_default().push(row);
        }
        let of_app = conversions.values().flatten().filter_map(|conversion: &AffiliateConversion| {
            let order = sales.get(&conversion.transaction_id)?.order()?;
            (!is_id_of(&conversion.id, "AffiliateConversion", order)).then_some(order)
        });
        let of_app: Vec<&str> = of_app.collect();
        let mut orders: Vec<&str> = sales.values().filter_map(StoredSale::order).collect();
        orders.sort_unstable();
        let (paid_in_source, stated) = store.answer((
            queries::orders::paid_in_source(store, &of_app),
            queries::orders::stated_as_paid(store, &orders),
        ))?;
        let codes = HashMap::new();
        Ok(Self { conversions, sales, ledgers, codes, paid_in_source, stated, commissions })
    }
}

/// The codes of the orders of persons who have several, by the orders' numbers.
fn codes_of_orders<'t>(
    store: &Store,
    people: impl Iterator<Item = &'t TotalsOfPerson<'t>>,
) -> DeferredQuery<'static, HashMap<String, String>> {
    let several = people.filter(|totals| totals.len() > 1).flatten();
    let codes: Vec<&str> = several.map(|totals| totals.code.as_str()).collect();
    let orders = queries::orders::of_codes(store, &codes);
    orders.map(|orders| orders.into_iter().map(|order| (order.order_id, order.affiliate_code)).collect())
}

struct WalletAccount<'a> {
    context: &'a VerifyContext,
    marks: &'a PaymentMarks,
    who: String,
    totals: &'a TotalsOfPerson<'a>,
    wallet: &'a Wallet,
    profile: &'a AffiliateProfile,
}

impl WalletAccount<'_> {
    fn check(&self, entries: &mut AccountEntries, check: &mut VerifyCheck) -> anyhow::Result<()> {
        let due = self.due(entries, check);
        let tiers = self.tiers(entries);
        let codes = self.codes(&due, &tiers)?;
        for (totals, sums) in self.totals.iter().zip(&codes) {
            check.row(&tr!("affiliate {}", totals.code), sums.into_totals(totals), totals, &[]);
        }
        let person = codes.iter().fold(StatedSums::default(), |person, code| StatedSums {
            conversions: person.conversions + code.conversions,
            sales: person.sales + code.sales,
            earned: person.earned + code.earned,
            paid: person.paid + code.paid,
            balance: person.balance + code.balance,
        });
        let ledger = entries.ledgers.remove(&self.wallet.id).unwrap_or_default();
        let conversions: Vec<DueConversion> = due.iter().map(|due| due.conversion.clone()).collect();
        let (who, paid) = (&self.who, person.paid);
        let paid_by_app = if self.context.says_what_is_paid {
            paid_commissions::compare(who, &conversions, (paid, &tiers), check)
        } else {
            paid_commissions::note_unmarked(who, &conversions, paid, check);
            Money::ZERO
        };
        let of_tiers = tiers.iter().map(|tier| {
            let text = tier.description.clone();
            self.entry(&tier.reference, tier.earned_at, tier.amount, ("COMMISSION", text))
        });
        let due = due.into_iter().map(|due| due.entry).chain(of_tiers).collect();
        let foreign = self.ledger(ledger, due, (&person, &codes), check);
        self.figures(&person, paid_by_app, foreign, check);
        Ok(())
    }

    /// What is settled of each code. A person is never owed less than nothing: the first code bears what was paid
    /// beyond all that was earned.
    fn codes(&self, due: &[DueCommission], tiers: &[DueTier]) -> anyhow::Result<Vec<StatedSums>> {
        let mut codes = Vec::with_capacity(self.totals.len());
        for (at, totals) in self.totals.iter().enumerate() {
            let known = |code: &str| self.totals.iter().any(|totals| totals.code == code);
            let of_code = |due: &&DueCommission| match due.code.as_deref().filter(|code| known(code)) {
                Some(code) => code == totals.code,
                None => at == 0,
            };
            let of_tiers = || tiers.iter().filter(|tier| tier.code == totals.code);
            let flags = due.iter().filter(of_code).map(|due| due.conversion.paid_flag());
            let flags = flags.chain(of_tiers().map(DueTier::paid_flag));
            let PaidRecord { paid, .. } = PaidRecord::of(flags, totals.reported_paid);
            let mut sums = StatedSums { paid, ..StatedSums::default() };
            for due in due.iter().filter(of_code) {
                sums.conversions += 1;
                sums.sales = sums.sales + due.sale;
                sums.earned = sums.earned + due.entry.amount;
            }
            sums.earned = sums.earned + of_tiers().map(|tier| tier.amount).sum::<Money>();
            sums.balance = sums.earned - sums.paid;
            codes.push(sums);
        }
        let owed: Money = codes.iter().map(|code| code.balance).sum();
        if let Some(first) = codes.first_mut().filter(|_| owed < Money::ZERO) {
            first.balance = first.balance - owed;
        }
        Ok(codes)
    }

    /// What is due to the person of tiers above the first.
    fn tiers(&self, entries: &AccountEntries) -> Vec<DueTier> {
        let is_own = |tier: &&DueTier| self.totals.iter().any(|totals| totals.code == tier.code);
        entries.commissions.tiers.iter().filter(is_own).cloned().collect()
    }

    /// The commissions that are due for the conversions of imported orders. Where the app has confirmed an order and
    /// made its conversion, it has credited the wallet itself.
    fn due(&self, entries: &AccountEntries, check: &mut VerifyCheck) -> Vec<DueCommission> {
        let (who, mut due) = (&self.who, Vec::new());
        for conversion in entries.conversions.get(&self.profile.id).into_iter().flatten() {
            let Some(sale) = entries.sales.get(&conversion.transaction_id) else {
                check.differ(tr!("{who}: conversion {} without a transaction", conversion.id));
                continue;
            };
            let Some(order) = sale.order() else { continue };
            let is_own = is_id_of(&conversion.id, "AffiliateConversion", order);
            if !is_own && !entries.paid_in_source.contains(order) {
                check.facts.push(tr!("{who}: the app has made and credited the commission of order {order}"));
                continue;
            }
            let success = sale.status == TransactionStatus::Success;
            check.compare(success, || tr!("{who}: a conversion of order {order}, which is not paid"));
            let named = sale.affiliate_id.as_ref();
            let is_same = named == Some(&self.profile.id) || named == Some(&self.profile.user_id);
            check.compare(!is_own || is_same, || {
                tr!("{who}: order {order} and its conversion have different affiliates")
            });
            let (key, at) = (format!("sejoli-{order}"), conversion.created_at);
            let text = format!("Sejoli commission, order {order}");
            let entry = self.entry(&key, at, conversion.commission_amount, ("COMMISSION", text));
            // Sejoli does not export when a commission was paid, and an unpaid one has no such date.
            let is_marked = self.marks.has(&conversion.id);
            let is_dated_by_app = conversion.paid_out && !is_marked;
            check.compare(!is_own || is_dated_by_app || conversion.paid_out_at.is_none(), || {
                tr!("{who}: AffiliateConversion: paidOutAt of order {order}")
            });
            let conversion = DueConversion {
                order: order.to_owned(),
                amount: conversion.commission_amount,
                earned_at: at,
                is_own,
                is_paid_out: conversion.paid_out,
                is_marked,
                stated: entries.stated.get(order).or(entries.commissions.first_tier.get(order)).copied(),
            };
            let code = entries.codes.get(order).cloned();
            due.push(DueCommission { entry, sale: sale.amount, code, conversion });
        }
        due
    }

    fn entry(
        &self,
        key: &str,
        at: Millis,
        amount: Money,
        (kind, description): (&str, String),
    ) -> WalletTransaction {
        WalletTransaction {
            id: id_for("WalletTransaction", &format!("{}/{key}", self.wallet.id), at),
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
        mut expected: Vec<WalletTransaction>,
        (person, codes): (&StatedSums, &[StatedSums]),
        check: &mut VerifyCheck,
    ) -> bool {
        let (who, balance) = (&self.who, person.balance);
        for (totals, sums) in self.totals.iter().zip(codes).filter(|(_, sums)| sums.paid.is_positive()) {
            let text = "Paid out in Sejoli before the migration".to_owned();
            let key = format!("sejoli-payout-{}", totals.code);
            expected.push(self.entry(&key, Millis(0), -sums.paid, ("PAYOUT", text)));
        }
        if person.paid > person.earned {
            let text = "Paid out in Sejoli beyond the imported earnings; for review".to_owned();
            let key = format!("sejoli-adjustment-{}", self.totals[0].code);
            expected.push(self.entry(&key, Millis(0), person.paid - person.earned, ("ADJUSTMENT", text)));
        }
        let (own, foreign): (Vec<_>, Vec<_>) = ledger.into_iter().partition(|entry| {
            entry.reference.as_deref().is_some_and(|reference| reference.starts_with("sejoli-"))
        });
        let sum: Money = own.iter().map(|entry| entry.amount).sum();
        let mut found: HashMap<String, WalletTransaction> =
            own.into_iter().map(|entry| (entry.reference.clone().unwrap_or_default(), entry)).collect();
        check.looking_at(wrong_amounts(&expected, &found), |check| {
            check.compare(sum == balance, || {
                tr!("{who}: the ledger comes to {sum}, the balance by the conversions is {balance}")
            });
        });
        for entry in expected {
            let reference = entry.reference.clone().unwrap_or_default();
            let stored = found.remove(&reference);
            let id = stored.as_ref().map_or(&entry.id, |stored| &stored.id);
            let rows = vec![Subject::row(WalletTransaction::TABLE, id)];
            check.looking_at(rows, |check| match stored {
                None => check.differ(tr!("{who}: ledger entry {reference} is missing")),
                Some(stored) => self.compare_entry(who, entry, stored, check),
            });
        }
        for entry in found.values() {
            check.differ(tr!(
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
        // Version 0.1 has made the ids without the wallet's.
        let reference = expected.reference.clone().unwrap_or_default();
        let old = is_id_of(&stored.id, "WalletTransaction", &reference);
        let key = format!("{}/{reference}", self.wallet.id);
        check.compare(old || is_id_of(&stored.id, "WalletTransaction", &key), || {
            tr!("{who}: WalletTransaction: id of {reference}")
        });
        let skip: &[&str] = if undated { &["id", "createdAt"] } else { &["id"] };
        if undated {
            let known = self.context.runs.iter().any(|run| run.as_of == stored.created_at);
            check.compare(known, || {
                tr!("{who}: WalletTransaction: createdAt of {} is not the --as-of of any run", stored.id)
            });
        }
        check.row(who, expected, &stored, skip);
    }

    /// Compares the wallet's and the profile's figures where imports have made both, and the app has not moved money
    /// itself. The others are held against the journal.
    fn figures(&self, person: &StatedSums, paid_by_app: Money, foreign: bool, check: &mut VerifyCheck) {
        let who = &self.who;
        check.compare(self.wallet.balance >= Money::ZERO, || tr!("{who}: wallet below zero"));
        let is_imported = is_id_of(&self.wallet.id, "Wallet", &self.wallet.user_id)
            && self.totals.iter().any(|totals| self.profile.external_id.as_ref() == Some(&totals.code));
        if foreign || !is_imported {
            check.facts.push(tr!(
                "{who}: the app has money of its own there; the figures are held against the journal"
            ));
            return;
        }
        check.compare(paid_by_app.is_zero(), || {
            tr!("{who}: {paid_by_app} counts as paid out by the app, whose ledger has no payout")
        });
        let wallet = Wallet {
            balance: person.balance,
            balance_pending: Money::ZERO,
            total_earnings: person.earned,
            total_payout: person.paid,
            ..self.wallet.clone()
        };
        check.row(who, wallet, self.wallet, &[]);
        let profile = AffiliateProfile {
            total_conversions: person.conversions,
            total_sales: person.sales,
            total_earnings: person.earned,
            ..self.profile.clone()
        };
        check.row(who, profile, self.profile, &[]);
    }
}

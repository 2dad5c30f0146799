//! Affiliates: code by code from the recorded commission to what is owed, and person by person what the wallet holds
//! and what may be requested of it. One person may have several codes, and has one wallet.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::domain::money::Money;
use crate::reconciliation::breakdown::OrderSums;
use crate::reconciliation::tally::Tally;
use crate::store::queries;
use crate::store::queries::reconciliation::{OrderFacts, WalletAmounts};
use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile, AffiliateTotals, Wallet};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// What is known of an affiliate's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CodeState {
    /// It is a user of the app.
    Verified,
    /// Somebody has to decide.
    Pending,
    /// The app's people want nothing of it.
    Refused,
    /// Orders name it, and no affiliate was imported under it.
    Unknown,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CodeRow {
    /// Sejoli's code; empty for the orders that name none.
    pub(crate) code: String,
    /// The affiliate's name.
    pub(crate) name: String,
    /// What is known of it; none where there is no code.
    pub(crate) state: Option<CodeState>,
    /// Why it is not decided, in the words of the mapping.
    pub(crate) notes: String,
    /// The orders that name it.
    #[serde(flatten)]
    pub(crate) sums: OrderSums,
    /// Commission of any tier that waits for a decision, or for the affiliate to be imported.
    pub(crate) waiting: Tally,
    /// The conversions of these orders.
    pub(crate) conversions: Tally,
    /// What is settled as earned.
    pub(crate) earned: Money,
    /// What is settled as paid out in Sejoli.
    pub(crate) paid_out: Money,
    /// What was paid beyond what was earned. Of a person with several codes it may be negative on one of them, which
    /// makes up for another one; together it is not.
    pub(crate) paid_too_much: Money,
    /// What is still owed: earned, less what was paid, and what was paid too much.
    pub(crate) owed: Money,
    /// What Sejoli has paid to an affiliate of whom nothing is settled.
    pub(crate) paid_unsettled: Money,
}

/// One person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct PersonRow {
    /// Sejoli's codes.
    pub(crate) codes: String,
    /// What imports say is owed.
    pub(crate) owed: Money,
    /// What the app has moved in the wallet, by its ledger.
    pub(crate) app_entries: Money,
    /// What was moved in the wallet without an entry in its ledger.
    pub(crate) without_entry: Money,
    /// What the wallet holds: the sum of these three.
    pub(crate) wallet: Money,
    /// All conversions, whoever has made them.
    pub(crate) conversions: Tally,
    /// Those among them that are marked as paid out.
    pub(crate) marked_paid: Tally,
    /// Payouts that are asked for or approved and not paid.
    pub(crate) asked: Tally,
    /// What is asked for or paid beyond the conversions.
    pub(crate) overdrawn: Money,
    /// What the app lets the person request: conversions, less those marked and what is asked for, never below zero.
    pub(crate) requestable: Money,
    /// Owed of tiers above the first: it is in the wallet, and no page of the app asks for it. Who was paid too much is
    /// owed nothing of them either.
    pub(crate) higher_tiers: Money,
    /// What may be requested beyond what the wallet holds. Anything above zero is money that is not owed.
    pub(crate) beyond_wallet: Money,
}

/// Who of the app the codes are.
#[derive(Debug, Default)]
pub(super) struct CodeUsers {
    mappings: BTreeMap<String, AffiliateMapping>,
    totals: BTreeMap<String, AffiliateTotals>,
    profiles: HashMap<String, AffiliateProfile>,
    wallets: HashMap<String, Wallet>,
    accounts: HashSet<String>,
}

impl CodeUsers {
    /// Reads who they are.
    pub(super) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let (mappings, totals, profiles, wallets) = store.answer((
            store.every_row::<AffiliateMapping>(),
            store.every_row::<AffiliateTotals>(),
            store.every_row::<AffiliateProfile>(),
            store.every_row::<Wallet>(),
        ))?;
        let mut sellers = Self {
            mappings: mappings.into_iter().map(|row| (row.code.clone(), row)).collect(),
            totals: totals.into_iter().map(|row| (row.code.clone(), row)).collect(),
            profiles: profiles.into_iter().map(|row| (row.user_id.clone(), row)).collect(),
            wallets: wallets.into_iter().map(|row| (row.user_id.clone(), row)).collect(),
            accounts: HashSet::new(),
        };
        let users = sellers.people().into_keys();
        let accounts = users.filter_map(|user| Some(sellers.profiles.get(user)?.id.clone())).collect();
        sellers.accounts = accounts;
        Ok(sellers)
    }

    /// What is known of a code.
    pub(super) fn state(&self, code: &str) -> CodeState {
        match self.mappings.get(code).map(|mapping| mapping.status.as_str()) {
            None => CodeState::Unknown,
            Some(status) if status == MappingStatus::Verified.as_str() => CodeState::Verified,
            Some(status) if status == MappingStatus::Pending.as_str() => CodeState::Pending,
            Some(_) => CodeState::Refused,
        }
    }

    /// Whether a profile is that of a verified affiliate whose account is settled.
    pub(super) fn has_account(&self, profile_id: &str) -> bool {
        self.accounts.contains(profile_id)
    }

    /// What is settled as earned, and by how many conversions.
    pub(super) fn earned(&self) -> Tally {
        let settled =
            |row: &AffiliateTotals| Tally { count: row.settled_conversions, amount: row.settled_earnings };
        self.totals.values().map(settled).sum()
    }

    /// The verified codes that are settled, by their users.
    fn people(&self) -> BTreeMap<&str, Vec<&AffiliateTotals>> {
        let mut people: BTreeMap<&str, Vec<&AffiliateTotals>> = BTreeMap::new();
        for (code, mapping) in &self.mappings {
            let is_verified = mapping.status == MappingStatus::Verified.as_str();
            let user = mapping.eksporyuk_user_id.as_deref().filter(|_| is_verified);
            if let Some((user, totals)) = user.zip(self.totals.get(code)) {
                people.entry(user).or_default().push(totals);
            }
        }
        people
    }
}

/// The orders of each code, while they are added.
#[derive(Debug, Default)]
pub(super) struct CodeSums {
    codes: HashMap<String, (OrderSums, Tally, Tally)>,
}

impl CodeSums {
    /// Adds an order, once.
    pub(super) fn add_order(&mut self, order: &OrderFacts, sellers: &CodeUsers) {
        let code = code_of(order);
        let waits =
            order.conversions.is_empty() && !code.is_empty() && sellers.state(code) != CodeState::Verified;
        let (sums, waiting, _) = self.of(code);
        let before = sums.recorded;
        sums.add(order);
        if waits {
            *waiting = *waiting + (sums.recorded - before);
        }
    }

    /// Adds a commission of a tier above the first that waits for its affiliate.
    pub(super) fn add_waiting(&mut self, code: &str, commission: Money) {
        self.of(code).1.add_one(commission);
    }

    /// Adds a conversion of an order.
    pub(super) fn add_conversion(&mut self, order: &OrderFacts, commission: Money) {
        self.of(code_of(order)).2.add_one(commission);
    }

    fn of(&mut self, code: &str) -> &mut (OrderSums, Tally, Tally) {
        if !self.codes.contains_key(code) {
            self.codes.insert(code.to_owned(), Default::default());
        }
        self.codes.get_mut(code).expect("the code was just added")
    }

    /// A row for each code that orders, commissions, mappings or totals name, the highest revenue first.
    pub(super) fn into_rows(mut self, sellers: &CodeUsers) -> Vec<CodeRow> {
        for code in sellers.mappings.keys().chain(sellers.totals.keys()) {
            self.of(code);
        }
        let row = |(code, (sums, waiting, conversions)): (String, (OrderSums, Tally, Tally))| {
            let mapping = sellers.mappings.get(&code);
            let totals = sellers.totals.get(&code);
            let settled = |of: fn(&AffiliateTotals) -> Money| totals.map_or(Money::ZERO, of);
            let (earned, paid_out) = (settled(|row| row.settled_earnings), settled(|row| row.settled_payout));
            let owed = settled(|row| row.settled_balance);
            CodeRow {
                name: mapping.map(|mapping| mapping.name.clone()).unwrap_or_default(),
                state: Some(sellers.state(&code)).filter(|_| !code.is_empty()),
                notes: mapping.and_then(|mapping| mapping.notes.clone()).unwrap_or_default(),
                sums,
                waiting,
                conversions,
                earned,
                paid_out,
                paid_too_much: owed - (earned - paid_out),
                owed,
                paid_unsettled: totals
                    .filter(|row| !is_settled(row))
                    .map_or(Money::ZERO, |row| row.reported_paid),
                code,
            }
        };
        let mut rows: Vec<CodeRow> = self.codes.into_iter().map(row).collect();
        rows.sort_by(|a, b| (b.sums.recorded.amount, &a.code).cmp(&(a.sums.recorded.amount, &b.code)));
        rows
    }
}

/// Whether anything of a code is settled.
fn is_settled(totals: &AffiliateTotals) -> bool {
    totals.settled_conversions != 0 || !totals.settled_earnings.is_zero() || !totals.settled_payout.is_zero()
}

fn code_of(order: &OrderFacts) -> &str {
    order.log.as_ref().and_then(|log| log.code.as_deref()).unwrap_or_default()
}

/// A row for each person whose account is settled, by the codes' order. `unpaid_tiers` is what is not paid in Sejoli of tiers
/// above the first, by code.
pub(super) fn people(
    store: &mut Store,
    sellers: &CodeUsers,
    unpaid_tiers: &HashMap<String, Money>,
) -> anyhow::Result<Vec<PersonRow>> {
    let mut conversions: HashMap<String, [Tally; 2]> = HashMap::new();
    for group in queries::reconciliation::marked_conversions(store)? {
        let marks = conversions.entry(group.profile_id).or_default();
        let mark = &mut marks[usize::from(group.paid_out)];
        *mark = *mark + Tally::of(group.conversions, group.commission)?;
    }
    let app_entries = by_wallet(queries::reconciliation::ledger_amounts(store, false)?)?;
    let asked = by_wallet(queries::reconciliation::open_payouts(store)?)?;
    let row = |(user, totals): (&str, Vec<&AffiliateTotals>)| {
        let (profile, wallet) = (sellers.profiles.get(user), sellers.wallets.get(user));
        let [open, marked_paid] =
            profile.and_then(|profile| conversions.get(&profile.id)).copied().unwrap_or_default();
        let of_wallet = |amounts: &HashMap<String, Tally>| {
            wallet.and_then(|wallet| amounts.get(&wallet.id)).copied().unwrap_or_default()
        };
        let (app_entries, asked) = (of_wallet(&app_entries).amount, of_wallet(&asked));
        let holds = wallet.map_or(Money::ZERO, |wallet| wallet.balance);
        let owed: Money = totals.iter().map(|totals| totals.settled_balance).sum();
        let unpaid: Money = totals.iter().filter_map(|totals| unpaid_tiers.get(&totals.code)).copied().sum();
        let left = open.amount - asked.amount;
        let requestable = left.max(Money::ZERO);
        let codes: Vec<&str> = totals.iter().map(|totals| totals.code.as_str()).collect();
        PersonRow {
            codes: codes.join(", "),
            owed,
            app_entries,
            without_entry: holds - owed - app_entries,
            wallet: holds,
            conversions: open + marked_paid,
            marked_paid,
            asked,
            overdrawn: requestable - left,
            requestable,
            higher_tiers: unpaid.min(owed),
            beyond_wallet: (requestable - holds.max(Money::ZERO)).max(Money::ZERO),
        }
    };
    let mut rows: Vec<PersonRow> = sellers.people().into_iter().map(row).collect();
    rows.sort_by(|a, b| (b.wallet, &a.codes).cmp(&(a.wallet, &b.codes)));
    Ok(rows)
}

fn by_wallet(amounts: Vec<WalletAmounts>) -> anyhow::Result<HashMap<String, Tally>> {
    let mut wallets: HashMap<String, Tally> = HashMap::new();
    for WalletAmounts { wallet_id, amount, entries } in amounts {
        let sum = wallets.entry(wallet_id).or_default();
        *sum = *sum + Tally::of(entries, amount)?;
    }
    Ok(wallets)
}

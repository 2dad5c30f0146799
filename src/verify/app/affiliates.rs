//! Affiliates with all that the app's pages read of them, and what the source says they have earned and got.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::ids::is_id_of;
use crate::domain::money::Money;
use crate::domain::paid_record::{PaidFlag, PaidRecord};
use crate::store::queries::app_screens_affiliates::{
    self, ConversionsByHolder, PaidOrder, PaidOrdersByCode, ScreenConversion,
};
use crate::store::schema::tables::{AffiliateLink, AffiliateProfile, AffiliateTotals, User, Wallet};
use crate::store::session::store::Store;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::family_pass::PageFamily;
use crate::verify::app::paid_sums::smallest_sum_not_below;
use crate::verify::commissions::{DueCommissions, DueTier, KeptCommissions};
use crate::verify::difference::Subject;

/// What the source says of an affiliate's money.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceMoney {
    /// What the paid orders have earned.
    pub(super) earned: Money,
    /// How many of them have earned something.
    pub(super) sales: u64,
    /// What Sejoli says that it has paid out.
    pub(super) paid: Money,
    /// What was earned on tiers above the first, which the app has no conversions for.
    pub(super) tiers: Money,
    /// What Sejoli has paid of it: a part of what it has paid.
    pub(super) paid_tiers: Money,
}

impl SourceMoney {
    /// What is owed of all tiers: nothing where more was paid than earned.
    pub(super) fn owed(&self) -> Money {
        (self.earned + self.tiers - self.paid).max(Money::ZERO)
    }
}

/// Sums over conversions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ConversionSums {
    /// How many there are.
    pub(super) number: u64,
    /// The commissions.
    pub(super) all: Money,
    /// Those that are marked as paid out.
    pub(super) paid_out: Money,
}

impl ConversionSums {
    fn of<'a>(conversions: impl Iterator<Item = &'a ScreenConversion>) -> Self {
        conversions.fold(Self::default(), |sums, conversion| Self {
            number: sums.number + 1,
            all: sums.all + conversion.commission,
            paid_out: sums.paid_out + if conversion.paid_out { conversion.commission } else { Money::ZERO },
        })
    }

    /// What is not marked.
    pub(super) fn unpaid(self) -> Money {
        self.all - self.paid_out
    }
}

/// An affiliate, as the pages see one.
#[derive(Debug)]
pub(super) struct AppAffiliate {
    /// Sejoli's codes of the person.
    pub(super) codes: Vec<String>,
    /// The user.
    pub(super) user: User,
    /// The profile.
    pub(super) profile: AffiliateProfile,
    /// The wallet.
    pub(super) wallet: Option<Wallet>,
    /// What was asked for in the app and not got yet.
    pub(super) open_payouts: Money,
    /// The conversions that hold the profile's id.
    conversions: Vec<ScreenConversion>,
    /// Those that the boards would add up: they hold the user's id.
    pub(super) on_boards: ConversionSums,
    /// What the source says.
    pub(super) source: SourceMoney,
    /// The numbers of the orders that have earned something by the source.
    earning_orders: HashSet<Box<str>>,
    /// The entries of the ledger that no import has made: their kinds and amounts.
    pub(super) entries_of_app: Vec<(String, Money)>,
    /// The links that have the profile's code, or are the user's.
    pub(super) links: Vec<AffiliateLink>,
    /// Whom the app finds by the username: an affiliate who is called so.
    pub(super) called: Option<String>,
    /// Whether a paid order names the user.
    pub(super) has_sale: bool,
}

/// The pages of affiliates.
pub(super) struct AffiliatePages;

impl PageFamily for AffiliatePages {
    type Shown<'r> = AppAffiliate;

    fn subject(shown: &AppAffiliate) -> Subject {
        Subject::User(shown.user.id.clone())
    }
}

impl AppAffiliate {
    /// All conversions.
    pub(super) fn all(&self) -> ConversionSums {
        ConversionSums::of(self.conversions.iter())
    }

    fn is_of_source(&self, conversion: &ScreenConversion) -> bool {
        conversion.order_id.as_ref().is_some_and(|order| self.earning_orders.contains(order))
    }

    /// Those of orders that the source has as paid.
    pub(super) fn of_source(&self) -> ConversionSums {
        ConversionSums::of(self.conversions.iter().filter(|one| self.is_of_source(one)))
    }

    /// Those of the app's own.
    pub(super) fn of_app(&self) -> ConversionSums {
        ConversionSums::of(self.conversions.iter().filter(|one| !self.is_of_source(one)))
    }

    /// The part of the source's commissions that is to be marked as paid out: the smallest sum of whole commissions that
    /// is not below what was paid. Where the sums are too many to look through, what is marked will do if it is not below
    /// what was paid and none of it could be left out.
    pub(super) fn to_be_marked(&self) -> Money {
        let paid = (self.source.paid - self.source.paid_tiers).min(self.source.earned);
        let marked = self.of_source().paid_out;
        if marked == paid {
            return paid;
        }
        let of_source = || self.conversions.iter().filter(|one| self.is_of_source(one));
        let amounts: Vec<Money> = of_source().map(|one| one.commission).collect();
        if amounts.iter().copied().sum::<Money>() < paid {
            return self.source.earned;
        }
        let smallest_marked = of_source().filter(|one| one.paid_out).map(|one| one.commission).min();
        smallest_sum_not_below(&amounts, paid).unwrap_or_else(|| {
            let is_tight = smallest_marked.is_none_or(|smallest| marked - smallest < paid);
            if marked > paid && is_tight { marked } else { paid }
        })
    }

    /// Whether the app has money of its own here, so that figures can be more or less than the source's: entries or
    /// conversions, or a wallet or a profile that it had before.
    pub(super) fn has_money_of_app(&self) -> bool {
        let has_own_wallet =
            self.wallet.as_ref().is_some_and(|wallet| !is_id_of(&wallet.id, "Wallet", &wallet.user_id));
        !self.entries_of_app.is_empty()
            || self.of_app().number > 0
            || has_own_wallet
            || !self.has_imported_profile()
    }

    /// Whether an import has made the profile.
    pub(super) fn has_imported_profile(&self) -> bool {
        self.profile.external_id.as_ref().is_some_and(|code| self.codes.contains(code))
    }

    /// How the person is called in a difference.
    pub(super) fn who(&self, facts: &AppFacts<'_>) -> String {
        facts.who(&self.user.id, &self.user.email)
    }
}

/// An affiliate whom orders credit: the user's id, the profile's id and the codes.
type Seller<'f> = (&'f str, &'f str, Vec<&'f str>);

/// Orders of affiliates who are read at once. One who has more is read alone.
const ORDERS: usize = 20_000;

/// Affiliates who are read at once, where they have few orders.
const AFFILIATES: usize = 100;

/// Parts of the affiliates that can be read at once, of whom some have ten orders and some a hundred thousand.
fn parts<'f>(sellers: Vec<Seller<'f>>, orders_of: impl Fn(&str) -> usize) -> Vec<Vec<Seller<'f>>> {
    let mut parts: Vec<Vec<Seller<'f>>> = Vec::new();
    let mut free = 0;
    for seller in sellers {
        let orders: usize = seller.2.iter().map(|code| orders_of(code)).sum();
        match parts.last_mut().filter(|part| orders <= free && part.len() < AFFILIATES) {
            Some(part) => {
                part.push(seller);
                free -= orders;
            }
            None => {
                parts.push(vec![seller]);
                free = ORDERS.saturating_sub(orders);
            }
        }
    }
    parts
}

/// Who of the app the affiliates are whom orders credit.
pub(super) fn sellers<'f>(facts: &'f AppFacts<'_>) -> Vec<Seller<'f>> {
    let mut people: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for (code, seller) in facts.context.sellers.iter() {
        let person = people.entry(&seller.user_id).or_insert((&seller.profile_id, Vec::new()));
        person.1.push(code);
    }
    people
        .into_iter()
        .map(|(user, (profile, mut codes))| {
            codes.sort_unstable();
            (user, profile, codes)
        })
        .collect()
}

/// Reads all affiliates whom orders credit, by their users' ids; those whose user or profile is gone are left out.
/// `paid_orders` are all orders that the source has as paid.
///
/// # Errors
/// Those of the database.
pub(super) fn read_all(
    store: &mut Store,
    facts: &AppFacts<'_>,
    paid_orders: &PaidOrdersByCode,
    mut each: impl FnMut(&AppAffiliate),
) -> anyhow::Result<()> {
    let sellers = sellers(facts);
    let holders: HashSet<&str> = sellers.iter().flat_map(|(user, profile, _)| [*user, *profile]).collect();
    let users: Vec<&str> = sellers.iter().map(|(user, ..)| *user).collect();
    let with_sales = store.answer(app_screens_affiliates::users_with_sales(store, &users))?;
    let marks = facts.context.marks(store)?;
    let conversions = app_screens_affiliates::all_conversions(store, &holders, |id| marks.has(id))?;
    let mut sales = Sales { with_sales, conversions, paid_orders };
    for part in parts(sellers, |code| paid_orders.get(code).map_or(0, Vec::len)) {
        with_rows(store, &part, &mut sales)?.iter().for_each(&mut each);
    }
    Ok(())
}

/// Reads an affiliate; none where the user or the profile is gone.
///
/// # Errors
/// Those of the database.
pub(super) fn read_one(store: &mut Store, seller: Seller<'_>) -> anyhow::Result<Option<AppAffiliate>> {
    let (with_sales, conversions, paid_orders) = store.answer((
        app_screens_affiliates::users_with_sales(store, &[seller.0]),
        app_screens_affiliates::conversions_of(store, &[seller.0, seller.1]),
        app_screens_affiliates::paid_orders_of(store, &seller.2),
    ))?;
    let mut sales = Sales { with_sales, conversions, paid_orders: &paid_orders };
    Ok(with_rows(store, &[seller], &mut sales)?.pop())
}

/// What affiliates have sold.
struct Sales<'a> {
    /// The users who have a paid order to their credit.
    with_sales: HashSet<String>,
    /// The conversions, each of which is taken by whom it belongs to.
    conversions: ConversionsByHolder,
    /// The orders that the source has as paid.
    paid_orders: &'a PaidOrdersByCode,
}

/// Affiliates with what the pages read of them beside what they have sold.
fn with_rows(
    store: &mut Store,
    sellers: &[Seller<'_>],
    Sales { with_sales, conversions, paid_orders }: &mut Sales<'_>,
) -> anyhow::Result<Vec<AppAffiliate>> {
    let users: Vec<&str> = sellers.iter().map(|(user, ..)| *user).collect();
    let profile_ids: Vec<&str> = sellers.iter().map(|(_, profile, _)| *profile).collect();
    let codes: Vec<&str> = sellers.iter().flat_map(|(.., codes)| codes).copied().collect();
    let (people, profiles, wallets, totals) = (
        store.rows_in::<User>("id", &users),
        store.rows_in::<AffiliateProfile>("id", &profile_ids),
        store.rows_in::<Wallet>("userId", &users),
        store.rows_in::<AffiliateTotals>("affiliateCode", &codes),
    );
    let (mut people, mut profiles, mut wallets, totals, commissions) = store.answer((
        people.map(|rows| by(rows, |row| row.id.clone())),
        profiles.map(|rows| by(rows, |row| row.id.clone())),
        wallets.map(|rows| by(rows, |row| row.user_id.clone())),
        totals.map(|rows| by(rows, |row| row.code.clone())),
        KeptCommissions::of(store, &codes),
    ))?;
    let wallet_ids: Vec<&str> = wallets.values().map(|wallet| wallet.id.as_str()).collect();
    let own_codes: Vec<&str> = profiles.values().map(|profile| profile.affiliate_code.as_str()).collect();
    let names: Vec<&str> = people.values().filter_map(|user| user.username.as_deref()).collect();
    let (open, mut entries, mut links, of_users, called, commissions) = store.answer((
        app_screens_affiliates::open_payouts(store, &wallet_ids),
        app_screens_affiliates::entries_of_app(store, &wallet_ids),
        store.rows_in::<AffiliateLink>("code", &own_codes),
        store.rows_in::<AffiliateLink>("userId", &users),
        app_screens_affiliates::affiliates_called(store, &names),
        commissions.due(store),
    ))?;
    links.extend(of_users);
    let mut found = Vec::with_capacity(sellers.len());
    for (user_id, profile_id, codes) in sellers {
        let (Some(user), Some(profile)) = (people.remove(*user_id), profiles.remove(*profile_id)) else {
            continue;
        };
        let wallet = wallets.remove(*user_id);
        let wallet_id = wallet.as_ref().map_or("", |wallet| wallet.id.as_str());
        let orders_of = |code: &str| paid_orders.get(code).map_or(&[][..], Vec::as_slice);
        let earning: Vec<(&str, Money)> = codes
            .iter()
            .flat_map(|code| orders_of(code))
            .map(|order| (&*order.order_id, order.commission))
            .filter(|(_, commission)| commission.is_positive())
            .collect();
        let of_profile = conversions.of(profile_id);
        let own: HashMap<&str, Money> = of_profile.iter().filter_map(commission_of_app).collect();
        let by_order: HashMap<&str, &ScreenConversion> =
            of_profile.iter().filter_map(|one| Some((one.order_id.as_deref()?, one))).collect();
        let paid = codes.iter().filter_map(|code| Some((totals.get(*code)?, orders_of(code))));
        let paid = paid.map(|(totals, orders)| paid_of_code(totals, orders, &by_order, &commissions)).sum();
        let of_tiers = |counts: fn(&DueTier) -> bool| -> Money {
            let own = commissions.tiers.iter().filter(|tier| codes.contains(&tier.code.as_str()));
            own.filter(|tier| counts(tier)).map(|tier| tier.amount).sum()
        };
        let is_own = |link: &&AffiliateLink| {
            link.code == profile.affiliate_code || link.user_id.as_deref() == Some(*user_id)
        };
        found.push(AppAffiliate {
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            open_payouts: open.get(wallet_id).copied().unwrap_or_default(),
            entries_of_app: entries.remove(wallet_id).unwrap_or_default(),
            on_boards: ConversionSums::of(conversions.of(user_id).iter()),
            source: SourceMoney {
                earned: earning.iter().map(|(order, due)| own.get(order).copied().unwrap_or(*due)).sum(),
                sales: earning.len() as u64,
                paid,
                tiers: of_tiers(|_| true),
                paid_tiers: of_tiers(|tier| tier.paid),
            },
            earning_orders: earning.iter().map(|(order, _)| Box::from(*order)).collect(),
            conversions: conversions.take(profile_id),
            links: links.iter().filter(is_own).cloned().collect(),
            called: user.username.as_ref().and_then(|name| called.get(name).cloned()),
            has_sale: with_sales.contains(*user_id),
            wallet,
            user,
            profile,
        });
    }
    Ok(found)
}

/// What Sejoli has paid of a code's orders. What the app has paid out of them since was paid once.
fn paid_of_code(
    totals: &AffiliateTotals,
    orders: &[PaidOrder],
    conversions: &HashMap<&str, &ScreenConversion>,
    commissions: &DueCommissions,
) -> Money {
    let flags = orders.iter().filter_map(|order| {
        let conversion = conversions.get(&*order.order_id)?;
        let is_paid_by_app = conversion.paid_out && !conversion.is_marked;
        let stated = order.stated.or_else(|| commissions.first_tier.get(&*order.order_id).copied());
        Some(PaidFlag { amount: conversion.commission, stated, is_paid_by_app })
    });
    let tiers = commissions.tiers.iter().filter(|tier| tier.code == totals.code).map(DueTier::paid_flag);
    PaidRecord::of(flags.chain(tiers), totals.reported_paid).paid
}

/// The commission of a conversion that the app's people have made of an imported order: it is kept, and counts.
fn commission_of_app(conversion: &ScreenConversion) -> Option<(&str, Money)> {
    let order = conversion.order_id.as_deref()?;
    (!conversion.is_imported).then_some((order, conversion.commission))
}

fn by<R>(rows: Vec<R>, key: impl Fn(&R) -> String) -> HashMap<String, R> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affiliates_are_read_together_as_far_as_their_orders_are_few() {
        let counts = [("a", ORDERS - 1), ("b", 1), ("c", 2 * ORDERS), ("d", 1), ("e", 1)];
        let by_code: HashMap<&str, usize> = counts.into();
        let orders_of = |code: &str| by_code.get(code).copied().unwrap_or(0);
        let seller = |codes: &[&'static str]| ("user", "profile", codes.to_vec());
        let sellers = vec![seller(&["a", "b"]), seller(&["c"]), seller(&["d", "unknown"]), seller(&["e"])];
        let codes = |part: Vec<Seller<'static>>| part.into_iter().flat_map(|(.., codes)| codes).collect();
        let found: Vec<Vec<&str>> = parts(sellers, orders_of).into_iter().map(codes).collect();
        assert_eq!(found, [vec!["a", "b"], vec!["c"], vec!["d", "unknown", "e"]]);
        let many = parts(vec![seller(&[]); AFFILIATES + 1], orders_of);
        assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [AFFILIATES, 1]);
    }
}

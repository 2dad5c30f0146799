//! Pairs of accounts that may be one person, and why. Whoever looks at them decides; nothing is merged here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::decisions::candidates::{address, number, plain_name};
use crate::domain::money::Money;
use crate::store::queries;
use crate::store::queries::people::UserContact;
use crate::store::schema::tables::{AffiliateProfile, Wallet};
use crate::store::session::store::Store;

/// More accounts than this with one number are a shop's or a family's, not one person's.
const MOST_OF_ONE_NUMBER: usize = 4;

/// Names are the same to this likeness (Jaro-Winkler), where an address differs by one letter.
const SAME_NAME: f64 = 0.93;

/// Why two accounts may be one person, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PairReason {
    /// One phone or WhatsApp number.
    SamePhone,
    /// The addresses differ by one letter behind the @.
    MistypedDomain,
    /// The addresses differ by one letter before the @, and the names are the same.
    MistypedName,
    /// The names are the same.
    SameName,
}

impl PairReason {
    /// In a few words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            PairReason::SamePhone => "same phone",
            PairReason::MistypedDomain => "one letter in the e-mail's domain",
            PairReason::MistypedName => "one letter in the e-mail",
            PairReason::SameName => "same name",
        }
    }
}

/// One account of a pair.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Account {
    /// The user's id.
    pub(crate) user_id: String,
    /// The name.
    pub(crate) name: String,
    /// The address.
    pub(crate) email: String,
    /// How many imported orders it has.
    pub(crate) orders: i64,
    /// Whether it is an affiliate's.
    pub(crate) is_affiliate: bool,
    /// What stands in its wallet.
    pub(crate) balance: Money,
}

/// Two accounts that may be one person.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pair {
    /// The one with more orders; of equal ones that with the first address.
    pub(crate) one: Account,
    /// The other.
    pub(crate) other: Account,
    /// Why.
    pub(crate) reasons: Vec<PairReason>,
}

impl Pair {
    /// What stands in both wallets.
    pub(crate) fn balance(&self) -> Money {
        self.one.balance + self.other.balance
    }

    /// Whether an affiliate is also a buyer under another address.
    pub(crate) fn is_of_affiliate_and_buyer(&self) -> bool {
        self.one.is_affiliate != self.other.is_affiliate
    }
}

/// All pairs, those with the most money first.
///
/// # Errors
/// The database's errors.
pub(crate) fn load(store: &mut Store) -> anyhow::Result<Vec<Pair>> {
    let users: Vec<UserContact> = queries::people::contacts(store)?.collect();
    let mut orders: HashMap<String, i64> = HashMap::new();
    for bought in queries::decisions::buyer_details(store)? {
        *orders.entry(bought.user_id).or_default() += bought.orders;
    }
    let profiles: Vec<AffiliateProfile> = store.all_rows()?;
    let affiliates: BTreeSet<String> = profiles.into_iter().map(|profile| profile.user_id).collect();
    let wallets: Vec<Wallet> = store.all_rows()?;
    let balances: HashMap<String, Money> =
        wallets.into_iter().map(|wallet| (wallet.user_id, wallet.balance)).collect();
    let account = |user: &UserContact| Account {
        user_id: user.id.clone(),
        name: user.name.clone(),
        email: user.email.clone(),
        orders: orders.get(&user.id).copied().unwrap_or(0),
        is_affiliate: affiliates.contains(&user.id),
        balance: balances.get(&user.id).copied().unwrap_or(Money::ZERO),
    };
    let pair = |((one, other), reasons): ((usize, usize), BTreeSet<PairReason>)| {
        let (mut one, mut other) = (account(&users[one]), account(&users[other]));
        if (other.orders, &one.email) > (one.orders, &other.email) {
            std::mem::swap(&mut one, &mut other);
        }
        Pair { one, other, reasons: reasons.into_iter().collect() }
    };
    let mut pairs: Vec<Pair> = reasons(&users).into_iter().map(pair).collect();
    pairs.sort_by(|a, b| {
        let orders = |pair: &Pair| pair.one.orders + pair.other.orders;
        (b.balance(), orders(b)).cmp(&(a.balance(), orders(a))).then_with(|| a.one.email.cmp(&b.one.email))
    });
    Ok(pairs)
}

/// The pairs among users, by their places, the lower one first, with all reasons.
fn reasons(users: &[UserContact]) -> BTreeMap<(usize, usize), BTreeSet<PairReason>> {
    let mut found: BTreeMap<(usize, usize), BTreeSet<PairReason>> = BTreeMap::new();
    for (one, other) in of_one_number(users) {
        found.entry((one, other)).or_default().insert(PairReason::SamePhone);
    }
    for (one, other, reason) in of_mistyped_addresses(users) {
        found.entry((one, other)).or_default().insert(reason);
    }
    for ((one, other), reasons) in &mut found {
        let (one, other) = (plain_name(&users[*one].name), plain_name(&users[*other].name));
        if !one.is_empty() && one == other {
            reasons.insert(PairReason::SameName);
        }
    }
    found
}

fn of_one_number(users: &[UserContact]) -> Vec<(usize, usize)> {
    let mut holders: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, user) in users.iter().enumerate() {
        let numbers = [user.phone.as_deref(), user.whatsapp.as_deref()];
        for phone in numbers.into_iter().flatten().filter_map(number) {
            holders.entry(phone).or_default().insert(at);
        }
    }
    let few = holders.into_values().filter(|holders| holders.len() <= MOST_OF_ONE_NUMBER);
    few.flat_map(|holders| pairs_of(&holders.into_iter().collect::<Vec<_>>())).collect()
}

/// Pairs of addresses between which one letter is left out, added, replaced or swapped with its neighbour. Addresses are
/// compared only with those that come to the same by leaving out one letter, so that not all are compared with all.
fn of_mistyped_addresses(users: &[UserContact]) -> Vec<(usize, usize, PairReason)> {
    let addresses: Vec<Option<String>> = users.iter().map(|user| address(&user.email)).collect();
    let mut alike: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, address) in addresses.iter().enumerate() {
        for shorter in address.iter().flat_map(|address| without_a_letter(address)) {
            alike.entry(shorter).or_default().push(at);
        }
    }
    let mut found = BTreeSet::new();
    for (one, other) in alike.into_values().flat_map(|places| pairs_of(&places)) {
        let (Some(a), Some(b)) = (&addresses[one], &addresses[other]) else { continue };
        if let Some(reason) = mistyped(a, b, &users[one].name, &users[other].name) {
            found.insert((one, other, reason));
        }
    }
    found.into_iter().collect()
}

/// The address itself, and without each of its letters.
fn without_a_letter(address: &str) -> BTreeSet<String> {
    let letters: Vec<char> = address.chars().collect();
    let without = |left_out: usize| {
        letters.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, letter)| *letter).collect()
    };
    std::iter::once(address.to_owned()).chain((0..letters.len()).map(without)).collect()
}

/// Whether one address may be the other, mistyped. `budi1` and `budi2` are two people unless they have one name.
fn mistyped(a: &str, b: &str, name: &str, other_name: &str) -> Option<PairReason> {
    let ((local, domain), (other_local, other_domain)) = (a.split_once('@')?, b.split_once('@')?);
    if strsim::osa_distance(a, b) != 1 {
        return None;
    }
    if local == other_local && domain != other_domain {
        return Some(PairReason::MistypedDomain);
    }
    let (name, other_name) = (plain_name(name), plain_name(other_name));
    let is_one_name = !name.is_empty() && strsim::jaro_winkler(&name, &other_name) >= SAME_NAME;
    is_one_name.then_some(PairReason::MistypedName)
}

/// All pairs of some places in their order, each place once.
fn pairs_of(places: &[usize]) -> Vec<(usize, usize)> {
    let places: Vec<usize> = places.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let pairs = places.iter().enumerate();
    pairs.flat_map(|(at, one)| places[at + 1..].iter().map(|other| (*one, *other))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(email: &str, name: &str, phone: Option<&str>) -> UserContact {
        UserContact {
            id: email.to_owned(),
            email: email.to_owned(),
            name: name.to_owned(),
            phone: phone.map(str::to_owned),
            whatsapp: None,
        }
    }

    fn pairs(users: &[UserContact]) -> Vec<((usize, usize), Vec<PairReason>)> {
        reasons(users).into_iter().map(|(pair, reasons)| (pair, reasons.into_iter().collect())).collect()
    }

    #[test]
    fn one_number_in_two_spellings_makes_a_pair_and_many_accounts_of_one_number_make_none() {
        let two = [
            user("rina@example.org", "Rina Dewi", Some("0812-3456-7890")),
            user("dewi@example.org", "Dewi Rina", Some("+6281234567890")),
        ];
        assert_eq!(pairs(&two), [((0, 1), vec![PairReason::SamePhone, PairReason::SameName])]);
        let five: Vec<UserContact> =
            (0..5).map(|at| user(&format!("{at}@example.org"), "", Some("081234567890"))).collect();
        assert!(pairs(&five).is_empty());
    }

    #[test]
    fn a_mistyped_domain_makes_a_pair_and_a_mistyped_name_only_with_the_same_name() {
        let domain = [user("rina@gmial.com", "", None), user("rina@gmail.com", "", None)];
        assert_eq!(pairs(&domain), [((0, 1), vec![PairReason::MistypedDomain])]);
        let names = [user("budi1@gmail.com", "Budi", None), user("budi2@gmail.com", "Sari", None)];
        assert!(pairs(&names).is_empty(), "two people who number their addresses");
        let one = [user("rinna@gmail.com", "Rina Dewi", None), user("rina@gmail.com", "Rina  dewi", None)];
        assert_eq!(pairs(&one), [((0, 1), vec![PairReason::MistypedName, PairReason::SameName])]);
    }
}

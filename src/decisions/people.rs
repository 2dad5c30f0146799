//! Pairs of accounts that may be one person, why, and what people have decided of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use crate::decisions::candidates::{UserIndex, address, number, plain_name};
use crate::domain::money::Money;
use crate::domain::person_decision::{PairDecision, PairVerdict, pair_key};
use crate::language::tr;
use crate::store::queries;
use crate::store::queries::people::UserContact;
use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile, SourceRecord, Wallet};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// More accounts than this with one number are a shop's or a family's, not one person's.
const MOST_OF_ONE_NUMBER: usize = 4;

/// Names are the same to this likeness (Jaro-Winkler), where an address differs by one letter.
const SAME_NAME: f64 = 0.93;

/// Names are one in two spellings to this likeness, where the number is the same.
const TWO_SPELLINGS: f64 = 0.88;

/// Why two accounts may be one person, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PairReason {
    /// One phone or WhatsApp number, in whatever spelling.
    SamePhone,
    /// The one account is an affiliate's, and Sejoli knows the affiliate by the other's address.
    AffiliateAddress,
    /// The addresses differ by one letter behind the @.
    MistypedDomain,
    /// The addresses differ by one letter before the @, and the names are the same.
    MistypedName,
    /// The names are the same.
    SameName,
    /// One number, and one name in two spellings.
    SimilarName,
}

impl PairReason {
    /// In a few words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            PairReason::SamePhone => tr!("same phone"),
            PairReason::AffiliateAddress => tr!("the affiliate's e-mail in Sejoli"),
            PairReason::MistypedDomain => tr!("one letter in the e-mail's domain"),
            PairReason::MistypedName => tr!("one letter in the e-mail"),
            PairReason::SameName => tr!("same name"),
            PairReason::SimilarName => tr!("name in two spellings"),
        }
    }
}

/// One account of a pair.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PairAccount {
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
pub(crate) struct AccountPair {
    /// The affiliate's, else the one with more orders; of equal ones that with the first address.
    pub(crate) one: PairAccount,
    /// The other.
    pub(crate) other: PairAccount,
    /// Why; nothing where two accounts are a pair only because somebody has decided so.
    pub(crate) reasons: Vec<PairReason>,
    /// What was decided of it.
    pub(crate) decision: Option<PairDecision>,
}

impl AccountPair {
    /// What stands in both wallets.
    pub(crate) fn balance(&self) -> Money {
        self.one.balance + self.other.balance
    }

    /// Whether an affiliate is also a buyer under another address.
    pub(crate) fn is_of_affiliate_and_buyer(&self) -> bool {
        self.one.is_affiliate != self.other.is_affiliate
    }

    /// The key of the pair.
    pub(crate) fn key(&self) -> String {
        pair_key(&self.one.user_id, &self.other.user_id)
    }
}

/// All pairs, and the users of the app.
#[derive(Debug)]
pub(crate) struct Pairs {
    /// Those of which nobody has decided come first, and of these the ones with the most money.
    pub(crate) pairs: Vec<AccountPair>,
    /// The users.
    pub(crate) users: UserIndex,
    /// Those who were merged into somebody else.
    merged: HashSet<String>,
}

impl Pairs {
    /// Finds them.
    ///
    /// # Errors
    /// The database's errors; a decision that was kept by a later version.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let users: Vec<UserContact> = queries::people::contacts(store)?.collect();
        let accounts = AccountFigures::load(store)?;
        let mut decisions = decisions(store)?;
        let merged: HashSet<String> = decisions
            .values()
            .filter(|decision| decision.verdict == PairVerdict::Merged)
            .map(|decision| decision.other.clone())
            .collect();
        let known = KnownContacts::load(store, &users)?;
        let mut pairs = Vec::new();
        for ((one, other), reasons) in reasons(&users, &known) {
            let (one, other) = (&users[one], &users[other]);
            let decision = decisions.remove(&pair_key(&one.id, &other.id));
            // Whoever was merged into somebody is nobody's likeness any more.
            let is_over = decision.is_none() && [&one.id, &other.id].iter().any(|id| merged.contains(*id));
            if !is_over {
                pairs.push(accounts.pair(one, other, reasons.into_iter().collect(), decision));
            }
        }
        let user = |id: &str| users.iter().find(|user| user.id == id);
        for decision in decisions.into_values() {
            if let (Some(one), Some(other)) = (user(&decision.one), user(&decision.other)) {
                pairs.push(accounts.pair(one, other, Vec::new(), Some(decision.clone())));
            }
        }
        pairs.sort_by(|a, b| {
            let orders = |pair: &AccountPair| pair.one.orders + pair.other.orders;
            let waits = |pair: &AccountPair| pair.decision.is_none();
            (waits(b), b.balance(), orders(b))
                .cmp(&(waits(a), a.balance(), orders(a)))
                .then_with(|| (&a.one.email, &a.other.email).cmp(&(&b.one.email, &b.other.email)))
        });
        let users = UserIndex::new(users.into_iter(), Vec::new());
        Ok(Self { pairs, users, merged })
    }

    /// The pair of two users, whoever is named first.
    pub(crate) fn of(&self, one: &str, other: &str) -> Option<&AccountPair> {
        let key = pair_key(one, other);
        self.pairs.iter().find(|pair| pair.key() == key)
    }

    /// Whether a user was merged into somebody else.
    pub(crate) fn is_merged(&self, user_id: &str) -> bool {
        self.merged.contains(user_id)
    }
}

/// What is counted of accounts, by user.
struct AccountFigures {
    orders: HashMap<String, i64>,
    affiliates: BTreeSet<String>,
    balances: HashMap<String, Money>,
}

impl AccountFigures {
    fn load(store: &mut Store) -> anyhow::Result<Self> {
        let mut orders: HashMap<String, i64> = HashMap::new();
        for bought in queries::decisions::buyer_details(store)? {
            *orders.entry(bought.user_id).or_default() += bought.orders;
        }
        let profiles: Vec<AffiliateProfile> = store.all_rows()?;
        let wallets: Vec<Wallet> = store.all_rows()?;
        Ok(Self {
            orders,
            affiliates: profiles.into_iter().map(|profile| profile.user_id).collect(),
            balances: wallets.into_iter().map(|wallet| (wallet.user_id, wallet.balance)).collect(),
        })
    }

    fn account(&self, user: &UserContact) -> PairAccount {
        PairAccount {
            user_id: user.id.clone(),
            name: user.name.clone(),
            email: user.email.clone(),
            orders: self.orders.get(&user.id).copied().unwrap_or(0),
            is_affiliate: self.affiliates.contains(&user.id),
            balance: self.balances.get(&user.id).copied().unwrap_or(Money::ZERO),
        }
    }

    /// A pair, in the order of its decision, else the one first that is likelier to be kept.
    fn pair(
        &self,
        one: &UserContact,
        other: &UserContact,
        reasons: Vec<PairReason>,
        decision: Option<PairDecision>,
    ) -> AccountPair {
        let (mut one, mut other) = (self.account(one), self.account(other));
        let is_turned = match &decision {
            Some(decision) => decision.one != one.user_id,
            None => {
                (other.is_affiliate, other.orders, &one.email) > (one.is_affiliate, one.orders, &other.email)
            }
        };
        if is_turned {
            std::mem::swap(&mut one, &mut other);
        }
        AccountPair { one, other, reasons, decision }
    }
}

/// What people have decided, by the pair's key.
fn decisions(store: &mut Store) -> anyhow::Result<BTreeMap<String, PairDecision>> {
    let kept: Vec<SourceRecord> = store.select_in("kind", &[SourceRecordKind::Pair.as_str()])?;
    let decision = |row: SourceRecord| anyhow::Ok((row.source_key, serde_json::from_str(&row.payload.0)?));
    kept.into_iter().map(decision).collect()
}

/// What Sejoli knows of the affiliates whom users are, by the user's place.
#[derive(Debug, Default)]
struct KnownContacts {
    emails: Vec<(usize, String)>,
    phones: Vec<(usize, String)>,
}

impl KnownContacts {
    fn load(store: &mut Store, users: &[UserContact]) -> anyhow::Result<Self> {
        let places: HashMap<&str, usize> =
            users.iter().enumerate().map(|(at, user)| (user.id.as_str(), at)).collect();
        let mut known = Self::default();
        for mapping in store.all_rows::<AffiliateMapping>()? {
            let user_id = mapping.eksporyuk_user_id.as_deref();
            let Some(at) = user_id.and_then(|id| places.get(id)).copied() else { continue };
            known.emails.extend(mapping.email.as_deref().and_then(address).map(|email| (at, email)));
            known.phones.extend(mapping.phone.as_deref().and_then(number).map(|phone| (at, phone)));
        }
        Ok(known)
    }
}

/// The pairs among users, by their places, the lower one first, with all reasons.
fn reasons(users: &[UserContact], known: &KnownContacts) -> BTreeMap<(usize, usize), BTreeSet<PairReason>> {
    let mut found: BTreeMap<(usize, usize), BTreeSet<PairReason>> = BTreeMap::new();
    for (one, other) in of_one_number(users, known) {
        found.entry((one, other)).or_default().insert(PairReason::SamePhone);
    }
    for (one, other) in of_affiliates_addresses(users, known) {
        found.entry((one, other)).or_default().insert(PairReason::AffiliateAddress);
    }
    for (one, other, reason) in of_mistyped_addresses(users) {
        found.entry((one, other)).or_default().insert(reason);
    }
    for ((one, other), reasons) in &mut found {
        let (one, other) = (plain_name(&users[*one].name), plain_name(&users[*other].name));
        if one.is_empty() || other.is_empty() {
            continue;
        }
        if one == other {
            reasons.insert(PairReason::SameName);
        } else if reasons.contains(&PairReason::SamePhone)
            && strsim::jaro_winkler(&one, &other) >= TWO_SPELLINGS
        {
            reasons.insert(PairReason::SimilarName);
        }
    }
    found
}

fn of_one_number(users: &[UserContact], known: &KnownContacts) -> Vec<(usize, usize)> {
    let mut holders: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, user) in users.iter().enumerate() {
        let numbers = [user.phone.as_deref(), user.whatsapp.as_deref()];
        for phone in numbers.into_iter().flatten().filter_map(number) {
            holders.entry(phone).or_default().insert(at);
        }
    }
    for (at, phone) in &known.phones {
        holders.entry(phone.clone()).or_default().insert(*at);
    }
    let few = holders.into_values().filter(|holders| holders.len() <= MOST_OF_ONE_NUMBER);
    few.flat_map(|holders| pairs_of(&holders.into_iter().collect::<Vec<_>>())).collect()
}

/// Pairs of an affiliate's account and the account that has the address by which Sejoli knows the affiliate.
fn of_affiliates_addresses(users: &[UserContact], known: &KnownContacts) -> Vec<(usize, usize)> {
    let places: HashMap<String, usize> =
        users.iter().enumerate().filter_map(|(at, user)| Some((address(&user.email)?, at))).collect();
    let pair = |(at, email): &(usize, String)| {
        let holder = *places.get(email)?;
        (holder != *at).then(|| (holder.min(*at), holder.max(*at)))
    };
    known.emails.iter().filter_map(pair).collect()
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
        reasons(users, &KnownContacts::default())
            .into_iter()
            .map(|(pair, reasons)| (pair, reasons.into_iter().collect()))
            .collect()
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

    #[test]
    fn one_name_and_one_number_in_two_spellings_make_a_pair() {
        let two = [
            user("rina@example.org", "Rina Dewi", Some("0812-3456-7890")),
            user("rd@example.org", "Rina Dewy", Some("62 812 3456 7890")),
        ];
        assert_eq!(pairs(&two), [((0, 1), vec![PairReason::SamePhone, PairReason::SimilarName])]);
        let others = [
            user("rina@example.org", "Rina Dewi", Some("081234567890")),
            user("budi@example.org", "Budi Santoso", Some("081234567890")),
        ];
        assert_eq!(pairs(&others), [((0, 1), vec![PairReason::SamePhone])], "two names");
    }

    #[test]
    fn an_affiliate_whom_sejoli_knows_by_another_account_s_address_or_number_makes_a_pair() {
        let users = [
            user("toko@example.org", "Mitra", None),
            user("rina@example.org", "Rina", None),
            user("budi@example.org", "Budi", Some("081234567890")),
        ];
        let known = KnownContacts {
            emails: vec![(0, "rina@example.org".to_owned()), (1, "rina@example.org".to_owned())],
            phones: vec![(0, number("0812 3456 7890").expect("a number"))],
        };
        let found: Vec<_> = reasons(&users, &known).into_iter().collect();
        assert_eq!(
            found,
            [
                ((0, 1), BTreeSet::from([PairReason::AffiliateAddress])),
                ((0, 2), BTreeSet::from([PairReason::SamePhone])),
            ]
        );
    }
}

//! Whom the orders of each affiliate's code credit, and in whose wallet stands what was settled for it before.
//!
//! The app's people may reject a mapping or give it to another user. What was settled then moves as a whole:
//! conversions, wallet, profile and ledger. If the old wallet does not bear that, or the new one what was paid beyond
//! the code's commissions, or one of the code's orders was edited in the app, all of it stays where it is.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_sums::{AffiliatePosition, has_settled, owed};
use crate::pipeline::plan::linked_orders::LinkedOrders;
use crate::pipeline::plan::order_rows::CreditedAffiliate;
use crate::store::codec::record::Record as _;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::queries::orders::CodeLink;
use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile, AffiliateTotals, Identity, Wallet};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// The id of the row that says in whose wallet a code's settled sums stand.
pub(crate) fn owner_id(code: &str) -> String {
    id_for(Identity::TABLE.name, &format!("affiliate/{code}"), Millis(0))
}

/// Whom an affiliate's code credits.
#[derive(Clone, Debug)]
pub(crate) struct CodeOwner {
    /// Sejoli's code.
    pub(crate) code: String,
    /// Whether the app has a mapping for it.
    pub(crate) is_mapped: bool,
    /// What has been settled for it; none if no import has read the affiliate.
    pub(crate) totals: Option<AffiliateTotals>,
    /// The row that says in whose wallet that stands; none where nothing has been settled yet, or only by a version
    /// that did not keep it.
    pub(crate) identity: Option<Identity>,
    /// The user in whose wallet the settled sums stand.
    pub(crate) settled_with: Option<String>,
    /// The user whom the code's orders credit.
    pub(crate) credited: Option<String>,
}

impl CodeOwner {
    /// Whether what was settled is to be moved out of a wallet, or into another one.
    pub(crate) fn moves(&self) -> bool {
        self.settled_with.is_some() && self.settled_with != self.credited
    }
}

/// The owners of all codes, and the accounts of their users.
#[derive(Debug, Default)]
pub(crate) struct CodeOwners {
    /// In the order of the codes.
    pub(crate) owners: Vec<CodeOwner>,
    /// By user id.
    pub(crate) profiles: HashMap<String, AffiliateProfile>,
    /// By user id.
    pub(crate) wallets: HashMap<String, Wallet>,
    /// Why codes stay where they are.
    pub(crate) notes: Vec<Finding>,
}

impl CodeOwners {
    /// Decides whom each code credits.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let owners = code_owners(store)?;
        let users: BTreeSet<&str> = owners.iter().flat_map(users_of).collect();
        let users: Vec<&str> = users.into_iter().collect();
        let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
        let wallets: Vec<Wallet> = store.select_in("userId", &users)?;
        let mut all = Self {
            profiles: profiles.into_iter().map(|row| (row.user_id.clone(), row)).collect(),
            wallets: wallets.into_iter().map(|row| (row.user_id.clone(), row)).collect(),
            owners,
            notes: Vec::new(),
        };
        all.keep_what_cannot_move(store)?;
        Ok(all)
    }

    /// Leaves out all codes but some, and those that share an account with them, directly or through others: what
    /// moves from one wallet to another does so as a whole.
    pub(crate) fn keep_connected(&mut self, codes: &HashSet<String>) {
        let mut users: HashSet<String> = HashSet::new();
        let mut kept: HashSet<String> = codes.clone();
        loop {
            let connected = self.owners.iter().filter(|owner| kept.contains(&owner.code));
            let reached: Vec<String> = connected.flat_map(users_of).map(str::to_owned).collect();
            let before = users.len();
            users.extend(reached);
            if users.len() == before {
                break;
            }
            let sharing = self.owners.iter().filter(|owner| users_of(owner).any(|user| users.contains(user)));
            kept.extend(sharing.map(|owner| owner.code.clone()));
        }
        self.owners.retain(|owner| kept.contains(&owner.code));
        self.notes.retain(|note| kept.contains(note.detail.kept()));
    }

    /// Whom a code's orders are linked to; none where they credit nobody.
    pub(crate) fn credited_affiliate(&self, owner: &CodeOwner) -> Option<CreditedAffiliate> {
        let profile = self.profiles.get(owner.credited.as_deref()?)?;
        Some(CreditedAffiliate { profile_id: profile.id.clone(), user_id: profile.user_id.clone() })
    }

    /// Plans to forget what was settled in wallets that are gone, of codes that credit nobody.
    pub(crate) fn forget_lost(&self, written_at: Millis) -> Vec<Change> {
        let lost =
            self.owners.iter().filter(|owner| owner.settled_with.is_none() && owner.credited.is_none());
        let lost = lost.filter_map(|owner| owner.totals.as_ref()).filter(|totals| has_settled(totals));
        lost.filter_map(|totals| {
            let nothing = AffiliatePosition::default().into_totals(totals.clone(), written_at);
            Change::diff(&totals.id, totals.clone(), nothing, &["id"])
        })
        .collect()
    }

    /// Whether a user has profile and wallet.
    fn has_account(&self, user: &str) -> bool {
        self.profiles.contains_key(user) && self.wallets.contains_key(user)
    }

    fn keep_what_cannot_move(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let mut owners = std::mem::take(&mut self.owners);
        let mut settled: HashMap<String, AffiliatePosition> = HashMap::new();
        for (user, totals) in
            owners.iter().filter_map(|owner| owner.settled_with.clone().zip(owner.totals.as_ref()))
        {
            let before = settled.remove(&user).unwrap_or_default();
            settled.insert(user, [before, AffiliatePosition::settled(totals)].into_iter().sum());
        }
        for owner in &mut owners {
            if let Some(why) = self.why_it_stays(store, owner, &settled)? {
                let code = owner.code.clone();
                self.notes.push(Finding::at(why, "affiliate_code", code));
                owner.credited.clone_from(&owner.settled_with);
            }
            // What stood in a wallet that is gone stands nowhere.
            owner.settled_with = owner.settled_with.take().filter(|user| self.has_account(user));
        }
        self.owners = owners;
        Ok(())
    }

    fn why_it_stays(
        &self,
        store: &mut Store,
        owner: &CodeOwner,
        settled_with: &HashMap<String, AffiliatePosition>,
    ) -> anyhow::Result<Option<Code>> {
        if owner.credited.as_deref().is_some_and(|user| !self.has_account(user)) {
            return Ok(Some(Code::AffiliateAccountMissing));
        }
        let Some(user) = owner.settled_with.as_deref().filter(|_| owner.moves()) else { return Ok(None) };
        let Some((profile, wallet)) = self.profiles.get(user).zip(self.wallets.get(user)) else {
            return Ok(None);
        };
        let settled = owner.totals.as_ref().map_or(Money::ZERO, |totals| totals.settled_balance);
        let is_covered = settled <= Money::ZERO || wallet.balance >= settled;
        let is_movable = is_covered
            && self.is_borne_by_taker(owner, settled_with)
            && LinkedOrders::of_code(store, &owner.code, &profile.id)?.are_unedited();
        Ok((!is_movable).then_some(Code::AffiliateNotMoved))
    }

    /// Whether the wallet of the user who gets a code bears it: where more was paid for the code than was earned, that
    /// counts against what the user is owed for others. By what has been settled so far, of all of them.
    fn is_borne_by_taker(
        &self,
        owner: &CodeOwner,
        settled_with: &HashMap<String, AffiliatePosition>,
    ) -> bool {
        let Some((user, totals)) = owner.credited.as_deref().zip(owner.totals.as_ref()) else { return true };
        let Some(wallet) = self.wallets.get(user) else { return true };
        let others = settled_with.get(user).copied().unwrap_or_default();
        let earned = others.earnings + totals.settled_earnings;
        let falls_by = others.balance - owed(earned, others.payout + totals.reported_paid);
        falls_by <= Money::ZERO || wallet.balance >= falls_by
    }
}

/// What is known of each code: its mapping, which the app may have deleted, and what was settled for it.
fn code_owners(store: &mut Store) -> anyhow::Result<Vec<CodeOwner>> {
    let mappings: Vec<AffiliateMapping> = store.all_rows()?;
    let mut mappings: HashMap<String, AffiliateMapping> =
        mappings.into_iter().map(|row| (row.code.clone(), row)).collect();
    let totals: Vec<AffiliateTotals> = store.all_rows()?;
    let mut totals: HashMap<String, AffiliateTotals> =
        totals.into_iter().map(|row| (row.code.clone(), row)).collect();
    let codes: BTreeSet<String> = mappings.keys().chain(totals.keys()).cloned().collect();
    let ids: Vec<String> = codes.iter().map(|code| owner_id(code)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let identities: Vec<Identity> = store.select_in("id", &ids)?;
    let mut identities: HashMap<String, Identity> =
        identities.into_iter().map(|row| (row.id.clone(), row)).collect();
    let owner = |code: String| {
        let mapping = mappings.remove(&code);
        let is_verified = |mapping: &AffiliateMapping| {
            MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified)
        };
        let identity = identities.remove(&owner_id(&code));
        let totals = totals.remove(&code);
        CodeOwner {
            is_mapped: mapping.is_some(),
            settled_with: identity
                .as_ref()
                .map(|identity| identity.user_id.clone())
                .filter(|_| totals.as_ref().is_some_and(has_settled)),
            credited: mapping.filter(is_verified).and_then(|mapping| mapping.eksporyuk_user_id),
            code,
            totals,
            identity,
        }
    };
    let mut owners: Vec<CodeOwner> = codes.into_iter().map(owner).collect();
    learn_owners(store, &mut owners)?;
    Ok(owners)
}

/// Learns from the orders in whose wallets a version has settled codes that did not keep that: they are linked to the
/// profile of that wallet's user.
fn learn_owners(store: &mut Store, owners: &mut [CodeOwner]) -> anyhow::Result<()> {
    let is_unknown =
        |owner: &CodeOwner| owner.identity.is_none() && owner.totals.as_ref().is_some_and(has_settled);
    if !owners.iter().any(is_unknown) {
        return Ok(());
    }
    let links = queries::orders::code_links(store)?;
    let linked = |link: CodeLink| Some((link.affiliate_code, link.profile_id?));
    let profile_of: HashMap<String, String> = links.into_iter().filter_map(linked).collect();
    let ids: Vec<&str> = profile_of.values().map(String::as_str).collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("id", &ids)?;
    let user_of: HashMap<String, String> = profiles.into_iter().map(|row| (row.id, row.user_id)).collect();
    for owner in owners.iter_mut().filter(|owner| is_unknown(owner)) {
        let linked = profile_of.get(&owner.code).and_then(|profile| user_of.get(profile));
        owner.settled_with = linked.or(owner.credited.as_ref()).cloned();
    }
    Ok(())
}

fn users_of(owner: &CodeOwner) -> impl Iterator<Item = &str> {
    owner.settled_with.as_deref().into_iter().chain(owner.credited.as_deref())
}

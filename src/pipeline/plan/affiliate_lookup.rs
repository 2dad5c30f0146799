//! What is read from the app before affiliates are planned.

use std::collections::{HashMap, HashSet};

use crate::pipeline::plan::affiliate_decision::AffiliateIndex;
use crate::pipeline::plan::affiliate_owners::owner_id;
use crate::store::schema::tables::{
    AffiliateLink, AffiliateMapping, AffiliateProfile, AffiliateTotals, Identity, Role, SourceRecord, User,
    UserRole, Wallet,
};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// The rows that the app has for one affiliate.
#[derive(Debug, Default)]
pub(super) struct StandingAffiliate {
    pub(super) mapping: Option<AffiliateMapping>,
    pub(super) source: Option<SourceRecord>,
    pub(super) totals: Option<AffiliateTotals>,
}

/// The app's rows for the affiliates of one batch.
#[derive(Debug, Default)]
pub(crate) struct AffiliateLookupResult {
    /// By code.
    pub(super) standing: HashMap<String, StandingAffiliate>,
    /// The affiliates' users, by id.
    pub(super) users: HashMap<String, User>,
    /// By user.
    pub(super) profiles: HashMap<String, AffiliateProfile>,
    /// The users of the links that have one of the affiliates' codes, by code.
    pub(super) links: HashMap<String, Option<String>>,
    /// Ids of users with the affiliate role.
    pub(super) with_role: HashSet<String>,
    /// Ids of users with a wallet.
    pub(super) with_wallet: HashSet<String>,
    /// The users in whose wallets the codes were settled, by the ids of [`owner_id`].
    settled_with: HashMap<String, String>,
}

/// The affiliate codes and user ids to look up for one batch.
#[derive(Debug)]
pub(crate) struct AffiliateLookup {
    pub(super) codes: Vec<String>,
    pub(super) users: Vec<String>,
}

impl AffiliateLookupResult {
    pub(super) fn look_up(store: &mut Store, lookup: &AffiliateLookup) -> anyhow::Result<Self> {
        let codes: Vec<&str> = lookup.codes.iter().map(String::as_str).collect();
        let mut found = AffiliateLookupResult::default();
        let standing = &mut found.standing;
        for mapping in store.select_in::<AffiliateMapping>("sejoliAffiliateCode", &codes)? {
            let code = mapping.code.clone();
            standing.entry(code).or_default().mapping = Some(mapping);
        }
        for source in store.select_among::<SourceRecord>(
            Some(("kind", SourceRecordKind::Affiliate.as_str())),
            "sourceKey",
            &codes,
        )? {
            let code = source.source_key.clone();
            standing.entry(code).or_default().source = Some(source);
        }
        for totals in store.select_in::<AffiliateTotals>("affiliateCode", &codes)? {
            let code = totals.code.clone();
            standing.entry(code).or_default().totals = Some(totals);
        }
        let mapped = found.standing.values().filter_map(|standing| standing.mapping.as_ref());
        let mapped = mapped.filter_map(|mapping| mapping.eksporyuk_user_id.as_ref());
        let users: HashSet<&str> = lookup.users.iter().chain(mapped).map(String::as_str).collect();
        let users: Vec<&str> = users.into_iter().collect();
        let profiles = store.select_in::<AffiliateProfile>("userId", &users)?;
        let roles = store.select_in::<UserRole>("userId", &users)?;
        let wallets = store.select_in::<Wallet>("userId", &users)?;
        let known = profiles.iter().map(|profile| profile.affiliate_code.as_str());
        let fallback: Vec<String> = codes.iter().map(|code| AffiliateIndex::fallback(code)).collect();
        let of_links: HashSet<&str> =
            known.chain(codes.iter().copied()).chain(fallback.iter().map(String::as_str)).collect();
        let of_links: Vec<&str> = of_links.into_iter().collect();
        let links = store.select_in::<AffiliateLink>("code", &of_links)?;
        found.links = links.into_iter().map(|link| (link.code, link.user_id)).collect();
        let of_users = store.select_in::<User>("id", &users)?;
        found.users = of_users.into_iter().map(|user| (user.id.clone(), user)).collect();
        found.profiles = profiles.into_iter().map(|profile| (profile.user_id.clone(), profile)).collect();
        let with_role = roles.into_iter().filter(|role| role.role == Role::Affiliate);
        found.with_role = with_role.map(|role| role.user_id).collect();
        let owners: Vec<String> = codes.iter().map(|code| owner_id(code)).collect();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let owners = store.select_in::<Identity>("id", &owners)?;
        found.settled_with = owners.into_iter().map(|owner| (owner.id, owner.user_id)).collect();
        found.with_wallet = wallets.into_iter().map(|wallet| wallet.user_id).collect();
        Ok(found)
    }

    /// The user in whose wallet a code has been settled.
    pub(super) fn settled_with(&self, code: &str) -> Option<&str> {
        self.settled_with.get(&owner_id(code)).map(String::as_str)
    }

    pub(super) fn profile(&self, mapping: &AffiliateMapping) -> Option<&AffiliateProfile> {
        self.profiles.get(mapping.eksporyuk_user_id.as_ref()?)
    }
}

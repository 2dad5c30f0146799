//! The accounts of the verified affiliates: profile, wallet and what has been settled before.

use std::collections::HashMap;

use crate::store::queries;
use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile, AffiliateTotals, Wallet};
use crate::store::session::store::Store;

/// A verified affiliate's rows that the settlement reads and moves.
#[derive(Debug)]
pub(crate) struct AffiliateAccount {
    /// The affiliate's code in Sejoli.
    pub code: String,
    pub(super) profile: AffiliateProfile,
    pub(super) wallet: Wallet,
    pub(super) totals: AffiliateTotals,
}

/// The accounts of all verified affiliates, ordered by code. A mapping without profile, wallet or totals has none.
///
/// # Errors
/// The database's errors.
pub(crate) fn accounts(store: &mut Store) -> anyhow::Result<Vec<AffiliateAccount>> {
    let mappings = queries::affiliates::verified_by_code(store)?;
    let users: Vec<&str> =
        mappings.iter().filter_map(|mapping| mapping.eksporyuk_user_id.as_deref()).collect();
    let codes: Vec<&str> = mappings.iter().map(|mapping| mapping.code.as_str()).collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
    let wallets: Vec<Wallet> = store.select_in("userId", &users)?;
    let totals: Vec<AffiliateTotals> = store.select_in("affiliateCode", &codes)?;
    let mut profiles: HashMap<String, AffiliateProfile> =
        profiles.into_iter().map(|profile| (profile.user_id.clone(), profile)).collect();
    let mut wallets: HashMap<String, Wallet> =
        wallets.into_iter().map(|wallet| (wallet.user_id.clone(), wallet)).collect();
    let mut totals: HashMap<String, AffiliateTotals> =
        totals.into_iter().map(|totals| (totals.code.clone(), totals)).collect();
    let account = |mapping: AffiliateMapping| {
        let user = mapping.eksporyuk_user_id?;
        Some(AffiliateAccount {
            profile: profiles.remove(&user)?,
            wallet: wallets.remove(&user)?,
            totals: totals.remove(&mapping.code)?,
            code: mapping.code,
        })
    };
    Ok(mappings.into_iter().filter_map(account).collect())
}

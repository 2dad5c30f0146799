//! The affiliates that orders name by their Sejoli codes: the profile and the user that the app has for each, if
//! somebody has decided that.

use std::collections::HashMap;

use crate::pipeline::plan::affiliate_owners::{CodeOwner, CodeOwners};
use crate::pipeline::plan::order_rows::CreditedAffiliate;
use crate::store::session::store::Store;

/// The app's side of an affiliate's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResolvedAffiliate {
    /// The mapping has not been decided.
    Pending,
    /// The mapping is verified and its user has a profile.
    Verified(CreditedAffiliate),
}

impl ResolvedAffiliate {
    /// Whether the code leads to a profile.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self, ResolvedAffiliate::Verified(_))
    }
}

/// The resolved affiliates, by Sejoli code.
pub(crate) type ResolvedAffiliates = HashMap<String, ResolvedAffiliate>;

/// Resolves every affiliate code that the app has a mapping for.
///
/// # Errors
/// The database's errors.
pub(crate) fn resolve_affiliates(store: &mut Store) -> anyhow::Result<ResolvedAffiliates> {
    CodeOwners::load(store).map(|all| resolved(&all))
}

/// The affiliates of codes of which is known whom they credit.
pub(crate) fn resolved(all: &CodeOwners) -> ResolvedAffiliates {
    let resolve = |owner: &CodeOwner| {
        all.credited_affiliate(owner).map_or(ResolvedAffiliate::Pending, ResolvedAffiliate::Verified)
    };
    let mapped = all.owners.iter().filter(|owner| owner.is_mapped);
    mapped.map(|owner| (owner.code.clone(), resolve(owner))).collect()
}

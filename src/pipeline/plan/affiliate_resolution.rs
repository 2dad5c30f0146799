//! The affiliates that orders name by their Sejoli codes: the profile and the user that the app has for each, if
//! somebody has decided that.

use std::collections::HashMap;

use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// The app's side of an affiliate's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResolvedAffiliate {
    /// The mapping has not been decided.
    Pending,
    /// The mapping is verified and its user has a profile.
    Verified {
        /// AffiliateProfile.id (L19).
        profile_id: String,
        /// The id of the profile's user.
        user_id: String,
    },
}

impl ResolvedAffiliate {
    /// Whether the code leads to a profile.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self, ResolvedAffiliate::Verified { .. })
    }
}

/// The resolved affiliates, by Sejoli code.
pub(crate) type ResolvedAffiliates = HashMap<String, ResolvedAffiliate>;

/// Resolves every affiliate code that the app has a mapping for.
///
/// # Errors
/// The database's errors.
pub(crate) fn resolve_affiliates(store: &mut Store) -> anyhow::Result<ResolvedAffiliates> {
    let mappings: Vec<AffiliateMapping> = store.all_rows()?;
    let users: Vec<&str> =
        mappings.iter().filter_map(|mapping| mapping.eksporyuk_user_id.as_deref()).collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
    let by_user: HashMap<&str, &str> =
        profiles.iter().map(|profile| (profile.user_id.as_str(), profile.id.as_str())).collect();
    let seller = |mapping: &AffiliateMapping| {
        let user = mapping
            .eksporyuk_user_id
            .as_deref()
            .filter(|_| MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified));
        match user.and_then(|user| Some((by_user.get(user)?, user))) {
            Some((profile, user)) => {
                ResolvedAffiliate::Verified { profile_id: (*profile).to_owned(), user_id: user.to_owned() }
            }
            None => ResolvedAffiliate::Pending,
        }
    };
    Ok(mappings.iter().map(|mapping| (mapping.code.clone(), seller(mapping))).collect())
}

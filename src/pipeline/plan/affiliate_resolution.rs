//! The affiliates that orders name by their Sejoli codes: the profile and the user that the app has for each, if
//! somebody has decided that.

use std::collections::HashMap;

use crate::store::schema::tables::{AffiliateMapping, AffiliateProfile};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// Sums paid to whom: an affiliate's code and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResolvedAffiliate {
    /// Nobody has decided yet who it is.
    Pending,
    /// A profile of the app, and its user.
    Verified {
        /// AffiliateProfile.id (L19).
        profile_id: String,
        /// Its user.
        user_id: String,
    },
}

impl ResolvedAffiliate {
    /// Whether it is known who it is.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self, ResolvedAffiliate::Verified { .. })
    }
}

/// The affiliates of the app by their Sejoli codes.
pub(crate) type ResolvedAffiliates = HashMap<String, ResolvedAffiliate>;

/// Reads the mappings of the app.
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

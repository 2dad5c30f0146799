//! What the app writes when it approves an affiliate, besides profile and wallet: without it the affiliate is turned away
//! at the door of the affiliates' pages (L32).

use std::collections::HashSet;

use crate::domain::affiliate::Affiliate;
use crate::domain::conventions::AppRelease;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::ids::id_for;
use crate::domain::referral;
use crate::pipeline::plan::affiliate_lookup::AffiliateLookupResult;
use crate::pipeline::plan::affiliate_rows::joined_or_epoch;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{AffiliateLink, AffiliateLinkType, AffiliateProfile, Role, User};
use crate::store::session::store::Store;

/// How this app lets affiliates in.
#[derive(Clone, Debug)]
pub(crate) struct AffiliateDoor {
    /// The release, which decides whose role rises.
    pub(crate) app: AppRelease,
    /// Whether users have `affiliateMenuEnabled`.
    pub(crate) has_menu: bool,
    /// Whether profiles have `profileCompleted`.
    pub(crate) has_onboarding: bool,
    /// Whether the app keeps links.
    pub(crate) keeps_links: bool,
    /// The address of the app's site.
    pub(crate) site: Option<String>,
    /// The users for whom this run has opened it.
    pub(crate) opened: HashSet<String>,
}

impl AffiliateDoor {
    /// The door of the app whose database this is.
    pub(crate) fn of(store: &Store, app: AppRelease, site: Option<String>) -> Self {
        Self {
            app,
            has_menu: store.has_column(User::TABLE, "affiliateMenuEnabled"),
            has_onboarding: store.has_column(AffiliateProfile::TABLE, "profileCompleted"),
            keeps_links: store.has_table(AffiliateLink::TABLE.name),
            site,
            opened: HashSet::new(),
        }
    }

    /// Opens the door for the user of a verified affiliate: role, menu, a finished profile, and a link.
    pub(super) fn open(
        &mut self,
        found: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        profile: &AffiliateProfile,
        findings: &mut Vec<Finding>,
    ) {
        if !self.opened.insert(profile.user_id.clone()) {
            return;
        }
        if let Some(user) = found.users.get(&profile.user_id) {
            plan.change(self.admit(user, plan.written_at));
        }
        plan.change(self.link(found, plan.written_at, affiliate, profile, findings));
    }

    /// The role that an affiliate of this role gets: what the app lets in already stays (L9).
    pub(super) fn role(&self, role: Role) -> Role {
        match (role, self.app) {
            (Role::MemberFree, _) | (Role::MemberPremium, AppRelease::December) => Role::Affiliate,
            _ => role,
        }
    }

    fn admit(&self, user: &User, written_at: Millis) -> Option<Change> {
        let role = self.role(user.role);
        let opens_menu = self.has_menu && !user.affiliate_menu_enabled.0;
        if role == user.role && !opens_menu {
            return None;
        }
        let mut set = Vec::new();
        if role != user.role {
            set.push(("role", Value::Text(role.as_str().to_owned())));
        }
        if opens_menu {
            set.push(("affiliateMenuEnabled", Value::Bool(true)));
        }
        set.push(("updatedAt", Value::Time(written_at)));
        let change = Change::update::<User>(&user.id, set);
        Some(change.if_unchanged("role", Value::Text(user.role.as_str().to_owned())))
    }

    /// The link whose code is the affiliate's, by which the app recognises a sale.
    fn link(
        &self,
        found: &AffiliateLookupResult,
        written_at: Millis,
        affiliate: &Affiliate,
        profile: &AffiliateProfile,
        findings: &mut Vec<Finding>,
    ) -> Option<Change> {
        if !self.keeps_links {
            return None;
        }
        let code = &profile.affiliate_code;
        if let Some(owner) = found.links.get(code) {
            let is_own = owner.as_ref() == Some(&profile.user_id);
            findings
                .extend((!is_own).then(|| Finding::at(Code::LinkCodeTaken, "affiliate_code", code.clone())));
            return None;
        }
        Some(Change::insert(AffiliateLink {
            id: id_for(AffiliateLink::TABLE.name, code, joined_or_epoch(affiliate)),
            user_id: Some(profile.user_id.clone()),
            affiliate_id: Some(profile.id.clone()),
            code: code.clone(),
            full_url: self.site.as_ref().map(|site| referral::address(site, referral::CHECKOUT, code)),
            link_type: AffiliateLinkType::Checkout,
            clicks: 0,
            conversions: 0,
            is_active: true,
            is_archived: false,
            created_at: affiliate.joined_at.unwrap_or(written_at),
            updated_at: written_at,
        }))
    }
}

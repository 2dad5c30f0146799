//! The affiliate's door, the onboarding behind it, and the link that sells.

use crate::language::tr;
use crate::store::schema::tables::Role;
use crate::verify::app::affiliates::AppAffiliate;
use crate::verify::app::facts::AppFacts;
use crate::verify::report::VerifyCheck;

/// Whether the app lets somebody in to the affiliates' pages.
pub(super) fn is_let_in(facts: &AppFacts<'_>, affiliate: &AppAffiliate) -> bool {
    let role = affiliate.user.role;
    if !facts.is_newer() {
        return role == Role::Affiliate;
    }
    let has_balance = affiliate.wallet.as_ref().is_some_and(|wallet| wallet.balance.is_positive());
    let has_link =
        affiliate.links.iter().any(|link| link.user_id.as_deref() == Some(affiliate.user.id.as_str()));
    let is_flagged = affiliate.has_sale
        || has_link
        || has_balance
        || affiliate.user.affiliate_menu_enabled.0
        || affiliate.profile.is_active;
    is_flagged && role != Role::MemberFree
}

/// The door is open: by role, by the flag that is made at log-in, by the approval.
pub(super) fn door(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let (user, profile, who) = (&affiliate.user, &affiliate.profile, || affiliate.who(facts));
    let stays = matches!(user.role, Role::Admin | Role::Mentor);
    check.compare(is_let_in(facts, affiliate) || stays, || {
        tr!("{}: is turned away from the affiliates' pages as {}", who(), user.role.as_str())
    });
    if facts.has_menu_flag && !stays {
        check.compare(user.affiliate_menu_enabled.0, || {
            tr!("{}: affiliateMenuEnabled is false: the menu has no entry for affiliates", who())
        });
    }
    let is_approved =
        profile.is_active && profile.application_status == "APPROVED" && profile.approved_at.is_some();
    let wrong = || tr!("{}: the profile is not approved: applicationStatus, isActive or approvedAt", who());
    match profile.external_id {
        Some(_) => check.compare(is_approved, wrong),
        // The app's own profile is the app's affair (L9).
        None if is_approved => check.values += 1,
        None => check.facts.push(wrong()),
    }
    check.compare(affiliate.wallet.is_some(), || tr!("{}: has no wallet", who()));
}

/// Nobody whose name and number are known is led to the onboarding, behind which earnings, links and payouts are locked.
pub(super) fn onboarding(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let who = || affiliate.who(facts);
    match (is_reachable(affiliate), is_onboarded(facts, affiliate)) {
        (true, done) if done || affiliate.has_imported_profile() => {
            check.compare(done, || {
                tr!("{}: earnings, links and payouts are locked: profileCompleted is false", who())
            });
        }
        (true, _) => check.facts.push(tr!("{}: the app's own profile is not completed", who())),
        (false, _) => check.facts.push(tr!("{}: is led to the onboarding: no number is known", who())),
    }
}

/// Whether a name and a number are known, without which a profile is not complete.
fn is_reachable(affiliate: &AppAffiliate) -> bool {
    let user = &affiliate.user;
    let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    !user.name.trim().is_empty() && (has(&user.phone) || has(&user.whatsapp))
}

/// Whether the app takes the onboarding for done. The one of December 2025 takes a name and a number for it, too.
pub(super) fn is_onboarded(facts: &AppFacts<'_>, affiliate: &AppAffiliate) -> bool {
    affiliate.profile.profile_completed.0 || !facts.is_newer() && is_reachable(affiliate)
}

/// The user for whom the advertised link sells: `?ref=` with the username, else with the affiliate's code.
pub(super) fn sells_for(affiliate: &AppAffiliate) -> Option<&str> {
    let advertised = advertised(affiliate);
    let link = affiliate.links.iter().find(|link| link.code == advertised && link.is_active);
    match link {
        Some(link) => link.user_id.as_deref(),
        None => affiliate.called.as_deref().filter(|_| affiliate.user.username.is_some()),
    }
}

/// What stands behind `?ref=` in the affiliate's own link.
pub(super) fn advertised(affiliate: &AppAffiliate) -> &str {
    affiliate.user.username.as_deref().unwrap_or(&affiliate.profile.affiliate_code)
}

/// The link that the affiliate's page advertises sells for the affiliate, and so does the one with the affiliate's code.
pub(super) fn ref_link(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let (user, profile, who) = (&affiliate.user, &affiliate.profile, || affiliate.who(facts));
    let seller = sells_for(affiliate);
    let by_role = affiliate.user.username.is_some() && user.role != Role::Affiliate;
    if seller == Some(user.id.as_str()) || !by_role {
        check.compare(seller == Some(user.id.as_str()), || {
            let seller = seller.map_or(tr!("nobody").to_owned(), |id| tr!("user {id}"));
            tr!("{}: the link that the app advertises sells for {seller}", who())
        });
    } else {
        check.facts.push(tr!(
            "{}: has a username and is {}: that link sells for nobody",
            who(),
            user.role.as_str()
        ));
    }
    let mut of_code = affiliate.links.iter().filter(|link| link.code == profile.affiliate_code);
    let Some(link) = of_code.next() else {
        check.compare(false, || tr!("{}: no link has the affiliate's code: it sells for nobody", who()));
        return;
    };
    check.compare(link.user_id.as_deref() == Some(user.id.as_str()), || {
        tr!("{}: the link with the affiliate's code is another user's", who())
    });
    check.compare(link.affiliate_id.as_deref() == Some(profile.id.as_str()), || {
        tr!("{}: the link with the affiliate's code does not name the profile", who())
    });
    check.compare(link.is_active && !link.is_archived, || {
        tr!("{}: the link with the affiliate's code is not active", who())
    });
}

//! The app's rows of one affiliate, field by field, and the fingerprints that show whether the app has edited them.

use crate::domain::affiliate::Affiliate;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::ids::id_for;
use crate::domain::money::{Money, Rate};
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Field as _, Later, Value};
use crate::store::history::journal::Change;
use crate::store::schema::tables::{
    AffiliateMapping, AffiliateProfile, AffiliateTotals, Role, User, UserRole, Wallet,
};
use crate::store::schema::words::MappingStatus;

pub(super) fn create_role(plan: &mut BatchPlan, affiliate: &Affiliate, user_id: &str) {
    plan.change([Change::insert(UserRole {
        id: id_for(UserRole::TABLE.name, user_id, joined_or_epoch(affiliate)),
        user_id: user_id.to_owned(),
        role: Role::Affiliate,
        created_at: plan.written_at,
    })]);
}

pub(super) fn create_wallet(plan: &mut BatchPlan, affiliate: &Affiliate, user_id: &str) {
    plan.change([Change::insert(Wallet {
        id: id_for(Wallet::TABLE.name, user_id, joined_or_epoch(affiliate)),
        user_id: user_id.to_owned(),
        balance: Money::ZERO,
        balance_pending: Money::ZERO,
        total_earnings: Money::ZERO,
        total_payout: Money::ZERO,
        created_at: plan.written_at,
        updated_at: plan.written_at,
    })]);
}

/// What `verifiedBy` begins with where an import has decided a mapping.
pub(super) const BY_IMPORT: &str = "sejoli-migrate: ";

pub(super) enum MappingDecision {
    Pending(String),
    Verified { user_id: String, by: &'static str },
}

pub(super) fn write_mapping(
    plan: &mut BatchPlan,
    affiliate: &Affiliate,
    old: Option<&AffiliateMapping>,
    decision: MappingDecision,
) {
    let written_at = plan.written_at;
    let (status, user, by, at, notes) = match decision {
        MappingDecision::Pending(notes) => (MappingStatus::Pending, None, None, None, Some(notes)),
        MappingDecision::Verified { user_id, by } => {
            (MappingStatus::Verified, Some(user_id), Some(format!("{BY_IMPORT}{by}")), Some(written_at), None)
        }
    };
    let new = AffiliateMapping {
        id: old.map_or_else(
            || id_for(AffiliateMapping::TABLE.name, &affiliate.code, joined_or_epoch(affiliate)),
            |old| old.id.clone(),
        ),
        code: affiliate.code.clone(),
        name: affiliate.name.clone(),
        email: affiliate.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: affiliate.phone.map(|phone| phone.to_string()),
        eksporyuk_user_id: user,
        status: status.as_str().to_owned(),
        verified_by: by,
        verified_at: at,
        notes,
        created_at: old.map_or(written_at, |old| old.created_at),
        updated_at: written_at,
    };
    match old {
        None => plan.change([Change::insert(new)]),
        Some(old) => {
            let quiet = AffiliateMapping { updated_at: old.updated_at, ..new.clone() };
            if quiet != *old {
                plan.change(Change::diff(&old.id, old.clone(), new, &["id"]));
            }
        }
    }
}

pub(super) fn joined_or_epoch(affiliate: &Affiliate) -> Millis {
    affiliate.joined_at.unwrap_or(Millis(0))
}

fn rate_of(affiliate: &Affiliate) -> Rate {
    affiliate.rate.unwrap_or(Rate::from_hundredths(0))
}

pub(super) fn new_user(
    id: &str,
    affiliate: &Affiliate,
    email: &str,
    created_at: Millis,
    updated_at: Millis,
) -> User {
    User {
        id: id.to_owned(),
        email: email.to_owned(),
        username: None,
        name: affiliate.name.clone(),
        password: None,
        role: Role::MemberFree,
        phone: affiliate.phone.map(|phone| phone.to_string()),
        whatsapp: None,
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: Some("SEJOLI".to_owned()),
        created_at,
        updated_at,
        affiliate_menu_enabled: Later::default(),
    }
}

pub(super) fn new_profile(
    affiliate: &Affiliate,
    user_id: &str,
    code: String,
    link: String,
    written_at: Millis,
) -> AffiliateProfile {
    let joined_at = affiliate.joined_at.unwrap_or(written_at);
    AffiliateProfile {
        id: id_for(AffiliateProfile::TABLE.name, &affiliate.code, joined_or_epoch(affiliate)),
        user_id: user_id.to_owned(),
        affiliate_code: code,
        short_link: link,
        tier: 1,
        commission_rate: rate_of(affiliate),
        total_clicks: 0,
        total_conversions: 0,
        total_sales: Money::ZERO,
        total_earnings: Money::ZERO,
        is_active: true,
        application_status: "APPROVED".to_owned(),
        whatsapp: affiliate.phone.map(|phone| phone.to_string()),
        approved_at: Some(joined_at),
        external_id: Some(affiliate.code.clone()),
        created_at: joined_at,
        updated_at: written_at,
        profile_completed: Later::default(),
        profile_completed_at: Later::default(),
        bank_name: Later::default(),
        bank_account_name: Later::default(),
        bank_account_number: Later::default(),
    }
}

pub(super) fn profile_change(
    old: AffiliateProfile,
    affiliate: &Affiliate,
    written_at: Millis,
) -> Option<Change> {
    let rate = rate_of(affiliate);
    (old.commission_rate != rate).then(|| {
        let set = vec![("commissionRate", rate.into_value()), ("updatedAt", Value::Time(written_at))];
        Change::update::<AffiliateProfile>(&old.id, set)
            .if_unchanged("commissionRate", old.commission_rate.into_value())
    })
}

/// The fingerprint of the values that an import takes from the affiliate's row.
pub(super) fn written_fingerprint(affiliate: &Affiliate) -> u64 {
    let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    fingerprint(&[
        Value::Text(affiliate.name.clone()),
        text(affiliate.email.as_ref().map(|email| email.as_str())),
        text(affiliate.phone.map(|phone| phone.to_string()).as_deref()),
        rate_of(affiliate).into_value(),
    ])
}

/// The same fingerprint of the app's current rows.
pub(super) fn standing_fingerprint(mapping: &AffiliateMapping, profile: &AffiliateProfile) -> u64 {
    fingerprint(&[
        Value::Text(mapping.name.clone()),
        mapping.email.clone().into_value(),
        mapping.phone.clone().into_value(),
        profile.commission_rate.into_value(),
    ])
}

/// The change of what the files state in total. A figure that was known stays where the file has none any more (L21).
pub(super) fn totals_change(
    old: Option<AffiliateTotals>,
    affiliate: &Affiliate,
    written_at: Millis,
    findings: &mut Vec<Finding>,
) -> Option<Change> {
    let Some(old) = old else {
        return Some(Change::insert(AffiliateTotals {
            id: id_for(AffiliateTotals::TABLE.name, &affiliate.code, joined_or_epoch(affiliate)),
            code: affiliate.code.clone(),
            reported_commissions: affiliate.total_commissions,
            reported_paid: affiliate.total_paid.unwrap_or(Money::ZERO),
            settled_conversions: 0,
            settled_sales: Money::ZERO,
            settled_earnings: Money::ZERO,
            settled_payout: Money::ZERO,
            settled_balance: Money::ZERO,
            created_at: written_at,
            updated_at: written_at,
        }));
    };
    findings.extend(paid_finding(old.reported_paid, affiliate.total_paid));
    let reported_paid = affiliate.total_paid.unwrap_or(old.reported_paid);
    if old.reported_commissions == affiliate.total_commissions && old.reported_paid == reported_paid {
        return None;
    }
    let new = AffiliateTotals {
        reported_commissions: affiliate.total_commissions,
        reported_paid,
        updated_at: written_at,
        ..old.clone()
    };
    let id = old.id.clone();
    Change::diff(&id, old, new, &["id"])
}

/// What there is to say where a file states less as paid than was known.
pub(super) fn paid_finding(known: Money, stated: Option<Money>) -> Option<Finding> {
    let (code, detail) = match stated {
        None if known.is_positive() => (Code::TotalPaidMissing, format!("{known} is known")),
        Some(stated) if stated < known => (Code::TotalPaidLowered, format!("{stated} instead of {known}")),
        _ => return None,
    };
    Some(Finding::at(code, "total_paid", detail))
}

//! The app's rows of one affiliate, field by field, and the fingerprints that show whether the app has edited them.

use crate::domain::affiliate::Affiliate;
use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::ids::id_for;
use crate::domain::money::{Money, Rate};
use crate::language::tr;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Field as _, LaterColumn, Value};
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
pub(crate) const BY_IMPORT: &str = "sejoli-migrate: ";

pub(super) enum PlannedMapping {
    Pending(String),
    Verified { user_id: String, by: &'static str },
}

pub(super) fn write_mapping(
    plan: &mut BatchPlan,
    affiliate: &Affiliate,
    old: Option<&AffiliateMapping>,
    decision: PlannedMapping,
) {
    let written_at = plan.written_at;
    let (status, user, by, at, notes) = match decision {
        PlannedMapping::Pending(notes) => (MappingStatus::Pending, None, None, None, Some(notes)),
        PlannedMapping::Verified { user_id, by } => {
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
    (role, affiliate_menu_enabled): (Role, bool),
    created_at: Millis,
    updated_at: Millis,
) -> User {
    User {
        id: id.to_owned(),
        email: email.to_owned(),
        username: None,
        name: affiliate.name.clone(),
        password: None,
        role,
        phone: affiliate.phone.map(|phone| phone.to_string()),
        whatsapp: None,
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: Some("SEJOLI".to_owned()),
        created_at,
        updated_at,
        affiliate_menu_enabled: LaterColumn(affiliate_menu_enabled),
    }
}

/// A profile. Its id is the user's: the app's boards read the id in a conversion as a user's, its wallet page as a
/// profile's, and so both are right (L31).
pub(super) fn new_profile(
    affiliate: &Affiliate,
    user_id: &str,
    (code, link): (String, String),
    is_completed: bool,
    written_at: Millis,
) -> AffiliateProfile {
    let joined_at = affiliate.joined_at.unwrap_or(written_at);
    AffiliateProfile {
        id: user_id.to_owned(),
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
        profile_completed: LaterColumn(is_completed),
        profile_completed_at: LaterColumn(is_completed.then_some(joined_at)),
        bank_name: LaterColumn::default(),
        bank_account_name: LaterColumn::default(),
        bank_account_number: LaterColumn::default(),
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

/// What of an affiliate's rows an import takes from the file, or what stands there now.
pub(super) struct AffiliateValues(Vec<Value>);

impl AffiliateValues {
    /// What the file says.
    pub(super) fn asked(affiliate: &Affiliate) -> Self {
        let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
        Self(vec![
            Value::Text(affiliate.name.clone()),
            text(affiliate.email.as_ref().map(|email| email.as_str())),
            text(affiliate.phone.map(|phone| phone.to_string()).as_deref()),
            rate_of(affiliate).into_value(),
        ])
    }

    /// What the app's rows say.
    pub(super) fn standing(mapping: &AffiliateMapping, profile: &AffiliateProfile) -> Self {
        Self(vec![
            Value::Text(mapping.name.clone()),
            mapping.email.clone().into_value(),
            mapping.phone.clone().into_value(),
            profile.commission_rate.into_value(),
        ])
    }

    /// The fingerprint that is kept beside the source row.
    pub(super) fn fingerprint(mut self) -> String {
        self.0.push(Value::Text(DOOR.to_owned()));
        format!("{:016x}", fingerprint(&self.0))
    }

    /// The fingerprint of version 0.1, which did not open the affiliates' door.
    pub(super) fn fingerprint_of_first_version(&self) -> String {
        format!("{:016x}", fingerprint(&self.0))
    }

    /// Whether a kept fingerprint is of these values, whichever version has written it.
    pub(super) fn are_kept(self, kept: &str) -> bool {
        kept == self.fingerprint_of_first_version() || kept == self.fingerprint()
    }
}

/// Part of a fingerprint since imports write what lets an affiliate in.
const DOOR: &str = "door";

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
        None if known.is_positive() => (Code::TotalPaidMissing, Detail::said(|| tr!("{known} is known"))),
        Some(stated) if stated < known => {
            (Code::TotalPaidLowered, Detail::said(|| tr!("{stated} instead of {known}")))
        }
        _ => return None,
    };
    Some(Finding::at(code, "total_paid", detail))
}

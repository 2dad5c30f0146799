//! What the affiliates are owed of their commissions, and what the app lets them ask for.

use std::collections::{BTreeMap, HashMap};

use crate::domain::commission_figures::{AffiliateCommissions, CommissionFigures, CommissionTable};
use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::reconciliation::FurtherSums;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateProfile, AffiliateTotals, Identity};
use crate::store::session::store::Store;

/// Gathers the figures of all persons whose commissions are settled.
///
/// # Errors
/// The database's errors.
pub(super) fn gather(store: &mut Store, reconciled: &FurtherSums) -> anyhow::Result<CommissionTable> {
    let totals = store.answer(queries::affiliates::totals_by_code(store))?;
    let ids: Vec<String> = totals.iter().map(owner_id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let owners: Vec<Identity> = store.select_in("id", &ids)?;
    let owners: HashMap<&str, &str> =
        owners.iter().map(|row| (row.id.as_str(), row.user_id.as_str())).collect();
    let mut people: BTreeMap<&str, Vec<&AffiliateTotals>> = BTreeMap::new();
    for totals in &totals {
        if let Some(user) = owners.get(owner_id(totals).as_str()) {
            people.entry(user).or_default().push(totals);
        }
    }
    let users: Vec<&str> = people.keys().copied().collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
    let of_profile = |profile: &AffiliateProfile| {
        let totals = people.get(profile.user_id.as_str())?;
        Some(commissions_of(totals, &profile.id, reconciled))
    };
    Ok(CommissionTable::new(profiles.iter().filter_map(of_profile).collect()))
}

/// The row that says in whose wallet a code's settled sums stand.
fn owner_id(totals: &AffiliateTotals) -> String {
    id_for(Identity::TABLE.name, &format!("affiliate/{}", totals.code), Millis(0))
}

fn commissions_of(
    totals: &[&AffiliateTotals],
    profile_id: &str,
    reconciled: &FurtherSums,
) -> AffiliateCommissions {
    let codes: Vec<&str> = totals.iter().map(|totals| totals.code.as_str()).collect();
    let earned = totals.iter().map(|totals| totals.settled_earnings).sum();
    let paid = totals.iter().map(|totals| totals.settled_payout).sum();
    let credited = reconciled.credited.get(profile_id).copied().unwrap_or_default();
    let unpaid_tiers: Money =
        codes.iter().filter_map(|code| reconciled.unpaid_tiers.get(*code)).copied().sum();
    let figures = CommissionFigures::new(earned, paid, credited.paid_by_app, credited.requestable);
    AffiliateCommissions { affiliate: codes.join(", "), figures: figures.with_higher_tiers(unpaid_tiers) }
}

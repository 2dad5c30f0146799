//! What the affiliates are owed of their commissions, and what the app lets them ask for.

use std::collections::{BTreeMap, HashMap};

use crate::domain::commission_figures::{AffiliateCommissions, CommissionFigures, CommissionTable};
use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::queries::affiliates::CreditedConversion;
use crate::store::queries::commissions::HigherTier;
use crate::store::schema::tables::{AffiliateProfile, AffiliateTotals, Identity};
use crate::store::session::store::Store;

/// Affiliates whose conversions are in memory at once.
const AT_ONCE: usize = 100;

/// Gathers the figures of all persons whose commissions are settled.
///
/// # Errors
/// The database's errors.
pub(super) fn gather(store: &mut Store) -> anyhow::Result<CommissionTable> {
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
    let mut affiliates = Vec::new();
    for users in users.chunks(AT_ONCE) {
        let profiles: Vec<AffiliateProfile> = store.select_in("userId", users)?;
        let ids: Vec<&str> = profiles.iter().map(|row| row.id.as_str()).collect();
        let mut credited: HashMap<String, Vec<CreditedConversion>> = HashMap::new();
        for one in queries::affiliates::credited_conversions(store, &ids)? {
            credited.entry(one.conversion.profile_id.clone()).or_default().push(one);
        }
        let codes: Vec<&str> = users
            .iter()
            .filter_map(|user| people.get(user))
            .flatten()
            .map(|totals| totals.code.as_str())
            .collect();
        let tiers = queries::commissions::kept_of_codes(store, &codes)?.higher_tiers;
        for profile in &profiles {
            let Some(totals) = people.get(profile.user_id.as_str()) else { continue };
            let credited = credited.remove(&profile.id).unwrap_or_default();
            affiliates.push(commissions_of(totals, &credited, &tiers));
        }
    }
    Ok(CommissionTable::new(affiliates))
}

/// The row that says in whose wallet a code's settled sums stand.
fn owner_id(totals: &AffiliateTotals) -> String {
    id_for(Identity::TABLE.name, &format!("affiliate/{}", totals.code), Millis(0))
}

fn commissions_of(
    totals: &[&AffiliateTotals],
    credited: &[CreditedConversion],
    tiers: &[HigherTier],
) -> AffiliateCommissions {
    let codes: Vec<&str> = totals.iter().map(|totals| totals.code.as_str()).collect();
    let earned = totals.iter().map(|totals| totals.settled_earnings).sum();
    let paid = totals.iter().map(|totals| totals.settled_payout).sum();
    let sum = |counts: &dyn Fn(&CreditedConversion) -> bool| -> Money {
        credited.iter().filter(|one| counts(one)).map(|one| one.conversion.commission).sum()
    };
    let by_app = sum(&CreditedConversion::is_paid_by_app);
    let requestable = sum(&|one| !one.conversion.is_paid_out);
    let is_unpaid =
        |one: &&HigherTier| !one.commission.paid && codes.contains(&one.commission.affiliate_code.as_str());
    let unpaid_tiers = tiers.iter().filter(is_unpaid).map(|one| one.commission.amount).sum();
    let figures = CommissionFigures::new(earned, paid, by_app, requestable).with_higher_tiers(unpaid_tiers);
    AffiliateCommissions { affiliate: codes.join(", "), figures }
}

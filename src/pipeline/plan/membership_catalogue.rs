//! The app's own list of memberships: which of those in the product map it has, and those to be created on request.

use std::collections::BTreeMap;

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::domain::product_map::ProductMap;
use crate::failure::Failure;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::JsonText;
use crate::store::history::journal::Change;
use crate::store::schema::tables;
use crate::store::schema::tables::{CommissionType, MembershipDuration};
use crate::store::session::store::Store;

/// The ids of the app's memberships that the product map names, by slug.
///
/// # Errors
/// The database's errors.
pub(crate) fn app_memberships(
    store: &mut Store,
    map: &ProductMap,
) -> anyhow::Result<BTreeMap<String, String>> {
    let slugs: Vec<&str> = map.products.values().filter_map(|mapped| mapped.membership.as_deref()).collect();
    let found: Vec<tables::Membership> = store.select_in("slug", &slugs)?;
    Ok(found.into_iter().filter_map(|membership| Some((membership.slug?, membership.id))).collect())
}

/// The changes that create the memberships that the product map names and the app lacks. They are created inactive,
/// so that none is for sale before it has been reviewed.
///
/// # Errors
/// Exit code 6 if the map states no duration for one of them.
pub(crate) fn missing_memberships(
    map: &ProductMap,
    app: &BTreeMap<String, String>,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let mut wanted: BTreeMap<&str, tables::Membership> = BTreeMap::new();
    for (product_id, mapped) in &map.products {
        let Some(slug) = mapped.membership.as_deref().filter(|slug| !app.contains_key(*slug)) else {
            continue;
        };
        let duration = mapped.duration.as_deref().and_then(MembershipDuration::from_word).ok_or_else(|| {
            Failure::input(tr!(
                "product map: product {product_id} needs a duration (ONE_MONTH, THREE_MONTHS, SIX_MONTHS, \
                 TWELVE_MONTHS, LIFETIME) for its membership to be created"
            ))
        })?;
        wanted.entry(slug).or_insert_with(|| tables::Membership {
            id: id_for(tables::Membership::TABLE.name, slug, Millis(0)),
            name: mapped.name.clone(),
            slug: Some(slug.to_owned()),
            description: String::new(),
            duration,
            price: mapped.price.unwrap_or(Money::ZERO),
            commission_type: CommissionType::Percentage,
            affiliate_commission_rate: crate::domain::money::Rate::from_hundredths(0),
            features: JsonText("[]".to_owned()),
            is_active: false,
            created_at: written_at,
            updated_at: written_at,
        });
    }
    Ok(wanted.into_values().map(Change::insert).collect())
}

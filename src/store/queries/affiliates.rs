//! Affiliates: who of the app they are, what was settled for them, and their conversions.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::value::Cell;
use crate::store::queries::answers::field;
use crate::store::schema::tables::AffiliateTotals;
use crate::store::session::store::Store;

/// What has been settled for each affiliate, in the order of Sejoli's codes.
pub(crate) fn totals_by_code(store: &mut Store) -> anyhow::Result<Vec<AffiliateTotals>> {
    store.select("ORDER BY \"affiliateCode\"", &[])
}

/// A profile's conversions of imported orders that have brought one amount.
#[derive(Clone, Debug)]
pub(crate) struct ConversionsOfAmount {
    /// The id of the `AffiliateProfile`.
    pub(crate) profile_id: String,
    /// The commission of each.
    pub(crate) commission: Money,
    /// How many there are.
    pub(crate) conversions: i64,
}

/// The conversions of imported orders by profile and commission, in no order.
pub(crate) fn conversions_by_amount(store: &mut Store) -> anyhow::Result<Vec<ConversionsOfAmount>> {
    let sql = format!(
        "SELECT c.\"affiliateId\", c.\"commissionAmount\", count(*) \
               FROM \"AffiliateConversion\" c JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
               WHERE t.\"externalId\" {} GROUP BY c.\"affiliateId\", c.\"commissionAmount\"",
        store.of_sejoli()
    );
    let mut groups = Vec::new();
    for row in store.query(&sql, &[])? {
        let Ok([Cell::Text(profile_id), commission, Cell::Int(conversions)]) = <[Cell; 3]>::try_from(row)
        else {
            continue;
        };
        groups.push(ConversionsOfAmount { profile_id, commission: field(store, commission)?, conversions });
    }
    Ok(groups)
}

/// A conversion with what its transaction says of it.
#[derive(Clone, Debug)]
pub(crate) struct ConversionOfOrder {
    /// The conversion's id.
    pub(crate) id: String,
    /// The id of the `AffiliateProfile`.
    pub(crate) profile_id: String,
    /// The transaction's status.
    pub(crate) status: String,
    /// The transaction's external id; empty where it has none.
    pub(crate) external_id: String,
    /// The commission.
    pub(crate) commission: Money,
    /// The affiliate's share, as the transaction has it.
    pub(crate) share: Option<Money>,
    /// What the transaction has charged.
    pub(crate) charged: Money,
    /// When the commission was earned.
    pub(crate) earned_at: Millis,
}

/// All conversions of these profiles, in no order. A condition on the status would tempt a database
/// to walk through all paid orders; whoever asks picks the ones that count.
pub(crate) fn conversions_of(
    store: &mut Store,
    profile_ids: &[&str],
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<ConversionOfOrder>>> {
    let (one_of, cells) = store.one_of(profile_ids);
    let sql = format!(
        "SELECT c.\"id\", c.\"affiliateId\", t.\"status\", t.\"externalId\", c.\"commissionAmount\", \
         t.\"affiliateShare\", t.\"amount\", c.\"createdAt\" FROM \"AffiliateConversion\" c JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
         WHERE c.\"affiliateId\" {one_of}"
    );
    let rows = store.query(&sql, &cells)?;
    let store = &*store;
    Ok(rows.into_iter().map(move |row| conversion(store, row)))
}

fn conversion(store: &Store, row: Vec<Cell>) -> anyhow::Result<ConversionOfOrder> {
    let Ok([id, profile_id, status, external_id, commission, share, charged, earned_at]) =
        <[Cell; 8]>::try_from(row)
    else {
        anyhow::bail!("the database has answered the conversions in another form");
    };
    Ok(ConversionOfOrder {
        id: field(store, id)?,
        profile_id: field(store, profile_id)?,
        status: field(store, status)?,
        external_id: field::<Option<String>>(store, external_id)?.unwrap_or_default(),
        commission: field(store, commission)?,
        share: field(store, share)?,
        charged: field(store, charged)?,
        earned_at: field(store, earned_at)?,
    })
}

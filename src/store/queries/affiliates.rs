//! Affiliates: who of the app they are, what was settled for them, and their conversions.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::domain::ids::is_id_of;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::answers::{field, texts};
use crate::store::queries::orders;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateProfile, AffiliateTotals, TransactionStatus,
};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// The prefix of the external ids of imported orders (L13).
const OF_SEJOLI: &str = "sejoli-";

/// What has been settled for each affiliate, in the order of Sejoli's codes.
pub(crate) fn totals_by_code(store: &Store) -> DeferredQuery<'static, Vec<AffiliateTotals>> {
    store.rows_where("ORDER BY \"affiliateCode\"", Vec::new())
}

/// The profiles with a bank account's number; none where the app has no such column.
pub(crate) fn profiles_with_bank_details(store: &mut Store) -> anyhow::Result<Vec<AffiliateProfile>> {
    if !store.has_column(AffiliateProfile::TABLE, "bankAccountNumber") {
        return Ok(Vec::new());
    }
    store.select("WHERE \"bankAccountNumber\" IS NOT NULL", &[])
}

/// Conversions of imported orders that have brought one amount.
#[derive(Clone, Debug)]
pub(crate) struct ConversionsOfAmount {
    /// The commission of each.
    pub(crate) commission: Money,
    /// How many there are.
    pub(crate) conversions: i64,
}

/// The conversions of imported orders by commission, in no order.
pub(crate) fn conversions_by_amount(store: &mut Store) -> anyhow::Result<Vec<ConversionsOfAmount>> {
    let sql = format!(
        "SELECT c.\"commissionAmount\", count(*) FROM \"AffiliateConversion\" c \
         JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" WHERE t.\"externalId\" {} \
         GROUP BY c.\"commissionAmount\"",
        store.of_sejoli()
    );
    let mut groups = Vec::new();
    for row in store.query(&sql, &[])? {
        let Ok([commission, Cell::Int(conversions)]) = <[Cell; 2]>::try_from(row) else { continue };
        groups.push(ConversionsOfAmount { commission: field(store, commission)?, conversions });
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
    /// Whether it counts as paid out.
    pub(crate) is_paid_out: bool,
    /// The id of the mark by which imports say that it is paid out: then the app has not.
    pub(crate) mark: Option<String>,
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
         t.\"affiliateShare\", t.\"amount\", c.\"createdAt\", c.\"paidOut\", s.\"id\" \
         FROM \"AffiliateConversion\" c JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
         LEFT JOIN \"SejoliSourceRecord\" s ON s.\"targetId\" = c.\"id\" AND s.\"kind\" = '{}' \
         WHERE c.\"affiliateId\" {one_of}",
        SourceRecordKind::PaidCommission.as_str()
    );
    let rows = store.query(&sql, &cells)?;
    let store = &*store;
    Ok(rows.into_iter().map(move |row| conversion(store, row)))
}

fn conversion(store: &Store, row: Vec<Cell>) -> anyhow::Result<ConversionOfOrder> {
    let Ok(cells) = <[Cell; 10]>::try_from(row) else {
        anyhow::bail!("the database has answered the conversions in another form");
    };
    let [id, profile_id, status, external_id, commission, share, charged, earned_at, paid_out, mark] = cells;
    Ok(ConversionOfOrder {
        id: field(store, id)?,
        profile_id: field(store, profile_id)?,
        status: field(store, status)?,
        external_id: field::<Option<String>>(store, external_id)?.unwrap_or_default(),
        commission: field(store, commission)?,
        share: field(store, share)?,
        charged: field(store, charged)?,
        earned_at: field(store, earned_at)?,
        is_paid_out: field(store, paid_out)?,
        mark: field(store, mark)?,
    })
}

/// A conversion whose commission imports have credited.
#[derive(Clone, Debug)]
pub(crate) struct CreditedConversion {
    /// Sejoli's number of the order.
    pub(crate) order_id: String,
    /// Whether an import has made it, and not the app's people.
    pub(crate) is_own: bool,
    /// Whether Sejoli has paid it out, where the order's row says it.
    pub(crate) stated: Option<bool>,
    /// The conversion.
    pub(crate) conversion: ConversionOfOrder,
}

impl CreditedConversion {
    /// Whether the app has paid it out.
    pub(crate) fn is_paid_by_app(&self) -> bool {
        self.conversion.is_paid_out && self.conversion.mark.is_none()
    }
}

/// The conversions of these profiles' paid Sejoli orders, in no order. Where the app has confirmed a payment itself, it
/// has credited the wallet, too, and that commission is none of an import's. Only where an order may state whether it was paid out
/// are the orders asked.
pub(crate) fn credited_conversions(
    store: &mut Store,
    profile_ids: &[&str],
    orders_state_payment: bool,
) -> anyhow::Result<Vec<CreditedConversion>> {
    let all: Vec<ConversionOfOrder> = conversions_of(store, profile_ids)?.collect::<anyhow::Result<_>>()?;
    let of_sejoli = |conversion: ConversionOfOrder| {
        let order_id = conversion.external_id.strip_prefix(OF_SEJOLI)?.to_owned();
        let is_own = is_id_of(&conversion.id, AffiliateConversion::TABLE.name, &order_id);
        Some(CreditedConversion { order_id, is_own, stated: None, conversion })
    };
    let mut found: Vec<CreditedConversion> = all.into_iter().filter_map(of_sejoli).collect();
    let of_app: Vec<&str> =
        found.iter().filter(|found| !found.is_own).map(|found| found.order_id.as_str()).collect();
    let paid_in_source: HashSet<String> = match of_app.is_empty() {
        true => HashSet::new(),
        false => store.answer(orders::paid_in_source(store, &of_app))?,
    };
    found.retain(|found| {
        let is_paid = found.conversion.status == TransactionStatus::Success.as_str();
        is_paid && (found.is_own || paid_in_source.contains(&found.order_id))
    });
    if orders_state_payment {
        let mut orders: Vec<&str> = found.iter().map(|found| found.order_id.as_str()).collect();
        orders.sort_unstable();
        let stated = store.answer(orders::stated_as_paid(store, &orders))?;
        for one in &mut found {
            one.stated = stated.get(&one.order_id).copied();
        }
    }
    Ok(found)
}

/// The marks that a conversion counts as paid out whose conversion is gone: their ids.
pub(crate) fn marks_of_nothing(store: &mut Store) -> anyhow::Result<Vec<String>> {
    let sql = format!(
        "SELECT s.\"id\" FROM \"SejoliSourceRecord\" s LEFT JOIN \"AffiliateConversion\" c ON c.\"id\" = s.\"targetId\" \
         WHERE s.\"kind\" = '{}' AND c.\"id\" IS NULL ORDER BY s.\"id\"",
        SourceRecordKind::PaidCommission.as_str()
    );
    Ok(texts(store.query(&sql, &[])?).collect())
}

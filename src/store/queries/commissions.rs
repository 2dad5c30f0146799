//! Commissions as Sejoli has them: kept rows, and the orders that they belong to.

use std::collections::{HashMap, HashSet};

use crate::domain::commission_row::Commission;
use crate::domain::commission_status::CommissionStatus;
use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::domain::source_payload::SourcePayload;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::JsonText;
use crate::store::queries::rows::KeyPage;
use crate::store::schema::tables::{Identity, SourceRecord, Transaction, TransactionStatus, WebhookLog};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// The expression for the number of marks by which imports have said that a conversion is paid out; NULL where it is not.
/// In the query, the conversion is called `c`. They are counted: PostgreSQL would look for the least of them by walking through all ids
/// of kept rows, again for each conversion.
pub(super) fn marks_of_payment() -> String {
    format!(
        "CASE WHEN c.\"paidOut\" THEN (SELECT count(*) FROM \"SejoliSourceRecord\" s \
         WHERE s.\"targetId\" = c.\"id\" AND s.\"kind\" = '{}') END",
        SourceRecordKind::PaidCommission.as_str()
    )
}

/// The ids of the conversions that imports have said to be paid out, some at a time.
///
/// # Errors
/// Those of the database.
pub(crate) fn all_marked_as_paid(store: &mut Store, mut each: impl FnMut(Vec<String>)) -> anyhow::Result<()> {
    let of_kind = format!("\"kind\" = '{}' AND ", SourceRecordKind::PaidCommission.as_str());
    store.pages_of_pairs((SourceRecord::TABLE, &of_kind), ["sourceKey", "targetId"], |page| {
        each(page.into_iter().map(|(_, conversion)| conversion).collect());
    })
}

/// A kept commission of a tier above the first, whatever became of it.
#[derive(Clone, Debug)]
pub(crate) struct KeptHigherTier {
    /// What it says.
    pub(crate) commission: Commission,
    /// The status of its order; none where the order is not in the app.
    pub(crate) order_status: Option<TransactionStatus>,
    /// The reference that its entry in the ledger of a wallet has.
    pub(crate) reference: String,
}

/// Some of them.
#[derive(Debug)]
pub(crate) struct HigherTierPage {
    /// The number of the last row that was read, of any tier; the next page lies behind it.
    pub(crate) last: String,
    /// Those above the first tier.
    pub(crate) tiers: Vec<KeptHigherTier>,
}

/// Those among the next 5,000 kept rows of commissions whose numbers lie behind `after`; none behind the last one.
pub(crate) fn higher_tiers_after(store: &mut Store, after: &str) -> anyhow::Result<Option<HigherTierPage>> {
    let page = KeyPage { key: "sourceKey", after, limit: 5000 };
    let of_kind = format!("\"kind\" = '{}' AND ", SourceRecordKind::Commission.as_str());
    let names = ["sourceKey", "payload"];
    let rows: Vec<(String, JsonText)> =
        store.columns_where(SourceRecord::TABLE, &names, &page.tail(&of_kind), &page.cells())?;
    let Some(last) = rows.last().map(|(id, _)| id.clone()) else { return Ok(None) };
    let kept = rows.into_iter().filter_map(|(id, payload)| Some((id, commission_of(&payload)?)));
    let kept: Vec<(String, Commission)> =
        kept.filter(|(_, commission)| !commission.is_first_tier()).collect();
    let orders: HashSet<String> =
        kept.iter().map(|(_, commission)| format!("sejoli-{}", commission.order_id)).collect();
    let orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    let sales: Vec<(String, TransactionStatus)> = store.columns(
        Transaction::TABLE,
        &["externalId", "status"],
        KeyFilter::keys("externalId", &orders),
    )?;
    let sales: HashMap<String, TransactionStatus> = sales.into_iter().collect();
    let tiers = kept.into_iter().map(|(id, commission)| KeptHigherTier {
        reference: commission.ledger_reference(&id).reference(),
        order_status: sales.get(&format!("sejoli-{}", commission.order_id)).cloned(),
        commission,
    });
    Ok(Some(HigherTierPage { last, tiers: tiers.collect() }))
}

fn commission_of(payload: &JsonText) -> Option<Commission> {
    let payload = SourcePayload::parse(&payload.0).ok()?;
    payload.commission.map(|commission| *commission)
}

/// What the row of a commission is kept for: the decision in whose wallet its affiliate's code is settled.
pub(crate) fn target_of_code(code: &str) -> String {
    id_for(Identity::TABLE.name, &format!("affiliate/{code}"), Millis(0))
}

/// A commission as an imported order has it.
#[derive(Clone, Debug)]
pub(crate) struct CommissionOfOrder {
    /// The code of the order's affiliate.
    pub(crate) affiliate_code: Option<String>,
    /// What the order has recorded for that one.
    pub(crate) share: Option<Money>,
    /// The transaction's status.
    pub(crate) status: TransactionStatus,
    /// Whether it was paid out, where the order's row says it.
    pub(crate) stated: Option<bool>,
    /// The time to which its commissions belong (L20).
    pub(crate) earned_at: Millis,
}

/// External id, share, status, and when it was paid and placed.
type SaleColumns = (String, Option<Money>, TransactionStatus, Option<Millis>, Millis);

/// The commissions of those of some orders that are in the app, by the orders' numbers.
pub(crate) fn of_orders(
    store: &mut Store,
    order_ids: &[&str],
) -> anyhow::Result<HashMap<String, CommissionOfOrder>> {
    let external: Vec<String> = order_ids.iter().map(|id| format!("sejoli-{id}")).collect();
    let external: Vec<&str> = external.iter().map(String::as_str).collect();
    let names = ["externalId", "affiliateShare", "status", "paidAt", "createdAt"];
    let sales: Vec<SaleColumns> =
        store.columns(Transaction::TABLE, &names, KeyFilter::keys("externalId", &external))?;
    let mut sales: HashMap<String, _> = sales.into_iter().map(|sale| (sale.0.clone(), sale)).collect();
    let names = ["orderId", "affiliateCode", "webhookPayload"];
    let logs: Vec<(String, Option<String>, JsonText)> =
        store.columns(WebhookLog::TABLE, &names, KeyFilter::keys("orderId", order_ids))?;
    let order = |(order_id, affiliate_code, payload): (String, Option<String>, JsonText)| {
        let (_, share, status, paid_at, placed_at) = sales.remove(&format!("sejoli-{order_id}"))?;
        let stated = SourcePayload::parse(&payload.0).ok().and_then(|payload| payload.commission_paid);
        let earned_at = paid_at.unwrap_or(placed_at);
        Some((order_id, CommissionOfOrder { affiliate_code, share, status, stated, earned_at }))
    };
    Ok(logs.into_iter().filter_map(order).collect())
}

/// The kept rows of some affiliates' commissions.
#[derive(Debug, Default)]
pub(crate) struct KeptCommissions {
    /// Whether the first tier's commissions were paid out, by the orders' numbers.
    pub(crate) first_tier: HashMap<String, bool>,
    /// What is earned on tiers above the first, in the order of the rows' numbers.
    pub(crate) higher_tiers: Vec<HigherTier>,
}

/// A commission of a tier above the first that is earned: Sejoli has added it, and its order is paid.
#[derive(Clone, Debug)]
pub(crate) struct HigherTier {
    /// Sejoli's number of the row.
    pub(crate) id: String,
    /// What it says.
    pub(crate) commission: Commission,
    /// The time to which it belongs (L20).
    pub(crate) earned_at: Millis,
}

/// The kept commissions of these codes.
pub(crate) fn kept_of_codes(store: &mut Store, codes: &[&str]) -> anyhow::Result<KeptCommissions> {
    let targets: Vec<String> = codes.iter().map(|code| target_of_code(code)).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let of_kind = Some(("kind", SourceRecordKind::Commission.as_str()));
    let among = KeyFilter { narrowed: of_kind, ..KeyFilter::keys("targetId", &targets) };
    let rows: Vec<(String, JsonText)> =
        store.columns(SourceRecord::TABLE, &["sourceKey", "payload"], among)?;
    let (mut kept, mut higher) = (KeptCommissions::default(), Vec::new());
    for (id, payload) in rows {
        let Some(commission) = commission_of(&payload) else { continue };
        if commission.is_first_tier() {
            kept.first_tier.insert(commission.order_id, commission.paid);
        } else if commission.status == CommissionStatus::Added && commission.amount.is_positive() {
            higher.push((id, commission));
        }
    }
    let orders: Vec<&str> = higher.iter().map(|(_, commission)| commission.order_id.as_str()).collect();
    let orders = of_orders(store, &orders)?;
    kept.higher_tiers = higher
        .into_iter()
        .filter_map(|(id, commission)| {
            let order = orders.get(&commission.order_id)?;
            let is_paid = order.status == TransactionStatus::Success;
            is_paid.then_some(HigherTier { id, commission, earned_at: order.earned_at })
        })
        .collect();
    kept.higher_tiers.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
    Ok(kept)
}

//! What the app's pages read of affiliates: profiles, wallets, payouts, conversions, links.

use std::collections::HashMap;

use crate::domain::money::Money;
use crate::domain::status::OrderStatus;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::answers::field;
use crate::store::schema::tables::{AffiliateLink, Payout, PayoutStatus, Role, User, WebhookLog};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// A conversion as the affiliates' pages add it up.
#[derive(Clone, Debug)]
pub(crate) struct ScreenConversion {
    /// The conversion's id.
    pub(crate) id: String,
    /// What `affiliateId` holds: a profile's id, and on some pages taken for a user's.
    pub(crate) affiliate_id: String,
    /// The commission.
    pub(crate) commission: Money,
    /// Whether it was paid out.
    pub(crate) paid_out: bool,
    /// Whether imports have said so, and not the app.
    pub(crate) is_marked: bool,
    /// Sejoli's number of the order; `None` for an order of the app's own.
    pub(crate) order_id: Option<String>,
}

/// The conversions that hold one of these ids, in no order.
pub(crate) fn conversions(store: &mut Store, ids: &[&str]) -> anyhow::Result<Vec<ScreenConversion>> {
    let mut found = Vec::new();
    for part in ids.chunks(crate::store::session::sql::KEYS_PER_QUERY) {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT c.\"id\", c.\"affiliateId\", c.\"commissionAmount\", c.\"paidOut\", t.\"externalId\", s.\"id\" \
             FROM \"AffiliateConversion\" c LEFT JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
             LEFT JOIN \"SejoliSourceRecord\" s ON s.\"targetId\" = c.\"id\" AND s.\"kind\" = '{}' \
             WHERE c.\"affiliateId\" {one_of}",
            SourceRecordKind::PaidCommission.as_str()
        );
        for row in store.query(&sql, &cells)? {
            let Ok([id, affiliate_id, commission, paid_out, external, mark]) = <[Cell; 6]>::try_from(row)
            else {
                anyhow::bail!("the database has answered the conversions in another form");
            };
            let external: Option<String> = field(store, external)?;
            found.push(ScreenConversion {
                id: field(store, id)?,
                affiliate_id: field(store, affiliate_id)?,
                commission: field(store, commission)?,
                paid_out: field(store, paid_out)?,
                is_marked: mark != Cell::Null,
                order_id: external.and_then(|id| id.strip_prefix("sejoli-").map(str::to_owned)),
            });
        }
    }
    Ok(found)
}

/// A paid order of the source that names an affiliate.
#[derive(Clone, Debug)]
pub(crate) struct PaidOrderOfCode {
    /// The affiliate's code.
    pub(crate) code: String,
    /// Sejoli's number of the order.
    pub(crate) order_id: String,
    /// The commission that was recorded.
    pub(crate) commission: Option<Money>,
    /// Whether it was paid out, where the order's row says it.
    pub(crate) stated: Option<bool>,
}

/// The orders that Sejoli had as paid and that name one of these codes, in no order.
pub(crate) fn paid_orders_of(store: &mut Store, codes: &[&str]) -> anyhow::Result<Vec<PaidOrderOfCode>> {
    let among = KeyFilter {
        narrowed: Some(("orderStatus", OrderStatus::Paid.as_str())),
        ..KeyFilter::keys("affiliateCode", codes)
    };
    let names = ["affiliateCode", "orderId", "affiliateAmount"];
    let rows: Vec<(String, String, Option<f64>)> = store.columns(WebhookLog::TABLE, &names, among)?;
    let numbers: Vec<&str> = rows.iter().map(|(_, order_id, _)| order_id.as_str()).collect();
    let stated = super::orders::stated_as_paid(store, &numbers)?;
    let order = |(code, order_id, amount): (String, String, Option<f64>)| PaidOrderOfCode {
        stated: stated.get(&order_id).copied(),
        code,
        order_id,
        commission: amount.map(super::app_screens_orders::amount),
    };
    Ok(rows.into_iter().map(order).collect())
}

/// What the app's people have asked for and not got yet, by the wallet's id.
pub(crate) fn open_payouts(store: &mut Store, wallets: &[&str]) -> anyhow::Result<HashMap<String, Money>> {
    let mut open: HashMap<String, Money> = HashMap::new();
    for payout in store.select_in::<Payout>("walletId", wallets)? {
        if matches!(payout.status, PayoutStatus::Pending | PayoutStatus::Approved) {
            let sum = open.entry(payout.wallet_id).or_default();
            *sum = *sum + payout.amount;
        }
    }
    Ok(open)
}

/// The amounts of the ledger entries of these wallets that no import has made, by the wallet's id.
pub(crate) fn entries_of_app(
    store: &mut Store,
    wallets: &[&str],
) -> anyhow::Result<HashMap<String, Vec<(String, Money)>>> {
    let mut found: HashMap<String, Vec<(String, Money)>> = HashMap::new();
    for part in wallets.chunks(crate::store::session::sql::KEYS_PER_QUERY) {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT \"walletId\", \"type\", \"amount\" FROM \"WalletTransaction\" WHERE \"walletId\" {one_of} \
             AND (\"reference\" IS NULL OR \"reference\" NOT {})",
            store.of_sejoli()
        );
        for row in store.query(&sql, &cells)? {
            if let Ok([Cell::Text(wallet), Cell::Text(kind), amount]) = <[Cell; 3]>::try_from(row) {
                let amount = field(store, amount)?;
                found.entry(wallet).or_default().push((kind, amount));
            }
        }
    }
    Ok(found)
}

/// The links that have one of these codes, or belong to one of these users.
pub(crate) fn links(store: &mut Store, codes: &[&str], users: &[&str]) -> anyhow::Result<Vec<AffiliateLink>> {
    let mut links: Vec<AffiliateLink> = store.select_in("code", codes)?;
    links.extend(store.select_in::<AffiliateLink>("userId", users)?);
    Ok(links)
}

/// The affiliates who have one of these usernames: username and user id.
pub(crate) fn affiliates_called(
    store: &mut Store,
    usernames: &[&str],
) -> anyhow::Result<HashMap<String, String>> {
    if !store.has_column(User::TABLE, "username") {
        return Ok(HashMap::new());
    }
    let names = ["username", "id", "role"];
    let rows: Vec<(String, String, Role)> =
        store.columns(User::TABLE, &names, KeyFilter::keys("username", usernames))?;
    let affiliates = rows.into_iter().filter(|(_, _, role)| *role == Role::Affiliate);
    Ok(affiliates.map(|(name, id, _)| (name, id)).collect())
}

/// The users among these ids who have a paid order to their credit, by which the app of January 2026 lets them in.
pub(crate) fn users_with_sales(store: &mut Store, users: &[&str]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for part in users.chunks(crate::store::session::sql::KEYS_PER_QUERY) {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT u.\"id\" FROM \"User\" u WHERE u.\"id\" {one_of} AND EXISTS (SELECT 1 FROM \"Transaction\" t \
             WHERE t.\"affiliateId\" = u.\"id\" AND t.\"status\" = 'SUCCESS')"
        );
        found.extend(super::answers::texts(store.query(&sql, &cells)?));
    }
    Ok(found)
}

//! What the app's pages read of affiliates: profiles, wallets, payouts, conversions, links.

use std::collections::HashMap;

use crate::domain::money::Money;
use crate::domain::status::OrderStatus;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::orders::{stated_payment, words_of_payment};
use crate::store::schema::tables::{Payout, PayoutStatus, Role, User};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::sql::KEYS_PER_QUERY;
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
pub(crate) fn conversions(store: &Store, ids: &[&str]) -> DeferredQuery<'static, Vec<ScreenConversion>> {
    type Found = (String, String, Money, bool, Option<String>, Option<String>);
    let parts = ids.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT c.\"id\", c.\"affiliateId\", c.\"commissionAmount\", c.\"paidOut\", t.\"externalId\", s.\"id\" \
             FROM \"AffiliateConversion\" c LEFT JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
             LEFT JOIN \"SejoliSourceRecord\" s ON s.\"targetId\" = c.\"id\" AND s.\"kind\" = '{}' \
             WHERE c.\"affiliateId\" {one_of}",
            SourceRecordKind::PaidCommission.as_str()
        );
        store.tuples::<Found>("AffiliateConversion", sql, cells)
    });
    let conversion = |(id, affiliate_id, commission, paid_out, external, mark): Found| ScreenConversion {
        id,
        affiliate_id,
        commission,
        paid_out,
        is_marked: mark.is_some(),
        order_id: external.and_then(|id| id.strip_prefix("sejoli-").map(str::to_owned)),
    };
    DeferredQuery::joined(parts).map(move |rows| rows.into_iter().map(conversion).collect())
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

/// The orders that Sejoli had as paid and that name one of these codes, in no order. Of the kept rows, which are long, the
/// server hands over the two words that count.
pub(crate) fn paid_orders_of(store: &Store, codes: &[&str]) -> DeferredQuery<'static, Vec<PaidOrderOfCode>> {
    type Found = (String, String, Option<f64>, Option<String>, Option<String>);
    let [version, paid] = words_of_payment(store);
    let parts = codes.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, mut cells) = store.one_of(part);
        cells.push(Cell::Text(OrderStatus::Paid.as_str().to_owned()));
        let sql = format!(
            "SELECT \"affiliateCode\", \"orderId\", \"affiliateAmount\", {version}, {paid} \
             FROM \"SejoliWebhookLog\" WHERE \"affiliateCode\" {one_of} AND \"orderStatus\" = ?"
        );
        store.tuples::<Found>("SejoliWebhookLog", sql, cells)
    });
    let order = |(code, order_id, amount, version, paid): Found| PaidOrderOfCode {
        code,
        order_id,
        commission: amount.map(super::app_screens_orders::amount),
        stated: stated_payment(version, paid),
    };
    DeferredQuery::joined(parts).map(move |rows| rows.into_iter().map(order).collect())
}

/// How many orders name each code.
pub(crate) fn orders_by_code(store: &Store) -> DeferredQuery<'static, HashMap<String, i64>> {
    let sql = "SELECT \"affiliateCode\", count(*) FROM \"SejoliWebhookLog\" WHERE \"affiliateCode\" IS NOT NULL \
               GROUP BY \"affiliateCode\"";
    let counts = store.tuples("SejoliWebhookLog", sql.to_owned(), Vec::new());
    counts.map(|counts: Vec<(String, i64)>| counts.into_iter().collect())
}

/// What the app's people have asked for and not got yet, by the wallet's id.
pub(crate) fn open_payouts(
    store: &Store,
    wallets: &[&str],
) -> DeferredQuery<'static, HashMap<String, Money>> {
    store.rows_in("walletId", wallets).map(|payouts: Vec<Payout>| {
        let mut open: HashMap<String, Money> = HashMap::new();
        for payout in payouts {
            if matches!(payout.status, PayoutStatus::Pending | PayoutStatus::Approved) {
                let sum = open.entry(payout.wallet_id).or_default();
                *sum = *sum + payout.amount;
            }
        }
        open
    })
}

/// The amounts of the ledger entries of these wallets that no import has made, by the wallet's id.
pub(crate) fn entries_of_app(
    store: &Store,
    wallets: &[&str],
) -> DeferredQuery<'static, HashMap<String, Vec<(String, Money)>>> {
    let parts = wallets.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT \"walletId\", \"type\", \"amount\" FROM \"WalletTransaction\" WHERE \"walletId\" {one_of} \
             AND (\"reference\" IS NULL OR \"reference\" NOT {})",
            store.of_sejoli()
        );
        store.tuples::<(String, String, Money)>("WalletTransaction", sql, cells)
    });
    DeferredQuery::joined(parts).map(|rows| {
        let mut found: HashMap<String, Vec<(String, Money)>> = HashMap::new();
        for (wallet, kind, amount) in rows {
            found.entry(wallet).or_default().push((kind, amount));
        }
        found
    })
}

/// The affiliates who have one of these usernames: username and user id.
pub(crate) fn affiliates_called(
    store: &Store,
    usernames: &[&str],
) -> DeferredQuery<'static, HashMap<String, String>> {
    if !store.has_column(User::TABLE, "username") {
        return DeferredQuery::known(HashMap::new());
    }
    let names = ["username", "id", "role"];
    let rows = store.columns_in(User::TABLE, &names, KeyFilter::keys("username", usernames));
    rows.map(|rows: Vec<(String, String, Role)>| {
        let affiliates = rows.into_iter().filter(|(_, _, role)| *role == Role::Affiliate);
        affiliates.map(|(name, id, _)| (name, id)).collect()
    })
}

/// The users among these ids who have a paid order to their credit, by which the app of January 2026 lets them in.
pub(crate) fn users_with_sales(store: &Store, users: &[&str]) -> DeferredQuery<'static, Vec<String>> {
    DeferredQuery::joined(users.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT u.\"id\" FROM \"User\" u WHERE u.\"id\" {one_of} AND EXISTS (SELECT 1 FROM \"Transaction\" t \
             WHERE t.\"affiliateId\" = u.\"id\" AND t.\"status\" = 'SUCCESS')"
        );
        store.texts("User", sql, cells)
    }))
}

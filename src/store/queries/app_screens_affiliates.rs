//! What the app's pages read of affiliates: profiles, wallets, payouts, conversions, links.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::is_id_of;
use crate::domain::money::Money;
use crate::domain::status::OrderStatus;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::commissions::marks_of_payment;
use crate::store::queries::orders::{stated_payment, words_of_payment};
use crate::store::queries::rows::KeyPage;
use crate::store::schema::tables::{AffiliateConversion, Payout, PayoutStatus, Role, User};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

/// A conversion as the affiliates' pages add it up.
#[derive(Clone, Debug)]
pub(crate) struct ScreenConversion {
    /// The commission.
    pub(crate) commission: Money,
    /// Whether it was paid out.
    pub(crate) paid_out: bool,
    /// Whether imports have said so, and not the app.
    pub(crate) is_marked: bool,
    /// Whether an import has made it.
    pub(crate) is_imported: bool,
    /// Sejoli's number of the order; `None` for an order of the app's own.
    pub(crate) order_id: Option<Box<str>>,
}

/// Conversions by what `affiliateId` holds: a profile's id, and on some pages taken for a user's.
#[derive(Debug, Default)]
pub(crate) struct ConversionsByHolder(HashMap<String, Vec<ScreenConversion>>);

impl ConversionsByHolder {
    /// Adds a conversion.
    fn add(&mut self, row: ConversionRow) {
        let (id, holder, commission, paid_out, external, marks) = row;
        let order_id = external.as_deref().and_then(|id| id.strip_prefix("sejoli-"));
        let conversion = ScreenConversion {
            commission,
            paid_out,
            is_marked: marks.is_some_and(|marks| marks > 0),
            is_imported: order_id.is_some_and(|order| is_id_of(&id, AffiliateConversion::TABLE.name, order)),
            order_id: order_id.map(Box::from),
        };
        self.0.entry(holder).or_default().push(conversion);
    }

    /// Those that hold this id.
    pub(crate) fn of(&self, holder: &str) -> &[ScreenConversion] {
        self.0.get(holder).map_or(&[], Vec::as_slice)
    }

    /// Takes those that hold this id away.
    pub(crate) fn take(&mut self, holder: &str) -> Vec<ScreenConversion> {
        self.0.remove(holder).unwrap_or_default()
    }
}

/// Id, holder, commission, whether it was paid out, the order's external id, how many marks imports have set.
type ConversionRow = (String, String, Money, bool, Option<String>, Option<i64>);

/// The conversions that are read at once.
const CONVERSIONS: usize = 5_000;

/// The conversions that hold one of these ids.
pub(crate) fn conversions_of(store: &Store, holders: &[&str]) -> DeferredQuery<'static, ConversionsByHolder> {
    let parts = holders.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, cells) = store.one_of(part);
        let from = format!("\"{}\" c", AffiliateConversion::TABLE.name);
        let tail = format!("WHERE c.\"affiliateId\" {one_of}");
        conversions(store, &marks_of_payment(), (&from, &tail), cells)
    });
    DeferredQuery::joined(parts).map(|rows| {
        let mut found = ConversionsByHolder::default();
        rows.into_iter().for_each(|row| found.add(row));
        found
    })
}

/// All conversions that hold one of these ids, read in the order in which they stand. Page by page of one holder's, the same
/// pages of the orders would be read again for each of them. Whether imports have said that one is paid out, the caller knows.
///
/// # Errors
/// Those of the database.
pub(crate) fn all_conversions(
    store: &mut Store,
    holders: &HashSet<&str>,
    is_marked: impl Fn(&str) -> bool,
) -> anyhow::Result<ConversionsByHolder> {
    // The page is cut before the joins, so that no engine joins the whole table for each page.
    let page = format!(
        "(SELECT \"id\", \"affiliateId\", \"commissionAmount\", \"paidOut\", \"transactionId\" FROM \"{}\" \
         WHERE \"id\" > ? ORDER BY \"id\" LIMIT {CONVERSIONS}) c",
        AffiliateConversion::TABLE.name
    );
    let mut found = ConversionsByHolder::default();
    let mut next = Some(String::new());
    while let Some(last) = next {
        let (tail, after) = ("ORDER BY c.\"id\"", vec![Cell::Text(last)]);
        let rows = store.answer(conversions(store, "NULL", (&page, tail), after))?;
        let page = KeyPage::page(CONVERSIONS, rows, |row: &ConversionRow| row.0.clone());
        for mut row in page.rows.into_iter().filter(|row| holders.contains(row.1.as_str())) {
            row.5 = Some(i64::from(row.3 && is_marked(&row.0)));
            found.add(row);
        }
        next = page.next;
    }
    Ok(found)
}

fn conversions(
    store: &Store,
    marks: &str,
    (from, tail): (&str, &str),
    cells: Vec<Cell>,
) -> DeferredQuery<'static, Vec<ConversionRow>> {
    let sql = format!(
        "SELECT c.\"id\", c.\"affiliateId\", c.\"commissionAmount\", c.\"paidOut\", t.\"externalId\", {marks} \
         FROM {from} LEFT JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" {tail}"
    );
    store.tuples("AffiliateConversion", sql, cells)
}

/// A paid order of the source that names an affiliate.
#[derive(Clone, Debug)]
pub(crate) struct PaidOrder {
    /// Sejoli's number of the order.
    pub(crate) order_id: Box<str>,
    /// The commission that was recorded; zero where there is none.
    pub(crate) commission: Money,
    /// Whether it was paid out, where the order's row says it.
    pub(crate) stated: Option<bool>,
}

/// The orders that Sejoli had as paid, by the affiliate's code that they name.
pub(crate) type PaidOrdersByCode = HashMap<String, Vec<PaidOrder>>;

/// The paid orders that name one of these codes, in no order. Of the kept rows, which are long, the server hands over the
/// two words that count.
pub(crate) fn paid_orders_of(store: &Store, codes: &[&str]) -> DeferredQuery<'static, PaidOrdersByCode> {
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
    DeferredQuery::joined(parts).map(|rows| {
        let mut found = PaidOrdersByCode::new();
        for (code, order_id, amount, version, paid) in rows {
            found.entry(code).or_default().push(PaidOrder {
                order_id: order_id.into(),
                commission: amount.map(super::app_screens_orders::amount).unwrap_or_default(),
                stated: stated_payment(version, paid),
            });
        }
        found
    })
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

/// The users among these ids who have a paid order to their credit, by which the app of January 2026 lets them in. No app has
/// an index for this question: whoever asks it of several users asks once.
pub(crate) fn users_with_sales(store: &Store, users: &[&str]) -> DeferredQuery<'static, HashSet<String>> {
    let parts = users.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT DISTINCT \"affiliateId\" FROM \"Transaction\" WHERE \"affiliateId\" {one_of} AND \"status\" = 'SUCCESS'"
        );
        store.texts("Transaction", sql, cells)
    });
    DeferredQuery::joined(parts).map(|users| users.into_iter().collect())
}

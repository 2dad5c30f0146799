//! What people who decide mappings have to know: the orders behind a code, and the addresses and numbers that orders name.

use crate::domain::money::Money;
use crate::store::codec::value::{Cell, Field};
use crate::store::queries::answers::field;
use crate::store::session::store::Store;

/// Orders of one code that have one status and one commission.
#[derive(Clone, Debug)]
pub(crate) struct OrdersOfCommission {
    /// Sejoli's code of the affiliate.
    pub(crate) code: String,
    /// The transactions' status.
    pub(crate) status: String,
    /// The commission of each.
    pub(crate) commission: Option<Money>,
    /// How many there are.
    pub(crate) orders: i64,
}

/// The imported orders that name an affiliate, by code, status and commission, in no order.
pub(crate) fn orders_by_commission(store: &mut Store) -> anyhow::Result<Vec<OrdersOfCommission>> {
    let sql = "SELECT l.\"affiliateCode\", t.\"status\", t.\"affiliateShare\", count(*) FROM \"SejoliWebhookLog\" l \
               JOIN \"Transaction\" t ON t.\"externalId\" = concat('sejoli-', l.\"orderId\") \
               WHERE l.\"affiliateCode\" IS NOT NULL GROUP BY l.\"affiliateCode\", t.\"status\", t.\"affiliateShare\"";
    let rows = store.query(sql, &[])?;
    let store = &*store;
    let group = |row: Vec<Cell>| {
        let mut cells = row.into_iter();
        Ok(OrdersOfCommission {
            code: next(store, &mut cells)?,
            status: next(store, &mut cells)?,
            commission: next(store, &mut cells)?,
            orders: next(store, &mut cells)?,
        })
    };
    rows.into_iter().map(group).collect()
}

/// An address and a number that orders name for the affiliate of a code.
#[derive(Clone, Debug)]
pub(crate) struct NamedAffiliate {
    /// Sejoli's code of the affiliate.
    pub(crate) code: String,
    /// The address.
    pub(crate) email: Option<String>,
    /// The number.
    pub(crate) phone: Option<String>,
}

/// What orders name for the affiliates, each once and in no order.
pub(crate) fn named_affiliates(store: &mut Store) -> anyhow::Result<Vec<NamedAffiliate>> {
    let sql = "SELECT DISTINCT \"affiliateCode\", \"affiliateEmail\", \"affiliatePhone\" FROM \"SejoliWebhookLog\" \
               WHERE \"affiliateCode\" IS NOT NULL";
    let rows = store.query(sql, &[])?;
    let store = &*store;
    let named = |row: Vec<Cell>| {
        let mut cells = row.into_iter();
        Ok(NamedAffiliate {
            code: next(store, &mut cells)?,
            email: next(store, &mut cells)?,
            phone: next(store, &mut cells)?,
        })
    };
    rows.into_iter().map(named).collect()
}

/// What a buyer has entered in orders.
#[derive(Clone, Debug)]
pub(crate) struct BuyerDetails {
    /// The user's id.
    pub(crate) user_id: String,
    /// The address.
    pub(crate) email: Option<String>,
    /// The phone number.
    pub(crate) phone: Option<String>,
    /// The WhatsApp number.
    pub(crate) whatsapp: Option<String>,
    /// In how many orders.
    pub(crate) orders: i64,
}

/// What buyers have entered in imported orders, each once and in no order.
pub(crate) fn buyer_details(store: &mut Store) -> anyhow::Result<Vec<BuyerDetails>> {
    let sql = format!(
        "SELECT \"userId\", \"customerEmail\", \"customerPhone\", \"customerWhatsapp\", count(*) FROM \"Transaction\" \
         WHERE \"externalId\" {} GROUP BY \"userId\", \"customerEmail\", \"customerPhone\", \"customerWhatsapp\"",
        store.of_sejoli()
    );
    let rows = store.query(&sql, &[])?;
    let store = &*store;
    let details = |row: Vec<Cell>| {
        let mut cells = row.into_iter();
        Ok(BuyerDetails {
            user_id: next(store, &mut cells)?,
            email: next(store, &mut cells)?,
            phone: next(store, &mut cells)?,
            whatsapp: next(store, &mut cells)?,
            orders: next(store, &mut cells)?,
        })
    };
    rows.into_iter().map(details).collect()
}

fn next<F: Field>(store: &Store, cells: &mut std::vec::IntoIter<Cell>) -> anyhow::Result<F> {
    field(store, cells.next().unwrap_or(Cell::Null))
}

//! Whose row it is: an order by its number, a person by the address, an affiliate by the code. A row that says it by
//! another one's id is looked up there.

use std::collections::HashMap;

use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::schema::tables::{Transaction, User, Wallet};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// Whose row it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangeSubject {
    /// What kind of thing: order, person, affiliate, plan, or row where nothing else is known.
    pub(crate) what: &'static str,
    /// Its number, code, name or address.
    pub(crate) name: String,
}

/// The column by which a table's rows say it themselves.
const OWN: [(&str, &str, &str); 8] = [
    ("User", "person", "email"),
    ("Transaction", "order", "externalId"),
    ("SejoliWebhookLog", "order", "orderId"),
    ("AffiliateProfile", "affiliate", "affiliateCode"),
    ("SejoliAffiliateMapping", "affiliate", "sejoliAffiliateCode"),
    ("SejoliAffiliateTotals", "affiliate", "affiliateCode"),
    ("AffiliateLink", "affiliate", "code"),
    ("Membership", "plan", "name"),
];

/// The names behind the ids that rows of one table refer to.
pub(super) struct Subjects {
    table: &'static Table,
    /// The referring column, what its names are, and the names by id.
    names: Option<(&'static str, &'static str, HashMap<String, String>)>,
}

impl Subjects {
    /// Looks up what some rows of a table refer to.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub(super) fn of(store: &mut Store, table: &'static Table, rows: &[&Vec<Value>]) -> anyhow::Result<Self> {
        let is_own = OWN.iter().any(|(name, ..)| *name == table.name);
        let has = |column: &str| !is_own && table.columns.iter().any(|known| known.name == column);
        let ids = |column: &str| -> Vec<String> {
            let at = table.position(column);
            let mut ids: Vec<String> = rows.iter().filter_map(|row| text(row.get(at)?)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let names = match () {
            // A conversion is its order's; a membership is the person's, whatever order has brought it.
            () if has("userId") => Some(("userId", "person", people(store, &ids("userId"))?)),
            () if has("transactionId") => {
                Some(("transactionId", "order", orders(store, &ids("transactionId"))?))
            }
            () if has("walletId") => Some(("walletId", "person", owners(store, &ids("walletId"))?)),
            () => None,
        };
        Ok(Self { table, names })
    }

    /// Whose row it is.
    pub(super) fn of_row(&self, id: &str, row: &[Value]) -> ChangeSubject {
        let cell = |column: &str| text(row.get(self.table.position(column))?);
        let own = OWN.iter().find(|(name, ..)| *name == self.table.name);
        let own = own.and_then(|(_, what, column)| Some((*what, cell(column)?)));
        let referred = || {
            let (column, what, names) = self.names.as_ref()?;
            let key = cell(column)?;
            Some((*what, names.get(&key).cloned().unwrap_or(key)))
        };
        let (what, name) = own.or_else(referred).unwrap_or_else(|| ("row", id.to_owned()));
        ChangeSubject { what, name: name.strip_prefix("sejoli-").map_or(name.clone(), str::to_owned) }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn pairs(
    store: &mut Store,
    table: &'static Table,
    column: &str,
    ids: &[String],
) -> anyhow::Result<HashMap<String, String>> {
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rows: Vec<(String, Option<String>)> =
        store.columns(table, &["id", column], KeyFilter::keys("id", &keys))?;
    Ok(rows.into_iter().filter_map(|(id, name)| Some((id, name?))).collect())
}

fn people(store: &mut Store, ids: &[String]) -> anyhow::Result<HashMap<String, String>> {
    pairs(store, User::TABLE, "email", ids)
}

fn orders(store: &mut Store, ids: &[String]) -> anyhow::Result<HashMap<String, String>> {
    pairs(store, Transaction::TABLE, "externalId", ids)
}

fn owners(store: &mut Store, wallets: &[String]) -> anyhow::Result<HashMap<String, String>> {
    let users = pairs(store, Wallet::TABLE, "userId", wallets)?;
    let ids: Vec<String> = users.values().cloned().collect();
    let mut names = people(store, &ids)?;
    Ok(users.into_iter().filter_map(|(wallet, user)| Some((wallet, names.get_mut(&user)?.clone()))).collect())
}

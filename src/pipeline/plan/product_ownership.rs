//! Product ownership follows from the paid orders alone: the earliest one determines date and price, and without one
//! an imported ownership is deleted. Ownerships that the app has created are left alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Transaction, TransactionStatus, UserProduct};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// The key of an ownership: user id and product id.
pub(crate) type ProductOwner = (String, String);

/// The order in which a product's paid orders count: by time, then by transaction id.
type Precedence = (Millis, String);

/// The paid orders of some people and what they own by them, as they were looked up and as the plan changes them.
#[derive(Debug, Default)]
pub(crate) struct ProductOwnership {
    /// The price of each paid order, the earliest one first.
    paid: HashMap<ProductOwner, BTreeMap<Precedence, Money>>,
    /// The app's current ownerships.
    standing: HashMap<ProductOwner, UserProduct>,
    /// The ownerships that the plan's orders may have changed.
    touched: BTreeSet<ProductOwner>,
}

impl ProductOwnership {
    /// Reads the paid Sejoli orders of these users, and what they own.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn look_up(store: &mut Store, users: &BTreeSet<String>) -> anyhow::Result<Self> {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        let standing: Vec<UserProduct> = store.select_in("userId", &users)?;
        let keyed = |row: UserProduct| ((row.user_id.clone(), row.product_id.clone()), row);
        Ok(Self {
            paid: paid_orders(store, &users)?,
            standing: standing.into_iter().map(keyed).collect(),
            touched: BTreeSet::new(),
        })
    }

    /// Records that an order is written, replacing its earlier state if it had one.
    pub(crate) fn order_written(&mut self, before: Option<Purchase>, after: Option<Purchase>) {
        if let Some(Purchase { owner, precedence, .. }) = before {
            if let Some(paid) = self.paid.get_mut(&owner) {
                paid.remove(&precedence);
            }
            self.touched.insert(owner);
        }
        if let Some(Purchase { owner, precedence, paid }) = after {
            if let Some(price) = paid {
                self.paid.entry(owner.clone()).or_default().insert(precedence, price);
            }
            self.touched.insert(owner);
        }
    }

    /// The changes that bring the touched ownerships up to date.
    pub(crate) fn into_changes(mut self, written_at: Millis) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        let change = |owner: ProductOwner| {
            let first = self.paid.remove(&owner).and_then(|mut paid| paid.pop_first());
            change(self.standing.remove(&owner), owner, first, written_at)
        };
        touched.into_iter().filter_map(change).collect()
    }
}

/// An order of a product of the app.
#[derive(Clone, Debug)]
pub(crate) struct Purchase {
    owner: ProductOwner,
    precedence: Precedence,
    /// The price, if it was paid.
    paid: Option<Money>,
}

impl Purchase {
    /// The purchase in a transaction with this id; none if it names no product of the app.
    pub(crate) fn of(transaction: &Transaction, id: &str) -> Option<Self> {
        let product_id = transaction.product_id.clone()?;
        Some(Self {
            owner: (transaction.user_id.clone(), product_id),
            precedence: (transaction.created_at, id.to_owned()),
            paid: (transaction.status == TransactionStatus::Success).then_some(transaction.amount),
        })
    }
}

/// The Sejoli orders that these people have paid for.
fn paid_orders(
    store: &mut Store,
    users: &[&str],
) -> anyhow::Result<HashMap<ProductOwner, BTreeMap<Precedence, Money>>> {
    let names = ["userId", "productId", "id", "createdAt", "amount", "status"];
    let of_sejoli =
        KeyFilter { narrowed: Some(("paymentProvider", "SEJOLI")), ..KeyFilter::keys("userId", users) };
    type Row = (String, Option<String>, String, Millis, Money, TransactionStatus);
    let rows: Vec<Row> = store.columns(Transaction::TABLE, &names, of_sejoli)?;
    let mut paid: HashMap<ProductOwner, BTreeMap<Precedence, Money>> = HashMap::new();
    for (user_id, product_id, id, at, price, status) in rows {
        if let Some(product_id) = product_id.filter(|_| status == TransactionStatus::Success) {
            paid.entry((user_id, product_id)).or_default().insert((at, id), price);
        }
    }
    Ok(paid)
}

fn change(
    old: Option<UserProduct>,
    (user_id, product_id): ProductOwner,
    first: Option<(Precedence, Money)>,
    written_at: Millis,
) -> Option<Change> {
    let id = id_for(UserProduct::TABLE.name, &format!("{user_id}/{product_id}"), Millis(0));
    if old.as_ref().is_some_and(|old| old.id != id) {
        return None;
    }
    let new = first.map(|((at, transaction_id), price)| UserProduct {
        id: id.clone(),
        user_id,
        product_id,
        purchase_date: at,
        expires_at: None,
        is_active: true,
        price,
        transaction_id: Some(transaction_id),
        created_at: at,
        updated_at: written_at,
    });
    match (old, new) {
        (None, new) => new.map(Change::insert),
        (Some(old), None) => Some(Change::delete::<UserProduct>(&old.id)),
        (Some(old), Some(new)) if old.transaction_id == new.transaction_id => None,
        (Some(old), Some(new)) => Change::diff(&id, old, new, &["id"]),
    }
}

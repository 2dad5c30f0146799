//! Who owns which product of the app: it follows from the paid orders alone. The earliest one gives date and
//! price; when none is left, what an import has given is taken back. What the app has given stays its own.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{Transaction, TransactionStatus, UserProduct};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// A person and a product of the app, by their ids.
pub type ProductOwner = (String, String);

/// A paid order.
struct PaidOrder {
    id: String,
    at: Millis,
    price: Money,
}

/// The changes that bring these ownerships up to date, once the orders of the batch are written.
///
/// # Errors
/// Those of the database.
pub fn changes(
    store: &mut Store,
    owners: Vec<ProductOwner>,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let owners: BTreeSet<ProductOwner> = owners.into_iter().collect();
    let people: HashSet<&str> = owners.iter().map(|(user_id, _)| user_id.as_str()).collect();
    let people: Vec<&str> = people.into_iter().collect();
    let mut purchases = purchases(store, &people)?;
    let standing: Vec<UserProduct> = store.select_in("userId", &people)?;
    let mut standing: HashMap<ProductOwner, UserProduct> =
        standing.into_iter().map(|row| ((row.user_id.clone(), row.product_id.clone()), row)).collect();
    let change = |owner: ProductOwner| {
        let (old, first) = (standing.remove(&owner), purchases.remove(&owner));
        change(owner, old, first, written_at)
    };
    Ok(owners.into_iter().filter_map(change).collect())
}

/// The first purchase of each product that these people have paid for in Sejoli.
fn purchases(store: &mut Store, people: &[&str]) -> anyhow::Result<HashMap<ProductOwner, PaidOrder>> {
    let names = ["userId", "productId", "id", "createdAt", "amount", "status"];
    let among =
        KeyFilter { narrowed: Some(("paymentProvider", "SEJOLI")), ..KeyFilter::keys("userId", people) };
    type Row = (String, Option<String>, String, Millis, Money, TransactionStatus);
    let rows: Vec<Row> = store.columns(Transaction::TABLE, &names, among)?;
    let mut first: HashMap<ProductOwner, PaidOrder> = HashMap::new();
    for (user_id, product_id, id, at, price, status) in rows {
        let Some(product_id) = product_id.filter(|_| status == TransactionStatus::Success) else { continue };
        let earlier = |known: &PaidOrder| (known.at, &known.id) <= (at, &id);
        let owner = (user_id, product_id);
        if !first.get(&owner).is_some_and(earlier) {
            first.insert(owner, PaidOrder { id, at, price });
        }
    }
    Ok(first)
}

fn change(
    (user_id, product_id): ProductOwner,
    old: Option<UserProduct>,
    first: Option<PaidOrder>,
    written_at: Millis,
) -> Option<Change> {
    let id = id_for(UserProduct::TABLE.name, &format!("{user_id}/{product_id}"), Millis(0));
    if old.as_ref().is_some_and(|old| old.id != id) {
        return None;
    }
    let new = first.map(|first| UserProduct {
        id: id.clone(),
        user_id,
        product_id,
        purchase_date: first.at,
        expires_at: None,
        is_active: true,
        price: first.price,
        transaction_id: Some(first.id),
        created_at: first.at,
        updated_at: written_at,
    });
    match (old, new) {
        (None, new) => new.map(Change::insert),
        (Some(old), None) => Some(Change::delete::<UserProduct>(&old.id)),
        (Some(old), Some(new)) if old.transaction_id == new.transaction_id => None,
        (Some(old), Some(new)) => Change::diff(&id, old, new, &["id"]),
    }
}

//! Product ownership follows from the paid orders alone: the earliest one determines date and price, and without one
//! an imported ownership is deleted. Ownerships that the app has created are left alone, and one that the app has
//! deleted is not written again (L37).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::pipeline::plan::access_rows::is_unchanged_gift;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Value;
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
    /// The ownerships that the app has deleted: there was a paid order before this plan.
    deleted: HashSet<ProductOwner>,
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
        let standing: HashMap<ProductOwner, UserProduct> = standing.into_iter().map(keyed).collect();
        let paid = paid_orders(store, &users)?;
        let deleted = paid.keys().filter(|owner| !standing.contains_key(*owner)).cloned().collect();
        Ok(Self { paid, standing, deleted, touched: BTreeSet::new() })
    }

    /// Whether the app has deleted the ownership that a purchase gives.
    pub(crate) fn is_deleted(&self, purchase: &Purchase) -> bool {
        purchase.paid.is_some() && self.deleted.contains(&purchase.owner)
    }

    /// Takes in what the app has deleted by what batches before this one have seen, and tells what this one adds to that: once the
    /// order that has bought a product is corrected away, nothing else shows it.
    pub(crate) fn share_deleted(&mut self, known: &mut HashSet<ProductOwner>) {
        let standing = &self.standing;
        self.deleted.extend(known.iter().filter(|owner| !standing.contains_key(*owner)).cloned());
        known.extend(self.deleted.iter().cloned());
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

    /// The changes that bring the touched ownerships up to date; those that the app has deleted only if they are to
    /// be restored.
    pub(crate) fn into_changes(mut self, written_at: Millis, restores: bool) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        let touched = touched.into_iter().filter(|owner| restores || !self.deleted.contains(owner));
        let mut gifts = Vec::new();
        let replaced: Vec<OwnershipChange> = touched
            .filter_map(|owner| {
                let first = self.paid.remove(&owner).and_then(|mut paid| paid.pop_first());
                let mut standing = self.standing.remove(&owner);
                // What a plan has given is bought now.
                if let Some(gift) = standing.take_if(|row| first.is_some() && is_unchanged_gift(row)) {
                    gifts.push(Change::delete::<UserProduct>(&gift.id));
                }
                OwnershipChange::of(standing, owner, first, written_at)
            })
            .collect();
        gifts.into_iter().chain(changes(replaced)).collect()
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

/// The products that these people's Sejoli orders have paid for: user and product.
///
/// # Errors
/// The database's errors.
pub(super) fn bought_products(
    store: &mut Store,
    users: &[&str],
) -> anyhow::Result<impl Iterator<Item = ProductOwner> + use<>> {
    Ok(paid_orders(store, users)?.into_keys())
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

/// An ownership as it is and as it is to be.
struct OwnershipChange {
    old: Option<UserProduct>,
    new: Option<UserProduct>,
}

impl OwnershipChange {
    /// What the first paid order makes of an ownership; none where nothing changes.
    fn of(
        old: Option<UserProduct>,
        (user_id, product_id): ProductOwner,
        first: Option<(Precedence, Money)>,
        written_at: Millis,
    ) -> Option<Self> {
        let id = id_for(UserProduct::TABLE.name, &format!("{user_id}/{product_id}"), Millis(0));
        if old.as_ref().is_some_and(|old| old.id != id) {
            return None;
        }
        let new = first.map(|((at, transaction_id), price)| UserProduct {
            id,
            user_id,
            product_id,
            purchase_date: at,
            expires_at: old.as_ref().and_then(|old| old.expires_at),
            is_active: old.as_ref().is_none_or(|old| old.is_active),
            price,
            transaction_id: Some(transaction_id),
            created_at: at,
            updated_at: written_at,
        });
        let from_order = |row: &UserProduct| (row.transaction_id.clone(), row.price, row.purchase_date);
        let same = old.as_ref().map(from_order) == new.as_ref().map(from_order);
        (!same).then_some(Self { old, new })
    }

    /// The transaction that the row has until it is updated, and then gives up.
    fn held(&self) -> Option<&str> {
        let held = self.new.as_ref().and(self.old.as_ref())?.transaction_id.as_deref();
        held.filter(|held| self.claimed() != Some(held))
    }

    fn claimed(&self) -> Option<&str> {
        self.new.as_ref()?.transaction_id.as_deref()
    }
}

/// The changes of ownerships. A transaction belongs to one ownership only, so one that goes from a row to another
/// is given up by the first update of its row and taken by the second one.
fn changes(replaced: Vec<OwnershipChange>) -> Vec<Change> {
    let held: HashSet<&str> = replaced.iter().filter_map(OwnershipChange::held).collect();
    let passed_on: HashSet<String> = replaced
        .iter()
        .filter_map(OwnershipChange::claimed)
        .filter(|claimed| held.contains(claimed))
        .map(str::to_owned)
        .collect();
    let mut changes = Vec::new();
    for OwnershipChange { old, new } in replaced {
        let is_passed_on = |row: &Option<UserProduct>| {
            row.as_ref().and_then(|row| row.transaction_id.as_ref()).is_some_and(|id| passed_on.contains(id))
        };
        let later = new.as_ref().filter(|_| is_passed_on(&old) || is_passed_on(&new)).cloned();
        let first = new.map(|new| match later {
            Some(_) => UserProduct { transaction_id: None, ..new },
            None => new,
        });
        let is_new = old.is_none();
        changes.extend(match (old, first) {
            (None, first) => first.map(Change::insert),
            (Some(old), None) => Some(Change::delete::<UserProduct>(&old.id)),
            (Some(old), Some(first)) => {
                let id = old.id.clone();
                Change::diff(&id, old, first, &["id"])
            }
        });
        if let Some(later) = later {
            let set = |value: Value| Change::update::<UserProduct>(&later.id, vec![("transactionId", value)]);
            // A new row has no update before this one, and a row's second update comes after all first ones.
            changes.extend(is_new.then(|| set(Value::Null)));
            changes.extend(later.transaction_id.map(|id| set(Value::Text(id))));
        }
    }
    changes
}

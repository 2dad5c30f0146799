//! Reads what stands in the app, by the natural keys of [`State`].

use std::collections::{BTreeMap, BTreeSet};

use super::state::{
    ConversionState, Handle, Ids, MappingState, MembershipState, OrderState, OwnershipState, PersonState,
    ProfileState, State, WalletState,
};
use crate::support::AppDatabase;
use crate::support::library::record::Record;
use crate::support::library::tables::{
    AffiliateConversion, AffiliateMapping, AffiliateProfile, AffiliateTotals, Membership, Product,
    Transaction, User, UserMembership, UserProduct, UserRole, Wallet, WalletTransaction,
};
use crate::support::library::{DatabaseUse, Money, Store};

/// The handles that were given so far, by user id: a person keeps theirs, whatever address they have by then.
#[derive(Clone, Debug, Default)]
pub(super) struct Handles(BTreeMap<String, Handle>);

impl Handles {
    fn of(&self, user: &str) -> Handle {
        self.0.get(user).cloned().unwrap_or_else(|| format!("nobody ({user})"))
    }

    /// Reads what stands, and names whoever is new.
    pub(super) fn read(&mut self, db: &AppDatabase) -> (State, Ids) {
        self.read_from(&mut db.store(DatabaseUse::Read))
    }

    /// The same by a connection that is open.
    pub(super) fn read_from(&mut self, store: &mut Store) -> (State, Ids) {
        let (mut state, mut ids) = (State::default(), Ids::default());
        self.read_people(store, &mut state, &mut ids);
        self.read_orders(store, &mut state, &mut ids);
        self.read_memberships(store, &mut state, &mut ids);
        self.read_money(store, &mut state, &mut ids);
        (state, ids)
    }

    fn read_people(&mut self, store: &mut Store, state: &mut State, ids: &mut Ids) {
        let users = all::<User>(store);
        let mut taken: BTreeSet<Handle> =
            users.iter().filter_map(|user| self.0.get(&user.id).cloned()).collect();
        for user in users {
            let handle =
                self.0.entry(user.id.clone()).or_insert_with(|| free_handle(&user.email, &taken)).clone();
            taken.insert(handle.clone());
            ids.people.insert(handle.clone(), user.id);
            let person = PersonState {
                email: user.email,
                name: user.name,
                phone: user.phone,
                whatsapp: user.whatsapp,
                role: user.role.as_str().to_owned(),
                imported: user.import_source.is_some(),
                is_active: user.is_active,
            };
            state.people.insert(handle, person);
        }
        for role in all::<UserRole>(store) {
            state.affiliate_roles.insert(self.of(&role.user_id));
        }
    }

    fn read_orders(&mut self, store: &mut Store, state: &mut State, ids: &mut Ids) {
        let profiles = profile_owners(store);
        let products: BTreeMap<String, String> = all::<Product>(store)
            .into_iter()
            .map(|product| (product.id, product.slug.unwrap_or_default()))
            .collect();
        let mut numbers = BTreeMap::new();
        for row in all::<Transaction>(store) {
            ids.transactions_of.entry(self.of(&row.user_id)).or_default().push(row.id.clone());
            let Some(number) = order_number(&row) else {
                let (key, row) = own_transaction(&self.of(&row.user_id), &row);
                state.own.insert(key, row);
                continue;
            };
            numbers.insert(row.id.clone(), number);
            ids.orders.insert(number, row.id.clone());
            let metadata = row.metadata.as_ref().map_or("{}", |json| json.0.as_str());
            let metadata: serde_json::Value = serde_json::from_str(metadata).expect("metadata are JSON");
            let said = |key: &str| metadata[key].as_str().unwrap_or_default().to_owned();
            let order = OrderState {
                owner: self.of(&row.user_id),
                kind: row.kind.as_str().to_owned(),
                status: row.status.as_str().to_owned(),
                amount: row.amount.minor(),
                name: row.customer_name,
                email: row.customer_email,
                phone: row.customer_phone,
                whatsapp: row.customer_whatsapp,
                product: row.product_id.map(|id| products.get(&id).cloned().unwrap_or(id)),
                title: row.description,
                original: row.original_amount.map(Money::minor),
                share: row.affiliate_share.map(Money::minor),
                affiliate: row.affiliate_id.map(|id| self.of(profiles.get(&id).unwrap_or(&id))),
                source_product: said("sejoliProductId"),
                source_code: said("affiliateCode"),
                paid_at: row.paid_at.map(|at| at.0),
                placed: row.created_at.0,
            };
            state.orders.insert(number, order);
        }
        for row in all::<AffiliateConversion>(store) {
            let affiliate = profiles.get(&row.affiliate_id).map_or("no profile", String::as_str);
            let conversion = ConversionState {
                affiliate: self.of(affiliate),
                amount: row.commission_amount.minor(),
                rate: row.commission_rate.plain(),
                earned_at: row.created_at.0,
            };
            match numbers.get(&row.transaction_id) {
                Some(number) => {
                    state.conversions.insert(*number, conversion);
                    ids.conversions.insert(*number, row.id);
                    if row.paid_out {
                        state.paid.insert(*number);
                    }
                }
                None => drop(state.own.insert(format!("conversion {}", row.id), format!("{conversion:?}"))),
            }
        }
    }

    fn read_memberships(&mut self, store: &mut Store, state: &mut State, ids: &mut Ids) {
        let orders: BTreeMap<String, u32> =
            ids.orders.iter().map(|(number, id)| (id.clone(), *number)).collect();
        let named = |id: String| orders.get(&id).map_or(id, |number| number.to_string());
        let slugs: BTreeMap<String, String> =
            all::<Membership>(store).into_iter().map(|row| (row.id, row.slug.unwrap_or_default())).collect();
        for row in all::<UserMembership>(store) {
            let group = (self.of(&row.user_id), slugs[&row.membership_id].clone());
            ids.memberships.insert(group.clone(), row.id);
            let membership = MembershipState {
                start: row.start_date.0,
                end: row.end_date.0,
                status: row.status,
                is_active: row.is_active,
                price: row.price.map(Money::minor),
                transaction: row.transaction_id.map(named),
                row: row.external_id,
            };
            state.memberships.insert(group, membership);
        }
        let products: BTreeMap<String, String> = all::<Product>(store)
            .into_iter()
            .map(|product| (product.id, product.slug.unwrap_or_default()))
            .collect();
        for row in all::<UserProduct>(store) {
            let key = (self.of(&row.user_id), products[&row.product_id].clone());
            ids.ownerships.insert(key.clone(), row.id);
            let ownership = OwnershipState {
                price: row.price.minor(),
                transaction: row.transaction_id.map(named),
                since: row.purchase_date.0,
            };
            state.ownerships.insert(key, ownership);
        }
    }

    fn read_money(&mut self, store: &mut Store, state: &mut State, ids: &mut Ids) {
        let mut owners = BTreeMap::new();
        for row in all::<Wallet>(store) {
            let handle = self.of(&row.user_id);
            owners.insert(row.id.clone(), handle.clone());
            ids.wallets.insert(handle.clone(), row.id);
            let [balance, earnings, payout] =
                [row.balance, row.total_earnings, row.total_payout].map(Money::minor);
            state.wallets.insert(handle, WalletState { balance, earnings, payout });
        }
        for row in all::<WalletTransaction>(store) {
            if row.reference.as_deref().is_some_and(|reference| reference.starts_with("sejoli-")) {
                *state.ledger.entry(owners[&row.wallet_id].clone()).or_default() += row.amount.minor();
            } else {
                let (key, row) = own_entry(&row);
                state.own.insert(key, row);
            }
        }
        state.ledger.retain(|_, sum| *sum != 0);
        for row in all::<AffiliateProfile>(store) {
            let handle = self.of(&row.user_id);
            ids.profiles.insert(handle.clone(), row.id);
            let profile = ProfileState {
                conversions: row.total_conversions,
                sales: row.total_sales.minor(),
                earnings: row.total_earnings.minor(),
                rate: row.commission_rate.plain(),
            };
            state.profiles.insert(handle, profile);
        }
        for row in all::<AffiliateMapping>(store) {
            ids.mappings.insert(row.code.clone(), row.id);
            let user = row.eksporyuk_user_id.map(|user| self.of(&user));
            let mapping = MappingState { user, status: row.status, name: row.name, email: row.email };
            state.mappings.insert(row.code, mapping);
        }
        state.settled = all::<AffiliateTotals>(store).iter().map(|row| row.settled_balance.minor()).sum();
    }
}

/// The handle of somebody new: the address, unless whoever was first seen with it still stands.
pub(super) fn free_handle(email: &str, taken: &BTreeSet<Handle>) -> Handle {
    let mut handle = email.to_owned();
    while taken.contains(&handle) {
        handle.push('+');
    }
    handle
}

fn all<R: Record>(store: &mut Store) -> Vec<R> {
    store.select("", &[]).expect("the rows")
}

fn profile_owners(store: &mut Store) -> BTreeMap<String, String> {
    all::<AffiliateProfile>(store).into_iter().map(|profile| (profile.id, profile.user_id)).collect()
}

/// How a transaction of the app's own is told.
pub(super) fn own_transaction(owner: &Handle, row: &Transaction) -> (String, String) {
    (format!("transaction {}", row.id), format!("owner {owner}: {row:?}"))
}

/// How an entry of a ledger that the app has made is told.
pub(super) fn own_entry(row: &WalletTransaction) -> (String, String) {
    (format!("ledger entry {}", row.id), format!("{row:?}"))
}

fn order_number(row: &Transaction) -> Option<u32> {
    row.external_id.as_deref()?.strip_prefix("sejoli-")?.parse().ok()
}

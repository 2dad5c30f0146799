//! What stands in the app, told by natural keys: a person by the first address that was seen of them, an order by its
//! number, a membership by person and slug. The model predicts it, and it is read from a database.

use std::collections::{BTreeMap, BTreeSet};

/// A person of the app, by the first address that was seen of them.
pub(super) type Handle = String;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PersonState {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) phone: Option<String>,
    pub(super) whatsapp: Option<String>,
    pub(super) role: String,
    pub(super) imported: bool,
    /// Whether nobody has closed the account.
    pub(super) is_active: bool,
}

/// The transaction of an order of Sejoli's. Amounts are in sen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OrderState {
    pub(super) owner: Handle,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) amount: i64,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) whatsapp: Option<String>,
    /// Slug of the app's product.
    pub(super) product: Option<String>,
    pub(super) title: Option<String>,
    pub(super) original: Option<i64>,
    pub(super) share: Option<i64>,
    /// Whose profile it is sold by.
    pub(super) affiliate: Option<Handle>,
    pub(super) source_product: String,
    pub(super) source_code: String,
    pub(super) paid_at: Option<i64>,
    pub(super) placed: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConversionState {
    pub(super) affiliate: Handle,
    pub(super) amount: i64,
    pub(super) rate: String,
    pub(super) earned_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MembershipState {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) status: String,
    pub(super) is_active: bool,
    pub(super) price: Option<i64>,
    /// The number of its order, or the id of a transaction of the app's own.
    pub(super) transaction: Option<String>,
    /// The number of its last row in Sejoli.
    pub(super) row: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnershipState {
    pub(super) price: i64,
    pub(super) transaction: Option<String>,
    pub(super) since: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WalletState {
    pub(super) balance: i64,
    pub(super) earnings: i64,
    pub(super) payout: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProfileState {
    pub(super) conversions: i64,
    pub(super) sales: i64,
    pub(super) earnings: i64,
    pub(super) rate: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MappingState {
    pub(super) user: Option<Handle>,
    pub(super) status: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
}

/// A person's membership: handle and slug.
pub(super) type Group = (Handle, String);

/// What stands in the app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) people: BTreeMap<Handle, PersonState>,
    pub(super) affiliate_roles: BTreeSet<Handle>,
    pub(super) orders: BTreeMap<u32, OrderState>,
    pub(super) conversions: BTreeMap<u32, ConversionState>,
    /// The orders whose commissions count as paid out.
    pub(super) paid: BTreeSet<u32>,
    pub(super) memberships: BTreeMap<Group, MembershipState>,
    /// By handle and slug of the product.
    pub(super) ownerships: BTreeMap<(Handle, String), OwnershipState>,
    pub(super) wallets: BTreeMap<Handle, WalletState>,
    pub(super) profiles: BTreeMap<Handle, ProfileState>,
    pub(super) mappings: BTreeMap<String, MappingState>,
    /// The sum of the ledger's entries that imports have made.
    pub(super) ledger: BTreeMap<Handle, i64>,
    /// What the tool says stands in wallets from it, of all affiliates together.
    pub(super) settled: i64,
    /// Rows that no import makes, as they are: transactions and ledger entries of the app's own.
    pub(super) own: BTreeMap<String, String>,
}

/// The ids behind the natural keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    pub(super) people: BTreeMap<Handle, String>,
    pub(super) orders: BTreeMap<u32, String>,
    pub(super) conversions: BTreeMap<u32, String>,
    pub(super) memberships: BTreeMap<Group, String>,
    pub(super) ownerships: BTreeMap<(Handle, String), String>,
    pub(super) wallets: BTreeMap<Handle, String>,
    pub(super) profiles: BTreeMap<Handle, String>,
    pub(super) mappings: BTreeMap<String, String>,
    /// Every transaction by its owner, also those of the app's own.
    pub(super) transactions_of: BTreeMap<Handle, Vec<String>>,
}

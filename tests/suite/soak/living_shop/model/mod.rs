//! What an import has to make of the exports and of what stands in the app, told in plain maps. It knows the rules and
//! nothing of the tool: what it remembers between imports is what the tool must have kept in its own tables.

mod affiliates;
mod commissions;
mod memberships;
mod merges;
mod money;
mod orders;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use self::affiliates::KnownAffiliate;
use self::memberships::KnownRow;
use self::money::Position;
use self::orders::KnownOrder;
use self::people::KnownPerson;
use super::shop::{Shop, UpperTier};
use super::state::{Group, Handle, MembershipState, OwnershipState, State};

/// What is remembered of the imports so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// Who of the app somebody of the source is, by `email/…` or `phone/…`.
    decided: BTreeMap<String, Handle>,
    /// The people that imports have written of.
    people: BTreeMap<Handle, KnownPerson>,
    affiliates: BTreeMap<String, KnownAffiliate>,
    orders: BTreeMap<u32, KnownOrder>,
    rows: BTreeMap<String, KnownRow>,
    /// The commissions above the first tier.
    uppers: BTreeMap<u32, UpperTier>,
    /// The memberships as they were written.
    memberships: BTreeMap<Group, MembershipState>,
    /// The ownerships of products as they were written.
    ownerships: BTreeMap<(Handle, String), OwnershipState>,
    /// What stands in a person's wallet from imports.
    settled: BTreeMap<Handle, Position>,
    /// The orders whose commissions imports have said to be paid out.
    marked: BTreeSet<u32>,
}

/// What an import has to come to.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) state: State,
    /// The rows that wait for a decision, with the reason.
    pub(super) held: Vec<String>,
}

impl Model {
    /// Imports the exports of a shop into what stands.
    pub(super) fn import(&mut self, before: &State, shop: &Shop, as_of: i64) -> Expectation {
        let mut import = Import {
            state: before.clone(),
            model: self,
            before,
            shop,
            as_of,
            held: Vec::new(),
            left: BTreeSet::new(),
        };
        import.affiliates();
        let sellers = import.sellers();
        import.orders(&sellers);
        import.upper_tiers();
        import.memberships();
        import.follow_affiliates(&sellers);
        import.settle(&sellers);
        import.remove_unused_people();
        Expectation { state: import.state, held: import.held }
    }
}

/// An import at work.
struct Import<'a> {
    model: &'a mut Model,
    before: &'a State,
    state: State,
    shop: &'a Shop,
    as_of: i64,
    held: Vec<String>,
    /// People from whom a corrected row has moved away.
    left: BTreeSet<Handle>,
}

impl Import<'_> {
    fn hold(&mut self, what: impl Into<String>) {
        self.held.push(what.into());
    }
}

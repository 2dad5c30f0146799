//! Affiliates: each code is mapped to a user once; what the app decides about it counts from then on.

use std::collections::BTreeMap;

use super::super::shop::Affiliate;
use super::super::state::{Handle, MappingState, PersonState, ProfileState};
use super::Import;

/// What is known of an affiliate's code.
#[derive(Clone, Debug)]
pub(super) struct KnownAffiliate {
    email: String,
    name: String,
    rate: i64,
    /// What was paid out in Sejoli, in sen: the last figure that was stated.
    pub(super) paid: i64,
    /// In whose wallet it was settled last.
    pub(super) user: Option<Handle>,
    /// Whether anything of it stands there.
    pub(super) is_settled: bool,
}

/// A rate as the tool shows it.
pub(super) fn rate_text(percent: i64) -> String {
    percent.to_string()
}

impl Import<'_> {
    /// The mappings, with what a verified one needs.
    pub(super) fn affiliates(&mut self) {
        let shop = self.shop;
        for affiliate in shop.affiliates.values() {
            self.affiliate(affiliate);
        }
    }

    fn affiliate(&mut self, row: &Affiliate) {
        let known = self.model.affiliates.get(&row.code).cloned();
        let waits = self.state.mappings.get(&row.code).is_none_or(|mapping| mapping.status == "PENDING");
        if let Some(known) = known.as_ref().filter(|known| known.email != row.email && !waits) {
            let why = format!("affiliate {}: belongs to {} and now to {}", row.code, known.email, row.email);
            return self.hold(why);
        }
        if waits {
            self.decide(row);
        } else if let Some(known) = &known {
            self.refresh(row, known);
        }
        let paid = row.paid.map(|paid| paid * 100);
        let paid = paid.or(known.as_ref().map(|known| known.paid)).unwrap_or_default();
        let (email, name, rate) = (row.email.clone(), row.name.clone(), row.rate);
        let is_settled = known.as_ref().is_some_and(|known| known.is_settled);
        let user = known.and_then(|known| known.user);
        let known = KnownAffiliate { email, name, rate, paid, user, is_settled };
        self.model.affiliates.insert(row.code.clone(), known);
    }

    /// A mapping that nobody has decided: by the address, unless several affiliates have it.
    fn decide(&mut self, row: &Affiliate) {
        let shared = self.shop.affiliates.values().filter(|other| other.email == row.email).count() > 1;
        let mut mapping = MappingState {
            user: None,
            status: "PENDING".to_owned(),
            name: row.name.clone(),
            email: Some(row.email.clone()),
        };
        if !shared {
            let user = self.state.people.iter().find(|(_, person)| person.email == row.email);
            let handle = match user {
                Some((handle, _)) => handle.clone(),
                None => self.create_affiliate(row),
            };
            mapping.user = Some(handle.clone());
            "VERIFIED".clone_into(&mut mapping.status);
            let profile = ProfileState { rate: rate_text(row.rate), ..ProfileState::default() };
            self.state.profiles.entry(handle.clone()).or_insert(profile);
            self.equip(&handle);
            self.admit(&handle);
        }
        self.state.mappings.insert(row.code.clone(), mapping);
    }

    fn create_affiliate(&mut self, row: &Affiliate) -> Handle {
        let person = PersonState {
            email: row.email.clone(),
            name: row.name.clone(),
            phone: None,
            whatsapp: None,
            role: "AFFILIATE".to_owned(),
            imported: true,
            is_active: true,
        };
        self.add_person(self.free_handle(&row.email), person)
    }

    /// The affiliates' pages are for this role alone (L32).
    fn admit(&mut self, handle: &Handle) {
        let role = self.state.people.get(handle).map(|person| person.role.clone());
        if role.is_some_and(|role| role == "MEMBER_FREE" || role == "MEMBER_PREMIUM") {
            self.set_role(handle, "AFFILIATE");
        }
    }

    /// What a verified affiliate has to have.
    fn equip(&mut self, handle: &Handle) {
        self.state.affiliate_roles.insert(handle.clone());
        self.state.wallets.entry(handle.clone()).or_default();
    }

    /// A mapping that stands: the file's news about it.
    fn refresh(&mut self, row: &Affiliate, known: &KnownAffiliate) {
        let mapping = self.state.mappings.get_mut(&row.code).expect("the mapping stands");
        if known.name != row.name {
            mapping.name.clone_from(&row.name);
        }
        let user = mapping.user.clone();
        if known.rate != row.rate
            && let Some(profile) = user.and_then(|user| self.state.profiles.get_mut(&user))
        {
            profile.rate = rate_text(row.rate);
        }
    }

    /// By whom each code sells: a verified mapping's user. Where the app has taken a code away from somebody whose
    /// wallet does not bear it, or has given it to somebody whose wallet does not, or has edited one of the code's orders, everything stays as it was.
    pub(super) fn sellers(&mut self) -> BTreeMap<String, Handle> {
        let verified: Vec<(String, Option<Handle>)> = self
            .state
            .mappings
            .iter()
            .map(|(code, mapping)| {
                let user = mapping.user.clone().filter(|_| mapping.status == "VERIFIED");
                (code.clone(), user.filter(|user| self.state.profiles.contains_key(user)))
            })
            .collect();
        let mut sellers = BTreeMap::new();
        for (code, user) in verified {
            if let Some(user) = &user {
                self.equip(user);
            }
            let before = self.settled_with(&code);
            let moved = before.as_ref().filter(|before| user.as_ref() != Some(*before));
            let is_borne = user.as_ref().is_none_or(|taker| self.bears_with(taker, &code));
            let stays = moved.filter(|old| {
                !is_borne || !self.bears_without(old, &code) || self.has_edited_order(old, &code)
            });
            let stays = stays.cloned();
            if let Some(user) = stays.or(user) {
                sellers.insert(code, user);
            }
        }
        sellers
    }

    /// In whose wallet anything of a code stands.
    pub(super) fn settled_with(&self, code: &str) -> Option<Handle> {
        let known = self.model.affiliates.get(code).filter(|known| known.is_settled);
        known.and_then(|known| known.user.clone())
    }

    /// Whether the app has edited an order that stands and is somebody's by this code.
    fn has_edited_order(&self, seller: &Handle, code: &str) -> bool {
        self.model.orders.iter().any(|(number, known)| {
            let (order, _) = &known.written;
            let is_of_code = order.source_code == code && order.affiliate.as_ref() == Some(seller);
            let standing = self.before.orders.get(number);
            let conversion = self.before.conversions.get(number);
            is_of_code
                && standing
                    .is_some_and(|standing| (standing, conversion) != (order, known.written.1.as_ref()))
        })
    }
}

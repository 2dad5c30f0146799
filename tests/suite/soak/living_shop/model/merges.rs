//! Two accounts that somebody has said to be one person: what the one has becomes the other's, and so does whatever the source
//! says of it later. Only accounts without money take part here, so that no wallet moves.

use std::collections::BTreeSet;

use super::super::shop::Shop;
use super::super::state::{Group, Handle, State};
use super::{Import, Model};

impl Model {
    /// Merges one account into another one; nothing where the tool has to refuse that.
    pub(in super::super) fn merge(
        &mut self,
        before: &State,
        kept: &Handle,
        closed: &Handle,
        as_of: i64,
    ) -> Option<State> {
        let shop = Shop::empty();
        let mut merge = Import {
            state: before.clone(),
            model: self,
            before,
            shop: &shop,
            as_of,
            held: Vec::new(),
            left: BTreeSet::new(),
        };
        if !merge.can_move_memberships(kept, closed) {
            return None;
        }
        merge.move_purchases(kept, closed);
        merge.move_memberships(kept, closed);
        merge.lead_over(kept, closed);
        merge.close(kept, closed);
        Some(merge.state)
    }
}

fn groups_of(state: &State, handle: &Handle) -> Vec<Group> {
    state.memberships.keys().filter(|(owner, _)| owner == handle).cloned().collect()
}

impl Import<'_> {
    /// What the app has edited cannot be written anew elsewhere, and what it has deleted stays deleted.
    fn can_move_memberships(&self, kept: &Handle, closed: &Handle) -> bool {
        let there = |slug: &String| (kept.clone(), slug.clone());
        let standing = groups_of(&self.state, closed);
        let can_stand = standing.iter().all(|group| {
            let other = there(&group.1);
            let is_taken = self.state.memberships.contains_key(&other);
            !self.is_edited(group) && (!is_taken || !self.is_edited(&other))
        });
        let mut deleted = self
            .model
            .memberships
            .keys()
            .filter(|group| group.0 == *closed && !self.state.memberships.contains_key(*group));
        can_stand && deleted.all(|group| !self.state.memberships.contains_key(&there(&group.1)))
    }

    /// The orders, and the products that they have bought unless the app has taken them away. What the app has given moves as
    /// it is, unless the kept account has that already.
    fn move_purchases(&mut self, kept: &Handle, closed: &Handle) {
        let mut bought = BTreeSet::new();
        for (key, row) in self.before.ownerships.iter().filter(|((owner, _), _)| owner == closed) {
            let there = (kept.clone(), key.1.clone());
            if self.model.ownerships.get(key) != Some(row) && !self.state.ownerships.contains_key(&there) {
                self.state.ownerships.remove(key);
                self.state.ownerships.insert(there, row.clone());
            }
        }
        for (number, order) in &mut self.state.orders {
            if order.owner != *closed {
                continue;
            }
            let is_paid = order.status == "SUCCESS";
            let product = order.product.clone().filter(|product| {
                is_paid && self.before.ownerships.contains_key(&(closed.clone(), product.clone()))
            });
            bought.extend(product);
            let known = self.model.orders.get_mut(number);
            let conversion = self.before.conversions.get(number);
            let written =
                known.filter(|known| (&known.written.0, known.written.1.as_ref()) == (&*order, conversion));
            if let Some(known) = written {
                known.written.0.owner.clone_from(kept);
            }
            order.owner.clone_from(kept);
        }
        for product in bought {
            self.own(&(closed.clone(), product.clone()));
            self.own(&(kept.clone(), product));
        }
    }

    fn move_memberships(&mut self, kept: &Handle, closed: &Handle) {
        let there = |group: &Group| (kept.clone(), group.1.clone());
        for known in self.model.rows.values_mut() {
            known.group =
                known.group.take().map(|group| if group.0 == *closed { there(&group) } else { group });
        }
        let written: Vec<Group> =
            self.model.memberships.keys().filter(|group| group.0 == *closed).cloned().collect();
        for group in written {
            let row = self.model.memberships.remove(&group).expect("it was just found");
            self.model.memberships.entry(there(&group)).or_insert(row);
        }
        for group in groups_of(&self.state, closed) {
            let row = self.state.memberships.remove(&group).expect("it was just found");
            self.state.memberships.entry(there(&group)).or_insert(row);
        }
        for group in groups_of(&self.state, kept) {
            if !self.is_edited(&group) && self.stands_of_import(&group) {
                self.membership(&group, Vec::new());
            }
        }
        self.one_active_of(kept);
        self.roles();
        // Nothing keeps the closed account's role up any more.
        self.lower_role(closed);
    }

    /// By which addresses and numbers the kept account is meant from now on.
    fn lead_over(&mut self, kept: &Handle, closed: &Handle) {
        let address = |handle: &Handle| format!("email/{}", self.before.people[handle].email.to_lowercase());
        let mut keys = vec![address(closed)];
        if !self.model.decided.values().any(|decided| decided == kept) {
            keys.push(address(kept));
        }
        let numbers = |handle: &Handle| {
            let person = &self.before.people[handle];
            [person.phone.clone(), person.whatsapp.clone()].into_iter().flatten()
        };
        let others = self.before.people.keys().filter(|other| *other != kept && *other != closed);
        let taken: BTreeSet<String> = others.flat_map(numbers).collect();
        keys.extend(
            numbers(closed).filter(|number| !taken.contains(number)).map(|number| format!("phone/{number}")),
        );
        for decided in self.model.decided.values_mut().filter(|decided| *decided == closed) {
            decided.clone_from(kept);
        }
        for key in keys {
            self.model.decided.entry(key).or_insert_with(|| kept.clone());
        }
    }

    /// The one is closed, and fills what is empty in the other.
    fn close(&mut self, kept: &Handle, closed: &Handle) {
        let other = self.state.people.get_mut(closed).expect("the closed account stays");
        other.is_active = false;
        let other = other.clone();
        let person = self.state.people.get_mut(kept).expect("the kept account stands");
        let before = person.clone();
        if person.name.trim().is_empty() {
            person.name = other.name;
        }
        person.phone = person.phone.take().or(other.phone);
        person.whatsapp = person.whatsapp.take().or(other.whatsapp);
        let closed = self.model.people.get(closed).cloned().unwrap_or_default();
        let known = self.model.people.entry(kept.clone()).or_default();
        known.take_in(&closed);
        if known.created.as_ref() == Some(&before) {
            known.created = Some(person.clone());
        }
    }
}

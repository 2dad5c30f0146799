//! Memberships: the rows of one person and one membership are one row of the app, which follows them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::shop::{DAY, Membership};
use super::super::state::{Group, Handle, MembershipState, State};
use super::Import;
use super::people::Who;

/// The end of a lifetime, 2099-12-31T23:59:59.999Z.
const FOREVER: i64 = 4_102_444_799_999;

/// A row that an import has taken in.
#[derive(Clone, Debug)]
pub(super) struct KnownRow {
    row: Membership,
    /// None of one that has left its membership and may not be written for another one.
    pub(super) group: Option<Group>,
    /// When an import first saw that its order was refunded.
    ended: Option<i64>,
}

impl KnownRow {
    fn end(&self) -> i64 {
        let stated = self.row.last_day.map_or(FOREVER, |day| day + DAY - 1);
        self.ended.map_or(stated, |ended| stated.min(ended))
    }
}

/// Where the rows of the exports belong.
#[derive(Default)]
struct Sorted {
    /// By group: the rows that are written if their group is.
    groups: BTreeMap<Group, Vec<KnownRow>>,
    /// Groups that a row has left.
    left: BTreeSet<Group>,
}

impl Sorted {
    /// A row that is held stays a part of what it was, as it was.
    fn stays(&mut self, known: Option<KnownRow>) {
        if let Some((group, known)) = known.and_then(|known| Some((known.group.clone()?, known))) {
            self.groups.entry(group).or_default().push(known);
        }
    }
}

impl Import<'_> {
    /// The memberships of the exports, and those of earlier ones that a row has left.
    pub(super) fn memberships(&mut self) {
        let sorted = self.sort_rows();
        // Who gives up an order comes first: no two memberships have one at a time.
        let mut writable = BTreeMap::new();
        for group in sorted.left.iter().filter(|group| !sorted.groups.contains_key(*group)) {
            writable.insert(group.clone(), Vec::new());
        }
        for (group, rows) in sorted.groups {
            writable.insert(group, rows);
        }
        for (group, rows) in &writable {
            self.release(group, rows);
        }
        for (group, rows) in writable {
            self.membership(&group, rows);
        }
        self.one_active();
        self.roles();
    }

    /// Of each person's memberships that run the one that ends last is ACTIVE, the others are EXPIRED. One that the app has
    /// edited takes part as it is.
    fn one_active(&mut self) {
        let people: BTreeSet<String> =
            self.state.memberships.keys().map(|(person, _)| person.clone()).collect();
        people.iter().for_each(|person| self.one_active_of(person));
    }

    pub(super) fn one_active_of(&mut self, person: &Handle) {
        let of_person = self.state.memberships.iter().filter(|((owner, _), _)| owner == person);
        let rows: Vec<(Group, MembershipState, bool)> =
            of_person.map(|(group, row)| (group.clone(), row.clone(), !self.is_edited(group))).collect();
        let waits = |row: &MembershipState| row.status == "EXPIRED" && row.end > self.as_of;
        if rows.len() == 1 && !waits(&rows[0].1) {
            return;
        }
        let running = rows
            .iter()
            .filter(|(_, row, is_free)| row.end > self.as_of && (*is_free || row.status == "ACTIVE"));
        let chosen = running
            .max_by_key(|(group, row, is_free)| (row.end, !is_free, row.start, group.clone()))
            .map(|(group, ..)| group.clone());
        for (group, row, _) in rows.iter().filter(|(.., is_free)| *is_free) {
            let is_active = chosen.as_ref() == Some(group);
            let status = if is_active { "ACTIVE" } else { "EXPIRED" }.to_owned();
            let row = MembershipState { status, is_active, ..row.clone() };
            self.state.memberships.insert(group.clone(), row.clone());
            self.model.memberships.insert(group.clone(), row);
        }
    }

    /// A membership that has become ACTIVE raises its member's role, and the last one that ends lowers it.
    pub(super) fn roles(&mut self) {
        let is_active = |state: &State, group: &Group| {
            state.memberships.get(group).is_some_and(|row| row.status == "ACTIVE")
        };
        let groups = self.before.memberships.keys().chain(self.state.memberships.keys());
        let (mut began, mut ended) = (BTreeSet::new(), BTreeSet::new());
        for group in groups {
            match (is_active(self.before, group), is_active(&self.state, group)) {
                (false, true) => drop(began.insert(group.0.clone())),
                (true, false) => drop(ended.insert(group.0.clone())),
                _ => {}
            }
        }
        ended.difference(&began).for_each(|person| self.lower_role(person));
        began.iter().for_each(|person| self.raise_role(person));
    }

    /// A membership gives up the transaction of an order that its rows do not name any more, unless the app has edited
    /// it.
    fn release(&mut self, group: &Group, rows: &[KnownRow]) {
        if self.is_edited(group) {
            return;
        }
        let named: BTreeSet<String> =
            self.rows_of(group, rows).iter().filter_map(|row| Some(row.row.order?.to_string())).collect();
        for memberships in [&mut self.state.memberships, &mut self.model.memberships] {
            if let Some(membership) = memberships.get_mut(group) {
                membership.transaction = membership.transaction.take().filter(|order| named.contains(order));
            }
        }
    }

    fn sort_rows(&mut self) -> Sorted {
        let mut sorted = Sorted::default();
        let shop = self.shop;
        for row in shop.memberships.values() {
            let known = self.model.rows.get(&row.id).cloned();
            let unchanged = known.as_ref().is_some_and(|known| known.row == *row);
            let who = self.who(&row.email, "", "");
            if who == Who::Gone {
                if !unchanged {
                    self.hold(format!("membership {}: its member was deleted in the app", row.id));
                    sorted.stays(known.map(|known| self.with_refund(known)));
                }
                continue;
            }
            let (Who::User(handle) | Who::New(handle)) = &who else { continue };
            let slug = shop.products[&row.product].membership.to_owned();
            let group = (handle.clone(), slug);
            let is_of_group = known.as_ref().is_some_and(|known| known.group.as_ref() == Some(&group));
            if matches!(who, Who::New(_)) && is_of_group && self.is_edited(&group) {
                // Nobody is created again for a membership that the app has deleted.
                if !unchanged {
                    self.hold(format!("membership {}: deleted in the app and changed in the source", row.id));
                }
                sorted.stays(known.map(|known| self.with_refund(known)));
                continue;
            }
            let old = known.as_ref().and_then(|known| known.group.clone()).filter(|old| *old != group);
            if let Some(old) = old {
                if self.is_edited(&old) || (self.is_edited(&group) && self.stands_of_import(&group)) {
                    self.hold(format!("membership {}: edited in the app and moved in the source", row.id));
                    sorted.stays(known.map(|known| self.with_refund(known)));
                    continue;
                }
                self.left.insert(old.0.clone());
                self.model.rows.get_mut(&row.id).expect("a row that moves is known").group = None;
                sorted.left.insert(old);
            }
            self.user_of(who, &row.email, "", "");
            let same_order = known.filter(|known| known.row.order == row.order);
            let ended = same_order.and_then(|known| known.ended).or_else(|| self.refunded_now(row, &group.0));
            let rows = sorted.groups.entry(group.clone()).or_default();
            rows.push(KnownRow { row: row.clone(), group: Some(group), ended });
        }
        sorted
    }

    /// A row as it is known, with what stands of its order.
    fn with_refund(&self, known: KnownRow) -> KnownRow {
        let refunded_now = || self.refunded_now(&known.row, &known.group.as_ref()?.0);
        let ended = known.ended.or_else(refunded_now);
        KnownRow { ended, ..known }
    }

    /// Whether the app has edited or deleted a membership that an import has written.
    pub(super) fn is_edited(&self, group: &Group) -> bool {
        self.state.memberships.get(group) != self.model.memberships.get(group)
    }

    /// Whether a membership stands that an import has written: a row that would join it, edited as it is, stays where
    /// it was.
    pub(super) fn stands_of_import(&self, group: &Group) -> bool {
        self.state.memberships.get(group).is_some_and(|standing| self.is_imported(standing))
    }

    /// This import's moment, if the member has bought the row's order and it is refunded.
    fn refunded_now(&self, row: &Membership, member: &Handle) -> Option<i64> {
        let order = self.state.orders.get(&row.order?)?;
        (order.status == "REFUNDED" && order.owner == *member).then_some(self.as_of)
    }

    pub(super) fn membership(&mut self, group: &Group, rows: Vec<KnownRow>) {
        let changed = |row: &&KnownRow| {
            let known = self.model.rows.get(&row.row.id);
            known.is_none_or(|known| known.row != row.row || known.ended != row.ended)
        };
        let changed: Vec<String> = rows.iter().filter(changed).map(|row| row.row.id.clone()).collect();
        let standing = self.state.memberships.get(group).cloned();
        let written = self.model.memberships.get(group).cloned();
        let mut wanted = self.merged(group, &rows);
        if let (Some(wanted), Some(standing), Some(written)) = (&mut wanted, &standing, &written) {
            // Which one is ACTIVE is chosen in the end; that it was another one is no change of the source.
            let keeps = wanted.is_active && standing.end > self.as_of;
            if keeps || standing != written {
                (wanted.status, wanted.is_active) = (written.status.clone(), written.is_active);
            }
        }
        let edited = match (&standing, &written) {
            (None, None) => false,
            // The app's own: what is empty is filled, the rest is left as it is.
            (Some(standing), None) if !self.is_imported(standing) => {
                self.fill_membership(group, wanted);
                return self.remember(rows);
            }
            _ => standing != written,
        };
        if edited && standing.is_some() && standing == wanted {
            return self.write(group, rows, wanted);
        }
        if edited {
            // A deleted or edited one stays so; where the source has changed too, somebody has to decide.
            let asks = !changed.is_empty() || (standing.is_some() && wanted != written);
            if asks {
                self.hold(format!("membership {group:?}: edited in the app, rows {changed:?} changed"));
            }
            return;
        }
        self.write(group, rows, wanted);
    }

    /// Whether an import has written it, for whomever.
    fn is_imported(&self, standing: &MembershipState) -> bool {
        standing.row.as_ref().is_some_and(|row| self.model.rows.contains_key(row))
    }

    fn write(&mut self, group: &Group, rows: Vec<KnownRow>, wanted: Option<MembershipState>) {
        match wanted {
            Some(wanted) => {
                self.state.memberships.insert(group.clone(), wanted.clone());
                self.model.memberships.insert(group.clone(), wanted);
            }
            None => {
                self.state.memberships.remove(group);
                self.model.memberships.remove(group);
            }
        }
        self.remember(rows);
    }

    fn remember(&mut self, rows: Vec<KnownRow>) {
        self.model.rows.extend(rows.into_iter().map(|row| (row.row.id.clone(), row)));
    }

    fn fill_membership(&mut self, group: &Group, wanted: Option<MembershipState>) {
        let Some(wanted) = wanted else { return };
        let standing = self.state.memberships.get_mut(group).expect("it stands");
        if standing.row.is_none() {
            standing.row = wanted.row;
        }
        if standing.transaction.is_none() {
            standing.transaction = wanted.transaction;
        }
    }

    /// The rows of a group: those of the exports, and those of earlier ones that these lack.
    fn rows_of<'r>(&'r self, group: &Group, rows: &'r [KnownRow]) -> Vec<&'r KnownRow> {
        let gone = self.model.rows.values().filter(|known| {
            known.group.as_ref() == Some(group) && !self.shop.memberships.contains_key(&known.row.id)
        });
        rows.iter().chain(gone).collect()
    }

    /// The rows of a group as one.
    fn merged(&self, group: &Group, rows: &[KnownRow]) -> Option<MembershipState> {
        let mut all = self.rows_of(group, rows);
        all.sort_by_key(|row| (row.end(), row.row.start, row.row.id.clone()));
        let last = *all.last()?;
        let start = all.iter().map(|row| row.row.start).min()?;
        let status = if last.end() > self.as_of { "ACTIVE" } else { "EXPIRED" };
        let orders = all.iter().filter_map(|row| row.row.order);
        let paid = orders.filter_map(|number| {
            let order = self.state.orders.get(&number)?;
            (order.status == "SUCCESS" && order.owner == group.0).then_some((order.placed, number))
        });
        // No two memberships have one transaction: what the app has edited keeps what it has.
        let is_free = |order: &String| {
            let others = self.state.memberships.iter().filter(|(other, _)| *other != group);
            others.into_iter().all(|(_, row)| row.transaction.as_ref() != Some(order))
        };
        let latest = paid.max().map(|(_, number)| number.to_string());
        Some(MembershipState {
            start,
            end: last.end(),
            status: status.to_owned(),
            is_active: status == "ACTIVE",
            price: Some(last.row.price * 100),
            transaction: latest.filter(is_free),
            row: Some(last.row.id.clone()),
        })
    }
}

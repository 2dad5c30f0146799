//! A day in the app: people edit, pay out, merge, delete, cancel and sell, while the shop still lives in Sejoli.

use std::collections::BTreeMap;

use super::super::SeededRandom;
use super::app::{CUSTOMER, Effect, Event, SELLER, Write};
use super::kinds::{Kind, Kinds};
use super::state::{Handle, Ids, PersonState, State};
use crate::support::app_rows::app_user;
use crate::support::library::record::{Record, Table};
use crate::support::library::tables::{
    AffiliateMapping, Role, Transaction, User, UserMembership, UserProduct,
};
use crate::support::library::{Millis, Money, Value};

/// The app on one day, as it stands.
pub(super) struct AppDay<'a> {
    pub(super) random: &'a mut SeededRandom,
    pub(super) kinds: &'a Kinds,
    pub(super) state: &'a State,
    pub(super) ids: &'a Ids,
    /// When it writes.
    pub(super) now: Millis,
    /// A number that no other event has.
    pub(super) serial: u64,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn insert<R: Record>(row: R) -> Write {
    Write::Insert(R::TABLE, row.into_row())
}

impl AppDay<'_> {
    /// One event between two imports, of a kind that is on and that finds its rows.
    pub(super) fn event(&mut self) -> Option<Event> {
        use Kind::*;
        let all = [
            RenamesUser,
            ChangesPhone,
            ChangesEmail,
            HandsEmailOn,
            HandsPhoneOn,
            EmptiesDetails,
            PaysOut,
            PaysCommission,
            MergesUsers,
            DeletesUser,
            DeletesTransaction,
            DeletesMembership,
            CancelsMembership,
            DeletesOwnership,
            Demotes,
            EditsTransaction,
            RegistersUser,
            SellsNatively,
            RejectsMapping,
            ReassignsMapping,
            VerifiesMapping,
        ];
        let on: Vec<Kind> = all.into_iter().filter(|kind| self.kinds.has(*kind)).collect();
        let kind = *on.get(self.random.below(on.len() as u64) as usize)?;
        self.serial += 1;
        let event = match kind {
            RenamesUser | ChangesPhone | ChangesEmail | HandsEmailOn | HandsPhoneOn | EmptiesDetails
            | Demotes => self.edits_person(kind),
            PaysOut => self.pays_out(false),
            PaysCommission => self.pays_commission(),
            MergesUsers | DeletesUser => self.removes_person(kind),
            RegistersUser => Some(self.registers()),
            SellsNatively => self.sells(),
            RejectsMapping | ReassignsMapping | VerifiesMapping => self.decides_mapping(kind),
            _ => self.edits_row(kind),
        };
        event.map(|event| Event { what: format!("{kind:?}: {}", event.what), ..event })
    }

    /// One event that may happen while an import runs: it changes nothing that the import reads.
    pub(super) fn event_meanwhile(&mut self) -> Option<Event> {
        self.serial += 1;
        match self.random.below(3) {
            0 => Some(self.registers()),
            1 => self.pays_out(true),
            _ => self.sells_own(),
        }
    }

    pub(super) fn pick<'k, K>(&mut self, among: impl Iterator<Item = &'k K>) -> Option<K>
    where
        K: Clone + 'k,
    {
        let all: Vec<&K> = among.collect();
        all.get(self.random.below(all.len() as u64) as usize).map(|key| (*key).clone())
    }

    fn event_of(&self, what: String, writes: Vec<Write>) -> Event {
        Event { what, writes, needs_import: false, effects: Vec::new() }
    }

    fn set(&self, table: &'static Table, id: &str, mut cells: Vec<(&'static str, Value)>) -> Write {
        if table.columns.iter().any(|column| column.name == "updatedAt") {
            cells.push(("updatedAt", Value::Time(self.now)));
        }
        Write::Set(table, id.to_owned(), cells)
    }

    /// Somebody without money in the app, whom no decision of an affiliate names, and who may be edited.
    fn is_plain(&self, handle: &Handle) -> bool {
        !self.state.wallets.contains_key(handle)
            && handle != CUSTOMER
            && self.state.people[handle].role != "MENTOR"
    }

    fn edits_person(&mut self, kind: Kind) -> Option<Event> {
        let (state, ids) = (self.state, self.ids);
        let people: Vec<&Handle> = state.people.keys().filter(|handle| self.is_plain(handle)).collect();
        let premium = |handle: &&Handle| {
            kind != Kind::Demotes || state.people[handle.as_str()].role == "MEMBER_PREMIUM"
        };
        let handle = self.pick(people.iter().copied().filter(premium))?;
        let id = &ids.people[&handle];
        let serial = self.serial;
        let new_address = || text(&format!("alamat{serial}@app.example.org"));
        let edit = |day: &Self, cells| vec![day.set(User::TABLE, id, cells)];
        let writes = match kind {
            Kind::RenamesUser => edit(self, vec![("name", text(&format!("Nama Baru {serial}")))]),
            Kind::ChangesPhone => edit(self, vec![("phone", text(&format!("+6281377{serial:06}")))]),
            Kind::ChangesEmail => edit(self, vec![("email", new_address())]),
            Kind::EmptiesDetails if serial.is_multiple_of(2) => edit(self, vec![("name", text(""))]),
            Kind::EmptiesDetails => edit(self, vec![("phone", Value::Null), ("whatsapp", Value::Null)]),
            Kind::Demotes => edit(self, vec![("role", text("MEMBER_FREE"))]),
            Kind::HandsEmailOn | Kind::HandsPhoneOn => {
                let others = people.iter().copied().filter(|other| !state.people[*other].imported);
                let other = self.pick(others.filter(|other| **other != handle))?;
                let heir = &ids.people[&other];
                let person = &state.people[&handle];
                let handed = match kind {
                    Kind::HandsEmailOn => ("email", text(&person.email)),
                    _ => ("phone", text(person.phone.as_deref()?)),
                };
                let mut writes = if kind == Kind::HandsEmailOn {
                    edit(self, vec![("email", new_address())])
                } else {
                    Vec::new()
                };
                writes.push(self.set(User::TABLE, heir, vec![handed]));
                let what = format!("{handle}'s to {other}");
                let needs_import = person.imported;
                return Some(Event { needs_import, ..self.event_of(what, writes) });
            }
            other => unreachable!("{other:?} edits no person"),
        };
        Some(self.event_of(handle, writes))
    }

    fn registers(&mut self) -> Event {
        let (id, email) = (format!("new-{}", self.serial), format!("baru{}@app.example.org", self.serial));
        let user = app_user(&id, &email, "Baru", Role::MemberFree);
        let person = PersonState {
            email: email.clone(),
            name: "Baru".to_owned(),
            phone: None,
            whatsapp: None,
            role: "MEMBER_FREE".to_owned(),
            imported: false,
            is_active: true,
        };
        let effects = vec![Effect::Person(email.clone(), person)];
        Event { what: email, writes: vec![insert(user)], needs_import: false, effects }
    }

    fn removes_person(&mut self, kind: Kind) -> Option<Event> {
        let (state, ids) = (self.state, self.ids);
        let plain: Vec<&Handle> = state.people.keys().filter(|handle| self.is_plain(handle)).collect();
        let handle = self.pick(plain.iter().copied())?;
        let id = ids.people[&handle].clone();
        let none = Vec::new();
        let transactions = ids.transactions_of.get(&handle).unwrap_or(&none);
        let mut writes = Vec::new();
        let mut what = handle.clone();
        if kind == Kind::MergesUsers {
            let imported = state.people[&handle].imported;
            let fits =
                |other: &&Handle| **other != handle && (imported || !state.people[other.as_str()].imported);
            let other = self.pick(plain.iter().copied().filter(fits))?;
            what = format!("{handle} into {other}");
            let to = || vec![("userId", text(&ids.people[&other]))];
            writes.extend(transactions.iter().map(|row| self.set(Transaction::TABLE, row, to())));
            let mut moves = |rows: &BTreeMap<(Handle, String), String>, table: &'static Table| {
                for ((_, key), row) in rows.iter().filter(|((owner, _), _)| *owner == handle) {
                    let taken = rows.contains_key(&(other.clone(), key.clone()));
                    writes.push(if taken {
                        Write::Delete(table, row.clone())
                    } else {
                        self.set(table, row, to())
                    });
                }
            };
            moves(&ids.memberships, UserMembership::TABLE);
            moves(&ids.ownerships, UserProduct::TABLE);
        } else {
            writes.extend(transactions.iter().map(|row| Write::Delete(Transaction::TABLE, row.clone())));
        }
        writes.push(Write::Delete(User::TABLE, id));
        Some(self.event_of(what, writes))
    }

    fn edits_row(&mut self, kind: Kind) -> Option<Event> {
        let (state, ids) = (self.state, self.ids);
        let (what, write) = match kind {
            // An order whose product the app has decides who owns that; one in a membership, how that is shown.
            Kind::DeletesTransaction | Kind::EditsTransaction => {
                let named: Vec<&String> =
                    state.memberships.values().filter_map(|row| row.transaction.as_ref()).collect();
                let fits = |number: &u32| {
                    let order = &state.orders[number];
                    order.product.is_none() && !named.contains(&&number.to_string())
                };
                let number = self.pick(state.orders.keys().filter(|number| fits(number)))?;
                let id = &ids.orders[&number];
                let amount = Value::Money(Money::rupiah(7_000_000 + self.serial.cast_signed()));
                let write = match kind {
                    Kind::DeletesTransaction => Write::Delete(Transaction::TABLE, id.clone()),
                    _ => self.set(Transaction::TABLE, id, vec![("amount", amount)]),
                };
                (format!("order {number}"), write)
            }
            Kind::DeletesMembership | Kind::CancelsMembership => {
                let group = self.pick(state.memberships.keys())?;
                let id = &ids.memberships[&group];
                let cancelled = vec![("status", text("CANCELLED")), ("isActive", Value::Bool(false))];
                let write = match kind {
                    Kind::DeletesMembership => Write::Delete(UserMembership::TABLE, id.clone()),
                    _ => self.set(UserMembership::TABLE, id, cancelled),
                };
                (format!("{group:?}"), write)
            }
            _ => {
                let key = self.pick(state.ownerships.keys())?;
                (format!("{key:?}"), Write::Delete(UserProduct::TABLE, ids.ownerships[&key].clone()))
            }
        };
        Some(self.event_of(what, vec![write]))
    }

    fn decides_mapping(&mut self, kind: Kind) -> Option<Event> {
        let code = match kind {
            Kind::RejectsMapping => "AF5",
            Kind::ReassignsMapping => "AF1",
            _ if self.serial.is_multiple_of(2) => "AF3",
            _ => "AF4",
        };
        let id = self.ids.mappings.get(code)?;
        let seller = self.ids.people.get(SELLER)?;
        let cells = match kind {
            Kind::RejectsMapping => vec![("mappingStatus", text("REJECTED"))],
            _ => vec![("mappingStatus", text("VERIFIED")), ("eksporyukUserId", text(seller))],
        };
        let write = self.set(AffiliateMapping::TABLE, id, cells);
        Some(Event { needs_import: true, ..self.event_of(code.to_owned(), vec![write]) })
    }
}

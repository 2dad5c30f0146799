//! People: who a row belongs to is decided once, what is empty is filled once, and a person whom only a mistake of the
//! source has made goes with its correction.

use super::super::read::free_handle;
use super::super::state::{Group, Handle, PersonState};
use super::Import;

/// What imports have written of a person.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownPerson {
    /// As an import has created them; nothing for a user of the app's own.
    pub(super) created: Option<PersonState>,
    wrote_name: bool,
    wrote_phone: bool,
    wrote_whatsapp: bool,
    /// An import has raised the role for a membership.
    pub(super) raised: bool,
}

impl KnownPerson {
    /// Takes in what imports have written of an account that is merged into this one: what the app has emptied there is not
    /// filled here.
    pub(super) fn take_in(&mut self, other: &KnownPerson) {
        self.wrote_name |= other.wrote_name;
        self.wrote_phone |= other.wrote_phone;
        self.wrote_whatsapp |= other.wrote_whatsapp;
    }
}

/// Who a row belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A user of the app.
    User(Handle),
    /// Nobody yet: whoever is written has this handle, and the address of the row.
    New(Handle),
    /// A user who is not there any more.
    Gone,
    /// Nobody, or several: nothing is guessed.
    Unclear,
}

/// The key of an order's identity.
fn identity(email: &str, phone: &str, whatsapp: &str) -> String {
    match (email, phone, whatsapp) {
        ("", "", number) | ("", number, _) => format!("phone/{number}"),
        (email, _, _) => format!("email/{}", email.to_lowercase()),
    }
}

/// Name, phone and WhatsApp number, as far as the exports know them.
#[derive(Debug, Default)]
struct Details {
    name: String,
    phone: Option<String>,
    whatsapp: Option<String>,
}

impl Import<'_> {
    /// Who the row of an address or a number belongs to.
    pub(super) fn who(&self, email: &str, phone: &str, whatsapp: &str) -> Who {
        if let Some(handle) = self.model.decided.get(&identity(email, phone, whatsapp)) {
            let stands = self.state.people.contains_key(handle);
            return if stands { Who::User(handle.clone()) } else { Who::Gone };
        }
        if email.is_empty() {
            return self.holder_of(if phone.is_empty() { whatsapp } else { phone });
        }
        let email = email.to_lowercase();
        match self.user_with(&email) {
            Some(handle) => Who::User(handle),
            None => Who::New(self.free_handle(&email)),
        }
    }

    /// The handle of somebody whom this import creates with an address.
    pub(super) fn free_handle(&self, email: &str) -> Handle {
        free_handle(email, &self.state.people.keys().cloned().collect())
    }

    fn user_with(&self, email: &str) -> Option<Handle> {
        let mut people = self.state.people.iter();
        people.find(|(_, person)| person.email.to_lowercase() == email).map(|(handle, _)| handle.clone())
    }

    /// The one holder of a number, among the app's users and those whom the exports name with an address.
    fn holder_of(&self, number: &str) -> Who {
        let users = self.state.people.iter();
        let users = users.filter(|(_, person)| person.phone.as_deref() == Some(number));
        let mut holders: Vec<Who> = users.map(|(handle, _)| Who::User(handle.clone())).collect();
        for order in
            self.shop.orders.values().filter(|order| order.phone == number && !order.email.is_empty())
        {
            let who = self.who(&order.email, "", "");
            if !holders.contains(&who) {
                holders.push(who);
            }
        }
        match holders.as_slice() {
            [one] => one.clone(),
            _ => Who::Unclear,
        }
    }

    /// The user of a row that is written: created where there is none, filled where something is empty. From now on
    /// the decision stands.
    pub(super) fn user_of(&mut self, who: Who, email: &str, phone: &str, whatsapp: &str) -> Handle {
        let handle = match who {
            Who::User(handle) => handle,
            Who::New(handle) => self.create(handle, &email.to_lowercase()),
            Who::Gone | Who::Unclear => unreachable!("such a row is held"),
        };
        self.model.decided.insert(identity(email, phone, whatsapp), handle.clone());
        if !email.is_empty() {
            self.fill(&handle, email);
        }
        handle
    }

    /// Somebody of this name whom an import has taken away was another user: that the app had deleted a membership of that
    /// one says nothing about this one's.
    fn forget_namesake(&mut self, handle: &Handle) {
        let gone = |(of, slug): &Group| (format!("{of}, who is gone"), slug.clone());
        for known in self.model.rows.values_mut() {
            if let Some(group) = known.group.as_mut().filter(|group| group.0 == *handle) {
                *group = gone(group);
            }
        }
        let written = std::mem::take(&mut self.model.memberships);
        let renamed = written.into_iter().map(|(group, row)| match group.0 == *handle {
            true => (gone(&group), row),
            false => (group, row),
        });
        self.model.memberships = renamed.collect();
    }

    fn create(&mut self, handle: Handle, email: &str) -> Handle {
        self.forget_namesake(&handle);
        let details = self.details(email);
        let person = PersonState {
            email: email.to_owned(),
            name: details.name,
            phone: details.phone,
            whatsapp: details.whatsapp,
            role: "MEMBER_FREE".to_owned(),
            imported: true,
            is_active: true,
        };
        self.add_person(handle, person)
    }

    /// Somebody whom this import creates.
    pub(super) fn add_person(&mut self, handle: Handle, person: PersonState) -> Handle {
        let known = KnownPerson {
            wrote_name: !person.name.is_empty(),
            wrote_phone: person.phone.is_some(),
            wrote_whatsapp: person.whatsapp.is_some(),
            created: Some(person.clone()),
            raised: false,
        };
        self.model.people.insert(handle.clone(), known);
        self.state.people.insert(handle.clone(), person);
        handle
    }

    /// Fills what is empty and was never written.
    fn fill(&mut self, handle: &Handle, email: &str) {
        let details = self.details(email);
        let person = self.state.people.get_mut(handle).expect("the user stands");
        let known = self.model.people.entry(handle.clone()).or_default();
        let before = person.clone();
        if person.name.is_empty() && !details.name.is_empty() && !known.wrote_name {
            (person.name, known.wrote_name) = (details.name, true);
        }
        if person.phone.is_none() && details.phone.is_some() && !known.wrote_phone {
            (person.phone, known.wrote_phone) = (details.phone, true);
        }
        if person.whatsapp.is_none() && details.whatsapp.is_some() && !known.wrote_whatsapp {
            (person.whatsapp, known.wrote_whatsapp) = (details.whatsapp, true);
        }
        let was_written = known.created.as_ref() == Some(&before);
        if was_written {
            known.created = Some(person.clone());
        }
    }

    /// What the earliest rows of an address say.
    fn details(&self, email: &str) -> Details {
        let of_person = self.shop.orders.values().filter(|order| order.email.eq_ignore_ascii_case(email));
        let mut rows: Vec<_> = of_person.collect();
        rows.sort_by_key(|order| (order.placed, order.id));
        let first = |cell: fn(&super::super::shop::Order) -> &String| {
            rows.iter().map(|order| cell(order).clone()).find(|cell| !cell.is_empty())
        };
        Details {
            name: first(|order| &order.name).unwrap_or_default(),
            phone: first(|order| &order.phone),
            whatsapp: first(|order| &order.whatsapp),
        }
    }

    /// A running membership raises the lowest role (L9).
    pub(super) fn raise_role(&mut self, handle: &Handle) {
        let person = self.state.people.get_mut(handle).expect("the member stands");
        if person.role == "MEMBER_FREE" {
            self.set_role(handle, "MEMBER_PREMIUM");
            self.model.people.entry(handle.clone()).or_default().raised = true;
        }
    }

    /// A role that was raised for a membership goes back with it, unless another one justifies it.
    pub(super) fn lower_role(&mut self, handle: &Handle) {
        let is_active = |((owner, _), row): (&(Handle, String), &super::super::state::MembershipState)| {
            owner == handle && row.status == "ACTIVE"
        };
        let justified = self.state.memberships.iter().any(is_active);
        let raised = self.model.people.get_mut(handle).is_some_and(|known| known.raised);
        if !raised || justified {
            return;
        }
        self.model.people.entry(handle.clone()).or_default().raised = false;
        if self.state.people.get(handle).is_some_and(|person| person.role == "MEMBER_PREMIUM") {
            self.set_role(handle, "MEMBER_FREE");
        }
    }

    pub(super) fn set_role(&mut self, handle: &Handle, role: &str) {
        let person = self.state.people.get_mut(handle).expect("the user stands");
        let before = person.clone();
        role.clone_into(&mut person.role);
        let known = self.model.people.entry(handle.clone()).or_default();
        if known.created.as_ref() == Some(&before) {
            known.created = Some(person.clone());
        }
    }

    /// Somebody whom an import has created and the app has not edited, and to whom nothing refers since a corrected row
    /// has moved away.
    pub(super) fn remove_unused_people(&mut self) {
        for handle in std::mem::take(&mut self.left) {
            let created = self.model.people.get(&handle).and_then(|known| known.created.as_ref());
            let unedited = created.is_some() && created == self.state.people.get(&handle);
            if unedited && !self.is_used(&handle) {
                self.state.people.remove(&handle);
                self.model.people.remove(&handle);
                self.model.decided.retain(|_, decided| *decided != handle);
            }
        }
    }

    fn is_used(&self, handle: &Handle) -> bool {
        let state = &self.state;
        state.wallets.contains_key(handle)
            || state.profiles.contains_key(handle)
            || state.affiliate_roles.contains(handle)
            || state.orders.values().any(|order| order.owner == *handle)
            || state.memberships.keys().any(|(owner, _)| owner == handle)
            || state.ownerships.keys().any(|(owner, _)| owner == handle)
            || state.own.values().any(|row| row.contains(&format!("owner {handle}")))
    }
}

//! Takes over the database of a version that kept no decisions: who somebody is follows from what it has written (L37).

use std::collections::HashMap;

use crate::domain::contact::{Email, Phone, parse_phones};
use crate::domain::decided_identities::{DecisionState, IdentityKey, WrittenDetails};
use crate::domain::identity::{PeopleIndex, PersonRef};
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::identities::record_decision;
use crate::store::queries;
use crate::store::queries::identities::OrderBuyer;
use crate::store::session::store::Store;

/// What stored rows say of an identity.
#[derive(Clone, Copy, Debug)]
struct LearntIdentity {
    /// The person of all rows so far; none once they disagree.
    person: Option<PersonRef>,
    written: WrittenDetails,
    /// Whether this process imports the rows of the identity.
    is_own: bool,
}

/// Learns who people are from orders and memberships of earlier imports, unless one has decided it already. An identity
/// whose rows belong to several users is not learnt. `is_own` tells of an e-mail address whether its rows are this
/// process's in a shared import.
///
/// # Errors
/// The database's errors.
pub(crate) fn learn(
    store: &mut Store,
    people: &mut PeopleIndex,
    restores: bool,
    is_own: impl Fn(&str) -> bool,
) -> anyhow::Result<()> {
    if queries::identities::any_of_completed_run(store)? {
        return Ok(());
    }
    let mut learnt = HashMap::new();
    learn_buyers(store, people, &is_own, &mut learnt)?;
    learn_members(store, people, &is_own, &mut learnt)?;
    let mut learnt: Vec<(IdentityKey, LearntIdentity)> = learnt.into_iter().collect();
    learnt.sort_unstable_by_key(|(key, _)| key.id());
    for (key, LearntIdentity { person, written, is_own }) in learnt {
        let Some(person) = person.filter(|_| people.decision(key).is_none()) else { continue };
        let state = if is_own { DecisionState::Learnt } else { DecisionState::LearntElsewhere };
        people.decide(key, person, written, state);
        if !restores {
            people.keep_emptied(key);
        }
    }
    Ok(())
}

/// The identities that were learnt and that no row of the files has named.
pub(crate) fn unwritten(people: &PeopleIndex) -> Vec<IdentityKey> {
    let learnt = people.decisions().filter(|decision| decision.state == DecisionState::Learnt);
    learnt.map(|decision| decision.key).collect()
}

/// Plans the decisions that were learnt.
pub(crate) fn write_learnt(plan: &mut BatchPlan, people: &mut PeopleIndex, keys: &[IdentityKey]) {
    for key in keys {
        if let Some(person) = people.decided(*key) {
            record_decision(plan, people, *key, person, WrittenDetails::default());
        }
    }
}

type LearntIdentities = HashMap<IdentityKey, LearntIdentity>;

fn add(learnt: &mut LearntIdentities, key: IdentityKey, said: LearntIdentity) {
    let known = learnt.entry(key).or_insert(said);
    let (person, written) = (said.person, said.written);
    known.person = known.person.filter(|known| Some(*known) == person);
    known.written = known.written.or(written);
}

fn learn_buyers(
    store: &mut Store,
    people: &PeopleIndex,
    is_own: &impl Fn(&str) -> bool,
    learnt: &mut LearntIdentities,
) -> anyhow::Result<()> {
    let mut last = String::new();
    loop {
        let buyers = queries::identities::buyers_after(store, &last)?;
        let Some(end) = buyers.last() else { return Ok(()) };
        last.clone_from(&end.order_id);
        for buyer in &buyers {
            let email = Email::parse(&buyer.email).ok();
            let (phone, whatsapp) = (number(buyer.phone.as_deref()), number(buyer.whatsapp.as_deref()));
            let key = IdentityKey::of_buyer(email.as_ref(), phone, whatsapp);
            let Some((key, person)) = key.zip(people.user(&buyer.user_id)) else { continue };
            let is_own = is_own(email.as_ref().map_or_else(|| people.email(person), Email::as_str));
            add(learnt, key, LearntIdentity { person: Some(person), written: written_of(buyer), is_own });
        }
    }
}

/// A user whom an import has created got what its orders knew, if one of them named the address.
fn written_of(buyer: &OrderBuyer) -> WrittenDetails {
    let created = buyer.is_imported && !buyer.email.is_empty();
    WrittenDetails {
        name: created && buyer.has_name,
        phone: created && buyer.phone.is_some(),
        whatsapp: created && buyer.whatsapp.is_some(),
        raised_role: false,
    }
}

fn number(stored: Option<&str>) -> Option<Phone> {
    parse_phones(stored?).ok()?.first
}

fn learn_members(
    store: &mut Store,
    people: &PeopleIndex,
    is_own: &impl Fn(&str) -> bool,
    learnt: &mut LearntIdentities,
) -> anyhow::Result<()> {
    let mut last = String::new();
    loop {
        let members = queries::identities::members_after(store, &last)?;
        let Some(end) = members.last() else { return Ok(()) };
        last.clone_from(&end.source_key);
        for member in &members {
            let person = people.user(&member.user_id);
            let Some((email, person)) = only_email(&member.payload).zip(person) else { continue };
            let (written, is_own) = (WrittenDetails::default(), is_own(email.as_str()));
            add(
                learnt,
                IdentityKey::of_email(&email),
                LearntIdentity { person: Some(person), written, is_own },
            );
        }
    }
}

/// The address in a kept source row, whatever its column was called; none if it has several, or was purged.
fn only_email(payload: &str) -> Option<Email> {
    let cells = SourcePayload::parse(payload).ok()?.cells?;
    let cells: HashMap<String, String> = serde_json::from_str(cells.as_json()).ok()?;
    let mut found = cells.values().filter_map(|cell| Email::parse(cell).ok());
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

//! Who of the app somebody of the source is: reads what imports have decided, and records what this one decides (L37).

use crate::domain::date::Millis;
use crate::domain::decided_identities::{Decision, DecisionState, IdentityKey, WrittenDetails};
use crate::domain::identity::{PeopleIndex, PersonRef};
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::Identity;
use crate::store::session::store::Store;

/// Adds the decisions of earlier imports to an index that knows the app's users. With `restores`, those on people who
/// are gone are made anew, and what was emptied is filled again.
///
/// # Errors
/// The database's errors.
pub(crate) fn load_decisions(
    store: &mut Store,
    people: &mut PeopleIndex,
    restores: bool,
) -> anyhow::Result<()> {
    for stored in queries::identities::all(store)? {
        let Some(key) = IdentityKey::of_id(&stored.id) else { continue };
        if restores && people.user(&stored.user_id).is_none() {
            people.reopen(key);
            continue;
        }
        people.add_decision(key, &stored.user_id, stored.written, DecisionState::Stored);
        if !restores {
            people.keep_emptied(key);
        }
    }
    Ok(())
}

/// Records that an identity of the source is this person, where that is not known yet, and what this plan writes of
/// the person's user. The person has a user by now.
pub(crate) fn record_decision(
    plan: &mut BatchPlan,
    people: &mut PeopleIndex,
    key: IdentityKey,
    person: PersonRef,
    written: WrittenDetails,
) {
    let Some(user_id) = people.user_id(person).map(str::to_owned) else { return };
    let before = people.decision(key).copied();
    let known = before.map(|decision| decision.written).unwrap_or_default();
    let written = known.or(written);
    match before {
        Some(Decision { state: DecisionState::Stored, .. }) if written == known => return,
        Some(Decision { state: DecisionState::Stored, .. }) => {
            plan.change([update_written(key, written, plan.written_at)]);
        }
        _ if people.take_reopened(key) => {
            let decided = [("userId", Value::Text(user_id)), ("runId", Value::Text(people.run().to_owned()))];
            plan.change([update(key, decided, written, plan.written_at)]);
        }
        _ => plan.change([Change::insert(Identity {
            id: key.id(),
            user_id,
            run_id: people.run().to_owned(),
            wrote_name: written.name,
            wrote_phone: written.phone,
            wrote_whatsapp: written.whatsapp,
            raised_role: written.raised_role,
            created_at: plan.written_at,
            updated_at: plan.written_at,
        })]),
    }
    people.decide(key, person, written, DecisionState::Stored);
}

/// The change of what imports have written of an identity's user.
pub(super) fn update_written(key: IdentityKey, written: WrittenDetails, written_at: Millis) -> Change {
    update(key, [], written, written_at)
}

fn update<const N: usize>(
    key: IdentityKey,
    decided: [(&'static str, Value); N],
    written: WrittenDetails,
    written_at: Millis,
) -> Change {
    let flags = [
        ("wroteName", written.name),
        ("wrotePhone", written.phone),
        ("wroteWhatsapp", written.whatsapp),
        ("raisedRole", written.raised_role),
    ];
    let flags = flags.map(|(column, flag)| (column, Value::Bool(flag)));
    let set = decided.into_iter().chain(flags).chain([("updatedAt", Value::Time(written_at))]);
    Change::update::<Identity>(&key.id(), set.collect())
}

//! By which addresses and numbers of the source the kept account is meant from now on (L37): all that imports have decided
//! to be the closed one, and that account's own address and numbers, unless somebody else has them, too.

use std::collections::{BTreeSet, HashSet};

use crate::domain::contact::{Email, parse_phones};
use crate::domain::date::Millis;
use crate::domain::decided_identities::IdentityKey;
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::affiliate_owners::owner_id;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateTotals, Identity, User};
use crate::store::session::store::Store;

/// Plans that the kept account is known by its own address, so that what a merge raises of its role can be kept there.
///
/// # Errors
/// The database's errors.
pub(crate) fn own(
    store: &mut Store,
    accounts: &Accounts,
    run_id: &str,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let known: Vec<Identity> = store.select_in("userId", &[&accounts.kept.id])?;
    if !known.is_empty() {
        return Ok(Vec::new());
    }
    let keys = address_of(&accounts.kept).into_iter().collect();
    new(store, keys, &accounts.kept.id, run_id, written_at)
}

/// Plans that whoever was the closed account is the kept one.
///
/// # Errors
/// The database's errors.
pub(crate) fn led_over(
    store: &mut Store,
    accounts: &Accounts,
    run_id: &str,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let mut stored: Vec<Identity> = store.select_in("userId", &[&accounts.other.id])?;
    // In whose wallet a code is settled, the settlement says, which moves the sums with it.
    let of_codes: HashSet<String> =
        store.all_rows::<AffiliateTotals>()?.iter().map(|totals| owner_id(&totals.code)).collect();
    stored.retain(|identity| !of_codes.contains(&identity.id));
    let user = |user: &User| Value::Text(user.id.clone());
    let led = stored.iter().map(|identity| {
        let set = vec![
            ("userId", user(&accounts.kept)),
            // Whether an import has raised the role of the kept account, its own identities say.
            ("raisedRole", Value::Bool(false)),
            ("updatedAt", Value::Time(written_at)),
        ];
        Change::update::<Identity>(&identity.id, set).if_unchanged("userId", user(&accounts.other))
    });
    let mut changes: Vec<Change> = led.collect();
    let mut keys: BTreeSet<String> = address_of(&accounts.other).into_iter().collect();
    keys.extend(numbers_of_nobody_else(store, accounts)?);
    changes.extend(new(store, keys, &accounts.kept.id, run_id, written_at)?);
    Ok(changes)
}

fn address_of(user: &User) -> Option<String> {
    Email::parse(&user.email).ok().map(|email| IdentityKey::of_email(&email).id())
}

/// The closed account's numbers that no third account has.
fn numbers_of_nobody_else(store: &mut Store, accounts: &Accounts) -> anyhow::Result<HashSet<String>> {
    let numbers = |phone: Option<&str>, whatsapp: Option<&str>| -> Vec<String> {
        let read = |text: &str| parse_phones(text).ok().and_then(|phones| phones.first);
        [phone, whatsapp]
            .into_iter()
            .flatten()
            .filter_map(read)
            .map(|one| IdentityKey::of_phone(one).id())
            .collect()
    };
    let other = &accounts.other;
    let mut own: HashSet<String> =
        numbers(other.phone.as_deref(), other.whatsapp.as_deref()).into_iter().collect();
    if own.is_empty() {
        return Ok(own);
    }
    for user in queries::people::contacts(store)?.filter(|user| !accounts.ids().contains(&user.id.as_str())) {
        for number in numbers(user.phone.as_deref(), user.whatsapp.as_deref()) {
            own.remove(&number);
        }
    }
    Ok(own)
}

/// New identities of a user, as far as nobody has decided them.
fn new(
    store: &mut Store,
    ids: BTreeSet<String>,
    user_id: &str,
    run_id: &str,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let known: Vec<Identity> = store.select_in("id", &keys)?;
    let unknown = ids.iter().filter(|id| known.iter().all(|identity| identity.id != **id));
    let identity = |id: &String| {
        Change::insert(Identity {
            id: id.clone(),
            user_id: user_id.to_owned(),
            run_id: run_id.to_owned(),
            wrote_name: false,
            wrote_phone: false,
            wrote_whatsapp: false,
            raised_role: false,
            created_at: written_at,
            updated_at: written_at,
        })
    };
    Ok(unknown.map(identity).collect())
}

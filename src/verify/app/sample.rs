//! Some people drawn from all, so that every kind of person is among them, for somebody who looks at them with their own eyes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use crate::domain::ids::KeyHash;
use crate::store::history::journal;
use crate::store::queries;
use crate::store::schema::tables::User;
use crate::store::session::store::Store;
use crate::verify::app::affiliates;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::list::read_people;
use crate::verify::app::orders::AppSale;
use crate::verify::app::people::AppPerson;
use crate::verify::app::person::{PersonStory, tell};
use crate::verify::app::sales::read_orders;
use crate::verify::context::VerifyContext;
use crate::verify::journal::REPAIRED;

/// A draw.
#[derive(Debug, Serialize)]
pub(crate) struct Sample {
    /// The number that repeats the draw on the same people.
    pub(crate) seed: u64,
    /// Of how many people it was drawn.
    pub(crate) of: usize,
    /// How many people there are of each kind.
    pub(crate) kinds: BTreeMap<String, usize>,
    /// The kinds of which nobody was drawn: there are more kinds than people in the draw.
    pub(crate) missing: Vec<String>,
    /// Those who were drawn, in the order of the draw.
    pub(crate) people: Vec<DrawnPerson>,
}

/// Somebody who was drawn.
#[derive(Debug, Serialize)]
pub(crate) struct DrawnPerson {
    /// What kinds of person it is.
    pub(crate) kinds: BTreeSet<String>,
    /// Source, database and pages.
    pub(crate) story: PersonStory,
}

/// The kinds of each person, by the user's id.
type Kinds = BTreeMap<String, BTreeSet<String>>;

/// Draws some people and tells of each.
///
/// # Errors
/// Those of the database.
pub(in crate::verify) fn draw(
    store: &mut Store,
    context: &VerifyContext,
    people: usize,
    seed: u64,
) -> anyhow::Result<Sample> {
    let kinds = kinds_of_all(store, context)?;
    let chosen = choose(&kinds, people, seed);
    let drawn_kinds: BTreeSet<&String> = chosen.iter().flat_map(|user| &kinds[*user]).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for kind in kinds.values().flatten() {
        *counts.entry(kind.clone()).or_default() += 1;
    }
    let missing = counts.keys().filter(|kind| !drawn_kinds.contains(kind)).cloned().collect();
    let users: Vec<&str> = chosen.iter().map(|user| user.as_str()).collect();
    let users = store.select_in::<User>("id", &users)?;
    let mut users: HashMap<String, User> = users.into_iter().map(|user| (user.id.clone(), user)).collect();
    let mut drawn = Vec::with_capacity(chosen.len());
    for id in chosen {
        let Some(user) = users.remove(id) else { continue };
        let asked = user.email.clone();
        drawn.push(DrawnPerson { kinds: kinds[id].clone(), story: tell(store, context, &asked, user)? });
    }
    Ok(Sample { seed, of: kinds.len(), kinds: counts, missing, people: drawn })
}

/// Chooses people in an order that the seed decides: first one of each kind, the rarest kinds first, then whoever comes next.
fn choose(kinds: &Kinds, people: usize, seed: u64) -> Vec<&String> {
    let mut order: Vec<&String> = kinds.keys().collect();
    order.sort_by_cached_key(|user| KeyHash::of(&format!("sample/{seed}"), user));
    let mut of_kind: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for user in &order {
        for kind in &kinds[*user] {
            of_kind.entry(kind).or_default().push(user);
        }
    }
    let mut by_rarity: Vec<(&String, Vec<&String>)> = of_kind.into_iter().collect();
    by_rarity.sort_by_key(|(_, users)| users.len());
    let (mut chosen, mut is_chosen, mut covered) = (Vec::new(), HashSet::new(), BTreeSet::new());
    let firsts = by_rarity.iter().map(|(kind, users)| (Some(*kind), users[0]));
    for (kind, user) in firsts.chain(order.iter().map(|user| (None, *user))) {
        let is_needed = kind.is_none_or(|kind| !covered.contains(kind));
        if chosen.len() < people && is_needed && is_chosen.insert(user) {
            covered.extend(&kinds[user]);
            chosen.push(user);
        }
    }
    chosen
}

fn kinds_of_all(store: &mut Store, context: &VerifyContext) -> anyhow::Result<Kinds> {
    let facts = AppFacts::load(store, context)?;
    let repaired = repaired_rows(store, context)?;
    let mut kinds = Kinds::new();
    read_people(store, &facts, |person| {
        kinds.insert(person.user.id.clone(), kinds_of(&facts, person, &repaired));
    })?;
    let mut add = |user: &str, kind: String| {
        if let Some(kinds) = kinds.get_mut(user) {
            kinds.insert(kind);
        }
    };
    let paid_orders = read_orders(store, &facts, |sale| kinds_of_sale(sale, &repaired, &mut add))?;
    affiliates::read_all(store, &facts, &paid_orders, |affiliate| {
        add(&affiliate.user.id, "affiliate".to_owned());
        if affiliate.codes.len() > 1 {
            add(&affiliate.user.id, "affiliate with several codes".to_owned());
        }
        if affiliate.source.paid.is_positive() {
            add(&affiliate.user.id, "affiliate who was paid".to_owned());
        }
        if affiliate.source.owed().is_positive() {
            add(&affiliate.user.id, "affiliate who is owed".to_owned());
        }
    })?;
    Ok(kinds)
}

fn kinds_of(facts: &AppFacts<'_>, person: &AppPerson, repaired: &HashSet<String>) -> BTreeSet<String> {
    let mut kinds = BTreeSet::from([format!("role {}", person.user.role.as_str())]);
    let mut add = |kind: &str| kinds.extend([kind.to_owned()]);
    add(if person.is_imported() { "made by an import" } else { "the app's own account" });
    let mut rows = std::iter::once(&person.user.id).chain(person.memberships.iter().map(|held| &held.row.id));
    if rows.any(|id| repaired.contains(id)) {
        add("repaired");
    }
    if person.memberships.len() > 1 {
        add("several memberships");
    }
    for held in &person.memberships {
        let plan = facts.context.memberships.get(&held.row.membership_id);
        add(&format!("plan {}", plan.unwrap_or(&held.row.membership_id)));
        add(&format!("membership {}", held.row.status));
        match &held.source {
            None => add("a membership of the app's own"),
            Some(source) if source.order_ids.len() > 1 => add("merged renewals"),
            Some(_) => {}
        }
    }
    kinds
}

fn kinds_of_sale(sale: &AppSale<'_>, repaired: &HashSet<String>, add: &mut impl FnMut(&str, String)) {
    let Some(row) = sale.order.transaction else { return };
    add(&row.user_id, format!("order {}", row.status.as_str()));
    if sale.seller.is_some() {
        add(&row.user_id, "bought from an affiliate".to_owned());
    }
    if repaired.contains(&row.id) {
        add(&row.user_id, "repaired".to_owned());
    }
}

/// The ids of the rows that repairs have put back.
fn repaired_rows(store: &mut Store, context: &VerifyContext) -> anyhow::Result<HashSet<String>> {
    let mut ids = HashSet::new();
    for run in context.runs.iter().filter(|run| run.row.command == REPAIRED) {
        for entry in queries::journal::entry_ids(store, &run.row.id)? {
            let Some(entry) = queries::journal::entry(store, &entry)? else { continue };
            ids.extend(journal::decode(&entry.images)?.iter().map(|image| image.id().to_owned()));
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Kinds {
        let kinds = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let mut people: Kinds = (0..50).map(|user| (format!("user {user}"), kinds(&["buyer"]))).collect();
        people.insert("rina".to_owned(), kinds(&["buyer", "affiliate"]));
        people.insert("budi".to_owned(), kinds(&["merged"]));
        people
    }

    #[test]
    fn every_kind_is_in_a_draw_and_the_seed_repeats_it() {
        let people = people();
        for seed in 0..20 {
            let chosen = choose(&people, 5, seed);
            assert_eq!(chosen, choose(&people, 5, seed));
            assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), 5, "nobody twice");
            let kinds: BTreeSet<&String> = chosen.iter().flat_map(|user| &people[*user]).collect();
            assert_eq!(kinds.len(), 3, "{chosen:?}");
        }
        assert_ne!(choose(&people, 5, 1), choose(&people, 5, 2), "another seed, other people");
        assert_eq!(choose(&people, 1000, 1).len(), people.len(), "no more than there are");
    }
}

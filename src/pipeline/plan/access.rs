//! Opens to people what their plans open: groups, courses and products, of every imported membership that is not over, and
//! of none that is (L33). What stands open already is left alone. What an import has opened and the app has closed stays
//! closed (L37). What an import has opened is closed again when its membership moves to another person or plan, is given
//! back or taken back, unless another one that is not over opens the same. The progress in a course is the app's alone
//! (L36).

use std::collections::BTreeMap;

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::pipeline::plan::access_links::{AccessKind, Door, PlanLinks};
use crate::pipeline::plan::access_lookup::{DeletedMemberships, HeldPlan, PeopleAccess, PersonAccess};
use crate::pipeline::plan::access_rows::{closing, is_bought, is_given_by_plan, opening};
use crate::pipeline::plan::given_access::{GivenAccess, GrantedAccess, record_change};
use crate::store::history::journal::Change;

/// Who opens, and whether that one closes, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AccessMode {
    /// An import: it opens and closes.
    Import {
        /// Whether what the app has closed is opened again.
        restores: bool,
    },
    /// A grant: it opens what is missing, and closes nothing.
    Grant {
        /// The id of the only plan that it is about, if it is about one.
        plan: Option<String>,
    },
}

/// The rules of a run.
#[derive(Debug)]
pub(crate) struct AccessRules {
    /// What plans open.
    pub(crate) links: PlanLinks,
    /// The time that says what is over.
    pub(crate) as_of: Millis,
    /// The run's start.
    pub(crate) written_at: Millis,
    /// What the run does.
    pub(crate) mode: AccessMode,
    /// The memberships that the app has deleted.
    pub(crate) deleted: DeletedMemberships,
}

/// What some people are given, and what was noticed.
#[derive(Debug, Default)]
pub(crate) struct AccessPlan {
    /// The changes.
    pub(crate) changes: Vec<Change>,
    /// What was noticed.
    pub(crate) noticed: AccessNotes,
}

/// How many rows an import leaves as the app has left them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccessNotes {
    /// Rows that the app has deleted, by table.
    deleted: BTreeMap<&'static str, u64>,
    /// Rows that would go and that the app has changed, by table.
    changed: BTreeMap<&'static str, u64>,
}

impl AccessNotes {
    /// Adds those of other people.
    pub(crate) fn add(&mut self, other: Self) {
        for (into, from) in [(&mut self.deleted, other.deleted), (&mut self.changed, other.changed)] {
            from.into_iter().for_each(|(table, rows)| *into.entry(table).or_default() += rows);
        }
    }

    /// The findings, one for each table.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let of = |code: Code, rows: &BTreeMap<&'static str, u64>| -> Vec<Finding> {
            let finding = |(table, rows): (&&str, &u64)| Finding::of_row(code, format!("{table}: {rows}"));
            rows.iter().map(finding).collect()
        };
        [of(Code::DeletedInApp, &self.deleted), of(Code::AccessKept, &self.changed)].concat()
    }
}

/// What a membership asks for.
struct RequestedAccess {
    /// The plan of the membership that ends last, and its end.
    plan: String,
    end: Millis,
    /// The earliest start.
    start: Millis,
}

impl AccessRules {
    /// Plans what these people are given.
    ///
    /// # Errors
    /// Only a bug: what is kept cannot be written.
    pub(crate) fn plan(&self, people: PeopleAccess) -> anyhow::Result<AccessPlan> {
        let mut plan = AccessPlan::default();
        for (user_id, person) in people {
            let mut given = person.record.as_ref().map(|record| record.given.clone()).unwrap_or_default();
            let wanted = self.wanted(&person);
            for (door, wanted) in &wanted {
                self.open(&mut plan, &user_id, &person, &mut given, (door, wanted));
            }
            if matches!(self.mode, AccessMode::Import { .. }) {
                for door in given.doors().filter(|door| !wanted.contains_key(door)).collect::<Vec<_>>() {
                    self.close(&mut plan, &user_id, &person, &mut given, &door);
                }
            }
            plan.changes.extend(record_change(&user_id, person.record.as_ref(), &given, self.written_at)?);
        }
        Ok(plan)
    }

    /// What a person's imported memberships open, in order.
    fn wanted(&self, person: &PersonAccess) -> BTreeMap<Door, RequestedAccess> {
        let is_asked = |held: &&HeldPlan| match &self.mode {
            AccessMode::Grant { plan: Some(plan) } => held.plan == *plan,
            _ => true,
        };
        let open = person.plans.iter().filter(|held| held.is_imported && held.is_open(self.as_of));
        let mut wanted: BTreeMap<Door, RequestedAccess> = BTreeMap::new();
        for held in open.filter(is_asked) {
            for door in self.links.doors(&held.plan) {
                let new = || RequestedAccess { plan: held.plan.clone(), end: held.end, start: held.start };
                let known = wanted.entry(door.clone()).or_insert_with(new);
                known.start = known.start.min(held.start);
                if (known.end, &known.plan) < (held.end, &held.plan) {
                    (known.end, known.plan) = (held.end, held.plan.clone());
                }
            }
        }
        wanted
    }

    /// Plans that a door is open which a membership opens.
    fn open(
        &self,
        plan: &mut AccessPlan,
        user_id: &str,
        person: &PersonAccess,
        given: &mut GivenAccess,
        (door, wanted): (&Door, &RequestedAccess),
    ) {
        let (kind, target) = (door.0, door.1.as_str());
        let now = |found| GrantedAccess { plan: wanted.plan.clone(), end: wanted.end.0, found };
        let before = given.get(door).cloned();
        let Some(row) = person.rows.get(door) else {
            let Some(before) = before else {
                // Whether a bought product is there follows from its order alone.
                if kind != AccessKind::Product || !person.bought.contains(target) {
                    let (start, at) = (wanted.start, self.written_at);
                    plan.changes.push(opening(user_id, door, start, start, at));
                    given.keep(door, now(false));
                }
                return;
            };
            let restores = self.mode == AccessMode::Import { restores: true };
            let is_renewed = wanted.end > before.end();
            if restores || is_renewed {
                let made_of = if is_renewed { before.end() } else { wanted.start };
                plan.changes.push(opening(user_id, door, wanted.start, made_of, self.written_at));
                given.keep(door, now(false));
            } else {
                *plan.noticed.deleted.entry(kind.table().name).or_default() += 1;
            }
            return;
        };
        if is_bought(&row.id, user_id, (kind, target)) {
            return given.forget(door);
        }
        match before {
            None => given.keep(door, now(true)),
            Some(before) if matches!(self.mode, AccessMode::Import { .. }) => {
                given.keep(door, now(before.found));
            }
            Some(_) => {}
        }
    }

    /// Plans that a door is shut which no imported membership opens any more.
    fn close(
        &self,
        plan: &mut AccessPlan,
        user_id: &str,
        person: &PersonAccess,
        given: &mut GivenAccess,
        door: &Door,
    ) {
        let Some(before) = given.get(door).cloned() else { return };
        let opens = |held: &HeldPlan| held.is_open(self.as_of) && self.links.opens(&held.plan, door);
        if person.plans.iter().any(opens) || person.still_stands(user_id, &before, &self.deleted) {
            return;
        }
        given.forget(door);
        let Some(row) = person.rows.get(door).filter(|row| is_given_by_plan(&row.id, user_id, door)) else {
            return;
        };
        if before.found {
            return;
        }
        match row.is_as_given {
            true => plan.changes.push(closing(door.0, &row.id)),
            false => *plan.noticed.changed.entry(door.0.table().name).or_default() += 1,
        }
    }
}

//! The periods of each membership in little memory: renewals merge, so all rows of a membership must be known before
//! the first of them is planned, and a large shop has many.

use std::collections::HashMap;

use crate::domain::chunked_vec::ChunkedVec;
use crate::domain::date::Millis;
use crate::domain::identity::PersonRef;
use crate::domain::membership::Period;
use crate::domain::money::Money;
use crate::domain::string_arena::{StringArena, StringRef};

/// A membership of one person: the membership by its index in the planner's list.
pub(crate) type GroupKey = (PersonRef, u32);

/// A period without its texts; about fifty bytes with them.
#[derive(Clone, Copy, Debug)]
struct StoredPeriod {
    start: Millis,
    end: Millis,
    price: Option<Money>,
    id: StringRef,
    order_id: Option<StringRef>,
    /// The row before this one of the same membership, counted from one; 0: none.
    before: u32,
}

/// The rows of all memberships.
#[derive(Debug, Default)]
pub(crate) struct Periods {
    rows: ChunkedVec<StoredPeriod>,
    /// The last row of a membership, counted from one.
    last: HashMap<GroupKey, u32>,
    /// The number of memberships of each person, up to 255, by the person's number.
    memberships: Vec<u8>,
    texts: StringArena,
}

impl Periods {
    /// Adds a row, and returns its number, counted from 0.
    ///
    /// # Panics
    /// With four billion rows, or four gigabytes of their numbers.
    pub(crate) fn add(&mut self, key: GroupKey, period: &Period) -> u32 {
        let id = self.texts.keep(&period.id);
        let order_id = period.order_id.as_deref().map(|order_id| self.texts.keep(order_id));
        let before = self.last.get(&key).copied().unwrap_or(0);
        let Period { start, end, price, .. } = *period;
        let at = self.rows.push(StoredPeriod { start, end, price, id, order_id, before });
        if self.last.insert(key, at + 1).is_none() {
            self.count_membership(key.0);
        }
        at
    }

    fn count_membership(&mut self, person: PersonRef) {
        let at = person.number();
        if self.memberships.len() <= at {
            self.memberships.resize(at + 1, 0);
        }
        self.memberships[at] = self.memberships[at].saturating_add(1);
    }

    /// Whether there are rows of several memberships of a person.
    pub(crate) fn has_several(&self, person: PersonRef) -> bool {
        self.memberships.get(person.number()).is_some_and(|memberships| *memberships > 1)
    }

    /// Whether there are rows of a membership.
    pub(crate) fn has(&self, key: GroupKey) -> bool {
        self.last.contains_key(&key)
    }

    /// The people of whom there are rows.
    pub(crate) fn people(&self) -> impl Iterator<Item = PersonRef> {
        self.last.keys().map(|(person, _)| *person)
    }

    /// The order of a row.
    pub(crate) fn order_of(&self, number: u32) -> Option<&str> {
        self.rows[number].order_id.map(|order_id| self.texts.text(order_id))
    }

    /// The rows of a membership, in the order in which they were added.
    pub(crate) fn of(&self, key: GroupKey) -> Vec<Period> {
        let mut periods = Vec::new();
        let mut number = self.last.get(&key).copied().unwrap_or(0);
        while let Some(row) = number.checked_sub(1).map(|at| self.rows[at]) {
            periods.push(self.period(row));
            number = row.before;
        }
        periods.reverse();
        periods
    }

    fn period(&self, row: StoredPeriod) -> Period {
        let StoredPeriod { start, end, price, id, order_id, .. } = row;
        let text = |span| self.texts.text(span).to_owned();
        Period { end, start, id: text(id), price, order_id: order_id.map(text), refunded_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Email;
    use crate::domain::identity::{FirstSeen, PeopleIndex, PersonDetails};

    fn period(id: &str, order_id: Option<&str>) -> Period {
        let order_id = order_id.map(str::to_owned);
        Period {
            end: Millis(9),
            start: Millis(1),
            id: id.to_owned(),
            price: None,
            order_id,
            refunded_at: None,
        }
    }

    #[test]
    fn the_rows_of_a_membership_come_back_in_their_order() {
        let mut people = PeopleIndex::default();
        let nobody = PersonDetails { name: "", phone: None, whatsapp: None };
        let seen = FirstSeen { at: Millis(0), number: 0 };
        let mut person = |email| people.observe(&Email::parse(email).unwrap(), seen, nobody).0;
        let (one, other) = (person("a@example.org"), person("b@example.org"));
        let rows = [period("1", Some("10")), period("2", None), period("3", Some("30"))];
        let mut periods = Periods::default();
        periods.add((one, 0), &rows[0]);
        periods.add((other, 0), &rows[1]);
        periods.add((one, 0), &rows[2]);
        assert_eq!(periods.of((one, 0)), [rows[0].clone(), rows[2].clone()]);
        assert_eq!(periods.of((other, 0)), [rows[1].clone()]);
        assert_eq!(periods.of((other, 1)), []);
        periods.add((other, 1), &rows[2]);
        assert_eq!([one, other].map(|person| periods.has_several(person)), [false, true]);
    }
}

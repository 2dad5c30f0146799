//! Which of a person's memberships is the ACTIVE one (L34): of those that run the one that ends last, lifetime first, and
//! of these the one that began last. The others are EXPIRED, whatever their end. A row that is not the import's to change
//! takes part as it stands.

use crate::domain::date::{FOREVER, Millis};
use crate::domain::ids::time_of;
use crate::domain::status::MembershipStatus;
use crate::pipeline::plan::membership_lookup::MemberRows;
use crate::pipeline::plan::membership_reconciliation::{is_edited, is_of_app};
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{SourceRecord, UserMembership};

/// One of a person's memberships.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    membership_id: String,
    start: Millis,
    end: Millis,
    /// When the app is told that it was made, as long as no choice says otherwise.
    made_at: Millis,
    /// Whether it is ACTIVE, of a row that is the app's own or that the app has edited: that stays as it is.
    fixed: Option<bool>,
}

impl Contender {
    /// A row as it stands.
    pub(super) fn of_row(row: &UserMembership, is_fixed: bool) -> Self {
        let is_active = row.is_active && row.status == MembershipStatus::Active.as_str();
        let key = format!("{}/{}", row.user_id, row.membership_id);
        let made_at = time_of(&row.id, UserMembership::TABLE.name, &key).filter(|_| !is_fixed);
        Self {
            membership_id: row.membership_id.clone(),
            start: row.start_date,
            end: row.end_date,
            made_at: made_at.unwrap_or(row.created_at),
            fixed: is_fixed.then_some(is_active),
        }
    }

    fn runs(&self, as_of: Millis) -> bool {
        self.end > as_of && self.fixed.unwrap_or(true)
    }

    /// The greatest one is chosen. Of two that end together a fixed one is: otherwise both were ACTIVE.
    fn rank(&self) -> impl Ord + use<'_> {
        (self.end.min(FOREVER), self.fixed.is_some(), self.start, &self.membership_id)
    }
}

/// All memberships of a person, as far as they are known.
#[derive(Clone, Debug)]
pub(super) struct Contenders {
    all: Vec<Contender>,
    as_of: Millis,
}

impl Contenders {
    /// These ones, of which what is over by then does not run.
    pub(super) fn new(all: Vec<Contender>, as_of: Millis) -> Self {
        Self { all, as_of }
    }

    /// Those that the app has of a user.
    pub(super) fn standing(rows: &MemberRows, user_id: &str, as_of: Millis) -> Self {
        let is_fixed =
            |row: &UserMembership| !rows.is_of_batch(row) && is_fixed(row, rows.history(Some(row)));
        let contender = |row| Contender::of_row(row, is_fixed(row));
        Self::new(rows.of_user(user_id).map(contender).collect(), as_of)
    }

    /// Takes in what an import makes of a membership, unless a row of it stands that is not the import's to change.
    pub(super) fn enter(&mut self, membership_id: &str, start: Millis, end: Millis) {
        match self.all.iter_mut().find(|known| known.membership_id == membership_id) {
            Some(known) if known.fixed.is_some() => {}
            Some(known) => (known.start, known.end) = (start, end),
            None => self.all.push(Contender {
                membership_id: membership_id.to_owned(),
                start,
                end,
                made_at: start,
                fixed: None,
            }),
        }
    }

    /// Whether several of them run.
    pub(super) fn several_run(&self) -> bool {
        self.all.iter().filter(|one| one.runs(self.as_of)).nth(1).is_some()
    }

    /// The membership that is chosen among some of them.
    pub(super) fn chosen_among(&self, is_among: impl Fn(&str) -> bool) -> Option<&str> {
        let among = self.all.iter().filter(|one| one.runs(self.as_of) && is_among(&one.membership_id));
        among.max_by(|a, b| a.rank().cmp(&b.rank())).map(|one| one.membership_id.as_str())
    }

    /// The row as the choice has it; unchanged if it is not the import's to change.
    pub(super) fn settled(&self, row: UserMembership) -> UserMembership {
        let chosen = self.chosen_among(|_| true);
        let own = |one: &&Contender| one.membership_id == row.membership_id;
        let (Some(one), chosen) = (
            self.all.iter().find(own),
            self.all.iter().find(|one| Some(one.membership_id.as_str()) == chosen),
        ) else {
            return row;
        };
        if one.fixed.is_some() {
            return row;
        }
        let is_active = chosen.is_some_and(|chosen| own(&chosen));
        let created_at = match chosen {
            Some(_) if is_active => {
                let others = self.all.iter().filter(|other| !own(other)).map(|other| other.made_at).max();
                others.map_or(one.made_at, |newest| one.made_at.max(Millis(newest.0 + 1)))
            }
            // A row of the app's own is not changed, and is to be the newest all the same.
            Some(chosen) if chosen.fixed.is_some() => one.made_at.min(Millis(chosen.made_at.0 - 1)),
            _ => one.made_at,
        };
        let status = if is_active { MembershipStatus::Active } else { MembershipStatus::Expired };
        UserMembership { is_active, status: status.as_str().to_owned(), created_at, ..row }
    }

    /// The status that a membership is written with before all of the person's are: a running one keeps what it has, until
    /// the choice is made; a new one is ACTIVE only if it is likely to be chosen. So no role is raised in passing.
    pub(super) fn before_choice(
        &self,
        desired: UserMembership,
        standing: Option<&UserMembership>,
        history: &[SourceRecord],
    ) -> UserMembership {
        let is_alone = self.all.len() < 2;
        match standing {
            _ if !desired.is_active || is_alone => desired,
            Some(row) if is_fixed(row, history) => desired,
            Some(row) if row.end_date > self.as_of => {
                UserMembership { is_active: row.is_active, status: row.status.clone(), ..desired }
            }
            _ => self.settled(desired),
        }
    }
}

/// Whether a row is not the import's to change: it is the app's own, or the app has edited it.
fn is_fixed(row: &UserMembership, history: &[SourceRecord]) -> bool {
    is_of_app(history) || is_edited(row, history)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(id: &str, start: i64, end: i64, fixed: Option<bool>) -> Contender {
        let (start, end) = (Millis(start), Millis(end));
        Contender { membership_id: id.to_owned(), start, end, made_at: start, fixed }
    }

    fn chosen(all: &[Contender]) -> Option<String> {
        Contenders::new(all.to_vec(), Millis(10)).chosen_among(|_| true).map(str::to_owned)
    }

    #[test]
    fn l34_the_latest_end_is_chosen_then_the_latest_start() {
        let of = |all: &[Contender]| chosen(all).unwrap_or_default();
        assert_eq!(of(&[contender("a", 1, 20, None), contender("b", 0, 30, None)]), "b");
        assert_eq!(of(&[contender("a", 1, 30, None), contender("b", 2, 30, None)]), "b");
        let forever = [contender("a", 1, FOREVER.0, None), contender("b", 2, 30, None)];
        assert_eq!(of(&forever), "a");
        assert_eq!(chosen(&[contender("a", 1, 10, None)]), None, "it is over");
    }

    #[test]
    fn l34_a_row_of_the_app_s_own_is_chosen_if_it_runs_and_ends_no_earlier() {
        let imported = contender("a", 5, 30, None);
        assert_eq!(chosen(&[imported.clone(), contender("b", 1, 31, Some(true))]).as_deref(), Some("b"));
        assert_eq!(chosen(&[imported.clone(), contender("b", 1, 30, Some(true))]).as_deref(), Some("b"));
        assert_eq!(chosen(&[imported.clone(), contender("b", 1, 29, Some(true))]).as_deref(), Some("a"));
        assert_eq!(chosen(&[imported, contender("b", 1, 31, Some(false))]).as_deref(), Some("a"));
        let forever = [contender("a", 5, FOREVER.0, None), contender("b", 1, FOREVER.0 + 9, Some(true))];
        assert_eq!(chosen(&forever).as_deref(), Some("b"), "the app's lifetimes end a hundred years on");
    }
}

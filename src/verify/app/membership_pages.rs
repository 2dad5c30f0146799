//! The pages of a membership. Each of them takes one row of a person, in an order of its own; with one ACTIVE row they agree.

use crate::language::tr;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::people::AppPerson;
use crate::verify::held_memberships::HeldMembership;
use crate::verify::report::VerifyCheck;

/// A page that shows one membership of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MembershipPage {
    /// `user/membership`: the ACTIVE row that began last; the app of December 2025 takes rows of any status.
    Mine,
    /// `membership-status`: the ACTIVE row that ends last.
    Status,
    /// `memberships/user`: the row that is ACTIVE and not over, the one created last.
    List,
    /// `membership/courses`: the ACTIVE or EXPIRED row that was created last.
    Courses,
}

impl MembershipPage {
    /// The row that the page shows. Where two are equal to it, the one that is not `wanted`: nobody can tell which one the
    /// database puts first.
    pub(super) fn shown<'p>(
        self,
        facts: &AppFacts<'_>,
        person: &'p AppPerson,
        wanted: Option<&str>,
    ) -> Option<&'p HeldMembership> {
        let is_active = |held: &HeldMembership| held.row.status == "ACTIVE";
        let is_taken = |held: &&HeldMembership| match self {
            Self::Mine => is_active(held) || !facts.is_newer(),
            Self::Status => is_active(held),
            Self::List => is_active(held) && held.row.end_date > held.as_of,
            Self::Courses => is_active(held) || held.row.status == "EXPIRED",
        };
        let key = |held: &&HeldMembership| {
            let row = &held.row;
            let time = match self {
                Self::Mine => row.start_date,
                Self::Status => row.end_date,
                Self::List | Self::Courses => row.created_at,
            };
            (time, wanted != Some(row.id.as_str()))
        };
        person.memberships.iter().filter(is_taken).max_by_key(key)
    }

    /// Compares what the page shows with the membership that is to be shown.
    fn compare(self, facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
        if person.memberships.is_empty() || person.has_another_of_app() {
            return;
        }
        let chosen = person.chosen();
        if chosen.is_none() && (self == Self::Courses || !facts.is_newer() && self == Self::Mine) {
            return;
        }
        let wanted = chosen.map(|held| held.row.id.as_str());
        let shown = self.shown(facts, person, wanted);
        let same = shown.map(|held| held.row.id.as_str()) == wanted;
        if !same && self == Self::Mine && !facts.is_newer() {
            let who = person.who(facts);
            check.facts.push(tr!(
                "{who}: this app shows the membership that began last, which is not the one that runs"
            ));
            return;
        }
        check.compare(same, || {
            let said = |held: Option<&HeldMembership>| held.map_or("none".to_owned(), name);
            tr!("{}: shows {}, the source says {}", person.who(facts), said(shown), said(chosen))
        });
    }
}

/// A membership in a difference: its row, and when it ends.
fn name(held: &HeldMembership) -> String {
    tr!("{} (until {})", held.row.id, held.row.end_date)
}

/// `user/membership`.
pub(super) fn mine(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    MembershipPage::Mine.compare(facts, person, check);
}

/// `membership-status`, with the date and the plan that it shows.
pub(super) fn status(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    MembershipPage::Status.compare(facts, person, check);
    for held in person.memberships.iter().filter(|held| held.row.status == "ACTIVE") {
        let Some(source) = &held.source else { continue };
        check.compare(held.row.end_date == source.end, || {
            let (who, id) = (person.who(facts), &held.row.id);
            tr!("{who}: {id} ends {}, the source says {}", held.row.end_date, source.end)
        });
    }
}

/// `memberships/user`.
pub(super) fn list(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    MembershipPage::List.compare(facts, person, check);
}

/// `membership/courses`.
pub(super) fn courses(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    MembershipPage::Courses.compare(facts, person, check);
}

/// One ACTIVE row a person, and it is the one that ends last; nobody has one whose memberships are over.
pub(super) fn one_active(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    if person.memberships.is_empty() {
        return;
    }
    let who = || person.who(facts);
    if person.has_another_of_app() {
        check.facts.push(tr!(
            "{}: has a running membership of the app's own beside the one that ends last: its pages may disagree",
            who()
        ));
    }
    let chosen = person.chosen().map(|held| held.row.id.as_str());
    let mut active = 0_u32;
    for held in person.memberships.iter().filter(|held| held.source.is_some()) {
        let (row, is_chosen) = (&held.row, Some(held.row.id.as_str()) == chosen);
        active += u32::from(row.status == "ACTIVE");
        let expected = if is_chosen { "ACTIVE" } else { "EXPIRED" };
        check.compare(row.status == expected, || {
            tr!("{}: membership {} is {} instead of {expected}", who(), row.id, row.status)
        });
        check.compare(row.is_active == is_chosen, || {
            tr!("{}: membership {}: isActive ({} instead of {is_chosen})", who(), row.id, row.is_active)
        });
    }
    check.compare(active <= 1, || tr!("{}: {active} memberships are ACTIVE, an app's person has one", who()));
}

//! Groups, courses and products: what memberships that are not over open, by the plans' own links.

use std::collections::{BTreeSet, HashMap};

use crate::language::tr;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::people::AppPerson;
use crate::verify::held_memberships::HeldMembership;
use crate::verify::report::VerifyCheck;

/// What the memberships of a person that an import has made and that `counts` open.
fn opened<'f>(
    links: &'f HashMap<String, Vec<String>>,
    person: &AppPerson,
    counts: impl Fn(&HeldMembership) -> bool,
) -> BTreeSet<&'f str> {
    let plans = person.memberships.iter().filter(|held| counts(held)).map(|held| &held.row.membership_id);
    plans.filter_map(|plan| links.get(plan)).flatten().map(String::as_str).collect()
}

/// What has to be open: an import gives it for each of its memberships that is not over.
fn due<'f>(links: &'f HashMap<String, Vec<String>>, person: &AppPerson) -> BTreeSet<&'f str> {
    opened(links, person, |held| held.source.is_some() && held.runs())
}

/// What may be open: nothing of a membership that was over when the first import came.
fn allowed<'f>(
    facts: &AppFacts<'_>,
    links: &'f HashMap<String, Vec<String>>,
    person: &AppPerson,
) -> BTreeSet<&'f str> {
    opened(links, person, |held| held.source.is_none() || held.end() > facts.earliest)
}

/// Compares what is shown with what is due and what is allowed.
fn compare(
    (facts, person): (&AppFacts<'_>, &AppPerson),
    links: &HashMap<String, Vec<String>>,
    shown: &BTreeSet<&str>,
    is_visible: impl Fn(&str) -> bool,
    (what, check): (&str, &mut VerifyCheck),
) {
    let who = || person.who(facts);
    for id in due(links, person).into_iter().filter(|id| is_visible(id)) {
        if !shown.contains(id) && person.given.has(id) {
            check.facts.push(tr!("{}: {what} {id} was opened, and the app has closed it since", who()));
            continue;
        }
        check.compare(shown.contains(id), || {
            tr!("{}: {what} {id} is not there; a membership that is not over opens it", who())
        });
    }
    if person.is_imported() {
        let allowed = allowed(facts, links, person);
        for id in shown.iter().filter(|id| is_visible(id)) {
            if !allowed.contains(id) && person.given.has(id) {
                check
                    .facts
                    .push(tr!("{}: {what} {id} was opened, and stays although its plan has lost it", who()));
                continue;
            }
            check.compare(allowed.contains(id), || {
                tr!("{}: {what} {id} is there, and no membership that is not over opens it", who())
            });
        }
    }
}

/// My groups: whatever group the person is in and that is active.
pub(super) fn groups(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    let open = &facts.openings.open_groups;
    let shown = person.groups.iter().map(String::as_str).collect();
    let part = ("group", check);
    compare((facts, person), &facts.openings.groups, &shown, |id| open.contains_key(id), part);
}

/// My courses: whatever the person is enrolled in and may be opened.
pub(super) fn courses(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    let open = &facts.openings.open_courses;
    let shown = person.courses.iter().map(String::as_str).collect();
    let part = ("course", check);
    compare((facts, person), &facts.openings.courses, &shown, |id| open.contains_key(id), part);
}

/// A course opens: by an enrolment, by the ACTIVE membership's plan, or as one that any running membership opens.
pub(super) fn course_opens(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    let opens = opening_courses(facts, person);
    let mut due = due(&facts.openings.courses, person);
    if person.chosen().is_some() {
        due.extend(facts.openings.included_courses.iter().map(String::as_str));
    }
    for id in due.into_iter().filter(|id| facts.openings.open_courses.contains_key(*id)) {
        check.compare(opens.contains(id), || {
            let who = person.who(facts);
            tr!("{who}: course {id} does not open; a membership that is not over opens it")
        });
    }
}

/// The courses that open to a person.
pub(super) fn opening_courses<'f>(facts: &'f AppFacts<'_>, person: &'f AppPerson) -> BTreeSet<&'f str> {
    let openings = &facts.openings;
    let active = || person.memberships.iter().filter(|held| held.row.status == "ACTIVE");
    let of_plan = active().filter_map(|held| openings.courses.get(&held.row.membership_id)).flatten();
    let included = openings.included_courses.iter().filter(|_| active().next().is_some());
    let all = person.courses.iter().chain(of_plan).chain(included).map(String::as_str);
    all.filter(|id| openings.open_courses.contains_key(*id)).collect()
}

/// My products: those that come with a membership which is not over. What somebody has bought itself is looked at by order.
pub(super) fn products(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    for id in due(&facts.openings.products, person) {
        check.compare(person.products.iter().any(|owned| owned == id), || {
            let who = person.who(facts);
            tr!("{who}: product {id} is not there; a membership that is not over brings it")
        });
    }
}

/// No reminders to learn: the app's job goes by rows that no import writes.
pub(super) fn reminders(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    if person.is_imported() {
        check.compare(person.progress.is_empty(), || {
            let (who, rows) = (person.who(facts), person.progress.len());
            tr!("{who}: would be reminded to learn: {rows} rows of UserCourseProgress")
        });
    }
}

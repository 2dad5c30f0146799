//! Log-in: the password is set by a reset, which looks for the address in lower case, and an account has to be open.

use crate::language::tr;
use crate::store::schema::tables::Role;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::people::AppPerson;
use crate::verify::report::VerifyCheck;

/// The reset finds the account, and the log-in lets it in.
pub(super) fn check(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    let (user, who) = (&person.user, || person.who(facts));
    let found = is_found_by_reset(&user.email);
    if found || person.is_imported() {
        check.compare(found, || {
            tr!("{}: the reset of the password does not find the address: it is not in lower case", who())
        });
    } else {
        check.facts.push(tr!(
            "{}: of the app's own, with a capital in the address: the reset of the password does not find it",
            who()
        ));
    }
    if person.is_imported() && !facts.context.merged.contains(&user.id) {
        check.compare(user.is_active, || tr!("{}: the log-in refuses the account: isActive is false", who()));
        check.compare(!user.is_suspended, || {
            tr!("{}: the log-in refuses the account: isSuspended is true", who())
        });
    }
}

/// Whether the reset of the password finds an address: it looks for it trimmed and in lower case.
pub(super) fn is_found_by_reset(email: &str) -> bool {
    email == email.trim().to_lowercase()
}

/// The page that resets a password.
pub(super) fn reset_page(facts: &AppFacts<'_>) -> &'static str {
    if facts.is_newer() { "/auth/forgot-password" } else { "/forgot-password" }
}

/// A member reaches the members' pages: all but a few send MEMBER_FREE to the upgrade page, and at night the app of January
/// 2026 takes MEMBER_PREMIUM away from whoever has no membership that runs.
pub(super) fn members_pages(facts: &AppFacts<'_>, person: &AppPerson, check: &mut VerifyCheck) {
    let (role, chosen) = (person.user.role, person.chosen());
    let runs = chosen.is_some();
    if chosen.is_some_and(|held| held.source.is_none()) {
        // The app has sold that one itself, and the role with it.
        check.values += 1;
    } else if runs {
        check.compare(role != Role::MemberFree, || {
            let who = person.who(facts);
            tr!("{who}: is sent to the upgrade page as MEMBER_FREE; by the source a membership runs")
        });
    }
    let loses_role = facts.is_newer() && role == Role::MemberPremium && !is_kept_at_night(facts, person);
    if runs && person.is_imported() && facts.is_newer() && role == Role::MemberPremium {
        check.compare(!loses_role, || {
            let who = person.who(facts);
            tr!("{who}: becomes MEMBER_FREE tonight: no membership is ACTIVE, isActive and not over")
        });
    }
}

/// Whether a membership keeps somebody MEMBER_PREMIUM when the app looks at night.
fn is_kept_at_night(facts: &AppFacts<'_>, person: &AppPerson) -> bool {
    person.memberships.iter().any(|held| held.is_active() && held.row.end_date > facts.now.min(held.as_of))
}

//! What is behind a difference: since when and by whom, as far as can be known, and the command that repairs it.

use std::collections::{BTreeSet, HashMap};

use crate::language::{msg, said, tr};
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{User, WalletTransaction};
use crate::verify::changed_rows::{ChangedBy, ChangedRow, ChangedRows, RowState};
use crate::verify::context::VerifyContext;
use crate::verify::difference::{Difference, Explanation, Subject};
use crate::verify::report::VerifyCheck;

/// The check that holds every row against the journal.
pub(crate) const JOURNAL: &str = "journal";

/// The rows that are named of one difference.
const ROWS_NAMED: usize = 3;

/// Explains every difference of these checks. `import` is the command that imports the files that were given.
pub(crate) fn explain(
    context: &VerifyContext,
    checks: &mut [&mut VerifyCheck],
    changed: &ChangedRows,
    import: Option<&str>,
) {
    let mut behind: HashMap<Subject, BTreeSet<&'static str>> = HashMap::new();
    for check in checks.iter_mut() {
        let name = check.name;
        for found in &mut check.found {
            let rows = rows_behind(context, name, found, changed);
            for row in rows.iter().filter(|_| name != JOURNAL) {
                behind.entry(Subject::row(row.table, &row.id)).or_default().insert(name);
            }
            // Of what is about nobody, it is not known which of the changed rows are behind it.
            let is_unchanged = rows.is_empty() && (found.about.is_some() || changed.iter().next().is_none());
            found.explanation = by_rows(found, &rows, import)
                .or_else(|| by_kind(context, (name, is_unchanged), &found.what, import));
        }
    }
    // The journal only says that a row is another one: where it is named as what is behind a difference, that was said.
    for check in checks.iter_mut().filter(|check| check.name == JOURNAL) {
        for found in &mut check.found {
            let names = found.about.as_ref().and_then(|row| behind.get(row));
            found.behind = names.into_iter().flatten().copied().collect();
        }
    }
}

/// The rows of whom it is about that are not as they were written.
fn rows_behind<'c>(
    context: &VerifyContext,
    check: &str,
    found: &Difference,
    changed: &'c ChangedRows,
) -> Vec<&'c ChangedRow> {
    let mut rows: Vec<&ChangedRow> = Vec::new();
    for row in found.rows.iter().chain(&found.about).flat_map(|subject| changed.of(context, subject)) {
        if !rows.iter().any(|known| known.table == row.table && known.id == row.id) {
            rows.push(row);
        }
    }
    if let Some(tables) = tables_behind(check) {
        rows.retain(|row| tables.contains(&row.table.name));
    }
    rows
}

fn by_rows(found: &Difference, rows: &[&ChangedRow], import: Option<&str>) -> Option<Explanation> {
    let mut said: Vec<String> =
        rows.iter().take(ROWS_NAMED).map(|row| story_of(row, found.about.as_ref())).collect();
    if let Some(more) = rows.len().checked_sub(ROWS_NAMED).filter(|more| *more > 0) {
        said.push(tr!("and {more} more rows"));
    }
    let is_past_the_app = |row: &&&ChangedRow| {
        matches!(row.state, RowState::Edited { by: ChangedBy::SomebodyElse | ChangedBy::Unknown, .. })
    };
    // A settlement writes the whole ledger of imports again; everything else that is gone stays gone.
    let is_settled_again =
        |row: &&ChangedRow| row.state == RowState::Gone && row.table == WalletTransaction::TABLE;
    let repair = match rows.iter().any(|row| is_past_the_app(&row)) {
        true => Some("sejoli-migrate repair --all --dry-run"),
        false => import.filter(|_| rows.iter().any(is_settled_again)),
    };
    (!said.is_empty()).then(|| Explanation::new(said.join("; "), repair))
}

/// What has become of a row. One that is named by the difference is not named again.
fn story_of(row: &ChangedRow, about: Option<&Subject>) -> String {
    let table = row.table.name;
    let is_about = match about {
        Some(Subject::User(user)) => row.table == User::TABLE && *user == row.id,
        Some(Subject::Row { id, .. }) => *id == row.id,
        _ => false,
    };
    let name = if is_about { tr!("the row of {table}") } else { format!("{table} {}", row.id) };
    let written = tr!("run {} wrote it on {}", row.written_by.id, row.written_by.began.spoken());
    match &row.state {
        RowState::Gone => tr!("{name} was deleted, in the app or by somebody else; {written}"),
        RowState::Edited { by: ChangedBy::App(at), .. } => {
            tr!("the app has written {name} on {}; {written}", at.spoken())
        }
        RowState::Edited { by: ChangedBy::SomebodyElse, .. } => {
            tr!("somebody has changed {name} past the app, which would have dated it; {written}")
        }
        RowState::Edited { by: ChangedBy::Unknown, .. } => {
            tr!("{name} was changed, nobody knows when: {table} has no date of writing; {written}")
        }
    }
}

/// The tables that a page's check goes by; none for a check that goes by any.
fn tables_behind(check: &str) -> Option<&'static [&'static str]> {
    Some(match check {
        "app: log-in" => &["User"],
        "app: members' pages" => &["User", "UserMembership"],
        "app: one active membership"
        | "app: my membership"
        | "app: membership status"
        | "app: list of memberships"
        | "app: courses of a membership" => &["UserMembership"],
        "app: my groups" => &["GroupMember", "UserMembership"],
        "app: my courses" | "app: a course opens" => &["CourseEnrollment", "UserMembership"],
        "app: my products" | "app: bought products" => &["UserProduct", "UserMembership", "Transaction"],
        "app: affiliate door" => &["User", "AffiliateProfile", "AffiliateLink", "Wallet"],
        "app: onboarding" => &["AffiliateProfile", "User"],
        "app: ref link" => &["AffiliateLink", "AffiliateProfile", "User"],
        "app: payout gate" | "app: leaderboards" => &["AffiliateConversion", "AffiliateProfile"],
        "app: payouts page" | "app: wallet page" | "app: dashboard" | "app: admin pays" => {
            &["Wallet", "AffiliateConversion", "AffiliateProfile", "WalletTransaction"]
        }
        _ => return None,
    })
}

/// How a difference ends that says of a row of the files that it is nowhere.
const MISSING: [&str; 2] = [
    msg!("is neither in the database as it stands there nor among the rejects"),
    msg!("is neither in the database nor among the rejects"),
];

/// What a difference names that says of something that it is not open to somebody.
const LACKING: [&str; 2] =
    [msg!("a membership that is not over opens it"), msg!("a membership that is not over brings it")];

/// Where no row is known to be behind it: by what the check compares, and whether there `is_unchanged` all that could be.
fn by_kind(
    context: &VerifyContext,
    (check, is_unchanged): (&str, bool),
    what: &str,
    import: Option<&str>,
) -> Option<Explanation> {
    let newest = context.runs.last()?;
    let run = tr!("run {} of {}", newest.row.id, newest.row.started_at.spoken());
    let of_files = matches!(check, "orders" | "affiliates" | "memberships" | "commissions");
    if of_files && MISSING.iter().any(|words| what.contains(said(words))) {
        let why = tr!("no run that stands has read this row, held or rejected it; the newest is {run}");
        return Some(Explanation::new(why, import));
    }
    if of_files && what.contains(tr!("differs from the stored cells")) {
        let why = tr!("the source says something else than when it was imported; the newest is {run}");
        return Some(Explanation::new(why, import));
    }
    let lacks_door = check.starts_with("app: ") && LACKING.iter().any(|words| what.contains(said(words)));
    if lacks_door {
        let why = tr!("it was linked to the plan after {run}, the newest that has opened anything");
        return Some(Explanation::new(why, Some("sejoli-migrate grant")));
    }
    if check.starts_with("app: ") && is_unchanged {
        let why = tr!(
            "no row that an import has written is changed: it comes from the app's own rows, or was so after {run}"
        );
        return Some(Explanation::new(why, None));
    }
    None
}

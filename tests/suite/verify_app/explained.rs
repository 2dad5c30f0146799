//! Every difference says what is behind it: which run wrote the row and when, whether the app has written it since, and the
//! command that repairs it.

use super::right_state::{imported, link_plans, make_right, time};
use super::verified;
use crate::support::library::verify::{Explanation, VerifyReport};
use crate::support::{AppDatabase, Engine, on_each_engine, text};

/// What is behind the only difference of a check.
fn behind(report: &VerifyReport, check: &str) -> Explanation {
    let found = &report.checks.iter().find(|one| one.name == check).expect("the check").found;
    assert_eq!(found.len(), 1, "{check}: {found:?}");
    found[0].explanation.clone().unwrap_or_else(|| panic!("{check}: {found:?}"))
}

/// Somebody whom an import has made and who is no affiliate.
fn somebody(db: &AppDatabase) -> String {
    let sql = "SELECT \"id\" FROM \"User\" WHERE \"importSource\" = 'SEJOLI' AND \"role\" = 'MEMBER_FREE' ORDER BY \"id\"";
    text(&db.query(sql)[0][0])
}

fn a_row_that_the_app_has_written_since_is_told_from_one_that_somebody_has_changed(engine: Engine) {
    let db = imported(engine);
    make_right(&db);
    let user = somebody(&db);
    let run = text(&db.query("SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\" LIMIT 1")[0][0]);
    db.sql(&format!("UPDATE \"User\" SET \"isSuspended\" = true WHERE \"id\" = '{user}'"));
    let Explanation { why, .. } = behind(&verified(&db), "app: log-in");
    assert!(why.contains("somebody has changed the row of User past the app"), "{why}");
    assert!(why.contains(&format!("run {run} wrote it on 20")), "{why}");
    db.sql(&format!(
        "UPDATE \"User\" SET \"updatedAt\" = {} WHERE \"id\" = '{user}'",
        time(&db, "2026-02-03 04:05:06")
    ));
    let Explanation { why, .. } = behind(&verified(&db), "app: log-in");
    assert!(why.contains("the app has written the row of User on 2026-02-03T04:05:06"), "{why}");
    assert!(why.contains(&run), "{why}");
}

fn what_was_linked_to_a_plan_since_is_given_by_grant(engine: Engine) {
    let db = imported(engine);
    link_plans(&db);
    let report = verified(&db);
    let check = report.checks.iter().find(|check| check.name == "app: my groups").expect("the check");
    assert!(check.differences > 0);
    for found in &check.found {
        let explanation = found.explanation.as_ref().expect("an explanation");
        assert_eq!(explanation.repair.as_deref(), Some("sejoli-migrate grant"), "{found:?}");
        assert!(explanation.why.contains("linked to the plan after run "), "{found:?}");
    }
    let told = db.run(&["verify"]);
    assert!(told.stdout.contains("→ sejoli-migrate grant"), "{}", told.stdout);
    assert_eq!(told.stdout.lines().last(), Some("Next: sejoli-migrate grant"));
    let wide: Vec<&str> = told.stdout.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

fn a_row_that_is_gone_is_told_with_the_run_that_wrote_it(engine: Engine) {
    let db = imported(engine);
    make_right(&db);
    let id = text(&db.query("SELECT \"id\" FROM \"AffiliateConversion\" ORDER BY \"id\"")[0][0]);
    db.sql(&format!("DELETE FROM \"AffiliateConversion\" WHERE \"id\" = '{id}'"));
    let report = verified(&db);
    let journal = behind(&report, "journal");
    assert!(journal.why.contains("the row of AffiliateConversion was deleted"), "{journal:?}");
    assert!(journal.why.contains("; run 20"), "{journal:?}");
}

on_each_engine!(
    a_row_that_the_app_has_written_since_is_told_from_one_that_somebody_has_changed,
    what_was_linked_to_a_plan_since_is_given_by_grant,
    a_row_that_is_gone_is_told_with_the_run_that_wrote_it,
);

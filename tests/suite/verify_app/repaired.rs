//! `repair`: what somebody has changed in rows that imports have written comes back, cell by cell, and nothing else.

use serde_json::Value;

use super::corruptions::{corruptions, rounds};
use super::right_state::{imported, make_right, time};
use super::{said, verified};
use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::{AppDatabase, Compared, Engine, Outcome, assert_same, dump, json, on_each_engine, text};

/// Rows that nobody but the app has made, rows that are gone, those of which nothing says any more whose they were, and a
/// column that no import writes.
const LEFT: [&str; 7] = [
    "a reference",
    "the profile's id",
    "a group row",
    "a group of somebody whose memberships are over",
    "an enrolment",
    "a course for nothing",
    "a course's progress",
];

fn repair(db: &AppDatabase, more: &[&str]) -> Outcome {
    db.run(&[&["repair", "--all"], more].concat())
}

#[track_caller]
fn repaired(db: &AppDatabase, more: &[&str]) -> Value {
    let outcome = repair(db, &[&["--yes", "--format", "json"], more].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

fn right(engine: Engine) -> AppDatabase {
    let db = imported(engine);
    make_right(&db);
    db
}

fn each_fact_that_somebody_has_changed_is_put_back_and_can_be_taken_back(engine: Engine) {
    let db = right(engine);
    let before = dump(&db, Compared::Rows);
    let all = corruptions(&db).into_iter().filter(|one| !LEFT.contains(&one.what)).collect();
    for round in rounds(engine, all) {
        let what: Vec<&str> = round.iter().map(|one| one.what).collect();
        round.iter().for_each(|one| db.sql(&one.breaks));
        let broken = dump(&db, Compared::Rows);
        let looked_at = json(&repair(&db, &["--dry-run", "--format", "json"]));
        assert_same(&broken, &dump(&db, Compared::Rows), "a dry run writes nothing");
        assert_eq!(looked_at["left"], serde_json::json!([]), "{what:?}");
        assert_eq!(repaired(&db, &[])["repairs"], looked_at["repairs"], "{what:?}");
        assert_same(&before, &dump(&db, Compared::Rows), &format!("{what:?}"));
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{what:?}: {}{}", undone.stdout, undone.stderr);
        assert_same(&broken, &dump(&db, Compared::Rows), &format!("{what:?}, taken back"));
        repaired(&db, &[]);
    }
    assert_eq!(said(&verified(&db)), [], "all was put back");
    let verified = db.run(&["verify", &db.path("files").display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    assert_eq!(repaired(&db, &[])["run"], Value::Null, "there is nothing left to repair");
}

fn what_the_app_has_edited_stays_unless_it_is_named(engine: Engine) {
    let db = right(engine);
    let user = "SELECT \"id\" FROM \"User\" WHERE \"importSource\" = 'SEJOLI' AND \"role\" = 'MEMBER_FREE' ORDER BY \"id\"";
    let user = text(&db.query(user)[0][0]);
    let before = dump(&db, Compared::Rows);
    db.sql(&format!(
        "UPDATE \"User\" SET \"isSuspended\" = true, \"updatedAt\" = {} WHERE \"id\" = '{user}'",
        time(&db, "2026-02-03 04:05:06")
    ));
    let edited = dump(&db, Compared::Rows);
    let left = repaired(&db, &[]);
    assert_same(&edited, &dump(&db, Compared::Rows), "the app's edit stays");
    assert_eq!(left["left"][0]["why"], "edited_in_app", "{left}");
    assert_eq!(left["left"][0]["overwrite"], serde_json::json!(["User.isSuspended"]), "{left}");
    assert_eq!(left["left"][0]["edited_at"], "2026-02-03T04:05:06.000Z", "{left}");
    let told = repair(&db, &["--dry-run"]);
    assert!(told.stdout.contains("--overwrite User.isSuspended --dry-run"), "{}", told.stdout);
    assert_eq!(repaired(&db, &["--overwrite", "User.role"])["run"], Value::Null, "that is another column");
    repaired(&db, &["--overwrite", "User.isSuspended"]);
    assert_same(&before, &dump(&db, Compared::Rows), "it was named, and is taken back");
    assert_eq!(said(&verified(&db)), []);
}

fn nothing_is_written_without_yes_and_what_is_left_is_said(engine: Engine) {
    let db = right(engine);
    let conversion = text(&db.query("SELECT \"id\" FROM \"AffiliateConversion\" ORDER BY \"id\"")[0][0]);
    let log = text(&db.query("SELECT \"id\" FROM \"SejoliWebhookLog\" ORDER BY \"id\"")[0][0]);
    db.sql(&format!("DELETE FROM \"AffiliateConversion\" WHERE \"id\" = '{conversion}'"));
    db.sql(&format!("UPDATE \"SejoliWebhookLog\" SET \"buyerName\" = 'Nobody' , \"webhookPayload\" = '{{}}' WHERE \"id\" = '{log}'"));
    let broken = dump(&db, Compared::Rows);
    let told = repair(&db, &[]);
    assert_eq!(told.code, DONE, "there is nothing that could be put back: {}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains(&format!("AffiliateConversion {conversion}: is gone")), "{}", told.stdout);
    assert!(told.stdout.contains(&format!("SejoliWebhookLog {log}: was changed")), "{}", told.stdout);
    assert!(!told.stdout.contains("Nobody"), "no name: {}", told.stdout);
    let paid = "SELECT \"id\" FROM \"Transaction\" WHERE \"status\" = 'SUCCESS' AND \"affiliateId\" IS NULL ORDER BY \"id\"";
    let paid = text(&db.query(paid)[0][0]);
    let set = |status: &str| {
        db.sql(&format!("UPDATE \"Transaction\" SET \"status\" = '{status}' WHERE \"id\" = '{paid}'"));
    };
    set("FAILED");
    let refused = repair(&db, &[]);
    assert_eq!(refused.code, REFUSED, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stdout.contains("status FAILED → "), "{}", refused.stdout);
    set("SUCCESS");
    assert_same(&broken, &dump(&db, Compared::Rows), "nothing was written");
    assert_eq!(db.run(&["repair", "20200101-000000000-abcdef", "--yes"]).code, USAGE);
    let wide: Vec<&str> = told.stdout.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

on_each_engine!(
    each_fact_that_somebody_has_changed_is_put_back_and_can_be_taken_back,
    what_the_app_has_edited_stays_unless_it_is_named,
    nothing_is_written_without_yes_and_what_is_left_is_said,
);

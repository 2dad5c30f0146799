//! `grant`: what the app's team links to a plan after the import reaches the members who are there already.

use crate::support::app_plans::{insert_doors, insert_plan, link, open_doors};
use crate::support::exit_code::{DATABASE, DONE, REFUSED, UNEXPECTED, USAGE};
use crate::support::{
    AS_OF, AppDatabase, Compared, Edits, Engine, Exports, Outcome, assert_same, count, drop_index, dump,
    imported, json, on_each_engine, texts, verified,
};

const PERINTIS: &str = "keanggotaan-perintis";
const SAUDAGAR: &str = "keanggotaan-saudagar";

const BUDI: Edits<'_> = &[("membership_id", "M2"), ("user_email", "budi@example.org"), ("product_id", "101")];
const SARI: Edits<'_> = &[
    ("membership_id", "M3"),
    ("user_email", "sari@example.org"),
    ("start_date", "2024-06-01"),
    ("expiry_date", "2025-06-01"),
    ("status", "expired"),
];

/// Members of two plans, and one whose membership is over.
fn members() -> Exports {
    Exports::new().memberships(&[&[], &[BUDI], &[SARI]])
}

/// An app into which members were imported before their plans were linked to anything.
fn unlinked(engine: Engine) -> (AppDatabase, Exports) {
    let (db, exports) = (AppDatabase::with_access(engine), members());
    insert_doors(&db);
    [PERINTIS, SAUDAGAR].into_iter().for_each(|plan| insert_plan(&db, plan));
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(open_doors(&db), [""; 0]);
    (db, exports)
}

fn grant(db: &AppDatabase, more: &[&str]) -> Outcome {
    db.run(&[&["grant", "--as-of", AS_OF], more].concat())
}

#[track_caller]
fn granted(db: &AppDatabase, more: &[&str]) -> serde_json::Value {
    let outcome = grant(db, &[&["--format", "json"], more].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

fn a_grant_gives_what_is_missing_once_and_is_taken_back(engine: Engine) {
    let (db, exports) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    link(&db, SAUDAGAR, "b-all");
    link(&db, PERINTIS, "c-all");
    let before = dump(&db, Compared::Rows);
    let document = granted(&db, &["--dry-run"]);
    assert_eq!(document["tables"]["GroupMember"]["created"], 1, "{document}");
    assert_same(&before, &dump(&db, Compared::Rows), "a dry run keeps nothing");

    let document = granted(&db, &[]);
    assert_eq!(document["tables"]["CourseEnrollment"]["created"], 1, "{document}");
    let all = ["budi@example.org c-all", "rina@example.org b-all", "rina@example.org g-all"];
    assert_eq!(open_doors(&db), all, "and nothing for whom it is over");
    assert_eq!(count(&db, "UserCourseProgress", "1 = 1"), 0);
    verified(&db, &exports);
    let status = db.run(&["status"]);
    assert!(status.stdout.contains("grant"), "{}", status.stdout);
    let report = db.run(&["report"]);
    assert_eq!(report.code, DONE, "{}{}", report.stdout, report.stderr);

    let written = count(&db, "SejoliImportJournal", "1 = 1");
    assert_eq!(granted(&db, &[])["tables"], serde_json::json!({}), "the second time it writes nothing");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(count(&db, "SejoliImportJournal", "1 = 1"), written, "and neither does the next import");
    verified(&db, &exports);
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back");
}

fn l37_a_grant_takes_nothing_and_brings_nothing_back(engine: Engine) {
    let (db, exports) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    link(&db, PERINTIS, "g-all");
    granted(&db, &[]);
    assert_eq!(open_doors(&db).len(), 2);
    db.sql("DELETE FROM \"GroupMember\" WHERE \"userId\" IN (SELECT \"id\" FROM \"User\" WHERE \"email\" LIKE 'budi%')");
    db.sql("DELETE FROM \"MembershipGroup\"");
    link(&db, PERINTIS, "g-all");
    link(&db, PERINTIS, "g-saudagar");
    let document = granted(&db, &[]);
    assert_eq!(document["access_notes"][1]["detail"], "GroupMember: 1", "{document}");
    let left = ["budi@example.org g-saudagar", "rina@example.org g-all"];
    assert_eq!(
        open_doors(&db),
        left,
        "a link that is gone closes nothing, and what the app has closed stays closed"
    );
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(open_doors(&db), left);
    verified(&db, &exports);
}

/// Of several memberships the app keeps one ACTIVE: the others are EXPIRED, also before their end.
fn l33_a_membership_before_its_end_opens_its_plan_unless_it_was_cancelled(engine: Engine) {
    let (db, _) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    link(&db, PERINTIS, "g-all");
    db.sql(
        "UPDATE \"UserMembership\" SET \"isActive\" = false, \"status\" = CASE \"membershipId\" \
         WHEN 'p-keanggotaan-perintis' THEN 'EXPIRED' ELSE 'CANCELLED' END",
    );
    granted(&db, &[]);
    assert_eq!(open_doors(&db), ["budi@example.org g-all"]);
}

fn a_grant_may_be_about_one_plan(engine: Engine) {
    let (db, _) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    link(&db, PERINTIS, "g-all");
    granted(&db, &["--plan", PERINTIS]);
    assert_eq!(open_doors(&db), ["budi@example.org g-all"]);
    let unknown = grant(&db, &["--plan", "tidak-ada"]);
    assert_eq!(unknown.code, USAGE, "{unknown:?}");
    assert!(unknown.stderr.contains("tidak-ada"), "{}", unknown.stderr);
}

fn a_grant_names_the_plans_that_still_open_nothing(engine: Engine) {
    let (db, _) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    let document = granted(&db, &[]);
    assert_eq!(document["access_notes"][0]["detail"], "keanggotaan-perintis: 1 person", "{document}");
    let outcome = grant(&db, &[]);
    assert!(outcome.stdout.contains("SJM-0513") && outcome.stdout.contains(PERINTIS), "{}", outcome.stdout);
}

fn an_interrupted_grant_goes_on_and_keeps_others_out(engine: Engine) {
    let (db, exports) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    link(&db, PERINTIS, "g-all");
    db.sql("CREATE UNIQUE INDEX one_member ON \"GroupMember\"(\"groupId\")");
    let outcome = grant(&db, &["--batch-size", "1"]);
    assert_eq!(outcome.code, UNEXPECTED, "{outcome:?}");
    db.sql(&drop_index(engine, "GroupMember", "one_member"));
    let other = db.run(&["grant"]);
    assert_eq!(other.code, REFUSED, "{other:?}");
    let import = db.import("all", exports.path(), &[]);
    assert_eq!(import.code, REFUSED, "{import:?}");
    let status = db.run(&["status"]);
    assert!(status.stdout.contains("INTERRUPTED") && status.stdout.contains(" grant "), "{}", status.stdout);
    assert_eq!(granted(&db, &["--batch-size", "1"])["resumed"], true);
    assert_eq!(open_doors(&db), ["budi@example.org g-all", "rina@example.org g-all"]);
    let states =
        texts(&db, "SELECT \"command\" || ' ' || \"state\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\"");
    assert_eq!(states, ["all COMPLETED", "grant COMPLETED"]);
    verified(&db, &exports);
}

fn a_grant_is_no_run_to_retry(engine: Engine) {
    let (db, _) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    let run = granted(&db, &[])["run"].as_str().expect("a run").to_owned();
    let retried = db.run(&["retry", &run]);
    assert_eq!(retried.code, REFUSED, "{retried:?}");
    assert!(retried.stderr.contains("is a grant"), "{}", retried.stderr);
}

fn a_grant_waits_for_an_interrupted_import(engine: Engine) {
    let (db, exports) = unlinked(engine);
    link(&db, SAUDAGAR, "g-all");
    link(&db, PERINTIS, "g-all");
    db.sql("CREATE UNIQUE INDEX one_member ON \"GroupMember\"(\"groupId\")");
    let outcome = db.import("all", exports.path(), &["--batch-size", "1"]);
    assert_eq!(outcome.code, UNEXPECTED, "{outcome:?}");
    db.sql(&drop_index(engine, "GroupMember", "one_member"));
    let refused = grant(&db, &[]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains("(import of all) was interrupted"), "{}", refused.stderr);
    imported(&db, "all", exports.path(), &["--batch-size", "1"], DONE);
    assert_eq!(granted(&db, &[])["tables"], serde_json::json!({}));
}

fn a_database_that_cannot_open_anything_is_said(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", members().path(), &[], DONE);
    let outcome = grant(&db, &[]);
    assert_eq!(outcome.code, DATABASE, "{outcome:?}");
    assert!(outcome.stderr.contains("groups, courses or products"), "{}", outcome.stderr);
    assert_eq!(count(&db, "SejoliImportRun", "1 = 1"), 1, "no run was begun");
}

on_each_engine!(
    a_grant_gives_what_is_missing_once_and_is_taken_back,
    l37_a_grant_takes_nothing_and_brings_nothing_back,
    l33_a_membership_before_its_end_opens_its_plan_unless_it_was_cancelled,
    a_grant_may_be_about_one_plan,
    a_grant_names_the_plans_that_still_open_nothing,
    an_interrupted_grant_goes_on_and_keeps_others_out,
    a_grant_is_no_run_to_retry,
    a_grant_waits_for_an_interrupted_import,
    a_database_that_cannot_open_anything_is_said,
);

//! An app that has groups, courses, links and payouts, in its strict form, with no references at all, and with tables
//! missing: what is there is used, what is not is said and left out.

use crate::support::app_access::Strictness;
use crate::support::exit_code::DONE;
use crate::support::{
    AppDatabase, Compared, Engine, assert_same, dump, fixture, imported, json, on_each_engine,
};

fn every_form_of_the_app_is_imported_verified_and_taken_back(engine: Engine) {
    let clean = fixture("clean");
    for (strictness, without) in [
        (Strictness::Strict, &[][..]),
        (Strictness::Loose, &[][..]),
        (Strictness::Loose, &["AffiliateLink", "MembershipGroup", "CourseEnrollment"][..]),
    ] {
        let db = AppDatabase::with_access_but(engine, strictness, without);
        let before = dump(&db, Compared::Rows);
        imported(&db, "all", &clean, &[], DONE);
        let verified = db.run(&["verify", &clean.display().to_string()]);
        assert_eq!(verified.code, DONE, "{strictness:?} {without:?}: {}{}", verified.stdout, verified.stderr);
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
        assert_same(&before, &dump(&db, Compared::Rows), &format!("{strictness:?} {without:?}"));
    }
}

fn a_table_that_the_tool_cannot_work_with_is_left_out_and_said(engine: Engine) {
    let db = AppDatabase::with_access_but(engine, Strictness::Loose, &["MembershipGroup"]);
    db.sql("ALTER TABLE \"GroupMember\" ADD COLUMN \"invitedBy\" INTEGER NOT NULL");
    let checked = db.run(&["schema", "check", "--format", "json"]);
    assert_eq!(checked.code, DONE, "{}{}", checked.stdout, checked.stderr);
    let said = json(&checked).to_string();
    assert!(said.contains("invitedBy is NOT NULL without a default"), "{said}");
    assert!(said.contains("memberships open no groups"), "{said}");
    imported(&db, "all", &fixture("clean"), &[], DONE);
}

on_each_engine!(
    every_form_of_the_app_is_imported_verified_and_taken_back,
    a_table_that_the_tool_cannot_work_with_is_left_out_and_said,
);

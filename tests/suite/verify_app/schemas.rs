//! The app's two forms, and tables that are not there: what cannot be read is named, and is not the same as no difference.

use std::collections::BTreeMap;

use super::right_state::{import_into, make_right};
use super::{messages, reads, said, verified, verified_by, wrong};
use crate::support::app_access::Strictness;
use crate::support::exit_code::DONE;
use crate::support::library::verify::{VerifyReport, VerifyRequest};
use crate::support::{AppDatabase, Engine, Exports, imported, on_each_engine, text};

/// The reads that were left out, with the reason.
fn skipped(db: &AppDatabase) -> BTreeMap<&'static str, String> {
    let report = verified(db);
    let skipped = reads(&report).filter(|check| check.values == 0 && check.rows == 0);
    skipped.filter_map(|check| Some((check.name, check.skipped.clone()?))).collect()
}

/// The app of December 2025, with groups and courses.
fn older(engine: Engine) -> AppDatabase {
    let db = AppDatabase::with_access(engine);
    for (table, column) in [
        ("User", "preferredDashboard"),
        ("User", "affiliateMenuEnabled"),
        ("AffiliateProfile", "profileCompleted"),
        ("AffiliateProfile", "profileCompletedAt"),
        ("Transaction", "membershipId"),
    ] {
        db.sql(&format!("ALTER TABLE \"{table}\" DROP COLUMN \"{column}\""));
    }
    db
}

fn the_app_of_december_is_read_by_its_own_rules(engine: Engine) {
    let db = older(engine);
    import_into(&db);
    make_right(&db);
    let report = verified(&db);
    assert_eq!(said(&report), [], "nothing is wrong");
    let log_in = reads(&report).find(|check| check.name == "app: log-in").expect("the log-in");
    assert_eq!(log_in.facts[0], "the app of December 2025: passwords are reset at /forgot-password");
    let left_out: Vec<&str> = skipped(&db).into_keys().collect();
    assert_eq!(left_out, ["app: admin pays", "app: sales list"]);
    // There the role alone opens the door, and a member who sells needs it, too.
    let seller =
        text(&db.query("SELECT \"id\" FROM \"User\" WHERE \"role\" = 'AFFILIATE' ORDER BY \"id\"")[0][0]);
    db.sql(&format!("UPDATE \"User\" SET \"role\" = 'MEMBER_PREMIUM' WHERE \"id\" = '{seller}'"));
    assert_eq!(wrong(&verified(&db)).into_iter().collect::<Vec<_>>(), ["app: affiliate door"]);
    // The wallet's page shows the wallet, and not the sum of the conversions.
    db.sql(&format!("UPDATE \"User\" SET \"role\" = 'AFFILIATE' WHERE \"id\" = '{seller}'"));
    db.sql(&format!(
        "UPDATE \"Wallet\" SET \"totalPayout\" = \"totalPayout\" + 1 WHERE \"userId\" = '{seller}'"
    ));
    assert_eq!(wrong(&verified(&db)).into_iter().collect::<Vec<_>>(), ["app: wallet page"]);
}

fn a_page_whose_tables_are_missing_is_left_out_by_name(engine: Engine) {
    let all = [
        ("GroupMember", &["app: my groups"][..]),
        ("MembershipGroup", &["app: my groups"]),
        ("MembershipCourse", &["app: a course opens", "app: my courses"]),
        ("CourseEnrollment", &["app: a course opens", "app: my courses"]),
        ("MembershipProduct", &["app: my products"]),
        ("AffiliateLink", &["app: ref link"]),
        ("UserCourseProgress", &["app: reminders to learn"]),
        ("Payout", &[]),
    ];
    // A server takes its time to make a database: there all of them are missing at once.
    let rounds: Vec<Vec<(&str, &[&'static str])>> = match engine {
        Engine::Sqlite => all.iter().map(|one| vec![*one]).collect(),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => vec![all.to_vec()],
    };
    for round in rounds {
        let without: Vec<&str> = round.iter().map(|(table, _)| *table).collect();
        let db = AppDatabase::with_access_but(engine, Strictness::Loose, &without);
        import_into(&db);
        let skipped = skipped(&db);
        for (table, reads) in &round {
            for read in *reads {
                let why = skipped.get(read).unwrap_or_else(|| panic!("{read} without {table}: {skipped:?}"));
                assert!(why.starts_with("no table") && why.contains(table), "{why}");
            }
        }
        let expected: usize = {
            let mut names: Vec<&str> = round.iter().flat_map(|(_, reads)| reads.iter().copied()).collect();
            names.sort_unstable();
            names.dedup();
            names.len()
        };
        assert_eq!(skipped.len(), expected, "{without:?}: {skipped:?}");
    }
}

/// A difference names people by their ids, and by their addresses only where that was asked for (L29).
fn l29_people_are_named_by_id(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    let exports = Exports::new().memberships(&[&[]]);
    imported(&db, "memberships", exports.path(), &[], DONE);
    assert_eq!(said(&verified(&db)), [], "a member without an order");
    db.sql("UPDATE \"User\" SET \"isSuspended\" = true");
    let masked = verified(&db);
    assert_eq!(wrong(&masked).into_iter().collect::<Vec<_>>(), ["app: log-in"]);
    let said = |report: &VerifyReport| {
        reads(report)
            .flat_map(|check| messages(check).into_iter().chain(check.facts.clone()))
            .collect::<String>()
    };
    assert!(!said(&masked).contains('@'), "{}", said(&masked));
    let shown = verified_by(&db, VerifyRequest { show_pii: true, ..VerifyRequest::default() });
    assert!(said(&shown).contains("(rina@example.org): the log-in refuses the account"), "{}", said(&shown));
}

on_each_engine!(
    l29_people_are_named_by_id,
    the_app_of_december_is_read_by_its_own_rules,
    a_page_whose_tables_are_missing_is_left_out_by_name,
);

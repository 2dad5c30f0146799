//! Each fact that an import has to leave right is made wrong in turn, and the read of the app that would show it names it.

use std::collections::BTreeSet;

use super::right_state::{imported, make_right, time};
use super::{reads, said, verified, wrong};
use crate::support::{AppDatabase, Engine, on_each_engine, text};

/// A fact that is made wrong, and how it is put right again.
pub struct Corruption {
    pub what: &'static str,
    pub breaks: String,
    mends: String,
    /// The reads that show it.
    named_by: &'static [&'static str],
}

fn one(db: &AppDatabase, sql: &str) -> String {
    text(&db.query(sql).first().unwrap_or_else(|| panic!("no row: {sql}"))[0])
}

/// A column of a row gets another value.
fn set(
    what: &'static str,
    (table, id): (&str, &str),
    (column, wrong, right): (&str, &str, &str),
    named_by: &'static [&'static str],
) -> Corruption {
    let update = |value: &str| format!("UPDATE \"{table}\" SET \"{column}\" = {value} WHERE \"id\" = '{id}'");
    Corruption { what, breaks: update(wrong), mends: update(right), named_by }
}

fn corruptions_of_affiliates(db: &AppDatabase) -> Vec<Corruption> {
    let seller = one(
        db,
        "SELECT u.\"id\" FROM \"User\" u JOIN \"AffiliateConversion\" c ON c.\"affiliateId\" = u.\"id\" \
         WHERE u.\"role\" = 'AFFILIATE' AND c.\"paidOut\" = 1 GROUP BY u.\"id\" ORDER BY u.\"id\"",
    );
    let paid = one(
        db,
        &format!(
            "SELECT \"id\" FROM \"AffiliateConversion\" WHERE \"affiliateId\" = '{seller}' AND \"paidOut\" = 1"
        ),
    );
    let wallet = one(db, &format!("SELECT \"id\" FROM \"Wallet\" WHERE \"userId\" = '{seller}'"));
    let balance =
        db.number(&format!("SELECT CAST(\"balance\" AS INTEGER) FROM \"Wallet\" WHERE \"id\" = '{wallet}'"));
    let link = one(db, &format!("SELECT \"id\" FROM \"AffiliateLink\" WHERE \"userId\" = '{seller}'"));
    let code =
        one(db, &format!("SELECT \"affiliateCode\" FROM \"AffiliateProfile\" WHERE \"id\" = '{seller}'"));
    let user = ("User", seller.as_str());
    vec![
        set("the role", user, ("role", "'MEMBER_FREE'", "'AFFILIATE'"), &["app: affiliate door"]),
        set("the menu", user, ("affiliateMenuEnabled", "false", "true"), &["app: affiliate door"]),
        set(
            "the approval",
            ("AffiliateProfile", &seller),
            ("applicationStatus", "'PENDING'", "'APPROVED'"),
            &["app: affiliate door"],
        ),
        set(
            "the onboarding",
            ("AffiliateProfile", &seller),
            ("profileCompleted", "false", "true"),
            &["app: onboarding"],
        ),
        set(
            "the link's code",
            ("AffiliateLink", &link),
            ("code", "'x'", &format!("'{code}'")),
            &["app: ref link"],
        ),
        set("the link's state", ("AffiliateLink", &link), ("isActive", "false", "true"), &["app: ref link"]),
        set(
            "the link's user",
            ("AffiliateLink", &link),
            ("userId", "'app-admin'", &format!("'{seller}'")),
            &["app: ref link"],
        ),
        set(
            "a payout mark",
            ("AffiliateConversion", &paid),
            ("paidOut", "false", "true"),
            &["app: admin pays", "app: payout gate", "app: wallet page"],
        ),
        set(
            "the wallet",
            ("Wallet", &wallet),
            ("balance", &(balance + 1000).to_string(), &balance.to_string()),
            &["app: dashboard", "app: payouts page"],
        ),
        Corruption {
            what: "the profile's id",
            breaks: format!(
                "UPDATE \"AffiliateLink\" SET \"affiliateId\" = NULL WHERE \"id\" = '{link}'; \
                 UPDATE \"AffiliateProfile\" SET \"id\" = 'its-own' WHERE \"id\" = '{seller}'"
            ),
            mends: format!(
                "UPDATE \"AffiliateProfile\" SET \"id\" = \"userId\" WHERE \"id\" = 'its-own'; \
                 UPDATE \"AffiliateLink\" SET \"affiliateId\" = \"userId\" WHERE \"id\" = '{link}'"
            ),
            named_by: &["app: leaderboards", "app: ref link"],
        },
    ]
}

fn corruptions_of_orders(db: &AppDatabase) -> Vec<Corruption> {
    let plan =
        |id: &str| one(db, &format!("SELECT \"membershipId\" FROM \"Transaction\" WHERE \"id\" = '{id}'"));
    let credited =
        |id: &str| one(db, &format!("SELECT \"affiliateId\" FROM \"Transaction\" WHERE \"id\" = '{id}'"));
    let of = |condition: &str| {
        one(
            db,
            &format!(
                "SELECT t.\"id\" FROM \"Transaction\" t LEFT JOIN \"AffiliateConversion\" c ON c.\"transactionId\" = t.\"id\" \
                 WHERE {condition} ORDER BY t.\"id\""
            ),
        )
    };
    let pending =
        of("t.\"status\" = 'PENDING' AND t.\"affiliateId\" IS NOT NULL AND t.\"membershipId\" IS NOT NULL");
    let expired = of("t.\"status\" = 'FAILED'");
    let sold = of("c.\"id\" IS NOT NULL AND t.\"membershipId\" IS NOT NULL");
    let last = one(
        db,
        "SELECT \"orderId\" FROM \"SejoliWebhookLog\" ORDER BY CAST(\"orderId\" AS INTEGER) DESC LIMIT 1",
    );
    let newest =
        one(db, &format!("SELECT \"id\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-{last}'"));
    let bought = one(db, "SELECT \"id\" FROM \"UserProduct\" WHERE \"productId\" = 'buku'");
    let buyer = one(db, &format!("SELECT \"userId\" FROM \"Transaction\" WHERE \"id\" = '{sold}'"));
    vec![
        set(
            "whom a pending order credits",
            ("Transaction", &pending),
            ("affiliateId", "'a-profile'", &format!("'{}'", credited(&pending))),
            &["app: confirm a pending order", "app: credited affiliate"],
        ),
        set(
            "what a pending order begins",
            ("Transaction", &pending),
            ("membershipId", "'another'", &format!("'{}'", plan(&pending))),
            &["app: confirm a pending order", "app: membership of an order"],
        ),
        set(
            "whom a paid order credits",
            ("Transaction", &sold),
            ("affiliateId", "NULL", &format!("'{}'", credited(&sold))),
            &["app: credited affiliate"],
        ),
        set(
            "a sale's membership",
            ("Transaction", &sold),
            ("membershipId", "NULL", &format!("'{}'", plan(&sold))),
            &["app: membership of an order", "app: sales list"],
        ),
        set(
            "the last invoice",
            ("Transaction", &newest),
            ("invoiceNumber", &format!("'{last}'"), &format!("'INV{last}'")),
            &["app: invoice numbers", "app: next invoice number"],
        ),
        set(
            "a status",
            ("Transaction", &expired),
            ("status", "'SUCCESS'", "'FAILED'"),
            &["app: admin revenue"],
        ),
        set(
            "a buyer",
            ("Transaction", &sold),
            ("userId", "'app-admin'", &format!("'{buyer}'")),
            &["app: my orders"],
        ),
        set(
            "a bought product",
            ("UserProduct", &bought),
            ("isActive", "false", "true"),
            &["app: bought products"],
        ),
        set("a reference", ("Transaction", &pending), ("reference", "'x'", "NULL"), &["app: payment jobs"]),
    ]
}

fn corruptions_of_members(db: &AppDatabase) -> Vec<Corruption> {
    let over = crate::support::millis(crate::support::AS_OF);
    let two = "SELECT \"userId\" FROM \"UserMembership\" WHERE \"endDate\" > {over} GROUP BY \"userId\" HAVING COUNT(*) = 2";
    let member = one(db, &two.replace("{over}", &over.to_string()));
    let row = |status: &str| {
        let sql = format!(
            "SELECT \"id\" FROM \"UserMembership\" WHERE \"userId\" = '{member}' AND \"status\" = '{status}' \
             ORDER BY \"endDate\" DESC"
        );
        one(db, &sql)
    };
    let (active, other) = (row("ACTIVE"), row("EXPIRED"));
    let created =
        |id: &str| db.number(&format!("SELECT \"createdAt\" FROM \"UserMembership\" WHERE \"id\" = '{id}'"));
    let role = one(db, &format!("SELECT \"role\" FROM \"User\" WHERE \"id\" = '{member}'"));
    let email = one(db, &format!("SELECT \"email\" FROM \"User\" WHERE \"id\" = '{member}'"));
    let given = |table: &str, column: &str, what: &str| {
        one(
            db,
            &format!(
                "SELECT \"id\" FROM \"{table}\" WHERE \"userId\" = '{member}' AND \"{column}\" = '{what}'"
            ),
        )
    };
    let (group, course) =
        (given("GroupMember", "groupId", "all"), given("CourseEnrollment", "courseId", "start"));
    let product = given("UserProduct", "productId", "bonus");
    let stranger = one(
        db,
        &format!(
            "SELECT \"id\" FROM \"User\" WHERE \"importSource\" = 'SEJOLI' AND \"id\" NOT IN \
             (SELECT \"userId\" FROM \"UserMembership\" WHERE \"endDate\" > {over}) ORDER BY \"id\""
        ),
    );
    let states = |id: &str, status: &str, is_active: bool| {
        format!(
            "UPDATE \"UserMembership\" SET \"status\" = '{status}', \"isActive\" = {is_active} WHERE \"id\" = '{id}'"
        )
    };
    let moved = |table: &str, id: &str, to: &str| {
        format!("UPDATE \"{table}\" SET \"userId\" = '{to}' WHERE \"id\" = '{id}'")
    };
    let at = |millis: i64| match db.url().starts_with("file:") {
        true => millis.to_string(),
        false => {
            let text = crate::support::library::Millis(millis).to_string();
            format!("'{}'", text.replace('T', " ").trim_end_matches('Z'))
        }
    };
    vec![
        set(
            "an address",
            ("User", &member),
            ("email", &format!("'{}'", email.to_uppercase()), &format!("'{email}'")),
            &["app: log-in"],
        ),
        set("a suspended account", ("User", &member), ("isSuspended", "true", "false"), &["app: log-in"]),
        set(
            "a member's role",
            ("User", &member),
            ("role", "'MEMBER_FREE'", &format!("'{role}'")),
            &["app: members' pages"],
        ),
        Corruption {
            what: "a second ACTIVE",
            breaks: states(&other, "ACTIVE", true),
            mends: states(&other, "EXPIRED", false),
            named_by: &["app: admin memberships", "app: my membership", "app: one active membership"],
        },
        Corruption {
            what: "another one ACTIVE",
            breaks: format!("{}; {}", states(&active, "EXPIRED", false), states(&other, "ACTIVE", true)),
            mends: format!("{}; {}", states(&active, "ACTIVE", true), states(&other, "EXPIRED", false)),
            named_by: &[
                "app: list of memberships",
                "app: membership status",
                "app: my membership",
                "app: one active membership",
            ],
        },
        Corruption {
            what: "the order of creation",
            breaks: format!(
                "UPDATE \"UserMembership\" SET \"createdAt\" = {} WHERE \"id\" = '{other}'",
                time(db, "2025-12-31 00:00:01")
            ),
            mends: format!(
                "UPDATE \"UserMembership\" SET \"createdAt\" = {} WHERE \"id\" = '{other}'",
                at(created(&other))
            ),
            named_by: &["app: courses of a membership"],
        },
        Corruption {
            what: "a group row",
            breaks: moved("GroupMember", &group, "app-admin"),
            mends: moved("GroupMember", &group, &member),
            named_by: &["app: my groups"],
        },
        Corruption {
            what: "a group of somebody whose memberships are over",
            breaks: format!(
                "INSERT INTO \"GroupMember\" (\"id\", \"groupId\", \"userId\", \"role\") VALUES ('x', 'all', '{stranger}', 'MEMBER')"
            ),
            mends: "DELETE FROM \"GroupMember\" WHERE \"id\" = 'x'".to_owned(),
            named_by: &["app: my groups"],
        },
        Corruption {
            what: "an enrolment",
            breaks: moved("CourseEnrollment", &course, "app-admin"),
            mends: moved("CourseEnrollment", &course, &member),
            named_by: &["app: my courses"],
        },
        Corruption {
            what: "a course for nothing",
            breaks: format!(
                "INSERT INTO \"CourseEnrollment\" (\"id\", \"courseId\", \"userId\", \"progress\") VALUES ('x', 'start', '{stranger}', 0)"
            ),
            mends: "DELETE FROM \"CourseEnrollment\" WHERE \"id\" = 'x'".to_owned(),
            named_by: &["app: my courses"],
        },
        set(
            "a product of a plan",
            ("UserProduct", &product),
            ("isActive", "false", "true"),
            &["app: my products"],
        ),
        Corruption {
            what: "a course's progress",
            breaks: format!(
                "INSERT INTO \"UserCourseProgress\" (\"id\", \"courseId\", \"userId\") VALUES ('x', 'start', '{member}')"
            ),
            mends: "DELETE FROM \"UserCourseProgress\" WHERE \"id\" = 'x'".to_owned(),
            named_by: &["app: reminders to learn"],
        },
    ]
}

/// All corruptions of a database that is right.
pub fn corruptions(db: &AppDatabase) -> Vec<Corruption> {
    let all = [corruptions_of_affiliates(db), corruptions_of_orders(db), corruptions_of_members(db)];
    all.into_iter().flatten().collect()
}

/// The corruptions one by one; on a server, which takes its time, those together that different reads name.
pub fn rounds(engine: Engine, all: Vec<Corruption>) -> Vec<Vec<Corruption>> {
    let names = |round: &[Corruption]| -> BTreeSet<&str> {
        round.iter().flat_map(|one| one.named_by).copied().collect()
    };
    // What one membership shows depends on the person's others, too.
    let of_memberships = |one: &Corruption| one.breaks.contains("\"UserMembership\"");
    let mut rounds: Vec<Vec<Corruption>> = Vec::new();
    for one in all {
        let is_apart = |round: &&mut Vec<Corruption>| {
            engine != Engine::Sqlite
                && one.named_by.iter().all(|name| !names(round).contains(name))
                && !(of_memberships(&one) && round.iter().any(of_memberships))
        };
        match rounds.iter_mut().find(is_apart) {
            Some(round) => round.push(one),
            None => rounds.push(vec![one]),
        }
    }
    rounds
}

fn each_fact_that_is_wrong_is_named_by_the_page_that_shows_it(engine: Engine) {
    let db = imported(engine);
    make_right(&db);
    // A row that is missing counts as closed by the app where it is remembered that an import has opened it.
    db.sql("DELETE FROM \"SejoliSourceRecord\" WHERE \"kind\" = 'access'");
    let right = verified(&db);
    assert_eq!(said(&right), [], "nothing is wrong");
    assert!(reads(&right).all(|check| check.skipped.is_none() && check.values > 0), "{right:#?}");
    let mut unseen = Vec::new();
    for round in rounds(engine, corruptions(&db)) {
        round.iter().for_each(|one| db.sql(&one.breaks));
        let report = verified(&db);
        let expected: BTreeSet<&str> = round.iter().flat_map(|one| one.named_by).copied().collect();
        if wrong(&report) != expected {
            let what: Vec<&str> = round.iter().map(|one| one.what).collect();
            unseen.push(format!("{what:?}: {expected:?} expected, found {:#?}", said(&report)));
        }
        round.iter().rev().for_each(|one| db.sql(&one.mends));
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
    assert_eq!(said(&verified(&db)), [], "all was mended");
}

on_each_engine!(each_fact_that_is_wrong_is_named_by_the_page_that_shows_it);

//! An imported shop in the state in which all of the app's pages are right, made by SQL from what today's import leaves.
//! Whatever the import writes itself needs no statement here any more.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use serde_json::json;

use crate::support::exit_code::DONE;
use crate::support::library::{Cell, Mode};
use crate::support::{AppDatabase, Engine, fixture, insert_app_user, text};

/// Imports the sample shop into an app with groups, courses and links.
pub fn imported(engine: Engine) -> AppDatabase {
    let db = AppDatabase::with_access(engine);
    import_into(&db);
    db
}

/// Imports the sample shop, whose product 201 is a product of the app.
pub fn import_into(db: &AppDatabase) {
    insert_app_user(db, "app-admin", "admin@example.org", "Admin", "ADMIN");
    db.sql(
        "INSERT INTO \"Product\" (\"id\", \"creatorId\", \"name\", \"slug\", \"description\", \"price\", \"updatedAt\") \
         VALUES ('buku', 'app-admin', 'Buku Saku', 'buku-saku', '', 45000, '2025-10-01 00:00:00'), \
         ('bonus', 'app-admin', 'Bonus', 'bonus', '', 0, '2025-10-01 00:00:00')",
    );
    let files = db.path("files");
    fs::create_dir(&files).expect("a folder");
    for name in ["orders.csv", "memberships.csv", "affiliates.csv", "products.csv"] {
        let text = fs::read_to_string(fixture("clean").join(name)).expect("a file of the sample shop");
        let text = text.replace(",PRODUCT,,,45000,", ",PRODUCT,,,45000,buku-saku");
        fs::write(files.join(name), text).expect("a copy");
    }
    let outcome = db.import("all", &files, &[]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
}

/// What the plans open: groups, courses and a product, among them some that are closed.
pub fn link_plans(db: &AppDatabase) {
    db.sql(
        "INSERT INTO \"Group\" (\"id\", \"name\", \"ownerId\", \"isActive\") VALUES ('all', 'Semua', 'app-admin', true), \
         ('life', 'Selamanya', 'app-admin', true), ('old', 'Lama', 'app-admin', false); \
         INSERT INTO \"Course\" (\"id\", \"title\", \"status\", \"membershipIncluded\") VALUES \
         ('start', 'Dasar', 'PUBLISHED', false), ('draft', 'Konsep', 'DRAFT', false), ('gift', 'Bonus', 'APPROVED', true)",
    );
    let plans = plans(db);
    let mut script = String::new();
    for (slug, id) in &plans {
        let mut link = |table: &str, column: &str, what: &str| {
            script += &format!(
                "INSERT INTO \"{table}\" (\"id\", \"membershipId\", \"{column}\") VALUES ('{slug}-{what}', '{id}', '{what}');\n"
            );
        };
        link("MembershipGroup", "groupId", "all");
        link("MembershipGroup", "groupId", "old");
        link("MembershipCourse", "courseId", "start");
        link("MembershipCourse", "courseId", "draft");
        if slug == "keanggotaan-seumur-hidup" {
            link("MembershipGroup", "groupId", "life");
            link("MembershipProduct", "productId", "bonus");
        }
    }
    db.sql(&script);
}

fn plans(db: &AppDatabase) -> BTreeMap<String, String> {
    let rows = db.query("SELECT \"slug\", \"id\" FROM \"Membership\"");
    rows.iter().map(|row| (text(&row[0]), text(&row[1]))).collect()
}

/// Brings an imported shop into the state that the app's pages need.
pub fn make_right(db: &AppDatabase) {
    link_plans(db);
    affiliates(db);
    orders(db);
    payouts(db);
    memberships(db);
    access(db);
}

fn affiliates(db: &AppDatabase) {
    let profiles = db.query("SELECT \"userId\", \"affiliateCode\" FROM \"AffiliateProfile\"");
    let catalogue = db.store(Mode::Read).catalogue().expect("a catalogue");
    let has_column =
        |table: &str, column: &str| catalogue.get(table).is_some_and(|shape| shape.column(column).is_some());
    let mut script =
        "UPDATE \"Transaction\" SET \"affiliateId\" = (SELECT p.\"userId\" FROM \"AffiliateProfile\" p \
         WHERE p.\"id\" = \"Transaction\".\"affiliateId\") WHERE \"affiliateId\" IN (SELECT \"id\" FROM \"AffiliateProfile\"); \
         UPDATE \"AffiliateProfile\" SET \"id\" = \"userId\";"
            .to_owned();
    let of_affiliates = "\"id\" IN (SELECT \"userId\" FROM \"AffiliateProfile\")";
    if has_column("AffiliateProfile", "profileCompleted") {
        script += "UPDATE \"AffiliateProfile\" SET \"profileCompleted\" = true;";
    }
    if has_column("User", "affiliateMenuEnabled") {
        script += &format!("UPDATE \"User\" SET \"affiliateMenuEnabled\" = true WHERE {of_affiliates};");
    }
    let is_newer = has_column("Transaction", "membershipId");
    let roles = if is_newer { "'MEMBER_FREE'" } else { "'MEMBER_FREE', 'MEMBER_PREMIUM'" };
    script += &format!(
        "UPDATE \"User\" SET \"role\" = 'AFFILIATE' WHERE \"role\" IN ({roles}) AND {of_affiliates};"
    );
    for row in profiles.iter().filter(|_| catalogue.contains_key("AffiliateLink")) {
        let (user, code) = (text(&row[0]), text(&row[1]));
        script += &format!(
            "INSERT INTO \"AffiliateLink\" (\"id\", \"userId\", \"affiliateId\", \"code\", \"linkType\") \
             VALUES ('link-{code}', '{user}', '{user}', '{code}', 'CHECKOUT');"
        );
    }
    db.sql(&script);
}

/// Sejoli's products that are a plan, by the sample shop's map.
const PLANS: [(&str, &str); 5] = [
    ("101", "keanggotaan-perintis"),
    ("102", "keanggotaan-saudagar"),
    ("103", "keanggotaan-seumur-hidup"),
    ("104", "keanggotaan-saudagar"),
    ("105", "klub-komoditas"),
];

fn orders(db: &AppDatabase) {
    let plans = plans(db);
    let plan_of: HashMap<&str, &str> =
        PLANS.iter().map(|(product, slug)| (*product, plans[*slug].as_str())).collect();
    let rows = db.query(
        "SELECT t.\"id\", l.\"orderId\", l.\"productId\", l.\"productName\", l.\"affiliateCode\", t.\"affiliateId\", \
         u.\"name\" FROM \"SejoliWebhookLog\" l JOIN \"Transaction\" t ON t.\"externalId\" = 'sejoli-' || l.\"orderId\" \
         LEFT JOIN \"User\" u ON u.\"id\" = t.\"affiliateId\"",
    );
    let cast = |kind: &str| match cfg!(feature = "postgres") && db.url().starts_with("postgres") {
        true => format!("CAST(? AS {kind})"),
        false => "?".to_owned(),
    };
    let mut store = db.store(Mode::Write);
    let catalogue = store.catalogue().expect("a catalogue");
    let newer = catalogue["Transaction"].column("membershipId").is_some();
    let plan_column = if newer { ", \"membershipId\" = ?" } else { "" };
    let sql = format!(
        "UPDATE \"Transaction\" SET \"invoiceNumber\" = ?, \"metadata\" = {}{plan_column} WHERE \"id\" = ?",
        cast("jsonb")
    );
    for row in rows {
        let order = text(&row[1]);
        let plan = plan_of.get(text(&row[2]).as_str()).copied();
        let mut metadata = json!({
            "source": "SEJOLI",
            "sejoliProductId": text(&row[2]),
            "productName": text(&row[3]),
        });
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                metadata[name] = value.into();
            }
        };
        set("membershipId", plan.map(str::to_owned));
        set("affiliateCode", maybe(&row[4]));
        set("affiliateId", maybe(&row[5]));
        set("affiliateName", maybe(&row[6]));
        let mut cells = vec![Cell::Text(format!("INV{order}")), Cell::Text(metadata.to_string())];
        cells.extend(newer.then(|| plan.map_or(Cell::Null, |plan| Cell::Text(plan.to_owned()))));
        cells.push(row[0].clone());
        store.execute(&sql, &cells).expect("an order is updated");
    }
}

fn maybe(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        cell => Some(text(cell)),
    }
}

/// Marks whole commissions as paid out: all of somebody who was paid everything, else the prefix or the choice that makes the
/// smallest sum not below what was paid.
fn payouts(db: &AppDatabase) {
    let minor = |column: &str| format!("CAST(ROUND({column} * 100) AS INTEGER)");
    let paid = db.query(&format!(
        "SELECT m.\"eksporyukUserId\", {} FROM \"SejoliAffiliateTotals\" t JOIN \"SejoliAffiliateMapping\" m \
         ON m.\"sejoliAffiliateCode\" = t.\"affiliateCode\" WHERE m.\"eksporyukUserId\" IS NOT NULL",
        minor("t.\"reportedPaid\"")
    ));
    let conversions = db.query(&format!(
        "SELECT \"affiliateId\", \"id\", {} FROM \"AffiliateConversion\" ORDER BY \"createdAt\"",
        minor("\"commissionAmount\"")
    ));
    let mut script = String::new();
    for row in paid {
        let (user, paid) = (text(&row[0]), number(&row[1]));
        let own = conversions.iter().filter(|row| text(&row[0]) == user);
        let own: Vec<(String, i64)> = own.map(|row| (text(&row[1]), number(&row[2]))).collect();
        for id in smallest(&own, paid) {
            script +=
                &format!("UPDATE \"AffiliateConversion\" SET \"paidOut\" = true WHERE \"id\" = '{id}';");
        }
    }
    db.sql(&script);
}

pub fn number(cell: &Cell) -> i64 {
    match cell {
        Cell::Int(number) => *number,
        other => panic!("no number: {other:?}"),
    }
}

/// Which amounts make the smallest sum that is not below `least`, by every sum that can be reached.
fn smallest(amounts: &[(String, i64)], least: i64) -> Vec<&str> {
    let mut reached: BTreeMap<i64, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
    for (at, (_, amount)) in amounts.iter().enumerate() {
        let below =
            reached.range(..least).map(|(sum, chosen)| (sum + amount, chosen.clone())).collect::<Vec<_>>();
        for (sum, mut chosen) in below {
            chosen.push(at);
            reached.entry(sum).or_insert(chosen);
        }
    }
    let (_, chosen) = reached.range(least..).next().expect("no more was paid than earned");
    chosen.iter().map(|at| amounts[*at].0.as_str()).collect()
}

/// One ACTIVE membership a person: the one that ends last, then the one that began last.
fn memberships(db: &AppDatabase) {
    let rows = db.query(
        "SELECT \"id\", \"userId\" FROM \"UserMembership\" WHERE \"status\" = 'ACTIVE' \
         ORDER BY \"userId\", \"endDate\" DESC, \"startDate\" DESC",
    );
    let (mut last, mut script) = (String::new(), String::new());
    for row in rows {
        let (id, user) = (text(&row[0]), text(&row[1]));
        let set = match user == last {
            true => "\"status\" = 'EXPIRED', \"isActive\" = false".to_owned(),
            false => format!("\"createdAt\" = {}", time(db, "2025-12-31 00:00:00")),
        };
        script += &format!("UPDATE \"UserMembership\" SET {set} WHERE \"id\" = '{id}';");
        last = user;
    }
    db.sql(&script);
}

/// A time as the database has it.
pub fn time(db: &AppDatabase, text: &str) -> String {
    match db.url().starts_with("file:") {
        true => crate::support::millis(&format!("{}Z", text.replace(' ', "T"))).to_string(),
        false => format!("'{text}'"),
    }
}

/// Groups, courses and products of every membership that is not over, ACTIVE or not.
fn access(db: &AppDatabase) {
    let over = crate::support::millis(crate::support::AS_OF);
    let links = [
        ("MembershipGroup", "groupId", "GroupMember", "\"role\"", "'MEMBER'"),
        ("MembershipCourse", "courseId", "CourseEnrollment", "\"progress\"", "0"),
        ("MembershipProduct", "productId", "UserProduct", "\"price\", \"updatedAt\"", "0, CURRENT_TIMESTAMP"),
    ];
    let catalogue = db.store(Mode::Read).catalogue().expect("a catalogue");
    let mut script = String::new();
    for (link, column, table, more, values) in links {
        if !catalogue.contains_key(link) || !catalogue.contains_key(table) {
            continue;
        }
        let rows = db.query(&format!(
            "SELECT DISTINCT m.\"userId\", l.\"{column}\" FROM \"UserMembership\" m JOIN \"{link}\" l \
             ON l.\"membershipId\" = m.\"membershipId\" WHERE m.\"endDate\" > {over}"
        ));
        for (at, row) in rows.iter().enumerate() {
            let (user, what) = (text(&row[0]), text(&row[1]));
            script += &format!(
                "INSERT INTO \"{table}\" (\"id\", \"userId\", \"{column}\", {more}) \
                 VALUES ('given-{at}', '{user}', '{what}', {values});\n"
            );
        }
    }
    db.sql(&script);
}

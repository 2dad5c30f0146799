//! An imported shop in the state in which all of the app's pages are right. The plans are linked when they are there, so
//! that a second import opens what they open.

use std::collections::BTreeMap;
use std::fs;

use crate::support::exit_code::DONE;
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
    import_files(db);
}

fn import_files(db: &AppDatabase) {
    let outcome = db.import("all", &db.path("files"), &[]);
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
    import_files(db);
}

/// A time as the database has it.
pub fn time(db: &AppDatabase, text: &str) -> String {
    match db.url().starts_with("file:") {
        true => crate::support::millis(&format!("{}Z", text.replace(' ', "T"))).to_string(),
        false => format!("'{text}'"),
    }
}

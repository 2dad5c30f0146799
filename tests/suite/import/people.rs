//! Buyers become users, each once: recognised where the app knows them, never given a password, never overwritten.

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{
    AppDatabase, Engine, Exports, count, fixture, found, imported, insert_app_user, on_each_engine, rows,
    text, texts,
};

fn l1_missing_buyers_are_created_and_no_order_is_dropped(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[],
        &[&[("order_id", "5002"), ("buyer_email", "baru@example.org"), ("buyer_name", "Baru Sekali")]],
    ]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "rina@example.org", "Rina", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(count(&db, "Transaction", "1"), 2);
    assert_eq!(
        texts(&db, "SELECT \"email\" FROM \"User\" ORDER BY \"email\""),
        ["baru@example.org", "rina@example.org"]
    );
    let buyer = "SELECT u.\"name\" FROM \"Transaction\" t JOIN \"User\" u ON u.\"id\" = t.\"userId\" \
                 WHERE t.\"externalId\" = 'sejoli-5002' AND u.\"importSource\" = 'SEJOLI'";
    assert_eq!(texts(&db, buyer), ["Baru Sekali"]);
}

fn l6_l8_nobody_gets_a_username_or_a_password(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    assert!(count(&db, "User", "1") > 100);
    assert_eq!(count(&db, "User", "\"username\" IS NOT NULL"), 0);
    assert_eq!(count(&db, "User", "\"password\" IS NOT NULL"), 0);
    assert_eq!(count(&db, "User", "\"emailVerified\" <> 0"), 0);
}

fn l7_an_app_user_is_matched_whatever_the_case_of_the_address(engine: Engine) {
    let exports = Exports::new()
        .orders(&[&[], &[&[("order_id", "5002"), ("buyer_email", " RINA@example.ORG ")]]])
        .memberships(&[&[&[("user_email", "Rina@example.org")]]]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "Rina@Example.Org", "Rina", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(texts(&db, "SELECT \"email\" FROM \"User\""), ["Rina@Example.Org"]);
    assert_eq!(count(&db, "Transaction", "\"userId\" = 'u1'"), 2);
    assert_eq!(count(&db, "UserMembership", "\"userId\" = 'u1'"), 1);
}

fn l7_a_row_without_an_identity_is_held_and_no_shared_user_is_made(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("buyer_phone", "081234567801")]],
        &[&[("order_id", "5002"), ("buyer_email", ""), ("buyer_phone", "081234567899")]],
        &[&[("order_id", "5003"), ("buyer_email", ""), ("buyer_phone", "+62 812-3456-7801")]],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(rows(&document, "orders", "held"), 1);
    assert_eq!(texts(&db, "SELECT \"code\" FROM \"SejoliImportReject\""), ["SJM-0102"]);
    assert_eq!(texts(&db, "SELECT \"sourceKey\" FROM \"SejoliImportReject\""), ["5002"]);
    assert_eq!(texts(&db, "SELECT \"email\" FROM \"User\""), ["rina@example.org"]);
    assert_eq!(found(&document, "SJM-0105"), 1, "5003 is recognised by its phone");
    assert_eq!(count(&db, "Transaction", "1"), 2);
}

fn l7_a_whatsapp_number_alone_names_the_one_person_who_has_it(engine: Engine) {
    let alone = [("buyer_email", ""), ("buyer_name", ""), ("buyer_phone", "")];
    let exports = Exports::new().orders(&[
        &[&[("buyer_whatsapp", "081234567801")]],
        &[&alone, &[("order_id", "5002"), ("buyer_whatsapp", "+62 812-3456-7801")]],
        &[&alone, &[("order_id", "5003"), ("buyer_whatsapp", "081234567802")]],
        &[&alone, &[("order_id", "5004"), ("buyer_whatsapp", "081234567803")]],
        &[&[("order_id", "5005"), ("buyer_email", "dua@example.org"), ("buyer_phone", "081234567803")]],
        &[&[("order_id", "5006"), ("buyer_email", "tiga@example.org"), ("buyer_whatsapp", "081234567803")]],
    ]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "app@example.org", "App", "MEMBER_FREE");
    db.sql("UPDATE \"User\" SET \"whatsapp\" = '+6281234567802' WHERE \"id\" = 'u1'");
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0109"), found(&document, "SJM-0102")), (2, 1));
    assert_eq!(
        texts(&db, "SELECT \"sourceKey\" FROM \"SejoliImportReject\""),
        ["5004"],
        "two people have it"
    );
    let buyers = "SELECT u.\"email\" FROM \"Transaction\" t JOIN \"User\" u ON u.\"id\" = t.\"userId\" \
                  WHERE t.\"externalId\" IN ('sejoli-5002', 'sejoli-5003') ORDER BY t.\"externalId\"";
    assert_eq!(texts(&db, buyers), ["rina@example.org", "app@example.org"]);
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    db.sql("UPDATE \"Transaction\" SET \"userId\" = 'u1' WHERE \"externalId\" = 'sejoli-5002'");
    let moved = db.run(&["verify", &exports.path().display().to_string()]);
    assert!(moved.stdout.contains("order 5002: its user u1 is another person"), "{}", moved.stdout);
}

/// On MySQL two such users cannot be.
#[test]
fn l7_two_app_users_with_one_address_are_not_chosen_between() {
    two_app_users_with_one_address(Engine::Sqlite);
    #[cfg(feature = "postgres")]
    two_app_users_with_one_address(Engine::Postgres);
}

fn two_app_users_with_one_address(engine: Engine) {
    let exports = Exports::new().orders(&[&[]]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "rina@example.org", "Rina", "MEMBER_FREE");
    insert_app_user(&db, "u2", "RINA@example.org", "Rina", "MEMBER_FREE");
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0702"), 1);
    assert_eq!((count(&db, "Transaction", "1"), count(&db, "User", "1")), (0, 2));
}

fn l9_an_existing_user_is_filled_only_where_empty_and_an_admin_stays_one(engine: Engine) {
    let details =
        [("buyer_name", "Nama Lain"), ("buyer_phone", "081234567801"), ("buyer_whatsapp", "081234567802")];
    let exports = Exports::new().orders(&[&[&details]]).memberships(&[&[&[("order_id", "5001")]]]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "rina@example.org", "Nama Asli", "ADMIN");
    db.sql("UPDATE \"User\" SET \"whatsapp\" = '+628999', \"password\" = 'kept' WHERE \"id\" = 'u1'");
    imported(&db, "all", exports.path(), &[], DONE);
    let user = "SELECT \"name\", \"role\", \"phone\", \"whatsapp\", \"password\", \"email\" FROM \"User\"";
    let user: Vec<String> = db.query(user).remove(0).iter().map(text).collect();
    assert_eq!(user, ["Nama Asli", "ADMIN", "+6281234567801", "+628999", "kept", "rina@example.org"]);
    assert_eq!(count(&db, "UserMembership", "\"isActive\" = 1 AND \"status\" = 'ACTIVE'"), 1);
}

fn l9_only_a_running_membership_raises_a_role(engine: Engine) {
    let buyer = |id: &'static str, email: &'static str| [("order_id", id), ("buyer_email", email)];
    let member = |id: &'static str, email: &'static str, end: &'static str, status: &'static str| {
        [
            ("membership_id", id),
            ("user_email", email),
            ("start_date", "2024-01-01"),
            ("expiry_date", end),
            ("status", status),
        ]
    };
    let webinar = [("product_id", "205"), ("amount", "0"), ("paid_amount", "0")];
    let exports = Exports::new()
        .orders(&[
            &[&buyer("5001", "webinar@example.org"), &webinar],
            &[&buyer("5002", "lama@example.org")],
            &[&buyer("5003", "aktif@example.org")],
        ])
        .memberships(&[
            &[&member("M1", "lama@example.org", "2024-12-31", "expired")],
            &[&member("M2", "aktif@example.org", "2026-12-31", "active")],
        ]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "aktif@example.org", "Aktif", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    let role =
        |email: &str| texts(&db, &format!("SELECT \"role\" FROM \"User\" WHERE \"email\" = '{email}'"));
    assert_eq!(role("webinar@example.org"), ["MEMBER_FREE"]);
    assert_eq!(role("lama@example.org"), ["MEMBER_FREE"]);
    assert_eq!(role("aktif@example.org"), ["MEMBER_PREMIUM"]);
}

on_each_engine!(
    l1_missing_buyers_are_created_and_no_order_is_dropped,
    l6_l8_nobody_gets_a_username_or_a_password,
    l7_an_app_user_is_matched_whatever_the_case_of_the_address,
    l7_a_row_without_an_identity_is_held_and_no_shared_user_is_made,
    l7_a_whatsapp_number_alone_names_the_one_person_who_has_it,
    l9_an_existing_user_is_filled_only_where_empty_and_an_admin_stays_one,
    l9_only_a_running_membership_raises_a_role,
);

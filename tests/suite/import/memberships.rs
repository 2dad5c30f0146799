//! Memberships: one for each person and product, with the status that the dates give it.

use crate::support::exit_code::DONE;
use crate::support::library::Cell;
use crate::support::{AppDatabase, Engine, Exports, count, found, imported, millis, on_each_engine, rows};

fn l22_a_lifetime_has_one_representation(engine: Engine) {
    let product = [("product_id", "103"), ("expiry_date", "")];
    let zero =
        [("membership_id", "M2"), ("user_email", "dua@example.org"), ("expiry_date", "0000-00-00 00:00:00")];
    let far = |id: &'static str, email: &'static str, end: &'static str| {
        [("membership_id", id), ("user_email", email), ("expiry_date", end)]
    };
    let exports = Exports::new().memberships(&[
        &[&product],
        &[&product, &zero],
        &[&product, &far("M3", "tiga@example.org", "2099-12-31")],
        &[&product, &far("M4", "empat@example.org", "9999-12-31 23:59:59")],
        &[&product, &far("M5", "lima@example.org", "2125-06-01")],
    ]);
    let db = AppDatabase::new(engine);
    imported(&db, "memberships", exports.path(), &[], DONE);
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let forever = millis("2099-12-31T23:59:59.999Z");
    let alike = format!("\"endDate\" = {forever} AND \"status\" = 'ACTIVE' AND \"isActive\" = 1");
    assert_eq!(count(&db, "UserMembership", &alike), 5);
}

fn l23_the_end_of_the_day_in_jakarta_decides_the_status(engine: Engine) {
    let member = |id: &'static str, email: &'static str, end: &'static str, status: &'static str| {
        [("membership_id", id), ("user_email", email), ("expiry_date", end), ("status", status)]
    };
    let exports = Exports::new().memberships(&[
        &[&member("M1", "satu@example.org", "2025-12-31", "active")],
        &[&member("M2", "dua@example.org", "2026-01-01", "expired")],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "memberships", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0505"), 2, "the file contradicts the dates");
    let of = |email: &str| {
        let sql = format!(
            "SELECT m.\"endDate\", m.\"status\", m.\"isActive\", m.\"startDate\" FROM \"UserMembership\" m \
             JOIN \"User\" u ON u.\"id\" = m.\"userId\" WHERE u.\"email\" = '{email}'"
        );
        db.query(&sql).remove(0)
    };
    let start = Cell::Int(millis("2025-06-01T00:00:00+07:00"));
    let row = |end: &str, status: &str, active| {
        vec![Cell::Int(millis(end)), Cell::Text(status.to_owned()), Cell::Int(active), start.clone()]
    };
    assert_eq!(of("satu@example.org"), row("2025-12-31T23:59:59.999+07:00", "EXPIRED", 0));
    assert_eq!(of("dua@example.org"), row("2026-01-01T23:59:59.999+07:00", "ACTIVE", 1));
}

fn l24_renewals_become_one_membership_with_the_latest_end(engine: Engine) {
    let first = [("start_date", "2023-02-01"), ("expiry_date", "2024-02-01"), ("status", "expired")];
    let renewal = [
        ("membership_id", "M2"),
        ("product_id", "104"),
        ("start_date", "2024-02-10"),
        ("expiry_date", "2025-02-10"),
        ("status", "expired"),
        ("price", "649000"),
    ];
    let exports = Exports::new().memberships(&[&[&renewal], &[&first]]);
    let db = AppDatabase::new(engine);
    imported(&db, "memberships", exports.path(), &[], DONE);
    let now = || {
        let sql = "SELECT \"startDate\", \"endDate\", CAST(\"price\" AS INTEGER), \"externalId\", \"status\", \
                   (SELECT COUNT(*) FROM \"SejoliSourceRecord\" s WHERE s.\"targetId\" = m.\"id\"), \
                   (SELECT COUNT(*) FROM \"UserMembership\") FROM \"UserMembership\" m";
        db.query(sql).remove(0)
    };
    let expected = |end: &str, price, id: &str, status: &str, history| {
        let (start, end) = (millis("2023-02-01T00:00:00+07:00"), millis(end));
        let text = |text: &str| Cell::Text(text.to_owned());
        vec![
            Cell::Int(start),
            Cell::Int(end),
            Cell::Int(price),
            text(id),
            text(status),
            Cell::Int(history),
            Cell::Int(1),
        ]
    };
    assert_eq!(now(), expected("2025-02-10T23:59:59.999+07:00", 649_000, "M2", "EXPIRED", 2));

    let newest = [
        ("membership_id", "M3"),
        ("product_id", "104"),
        ("start_date", "2025-02-11"),
        ("expiry_date", "2026-02-11"),
        ("price", "700000"),
    ];
    let later = Exports::new().memberships(&[&[&newest]]);
    let document = imported(&db, "memberships", later.path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "updated"), 1);
    assert_eq!(now(), expected("2026-02-11T23:59:59.999+07:00", 700_000, "M3", "ACTIVE", 3));

    let document = imported(&db, "memberships", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "unchanged"), 2, "the older file again changes nothing");
    assert_eq!(now(), expected("2026-02-11T23:59:59.999+07:00", 700_000, "M3", "ACTIVE", 3));
}

on_each_engine!(
    l22_a_lifetime_has_one_representation,
    l23_the_end_of_the_day_in_jakarta_decides_the_status,
    l24_renewals_become_one_membership_with_the_latest_end,
);

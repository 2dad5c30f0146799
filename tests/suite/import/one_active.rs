//! One ACTIVE membership a person (L34): the app's screens each take one row, in an order of their own.

use crate::support::exit_code::{DONE, ROWS_LEFT, UNEXPECTED, VERIFICATION_FAILED};
use crate::support::library::{Cell, DatabaseUse, tables::UserMembership};
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, assert_same, count, dump, found, imported, millis,
    on_each_engine, rows, text, texts, verified,
};

/// A year's membership that ends in June 2026, half a year's that ends in March, a lifetime, and one that is over.
const YEAR: Edits<'_> = &[];
const HALF_YEAR: Edits<'_> = &[
    ("membership_id", "M2"),
    ("product_id", "101"),
    ("start_date", "2025-09-01"),
    ("expiry_date", "2026-03-01"),
];
const LIFETIME: Edits<'_> =
    &[("membership_id", "M3"), ("product_id", "103"), ("start_date", "2024-01-01"), ("expiry_date", "")];
const OVER: Edits<'_> = &[
    ("membership_id", "M4"),
    ("product_id", "105"),
    ("start_date", "2025-08-01"),
    ("expiry_date", "2025-11-01"),
];

const JUNE: &str = "2025-06-01T00:00:00+07:00";
const SEPTEMBER: &str = "2025-09-01T00:00:00+07:00";

fn files(members: &[&[Edits<'_>]]) -> Exports {
    Exports::new().memberships(members)
}

/// Address, plan and status of every membership, and whether it is active.
fn standing(db: &AppDatabase) -> Vec<String> {
    texts(
        db,
        "SELECT u.\"email\" || ' ' || c.\"slug\" || ' ' || m.\"status\" || ' ' || m.\"isActive\" FROM \"UserMembership\" m \
         JOIN \"User\" u ON u.\"id\" = m.\"userId\" JOIN \"Membership\" c ON c.\"id\" = m.\"membershipId\" \
         ORDER BY u.\"email\", c.\"slug\"",
    )
}

/// A column of the membership that is of a plan.
fn of_plan(db: &AppDatabase, column: &str, slug: &str) -> i64 {
    db.number(&format!(
        "SELECT m.\"{column}\" FROM \"UserMembership\" m JOIN \"Membership\" c ON c.\"id\" = m.\"membershipId\" \
         WHERE c.\"slug\" = '{slug}'"
    ))
}

fn roles(db: &AppDatabase) -> Vec<String> {
    texts(db, "SELECT \"email\" || ' ' || \"role\" FROM \"User\" ORDER BY \"email\"")
}

fn set_status(db: &AppDatabase, slug: &str, status: &str, is_active: bool) {
    db.sql(&format!(
        "UPDATE \"UserMembership\" SET \"status\" = '{status}', \"isActive\" = {is_active} WHERE \"membershipId\" IN \
         (SELECT \"id\" FROM \"Membership\" WHERE \"slug\" = '{slug}')"
    ));
}

/// `verify` finds no difference, and the next import of the same files writes nothing.
#[track_caller]
fn settled(db: &AppDatabase, exports: &Exports) {
    verified(db, exports);
    let stands = dump(db, Compared::Rows);
    let written = count(db, "SejoliImportJournal", "\"changes\" > 0");
    imported(db, "all", exports.path(), &[], DONE);
    assert_eq!(
        count(db, "SejoliImportJournal", "\"changes\" > 0"),
        written,
        "the next import writes nothing"
    );
    assert_same(&stands, &dump(db, Compared::Rows), "the next import changes nothing");
    verified(db, exports);
}

fn l34_the_membership_that_ends_last_is_active_and_the_newest(engine: Engine) {
    let db = AppDatabase::new(engine);
    let exports = files(&[&[YEAR], &[HALF_YEAR], &[LIFETIME], &[OVER]]);
    let before = dump(&db, Compared::Rows);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0512"), 1, "it is said once a person");
    let expected = [
        "rina@example.org keanggotaan-perintis EXPIRED 0",
        "rina@example.org keanggotaan-saudagar EXPIRED 0",
        "rina@example.org keanggotaan-seumur-hidup ACTIVE 1",
        "rina@example.org klub-komoditas EXPIRED 0",
    ];
    assert_eq!(standing(&db), expected);
    assert_eq!(of_plan(&db, "createdAt", "keanggotaan-seumur-hidup"), millis(SEPTEMBER) + 1);
    assert_eq!(of_plan(&db, "startDate", "keanggotaan-seumur-hidup"), millis("2024-01-01T00:00:00+07:00"));
    assert_eq!(of_plan(&db, "createdAt", "keanggotaan-perintis"), millis(SEPTEMBER));
    assert_eq!(of_plan(&db, "endDate", "keanggotaan-perintis"), millis("2026-03-01T23:59:59.999+07:00"));
    assert_eq!(of_plan(&db, "createdAt", "keanggotaan-saudagar"), millis(JUNE));
    assert_eq!(roles(&db), ["rina@example.org MEMBER_PREMIUM"]);
    let updates = "SELECT count(*) FROM \"UserMembership\" WHERE \"updatedAt\" <> \
                   (SELECT max(\"startedAt\") FROM \"SejoliImportRun\")";
    assert_eq!(db.number(updates), 0);
    verified(&db, &exports);
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, DONE);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back");
    imported(&db, "memberships", exports.path(), &["--batch-size", "1"], DONE);
    assert_eq!(standing(&db), expected);
    settled(&db, &exports);
}

fn l34_of_two_that_end_together_the_one_that_began_last_is_active(engine: Engine) {
    let db = AppDatabase::new(engine);
    let together: Edits<'_> = &[("expiry_date", "2026-06-01")];
    let exports = files(&[&[YEAR], &[HALF_YEAR, together]]);
    imported(&db, "all", exports.path(), &[], DONE);
    let expected =
        ["rina@example.org keanggotaan-perintis ACTIVE 1", "rina@example.org keanggotaan-saudagar EXPIRED 0"];
    assert_eq!(standing(&db), expected);
    assert_eq!(
        of_plan(&db, "createdAt", "keanggotaan-perintis"),
        millis(SEPTEMBER),
        "it is the newest by itself"
    );
    settled(&db, &exports);
}

fn l34_one_running_membership_needs_no_choice_and_is_not_spoken_of(engine: Engine) {
    let db = AppDatabase::new(engine);
    let sari: Edits<'_> = &[("membership_id", "M5"), ("user_email", "sari@example.org")];
    let exports = files(&[&[YEAR], &[OVER], &[HALF_YEAR, sari]]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0512"), 0);
    let expected = [
        "rina@example.org keanggotaan-saudagar ACTIVE 1",
        "rina@example.org klub-komoditas EXPIRED 0",
        "sari@example.org keanggotaan-perintis ACTIVE 1",
    ];
    assert_eq!(standing(&db), expected);
    let newest = millis("2025-08-01T00:00:00+07:00") + 1;
    assert_eq!(of_plan(&db, "createdAt", "keanggotaan-saudagar"), newest, "what is over is no newer");
    settled(&db, &exports);
}

fn l34_a_membership_that_comes_later_takes_its_place(engine: Engine) {
    let db = AppDatabase::new(engine);
    let (short, long) = (files(&[&[HALF_YEAR]]), files(&[&[YEAR], &[LIFETIME]]));
    imported(&db, "all", short.path(), &[], DONE);
    let before = dump(&db, Compared::Rows);
    imported(&db, "all", long.path(), &[], DONE);
    let expected = [
        "rina@example.org keanggotaan-perintis EXPIRED 0",
        "rina@example.org keanggotaan-saudagar EXPIRED 0",
        "rina@example.org keanggotaan-seumur-hidup ACTIVE 1",
    ];
    assert_eq!(standing(&db), expected);
    settled(&db, &long);
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, DONE);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back");
    let all = files(&[&[OVER], &[YEAR], &[LIFETIME], &[HALF_YEAR]]);
    let document = imported(&db, "all", all.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0512"), 1, "said once, also where some of them were there before");
    let statuses = texts(&db, "SELECT \"status\" FROM \"UserMembership\" ORDER BY \"externalId\"");
    assert_eq!(statuses, ["EXPIRED", "EXPIRED", "ACTIVE", "EXPIRED"]);
    let expected = standing(&db);
    let document = imported(&db, "all", short.path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "unchanged"), 1, "the older file again changes nothing");
    assert_eq!(found(&document, "SJM-0512"), 1);
    assert_eq!(standing(&db), expected);
}

fn l34_a_shorter_membership_raises_nobody_whom_the_app_has_lowered(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", files(&[&[YEAR]]).path(), &[], DONE);
    db.sql("UPDATE \"User\" SET \"role\" = 'MEMBER_FREE'");
    let exports = files(&[&[YEAR], &[HALF_YEAR]]);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(roles(&db), ["rina@example.org MEMBER_FREE"]);
    let statuses = texts(&db, "SELECT \"status\" FROM \"UserMembership\" ORDER BY \"externalId\"");
    assert_eq!(statuses, ["ACTIVE", "EXPIRED"]);
}

/// Puts a running membership of the app's own beside what an import of a lifetime will write.
fn own_membership(db: &AppDatabase, start: &str, end: i64) {
    imported(db, "all", files(&[&[OVER]]).path(), &[], DONE);
    let mut store = db.store(DatabaseUse::Write);
    let imported = store.select::<UserMembership>("", &[]).expect("the imported one").remove(0);
    let plan =
        texts(db, "SELECT \"id\" FROM \"Membership\" WHERE \"slug\" = 'keanggotaan-saudagar'").remove(0);
    let own = UserMembership {
        id: "own".to_owned(),
        membership_id: plan,
        start_date: crate::support::library::Millis(millis(start)),
        end_date: crate::support::library::Millis(end),
        status: "ACTIVE".to_owned(),
        is_active: true,
        external_id: None,
        created_at: crate::support::library::Millis(millis(start)),
        updated_at: crate::support::library::Millis(millis(start)),
        ..imported
    };
    store.insert(own).expect("a membership of the app's own");
    drop(store);
    db.refresh();
}

fn own_row(db: &AppDatabase) -> Vec<Vec<Cell>> {
    db.query("SELECT * FROM \"UserMembership\" WHERE \"id\" = 'own'")
}

fn l34_a_membership_of_the_app_s_own_that_ends_later_is_the_one(engine: Engine) {
    let db = AppDatabase::new(engine);
    // The app's lifetimes end a hundred years on.
    own_membership(&db, "2024-05-01T00:00:00+07:00", millis("2124-05-01T00:00:00+07:00"));
    let own = own_row(&db);
    let exports = files(&[&[HALF_YEAR], &[LIFETIME], &[OVER]]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0512"), 1);
    let expected = [
        "rina@example.org keanggotaan-perintis EXPIRED 0",
        "rina@example.org keanggotaan-saudagar ACTIVE 1",
        "rina@example.org keanggotaan-seumur-hidup EXPIRED 0",
        "rina@example.org klub-komoditas EXPIRED 0",
    ];
    assert_eq!(standing(&db), expected);
    assert_eq!(own_row(&db), own);
    let newest = "SELECT \"id\" FROM \"UserMembership\" ORDER BY \"createdAt\" DESC LIMIT 1";
    assert_eq!(texts(&db, newest), ["own"]);
    settled(&db, &exports);
}

fn l34_a_membership_of_the_app_s_own_that_ends_earlier_stays_beside_the_one(engine: Engine) {
    let db = AppDatabase::new(engine);
    own_membership(&db, "2025-10-01T00:00:00+07:00", millis("2026-02-01T00:00:00+07:00"));
    let own = own_row(&db);
    let exports = files(&[&[HALF_YEAR], &[LIFETIME], &[OVER]]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0512"), 1);
    let expected = [
        "rina@example.org keanggotaan-perintis EXPIRED 0",
        "rina@example.org keanggotaan-saudagar ACTIVE 1",
        "rina@example.org keanggotaan-seumur-hidup ACTIVE 1",
        "rina@example.org klub-komoditas EXPIRED 0",
    ];
    assert_eq!(standing(&db), expected);
    assert_eq!(own_row(&db), own);
    let newest = millis("2025-10-01T00:00:00+07:00") + 1;
    assert_eq!(of_plan(&db, "createdAt", "keanggotaan-seumur-hidup"), newest);
    settled(&db, &exports);
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert!(verified.prose().contains("the app's own are left as they are"), "{}", verified.stdout);
}

fn l34_the_next_one_is_active_when_the_first_is_refunded(engine: Engine) {
    let order: Edits<'_> = &[("product_id", "103")];
    let bought: Edits<'_> = &[("order_id", "5001")];
    let refunded: Edits<'_> = &[("payment_status", "REFUNDED")];
    let shop = |of_order: &[Edits<'_>]| files(&[&[YEAR], &[LIFETIME, bought]]).orders(&[of_order]);
    let (first, second) = (shop(&[order]), shop(&[order, refunded]));
    for what in ["all", "orders"] {
        let db = AppDatabase::new(engine);
        imported(&db, "all", first.path(), &[], DONE);
        let created = of_plan(&db, "createdAt", "keanggotaan-seumur-hidup");
        assert_eq!(created, millis(JUNE) + 1);
        let before = dump(&db, Compared::Rows);
        imported(&db, what, second.path(), &[], DONE);
        let expected = [
            "rina@example.org keanggotaan-saudagar ACTIVE 1",
            "rina@example.org keanggotaan-seumur-hidup EXPIRED 0",
        ];
        assert_eq!(standing(&db), expected, "{what}");
        assert_eq!(roles(&db), ["rina@example.org MEMBER_PREMIUM"], "{what}");
        let created = of_plan(&db, "createdAt", "keanggotaan-seumur-hidup");
        assert_eq!(created, millis("2024-01-01T00:00:00+07:00"), "{what}: it is as it was made");
        verified(&db, &second);
        assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, DONE);
        assert_same(&before, &dump(&db, Compared::Rows), what);
        imported(&db, what, second.path(), &[], DONE);
        settled(&db, &second);
    }
    let fresh = AppDatabase::new(engine);
    let document = imported(&fresh, "all", second.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0512"), 0, "one of them is over");
    assert_eq!(standing(&fresh)[0], "rina@example.org keanggotaan-saudagar ACTIVE 1");
    settled(&fresh, &second);
}

fn l34_the_next_one_is_active_when_the_first_moves_to_another_person_or_plan(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", files(&[&[YEAR], &[LIFETIME]]).path(), &[], DONE);
    let budi: Edits<'_> = &[("user_email", "budi@example.org")];
    let moved = files(&[&[YEAR], &[LIFETIME, budi]]);
    imported(&db, "all", moved.path(), &["--batch-size", "1"], DONE);
    let expected = [
        "budi@example.org keanggotaan-seumur-hidup ACTIVE 1",
        "rina@example.org keanggotaan-saudagar ACTIVE 1",
    ];
    assert_eq!(standing(&db), expected);
    assert_eq!(of_plan(&db, "createdAt", "keanggotaan-saudagar"), millis(JUNE));
    let both = ["budi@example.org MEMBER_PREMIUM", "rina@example.org MEMBER_PREMIUM"];
    assert_eq!(roles(&db), both);
    settled(&db, &moved);

    let shorter: Edits<'_> = &[("product_id", "101"), ("expiry_date", "2026-02-01")];
    let other_plan = files(&[&[YEAR], &[LIFETIME, shorter]]);
    imported(&db, "all", other_plan.path(), &[], DONE);
    let expected =
        ["rina@example.org keanggotaan-perintis EXPIRED 0", "rina@example.org keanggotaan-saudagar ACTIVE 1"];
    assert_eq!(standing(&db), expected);
    settled(&db, &other_plan);
}

fn l34_the_next_one_is_active_when_the_app_has_deleted_or_cancelled_the_first(engine: Engine) {
    let exports = files(&[&[YEAR], &[LIFETIME]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("DELETE FROM \"UserMembership\" WHERE \"externalId\" = 'M3'");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((found(&document, "SJM-0706"), found(&document, "SJM-0512")), (1, 0));
    assert_eq!(standing(&db), ["rina@example.org keanggotaan-saudagar ACTIVE 1"]);
    settled(&db, &exports);

    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    set_status(&db, "keanggotaan-seumur-hidup", "CANCELLED", false);
    let before = db.number("SELECT \"updatedAt\" FROM \"UserMembership\" WHERE \"externalId\" = 'M3'");
    imported(&db, "all", exports.path(), &[], DONE);
    let expected = [
        "rina@example.org keanggotaan-saudagar ACTIVE 1",
        "rina@example.org keanggotaan-seumur-hidup CANCELLED 0",
    ];
    assert_eq!(standing(&db), expected);
    let after = db.number("SELECT \"updatedAt\" FROM \"UserMembership\" WHERE \"externalId\" = 'M3'");
    assert_eq!(after, before, "what the app has cancelled is not touched");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(standing(&db), expected);
}

fn l34_one_that_gave_way_and_that_the_app_has_edited_stays_as_it_is(engine: Engine) {
    let db = AppDatabase::new(engine);
    let exports = files(&[&[YEAR], &[LIFETIME]]);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"UserMembership\" SET \"autoRenew\" = true WHERE \"externalId\" = 'M1'");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "unchanged"), 2);
    let longer: Edits<'_> = &[("expiry_date", "2027-06-01")];
    let document = imported(&db, "all", files(&[&[YEAR, longer], &[LIFETIME]]).path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "memberships", "held"), found(&document, "SJM-0701")), (1, 1));
    let expected = [
        "rina@example.org keanggotaan-saudagar EXPIRED 0",
        "rina@example.org keanggotaan-seumur-hidup ACTIVE 1",
    ];
    assert_eq!(standing(&db), expected);
}

fn l34_a_renewal_may_change_who_is_the_one(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", files(&[&[YEAR], &[HALF_YEAR]]).path(), &[], DONE);
    let longer: Edits<'_> = &[("expiry_date", "2026-09-01")];
    let renewed = files(&[&[YEAR], &[HALF_YEAR, longer]]);
    imported(&db, "all", renewed.path(), &[], DONE);
    let expected =
        ["rina@example.org keanggotaan-perintis ACTIVE 1", "rina@example.org keanggotaan-saudagar EXPIRED 0"];
    assert_eq!(standing(&db), expected);
    settled(&db, &renewed);
    let fresh = AppDatabase::new(engine);
    imported(&fresh, "all", renewed.path(), &[], DONE);
    assert_same(
        &dump(&fresh, Compared::Content),
        &dump(&db, Compared::Content),
        "as if it had always been so",
    );
}

fn l34_verify_names_who_has_a_second_active_membership(engine: Engine) {
    let db = AppDatabase::new(engine);
    let exports = files(&[&[YEAR], &[LIFETIME]]);
    imported(&db, "all", exports.path(), &[], DONE);
    set_status(&db, "keanggotaan-saudagar", "ACTIVE", true);
    let user = text(&db.query("SELECT \"id\" FROM \"User\"")[0][0]);
    let path = exports.path().display().to_string();
    let outcome = db.run(&["verify", &path]);
    assert_eq!(outcome.code, VERIFICATION_FAILED);
    assert!(
        outcome.prose().contains(&format!("user {user}: 2 memberships are ACTIVE")),
        "{}",
        outcome.stdout
    );

    set_status(&db, "keanggotaan-saudagar", "EXPIRED", false);
    db.sql("UPDATE \"UserMembership\" SET \"createdAt\" = \"startDate\"");
    let outcome = db.run(&["verify", &path]);
    assert_eq!(outcome.code, VERIFICATION_FAILED, "an older row is the newest again");
    assert!(outcome.prose().contains("UserMembership: createdAt"), "{}", outcome.stdout);
}

on_each_engine!(
    l34_the_membership_that_ends_last_is_active_and_the_newest,
    l34_of_two_that_end_together_the_one_that_began_last_is_active,
    l34_one_running_membership_needs_no_choice_and_is_not_spoken_of,
    l34_a_membership_that_comes_later_takes_its_place,
    l34_a_shorter_membership_raises_nobody_whom_the_app_has_lowered,
    l34_a_membership_of_the_app_s_own_that_ends_later_is_the_one,
    l34_a_membership_of_the_app_s_own_that_ends_earlier_stays_beside_the_one,
    l34_the_next_one_is_active_when_the_first_is_refunded,
    l34_the_next_one_is_active_when_the_first_moves_to_another_person_or_plan,
    l34_the_next_one_is_active_when_the_app_has_deleted_or_cancelled_the_first,
    l34_one_that_gave_way_and_that_the_app_has_edited_stays_as_it_is,
    l34_a_renewal_may_change_who_is_the_one,
    l34_verify_names_who_has_a_second_active_membership,
);

/// An import that is stopped while it chooses goes on with that, and what is left behind, as an earlier version has left
/// it, the next one sets right.
#[test]
fn a_choice_that_was_not_made_is_made_by_the_next_import() {
    for (more, runs) in [(&[][..], 2), (&["--restart"][..], 3)] {
        let db = AppDatabase::new(Engine::Sqlite);
        imported(&db, "all", files(&[&[YEAR]]).path(), &[], DONE);
        let exports = files(&[&[YEAR], &[LIFETIME]]);
        db.sql(
            "CREATE TRIGGER \"stop\" BEFORE UPDATE ON \"UserMembership\" BEGIN SELECT RAISE(ABORT, 'stop here'); END",
        );
        assert_eq!(db.import("all", exports.path(), &[]).code, UNEXPECTED);
        assert_eq!(count(&db, "UserMembership", "\"status\" = 'ACTIVE'"), 2, "all of them are written");
        db.sql("DROP TRIGGER \"stop\"");
        imported(&db, "all", exports.path(), more, DONE);
        assert_eq!(count(&db, "SejoliImportRun", "1 = 1"), runs, "{more:?}");
        let expected = [
            "rina@example.org keanggotaan-saudagar EXPIRED 0",
            "rina@example.org keanggotaan-seumur-hidup ACTIVE 1",
        ];
        assert_eq!(standing(&db), expected, "{more:?}");
        settled(&db, &exports);
    }
}

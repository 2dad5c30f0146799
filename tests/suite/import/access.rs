//! What plans open: everybody with an imported membership that is not over gets into its groups and courses and has its
//! products, and what the app does with that stands.

use serde_json::Value;

use crate::support::app_access::Strictness;
use crate::support::app_plans::{insert_doors, insert_plan, link, open_doors};
use crate::support::exit_code::{DONE, UNEXPECTED};
use crate::support::library::Cell;
use crate::support::{
    AS_OF, AppDatabase, Compared, Edits, Engine, Exports, assert_same, count, drop_index, dump, imported,
    insert_app_user, json, millis, on_each_engine, text, verified,
};

const PERINTIS: &str = "keanggotaan-perintis";
const SAUDAGAR: &str = "keanggotaan-saudagar";

const RINA: Edits<'_> = &[("membership_id", "M1")];
const BUDI: Edits<'_> = &[
    ("membership_id", "M2"),
    ("user_email", "budi@example.org"),
    ("product_id", "101"),
    ("start_date", "2025-10-01"),
    ("expiry_date", "2026-04-01"),
];
const SARI: Edits<'_> = &[
    ("membership_id", "M3"),
    ("user_email", "sari@example.org"),
    ("start_date", "2024-06-01"),
    ("expiry_date", "2025-06-01"),
    ("status", "expired"),
];

/// What the members of these three have: one of each plan, and one whose membership is over.
const ALL_OPEN: [&str; 4] = [
    "budi@example.org g-all",
    "rina@example.org b-saudagar",
    "rina@example.org c-saudagar",
    "rina@example.org g-all",
];

fn members() -> Exports {
    Exports::new().memberships(&[&[RINA], &[BUDI], &[SARI]])
}

/// An app whose team has linked both plans to one group, and one of them to a course and a product.
fn shop(engine: Engine) -> AppDatabase {
    furnished(AppDatabase::with_access(engine))
}

fn furnished(db: AppDatabase) -> AppDatabase {
    insert_doors(&db);
    [PERINTIS, SAUDAGAR].into_iter().for_each(|plan| insert_plan(&db, plan));
    for (plan, door) in
        [(PERINTIS, "g-all"), (SAUDAGAR, "g-all"), (SAUDAGAR, "c-saudagar"), (SAUDAGAR, "b-saudagar")]
    {
        link(&db, plan, door);
    }
    db
}

/// Imports again, which writes nothing.
#[track_caller]
fn repeated(db: &AppDatabase, exports: &Exports) {
    let written = count(db, "SejoliImportJournal", "1 = 1");
    imported(db, "all", exports.path(), &[], DONE);
    assert_eq!(count(db, "SejoliImportJournal", "1 = 1"), written, "the next import writes nothing");
}

/// How often the import has said this of groups, courses and products, and what.
fn noted(document: &Value, code: &str) -> Vec<String> {
    let notes = document["access_notes"].as_array().expect("notes").iter();
    let of_code = notes.filter(|note| note["code"] == code);
    of_code.map(|note| note["detail"].as_str().expect("a text").to_owned()).collect()
}

fn l33_members_get_what_their_plans_open_and_nothing_for_what_is_over(engine: Engine) {
    let (db, exports) = (shop(engine), members());
    let before = dump(&db, Compared::Rows);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(open_doors(&db), ALL_OPEN);
    let start = millis("2025-06-01T00:00:00+07:00");
    let of_rina = [
        ("GroupMember", format!("\"role\" = 'MEMBER' AND \"joinedAt\" = {start}")),
        ("CourseEnrollment", format!("\"progress\" = 0 AND NOT \"completed\" AND \"createdAt\" = {start}")),
        ("UserProduct", format!("\"price\" = 0 AND \"isActive\" AND \"purchaseDate\" = {start}")),
    ];
    for (table, as_it_is) in of_rina {
        let bare = if table == "GroupMember" { "" } else { " AND \"transactionId\" IS NULL" };
        assert_eq!(count(&db, table, &format!("{as_it_is}{bare}")), 1, "{table}");
    }
    verified(&db, &exports);
    repeated(&db, &exports);
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back");
    assert_eq!(open_doors(&db), [""; 0]);
}

fn l36_no_progress_in_a_course_is_ever_written(engine: Engine) {
    let db = shop(engine);
    imported(&db, "all", members().path(), &[], DONE);
    assert_eq!(count(&db, "CourseEnrollment", "1 = 1"), 1);
    assert_eq!(count(&db, "UserCourseProgress", "1 = 1"), 0);
}

fn l33_what_stands_already_is_left_alone_with_and_without_unique_indexes(engine: Engine) {
    for strictness in [Strictness::Strict, Strictness::Loose] {
        let (db, exports) = (furnished(AppDatabase::with_access_but(engine, strictness, &[])), members());
        insert_app_user(&db, "u-rina", "rina@example.org", "Rina", "MEMBER_FREE");
        db.sql(
            "INSERT INTO \"GroupMember\" (\"id\", \"groupId\", \"userId\", \"role\", \"joinedAt\") \
             SELECT 'gm-1', 'g-all', \"id\", 'MODERATOR', \"createdAt\" FROM \"User\" WHERE \"id\" = 'u-rina'",
        );
        db.sql(
            "INSERT INTO \"CourseEnrollment\" (\"id\", \"courseId\", \"userId\", \"progress\", \"createdAt\", \
             \"updatedAt\") SELECT 'ce-1', 'c-saudagar', \"id\", 40, \"createdAt\", \"createdAt\" FROM \"User\" \
             WHERE \"id\" = 'u-rina'",
        );
        let rows = |db: &AppDatabase| {
            let of =
                |table: &str| db.query(&format!("SELECT * FROM \"{table}\" WHERE \"userId\" = 'u-rina'"));
            [of("GroupMember"), of("CourseEnrollment")]
        };
        let before = rows(&db);
        imported(&db, "all", exports.path(), &[], DONE);
        assert_eq!(rows(&db), before, "{strictness:?}");
        assert_eq!(open_doors(&db), ALL_OPEN, "{strictness:?}");
        verified(&db, &exports);
        repeated(&db, &exports);
        db.sql("DELETE FROM \"GroupMember\" WHERE \"userId\" = 'u-rina'");
        repeated(&db, &exports);
        assert_eq!(open_doors(&db).len(), 3, "the app has taken away what was its own");
    }
}

fn l33_a_door_that_two_plans_open_stays_open_while_one_of_them_is_there(engine: Engine) {
    let db = shop(engine);
    let other: Edits<'_> = &[("user_email", "rina@example.org")];
    let moved: Edits<'_> = &[("user_email", "dewi@example.org")];
    let both = Exports::new().memberships(&[&[RINA], &[BUDI, other]]);
    imported(&db, "all", both.path(), &[], DONE);
    let of_rina = ["rina@example.org b-saudagar", "rina@example.org c-saudagar", "rina@example.org g-all"];
    assert_eq!(open_doors(&db), of_rina);
    // The one that is over later goes: the other one still opens the group.
    let one = Exports::new().memberships(&[&[RINA, moved], &[BUDI, other]]);
    imported(&db, "all", one.path(), &[], DONE);
    let of_dewi = ["dewi@example.org b-saudagar", "dewi@example.org c-saudagar", "dewi@example.org g-all"];
    assert_eq!(open_doors(&db), [&of_dewi[..], &["rina@example.org g-all"]].concat());
    verified(&db, &one);
    let none = Exports::new().memberships(&[&[RINA, moved], &[BUDI, moved]]);
    imported(&db, "all", none.path(), &[], DONE);
    assert_eq!(open_doors(&db), of_dewi);
    let kept = "\"kind\" = 'access'";
    assert_eq!(
        (count(&db, "User", "\"email\" LIKE 'rina%'"), count(&db, "SejoliSourceRecord", kept)),
        (0, 1)
    );
    verified(&db, &none);
    repeated(&db, &none);
}

fn l37_what_the_app_has_closed_stays_closed_until_the_membership_is_renewed(engine: Engine) {
    let (db, exports) = (shop(engine), members());
    imported(&db, "all", exports.path(), &[], DONE);
    for table in ["GroupMember", "CourseEnrollment", "UserProduct"] {
        db.sql(&format!("DELETE FROM \"{table}\""));
    }
    let written = count(&db, "SejoliImportJournal", "1 = 1");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    let deleted = ["CourseEnrollment: 1", "GroupMember: 2", "UserProduct: 1"];
    assert_eq!(
        (open_doors(&db).len(), noted(&document, "SJM-0706")),
        (0, deleted.map(str::to_owned).to_vec())
    );
    assert_eq!(count(&db, "SejoliImportJournal", "1 = 1"), written);

    let run = text(&db.query("SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\"")[0][0]);
    assert_eq!(db.run(&["purge", &run, "--yes"]).code, DONE);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(open_doors(&db), [""; 0], "also when the before-images are gone");

    let longer: Edits<'_> = &[("expiry_date", "2027-06-01")];
    let renewed = Exports::new().memberships(&[&[RINA, longer], &[BUDI], &[SARI]]);
    imported(&db, "all", renewed.path(), &[], DONE);
    assert_eq!(open_doors(&db), ALL_OPEN[1..], "a renewal is another purchase");
    imported(&db, "all", renewed.path(), &["--restore-deleted"], DONE);
    assert_eq!(open_doors(&db), ALL_OPEN);
    repeated(&db, &renewed);
}

fn l37_a_membership_that_the_app_has_deleted_or_ended_takes_nothing_along(engine: Engine) {
    let (db, exports) = (shop(engine), members());
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("DELETE FROM \"UserMembership\" WHERE \"membershipId\" = 'p-keanggotaan-perintis'");
    db.sql("UPDATE \"UserMembership\" SET \"status\" = 'CANCELLED', \"endDate\" = \"startDate\"");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(open_doors(&db), ALL_OPEN, "who is in which group is the app's business then");
}

fn l33_a_corrected_membership_takes_its_access_along(engine: Engine) {
    let order: Edits<'_> = &[("product_id", "102"), ("amount", "1299000"), ("paid_amount", "1299000")];
    let refunded: Edits<'_> = &[("payment_status", "REFUNDED")];
    let bought: Edits<'_> = &[("order_id", "5001")];
    let first = Exports::new().orders(&[&[order]]).memberships(&[&[RINA, bought], &[BUDI]]);
    let cheaper: Edits<'_> = &[("product_id", "101")];
    let over: Edits<'_> = &[("expiry_date", "2025-12-01"), ("status", "expired")];
    let budi = "budi@example.org g-all".to_owned();
    for (what, corrected, left) in [
        (
            "another plan",
            first_but(&[RINA, bought, cheaper], order),
            vec![budi.clone(), "rina@example.org g-all".into()],
        ),
        ("another end", first_but(&[RINA, bought, over], order), vec![budi.clone()]),
        (
            "a refund",
            Exports::new().orders(&[&[order, refunded]]).memberships(&[&[RINA, bought], &[BUDI]]),
            vec![budi.clone()],
        ),
    ] {
        let db = shop(engine);
        imported(&db, "all", first.path(), &[], DONE);
        assert_eq!(open_doors(&db), ALL_OPEN);
        let before = dump(&db, Compared::Rows);
        imported(&db, "all", corrected.path(), &["--batch-size", "1"], DONE);
        assert_eq!(open_doors(&db), left, "{what}");
        let fresh = shop(engine);
        imported(&fresh, "all", corrected.path(), &[], DONE);
        assert_eq!(open_doors(&fresh), left, "{what}: as if it had never been otherwise");
        verified(&db, &corrected);
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
        assert_same(&before, &dump(&db, Compared::Rows), what);
    }
}

fn first_but(rina: &[Edits<'_>], order: Edits<'_>) -> Exports {
    Exports::new().orders(&[&[order]]).memberships(&[rina, &[BUDI]])
}

fn l33_what_the_app_has_changed_stays_when_its_membership_goes(engine: Engine) {
    let db = shop(engine);
    imported(&db, "all", members().path(), &[], DONE);
    db.sql("UPDATE \"CourseEnrollment\" SET \"progress\" = 30");
    let moved: Edits<'_> = &[("user_email", "dewi@example.org")];
    let corrected = Exports::new().memberships(&[&[RINA, moved], &[BUDI], &[SARI]]);
    let document = imported(&db, "all", corrected.path(), &[], DONE);
    assert_eq!(noted(&document, "SJM-0514"), ["CourseEnrollment: 1"]);
    let of_rina: Vec<String> = open_doors(&db).into_iter().filter(|door| door.starts_with("rina")).collect();
    assert_eq!(of_rina, ["rina@example.org c-saudagar"]);
    let document = imported(&db, "all", corrected.path(), &[], DONE);
    assert_eq!(noted(&document, "SJM-0514"), [""; 0], "it is said once");
}

fn verify_says_what_the_app_has_done_with_it_and_finds_no_difference(engine: Engine) {
    let (db, exports) = (shop(engine), members());
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("DELETE FROM \"GroupMember\"");
    db.sql("UPDATE \"CourseEnrollment\" SET \"progress\" = 30, \"updatedAt\" = \"createdAt\"");
    let outcome = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.prose().contains("deleted in the app since: 2"), "{}", outcome.stdout);
    assert_eq!(outcome.stdout.matches("edited in the app since").count(), 1, "{}", outcome.stdout);
}

fn l33_time_alone_closes_nothing(engine: Engine) {
    let (db, exports) = (shop(engine), members());
    imported(&db, "all", exports.path(), &[], DONE);
    let (path, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
    let later = ["--as-of", "2027-01-01T00:00:00+07:00"];
    let outcome = db.run(&[&["import", "all", &path, "--out", &out], &later[..]].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(count(&db, "UserMembership", "\"status\" = 'EXPIRED'"), 3);
    assert_eq!(open_doors(&db), ALL_OPEN, "the app closes what is over, and not an import");
}

fn l33_a_bought_product_stays_its_orders_own(engine: Engine) {
    let db = shop(engine);
    let order: Edits<'_> = &[("product_id", "201"), ("amount", "45000"), ("paid_amount", "45000")];
    let refunded: Edits<'_> = &[("payment_status", "REFUNDED")];
    let (gift, bought, given_back) = (
        with_book(Exports::new().memberships(&[&[RINA]])),
        with_book(Exports::new().orders(&[&[order]]).memberships(&[&[RINA]])),
        with_book(Exports::new().orders(&[&[order, refunded]]).memberships(&[&[RINA]])),
    );
    let owned = |db: &AppDatabase| {
        let sql = "SELECT CAST(\"price\" AS INTEGER), \"transactionId\" IS NOT NULL FROM \"UserProduct\"";
        db.query(sql)
    };
    imported(&db, "all", gift.path(), &[], DONE);
    assert_eq!(owned(&db), [vec![Cell::Int(0), Cell::Int(0)]]);
    imported(&db, "all", bought.path(), &[], DONE);
    assert_eq!(owned(&db), [vec![Cell::Int(45_000), Cell::Int(1)]], "the order takes the gift's place");
    verified(&db, &bought);
    repeated(&db, &bought);
    imported(&db, "all", given_back.path(), &[], DONE);
    assert_eq!(owned(&db), [vec![Cell::Int(0), Cell::Int(0)]], "the plan still opens it");
    verified(&db, &given_back);

    let db = shop(engine);
    imported(&db, "all", bought.path(), &[], DONE);
    assert_eq!(owned(&db), [vec![Cell::Int(45_000), Cell::Int(1)]]);
    db.sql("DELETE FROM \"UserProduct\"");
    repeated(&db, &bought);
    assert_eq!(owned(&db).len(), 0, "what the app has taken away is not given by another door");
}

/// The same files, whose product 201 is the book that a plan opens.
fn with_book(exports: Exports) -> Exports {
    let mut map = exports.sheet("products.csv");
    let row = map.find(|cell| cell("product_id") == "201");
    map.set(row, "product", "buku-saudagar");
    map.write(&exports.path().join("products.csv"));
    exports
}

fn l33_a_database_that_lacks_a_table_gets_the_rest(engine: Engine) {
    let exports = members();
    for missing in [
        "Group",
        "GroupMember",
        "MembershipGroup",
        "Course",
        "CourseEnrollment",
        "MembershipCourse",
        "MembershipProduct",
        "UserCourseProgress",
    ] {
        let db = furnished(AppDatabase::with_access_but(engine, Strictness::Loose, &[missing]));
        let before = dump(&db, Compared::Rows);
        imported(&db, "all", exports.path(), &[], DONE);
        let rows = |table: &str| if table == missing { 0 } else { count(&db, table, "1 = 1") };
        let expected = match missing {
            "Group" | "GroupMember" | "MembershipGroup" => (0, 1, 1),
            "Course" | "CourseEnrollment" | "MembershipCourse" => (2, 0, 1),
            "MembershipProduct" => (2, 1, 0),
            _ => (2, 1, 1),
        };
        let found = (rows("GroupMember"), rows("CourseEnrollment"), rows("UserProduct"));
        assert_eq!(found, expected, "{missing}");
        verified(&db, &exports);
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{missing}: {}{}", undone.stdout, undone.stderr);
        assert_same(&before, &dump(&db, Compared::Rows), missing);
    }
}

fn l33_an_interrupted_import_goes_on_and_comes_to_the_same(engine: Engine) {
    let (db, exports) = (shop(engine), members());
    db.sql("CREATE UNIQUE INDEX one_member ON \"GroupMember\"(\"groupId\")");
    let outcome = db.import("all", exports.path(), &["--batch-size", "1"]);
    assert_eq!(outcome.code, UNEXPECTED, "{outcome:?}");
    db.sql(&drop_index(engine, "GroupMember", "one_member"));
    assert_eq!(count(&db, "GroupMember", "1 = 1"), 0, "both come together, or not at all");
    imported(&db, "all", exports.path(), &["--batch-size", "1"], DONE);
    assert_eq!(count(&db, "SejoliImportRun", "1 = 1"), 1, "the same run has gone on");
    assert_eq!(open_doors(&db), ALL_OPEN);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn l33_plans_that_open_nothing_are_said_before_the_import(engine: Engine) {
    let (db, exports) = (AppDatabase::with_access(engine), members());
    insert_doors(&db);
    [PERINTIS, SAUDAGAR].into_iter().for_each(|plan| insert_plan(&db, plan));
    link(&db, PERINTIS, "g-all");
    let (path, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
    let validate = ["validate", &path, "--out", &out, "--as-of", AS_OF, "--format", "json"];
    assert_eq!(noted(&json(&db.run(&validate)), "SJM-0513"), ["keanggotaan-saudagar: 1 person"]);
    let rehearsed = db.import("all", exports.path(), &["--dry-run", "--format", "json"]);
    assert_eq!(noted(&json(&rehearsed), "SJM-0513"), ["keanggotaan-saudagar: 1 person"]);
    let outcome = db.import("all", exports.path(), &[]);
    let said = &outcome.stderr;
    assert!(
        said.contains("keanggotaan-saudagar: 1 person") && said.contains("`sejoli-migrate grant`"),
        "{said}"
    );
    assert!(!said.contains(PERINTIS), "{said}");
    assert!(outcome.stdout.contains("SJM-0513"), "{}", outcome.stdout);
    // A database that could not open anything is none whose team has forgotten something.
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(noted(&document, "SJM-0513"), [""; 0]);
}

on_each_engine!(
    l33_members_get_what_their_plans_open_and_nothing_for_what_is_over,
    l36_no_progress_in_a_course_is_ever_written,
    l33_what_stands_already_is_left_alone_with_and_without_unique_indexes,
    l33_a_door_that_two_plans_open_stays_open_while_one_of_them_is_there,
    l37_what_the_app_has_closed_stays_closed_until_the_membership_is_renewed,
    l37_a_membership_that_the_app_has_deleted_or_ended_takes_nothing_along,
    l33_a_corrected_membership_takes_its_access_along,
    l33_what_the_app_has_changed_stays_when_its_membership_goes,
    verify_says_what_the_app_has_done_with_it_and_finds_no_difference,
    l33_time_alone_closes_nothing,
    l33_a_bought_product_stays_its_orders_own,
    l33_a_database_that_lacks_a_table_gets_the_rest,
    l33_an_interrupted_import_goes_on_and_comes_to_the_same,
    l33_plans_that_open_nothing_are_said_before_the_import,
);

//! Memberships that stand, after the app or the source has changed: what the app takes away is left alone, and what the
//! source corrects comes to the same as a first import of the corrected files.

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::library::Cell;
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, assert_same, count, drop_index, dump, found, imported,
    millis, on_each_engine, rows, text, texts, verified,
};

/// Every membership by its member: what the app shows of it, the order of its transaction, and the member's role.
fn memberships(db: &AppDatabase) -> Vec<Vec<String>> {
    let sql = "SELECT u.\"email\", c.\"slug\", m.\"status\", m.\"isActive\", m.\"startDate\", m.\"endDate\", \
               CAST(m.\"price\" AS INTEGER), m.\"externalId\", t.\"externalId\", u.\"role\" FROM \"UserMembership\" m \
               JOIN \"User\" u ON u.\"id\" = m.\"userId\" JOIN \"Membership\" c ON c.\"id\" = m.\"membershipId\" \
               LEFT JOIN \"Transaction\" t ON t.\"id\" = m.\"transactionId\" ORDER BY u.\"email\", c.\"slug\"";
    let shown = |cell: &Cell| match cell {
        Cell::Int(number) => number.to_string(),
        Cell::Null => "-".to_owned(),
        other => text(other),
    };
    db.query(sql).iter().map(|row| row.iter().map(shown).collect()).collect()
}

fn roles(db: &AppDatabase) -> Vec<String> {
    texts(db, "SELECT \"email\" || ' ' || \"role\" FROM \"User\" ORDER BY \"email\"")
}

/// Imports the corrected files and again: the first run comes to the same as a first import of them, the second one
/// writes nothing, and `verify` finds no difference.
#[track_caller]
fn corrected(db: &AppDatabase, exports: &Exports, engine: Engine) {
    imported(db, "all", exports.path(), &["--batch-size", "1"], DONE);
    let fresh = AppDatabase::new(engine);
    imported(&fresh, "all", exports.path(), &[], DONE);
    assert_eq!(memberships(db), memberships(&fresh));
    verified(db, exports);
    let written = count(db, "SejoliImportJournal", "1 = 1");
    imported(db, "all", exports.path(), &[], DONE);
    assert_eq!(count(db, "SejoliImportJournal", "\"changes\" > 0"), written, "the next run writes nothing");
    verified(db, exports);
}

const FIRST: Edits<'_> = &[("order_id", "5001")];
const ORDER: Edits<'_> = &[("product_id", "102")];

fn one_member() -> Exports {
    Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST]])
}

fn l9_a_membership_that_the_app_has_deleted_is_not_written_again(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    let before = memberships(&db);
    db.sql("DELETE FROM \"UserMembership\"");
    let outcome = db.run(&["verify", &one_member().path().display().to_string()]);
    assert!(outcome.code == DONE && outcome.stdout.contains("deleted in the app"), "{}", outcome.stdout);
    imported(&db, "all", one_member().path(), &["--restore-deleted"], DONE);
    assert_eq!(memberships(&db), before);
    verified(&db, &one_member());

    db.sql("DELETE FROM \"UserMembership\"; UPDATE \"User\" SET \"role\" = 'MEMBER_FREE'");
    let document = imported(&db, "all", one_member().path(), &[], DONE);
    assert_eq!((rows(&document, "memberships", "unchanged"), found(&document, "SJM-0706")), (1, 1));
    assert_eq!((memberships(&db).len(), roles(&db)), (0, vec!["rina@example.org MEMBER_FREE".to_owned()]));

    let longer = [("expiry_date", "2027-06-01")];
    let changed = Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST, &longer]]);
    let document = imported(&db, "all", changed.path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "memberships", "held"), found(&document, "SJM-0701")), (1, 1));

    imported(&db, "all", changed.path(), &["--restore-deleted"], DONE);
    assert_eq!(roles(&db), ["rina@example.org MEMBER_PREMIUM"]);
    assert_eq!(count(&db, "UserMembership", &format!("\"endDate\" > {}", millis("2027-06-01T00:00:00Z"))), 1);
}

fn l9_a_membership_that_the_app_has_deleted_is_not_made_of_another_row(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    db.sql("DELETE FROM \"UserMembership\"");
    // The row that it was made of is in no file any more, and another one is the same member's.
    let other = Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST, &[("membership_id", "M2")]]]);
    let document = imported(&db, "all", other.path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "memberships", "held"), found(&document, "SJM-0701")), (1, 1));
    assert_eq!(memberships(&db).len(), 0);
    imported(&db, "all", other.path(), &["--restore-deleted"], DONE);
    assert_eq!(memberships(&db)[0][7], "M2");
    verified(&db, &other);
}

fn l9_a_deleted_membership_stays_deleted_when_its_row_is_somebody_elses_by_now(engine: Engine) {
    let other =
        [("order_id", "5002"), ("buyer_email", "sari@example.org"), ("buyer_phone", "0811-2222-3333")];
    let shop = |first: Edits<'_>, more: &[&[Edits<'_>]]| {
        let mut rows: Vec<Vec<Edits<'_>>> = vec![vec![FIRST, first]];
        rows.extend(more.iter().map(|row| row.to_vec()));
        let rows: Vec<&[Edits<'_>]> = rows.iter().map(Vec::as_slice).collect();
        Exports::new().orders(&[&[ORDER], &[ORDER, &other]]).memberships(&rows)
    };
    let db = AppDatabase::new(engine);
    imported(&db, "all", shop(&[], &[]).path(), &[], DONE);
    db.sql("DELETE FROM \"UserMembership\"");
    let moved = [("user_email", "sari@example.org")];
    imported(&db, "all", shop(&moved, &[]).path(), &[], ROWS_LEFT);
    db.sql("DELETE FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5002'");
    db.sql("DELETE FROM \"User\" WHERE \"email\" = 'sari@example.org'");
    imported(&db, "all", shop(&moved, &[]).path(), &[], ROWS_LEFT);
    let newer = [
        ("membership_id", "M2"),
        ("order_id", "5001"),
        ("start_date", "2025-12-01"),
        ("expiry_date", "2027-06-01"),
    ];
    imported(&db, "all", shop(&moved, &[&[&newer]]).path(), &[], ROWS_LEFT);
    assert_eq!(memberships(&db).len(), 0);
}

fn l9_a_membership_that_the_app_has_cancelled_stays_so_and_raises_nobody(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    db.sql("UPDATE \"UserMembership\" SET \"status\" = 'CANCELLED', \"isActive\" = false");
    db.sql("UPDATE \"User\" SET \"role\" = 'MEMBER_FREE'");
    let cancelled = memberships(&db);
    let document = imported(&db, "all", one_member().path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "unchanged"), 1);
    assert_eq!(memberships(&db), cancelled);

    let longer = [("expiry_date", "2027-06-01")];
    let changed = Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST, &longer]]);
    let document = imported(&db, "all", changed.path(), &[], ROWS_LEFT);
    assert_eq!(rows(&document, "memberships", "held"), 1);
    assert_eq!(memberships(&db), cancelled, "nobody is raised by what is held");
}

fn l9_a_role_that_the_app_has_lowered_stays_low(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    db.sql("UPDATE \"User\" SET \"role\" = 'MEMBER_FREE'");
    imported(&db, "all", one_member().path(), &[], DONE);
    assert_eq!(roles(&db), ["rina@example.org MEMBER_FREE"]);
}

fn verify_sees_a_role_that_no_membership_justifies(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    db.sql("UPDATE \"UserMembership\" SET \"status\" = 'CANCELLED', \"isActive\" = false");
    let outcome = db.run(&["verify", &one_member().path().display().to_string()]);
    assert!(outcome.prose().contains("no membership justifies"), "{}", outcome.stdout);
}

fn a_corrected_member_moves_the_membership_and_the_role(engine: Engine) {
    let db = AppDatabase::new(engine);
    let member = |email| {
        let budi: Edits<'_> = &[("order_id", "5002"), ("buyer_email", "budi@example.org")];
        let edit = [("user_email", email), ("order_id", "5002")];
        Exports::new().orders(&[&[ORDER], &[ORDER, budi]]).memberships(&[&[&edit]])
    };
    imported(&db, "all", member("rina@example.org").path(), &[], DONE);
    corrected(&db, &member("budi@example.org"), engine);
    assert_eq!(roles(&db), ["budi@example.org MEMBER_PREMIUM", "rina@example.org MEMBER_FREE"]);
}

fn a_member_that_was_corrected_is_taken_back_exactly(engine: Engine) {
    let db = AppDatabase::new(engine);
    let members = |email| {
        let (mixed, second) = ([("user_email", email)], [("membership_id", "M2"), ("user_email", email)]);
        let renewed = [("start_date", "2026-06-01"), ("expiry_date", "2027-06-01")];
        Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST, &mixed], &[&second, &renewed]])
    };
    imported(&db, "all", members("rina@example.org").path(), &[], DONE);
    let before = dump(&db, Compared::Rows);
    imported(&db, "all", members("budi@example.org").path(), &["--batch-size", "1"], DONE);
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, DONE);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back");
}

fn a_row_that_left_and_was_refused_elsewhere_arrives_with_the_next_run(engine: Engine) {
    let db = AppDatabase::new(engine);
    let other: Edits<'_> =
        &[("membership_id", "M2"), ("user_email", "sari@example.org"), ("price", "500000")];
    imported(&db, "all", Exports::new().memberships(&[&[], &[other]]).path(), &[], DONE);
    let moved = [("user_email", "budi@example.org"), ("price", "500000")];
    let exports = Exports::new().memberships(&[&[&moved], &[other]]);
    db.sql("CREATE UNIQUE INDEX one_price ON \"UserMembership\"(\"price\")");
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0704"), memberships(&db).len()), (1, 1));
    db.sql(&drop_index(engine, "UserMembership", "one_price"));
    corrected(&db, &exports, engine);
}

fn a_renewal_that_was_another_member_s_leaves_the_rest_behind(engine: Engine) {
    let db = AppDatabase::new(engine);
    let renewal: Edits<'_> =
        &[("membership_id", "M2"), ("start_date", "2026-06-01"), ("expiry_date", "2027-06-01")];
    let member = |email| {
        let edit = [("user_email", email)];
        Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST], &[renewal, &edit]])
    };
    imported(&db, "all", member("rina@example.org").path(), &[], DONE);
    assert_eq!(memberships(&db).len(), 1);
    corrected(&db, &member("budi@example.org"), engine);
    assert_eq!(memberships(&db).len(), 2);
}

fn two_members_who_were_mixed_up_are_swapped(engine: Engine) {
    let db = AppDatabase::new(engine);
    let members = |one, other| {
        let second = [("membership_id", "M2"), ("expiry_date", "2026-09-01"), ("user_email", other)];
        Exports::new().memberships(&[&[&[("user_email", one)]], &[&second]])
    };
    imported(&db, "all", members("rina@example.org", "budi@example.org").path(), &[], DONE);
    corrected(&db, &members("budi@example.org", "rina@example.org"), engine);
}

fn a_corrected_product_moves_the_membership(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    let other = [("product_id", "103"), ("expiry_date", "")];
    corrected(&db, &Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST, &other]]), engine);
    assert_eq!(roles(&db), ["rina@example.org MEMBER_PREMIUM"]);
    corrected(&db, &one_member(), engine);
}

fn a_row_stays_with_a_membership_that_the_app_has_edited(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    db.sql("UPDATE \"UserMembership\" SET \"autoRenew\" = true");
    let before = memberships(&db);
    let other = [("product_id", "103"), ("expiry_date", "")];
    let changed = Exports::new().orders(&[&[ORDER]]).memberships(&[&[FIRST, &other]]);
    let document = imported(&db, "all", changed.path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "memberships", "held"), found(&document, "SJM-0701")), (1, 1));
    assert_eq!(memberships(&db), before);
}

fn a_row_does_not_join_a_membership_that_the_app_has_edited(engine: Engine) {
    let db = AppDatabase::new(engine);
    let member = |email| {
        let renewal = [("membership_id", "M2"), ("expiry_date", "2027-06-01"), ("user_email", email)];
        Exports::new().memberships(&[&[], &[&renewal]])
    };
    imported(&db, "all", member("budi@example.org").path(), &[], DONE);
    db.sql("UPDATE \"UserMembership\" SET \"autoRenew\" = true WHERE \"externalId\" = 'M1'");
    let before = memberships(&db);
    let document = imported(&db, "all", member("rina@example.org").path(), &[], ROWS_LEFT);
    assert_eq!(rows(&document, "memberships", "held"), 1);
    assert_eq!(memberships(&db), before, "neither is there more of the one nor less of the other");
}

fn a_membership_is_merged_anew_when_only_a_row_is_left_that_is_held(engine: Engine) {
    let db = AppDatabase::new(engine);
    let shop = |first: &str, until, member| {
        let (mine, renewal) = ([("product_id", first)], [("membership_id", "M2"), ("user_email", member)]);
        let other = [("membership_id", "M3"), ("product_id", "103"), ("expiry_date", "2025-06-01")];
        Exports::new().memberships(&[&[&mine], &[&renewal, &[("expiry_date", until)]], &[&other]])
    };
    imported(&db, "all", shop("102", "2027-06-01", "rina@example.org").path(), &[], DONE);
    db.sql("UPDATE \"UserMembership\" SET \"autoRenew\" = true WHERE \"externalId\" = 'M3'");
    // The first row may not join what the app has edited, so what its membership is now the second one alone says.
    let held = shop("103", "2027-09-01", "rina@example.org");
    assert_eq!(found(&imported(&db, "all", held.path(), &[], ROWS_LEFT), "SJM-0701"), 1);
    assert_eq!(count(&db, "UserMembership", "\"externalId\" = 'M2'"), 1);
    imported(&db, "all", shop("103", "2027-09-01", "budi@example.org").path(), &[], ROWS_LEFT);
    let shown: Vec<String> =
        memberships(&db).iter().map(|row| format!("{} {} {}", row[0], row[1], row[7])).collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown[0].starts_with("budi@example.org") && shown[0].ends_with("M2"), "{shown:?}");
    assert!(shown.iter().any(|row| row.starts_with("rina@example.org") && row.ends_with("M1")), "{shown:?}");
}

fn the_orders_of_two_memberships_are_swapped_in_one_run(engine: Engine) {
    let db = AppDatabase::new(engine);
    let second: Edits<'_> = &[("order_id", "5002"), ("order_date", "2024-05-08 10:00:00")];
    let lifetime: Edits<'_> = &[("membership_id", "M2"), ("product_id", "103"), ("expiry_date", "")];
    let exports = |one, other| {
        let (one, other) = ([("order_id", one)], [("order_id", other)]);
        Exports::new().orders(&[&[ORDER], &[ORDER, second]]).memberships(&[&[&one], &[lifetime, &other]])
    };
    imported(&db, "all", exports("5001", "5002").path(), &[], DONE);
    corrected(&db, &exports("5002", "5001"), engine);
}

fn a_membership_ends_when_its_refund_is_seen_first(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    let refunded = [("payment_status", "REFUNDED")];
    let exports = Exports::new().orders(&[&[ORDER, &refunded]]).memberships(&[&[FIRST]]);
    corrected(&db, &exports, engine);
    let ended = format!("\"status\" = 'EXPIRED' AND \"endDate\" = {}", millis("2026-01-01T00:00:00+07:00"));
    assert_eq!(count(&db, "UserMembership", &ended), 1);
    assert_eq!(roles(&db), ["rina@example.org MEMBER_FREE"]);
    let later = ["--format", "json", "--as-of", "2026-03-01T00:00:00+07:00"];
    let path = exports.path().display().to_string();
    let out = db.path("out").display().to_string();
    let outcome = db.run(&[&["import", "all", &path, "--out", &out], &later[..]].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(count(&db, "UserMembership", &ended), 1, "a later import leaves the end where it is");
    verified(&db, &exports);
}

fn a_refund_ends_a_membership_whose_file_is_not_imported_with_it(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", one_member().path(), &[], DONE);
    let refunded = [("payment_status", "REFUNDED")];
    let exports = Exports::new().orders(&[&[ORDER, &refunded]]).memberships(&[&[FIRST]]);
    imported(&db, "orders", exports.path(), &[], DONE);
    assert_eq!(count(&db, "UserMembership", "\"status\" = 'EXPIRED'"), 1);
    assert_eq!(roles(&db), ["rina@example.org MEMBER_FREE"]);
    verified(&db, &exports);
    let document = imported(&db, "memberships", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "unchanged"), 1);
}

fn a_refund_that_was_seen_after_the_end_counts_once_the_end_is_corrected(engine: Engine) {
    let db = AppDatabase::new(engine);
    let until = |day| {
        let (refunded, expiry) = ([("payment_status", "REFUNDED")], [("expiry_date", day)]);
        Exports::new().orders(&[&[ORDER, &refunded]]).memberships(&[&[FIRST, &expiry]])
    };
    let over = until("2025-06-01");
    let document = imported(&db, "all", over.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0511"), 0, "the refund has ended nothing");
    verified(&db, &over);
    let longer = until("2027-06-01");
    let (path, out) = (longer.path().display().to_string(), db.path("out").display().to_string());
    let outcome = db.run(&["import", "all", &path, "--out", &out, "--as-of", "2026-03-01T00:00:00+07:00"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    let ended = format!("\"status\" = 'EXPIRED' AND \"endDate\" = {}", millis("2026-01-01T00:00:00+07:00"));
    assert_eq!(count(&db, "UserMembership", &ended), 1, "an import first saw it in January");
    verified(&db, &longer);
}

fn a_membership_gets_its_transaction_when_its_held_order_is_retried(engine: Engine) {
    let db = AppDatabase::new(engine);
    let unknown = [("payment_status", "tunda?")];
    let broken = Exports::new().orders(&[&[ORDER, &unknown]]).memberships(&[&[FIRST]]);
    let document = imported(&db, "all", broken.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0509"), 1);
    let run = texts(&db, "SELECT \"id\" FROM \"SejoliImportRun\"").remove(0);
    let file = db.path("out").join(&run).join("rejected-orders.csv");
    let mut sheet = crate::support::Sheet::read(&file);
    sheet.set(0, "payment_status", "PAID");
    sheet.write(&file);
    let outcome = db.run(&["retry", &run]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(memberships(&db)[0][8], "sejoli-5001");
    verified(&db, &one_member());
}

on_each_engine!(
    l9_a_membership_that_the_app_has_deleted_is_not_written_again,
    l9_a_membership_that_the_app_has_deleted_is_not_made_of_another_row,
    l9_a_deleted_membership_stays_deleted_when_its_row_is_somebody_elses_by_now,
    l9_a_membership_that_the_app_has_cancelled_stays_so_and_raises_nobody,
    l9_a_role_that_the_app_has_lowered_stays_low,
    verify_sees_a_role_that_no_membership_justifies,
    a_corrected_member_moves_the_membership_and_the_role,
    a_member_that_was_corrected_is_taken_back_exactly,
    a_row_that_left_and_was_refused_elsewhere_arrives_with_the_next_run,
    a_renewal_that_was_another_member_s_leaves_the_rest_behind,
    two_members_who_were_mixed_up_are_swapped,
    a_corrected_product_moves_the_membership,
    a_row_stays_with_a_membership_that_the_app_has_edited,
    a_row_does_not_join_a_membership_that_the_app_has_edited,
    a_membership_is_merged_anew_when_only_a_row_is_left_that_is_held,
    the_orders_of_two_memberships_are_swapped_in_one_run,
    a_membership_ends_when_its_refund_is_seen_first,
    a_refund_ends_a_membership_whose_file_is_not_imported_with_it,
    a_refund_that_was_seen_after_the_end_counts_once_the_end_is_corrected,
    a_membership_gets_its_transaction_when_its_held_order_is_retried,
);

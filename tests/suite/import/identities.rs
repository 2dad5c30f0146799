//! Who of the app somebody of the source is, is decided once; what the app has taken away stays away (L37).

use std::path::Path;

use serde_json::json;

use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, Sheet, assert_same, assert_sound, count, dump, found, imported,
    insert_app_user, json, on_each_engine, rows, texts,
};

/// A shop of one buyer, whose later order names only the phone number.
fn shop() -> Exports {
    Exports::new().orders(&[
        &[&[("buyer_phone", "081234567801")]],
        &[&[("order_id", "5002"), ("buyer_email", ""), ("buyer_phone", "081234567801")]],
    ])
}

fn edit(folder: &Path, edits: impl FnOnce(&mut Sheet)) {
    let path = folder.join("orders.csv");
    let mut sheet = Sheet::read(&path);
    edits(&mut sheet);
    sheet.write(&path);
}

/// One more order, like the first one but for these cells.
fn add_order(folder: &Path, cells: &[(&str, &str)]) {
    edit(folder, |sheet| {
        sheet.rows.push(sheet.rows[0].clone());
        let last = sheet.len() - 1;
        cells.iter().for_each(|(column, cell)| sheet.set(last, column, cell));
    });
}

#[track_caller]
fn nothing_is_written(db: &AppDatabase, folder: &Path, more: &[&str]) -> serde_json::Value {
    let before = dump(db, Compared::Rows);
    let document = imported(db, "all", folder, more, DONE);
    assert_eq!(document["total"]["tables"], json!({}), "{document:#}");
    assert_same(&before, &dump(db, Compared::Rows), "imported again");
    document
}

#[track_caller]
fn verified(db: &AppDatabase, folder: &Path) {
    let outcome = db.run(&["verify", &folder.display().to_string()]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

fn buyer(db: &AppDatabase, order: &str) -> String {
    let sql = format!("SELECT \"userId\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-{order}'");
    texts(db, &sql).pop().unwrap_or_default()
}

fn l37_addresses_and_numbers_that_change_hands_move_nothing(engine: Engine) {
    let exports = shop();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let first = buyer(&db, "5001");
    assert_eq!(
        count(&db, "SejoliIdentity", &format!("\"userId\" = '{first}'")),
        2,
        "by address and by number"
    );
    verified(&db, exports.path());
    db.sql("UPDATE \"User\" SET \"email\" = 'pindah@example.org'");
    insert_app_user(&db, "u2", "rina@example.org", "Orang Lain", "MEMBER_FREE");
    db.sql("UPDATE \"User\" SET \"phone\" = '+6281234567801' WHERE \"id\" = 'u2'");
    nothing_is_written(&db, exports.path(), &[]);
    add_order(exports.path(), &[("order_id", "5003")]);
    add_order(exports.path(), &[("order_id", "5004"), ("buyer_email", ""), ("buyer_name", "")]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "orders", "created"), 2);
    assert_eq!((buyer(&db, "5003"), buyer(&db, "5004")), (first.clone(), first));
    assert_eq!(count(&db, "User", "1"), 2);
    assert_sound(&db);
}

fn buyers_who_have_changed_their_addresses_do_not_stop_a_stranger(engine: Engine) {
    let mails: Vec<String> = (0..22).map(|at| format!("pembeli{at}@example.org")).collect();
    let numbers: Vec<String> = (0..22).map(|at| (6000 + at).to_string()).collect();
    let cells: Vec<[(&str, &str); 2]> = mails
        .iter()
        .zip(&numbers)
        .map(|(mail, number)| [("order_id", number.as_str()), ("buyer_email", mail.as_str())])
        .collect();
    let edits: Vec<[&[(&str, &str)]; 1]> = cells.iter().map(|cells| [cells.as_slice()]).collect();
    let orders: Vec<&[&[(&str, &str)]]> = edits.iter().map(|edits| edits.as_slice()).collect();
    let exports = Exports::new().orders(&orders);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"User\" SET \"email\" = concat('baru-', \"email\")");
    add_order(exports.path(), &[("order_id", "7000"), ("buyer_email", "asing@example.org")]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((rows(&document, "orders", "created"), rows(&document, "orders", "unchanged")), (1, 22));
    assert_eq!(count(&db, "User", "1"), 23);
}

fn somebody_who_was_merged_away_or_deleted_is_not_created_again(engine: Engine) {
    let exports = shop();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let first = buyer(&db, "5001");
    insert_app_user(&db, "u2", "gabung@example.org", "Rina", "MEMBER_FREE");
    db.sql("UPDATE \"Transaction\" SET \"userId\" = 'u2'");
    db.sql(&format!("DELETE FROM \"User\" WHERE \"id\" = '{first}'"));
    nothing_is_written(&db, exports.path(), &[]);
    add_order(exports.path(), &[("order_id", "5003")]);
    edit(exports.path(), |sheet| sheet.set(0, "amount", "90000"));
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0705"), rows(&document, "orders", "held")), (2, 2));
    assert_eq!((count(&db, "User", "1"), count(&db, "Transaction", "1")), (1, 2));
    edit(exports.path(), |sheet| sheet.set(0, "amount", "100000"));
    let document = imported(&db, "all", exports.path(), &["--restore-deleted"], DONE);
    assert_eq!(rows(&document, "orders", "created"), 1, "{document:#}");
    assert_eq!(
        texts(&db, "SELECT \"email\" FROM \"User\" ORDER BY 1"),
        ["gabung@example.org", "rina@example.org"]
    );
    assert_eq!(count(&db, "SejoliIdentity", "\"userId\" NOT IN (SELECT \"id\" FROM \"User\")"), 0);
}

fn nobody_is_created_for_a_correction_that_is_held(engine: Engine) {
    let exports = shop();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"Transaction\" SET \"amount\" = 77000");
    edit(exports.path(), |sheet| sheet.set(0, "buyer_email", "benar@example.org"));
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0701"), rows(&document, "orders", "unchanged")), (1, 1));
    assert_eq!(texts(&db, "SELECT \"email\" FROM \"User\""), ["rina@example.org"]);
}

fn a_deleted_transaction_stays_deleted_until_it_is_restored(engine: Engine) {
    let exports = shop();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let before = dump(&db, Compared::Content);
    db.sql("DELETE FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5001'");
    let document = nothing_is_written(&db, exports.path(), &[]);
    assert_eq!((found(&document, "SJM-0706"), rows(&document, "orders", "unchanged")), (1, 2));
    edit(exports.path(), |sheet| sheet.set(0, "buyer_name", "Rina Baru"));
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0701"), 1);
    edit(exports.path(), |sheet| sheet.set(0, "buyer_name", "Rina Contoh"));
    let document = imported(&db, "all", exports.path(), &["--restore-deleted"], DONE);
    assert_eq!(rows(&document, "orders", "updated"), 1);
    assert_same(&before, &dump(&db, Compared::Content), "restored");
    verified(&db, exports.path());
    let outcome = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(buyer(&db, "5001"), "");
}

fn l37_an_emptied_name_or_number_is_not_filled_again(engine: Engine) {
    let exports = shop();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"User\" SET \"name\" = '', \"phone\" = NULL");
    nothing_is_written(&db, exports.path(), &[]);
    edit(exports.path(), |sheet| sheet.set(0, "buyer_whatsapp", "081234567802"));
    imported(&db, "all", exports.path(), &[], DONE);
    let details = |column: &str| texts(&db, &format!("SELECT COALESCE(\"{column}\", '') FROM \"User\""));
    assert_eq!((details("name"), details("phone")), (vec![String::new()], vec![String::new()]));
    assert_eq!(details("whatsapp"), ["+6281234567802"], "that one no import has written before");
    imported(&db, "all", exports.path(), &["--restore-deleted"], DONE);
    assert_eq!(
        (details("name"), details("phone")),
        (vec!["Rina Contoh".to_owned()], vec!["+6281234567801".to_owned()])
    );
}

/// A product of the app, with a product map that names it.
fn with_product(db: &AppDatabase, folder: &Path, id: &str) {
    if count(db, "User", "\"id\" = 'penjual'") == 0 {
        insert_app_user(db, "penjual", "penjual@example.org", "Penjual", "ADMIN");
    }
    db.sql(&format!(
        "INSERT INTO \"Product\" (\"id\", \"creatorId\", \"name\", \"slug\", \"description\", \"price\", \"updatedAt\") \
         SELECT '{id}', \"id\", 'Buku', 'buku-{id}', '', 1, \"updatedAt\" FROM \"User\" WHERE \"id\" = 'penjual'"
    ));
    map_product(folder, id);
}

fn map_product(folder: &Path, id: &str) {
    let path = folder.join("products.csv");
    let mut map = Sheet::read(&path);
    let row = map.find(|cell| cell("product_id") == "201");
    map.set(row, "product", &format!("buku-{id}"));
    map.write(&path);
}

fn owners(db: &AppDatabase) -> Vec<String> {
    texts(
        db,
        "SELECT u.\"email\" || ' ' || p.\"productId\" || ' ' || t.\"externalId\" FROM \"UserProduct\" p \
         JOIN \"User\" u ON u.\"id\" = p.\"userId\" LEFT JOIN \"Transaction\" t ON t.\"id\" = p.\"transactionId\" \
         ORDER BY 1",
    )
}

fn a_corrected_buyer_takes_order_and_product_along_and_leaves_nobody_behind(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("buyer_email", "salah@example.org")]],
        &[&[("order_id", "5002"), ("order_date", "2024-05-08 10:00:00"), ("buyer_email", "dua@example.org")]],
        &[&[("order_id", "5003"), ("order_date", "2024-05-09 10:00:00"), ("buyer_email", "dua@example.org")]],
    ]);
    let db = AppDatabase::new(engine);
    with_product(&db, exports.path(), "p1");
    imported(&db, "all", exports.path(), &[], DONE);
    let before = dump(&db, Compared::Rows);
    // The first order of each of two owners goes to somebody else, and one of them takes over the other's.
    edit(exports.path(), |sheet| {
        sheet.set(0, "buyer_email", "benar@example.org");
        sheet.set(1, "buyer_email", "tiga@example.org");
    });
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "orders", "updated"), 2);
    assert_eq!(
        owners(&db),
        [
            "benar@example.org p1 sejoli-5001",
            "dua@example.org p1 sejoli-5003",
            "tiga@example.org p1 sejoli-5002"
        ]
    );
    assert_eq!(count(&db, "User", "\"email\" = 'salah@example.org'"), 0, "nothing of hers is left");
    verified(&db, exports.path());
    nothing_is_written(&db, exports.path(), &[]);
    let fresh = AppDatabase::new(engine);
    with_product(&fresh, exports.path(), "p1");
    imported(&fresh, "all", exports.path(), &[], DONE);
    for sql in
        ["SELECT \"email\" FROM \"User\" ORDER BY 1", "SELECT \"id\" FROM \"SejoliIdentity\" ORDER BY 1"]
    {
        assert_eq!(texts(&db, sql), texts(&fresh, sql), "as by a fresh import");
    }
    assert_eq!(owners(&db), owners(&fresh));
    // The repetition wrote nothing, so that there is nothing of it to undo.
    for undone in 1..=2 {
        let outcome = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
        if undone == 1 {
            assert_same(&before, &dump(&db, Compared::Rows), "the correction is taken back");
        }
    }
    assert_eq!((count(&db, "User", "1"), count(&db, "SejoliIdentity", "1")), (1, 0), "only the app's own");
}

fn a_corrected_buyer_whom_the_app_knows_or_has_edited_stays(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("buyer_email", "app@example.org")]],
        &[&[("order_id", "5002"), ("buyer_email", "edited@example.org")]],
    ]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "app@example.org", "Milik Aplikasi", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"User\" SET \"updatedAt\" = \"createdAt\" WHERE \"email\" = 'edited@example.org'");
    edit(exports.path(), |sheet| {
        sheet.set(0, "buyer_email", "benar@example.org");
        sheet.set(1, "buyer_email", "benar@example.org");
    });
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(
        texts(&db, "SELECT \"email\" FROM \"User\" ORDER BY 1"),
        ["app@example.org", "benar@example.org", "edited@example.org"]
    );
}

fn a_buyer_whom_the_app_has_edited_stays_also_where_an_import_has_filled_in_more(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("buyer_email", "edited@example.org"), ("buyer_whatsapp", "")]],
        &[&[("order_id", "5002"), ("buyer_email", "filled@example.org"), ("buyer_whatsapp", "")]],
    ]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let edited = "\"name\" = 'Nama Baru', \"updatedAt\" = \"createdAt\"";
    db.sql(&format!("UPDATE \"User\" SET {edited} WHERE \"email\" = 'edited@example.org'"));
    edit(exports.path(), |sheet| {
        [0, 1].iter().for_each(|row| sheet.set(*row, "buyer_whatsapp", &format!("08123456780{row}")));
    });
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(count(&db, "User", "\"whatsapp\" IS NOT NULL"), 2, "what was empty is filled");
    edit(exports.path(), |sheet| {
        [0, 1].iter().for_each(|row| sheet.set(*row, "buyer_email", "benar@example.org"))
    });
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(
        texts(&db, "SELECT \"email\" FROM \"User\" ORDER BY 1"),
        ["benar@example.org", "edited@example.org"],
        "nobody has edited the other one"
    );
}

fn a_corrected_product_map_takes_the_ownership_along(engine: Engine) {
    let later =
        [("order_id", "5002"), ("order_date", "2024-05-08 10:00:00"), ("paid_date", "2024-05-08 10:00:00")];
    let exports = Exports::new().orders(&[&[], &[&later]]);
    let db = AppDatabase::new(engine);
    with_product(&db, exports.path(), "p1");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(owners(&db), ["rina@example.org p1 sejoli-5001"]);
    with_product(&db, exports.path(), "p2");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "orders", "updated"), 2);
    assert_eq!(owners(&db), ["rina@example.org p2 sejoli-5001"]);
    verified(&db, exports.path());
    nothing_is_written(&db, exports.path(), &[]);
}

fn an_ownership_whose_place_the_app_has_given_away_is_named_before_a_rollback_begins(engine: Engine) {
    let exports = Exports::new().orders(&[&[]]);
    let db = AppDatabase::new(engine);
    with_product(&db, exports.path(), "p1");
    imported(&db, "all", exports.path(), &[], DONE);
    with_product(&db, exports.path(), "p2");
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(owners(&db), ["rina@example.org p2 sejoli-5001"]);
    db.sql(
        "INSERT INTO \"UserProduct\" (\"id\", \"userId\", \"productId\", \"price\", \"purchaseDate\", \"updatedAt\") \
         SELECT 'given', \"userId\", 'p1', 1, \"purchaseDate\", \"updatedAt\" FROM \"UserProduct\"",
    );
    let before = dump(&db, Compared::Rows);
    let refused = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(refused.code, REFUSED, "{}{}", refused.stdout, refused.stderr);
    let said = format!("{}{}", refused.prose(), refused.stderr);
    assert!(said.contains("had the userId and productId that UserProduct given has now"), "{said}");
    assert_same(&before, &dump(&db, Compared::Rows), "nothing is touched");
    let kept = db.run(&["rollback", "--last", "--yes", "--keep-edited"]);
    assert_eq!(kept.code, DONE, "{}{}", kept.stdout, kept.stderr);
    assert_eq!(count(&db, "UserProduct", "\"id\" = 'given' AND \"productId\" = 'p1'"), 1);
}

fn a_buyer_whose_address_the_app_has_given_away_is_named_with_what_would_be_his(engine: Engine) {
    let exports = Exports::new().orders(&[&[&[("buyer_email", "salah@example.org")]]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    edit(exports.path(), |sheet| sheet.set(0, "buyer_email", "benar@example.org"));
    imported(&db, "all", exports.path(), &[], DONE);
    insert_app_user(&db, "u2", "salah@example.org", "Lain", "MEMBER_FREE");
    let before = dump(&db, Compared::Rows);
    let refused = db.run(&["rollback", "--last", "--yes", "--format", "json"]);
    assert_eq!(refused.code, REFUSED, "{}{}", refused.stdout, refused.stderr);
    let document = json(&refused);
    let causes = document["conflicts"].as_array().expect("conflicts").iter();
    let causes: Vec<String> =
        causes.map(|conflict| format!("{} {}", conflict["table"], conflict["cause"])).collect();
    assert!(causes.contains(&"\"User\" \"taken\"".to_owned()), "{causes:?}");
    assert!(causes.contains(&"\"Transaction\" \"orphaned\"".to_owned()), "{causes:?}");
    assert_same(&before, &dump(&db, Compared::Rows), "nothing is touched");
    let kept = db.run(&["rollback", "--last", "--yes", "--keep-edited"]);
    assert_eq!(kept.code, DONE, "{}{}", kept.stdout, kept.stderr);
    assert_eq!(
        buyer(&db, "5001"),
        texts(&db, "SELECT \"id\" FROM \"User\" WHERE \"email\" = 'benar@example.org'")[0]
    );
}

fn an_edited_order_is_not_held_because_the_product_map_has_changed(engine: Engine) {
    let exports = Exports::new().orders(&[&[]]);
    let db = AppDatabase::new(engine);
    with_product(&db, exports.path(), "p1");
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"Transaction\" SET \"amount\" = 7");
    with_product(&db, exports.path(), "p2");
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "orders", "unchanged"), 1, "the source has not changed");
    assert_eq!(count(&db, "Transaction", "\"amount\" = 7 AND \"productId\" = 'p1'"), 1);
}

fn an_order_that_is_held_fills_nothing_in(engine: Engine) {
    let exports = Exports::new().orders(&[&[]]);
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u2", "lain@example.org", "Lain", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"Transaction\" SET \"amount\" = 7");
    edit(exports.path(), |sheet| {
        sheet.set(0, "buyer_email", "lain@example.org");
        sheet.set(0, "buyer_whatsapp", "081234567899");
    });
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "orders", "held"), found(&document, "SJM-0701")), (1, 1));
    assert_eq!(count(&db, "User", "\"id\" = 'u2' AND \"whatsapp\" IS NULL"), 1);
    assert_eq!(count(&db, "SejoliIdentity", "\"userId\" = 'u2'"), 0, "nor is it decided who that is");
}

fn a_deleted_ownership_stays_deleted_until_it_is_restored(engine: Engine) {
    let exports = Exports::new().orders(&[&[]]);
    let db = AppDatabase::new(engine);
    with_product(&db, exports.path(), "p1");
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("DELETE FROM \"UserProduct\"");
    nothing_is_written(&db, exports.path(), &[]);
    add_order(exports.path(), &[("order_id", "5002"), ("order_date", "2024-05-07 07:00:00")]);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((found(&document, "SJM-0706"), count(&db, "UserProduct", "1")), (1, 0));
    imported(&db, "all", exports.path(), &["--restore-deleted"], DONE);
    assert_eq!(owners(&db), ["rina@example.org p1 sejoli-5001"]);
    verified(&db, exports.path());
}

/// Which rows stand in one batch decides nothing: that the app has taken a product away is known also where the order that had
/// bought it is corrected away before another one comes.
fn l37_a_deleted_ownership_stays_deleted_in_batches_of_any_size(engine: Engine) {
    for size in ["1", "500"] {
        let exports = Exports::new().orders(&[&[]]);
        let db = AppDatabase::new(engine);
        with_product(&db, exports.path(), "p1");
        imported(&db, "all", exports.path(), &[], DONE);
        db.sql("DELETE FROM \"UserProduct\"");
        edit(exports.path(), |sheet| sheet.set(0, "buyer_email", "lain@example.org"));
        let another = [("order_id", "5002"), ("buyer_email", "rina@example.org")];
        add_order(exports.path(), &another);
        let document = imported(&db, "all", exports.path(), &["--batch-size", size], DONE);
        assert_eq!(found(&document, "SJM-0706"), 1, "batches of {size}");
        assert_eq!(owners(&db), ["lain@example.org p1 sejoli-5001"], "batches of {size}");
        nothing_is_written(&db, exports.path(), &[]);
    }
}

fn verify_finds_an_order_of_somebody_else_and_a_decision_that_nobody_made(engine: Engine) {
    let exports = shop();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    verified(&db, exports.path());
    insert_app_user(&db, "u2", "lain@example.org", "Lain", "MEMBER_FREE");
    let said = |sql: &str| {
        db.sql(sql);
        db.run(&["verify", &exports.path().display().to_string()]).stdout
    };
    let first = buyer(&db, "5001");
    let moved = said("UPDATE \"Transaction\" SET \"userId\" = 'u2' WHERE \"externalId\" = 'sejoli-5002'");
    assert!(moved.contains("order 5002: its user u2 is another person"), "{moved}");
    let back = format!("UPDATE \"Transaction\" SET \"userId\" = '{first}'");
    let clean = said(&back);
    assert!(!clean.contains("another person"), "{clean}");
    let copied = said(
        "INSERT INTO \"SejoliIdentity\" SELECT 'c000000001234567890123456', \"userId\", \"runId\", \"wroteName\", \
         \"wrotePhone\", \"wroteWhatsapp\", \"raisedRole\", \"createdAt\", \"updatedAt\" FROM \"SejoliIdentity\" LIMIT 1",
    );
    assert!(copied.contains("SejoliIdentity: imports have inserted 2 rows, and 3 are there"), "{copied}");
}

on_each_engine!(
    l37_addresses_and_numbers_that_change_hands_move_nothing,
    buyers_who_have_changed_their_addresses_do_not_stop_a_stranger,
    somebody_who_was_merged_away_or_deleted_is_not_created_again,
    nobody_is_created_for_a_correction_that_is_held,
    a_deleted_transaction_stays_deleted_until_it_is_restored,
    l37_an_emptied_name_or_number_is_not_filled_again,
    a_corrected_buyer_takes_order_and_product_along_and_leaves_nobody_behind,
    a_corrected_buyer_whom_the_app_knows_or_has_edited_stays,
    a_buyer_whom_the_app_has_edited_stays_also_where_an_import_has_filled_in_more,
    a_corrected_product_map_takes_the_ownership_along,
    an_ownership_whose_place_the_app_has_given_away_is_named_before_a_rollback_begins,
    a_buyer_whose_address_the_app_has_given_away_is_named_with_what_would_be_his,
    an_edited_order_is_not_held_because_the_product_map_has_changed,
    an_order_that_is_held_fills_nothing_in,
    a_deleted_ownership_stays_deleted_until_it_is_restored,
    l37_a_deleted_ownership_stays_deleted_in_batches_of_any_size,
    verify_finds_an_order_of_somebody_else_and_a_decision_that_nobody_made,
);

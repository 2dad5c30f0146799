//! `rollback`, through the binary: a run goes, and everything else stands as it stood.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT, USAGE};
use crate::support::{
    AppDatabase, Compared, Dump, Engine, Exports, Outcome, assert_same, count, dump, fixture, imported,
    insert_app_user, json, on_each_engine,
};

/// Everything but the line that says that the run was.
fn everything(db: &AppDatabase) -> Dump {
    let mut dump = dump(db, Compared::Everything);
    dump.remove("SejoliImportRun");
    dump
}

fn rollback(db: &AppDatabase, more: &[&str]) -> Outcome {
    let mut args = vec!["rollback", "--last", "--format", "json"];
    args.extend(more);
    db.run(&args)
}

#[track_caller]
fn undone(db: &AppDatabase, more: &[&str]) -> Value {
    let mut args = vec!["--yes"];
    args.extend(more);
    let outcome = rollback(db, &args);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

/// A shop whose app has people of its own: one who buys, and one who sells.
fn app_with_people(engine: Engine) -> (Exports, AppDatabase) {
    let (exports, _) = Exports::generated(300);
    let db = AppDatabase::new(engine);
    let orders = exports.sheet("orders.csv");
    let affiliates = exports.sheet("affiliates.csv");
    insert_app_user(&db, "u-buyer", &orders.get(0, "buyer_email").to_uppercase(), "", "ADMIN");
    insert_app_user(&db, "u-seller", affiliates.get(0, "affiliate_email"), "Penjual", "MEMBER_FREE");
    insert_app_user(&db, "u-other", "lain@example.org", "Lain", "MEMBER_FREE");
    (exports, db)
}

/// Table and id of every conflict with one of these causes.
fn conflicts(document: &Value, causes: &[&str]) -> BTreeSet<(String, String)> {
    let text = |conflict: &Value, name: &str| conflict[name].as_str().expect("a text").to_owned();
    let all = document["conflicts"].as_array().expect("a list").iter();
    all.filter(|conflict| causes.contains(&text(conflict, "cause").as_str()))
        .map(|conflict| (text(conflict, "table"), text(conflict, "id")))
        .collect()
}

fn first_id(db: &AppDatabase, table: &str, filter: &str) -> String {
    let rows = db.query(&format!("SELECT \"id\" FROM \"{table}\" WHERE {filter} ORDER BY \"id\" LIMIT 1"));
    rows[0][0].clone().into_text().expect("an id")
}

fn l26_a_rollback_leaves_the_database_as_it_was(engine: Engine) {
    let (exports, db) = app_with_people(engine);
    let before = everything(&db);
    imported(&db, "all", exports.path(), &["--batch-size", "70"], DONE);
    assert_ne!(before["User"], everything(&db)["User"], "the app's own people were filled");
    undone(&db, &[]);
    assert_same(&before, &everything(&db), "after the rollback");
    assert_eq!(count(&db, "SejoliImportRun", "\"state\" = 'ROLLED_BACK'"), 1);
    let again = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(again.code, USAGE, "{again:?}");
}

fn a_messy_shop_goes_as_it_came_and_comes_again_as_it_was(engine: Engine) {
    let db = AppDatabase::new(engine);
    let before = everything(&db);
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    let first = dump(&db, Compared::Content);
    undone(&db, &[]);
    assert_same(&before, &everything(&db), "after the rollback");
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    assert_same(&first, &dump(&db, Compared::Content), "imported again");
}

fn a_second_import_is_taken_back_alone_and_first(engine: Engine) {
    let (exports, db) = app_with_people(engine);
    let empty = everything(&db);
    imported(&db, "all", exports.path(), &[], DONE);
    let first = everything(&db);
    let mut orders = exports.sheet("orders.csv");
    for row in 0..orders.len() {
        let next = match orders.get(row, "payment_status") {
            "PAID" => "REFUNDED",
            "PENDING" => "EXPIRED",
            _ => continue,
        };
        if row % 3 == 0 {
            orders.set(row, "payment_status", next);
        }
    }
    orders.write(&exports.path().join("orders.csv"));
    let second = imported(&db, "all", exports.path(), &[], DONE);
    let taken_back = count(&db, "AffiliateConversion", "1");
    assert!(taken_back < first["AffiliateConversion"].len() as i64, "conversions were taken back");
    let runs = db.query("SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\"");
    let oldest = runs[0][0].clone().into_text().expect("an id");
    let refused = db.run(&["rollback", &oldest, "--yes"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains(second["run"].as_str().expect("a run")), "{}", refused.stderr);
    undone(&db, &[]);
    assert_same(&first, &everything(&db), "the second run undone");
    undone(&db, &[]);
    assert_same(&empty, &everything(&db), "both runs undone");
}

fn l26_rows_that_were_edited_since_refuse_the_rollback_by_name(engine: Engine) {
    let (exports, db) = app_with_people(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let log = first_id(&db, "SejoliWebhookLog", "1");
    let wallet = first_id(&db, "WalletTransaction", "\"type\" = 'COMMISSION'");
    db.sql(&format!("UPDATE \"SejoliWebhookLog\" SET \"processError\" = 'seen' WHERE \"id\" = '{log}'"));
    db.sql(&format!("UPDATE \"WalletTransaction\" SET \"description\" = 'seen' WHERE \"id\" = '{wallet}'"));
    db.sql("UPDATE \"User\" SET \"phone\" = '+6281299999999' WHERE \"id\" = 'u-buyer'");
    let before = everything(&db);
    let outcome = rollback(&db, &["--yes"]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert_same(&before, &everything(&db), "nothing is touched");
    let expected = [("SejoliWebhookLog", log), ("User", "u-buyer".to_owned()), ("WalletTransaction", wallet)];
    let expected = expected.map(|(table, id)| (table.to_owned(), id)).into_iter().collect();
    let document = json(&outcome);
    assert_eq!(conflicts(&document, &["edited", "gone", "replaced"]), expected);
    assert_eq!(document["done"], Value::Bool(false));
}

fn what_was_edited_is_kept_on_request_with_what_it_rests_on(engine: Engine) {
    let (exports, db) = app_with_people(engine);
    let before = everything(&db);
    imported(&db, "all", exports.path(), &[], DONE);
    let kept = first_id(&db, "Transaction", "\"userId\" NOT LIKE 'u-%' AND \"affiliateId\" IS NULL");
    db.sql(&format!("UPDATE \"Transaction\" SET \"description\" = 'seen' WHERE \"id\" = '{kept}'"));
    let rows = db.query(&format!("SELECT \"userId\" FROM \"Transaction\" WHERE \"id\" = '{kept}'"));
    let user = rows[0][0].clone().into_text().expect("a user");
    let document = undone(&db, &["--keep-edited"]);
    assert_eq!(conflicts(&document, &["edited"]), [("Transaction".to_owned(), kept.clone())].into());
    assert!(conflicts(&document, &["needed"]).contains(&("User".to_owned(), user.clone())));
    let mut after = everything(&db);
    let take = |after: &mut Dump, table: &str, id: &str| {
        let rows = after.get_mut(table).expect("the table");
        let at = rows.iter().position(|row| row["id"].contains(id)).unwrap_or_else(|| panic!("{table} {id}"));
        rows.remove(at);
    };
    take(&mut after, "Transaction", &kept);
    take(&mut after, "User", &user);
    assert_same(&before, &after, "the rest is undone");
}

fn a_row_of_the_app_that_rests_on_an_imported_one_refuses_the_rollback(engine: Engine) {
    let (exports, db) = app_with_people(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let user = first_id(&db, "User", "\"id\" NOT LIKE 'u-%'");
    db.sql(&format!(
        "INSERT INTO \"Transaction\" (\"id\", \"userId\", \"type\", \"status\", \"amount\", \"createdAt\", \"updatedAt\") \
         SELECT 't-own', '{user}', 'PRODUCT', 'SUCCESS', 5000, \"createdAt\", \"updatedAt\" \
         FROM \"User\" WHERE \"id\" = 'u-other'"
    ));
    let before = everything(&db);
    let outcome = rollback(&db, &["--yes"]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert_eq!(conflicts(&json(&outcome), &["needed"]), [("User".to_owned(), user)].into());
    assert!(outcome.stdout.contains("t-own"), "{}", outcome.stdout);
    assert_same(&before, &everything(&db), "nothing is touched");
}

fn without_yes_it_only_says_what_it_would_do(engine: Engine) {
    let (exports, db) = app_with_people(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let before = everything(&db);
    let asked = db.run(&["rollback", "--last"]);
    assert_eq!(asked.code, REFUSED, "{asked:?}");
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    let dry = rollback(&db, &["--dry-run"]);
    assert_eq!(dry.code, DONE, "{dry:?}");
    let orders = before["Transaction"].len() as u64;
    assert_eq!(json(&dry)["tables"]["Transaction"]["deleted"].as_u64(), Some(orders));
    assert_same(&before, &everything(&db), "nothing is written");
}

fn a_run_that_nobody_knows_is_named(engine: Engine) {
    let db = AppDatabase::new(engine);
    let outcome = db.run(&["rollback", "20990101-000000000-abcdef", "--yes"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    imported(&db, "all", Path::new(&fixture("clean")), &[], DONE);
    let outcome = db.run(&["rollback", "20990101-000000000-abcdef", "--yes"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(outcome.stderr.contains("20990101-000000000-abcdef"), "{}", outcome.stderr);
}

on_each_engine!(
    l26_a_rollback_leaves_the_database_as_it_was,
    a_messy_shop_goes_as_it_came_and_comes_again_as_it_was,
    a_second_import_is_taken_back_alone_and_first,
    l26_rows_that_were_edited_since_refuse_the_rollback_by_name,
    what_was_edited_is_kept_on_request_with_what_it_rests_on,
    a_row_of_the_app_that_rests_on_an_imported_one_refuses_the_rollback,
    without_yes_it_only_says_what_it_would_do,
    a_run_that_nobody_knows_is_named,
);

//! `rollback`, through the binary: a run goes, and everything else stands as it stood.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::import::{Compared, Dump, Exports, app_user, assert_same, count, dump, imported, json};
use crate::support::{Engine, Outcome, Shop, fixture, on_each_engine};

const DONE: i32 = 0;
const USAGE: i32 = 2;
const ROWS_LEFT: i32 = 3;
const REFUSED: i32 = 5;

/// Everything but the line that says that the run was.
fn everything(shop: &Shop) -> Dump {
    let mut dump = dump(shop, Compared::Everything);
    dump.remove("SejoliImportRun");
    dump
}

fn rollback(shop: &Shop, more: &[&str]) -> Outcome {
    let mut args = vec!["rollback", "--last", "--format", "json"];
    args.extend(more);
    shop.run(&args)
}

#[track_caller]
fn undone(shop: &Shop, more: &[&str]) -> Value {
    let mut args = vec!["--yes"];
    args.extend(more);
    let outcome = rollback(shop, &args);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

/// A shop whose app has people of its own: one who buys, and one who sells.
fn live(engine: Engine) -> (Exports, Shop) {
    let (exports, _) = Exports::generated(300);
    let shop = Shop::new(engine);
    let orders = exports.sheet("orders.csv");
    let affiliates = exports.sheet("affiliates.csv");
    app_user(&shop, "u-buyer", &orders.get(0, "buyer_email").to_uppercase(), "", "ADMIN");
    app_user(&shop, "u-seller", affiliates.get(0, "affiliate_email"), "Penjual", "MEMBER_FREE");
    app_user(&shop, "u-other", "lain@example.org", "Lain", "MEMBER_FREE");
    (exports, shop)
}

/// Table and id of every conflict with one of these causes.
fn conflicts(document: &Value, causes: &[&str]) -> BTreeSet<(String, String)> {
    let text = |conflict: &Value, name: &str| conflict[name].as_str().expect("a text").to_owned();
    let all = document["conflicts"].as_array().expect("a list").iter();
    all.filter(|conflict| causes.contains(&text(conflict, "cause").as_str()))
        .map(|conflict| (text(conflict, "table"), text(conflict, "id")))
        .collect()
}

fn first_id(shop: &Shop, table: &str, filter: &str) -> String {
    let rows = shop.query(&format!("SELECT \"id\" FROM \"{table}\" WHERE {filter} ORDER BY \"id\" LIMIT 1"));
    rows[0][0].clone().into_text().expect("an id")
}

fn l26_a_rollback_leaves_the_database_as_it_was(engine: Engine) {
    let (exports, shop) = live(engine);
    let before = everything(&shop);
    imported(&shop, "all", exports.path(), &["--batch-size", "70"], DONE);
    assert_ne!(before["User"], everything(&shop)["User"], "the app's own people were filled");
    undone(&shop, &[]);
    assert_same(&before, &everything(&shop), "after the rollback");
    assert_eq!(count(&shop, "SejoliImportRun", "\"state\" = 'ROLLED_BACK'"), 1);
    let again = shop.run(&["rollback", "--last", "--yes"]);
    assert_eq!(again.code, USAGE, "{again:?}");
}

fn a_messy_shop_goes_as_it_came_and_comes_again_as_it_was(engine: Engine) {
    let shop = Shop::new(engine);
    let before = everything(&shop);
    imported(&shop, "all", &fixture("messy"), &[], ROWS_LEFT);
    let first = dump(&shop, Compared::Content);
    undone(&shop, &[]);
    assert_same(&before, &everything(&shop), "after the rollback");
    imported(&shop, "all", &fixture("messy"), &[], ROWS_LEFT);
    assert_same(&first, &dump(&shop, Compared::Content), "imported again");
}

fn a_second_import_is_taken_back_alone_and_first(engine: Engine) {
    let (exports, shop) = live(engine);
    let empty = everything(&shop);
    imported(&shop, "all", exports.path(), &[], DONE);
    let first = everything(&shop);
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
    let second = imported(&shop, "all", exports.path(), &[], DONE);
    let taken_back = count(&shop, "AffiliateConversion", "1");
    assert!(taken_back < first["AffiliateConversion"].len() as i64, "conversions were taken back");
    let runs = shop.query("SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\"");
    let oldest = runs[0][0].clone().into_text().expect("an id");
    let refused = shop.run(&["rollback", &oldest, "--yes"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains(second["run"].as_str().expect("a run")), "{}", refused.stderr);
    undone(&shop, &[]);
    assert_same(&first, &everything(&shop), "the second run undone");
    undone(&shop, &[]);
    assert_same(&empty, &everything(&shop), "both runs undone");
}

fn l26_rows_that_were_edited_since_refuse_the_rollback_by_name(engine: Engine) {
    let (exports, shop) = live(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    let log = first_id(&shop, "SejoliWebhookLog", "1");
    let wallet = first_id(&shop, "WalletTransaction", "\"type\" = 'COMMISSION'");
    shop.sql(&format!("UPDATE \"SejoliWebhookLog\" SET \"processError\" = 'seen' WHERE \"id\" = '{log}'"));
    shop.sql(&format!("UPDATE \"WalletTransaction\" SET \"description\" = 'seen' WHERE \"id\" = '{wallet}'"));
    shop.sql("UPDATE \"User\" SET \"phone\" = '+6281299999999' WHERE \"id\" = 'u-buyer'");
    let before = everything(&shop);
    let outcome = rollback(&shop, &["--yes"]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert_same(&before, &everything(&shop), "nothing is touched");
    let expected = [("SejoliWebhookLog", log), ("User", "u-buyer".to_owned()), ("WalletTransaction", wallet)];
    let expected = expected.map(|(table, id)| (table.to_owned(), id)).into_iter().collect();
    let document = json(&outcome);
    assert_eq!(conflicts(&document, &["edited", "gone", "replaced"]), expected);
    assert_eq!(document["done"], Value::Bool(false));
}

fn what_was_edited_is_kept_on_request_with_what_it_rests_on(engine: Engine) {
    let (exports, shop) = live(engine);
    let before = everything(&shop);
    imported(&shop, "all", exports.path(), &[], DONE);
    let kept = first_id(&shop, "Transaction", "\"userId\" NOT LIKE 'u-%' AND \"affiliateId\" IS NULL");
    shop.sql(&format!("UPDATE \"Transaction\" SET \"description\" = 'seen' WHERE \"id\" = '{kept}'"));
    let rows = shop.query(&format!("SELECT \"userId\" FROM \"Transaction\" WHERE \"id\" = '{kept}'"));
    let user = rows[0][0].clone().into_text().expect("a user");
    let document = undone(&shop, &["--keep-edited"]);
    assert_eq!(conflicts(&document, &["edited"]), [("Transaction".to_owned(), kept.clone())].into());
    assert!(conflicts(&document, &["needed"]).contains(&("User".to_owned(), user.clone())));
    let mut after = everything(&shop);
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
    let (exports, shop) = live(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    let user = first_id(&shop, "User", "\"id\" NOT LIKE 'u-%'");
    shop.sql(&format!(
        "INSERT INTO \"Transaction\" (\"id\", \"userId\", \"type\", \"status\", \"amount\", \"createdAt\", \"updatedAt\") \
         SELECT 't-own', '{user}', 'PRODUCT', 'SUCCESS', 5000, \"createdAt\", \"updatedAt\" \
         FROM \"User\" WHERE \"id\" = 'u-other'"
    ));
    let before = everything(&shop);
    let outcome = rollback(&shop, &["--yes"]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert_eq!(conflicts(&json(&outcome), &["needed"]), [("User".to_owned(), user)].into());
    assert!(outcome.stdout.contains("t-own"), "{}", outcome.stdout);
    assert_same(&before, &everything(&shop), "nothing is touched");
}

fn without_yes_it_only_says_what_it_would_do(engine: Engine) {
    let (exports, shop) = live(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    let before = everything(&shop);
    let asked = shop.run(&["rollback", "--last"]);
    assert_eq!(asked.code, REFUSED, "{asked:?}");
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    let dry = rollback(&shop, &["--dry-run"]);
    assert_eq!(dry.code, DONE, "{dry:?}");
    let orders = before["Transaction"].len() as u64;
    assert_eq!(json(&dry)["tables"]["Transaction"]["deleted"].as_u64(), Some(orders));
    assert_same(&before, &everything(&shop), "nothing is written");
}

fn a_run_that_nobody_knows_is_named(engine: Engine) {
    let shop = Shop::new(engine);
    let outcome = shop.run(&["rollback", "20990101-000000000-abcdef", "--yes"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    imported(&shop, "all", Path::new(&fixture("clean")), &[], DONE);
    let outcome = shop.run(&["rollback", "20990101-000000000-abcdef", "--yes"]);
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

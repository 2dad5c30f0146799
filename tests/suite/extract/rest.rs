//! The answers of the REST add-on, where a shop has nothing else to give.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{extract, files};
use crate::support::{Outcome, workspace};

/// An order as `sales` shows it: every column, the data as an object, and the names that belong to it.
fn order(id: u64, status: &str, affiliate: u64) -> Value {
    json!({
        "ID": id.to_string(), "created_at": "2025-03-01 10:00:00", "updated_at": "2025-03-01 11:00:00",
        "deleted_at": null, "order_parent_id": "0", "product_id": "900", "user_id": "55",
        "affiliate_id": affiliate.to_string(), "coupon_id": "0", "payment_gateway": "manual",
        "grand_total": "150123.00", "quantity": 1, "type": "regular", "status": status,
        "meta_data": { "manual": { "unique_code": 123 }, "status_log": {
            "8812": { "order_id": id, "update_date": "01-03-2025 11:00:00", "old_status": "on-hold",
                      "new_status": status, "updated_by": "admin" } } },
        "user_name": "Budi", "user_email": "Budi@Example.org", "product_name": "Kelas &amp; Buku",
        "coupon_code": null, "affiliate_name": "Sari", "product": { "price": 150_000 }
    })
}

fn commission(order: u64) -> Value {
    json!({
        "ID": "31", "created_at": "2025-03-01 10:00:00", "updated_at": "2025-03-01 11:00:00", "deleted_at": null,
        "order_id": order.to_string(), "affiliate_id": "7", "product_id": "900", "tier": "1",
        "commission": "45000.00", "status": "added", "paid_status": "1"
    })
}

fn write(folder: &Path, name: &str, answer: &Value) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join(name), answer.to_string()).expect("a file");
}

/// Two orders, one of them of an affiliate.
fn shop(folder: &Path) {
    let orders = [order(1201, "completed", 7), order(1202, "on-hold", 0)];
    write(folder, "sales.json", &json!({ "valid": true, "orders": orders, "recordsTotal": 2 }));
    write(folder, "affiliate-7.json", &json!({ "commissions": [commission(1201)] }));
}

fn run(folder: &Path, more: &[&str]) -> Outcome {
    extract(&folder.join("rest").display().to_string(), &folder.join("out"), more)
}

const JAKARTA: [&str; 2] = ["--source-tz", "Asia/Jakarta"];

#[test]
fn the_answers_of_the_rest_add_on_become_files_and_what_they_lack_is_said() {
    let folder = workspace();
    shop(&folder.path().join("rest"));
    let outcome = run(folder.path(), &JAKARTA);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let files = files(&folder.path().join("out"));
    let paid = files["orders.csv"].lines().find(|line| line.starts_with("1201,")).expect("the order");
    for cell in ["2025-03-01 11:00:00", "Kelas & Buku", "budi@example.org", "150123", "PAID", "45000"] {
        assert!(paid.contains(cell), "{cell}: {paid}");
    }
    let commissions: Vec<&str> = files["commissions.csv"].lines().collect();
    assert_eq!(commissions.len(), 2, "{commissions:?}");
    let affiliate = files["affiliates.csv"].lines().nth(1).expect("an affiliate");
    assert!(affiliate.starts_with("7,Sari,,"), "an address is not made up: {affiliate}");
    assert!(outcome.stdout.contains("no memberships, no phone numbers"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("have it switched off"), "{}", outcome.stdout);
}

#[test]
fn the_clock_of_the_site_must_be_said() {
    let folder = workspace();
    shop(&folder.path().join("rest"));
    let outcome = run(folder.path(), &[]);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(outcome.stderr.contains("--source-tz Asia/Jakarta"), "{}", outcome.stderr);
}

#[test]
fn an_affiliate_whose_commissions_were_not_asked_for_is_refused_by_name() {
    let folder = workspace();
    let rest = folder.path().join("rest");
    shop(&rest);
    fs::remove_file(rest.join("affiliate-7.json")).expect("it goes");
    let outcome = run(folder.path(), &JAKARTA);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(outcome.stderr.contains("these affiliates are not among the files: 7"), "{}", outcome.stderr);
    write(&rest, "affiliate-7.json", &json!({ "code": "rest_forbidden", "message": "no" }));
    let outcome = run(folder.path(), &JAKARTA);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(outcome.stderr.contains("neither orders nor commissions"), "{}", outcome.stderr);
    fs::remove_file(rest.join("affiliate-7.json")).expect("it goes");
    fs::rename(rest.join("sales.json"), rest.join("sales-7.json")).expect("another name");
    assert_eq!(run(folder.path(), &JAKARTA).code, 6, "a file of orders is not the answer about an affiliate");
    write(&rest, "affiliate-7.json", &json!({ "commissions": [] }));
    assert_eq!(run(folder.path(), &JAKARTA).code, 0, "one without commissions has a file of his own");
}

#[test]
fn fewer_orders_than_the_add_on_counts_and_a_cut_file_are_refused() {
    let folder = workspace();
    let rest = folder.path().join("rest");
    shop(&rest);
    write(
        &rest,
        "sales.json",
        &json!({ "valid": true, "orders": [order(1201, "completed", 7)], "recordsTotal": "2" }),
    );
    let outcome = run(folder.path(), &JAKARTA);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(outcome.stderr.contains("there are 2 orders and holds 1"), "{}", outcome.stderr);
    shop(&rest);
    let whole = fs::read(rest.join("sales.json")).expect("a file");
    for end in (1..whole.len()).step_by(97) {
        fs::write(rest.join("sales.json"), &whole[..end]).expect("a file");
        assert_eq!(run(folder.path(), &JAKARTA).code, 6, "cut at {end}");
    }
}

#[test]
fn one_answer_alone_says_how_it_is_done() {
    let folder = workspace();
    let rest = folder.path().join("rest");
    shop(&rest);
    let outcome =
        extract(&rest.join("sales.json").display().to_string(), &folder.path().join("out"), &JAKARTA);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(outcome.stderr.contains("REST add-on"), "{}", outcome.stderr);
}

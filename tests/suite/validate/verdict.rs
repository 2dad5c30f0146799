//! Which rows can be imported, and that nothing else happens.

use std::fs;

use super::{Validation, order_row, orders_file};
use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{AppDatabase, Engine, fixture, json};

#[test]
fn a_clean_shop_is_valid() {
    let validation = Validation::new();
    let outcome = validation.validate(&fixture("clean"), &[]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert!(outcome.stdout.contains("200 orders"), "{}", outcome.stdout);
}

#[test]
fn a_messy_shop_exits_with_rows_left() {
    let validation = Validation::new();
    let outcome = validation.validate(&fixture("messy"), &["--details"]);
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    for code in ["SJM-0101", "SJM-0201", "SJM-0205", "SJM-0401"] {
        assert!(outcome.stdout.contains(code), "{code}: {}", outcome.stdout);
    }
}

/// What becomes of the revenue adds up, and a terminal of 24 lines shows all of it.
#[test]
fn a_messy_shop_is_told_on_one_screen() {
    let outcome = Validation::new().validate(&fixture("messy"), &[]);
    let revenue = "Revenue (PAID only)     Rp 167,035,383.50\n  = Rp 164,220,423.50 importable + Rp 1,469,653 held + Rp 1,345,307 rejected\n";
    assert!(outcome.stdout.contains(revenue), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("SJM-0101  "), "{}", outcome.stdout);
    let commands = outcome.stdout.find("\nNext:").expect("what to type next");
    assert!(outcome.stdout[..commands].lines().count() <= 21, "{}", outcome.stdout);
}

#[test]
fn validating_needs_no_database_and_makes_none() {
    let validation = Validation::new();
    assert_eq!(validation.validate(&fixture("clean"), &[]).code, DONE);
    assert!(!validation.path("none.db").exists());
    let left: Vec<String> = fs::read_dir(validation.0.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(left, ["out"]);
}

#[test]
fn what_validation_rejects_is_what_the_import_does_not_write() {
    let validation = Validation::new();
    let outcome = validation.validate(&fixture("messy"), &["--format", "json"]);
    let validated = json(&outcome);
    let db = AppDatabase::new(Engine::Sqlite);
    let imported = json(&db.import("all", &fixture("messy"), &["--format", "json"]));
    for kind in ["affiliates", "orders", "memberships"] {
        for column in ["held", "rejected"] {
            assert_eq!(
                validated["kinds"][kind][column], imported["phases"][kind][column]["rows"],
                "{kind} {column}"
            );
        }
    }
}

#[test]
fn the_same_files_give_the_same_verdict_on_any_number_of_threads() {
    let verdict = |threads: &str| {
        let validation = Validation::new();
        let mut document =
            json(&validation.validate(&fixture("messy"), &["--format", "json", "--threads", threads]));
        // They name this validation's own folder.
        for name in ["files", "app_memberships_unknown"] {
            document.as_object_mut().expect("an object").remove(name);
        }
        let findings = fs::read_to_string(validation.folder().join("findings.csv")).expect("the findings");
        (document, findings)
    };
    let one = verdict("1");
    for threads in ["2", "8"] {
        assert!(verdict(threads) == one, "{threads} threads");
    }
}

#[test]
fn memberships_without_their_order_or_their_member_are_named_together_with_their_product() {
    let validation = Validation::new();
    orders_file(&validation, 3, |number| order_row(number, 2, ""));
    let memberships = "membership_id,user_email,product_id,start_date,status,order_id\n\
                       1,b1@example.org,7,2024-02-02,active,1\n2,b2@example.org,9,2024-02-02,active,77\n\
                       3,x@example.org,7,2024-02-02,active,\n";
    fs::write(validation.path("memberships.csv"), memberships).expect("the file is written");
    let products = "product_id,product_name,kind,membership,duration,price,product\n7,Kelas,MEMBERSHIP,kelas,LIFETIME,1,\n";
    fs::write(validation.path("products.csv"), products).expect("the file is written");
    let document = json(&validation.validate(validation.0.path(), &["--format", "json"]));
    let of = |code: &str| -> Vec<u64> {
        let found = document["findings"].as_array().expect("findings").iter();
        found.filter(|one| one["code"] == code).filter_map(|one| one["record"].as_u64()).collect()
    };
    assert_eq!((of("SJM-0502"), of("SJM-0504"), of("SJM-0506")), (vec![2], vec![2], vec![3]));
}

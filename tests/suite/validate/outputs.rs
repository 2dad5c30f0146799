//! What is shown and written of single rows: findings, previews, lists and rows to correct.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Validation, order_row, orders_file};
use crate::support::exit_code::ROWS_LEFT;
use crate::support::{AppDatabase, Engine, fixture, json, workspace};

#[test]
fn what_it_writes_is_for_the_operator_alone() {
    let validation = Validation::new();
    validation.validate(&fixture("messy"), &[]);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = validation.folder();
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}

#[test]
fn l29_findings_carry_no_address() {
    let validation = Validation::new();
    let outcome = validation.validate(&fixture("messy"), &[]);
    let findings = fs::read_to_string(validation.folder().join("findings.csv")).expect("the findings");
    for (name, text) in [("findings", &findings), ("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let shown = text.lines().find(|line| line.contains("@example.") || line.contains(".example."));
        assert_eq!(shown, None, "{name}");
    }
}

#[test]
fn high_orders_and_the_first_ones_are_shown_without_names() {
    let validation = Validation::new();
    let path = orders_file(&validation, 30, |number| {
        order_row(number, 2, "A").replace(",1000,", if number == 3 { ",10000000," } else { ",9999999," })
    });
    let document = json(&validation.validate(&path, &["--format", "json", "--preview", "2"]));
    let numbers = |list: &Value| -> Vec<String> {
        let orders = list.as_array().expect("a list").iter();
        orders.map(|order| order["order_id"].as_str().expect("a number").to_owned()).collect()
    };
    assert_eq!(numbers(&document["high_value"]), ["3"]);
    let listed = fs::read_to_string(validation.folder().join("high-value.csv")).expect("the list");
    assert!(listed.lines().count() == 2 && listed.contains("\n3,2024-02-"), "{listed}");
    assert_eq!(document["preview"].as_array().map(Vec::len), Some(2));
    assert!(!document.to_string().contains("b1@"), "{document}");
    let validation = Validation::new();
    let path = orders_file(&validation, 3, |number| order_row(number, 2, "A"));
    let lower = validation.validate(&path, &["--high-value", "1000", "--preview", "1", "--details"]);
    assert!(lower.stdout.contains("Orders of Rp 1,000 and more: 3"), "{lower:?}");
}

/// The lines of a preview: what stands in the file beside what will be written, by target.
fn side_by_side(document: &Value, row: usize) -> Vec<(String, String, String)> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let lines = document["preview"][row]["lines"].as_array().expect("lines").iter();
    lines.map(|line| (text(line, "was"), text(line, "target"), text(line, "will_be"))).collect()
}

#[test]
fn a_preview_shows_the_first_rows_as_they_are_and_as_the_import_writes_them() {
    let folder = workspace();
    let text = "No. Order,Tanggal Order,ID Produk,Nama Pembeli,Email,No. HP,Total,Status,Tanggal Bayar,Warna\n\
                1,31/12/2024 14:05,7,Siti,Siti@Example.org,0812-0000-0985,Rp 1.500.000,Selesai,,merah\n\
                2,31/12/2024,7,Budi,budi@example.org,,seribu,Selesai,,\n";
    let path = folder.path().join("orders.csv");
    fs::write(&path, text).expect("the file is written");
    let validation = Validation::new();
    let document = json(&validation.validate(&path, &["--format", "json", "--preview", "20"]));
    let first = side_by_side(&document, 0);
    let has = |was: &str, target: &str, will_be: &str| {
        let line = (was.to_owned(), target.to_owned(), will_be.to_owned());
        assert!(first.contains(&line), "{line:?}: {first:?}");
    };
    has("1", "Transaction.externalId", "sejoli-1");
    has("31/12/2024 14:05", "Transaction.createdAt", "2024-12-31T07:05:00.000Z");
    has("Rp 1.500.000", "Transaction.amount", "1500000");
    has("Selesai", "Transaction.status", "SUCCESS");
    has("", "Transaction.paidAt", "2024-12-31T07:05:00.000Z");
    assert!(first.iter().any(|(was, target, _)| was == "m****" && target.is_empty()), "{first:?}");
    assert_eq!(document["preview"][1]["severity"], "rejected");
    assert_eq!(document["preview"][1]["findings"][0]["value"], "s*****");
    let db = AppDatabase::new(Engine::Sqlite);
    assert_eq!(db.import("orders", &path, &[]).code, ROWS_LEFT);
    let written = "SELECT count(*) FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-1' AND \"amount\" = 1500000 \
                   AND \"status\" = 'SUCCESS' AND \"createdAt\" = \"paidAt\"";
    assert_eq!(db.number(written), 1, "the import writes what the preview has shown");
    let shown = validation.validate(&path, &["--preview", "1"]).stdout;
    assert!(shown.contains("\n      -> Transaction.externalId = sejoli-1\n"), "{shown}");
    assert!(!shown.contains("siti@") && !shown.contains("0985"), "L29: {shown}");
}

#[test]
fn a_finding_has_its_place_value_and_suggestion_in_text_file_and_document_alike() {
    let folder = workspace();
    let text = "order_id,order_date,product_id,Nama Pembeli,buyer_email,Total,payment_status\n\
                1,2024-03-05,7,\"Siti\nRahayu\",siti@example.org,seribu,PENDING\n";
    let path = folder.path().join("orders.csv");
    fs::write(&path, text).expect("the file is written");
    let validation = Validation::new();
    let document = json(&validation.validate(&path, &["--format", "json"]));
    let expected = serde_json::json!({
        "severity": "rejected", "code": "SJM-0202", "name": "amount-unreadable", "file": "orders.csv", "sheet": null,
        "record": 1, "first_line": 2, "last_line": 3, "row": null, "column": "amount", "header": "Total",
        "value": "s*****",
        "reason": "The amount cannot be read without guessing. (\"s*****\": this is not an amount)",
        "suggestion": "Write the amount in digits, such as 1500000.",
    });
    assert_eq!(document["findings"], serde_json::json!([expected]));
    let mut file = csv::Reader::from_path(validation.folder().join("findings.csv")).expect("the findings");
    let names = file.headers().expect("a header").clone();
    let line = file.records().next().expect("a line").expect("a record");
    for (name, cell) in names.iter().zip(&line) {
        let value = &expected[name];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(cell, if value.is_null() { "" } else { &text }, "{name}");
    }
    let shown = Validation::new().validate(&path, &["--details"]).stdout;
    assert!(shown.contains("SJM-0202  orders.csv, record 1, lines 2–3, column Total: \"s*****\""), "{shown}");
}

#[test]
fn rows_to_correct_lose_no_cell_and_files_with_other_columns_get_one_of_their_own() {
    let validation = Validation::new();
    let files = validation.path("files");
    fs::create_dir(&files).expect("a folder");
    let first = "order_id,order_date,product_id,buyer_email,amount,payment_status,catatan\n\
                 1,2024-03-05,7,a@example.org,1,PENDING,x,=lebih,lagi\n";
    let second = "No. Order;Tanggal Order;ID Produk;Email;Total;Status;Warna\n2;2024-03-05;7;a@example.org;seribu;Batal;merah\n";
    fs::write(files.join("a.csv"), first).expect("the file is written");
    fs::write(files.join("b.csv"), second).expect("the file is written");
    assert_eq!(validation.validate(&files, &[]).code, ROWS_LEFT);
    let rejected = |name: &str| fs::read_to_string(validation.folder().join(name)).expect("the rejects");
    let one = rejected("rejected-orders.csv");
    assert!(
        one.contains(",sejoli_migrate_surplus\n1,2024-03-05,7,a@example.org,1,PENDING,x,SJM-0403,"),
        "{one}"
    );
    assert!(one.contains(r#""[""=lebih"",""lagi""]""#), "{one}");
    let other = rejected("rejected-orders-2.csv");
    assert!(
        other.starts_with("No. Order,Tanggal Order,ID Produk,Email,Total,Status,Warna,sejoli_migrate_code,"),
        "{other}"
    );
    assert!(other.contains("2,2024-03-05,7,a@example.org,seribu,Batal,merah,SJM-0202,"), "{other}");
    assert!(!other.contains("surplus"), "{other}");
}

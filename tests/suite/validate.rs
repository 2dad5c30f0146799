//! `validate`, through the binary: what can be imported, what cannot, and the control totals, without a database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{AS_OF, Outcome, fixture, tool, workspace};

const DONE: i32 = 0;
const ROWS_LEFT: i32 = 3;
const CONTROL_DIFFERS: i32 = 4;

/// Validates in a folder of its own, where no database is.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(workspace())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn validate(&self, path: &Path, more: &[&str]) -> Outcome {
        let url = format!("file:{}", self.path("none.db").display());
        let (path, out) = (path.display().to_string(), self.path("out").display().to_string());
        let mut args = vec!["--database-url", url.as_str(), "validate", path.as_str(), "--out", out.as_str()];
        args.extend(["--as-of", AS_OF]);
        args.extend(more);
        tool(&args)
    }

    fn folder(&self) -> PathBuf {
        let mut folders: Vec<PathBuf> = fs::read_dir(self.path("out"))
            .expect("a folder of runs")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.remove(0)
    }
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

fn figures() -> Value {
    let text = fs::read_to_string(fixture("clean").join("figures.json")).expect("the figures");
    serde_json::from_str(&text).expect("the figures are JSON")
}

/// A figure in sen as an operator writes it.
fn rupiah(minor: &Value) -> String {
    let minor = minor.as_i64().expect("a figure");
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn records(path: &Path) -> u64 {
    csv::ReaderBuilder::new().flexible(true).from_path(path).expect("the file opens").records().count() as u64
}

#[test]
fn a_clean_shop_is_valid() {
    let desk = Desk::new();
    let outcome = desk.validate(&fixture("clean"), &[]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert!(outcome.stdout.contains("200 orders"), "{}", outcome.stdout);
}

#[test]
fn a_messy_shop_exits_with_rows_left() {
    let desk = Desk::new();
    let outcome = desk.validate(&fixture("messy"), &[]);
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    for code in ["SJM-0101", "SJM-0201", "SJM-0205", "SJM-0401"] {
        assert!(outcome.stdout.contains(code), "{code}: {}", outcome.stdout);
    }
}

#[test]
fn l3_control_totals_that_hold_are_no_matter() {
    let figures = figures();
    let (revenue, commission) =
        (rupiah(&figures["revenue_minor"]), rupiah(&figures["paid_order_commission_minor"]));
    let (orders, affiliates) = (figures["orders"].to_string(), figures["affiliates"].to_string());
    let desk = Desk::new();
    let expected = [
        "--expect-orders",
        orders.as_str(),
        "--expect-revenue",
        revenue.as_str(),
        "--expect-affiliates",
        affiliates.as_str(),
        "--expect-commission",
        commission.as_str(),
        "--format",
        "json",
    ];
    let outcome = desk.validate(&fixture("clean"), &expected);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let controls = json(&outcome)["controls"].as_array().expect("controls").clone();
    let names: Vec<&str> = controls.iter().filter_map(|control| control["name"].as_str()).collect();
    assert_eq!(names, ["orders", "revenue", "affiliates", "commission"]);
    assert!(controls.iter().all(|control| control["holds"] == true), "{controls:?}");
}

#[test]
fn l3_each_control_total_that_differs_fails() {
    let figures = figures();
    let more = |figure: &str, by: i64| figures[figure].as_i64().expect("a figure") + by;
    let money = |figure: &str, by: i64| rupiah(&Value::from(more(figure, by)));
    let expected = [
        ("--expect-orders", more("orders", -1).to_string()),
        ("--expect-affiliates", more("affiliates", 1).to_string()),
        ("--expect-revenue", money("revenue_minor", 1)),
        ("--expect-commission", money("paid_order_commission_minor", -1)),
    ];
    for (option, value) in &expected {
        let desk = Desk::new();
        let outcome = desk.validate(&fixture("clean"), &[option, value]);
        assert_eq!(outcome.code, CONTROL_DIFFERS, "{option} {value}: {outcome:?}");
        let name = option.trim_start_matches("--expect-");
        assert!(outcome.stdout.contains(&format!("Control total {name}: DIFFERS")), "{}", outcome.stdout);
    }
}

#[test]
fn l3_a_cut_export_is_noticed() {
    let desk = Desk::new();
    let cut = desk.path("cut");
    fs::create_dir(&cut).expect("a folder");
    let orders = fs::read_to_string(fixture("clean").join("orders.csv")).expect("the orders");
    let kept: Vec<&str> = orders.lines().take(101).collect();
    fs::write(cut.join("orders.csv"), format!("{}\n", kept.join("\n"))).expect("the file is written");
    assert_eq!(desk.validate(&cut, &["--expect-orders", "200"]).code, CONTROL_DIFFERS);
}

#[test]
fn the_document_has_every_count() {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let desk = Desk::new();
        let outcome = desk.validate(&fixture(name), &["--format", "json"]);
        assert_eq!(outcome.code, code, "{outcome:?}");
        let document = json(&outcome);
        assert_eq!(document["schema_version"], 1);
        let mut left = 0;
        for kind in ["affiliates", "orders", "memberships"] {
            let counts = &document["kinds"][kind];
            let rows = records(&fixture(name).join(format!("{kind}.csv")));
            assert_eq!(counts["rows"], rows, "{name} {kind}");
            let bad = counts["held"].as_u64().expect("held") + counts["rejected"].as_u64().expect("rejected");
            let rejects = desk.folder().join(format!("rejected-{kind}.csv"));
            assert_eq!(rejects.exists(), bad > 0, "{name} {kind}");
            if bad > 0 {
                assert_eq!(records(&rejects), bad, "{name} {kind}");
            }
            assert!(counts["findings"].is_object());
            left += bad;
        }
        assert_eq!(left > 0, name == "messy");
        assert_eq!(document["controls"], serde_json::json!([]));
        assert_eq!(document["unmapped_products"], serde_json::json!([]));
        let files = document["files"].as_array().expect("files");
        assert!(files.iter().all(|file| Path::new(file.as_str().expect("a path")).is_file()), "{files:?}");
    }
}

#[test]
fn the_totals_of_a_clean_shop_are_its_figures() {
    let desk = Desk::new();
    let figures = figures();
    let document = json(&desk.validate(&fixture("clean"), &["--format", "json"]));
    let totals = &document["totals"];
    assert_eq!(totals["orders"], figures["orders"]);
    for (status, figure) in
        [("PAID", "paid"), ("PENDING", "pending"), ("EXPIRED", "expired"), ("REFUNDED", "refunded")]
    {
        assert_eq!(totals["by_status"][status][0], figures[figure], "{status}");
    }
    assert_eq!(totals["revenue"], totals["by_status"]["PAID"][1], "L11: paid orders only");
}

#[test]
fn validating_needs_no_database_and_makes_none() {
    let desk = Desk::new();
    assert_eq!(desk.validate(&fixture("clean"), &[]).code, DONE);
    assert!(!desk.path("none.db").exists());
    let left: Vec<String> = fs::read_dir(desk.0.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(left, ["out"]);
}

#[test]
fn what_validation_rejects_is_what_the_import_does_not_write() {
    let desk = Desk::new();
    let outcome = desk.validate(&fixture("messy"), &["--format", "json"]);
    let validated = json(&outcome);
    let shop = crate::support::Shop::new(crate::support::Engine::Sqlite);
    let imported = json(&shop.import("all", &fixture("messy"), &["--format", "json"]));
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
        let desk = Desk::new();
        let mut document =
            json(&desk.validate(&fixture("messy"), &["--format", "json", "--threads", threads]));
        document.as_object_mut().expect("an object").remove("files");
        let findings = fs::read_to_string(desk.folder().join("findings.csv")).expect("the findings");
        (document, findings)
    };
    let one = verdict("1");
    for threads in ["2", "8"] {
        assert!(verdict(threads) == one, "{threads} threads");
    }
}

#[test]
fn what_it_writes_is_for_the_operator_alone() {
    let desk = Desk::new();
    desk.validate(&fixture("messy"), &[]);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = desk.folder();
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}

#[test]
fn l29_findings_carry_no_address() {
    let desk = Desk::new();
    let outcome = desk.validate(&fixture("messy"), &[]);
    let findings = fs::read_to_string(desk.folder().join("findings.csv")).expect("the findings");
    for (name, text) in [("findings", &findings), ("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let shown = text.lines().find(|line| line.contains("@example.") || line.contains(".example."));
        assert_eq!(shown, None, "{name}");
    }
}

/// A file of `count` orders, each written by `row` from its number.
fn orders_file(desk: &Desk, count: u32, row: impl Fn(u32) -> String) -> PathBuf {
    let header = "order_id,order_date,product_id,buyer_email,amount,payment_status,paid_date,affiliate_code,\
                  affiliate_commission_amount\n";
    let path = desk.path("orders.csv");
    let rows: String = (1..=count).map(|number| row(number) + "\n").collect();
    fs::write(&path, format!("{header}{rows}")).expect("the file is written");
    path
}

/// The codes of what is said about whole files, with the reasons.
fn notes(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notes = document["notes"].as_array().expect("notes");
    notes.iter().map(|note| (text(&note["code"]), text(&note["reason"]))).collect()
}

fn order_row(number: u32, month: u32, affiliate: &str) -> String {
    let date = format!("2024-{month:02}-{:02}", number % 28 + 1);
    format!("{number},{date},7,b{number}@example.org,1000,PAID,{date},{affiliate},100")
}

#[test]
fn l3_a_filtered_export_is_doubted_and_a_whole_one_is_not() {
    let doubts = |row: &dyn Fn(u32) -> String, count: u32| {
        let desk = Desk::new();
        let path = orders_file(&desk, count, row);
        let found = notes(&json(&desk.validate(&path, &["--format", "json"])));
        let doubts = found.into_iter().filter(|(code, _)| code == "SJM-0808");
        doubts.map(|(_, reason)| reason).collect::<Vec<_>>()
    };
    let whole =
        |number: u32| order_row(number, number % 12 + 1, if number.is_multiple_of(2) { "A" } else { "B" });
    assert_eq!(doubts(&whole, 30), [""; 0]);
    let of_one = doubts(&|number| order_row(number, number % 12 + 1, "A"), 30);
    assert!(of_one.len() == 1 && of_one[0].contains("every order has the affiliate A"), "{of_one:?}");
    let of_a_month =
        doubts(&|number| order_row(number, 3, if number.is_multiple_of(2) { "A" } else { "B" }), 30);
    assert!(of_a_month.len() == 1 && of_a_month[0].contains("lie within 28 days"), "{of_a_month:?}");
    assert_eq!(doubts(&|number| order_row(number, 3, "A"), 19), [""; 0], "too few to say");
}

#[test]
fn missing_order_numbers_are_counted() {
    let desk = Desk::new();
    let path = orders_file(&desk, 30, |number| order_row(number + number / 10 * 5, number % 12 + 1, ""));
    let found = notes(&json(&desk.validate(&path, &["--format", "json"])));
    let gaps: Vec<_> = found.iter().filter(|(code, _)| code == "SJM-0809").collect();
    assert!(gaps.len() == 1 && gaps[0].1.contains("15 numbers between 1 and 45"), "{found:?}");
}

#[test]
fn l21_an_affiliates_total_that_its_orders_do_not_make_is_named() {
    let desk = Desk::new();
    orders_file(&desk, 30, |number| {
        order_row(number, number % 12 + 1, if number.is_multiple_of(2) { "A" } else { "B" })
    });
    let affiliates =
        "affiliate_code,affiliate_name,commission_rate,total_commissions\nA,Ani,10,1501\nB,Budi,10,1600\n";
    fs::write(desk.path("affiliates.csv"), affiliates).expect("the file is written");
    let document = json(&desk.validate(desk.0.path(), &["--format", "json"]));
    assert_eq!(
        document["kinds"]["affiliates"]["findings"]["SJM-0603"], 1,
        "one rupiah is tolerated: {document}"
    );
    let findings = fs::read_to_string(desk.folder().join("findings.csv")).expect("the findings");
    let line = findings.lines().find(|line| line.contains("SJM-0603")).expect("a line");
    assert!(line.contains("affiliates.csv,,2,3,3,") && line.contains("Rp 1,600"), "{line}");
}

#[test]
fn high_orders_and_the_first_ones_are_shown_without_names() {
    let desk = Desk::new();
    let path = orders_file(&desk, 30, |number| {
        order_row(number, 2, "A").replace(",1000,", if number == 3 { ",10000000," } else { ",9999999," })
    });
    let document = json(&desk.validate(&path, &["--format", "json", "--preview", "2"]));
    let numbers = |list: &Value| -> Vec<String> {
        let orders = list.as_array().expect("a list").iter();
        orders.map(|order| order["order_id"].as_str().expect("a number").to_owned()).collect()
    };
    assert_eq!(numbers(&document["high_value"]), ["3"]);
    let listed = fs::read_to_string(desk.folder().join("high-value.csv")).expect("the list");
    assert!(listed.lines().count() == 2 && listed.contains("\n3,2024-02-"), "{listed}");
    assert_eq!(document["preview"].as_array().map(Vec::len), Some(2));
    assert!(!document.to_string().contains("b1@"), "{document}");
    let desk = Desk::new();
    let path = orders_file(&desk, 3, |number| order_row(number, 2, "A"));
    let lower = desk.validate(&path, &["--high-value", "1000", "--preview", "1"]);
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
    let desk = Desk::new();
    let document = json(&desk.validate(&path, &["--format", "json", "--preview", "20"]));
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
    let shop = crate::support::Shop::new(crate::support::Engine::Sqlite);
    assert_eq!(shop.import("orders", &path, &[]).code, ROWS_LEFT);
    let written = "SELECT count(*) FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-1' AND \"amount\" = 1500000 \
                   AND \"status\" = 'SUCCESS' AND \"createdAt\" = \"paidAt\"";
    assert_eq!(shop.number(written), 1, "the import writes what the preview has shown");
    let shown = desk.validate(&path, &["--preview", "1"]).stdout;
    assert!(shown.contains("as it is") && shown.contains("Transaction.externalId"), "{shown}");
    assert!(!shown.contains("siti@") && !shown.contains("0985"), "L29: {shown}");
}

#[test]
fn a_finding_has_its_place_value_and_suggestion_in_text_file_and_document_alike() {
    let folder = workspace();
    let text = "order_id,order_date,product_id,Nama Pembeli,buyer_email,Total,payment_status\n\
                1,2024-03-05,7,\"Siti\nRahayu\",siti@example.org,seribu,PENDING\n";
    let path = folder.path().join("orders.csv");
    fs::write(&path, text).expect("the file is written");
    let desk = Desk::new();
    let document = json(&desk.validate(&path, &["--format", "json"]));
    let expected = serde_json::json!({
        "severity": "rejected", "code": "SJM-0202", "name": "amount-unreadable", "file": "orders.csv", "sheet": null,
        "record": 1, "first_line": 2, "last_line": 3, "row": null, "column": "amount", "header": "Total",
        "value": "s*****",
        "reason": "The amount cannot be read without guessing. (\"s*****\": this is not an amount)",
        "suggestion": "Write the amount in digits, such as 1500000.",
    });
    assert_eq!(document["findings"], serde_json::json!([expected]));
    let mut file = csv::Reader::from_path(desk.folder().join("findings.csv")).expect("the findings");
    let names = file.headers().expect("a header").clone();
    let line = file.records().next().expect("a line").expect("a record");
    for (name, cell) in names.iter().zip(&line) {
        let value = &expected[name];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(cell, if value.is_null() { "" } else { &text }, "{name}");
    }
    let shown = Desk::new().validate(&path, &[]).stdout;
    assert!(shown.contains("SJM-0202  orders.csv, record 1, lines 2–3, column Total: \"s*****\""), "{shown}");
}

#[test]
fn memberships_without_their_order_or_their_member_are_named_together_with_their_product() {
    let desk = Desk::new();
    orders_file(&desk, 3, |number| order_row(number, 2, ""));
    let memberships = "membership_id,user_email,product_id,start_date,status,order_id\n\
                       1,b1@example.org,7,2024-02-02,active,1\n2,b2@example.org,9,2024-02-02,active,77\n\
                       3,x@example.org,7,2024-02-02,active,\n";
    fs::write(desk.path("memberships.csv"), memberships).expect("the file is written");
    let products = "product_id,product_name,kind,membership,duration,price,product\n7,Kelas,MEMBERSHIP,kelas,LIFETIME,1,\n";
    fs::write(desk.path("products.csv"), products).expect("the file is written");
    let document = json(&desk.validate(desk.0.path(), &["--format", "json"]));
    let of = |code: &str| -> Vec<u64> {
        let found = document["findings"].as_array().expect("findings").iter();
        found.filter(|one| one["code"] == code).filter_map(|one| one["record"].as_u64()).collect()
    };
    assert_eq!((of("SJM-0502"), of("SJM-0504"), of("SJM-0506")), (vec![2], vec![2], vec![3]));
}

#[test]
fn rows_to_correct_lose_no_cell_and_files_with_other_columns_get_one_of_their_own() {
    let desk = Desk::new();
    let files = desk.path("files");
    fs::create_dir(&files).expect("a folder");
    let first = "order_id,order_date,product_id,buyer_email,amount,payment_status,catatan\n\
                 1,2024-03-05,7,a@example.org,1,PENDING,x,=lebih,lagi\n";
    let second = "No. Order;Tanggal Order;ID Produk;Email;Total;Status;Warna\n2;2024-03-05;7;a@example.org;seribu;Batal;merah\n";
    fs::write(files.join("a.csv"), first).expect("the file is written");
    fs::write(files.join("b.csv"), second).expect("the file is written");
    assert_eq!(desk.validate(&files, &[]).code, ROWS_LEFT);
    let rejected = |name: &str| fs::read_to_string(desk.folder().join(name)).expect("the rejects");
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

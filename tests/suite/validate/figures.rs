//! The figures of the files, and the control totals that they are held against.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Validation, figures, order_row, orders_file, records};
use crate::support::exit_code::{DONE, ROWS_LEFT, VERIFICATION_FAILED};
use crate::support::{fixture, json};

/// A figure in sen as an operator writes it.
fn rupiah(minor: &Value) -> String {
    let minor = minor.as_i64().expect("a figure");
    format!("{}.{:02}", minor / 100, minor % 100)
}

#[test]
fn l3_control_totals_that_hold_are_no_matter() {
    let figures = figures();
    let (revenue, commission) =
        (rupiah(&figures["revenue_minor"]), rupiah(&figures["paid_order_commission_minor"]));
    let (orders, affiliates) = (figures["orders"].to_string(), figures["affiliates"].to_string());
    let validation = Validation::new();
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
    let outcome = validation.validate(&fixture("clean"), &expected);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let controls = json(&outcome)["controls"].as_array().expect("controls").clone();
    let names: Vec<&str> = controls.iter().filter_map(|control| control["name"].as_str()).collect();
    assert_eq!(names, ["orders", "revenue", "affiliates", "commission"]);
    assert!(controls.iter().all(|control| control["holds"] == true), "{controls:?}");
    let indonesian = [&["--lang", "id"], expected.as_slice()].concat();
    let outcome = validation.validate(&fixture("clean"), &indonesian);
    assert_eq!(json(&outcome)["controls"].as_array(), Some(&controls), "programs read no language");
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
        let validation = Validation::new();
        let outcome = validation.validate(&fixture("clean"), &[option, value]);
        assert_eq!(outcome.code, VERIFICATION_FAILED, "{option} {value}: {outcome:?}");
        let name = option.trim_start_matches("--expect-");
        assert!(outcome.stdout.contains(&format!("Control total {name}: DIFFERS")), "{}", outcome.stdout);
    }
}

#[test]
fn l3_a_cut_export_is_noticed() {
    let validation = Validation::new();
    let cut = validation.path("cut");
    fs::create_dir(&cut).expect("a folder");
    let orders = fs::read_to_string(fixture("clean").join("orders.csv")).expect("the orders");
    let kept: Vec<&str> = orders.lines().take(101).collect();
    fs::write(cut.join("orders.csv"), format!("{}\n", kept.join("\n"))).expect("the file is written");
    assert_eq!(validation.validate(&cut, &["--expect-orders", "200"]).code, VERIFICATION_FAILED);
}

#[test]
fn the_document_has_every_count() {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let validation = Validation::new();
        let outcome = validation.validate(&fixture(name), &["--format", "json"]);
        assert_eq!(outcome.code, code, "{outcome:?}");
        let document = json(&outcome);
        assert_eq!(document["schema_version"], 1);
        let mut left = 0;
        for kind in ["affiliates", "orders", "memberships"] {
            let counts = &document["kinds"][kind];
            let rows = records(&fixture(name).join(format!("{kind}.csv")));
            assert_eq!(counts["rows"], rows, "{name} {kind}");
            let bad = counts["held"].as_u64().expect("held") + counts["rejected"].as_u64().expect("rejected");
            let rejects = validation.folder().join(format!("rejected-{kind}.csv"));
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
    let validation = Validation::new();
    let figures = figures();
    let document = json(&validation.validate(&fixture("clean"), &["--format", "json"]));
    let totals = &document["totals"];
    assert_eq!(totals["orders"], figures["orders"]);
    for (status, figure) in
        [("PAID", "paid"), ("PENDING", "pending"), ("EXPIRED", "expired"), ("REFUNDED", "refunded")]
    {
        assert_eq!(totals["by_status"][status][0], figures[figure], "{status}");
    }
    assert_eq!(totals["revenue"], totals["by_status"]["PAID"][1], "L11: paid orders only");
}

/// The codes of what is said about whole files, with the reasons.
fn notes(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notes = document["notes"].as_array().expect("notes");
    notes.iter().map(|note| (text(&note["code"]), text(&note["reason"]))).collect()
}

#[test]
fn l3_a_filtered_export_is_doubted_and_a_whole_one_is_not() {
    let doubts = |row: &dyn Fn(u32) -> String, count: u32| {
        let validation = Validation::new();
        let path = orders_file(&validation, count, row);
        let found = notes(&json(&validation.validate(&path, &["--format", "json"])));
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
    let validation = Validation::new();
    let path =
        orders_file(&validation, 30, |number| order_row(number + number / 10 * 5, number % 12 + 1, ""));
    let found = notes(&json(&validation.validate(&path, &["--format", "json"])));
    let gaps: Vec<_> = found.iter().filter(|(code, _)| code == "SJM-0809").collect();
    assert!(gaps.len() == 1 && gaps[0].1.contains("15 numbers between 1 and 45"), "{found:?}");
}

#[test]
fn l21_an_affiliates_total_that_its_orders_do_not_make_is_named() {
    let validation = Validation::new();
    orders_file(&validation, 30, |number| {
        order_row(number, number % 12 + 1, if number.is_multiple_of(2) { "A" } else { "B" })
    });
    let affiliates =
        "affiliate_code,affiliate_name,commission_rate,total_commissions\nA,Ani,10,1501\nB,Budi,10,1600\n";
    fs::write(validation.path("affiliates.csv"), affiliates).expect("the file is written");
    let document = json(&validation.validate(validation.0.path(), &["--format", "json"]));
    assert_eq!(
        document["kinds"]["affiliates"]["findings"]["SJM-0603"], 1,
        "one rupiah is tolerated: {document}"
    );
    let findings = fs::read_to_string(validation.folder().join("findings.csv")).expect("the findings");
    let line = findings.lines().find(|line| line.contains("SJM-0603")).expect("a line");
    assert!(line.contains("affiliates.csv,,2,3,3,") && line.contains("Rp 1,600"), "{line}");
}

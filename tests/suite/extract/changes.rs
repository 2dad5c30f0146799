//! What has changed since an earlier extraction, or since a day.

use std::fs;

use super::{expected, extract, extracted, files, rows};
use crate::support::wordpress::forms::Dump;
use crate::support::wordpress::{Value, small_shop};
use crate::support::workspace;

/// The changes of a folder: row, number, what, before, after.
fn changes(out: &std::path::Path) -> Vec<[String; 5]> {
    let cells = ["row", "id", "change", "before", "after"];
    rows(out, "changes.csv").into_iter().map(|row| cells.map(|cell| row[cell].clone())).collect()
}

#[test]
fn a_newer_dump_is_compared_with_the_folder_that_it_replaces() {
    let folder = workspace();
    let (first, out) = extracted(folder.path(), small_shop().dump(Dump::default()), &[]);
    assert_eq!(first.code, 0, "{first:?}");
    let mut shop = small_shop();
    shop.set("sejolisa_orders", 3, "status", "completed");
    shop.set("sejolisa_orders", 3, "updated_at", "2024-06-01 10:00:00");
    shop.set("sejolisa_orders", 12, "grand_total", Value::Number("150000.00".into()));
    shop.set("sejolisa_affiliates", 3, "paid_status", 1);
    let mut new = shop.table("sejolisa_orders").rows[12].clone();
    new[0] = 16.into();
    let orders = shop.table("sejolisa_orders");
    orders.rows.push(new);
    orders.rows.retain(|row| row[0] != Value::from(14));
    let earlier = out.display().to_string();
    let (second, out) = extracted(folder.path(), shop.dump(Dump::default()), &["--against", &earlier]);
    assert_eq!(second.code, 0, "{second:?}");
    let told = changes(&out);
    let told: Vec<[&str; 5]> = told.iter().map(|row| [0, 1, 2, 3, 4].map(|at| row[at].as_str())).collect();
    assert_eq!(
        told,
        [
            ["order", "3", "status", "on-hold", "completed"],
            ["order", "3", "paid date", "", "2024-06-01 10:00:00"],
            ["order", "12", "amount", "150123.55", "150000"],
            ["order", "16", "new", "", "completed"],
            ["order", "14", "gone", "completed", ""],
            ["commission", "3", "paid", "0", "1"],
        ]
    );
    assert!(second.stdout.contains("1 order gone"), "{second:?}");
}

#[test]
fn the_same_dump_has_no_changes_and_the_same_files() {
    let folder = workspace();
    let dump = small_shop().dump(Dump::default());
    let (_, out) = extracted(folder.path(), &dump, &[]);
    let (again, out) = extracted(folder.path(), &dump, &["--against", &out.display().to_string()]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!((changes(&out).len(), files(&out)), (0, expected()));
}

#[test]
fn what_is_newer_than_a_day_is_listed() {
    let folder = workspace();
    let (outcome, out) =
        extracted(folder.path(), small_shop().dump(Dump::default()), &["--since", "2024-02-02"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let orders: Vec<String> = changes(&out)
        .into_iter()
        .filter(|row| row[0] == "order")
        .map(|row| format!("{} {}", row[1], row[2]))
        .collect();
    assert_eq!(orders, ["5 changed", "7 changed", "13 changed"]);
    assert_eq!(files(&out), expected(), "the other files hold all rows as ever");
}

#[test]
fn a_folder_without_an_extraction_is_refused_and_nothing_is_written() {
    let folder = workspace();
    fs::write(folder.path().join("input"), small_shop().dump(Dump::default())).expect("an input");
    let (input, out) = (folder.path().join("input").display().to_string(), folder.path().join("out"));
    let outcome = extract(&input, &out, &["--against", &folder.path().display().to_string()]);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert_eq!(fs::read_dir(&out).map(Iterator::count).unwrap_or(0), 0);
}

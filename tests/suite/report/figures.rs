//! Every figure of the report's document has a sum of its own here, made from the database without the tool's code. A
//! figure that has none, and a sum that no figure shows, fail as much as two that differ: nothing is added to the
//! report that nobody has added up.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{shop, sums};
use crate::support::exit_code::DONE;
use crate::support::{AppDatabase, Engine, count, json, on_each_engine};

/// Figures by their places in the document: integers, amounts in sen, and 0 or 1 for whether something holds.
pub(super) type Figures = BTreeMap<String, i64>;

fn every_figure_is_the_sum_that_the_database_gives(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    shop::import(&db);
    assert_tables_hold_what_was_created(&db);
    assert_figures(&db, "as it was imported");
    shop::disturb(&db);
    assert_figures(&db, "after the app has changed what was imported");
}

/// What the books say was created and deleted is what the tables of a database hold that was empty.
fn assert_tables_hold_what_was_created(db: &AppDatabase) {
    let report = json(&db.run(&["report", "--format", "json"]));
    let mut created: BTreeMap<String, i64> = BTreeMap::new();
    for phase in report["report"]["phases"].as_array().expect("phases") {
        for (table, tally) in phase[1]["tables"].as_object().expect("tables") {
            let of = |column: &str| tally[column].as_i64().expect("a number");
            *created.entry(table.clone()).or_default() += of("created") - of("deleted");
        }
    }
    assert!(created.len() > 10, "{created:?}");
    for (table, created) in created {
        assert_eq!(count(db, &table, "1"), created, "{table}");
    }
}

fn assert_figures(db: &AppDatabase, state: &str) {
    let printed = db.run(&["report", "--format", "json"]);
    assert_eq!(printed.code, DONE, "{}", printed.stderr);
    let report = &json(&printed)["report"];
    let mut shown = Figures::new();
    collect(report, "", &mut shown);
    let summed = sums::all(db, report);
    let mut wrong = Vec::new();
    for (place, figure) in &shown {
        match summed.get(place) {
            None => wrong.push(format!("{place} = {figure} has no sum of its own")),
            Some(sum) if sum != figure => {
                wrong.push(format!("{place} = {figure}, and the database gives {sum}"))
            }
            Some(_) => {}
        }
    }
    let missing = summed.iter().filter(|(place, _)| !shown.contains_key(*place));
    wrong.extend(missing.map(|(place, sum)| format!("{place} = {sum} is nowhere in the report")));
    assert!(wrong.is_empty(), "{state}: {} figures:\n{}", wrong.len(), wrong.join("\n"));
    assert!(shown.len() > 1_000, "{state}: {} figures", shown.len());
}

/// Texts that look like numbers and are names.
const NAMES: [&str; 6] = ["product", "order", "code", "codes", "affiliate", "blake3"];

/// The fields that name an element of a list, the first that it has; with `sign` or `kind` where it has that, too.
const KEYS: [&str; 12] = [
    "key",
    "page",
    "what",
    "month",
    "order",
    "code",
    "codes",
    "plan",
    "phase",
    "affiliate",
    "product",
    "name",
];

pub(super) fn collect(value: &Value, place: &str, into: &mut Figures) {
    match value {
        Value::Object(fields) => {
            let is_name = |name: &str, value: &Value| value.is_string() && NAMES.contains(&name);
            for (name, value) in fields.iter().filter(|(name, value)| !is_name(name, value)) {
                let dot = if place.is_empty() { "" } else { "." };
                collect(value, &format!("{place}{dot}{name}"), into);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, &format!("{place}[{}]", name_of(item, at)), into);
            }
        }
        Value::Number(number) => {
            into.insert(place.to_owned(), number.as_i64().expect("an integer"));
        }
        Value::String(text) => {
            if let Some(minor) = minor(text) {
                into.insert(place.to_owned(), minor);
            }
        }
        // Whether a person's data is masked, or a task is to be done before, is no figure.
        Value::Bool(holds) if !place.ends_with(".before") && place != "masked" => {
            into.insert(place.to_owned(), i64::from(*holds));
        }
        Value::Bool(_) | Value::Null => {}
    }
}

/// What an element of a list is called: by its own name, or by its place.
fn name_of(item: &Value, at: usize) -> String {
    match item {
        Value::Object(fields) => {
            let text = |name: &&str| fields.get(*name)?.as_str().map(str::to_owned);
            let words = ["sign", "kind"].iter().filter_map(text);
            let name = KEYS.iter().find_map(text);
            name.map_or(at.to_string(), |name| words.chain([name]).collect::<Vec<_>>().join(" "))
        }
        Value::Array(items) if items.iter().all(|item| !item.is_array()) => {
            let words = items.iter().map_while(Value::as_str);
            let words = words.enumerate().filter(|(at, word)| *at == 0 || minor(word).is_none());
            words.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
        }
        _ => at.to_string(),
    }
}

/// An amount as the document writes it, in sen.
fn minor(text: &str) -> Option<i64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, positive) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (rupiah, sen) = positive.split_once('.').unwrap_or((positive, "0"));
    let is_amount = digits(rupiah) && digits(sen) && sen.len() <= 2;
    is_amount.then(|| sign * format!("{rupiah}{sen:0<2}").parse::<i64>().expect("an amount"))
}

on_each_engine!(every_figure_is_the_sum_that_the_database_gives);

//! `status` and `--format jsonl`, through the binary: how far a run has come, for people and for machines.

use serde_json::Value;

use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT, USAGE, VERIFICATION_FAILED};
use crate::support::{AppDatabase, Engine, Exports, Outcome, fixture, imported, json, on_each_engine, texts};

fn sum(run: &Value, pick: impl Fn(&Value) -> u64) -> i64 {
    run["phases"].as_object().expect("phases").values().map(pick).sum::<u64>() as i64
}

fn rows_in(books: &Value, columns: &[&str]) -> u64 {
    columns.iter().map(|column| books[column]["rows"].as_u64().expect("a count")).sum()
}

fn the_figures_are_those_that_the_app_can_add_up_itself(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("messy"), &["--batch-size", "40"], ROWS_LEFT);
    let id = texts(&db, "SELECT \"id\" FROM \"SejoliImportRun\"").remove(0);
    let outcome = db.run(&["status", &id, "--format", "json"]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let document = json(&outcome);
    assert_eq!(document["schema_version"], 1);
    let run = &document["run"];
    let app = |column: &str| db.number(&format!("SELECT sum(\"{column}\") FROM \"DataImportLog\""));
    assert_eq!(sum(run, |books| rows_in(books, &["read"])), app("processedCount"));
    assert_eq!(sum(run, |books| rows_in(books, &["created", "updated"])), app("successCount"));
    assert_eq!(sum(run, |books| rows_in(books, &["unchanged"])), app("skippedCount"));
    assert_eq!(sum(run, |books| rows_in(books, &["held", "rejected"])), app("errorCount"));
    assert_eq!(run["batches"].as_i64(), Some(db.number("SELECT count(*) FROM \"DataImportLog\"")));
    assert_eq!((run["state"].as_str(), &run["seconds_left"]), (Some("COMPLETED"), &Value::Null));
    for phase in run["phases"].as_object().expect("phases").values().filter(|phase| !phase["total"].is_null())
    {
        assert_eq!(phase["left"], 0, "{phase}");
    }
    let text = db.run(&["status", &id]).stdout;
    let codes = "SELECT DISTINCT \"code\" FROM \"SejoliImportReject\" ORDER BY \"code\"";
    for code in texts(&db, codes) {
        assert!(text.contains(&code), "{code}: {text}");
    }
    db.sql("DELETE FROM \"DataImportLog\"");
    let without = json(&db.run(&["status", &id, "--format", "json"]));
    assert_eq!(without["run"]["phases"], serde_json::json!({}), "nothing is told that is not in the log");
}

/// The events of a command, each a line that is JSON with a version.
fn events(outcome: &Outcome) -> Vec<Value> {
    let line = |line: &str| -> Value {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    let events: Vec<Value> = outcome.stdout.lines().map(line).collect();
    assert!(events.iter().all(|event| event["schema_version"] == 1), "{}", outcome.stdout);
    events
}

#[test]
fn jsonl_tells_every_step_and_ends_with_the_document() {
    let (exports, _) = Exports::generated(120);
    let db = AppDatabase::new(Engine::Sqlite);
    let outcome = db.import("all", exports.path(), &["--format", "jsonl", "--batch-size", "50"]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let told = events(&outcome);
    let of = |kind: &str| told.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    let phases: Vec<&str> = of("phase").iter().filter_map(|event| event["phase"].as_str()).collect();
    assert_eq!(phases, ["reading", "affiliates", "orders", "settlement", "memberships", "one-active"]);
    let orders = of("progress").into_iter().filter(|event| event["phase"] == "orders");
    let done: Vec<u64> = orders.filter_map(|event| event["done"].as_u64()).collect();
    assert_eq!(done, [50, 100, 120]);
    let last = told.last().expect("an event");
    assert_eq!(last["event"], "done");
    assert_eq!(last["result"]["phases"]["orders"]["read"]["rows"], 120);
    let watched = events(&db.run(&["status", "--watch", "--format", "jsonl"]));
    assert_eq!(watched.len(), 1, "the run has ended");
    assert_eq!(watched[0]["result"]["run"]["run"], last["result"]["run"]);
    let undone = events(&db.run(&["rollback", "--last", "--yes", "--format", "jsonl"]));
    assert_eq!(undone.last().expect("an event")["result"]["done"], true);
    let listed = json(&db.run(&["status", "--format", "json"]));
    assert_eq!(listed["runs"][0]["state"], "ROLLED_BACK");
    assert_eq!(db.run(&["status", "20990101-000000000-abcdef"]).code, USAGE);
}

#[test]
fn every_command_prints_a_line_of_json_for_each_event() {
    let db = AppDatabase::new(Engine::Sqlite);
    let files = fixture("clean").display().to_string();
    let out = db.path("out").display().to_string();
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let run = texts(&db, "SELECT \"id\" FROM \"SejoliImportRun\"").remove(0);
    let backup = db.path("backup.db").display().to_string();
    for args in [
        vec!["doctor", &files],
        vec!["backup", "--out", &out],
        vec!["backup", "restore", &backup],
        vec!["schema", "check"],
        vec!["schema", "apply"],
        vec!["schema", "status"],
        vec!["validate", &files, "--out", &out],
        vec!["products", "list", &files],
        vec!["products", "template", &files],
        vec!["import", "all", &files, "--out", &out, "--dry-run"],
        vec!["retry", &run],
        vec!["verify"],
        vec!["status"],
        vec!["status", &run],
        vec!["report"],
        vec!["explain"],
        vec!["completions", "bash"],
        vec!["man", "import", "all"],
        vec!["unlock"],
        vec!["rollback", "--last", "--dry-run"],
        vec!["purge", &run],
        vec!["purge", &run, "--yes"],
        vec!["schema", "revert", "--yes"],
    ] {
        std::fs::write(&backup, "SQLite format 3\0").expect("a file");
        let outcome = db.run(&[args.as_slice(), &["--format", "jsonl"]].concat());
        let told = events(&outcome);
        // A refusal that follows a result is told after it.
        let refused = told.last().filter(|event| event["event"] == "failed");
        assert_eq!(refused.is_some(), outcome.code == REFUSED, "{args:?}: {outcome:?}");
        let told = &told[..told.len() - usize::from(refused.is_some())];
        let last = told.last().unwrap_or_else(|| panic!("{args:?}: {outcome:?}"));
        assert!(["done", "status"].contains(&last["event"].as_str().unwrap_or_default()), "{args:?}");
        assert_eq!(last["result"]["schema_version"], 1, "{args:?}");
    }
    let quiet = db.run(&["schema", "check", "-q"]);
    assert_eq!(quiet.stderr, "", "only results are wanted");
    let printed = events(&db.run(&["schema", "print", "--format", "jsonl"]));
    assert_eq!(printed.len(), 1, "a line");
}

fn l3_control_totals_are_held_against_the_database(engine: Engine) {
    let (exports, figures) = Exports::generated(120);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let document = json(&db.run(&["validate", &exports.path().display().to_string(), "--format", "json"]));
    assert_eq!(document["totals"]["orders"], figures.orders);
    let amount = |name: &str| {
        let found = document["totals"][name].as_str().expect("an amount").to_owned();
        assert_ne!(found, "0");
        found
    };
    let right = [
        ("--expect-orders", figures.orders.to_string()),
        ("--expect-affiliates", document["kinds"]["affiliates"]["rows"].to_string()),
        ("--expect-revenue", amount("revenue")),
        ("--expect-commission", amount("commission")),
    ];
    let verify = |totals: &[(&str, String)]| {
        let options = totals.iter().flat_map(|(option, value)| [*option, value.as_str()]);
        db.run(&["verify", "--format", "json"].into_iter().chain(options).collect::<Vec<_>>())
    };
    let verified = verify(&right);
    assert_eq!(verified.code, DONE, "{verified:?}");
    assert_eq!(json(&verified)["controls"].as_array().map(Vec::len), Some(4));
    for (option, value) in right {
        let verified = verify(&[(option, format!("{value}1"))]);
        assert_eq!(verified.code, VERIFICATION_FAILED, "{option}: {verified:?}");
        assert_eq!(json(&verified)["controls"][0]["holds"], false);
    }
}

on_each_engine!(
    l3_control_totals_are_held_against_the_database,
    the_figures_are_those_that_the_app_can_add_up_itself,
);

//! The forms for other programs: every document is as `docs/schema` says, a failure is a document, too, and checks are
//! test cases.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};

use crate::support::exit_code::{DONE, INPUT, REFUSED, ROWS_LEFT, USAGE, VERIFICATION_FAILED};
use crate::support::schema::{assert_valid, violations};
use crate::support::{AppDatabase, Engine, fixture, json as document_of, on_each_engine, tool};

fn the_documents_of_an_import_are_as_their_schemas_say(engine: Engine) {
    let db = AppDatabase::new(engine);
    let shop = fixture("messy").display().to_string();
    let out = db.path("validated").display().to_string();
    let run = |args: &[&str], code: i32, schema: &str| {
        let outcome = db.run(&[args, &["--format", "json"]].concat());
        assert_eq!(outcome.code, code, "{args:?}: {outcome:?}");
        let document = document_of(&outcome);
        assert_valid(schema, &document);
        document
    };
    run(
        &["validate", &shop, "--out", &out, "--preview", "2", "--expect-orders", "1"],
        VERIFICATION_FAILED,
        "validate",
    );
    run(&["status"], DONE, "status");
    let dry = db.import("all", &fixture("messy"), &["--format", "json", "--dry-run"]);
    assert_valid("import", &document_of(&dry));
    let done = db.import("all", &fixture("messy"), &["--format", "json"]);
    assert_eq!(done.code, ROWS_LEFT, "{done:?}");
    let done = document_of(&done);
    assert_valid("import", &done);
    let id = done["run"].as_str().expect("a run").to_owned();
    let status = run(&["status", &id], DONE, "status");
    assert_eq!(
        status["run"]["phases"]["orders"]["read"], done["phases"]["orders"]["read"],
        "one form for phases"
    );
    run(&["status"], DONE, "status");
    run(&["verify", &shop], DONE, "verify");
    db.sql(
        "UPDATE \"Transaction\" SET \"amount\" = 1 WHERE \"id\" = (SELECT MIN(\"id\") FROM \"Transaction\")",
    );
    run(&["verify", &shop, "--expect-orders", "1"], VERIFICATION_FAILED, "verify");
    let conflicts = run(&["rollback", "--last", "--dry-run"], REFUSED, "rollback");
    assert!(!conflicts["conflicts"].as_array().expect("conflicts").is_empty(), "the row was edited");
    // A result that a failure follows is one document, with the failure in it.
    let refused = run(&["rollback", "--last"], REFUSED, "rollback");
    assert_eq!((&refused["done"], &refused["failure"]["code"]), (&json!(false), &json!("refused")));
    run(&["retry", &id], ROWS_LEFT, "import");
}

on_each_engine!(the_documents_of_an_import_are_as_their_schemas_say);

/// A validator that accepts everything would prove nothing.
#[test]
fn a_document_of_another_form_is_refused() {
    let db = AppDatabase::new(Engine::Sqlite);
    let document = document_of(&db.import("all", &fixture("clean"), &["--format", "json"]));
    assert_valid("import", &document);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut document = document.clone();
        change(&mut document);
        violations("import", &document)
    };
    assert!(!changed(&|document| document["surplus"] = json!(1)).is_empty(), "an unknown member");
    assert!(!changed(&|document| document["run"] = json!(7)).is_empty(), "a number for a text");
    assert!(
        !changed(&|document| document["phases"]["orders"]["read"]["rows"] = json!(-1)).is_empty(),
        "less than none"
    );
    assert!(
        !changed(&|document| document["phases"]["orders"]["surplus"] = json!(1)).is_empty(),
        "within a phase"
    );
    assert!(
        !changed(&|document| document["source_totals"]["revenue"] = json!("Rp 1")).is_empty(),
        "another amount"
    );
    assert!(
        !changed(&|document| drop(document.as_object_mut().expect("an object").remove("total"))).is_empty(),
        "no total"
    );
    assert!(
        !changed(&|document| document["failure"] = json!({ "code": "refused" })).is_empty(),
        "half a failure"
    );
}

#[test]
fn a_failure_is_a_document_with_code_message_hint_and_finding() {
    let db = AppDatabase::new(Engine::Sqlite);
    let failure = |args: &[&str], code: i32| {
        let outcome = db.run(args);
        assert_eq!(outcome.code, code, "{args:?}: {outcome:?}");
        assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:?}");
        let document = document_of(&outcome);
        let failure = document["failure"].clone();
        assert_eq!(failure["exit_code"], code, "{document}");
        let message = failure["message"].as_str().expect("a message").to_owned();
        let said: String = outcome.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&message), "{message:?} is not what stderr says: {said}");
        (document, failure)
    };
    let (document, missing) = failure(&["import", "all", "nowhere.csv", "--format", "json"], INPUT);
    assert_valid("failure", &document);
    assert_eq!((&missing["code"], &missing["finding"]), (&json!("input-unusable"), &Value::Null));
    let (document, usage) = failure(&["import", "all", "--colour", "--format", "json"], USAGE);
    assert_valid("failure", &document);
    assert_eq!((&usage["code"], &usage["hint"]), (&json!("usage"), &json!("sejoli-migrate import --help")));
    let (document, unknown) = failure(&["status", "20990101-000000000-abcdef", "--format", "json"], USAGE);
    assert_valid("failure", &document);
    assert!(unknown["message"].as_str().expect("a message").contains("20990101"));
    let (event, failed) = failure(&["import", "all", "nowhere.csv", "--format", "jsonl"], INPUT);
    assert_valid("events", &event);
    assert_eq!((&event["event"], &failed["code"]), (&json!("failed"), &json!("input-unusable")));
    // As text nothing but the result is on stdout.
    assert_eq!(db.run(&["import", "all", "nowhere.csv"]).stdout, "");
}

#[test]
fn l29_a_failures_document_masks_people() {
    let outcome = tool(&["validate", "rina@example.org.csv", "--format", "json"]);
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    assert!(!outcome.stdout.contains("rina"), "{}", outcome.stdout);
}

#[test]
fn every_line_of_jsonl_is_an_event_of_the_schema() {
    let db = AppDatabase::new(Engine::Sqlite);
    let outcome = db.import("all", &fixture("clean"), &["--format", "jsonl", "--batch-size", "40"]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for line in outcome.stdout.lines() {
        let event: Value = serde_json::from_str(line).expect("an event");
        assert_valid("events", &event);
        if event["event"] == "done" {
            assert_valid("import", &event["result"]);
        }
        *seen.entry(event["event"].as_str().expect("a name").to_owned()).or_default() += 1;
    }
    assert!(seen["phase"] > 3 && seen["progress"] > 5 && seen["done"] == 1, "{seen:?}");
}

/// A test case of JUnit's XML: how it ended, and what is said of it.
#[derive(Debug, Default)]
struct Case {
    outcome: String,
    message: String,
    text: String,
}

/// The cases of a suite by name, read back from the XML, after a check of the suite's own counts.
#[track_caller]
fn cases(xml: &str) -> BTreeMap<String, Case> {
    let mut reader = Reader::from_str(xml);
    let attribute = |element: &BytesStart<'_>, name: &str| {
        let found = element.try_get_attribute(name).expect("attributes");
        found.map(|found| {
            found.normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("a value").into_owned()
        })
    };
    let (mut cases, mut name): (BTreeMap<String, Case>, String) = (BTreeMap::new(), String::new());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut open = Vec::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}"));
        let (Event::Start(element) | Event::Empty(element)) = &event else {
            match event {
                Event::Eof => break,
                Event::End(element) => {
                    assert_eq!(open.pop().as_deref(), Some(element.name().as_ref()), "{xml}")
                }
                Event::Text(text) if !name.is_empty() => {
                    let case = cases.get_mut(&name).expect("a case");
                    case.text.push_str(&text);
                }
                _ => {}
            }
            continue;
        };
        let tag = element.name().as_ref().to_owned();
        match tag.as_str() {
            "testsuite" => {
                for count in ["tests", "failures", "errors", "skipped"] {
                    counts.insert(
                        count,
                        attribute(element, count).expect("a count").parse().expect("a number"),
                    );
                }
            }
            "testcase" => {
                name = attribute(element, "name").expect("a name");
                let class = attribute(element, "classname");
                assert!(class.is_some_and(|class| !class.is_empty()), "{xml}");
                let case = Case { outcome: "passed".to_owned(), ..Case::default() };
                assert!(cases.insert(name.clone(), case).is_none(), "{name} stands twice");
            }
            "failure" | "error" | "skipped" => {
                let case = cases.get_mut(&name).expect("a case");
                case.outcome.clone_from(&tag);
                case.message = attribute(element, "message").expect("a message");
            }
            _ => {}
        }
        if matches!(event, Event::Start(_)) {
            open.push(tag);
        }
    }
    let count = |outcome: &str| cases.values().filter(|case| case.outcome == outcome).count();
    assert_eq!(counts["tests"], cases.len(), "{xml}");
    for (word, outcome) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
        assert_eq!(counts[word], count(outcome), "{word}: {xml}");
    }
    cases
}

fn checks_are_test_cases(engine: Engine) {
    let db = AppDatabase::new(engine);
    let shop = fixture("clean").display().to_string();
    assert_eq!(db.import("all", &fixture("clean"), &[]).code, DONE);
    let whole = db.run(&["verify", &shop, "--format", "junit", "--expect-orders", "200"]);
    assert_eq!(whole.code, DONE, "{whole:?}");
    let found = cases(&whole.stdout);
    assert!(found.len() > 20, "{found:?}");
    assert!(found.values().all(|case| ["passed", "skipped"].contains(&case.outcome.as_str())), "{found:?}");
    let json = document_of(&db.run(&["verify", &shop, "--format", "json"]));
    for check in json["checks"].as_array().expect("checks") {
        assert!(found.contains_key(check["name"].as_str().expect("a name")), "{check}");
    }
    db.sql(
        "UPDATE \"Transaction\" SET \"amount\" = 1 WHERE \"id\" = (SELECT MIN(\"id\") FROM \"Transaction\")",
    );
    let broken = db.run(&["verify", &shop, "--format", "junit", "--expect-orders", "1"]);
    assert_eq!(broken.code, VERIFICATION_FAILED, "{broken:?}");
    let found = cases(&broken.stdout);
    let json = document_of(&db.run(&["verify", &shop, "--format", "json"]));
    for check in json["checks"].as_array().expect("checks") {
        let (name, differences) = (check["name"].as_str().expect("a name"), check["differences"].as_u64());
        let case = &found[name];
        assert_eq!(case.outcome == "failure", differences > Some(0), "{name}: {case:?}");
        for difference in check["found"].as_array().expect("differences") {
            // The XML's escapes are left as they stand in this text.
            let words = difference["what"].as_str().expect("a sentence").split(['"', '\'', '<', '>', '&']);
            assert!(words.clone().count() > 0);
            for word in words {
                assert!(case.text.contains(word), "{name}: {word:?} of {}", case.text);
            }
        }
    }
    // The control total bears the name of what it counts, as the check of the same name does not.
    assert!(broken.stdout.contains("expected 1, found 200"), "{}", broken.stdout);
}

on_each_engine!(checks_are_test_cases);

#[test]
fn a_validations_findings_are_test_cases() {
    let out = crate::support::workspace();
    let shop = fixture("messy").display().to_string();
    let out = out.path().display().to_string();
    let outcome = tool(&["validate", &shop, "--out", &out, "--format", "junit"]);
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    let found = cases(&outcome.stdout);
    assert_eq!(found["rows of orders"].outcome, "failure");
    assert_eq!(found["SJM-0201 required-missing"].outcome, "failure", "{found:?}");
    assert!(found["SJM-0201 required-missing"].text.contains("affiliates.csv, record 17"), "{found:?}");
    assert_eq!(found["SJM-0103 phone-dropped"].outcome, "passed", "a row that is imported does not fail");
    let broken = tool(&["validate", "nowhere.csv", "--format", "junit"]);
    assert_eq!(broken.code, INPUT, "{broken:?}");
    let found = cases(&broken.stdout);
    assert_eq!(found.values().next().expect("a case").outcome, "error", "{found:?}");
    let other = tool(&["explain", "--format", "junit"]);
    assert_eq!(other.code, USAGE, "{other:?}");
}

//! docs/schema/report.schema.json is held against documents of real runs, and rejects what is not one.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{AppDatabase, Engine, broken_off, fixture, imported, json as document, on_each_engine};

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/report.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("a schema")
}

/// The document of `report`, which is as the schema says.
#[track_caller]
fn described(db: &AppDatabase, what: &str) -> Value {
    let reported = document(&db.run(&["report", "--format", "json"]));
    let errors = validator();
    let errors: Vec<String> =
        errors.iter_errors(&reported).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, [""; 0], "{what}");
    reported
}

fn documents_of_whole_empty_and_signed_runs_are_as_the_schema_says(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let whole = described(&db, "a whole run");
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let empty = described(&db, "a run that had nothing to write");
    assert_ne!(whole["report"]["run"], empty["report"]["run"]);
    let sample = db.path("sample.pdf");
    std::fs::write(&sample, "ticked, and signed").expect("a file");
    let sample = sample.display().to_string();
    assert_eq!(db.run(&["verify", "--signed", &sample, "--by", "Rina"]).code, DONE);
    assert_eq!(described(&db, "a signed run")["signed"][0]["by"], "Rina");
    let reject = ["mappings", "reject", &a_code(&db), "--why", "a test", "--by", "Rina"];
    assert_eq!(db.run(&reject).code, DONE);
    assert_eq!(described(&db, "a run of decisions")["report"]["command"], "mappings reject");
}

fn a_code(db: &AppDatabase) -> String {
    let listed = document(&db.run(&["mappings", "list", "--status", "verified", "--format", "json"]));
    let nothing_is_paid = |one: &&Value| one["paid"] == "0";
    let one = listed["mappings"].as_array().into_iter().flatten().find(nothing_is_paid);
    one.and_then(|one| one["code"].as_str()).expect("an affiliate").to_owned()
}

fn documents_of_messy_and_interrupted_runs_are_as_the_schema_says(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    let messy = described(&db, "a messy run");
    assert_ne!(messy["report"]["findings"], json!([]));
    let db = AppDatabase::new(engine);
    broken_off(&db, engine, &fixture("clean"));
    let interrupted = described(&db, "an interrupted run");
    assert_eq!(interrupted["interrupted"]["state"], "RUNNING");
}

/// Whatever is falsified in a document of everything, however deep: a member that nobody knows, an item of another kind, a
/// value of another type.
#[test]
fn a_falsified_document_is_not_as_the_schema_says() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    let genuine = described(&db, "a messy run");
    let validator = validator();
    let mut places = Vec::new();
    gather_places(&genuine, "", "", &mut BTreeSet::new(), &mut places);
    assert!(places.len() > 300, "{}: the document is smaller than it was", places.len());
    for place in places {
        let mut falsified = genuine.clone();
        let value = falsified.pointer_mut(&place).expect("a place");
        let wrong = json!({ "wrong": true });
        match value {
            Value::Object(members) => drop(members.insert("unknown".to_owned(), wrong)),
            Value::Array(items) => items.push(wrong),
            value => *value = wrong,
        }
        assert!(!validator.is_valid(&falsified), "{place} was falsified, and nobody noticed");
    }
}

/// A place of each kind: of the items of an array, those that have what no other one before has.
fn gather_places(
    value: &Value,
    place: &str,
    kind: &str,
    known: &mut BTreeSet<String>,
    places: &mut Vec<String>,
) {
    if known.insert(kind.to_owned()) {
        places.push(place.to_owned());
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                gather_places(member, &format!("{place}/{name}"), &format!("{kind}/{name}"), known, places);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                gather_places(item, &format!("{place}/{at}"), &format!("{kind}/*"), known, places);
            }
        }
        _ => {}
    }
}

/// Members that nobody knows are rejected wherever members are named at all.
#[test]
fn every_object_of_the_schema_is_closed() {
    fn open(schema: &Value, place: &str, found: &mut Vec<String>) {
        let Value::Object(members) = schema else {
            schema.as_array().into_iter().flatten().for_each(|item| open(item, place, found));
            return;
        };
        if members.contains_key("properties") && members.get("additionalProperties") != Some(&json!(false)) {
            found.push(place.to_owned());
        }
        members.iter().for_each(|(name, member)| open(member, &format!("{place}/{name}"), found));
    }
    let mut found = Vec::new();
    open(&schema(), "", &mut found);
    // A member may be called `properties`; the schema has none.
    assert_eq!(found, [""; 0]);
}

on_each_engine!(
    documents_of_whole_empty_and_signed_runs_are_as_the_schema_says,
    documents_of_messy_and_interrupted_runs_are_as_the_schema_says,
);

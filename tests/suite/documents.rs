//! The documents of the commands around an import are as `docs/schema` says, in whatever state the shop is.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::app_plans::{insert_doors, insert_plan, link};
use crate::support::exit_code::{DATABASE, DONE, REFUSED, ROWS_LEFT};
use crate::support::schema::{assert_valid, violations};
use crate::support::wordpress::forms::Dump;
use crate::support::wordpress::small_shop;
use crate::support::{
    AS_OF, AppDatabase, Engine, Exports, broken_off, fixture, imported, insert_app_user, json as document,
    on_each_engine, texts, tool, workspace,
};

/// An affiliate of the messy shop who waits.
const WAITS: &str = "GERE005";

/// Two accounts of the messy shop that may be one person.
const PAIR: [&str; 2] = ["milolfin33@example.com", "kedua.milolfin33@example.com"];

/// Holds a document against its schema, which has to notice a member that is missing and one that nobody knows.
#[track_caller]
fn assert_described(schema: &str, document: &Value) {
    assert_valid(schema, document);
    let members = document.as_object().expect("an object");
    for name in members.keys().filter(|name| *name != "failure") {
        let mut falsified = members.clone();
        falsified.remove(name);
        assert!(!violations(schema, &json!(falsified)).is_empty(), "{schema} does not miss {name}");
        falsified.insert(name.clone(), json!({ "wrong": true }));
        assert!(!violations(schema, &json!(falsified)).is_empty(), "{schema} takes anything as {name}");
    }
    let mut falsified = members.clone();
    falsified.insert("unknown".to_owned(), Value::Null);
    assert!(!violations(schema, &json!(falsified)).is_empty(), "{schema} takes a member that nobody knows");
}

/// The document of a command, which is as its schema says.
#[track_caller]
fn described(db: &AppDatabase, schema: &str, code: i32, args: &[&str]) -> Value {
    let outcome = db.run(&[args, &["--format", "json"]].concat());
    assert_eq!(outcome.code, code, "{args:?}: {outcome:?}");
    let document = document(&outcome);
    assert_described(schema, &document);
    document
}

/// The first text of a member of a list's items.
#[track_caller]
fn first(document: &Value, list: &str, member: &str) -> String {
    document[list][0][member].as_str().unwrap_or_else(|| panic!("no {member} in {document}")).to_owned()
}

fn machine_and_tables(engine: Engine) {
    let bare = AppDatabase::bare(engine);
    // A file of SQLite without any table is not there at all.
    if engine != Engine::Sqlite {
        assert_eq!(described(&bare, "schema-check", DATABASE, &["schema", "check"])["verdict"], "empty");
    }
    assert_eq!(described(&bare, "doctor", DATABASE, &["doctor"])["operator"], Value::Null);
    let db = AppDatabase::new(engine);
    assert_ne!(described(&db, "schema-check", DONE, &["schema", "check"])["findings"], json!([]));
    let files = fixture("clean").display().to_string();
    assert_ne!(described(&db, "doctor", DONE, &["doctor", &files])["needs"], Value::Null);
    let out = db.path("out").display().to_string();
    assert_eq!(described(&db, "backup", DONE, &["backup", "--out", &out])["recorded"], true);
    broken_off(&db, engine, &fixture("clean"));
    assert_ne!(described(&db, "doctor", DONE, &["doctor"])["interrupted"], Value::Null);
}

fn people_and_their_decisions(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    assert_ne!(described(&db, "mappings-list", DONE, &["mappings", "list"])["mappings"], json!([]));
    described(&db, "mappings-show", DONE, &["mappings", "show", WAITS]);
    let pairs = described(&db, "people-list", DONE, &["people", "list"]);
    assert_ne!(pairs["pairs"], json!([]));
    let show = ["people", "show", PAIR[0], PAIR[1]];
    assert_eq!(described(&db, "people-show", DONE, &show)["decision"], Value::Null);

    let reject = ["mappings", "reject", WAITS, "--why", "a test", "--by", "Rina"];
    assert_eq!(db.run(&reject).code, DONE);
    let decided = described(&db, "mappings-show", DONE, &["mappings", "show", WAITS]);
    assert_eq!(decided["mapping"]["status"], "REJECTED");
    let apart = ["people", "keep-apart", PAIR[0], PAIR[1], "--why", "two sisters", "--by", "Rina"];
    assert_eq!(db.run(&apart).code, DONE);
    let decided = described(&db, "people-list", DONE, &["people", "list", "--decided"]);
    assert_eq!(decided["pairs"][0]["decision"]["verdict"], "kept-apart");
    assert_ne!(described(&db, "people-show", DONE, &show)["decision"], Value::Null);
}

/// A user of the app has the waiting affiliate's name, or one like it: both are candidates.
#[test]
fn reasons_for_a_candidate() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("messy"), &[], ROWS_LEFT);
    let shown = document(&db.run(&["mappings", "show", WAITS, "--show-pii", "--format", "json"]));
    let name = shown["mapping"]["name"].as_str().expect("a name").to_owned();
    let other = format!("{name}o");
    for (id, name) in [("u-same", &name), ("u-like", &other)] {
        insert_app_user(&db, id, &format!("{id}@example.org"), name, "MEMBER_FREE");
    }
    let shown = described(&db, "mappings-show", DONE, &["mappings", "show", WAITS]);
    let reasons: Vec<&Value> =
        shown["candidates"].as_array().into_iter().flatten().map(|one| &one["reasons"]).collect();
    assert!(reasons.iter().any(|reasons| reasons[0]["reason"] == "same-name"), "{shown}");
    assert!(reasons.iter().any(|reasons| reasons[0]["percent"].is_u64()), "{shown}");
}

/// An entry of a ledger.
fn an_entry(db: &AppDatabase) -> String {
    texts(db, "SELECT \"id\" FROM \"WalletTransaction\" ORDER BY \"id\"").swap_remove(0)
}

fn what_is_put_back_and_what_goes(engine: Engine) {
    let db = AppDatabase::new(engine);
    let run = imported(&db, "all", &fixture("clean"), &[], DONE)["run"].as_str().expect("a run").to_owned();
    assert_eq!(described(&db, "repair", DONE, &["repair", "--all", "--dry-run"])["repairs"], json!([]));
    let ids = texts(&db, "SELECT \"id\" FROM \"Transaction\" ORDER BY \"id\"");
    db.sql(&format!("UPDATE \"Transaction\" SET \"customerName\" = 'X' WHERE \"id\" = '{}'", ids[0]));
    db.sql(&format!("DELETE FROM \"WalletTransaction\" WHERE \"id\" = '{}'", an_entry(&db)));
    let found = described(&db, "repair", REFUSED, &["repair", "--all"]);
    assert_eq!((&found["repairs"][0]["id"], &found["left"][0]["why"]), (&json!(ids[0]), &json!("gone")));
    assert_ne!(described(&db, "repair", DONE, &["repair", "--all", "--yes"])["run"], Value::Null);
    assert_eq!(described(&db, "purge", REFUSED, &["purge", &run])["done"], false);
    assert_eq!(described(&db, "purge", DONE, &["purge", &run, "--yes"])["done"], true);
}

fn what_is_granted(engine: Engine) {
    let (db, exports) = (AppDatabase::with_access(engine), Exports::new().memberships(&[&[]]));
    insert_doors(&db);
    insert_plan(&db, "keanggotaan-saudagar");
    imported(&db, "all", exports.path(), &[], DONE);
    link(&db, "keanggotaan-saudagar", "g-all");
    let grant = ["grant", "--as-of", AS_OF];
    let rehearsed = described(&db, "grant", DONE, &[&grant[..], &["--dry-run"]].concat());
    assert_ne!(rehearsed["changes"], json!([]));
    assert_ne!(described(&db, "grant", DONE, &grant)["tables"], json!({}));
}

#[test]
fn what_needs_no_database() {
    let folder = workspace();
    let run = |schema: &str, args: &[&str]| {
        let outcome = tool(&[args, &["--format", "json"]].concat());
        assert_eq!(outcome.code, DONE, "{args:?}: {outcome:?}");
        let document = document(&outcome);
        assert_described(schema, &document);
        document
    };
    let products = run("products-list", &["products", "list", &fixture("messy").display().to_string()]);
    assert!(!first(&products, "products", "kind").is_empty());
    let unmapped = fixture("clean").join("orders.csv").display().to_string();
    assert_eq!(run("products-list", &["products", "list", &unmapped])["products"][0]["kind"], Value::Null);
    assert!(run("explain", &["explain"])["codes"].as_array().is_some_and(|codes| codes.len() > 50));
    run("explain", &["explain", "SJM-0401"]);
    run("config-show", &["config", "show"]);
    let dump = folder.path().join("shop.sql");
    std::fs::write(&dump, small_shop().dump(Dump::default())).expect("a dump");
    let (dump, out) = (dump.display().to_string(), folder.path().join("out").display().to_string());
    let extract = ["extract", &dump, "--out", &out, "--as-of", AS_OF];
    assert_eq!(run("extract", &extract)["changes"], Value::Null);
    let later = run("extract", &[&extract[..], &["--against", &out]].concat());
    assert_ne!(later["changes"], Value::Null);
}

#[test]
fn every_schema_is_named_where_machines_are_told_of_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/reference.md")).expect("the reference");
    for entry in std::fs::read_dir(root.join("docs/schema")).expect("the schemas") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let name = name.strip_suffix(".schema.json").expect("a schema");
        assert!(
            name == "common" || page.contains(&format!("`{name}`")),
            "{name} is not in docs/reference.md"
        );
    }
}

on_each_engine!(
    machine_and_tables,
    people_and_their_decisions,
    what_is_put_back_and_what_goes,
    what_is_granted
);

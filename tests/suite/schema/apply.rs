//! `schema apply` adds what is missing, touches no column that is there, and can be repeated and resumed.

use super::{SchemaDatabase, app, checklist, state_of};
use crate::support::exit_code::{DATABASE, DONE};
use crate::support::{Engine, drop_index, on_each_engine, tool};

fn an_empty_database_gets_the_apps_tables_too(engine: Engine) {
    let db = SchemaDatabase::with(engine, "SELECT 1");
    db.expect("empty");
    db.apply();
    let document = db.expect("ready");
    assert_eq!(state_of(&document, "User", "User"), ["present"]);
}

#[test]
fn a_file_is_made_where_there_is_none() {
    let db = SchemaDatabase::none(Engine::Sqlite);
    db.apply();
    db.expect("ready");
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let run = tool(&["--database-url", "file:./no/such/folder/shop.db", "schema", "apply"]);
    assert_eq!(run.code, DATABASE, "{}", run.stderr);
}

fn the_apps_database_gets_what_is_missing(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    let document = db.expect("needs_apply");
    assert_eq!(state_of(&document, "SejoliWebhookLog", "SejoliWebhookLog"), ["missing"]);
    assert_eq!(state_of(&document, "User", "importSource"), ["missing"]);
    db.apply();
    db.expect("ready");
    let (_, status, _) = db.schema_command(&["status"]);
    let states: Vec<_> =
        status["migrations"].as_array().unwrap().iter().map(|one| one["state"].as_str()).collect();
    assert_eq!(states[0], Some("not_needed"));
    assert!(states.len() > 1 && states[1..].iter().all(|state| *state == Some("applied")), "{states:?}");
}

fn a_second_apply_changes_nothing(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.apply();
    let before = (db.schema(), std::fs::read(db.file()).ok());
    assert_eq!(db.apply(), 0);
    assert!((db.schema(), std::fs::read(db.file()).ok()) == before, "the database has changed");
}

fn an_apply_touches_no_column_that_is_there(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    let before = db.schema();
    db.apply();
    let after = db.schema();
    let changed: Vec<_> = before.iter().filter(|(name, table)| after[*name] != **table).collect();
    let mut names: Vec<_> = changed.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["AffiliateProfile", "User", "UserMembership"]);
    for (name, table) in changed {
        assert!(table.columns.iter().all(|column| after[name].columns.contains(column)), "{name}");
    }
}

/// MySQL cannot take back half of a change of its schema: whatever was broken off goes on.
fn a_half_made_schema_is_finished_and_a_half_taken_one_too(engine: Engine) {
    let whole = SchemaDatabase::of_the_app(engine);
    let before = whole.schema();
    let made = whole.apply();
    let after = whole.schema();
    let objects = whole.schema_command(&["status"]).1["added"].as_array().expect("a list").clone();
    let tables = objects.iter().filter(|object| object["kind"] == "table").rev().take(3);
    for table in tables {
        whole.run(&format!("DROP TABLE \"{}\"", table["name"].as_str().expect("a name")));
    }
    whole.apply();
    assert_eq!(whole.schema(), after, "made again");
    whole.run("ALTER TABLE \"User\" DROP COLUMN \"importSource\"");
    let (code, document, stderr) = whole.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(document["taken"].as_array().map(Vec::len), Some(made - 1));
    assert_eq!(whole.schema(), before, "taken away");
}

fn what_prisma_has_added_already_is_accepted_and_stays(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.run(checklist(engine));
    let before = db.schema();
    db.apply();
    db.expect("ready");
    let (code, _, stderr) = db.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(db.schema(), before);
}

fn a_half_applied_schema_is_finished(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.run("ALTER TABLE \"User\" ADD COLUMN \"importSource\" TEXT");
    db.apply();
    db.expect("ready");
}

fn a_table_that_was_dropped_since_is_made_again(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    let before = db.schema();
    db.apply();
    db.run("DROP TABLE \"SejoliImportReject\"");
    db.run(&drop_index(engine, "UserMembership", "UserMembership_externalId_idx"));
    db.expect("needs_apply");
    assert_eq!(db.apply(), 4);
    db.expect("ready");
    db.schema_command(&["revert"]);
    assert_eq!(db.schema(), before);
}

/// Ids are compared in the collation that the app's own tables have.
#[cfg(feature = "mysql")]
#[test]
fn new_tables_have_the_collation_of_the_apps_own() {
    let script = app(Engine::Mysql).replace("utf8mb4_unicode_ci", "utf8mb4_general_ci");
    let db = SchemaDatabase::with(Engine::Mysql, &script);
    db.apply();
    let schema = db.schema();
    let id = schema["SejoliWebhookLog"].column("id").and_then(|id| id.collation.as_deref());
    assert_eq!(id, Some("utf8mb4_general_ci"));
    db.run("ALTER TABLE \"User\" MODIFY \"name\" VARCHAR(191) CHARACTER SET latin1 NOT NULL");
    let document = db.expect("incompatible");
    assert_eq!(state_of(&document, "User", "name"), ["incompatible"]);
}

on_each_engine!(
    an_empty_database_gets_the_apps_tables_too,
    the_apps_database_gets_what_is_missing,
    a_second_apply_changes_nothing,
    an_apply_touches_no_column_that_is_there,
    a_half_made_schema_is_finished_and_a_half_taken_one_too,
    what_prisma_has_added_already_is_accepted_and_stays,
    a_half_applied_schema_is_finished,
    a_table_that_was_dropped_since_is_made_again,
);

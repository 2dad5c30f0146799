//! `schema revert` takes away what `apply` made and nothing else, and refuses while data would be lost.

use super::SchemaDatabase;
use crate::support::exit_code::{DONE, REFUSED};
use crate::support::library::RunState;
use crate::support::library::tables::{Role, User};
use crate::support::library::{DatabaseUse, Millis};
use crate::support::{Engine, on_each_engine};

fn a_revert_restores_the_schema_exactly(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    let before = db.schema();
    let made = db.apply();
    let (code, document, stderr) = db.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(document["taken"].as_array().map(Vec::len), Some(made));
    assert_eq!(db.schema(), before);
    let (code, document, _) = db.schema_command(&["revert"]);
    assert_eq!((code, document["taken"].as_array().map(Vec::len)), (DONE, Some(0)));
}

fn l26_a_revert_leaves_the_apps_tables_in_a_database_of_its_own_making(engine: Engine) {
    let db = SchemaDatabase::none(engine);
    db.apply();
    let (code, _, stderr) = db.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(db.schema(), SchemaDatabase::of_the_app(engine).schema());
}

fn a_revert_is_refused_while_a_run_stands(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.apply();
    db.add_run(RunState::Completed);
    let before = db.schema();
    let (code, _, stderr) = db.schema_command(&["revert"]);
    assert_eq!(code, REFUSED, "{stderr}");
    assert!(stderr.contains("1 run"), "{stderr}");
    assert_eq!(db.schema(), before);
    assert_eq!(db.schema_command(&["revert", "--yes"]).0, DONE);
}

fn a_run_that_is_rolled_back_does_not_hinder_a_revert(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.apply();
    db.add_run(RunState::RolledBack);
    let (code, _, stderr) = db.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
}

fn a_revert_is_refused_while_a_column_that_goes_holds_something(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.apply();
    let user = User {
        id: "u".to_owned(),
        email: "a@b.id".to_owned(),
        username: None,
        name: "A".to_owned(),
        password: None,
        role: Role::MemberFree,
        phone: None,
        whatsapp: None,
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: Some("APP".to_owned()),
        created_at: Millis(1),
        updated_at: Millis(1),
        affiliate_menu_enabled: Default::default(),
    };
    db.0.store(DatabaseUse::Write).insert(user).expect("a user");
    let (code, _, stderr) = db.schema_command(&["revert"]);
    assert_eq!(code, REFUSED, "{stderr}");
    assert!(stderr.contains("User.importSource"), "{stderr}");
    assert_eq!(db.schema_command(&["revert", "--yes"]).0, DONE);
}

on_each_engine!(
    a_revert_restores_the_schema_exactly,
    l26_a_revert_leaves_the_apps_tables_in_a_database_of_its_own_making,
    a_revert_is_refused_while_a_run_stands,
    a_run_that_is_rolled_back_does_not_hinder_a_revert,
    a_revert_is_refused_while_a_column_that_goes_holds_something,
);

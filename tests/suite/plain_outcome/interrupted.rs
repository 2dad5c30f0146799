//! What reads says first that a run is interrupted, with the command that goes on.

use std::process::Command;

use super::{ALL, clean};
use crate::support::exit_code::{DONE, UNEXPECTED, VERIFICATION_FAILED};
use crate::support::{AppDatabase, Engine, Outcome, drop_index, imported, json, on_each_engine, texts};

fn l38_an_interrupted_run_is_said_first_with_the_command_that_goes_on(engine: Engine) {
    let (files, db) = (clean(&ALL), AppDatabase::new(engine));
    interrupt(&db, files.path());
    db.sql(&drop_index(engine, "WalletTransaction", "one_entry"));
    let path = files.path().display().to_string();
    for (args, code) in [
        (&["status"][..], DONE),
        (&["status", "--watch"], DONE),
        (&["report"], DONE),
        (&["verify", &path], VERIFICATION_FAILED),
    ] {
        let outcome = db.run(args);
        assert_eq!(outcome.code, code, "{args:?}: {outcome:?}");
        assert!(outcome.stdout.starts_with("INTERRUPTED"), "{args:?}: {}", outcome.stdout);
    }
    assert!(db.run(&["doctor"]).stdout.starts_with("INTERRUPTED"));
    let document = json(&db.run(&["report", "--format", "json"]));
    let go_on = document["interrupted"]["go_on"].as_str().expect("a command").to_owned();
    assert!(go_on.contains("import all") && go_on.contains(&path), "{go_on}");
    let ended = run_as_typed(&db, &go_on);
    assert_eq!(ended.code, DONE, "{ended:?}");
    assert_eq!(texts(&db, "SELECT \"state\" FROM \"SejoliImportRun\""), ["COMPLETED"]);
    assert_eq!(json(&db.run(&["status", "--format", "json"]))["interrupted"], serde_json::Value::Null);

    db.sql("UPDATE \"SejoliImportRun\" SET \"state\" = 'ROLLING_BACK'");
    let status = db.run(&["status", "--format", "json"]);
    let go_on = json(&status)["interrupted"]["go_on"].as_str().expect("a command").to_owned();
    assert_eq!(run_as_typed(&db, &go_on).code, DONE, "{go_on}");
    assert_eq!(texts(&db, "SELECT \"state\" FROM \"SejoliImportRun\""), ["ROLLED_BACK"]);
}

/// An import that breaks off in its settlement.
fn interrupt(db: &AppDatabase, files: &std::path::Path) {
    db.sql("CREATE UNIQUE INDEX \"one_entry\" ON \"WalletTransaction\"(\"type\")");
    let outcome = db.import("all", files, &[]);
    assert_eq!(outcome.code, UNEXPECTED, "{outcome:?}");
}

/// Runs a command as it was shown, in a shell.
fn run_as_typed(db: &AppDatabase, command: &str) -> Outcome {
    db.sql("SELECT 1");
    let command = command.replace("sejoli-migrate", env!("CARGO_BIN_EXE_sejoli-migrate"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).env("DATABASE_URL", db.url());
    shell.output().expect("a shell").into()
}

#[test]
fn l29_the_command_that_is_kept_holds_no_url() {
    let (files, db) = (clean(&ALL), AppDatabase::new(Engine::Sqlite));
    interrupt(&db, files.path());
    let kept = texts(&db, "SELECT \"checkpoint\" FROM \"SejoliImportRun\"").remove(0);
    assert!(kept.contains("\"arguments\"") && !kept.contains("database-url"), "{kept}");
    assert!(!kept.contains("shop.db"), "{kept}");
    db.sql("DROP INDEX \"one_entry\"");
    imported(&db, "all", files.path(), &[], DONE);
    let kept = texts(&db, "SELECT \"checkpoint\" FROM \"SejoliImportRun\"").remove(0);
    assert!(!kept.contains("arguments"), "a run that has ended needs no command: {kept}");
}

on_each_engine!(l38_an_interrupted_run_is_said_first_with_the_command_that_goes_on);

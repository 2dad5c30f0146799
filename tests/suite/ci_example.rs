//! `scripts/ci-dry-run.sh` and the pipelines that call it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::exit_code::{DONE, INPUT, ROWS_LEFT, USAGE};
use crate::support::{
    AppDatabase, Compared, Engine, Outcome, assert_same, dump, fixture, on_each_engine, workspace,
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/ci-dry-run.sh");

fn run(folder: &Path, results: &Path, settings: &[(&str, &str)]) -> Outcome {
    let mut command = Command::new("bash");
    command.arg(SCRIPT).arg(folder).arg(results).arg("--create-memberships");
    command.env_remove("DATABASE_URL").env("SEJOLI_MIGRATE", env!("CARGO_BIN_EXE_sejoli-migrate"));
    command.envs(settings.iter().copied());
    command.output().expect("bash runs").into()
}

#[test]
fn a_dry_run_of_the_fixtures_passes_and_keeps_its_documents() {
    let results = workspace();
    let done = run(&fixture("clean"), results.path(), &[]);
    assert_eq!(done.code, DONE, "{}", done.stderr);
    for name in ["schema", "validate", "dry-run"] {
        let bytes = fs::read(results.path().join(name).with_extension("json")).expect("a document");
        let document: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert!(document["schema_version"].is_number(), "{name}: {document}");
    }
}

#[test]
fn rows_that_are_held_fail_unless_they_are_allowed() {
    let results = workspace();
    let held = run(&fixture("messy"), results.path(), &[]);
    assert_eq!(held.code, ROWS_LEFT, "{}", held.stderr);
    assert!(!results.path().join("dry-run.json").exists(), "what follows was not run");
    let allowed = run(&fixture("messy"), results.path(), &[("ALLOW_HELD", "yes")]);
    assert_eq!(allowed.code, DONE, "{}", allowed.stderr);
}

#[test]
fn a_folder_without_exports_fails() {
    let (empty, results) = (workspace(), workspace());
    let failed = run(empty.path(), results.path(), &[]);
    assert_eq!(failed.code, INPUT, "{}", failed.stderr);
    let missing = run(&empty.path().join("nowhere"), results.path(), &[]);
    assert_eq!(missing.code, USAGE, "{}", missing.stderr);
}

fn a_pipelines_database_is_left_as_it_was(engine: Engine) {
    let (db, results) = (AppDatabase::new(engine), workspace());
    let before = dump(&db, Compared::Rows);
    let done = run(&fixture("clean"), results.path(), &[("ALLOW_HELD", "yes"), ("DATABASE_URL", &db.url())]);
    assert_eq!(done.code, DONE, "{}", done.stderr);
    assert_same(&before, &dump(&db, Compared::Rows), "after a dry run");
}

#[test]
fn the_pipelines_call_the_script_with_folders_that_are_there() {
    for name in ["github-actions.yml", "gitlab-ci.yml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci").join(name);
        let text = fs::read_to_string(path).expect("the pipeline");
        assert!(text.contains("scripts/ci-dry-run.sh sejoli-migrate/fixtures/clean results"), "{name}");
        assert!(text.contains("ALLOW_HELD"), "{name}");
    }
}

on_each_engine!(a_pipelines_database_is_left_as_it_was);

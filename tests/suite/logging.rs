//! The log: what stands on stderr, what stands in a file, and who decides how much it is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::{AS_OF, AppDatabase, Engine, Exports, Outcome, tool};

/// The global options, then the import of a small db.
#[track_caller]
fn import(db: &AppDatabase, exports: &Exports, global: &[&str], rust_log: Option<&str>) -> Outcome {
    let (url, path, out) = (db.url(), exports.path().display().to_string(), db.path("out"));
    let out = out.display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
    command.args(["--database-url", &url]).args(global).args(["import", "all", &path, "--out", &out]);
    command.args(["--as-of", AS_OF, "--create-memberships", "--batch-size", "20"]);
    command.env_remove("RUST_LOG").env_remove("DATABASE_URL");
    if let Some(filter) = rust_log {
        command.env("RUST_LOG", filter);
    }
    let output = command.output().expect("the binary runs");
    output.into()
}

/// The events of a log with an object a line.
#[track_caller]
fn events(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the log");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn said<'a>(events: &'a [Value], message: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["message"] == message).collect()
}

#[test]
fn verbose_shows_phases_and_batches_on_stderr_and_nothing_does_by_default() {
    let ((exports, _), db) = (Exports::generated(60), AppDatabase::new(Engine::Sqlite));
    let loud = import(&db, &exports, &["-v"], None);
    assert_eq!(loud.code, DONE, "{loud:?}");
    for wanted in [
        "INFO command begun command=\"import\"",
        "INFO database opened engine=\"SQLite\"",
        "INFO lock taken",
        "INFO run begun run=",
        "phase=\"reading\"",
        "phase=\"orders\"",
        "INFO batch committed run=",
        "rows=20",
        "INFO run ended run=",
        "INFO lock released",
        "INFO command ended command=\"import\" exit_code=0 elapsed_ms=",
    ] {
        assert!(loud.stderr.contains(wanted), "{wanted}: {}", loud.stderr);
    }
    assert!(!loud.stderr.contains("DEBUG"), "{}", loud.stderr);
    assert!(!loud.stdout.contains("INFO"), "{}", loud.stdout);
    let louder = import(&db, &exports, &["-vv"], None);
    assert!(louder.stderr.contains("DEBUG planning begun"), "{}", louder.stderr);
    for usual in [[].as_slice(), &["-q"]] {
        let outcome = import(&db, &exports, usual, None);
        assert!(!outcome.stderr.contains("INFO"), "{}", outcome.stderr);
    }
}

#[test]
fn a_log_file_is_appended_by_each_command_and_read_by_its_owner_alone() {
    let ((exports, _), db) = (Exports::generated(60), AppDatabase::new(Engine::Sqlite));
    let log = db.path("import.jsonl");
    let named = log.display().to_string();
    let first = import(&db, &exports, &["-q", "--log-file", &named], None);
    assert_eq!(first.code, DONE, "{first:?}");
    assert!(!first.stderr.contains("INFO"), "the file has a level of its own: {}", first.stderr);
    assert_eq!(fs::metadata(&log).expect("the log").permissions().mode() & 0o777, 0o600);
    let found = events(&log);
    for event in &found {
        let time = event["timestamp"].as_str().unwrap_or_default();
        assert!(time.starts_with("20") && time.ends_with('Z'), "{event}");
        assert_eq!(event["level"], "INFO", "{event}");
    }
    let batches = said(&found, "batch committed");
    assert!(batches.len() > 3, "{found:?}");
    let run = &said(&found, "run begun")[0]["run"];
    for batch in &batches {
        assert_eq!(batch["run"], *run, "{batch}");
        let numbers = ["batch", "rows", "elapsed_ms"].iter().all(|field| batch[*field].is_u64());
        assert!(numbers && batch["phase"].is_string(), "{batch}");
    }
    let ended = said(&found, "phase ended");
    assert!(
        ended.iter().any(|event| event["phase"] == "orders" && event["elapsed_ms"].is_u64()),
        "{found:?}"
    );
    assert_eq!(said(&found, "command ended")[0]["exit_code"], DONE);
    let second = db.run(&["verify", "--log-file", &named, "-v"]);
    assert!(second.stderr.contains("INFO check made check=\"journal\""), "{second:?}");
    let both = events(&log);
    assert_eq!(both[..found.len()], found[..], "nothing of the first command is lost");
    assert!(!said(&both[found.len()..], "check made").is_empty(), "{both:?}");
}

#[test]
fn a_log_file_of_another_name_is_text_with_times() {
    let ((exports, _), db) = (Exports::generated(30), AppDatabase::new(Engine::Sqlite));
    let log = db.path("import.log");
    let outcome = import(&db, &exports, &["--log-file", &log.display().to_string()], None);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let text = fs::read_to_string(&log).expect("the log");
    for line in text.lines() {
        let (time, rest) = line.split_once(' ').unwrap_or_default();
        assert!(time.starts_with("20") && time.ends_with('Z'), "{line}");
        assert!(rest.trim_start().starts_with("INFO "), "{line}");
    }
    assert!(text.contains("batch committed run=") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn rust_log_decides_for_stderr_and_for_the_file() {
    let ((exports, _), db) = (Exports::generated(30), AppDatabase::new(Engine::Sqlite));
    let log = db.path("import.jsonl");
    let global = ["-v", "--log-file", &log.display().to_string()];
    let filter = "error,sejoli_migrate::store=info";
    let outcome = import(&db, &exports, &global, Some(filter));
    assert!(outcome.stderr.contains("INFO lock taken"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("batch committed"), "{}", outcome.stderr);
    let found = events(&log);
    assert!(
        !said(&found, "lock taken").is_empty() && said(&found, "batch committed").is_empty(),
        "{found:?}"
    );
    let wrong = import(&db, &exports, &[], Some("sejoli_migrate=loud"));
    assert_eq!(wrong.code, USAGE, "{wrong:?}");
    assert!(wrong.stderr.contains("RUST_LOG is not a filter of the log"), "{}", wrong.stderr);
}

#[test]
fn a_log_file_that_cannot_be_written_is_refused_before_anything_is_done() {
    let db = AppDatabase::bare(Engine::Sqlite);
    let log = db.path("missing").join("import.log");
    let outcome = db.run(&["--log-file", &log.display().to_string(), "schema", "apply"]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    let expected = format!("error: the log file {} cannot be written: ", log.display());
    assert!(outcome.stderr.starts_with(&expected), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "");
    assert!(!db.path("shop.db").exists(), "the database was not even opened");
}

#[test]
fn what_has_stopped_a_command_is_in_the_log() {
    let db = AppDatabase::new(Engine::Sqlite);
    let log = db.path("log.jsonl");
    let outcome = db.run(&["--log-file", &log.display().to_string(), "report", "no-such-run"]);
    assert_ne!(outcome.code, DONE);
    let found = events(&log);
    let error = said(&found, "command failed")[0]["error"].as_str().unwrap_or_default();
    assert!(!error.is_empty() && outcome.stderr.contains(error), "{error}: {}", outcome.stderr);
    assert_eq!(said(&found, "command ended")[0]["exit_code"], outcome.code);
}

#[test]
fn every_command_can_have_a_log_file() {
    let folder = crate::support::workspace();
    let log = folder.path().join("log.jsonl");
    let outcome = tool(&["explain", "SJM-0401", "--log-file", &log.display().to_string()]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert_eq!(said(&events(&log), "command begun")[0]["command"], "explain");
}

//! What a command asks of a database, by its log.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::AppDatabase;
use super::exit_code::{DONE, REFUSED, ROWS_LEFT};

/// The questions that a command asks, which ends as commands do that do what they should.
pub fn questions(db: &AppDatabase, command: &[&str]) -> BTreeSet<String> {
    let log = db.path("questions.jsonl");
    let output = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
        .args(["--database-url", &db.url(), "--log-file", &log.display().to_string()])
        .args(command)
        .env("RUST_LOG", "sejoli_migrate=trace")
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let ended = output.status.code().unwrap_or_default();
    assert!([DONE, ROWS_LEFT, REFUSED].contains(&ended), "{command:?}: {output:?}");
    let logged = std::fs::read_to_string(&log).expect("the log");
    std::fs::remove_file(&log).expect("the log");
    assert!(!logged.contains('@'), "{command:?}: an address is logged");
    let lines = logged.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let asked: BTreeSet<String> =
        lines.filter_map(|line| Some(line.get("sql")?.as_str()?.to_owned())).collect();
    assert!(!asked.is_empty(), "{command:?} asks something");
    asked
}

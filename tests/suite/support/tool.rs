//! Runs the binary to its end. The tool is tested as a user runs it, so that what a script relies on (exit code,
//! output, messages) is what is checked.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::help_pages::assert_promised;

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Outcome {
    /// What it printed, in one line: wherever a terminal's width has broken it.
    pub fn prose(&self) -> String {
        self.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs the binary, with nothing of the tester's own settings.
#[track_caller]
pub fn tool(args: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
        .args(args)
        .env_remove("DATABASE_URL")
        .env_remove("DIRECT_URL")
        .env_remove("NO_COLOR")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let outcome: Outcome = output.into();
    assert_promised(args, outcome.code);
    outcome
}

/// The document that a command printed with `--format json`.
#[track_caller]
pub fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

//! `extract`: the files of the checklist from the shop's own database.

mod broken;
mod changes;
mod forms;
mod import;
#[cfg(feature = "mysql")]
mod live;
mod refusals;
mod rest;
mod rules;
mod secrets;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Outcome, fixture, tool};

/// The time that stands for now.
const AS_OF: &str = "2026-01-01T00:00:00+07:00";

/// The files of an extraction.
const FILES: [&str; 7] = [
    "orders.csv",
    "memberships.csv",
    "affiliates.csv",
    "commissions.csv",
    "products.csv",
    "left-out.csv",
    "totals.json",
];

/// Runs `extract`.
fn extract(input: &str, out: &Path, more: &[&str]) -> Outcome {
    let out = out.display().to_string();
    let args = ["extract", input, "--out", out.as_str(), "--as-of", AS_OF];
    tool(&[&args[..], more].concat())
}

/// Writes an input into a folder and extracts it; returns the outcome and the folder of the files.
fn extracted(folder: &Path, input: impl AsRef<[u8]>, more: &[&str]) -> (Outcome, PathBuf) {
    let (path, out) = (folder.join("input"), folder.join("out"));
    fs::write(&path, input).expect("an input");
    (extract(&path.display().to_string(), &out, more), out)
}

/// The files of a folder by name.
fn files(folder: &Path) -> BTreeMap<&'static str, String> {
    let read = |name: &'static str| {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, text)
    };
    FILES.into_iter().map(read).collect()
}

/// The files that must come out of the small shop.
fn expected() -> BTreeMap<&'static str, String> {
    files(&fixture("wordpress"))
}

/// The rows of a CSV file, by column.
fn rows(folder: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(name)).expect("a file");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

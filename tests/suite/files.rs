//! The corpus of files: each proves one thing, and what must come of it stands beside it, in
//! `fixtures/files/manifest.jsonl`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::support::library::source;
use crate::support::library::source_options::FileOptions;
use crate::support::{AS_OF, fixture, tool, workspace};

/// One file and what comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    file: String,
    proves: String,
    /// What is said on the command line besides.
    #[serde(default)]
    args: Vec<String>,
    exit: i32,
    /// Rows read, held, rejected, by kind.
    orders: Option<[u64; 3]>,
    memberships: Option<[u64; 3]>,
    affiliates: Option<[u64; 3]>,
    /// Every finding, by code.
    codes: Option<BTreeMap<String, u64>>,
    /// What the document says, and what it must not say.
    #[serde(default)]
    contains: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
    /// What an unusable file is told.
    #[serde(default)]
    stderr: Vec<String>,
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(fixture("files").join("manifest.jsonl")).expect("the manifest");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// What is wrong with the outcome of a case.
fn differences(case: &Case) -> Vec<String> {
    let folder = workspace();
    let path = fixture("files").join(&case.file).display().to_string();
    let out = folder.path().join("out").display().to_string();
    let mut args =
        vec!["validate", path.as_str(), "--out", out.as_str(), "--as-of", AS_OF, "--format", "json"];
    args.extend(case.args.iter().map(String::as_str));
    let outcome = tool(&args);
    let mut wrong = Vec::new();
    if outcome.code != case.exit {
        return vec![format!("exit code {} instead of {}: {}", outcome.code, case.exit, outcome.stderr)];
    }
    wrong.extend(
        case.stderr
            .iter()
            .filter(|part| !outcome.stderr.contains(*part))
            .map(|part| format!("not said: {part}: {}", outcome.stderr)),
    );
    if case.exit == 6 {
        return wrong;
    }
    let document: Value = serde_json::from_str(&outcome.stdout).expect("a document");
    for (kind, expected) in
        [("orders", case.orders), ("memberships", case.memberships), ("affiliates", case.affiliates)]
    {
        let count = |name: &str| document["kinds"][kind][name].as_u64().unwrap_or(0);
        let found = ["rows", "held", "rejected"].map(count);
        if expected.is_some_and(|expected| expected != found) {
            wrong.push(format!("{kind}: {found:?} instead of {expected:?}"));
        }
    }
    let mut codes: BTreeMap<String, u64> = BTreeMap::new();
    for finding in document["findings"].as_array().expect("findings") {
        *codes.entry(finding["code"].as_str().expect("a code").to_owned()).or_default() += 1;
    }
    if case.codes.as_ref().is_some_and(|expected| *expected != codes) {
        wrong.push(format!("findings {codes:?} instead of {:?}", case.codes));
    }
    wrong.extend(
        case.contains
            .iter()
            .filter(|part| !outcome.stdout.contains(*part))
            .map(|part| format!("lacks {part}: {}", outcome.stdout)),
    );
    wrong.extend(
        case.lacks
            .iter()
            .filter(|part| outcome.stdout.contains(*part))
            .map(|part| format!("says {part}: {}", outcome.stdout)),
    );
    wrong
}

#[test]
fn each_file_of_the_corpus_comes_out_as_the_manifest_says() {
    let wrong: Vec<String> = cases()
        .iter()
        .flat_map(|case| {
            differences(case).into_iter().map(|what| format!("{} ({}): {what}", case.file, case.proves))
        })
        .collect();
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_file_of_the_corpus_stands_in_the_manifest() {
    let listed: BTreeSet<String> = cases().into_iter().map(|case| case.file).collect();
    let there: BTreeSet<String> = fs::read_dir(fixture("files"))
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "manifest.jsonl")
        .collect();
    assert_eq!(listed, there);
}

/// A file with a byte turned over, or cut off there.
fn damaged(bytes: &[u8], at: usize) -> [Vec<u8>; 2] {
    let mut turned = bytes.to_vec();
    turned[at] ^= 0x5a;
    [turned, bytes[..at].to_vec()]
}

#[test]
fn a_damaged_workbook_is_read_or_refused_and_never_a_panic() {
    const PLACES: usize = 60;
    let folder = workspace();
    let path = folder.path().join("damaged");
    for name in ["xlsx-typed.xlsx", "xls-typed.xls", "ods-typed.ods", "csv-utf16le.csv", "csv-php-quotes.csv"]
    {
        let bytes = fs::read(fixture("files").join(name)).expect("the file");
        for at in (0..PLACES).map(|place| place * bytes.len() / PLACES) {
            for bytes in damaged(&bytes, at) {
                fs::write(&path, bytes).expect("the file is written");
                for export in source::open(&path, &FileOptions::default()).unwrap_or_default() {
                    let _ = source::read(&export, 16, |_| true);
                }
            }
        }
    }
}

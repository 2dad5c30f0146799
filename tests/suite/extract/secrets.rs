//! Password hashes, keys and session tokens are never kept, logged or written; bank accounts stand in one file.

use std::fs;
use std::path::Path;

use super::extracted;
use crate::support::wordpress::forms::Dump;
use crate::support::wordpress::{SECRETS, small_shop};
use crate::support::{Outcome, workspace};

const BANK: &str = "0034403738";

#[track_caller]
fn assert_silent(text: &str, what: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} tells {secret}");
    }
}

#[track_caller]
fn assert_all_silent(outcome: &Outcome, folder: &Path) {
    for (text, what) in [(&outcome.stdout, "stdout"), (&outcome.stderr, "stderr")] {
        assert_silent(text, what);
        assert!(!text.contains(BANK), "{what} tells a bank account");
        assert!(!text.contains("budi@example.com"), "{what} tells a person");
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "input") {
                let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
                assert_silent(&text, &path.display().to_string());
                let tells = text.contains(BANK);
                assert_eq!(tells, path.ends_with("affiliates.csv"), "{} and bank accounts", path.display());
            }
        }
    }
}

#[test]
fn l29_no_secret_of_the_database_reaches_a_file_a_log_or_a_message() {
    let dump = small_shop().dump(Dump::default());
    let folder = workspace();
    let log = folder.path().join("log.jsonl").display().to_string();
    for format in ["text", "json", "jsonl"] {
        let (outcome, _) =
            extracted(folder.path(), &dump, &["-vv", "--log-file", &log, "--format", format, "--show-pii"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert_all_silent(&outcome, folder.path());
    }
}

#[test]
fn l29_no_secret_reaches_the_message_about_a_broken_dump() {
    let dump = small_shop().dump(Dump::default());
    let users = dump.find("INSERT INTO `wp_users`").expect("users");
    let until = dump[users..].find(";\n").expect("an end") + users;
    let breakers: [&dyn Fn(usize) -> String; 3] =
        [&|at| dump[..at].to_owned(), &|at| format!("{}'{}", &dump[..at], &dump[at..]), &|at| {
            format!("{}),({}", &dump[..at], &dump[at..])
        }];
    for at in (users..until).filter(|at| dump.is_char_boundary(*at)).step_by(173) {
        for broken in breakers {
            let folder = workspace();
            let (outcome, _) = extracted(folder.path(), broken(at), &["-vv", "--show-pii"]);
            assert_silent(&outcome.stderr, "stderr");
            assert_silent(&outcome.stdout, "stdout");
        }
    }
}

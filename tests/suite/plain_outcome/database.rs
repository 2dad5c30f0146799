//! Every command that writes says first which database it is and how many people are in it.

use std::process::Command;

use super::{ALL, clean};
use crate::support::exit_code::{DATABASE, DONE};
use crate::support::{AppDatabase, Engine, Outcome, imported, on_each_engine, tool, workspace};

fn l38_a_command_that_writes_names_its_database(engine: Engine) {
    let (files, db) = (clean(&ALL), AppDatabase::new(engine));
    let run = imported(&db, "all", files.path(), &[], DONE)["run"].as_str().expect("an id").to_owned();
    let people = db.number("SELECT count(*) FROM \"User\"");
    let url = db.url();
    let name = url.rsplit('/').next().and_then(|rest| rest.split('?').next()).expect("a name").to_owned();
    let (path, out) = (files.path().display().to_string(), db.path("out").display().to_string());
    let commands: [Vec<&str>; 6] = [
        vec!["schema", "apply"],
        vec!["import", "all", &path, "--out", &out],
        vec!["retry", &run],
        vec!["unlock", "--yes"],
        vec!["rollback", "--last", "--dry-run"],
        vec!["purge", &run],
    ];
    for command in commands {
        let outcome = db.run(&command);
        let line = outcome.stderr.lines().find(|line| line.starts_with("database: ")).unwrap_or_default();
        let words = ["SQLite", "PostgreSQL", "MySQL"];
        assert!(words.iter().any(|word| line.contains(word)), "{command:?}: {outcome:?}");
        assert!(line.contains(&name) && line.contains(&format!("{people} people")), "{command:?}: {line}");
        assert!(!engine.is_postgres() || line.contains("schema public"), "{line}");
    }
}

#[test]
fn l38_a_database_file_is_not_made_by_a_typing_error() {
    let (files, folder) = (clean(&ALL), workspace());
    let missing = folder.path().join("ap.db");
    let url = format!("file:{}", missing.display());
    let path = files.path().display().to_string();
    for command in [
        vec!["import", "all", path.as_str()],
        vec!["rollback", "--last", "--yes"],
        vec!["purge", "--older-than", "1", "--yes"],
        vec!["unlock", "--yes"],
        vec!["schema", "revert", "--yes"],
        vec!["backup"],
        vec!["verify", path.as_str()],
    ] {
        let outcome = tool(&[&["--database-url", url.as_str()], command.as_slice()].concat());
        assert_eq!(outcome.code, DATABASE, "{command:?}: {outcome:?}");
        assert!(outcome.stderr.contains(&missing.display().to_string()), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("schema apply"), "{}", outcome.stderr);
        assert!(!missing.exists(), "{command:?} has made a file");
    }
    let applied = tool(&["--database-url", &url, "schema", "apply"]);
    assert_eq!(applied.code, DONE, "{applied:?}");
    assert!(applied.stderr.contains("a new database was made"), "{}", applied.stderr);
    assert!(applied.stderr.contains(&missing.display().to_string()), "{}", applied.stderr);
}

#[test]
fn l38_a_relative_file_is_said_to_be_relative_to_what() {
    let folder = workspace();
    let run = |args: &[&str]| -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
        command.args(args).current_dir(folder.path()).env("DATABASE_URL", "file:./x.db");
        command.output().expect("the binary runs").into()
    };
    let here = folder.path().canonicalize().expect("a folder").display().to_string();
    for args in [&["unlock", "--yes"][..], &["schema", "apply"]] {
        let outcome = run(args);
        let said = format!("{here}/x.db (./x.db is relative to the folder {here})");
        assert!(outcome.stderr.contains(&said), "{said}: {}", outcome.stderr);
    }
}

on_each_engine!(l38_a_command_that_writes_names_its_database);

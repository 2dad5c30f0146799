//! Colours: shown to people, and never in what a program reads.

use std::process::{Command, Stdio};

use crate::support::pseudo_terminal::printed_raw;
use crate::support::{AppDatabase, Engine, fixture};

/// How a colour begins.
const ESCAPE: char = '\u{1b}';

/// What a command prints on both streams, with these variables.
fn said(args: &[&str], variables: &[(&str, &str)]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
        .args(args)
        .env_clear()
        .env("COLUMNS", "80")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr))
}

/// A text without its colours.
fn plain(text: &str) -> String {
    let mut pieces = text.split(ESCAPE);
    let first = pieces.next().unwrap_or_default().to_owned();
    let after = pieces.map(|piece| piece.split_once('m').expect("a colour ends with m").1);
    first + &after.collect::<String>()
}

/// A database with the messy shop in it.
fn messy_shop() -> AppDatabase {
    let db = AppDatabase::new(Engine::Sqlite).with_schema();
    let imported = db.import("all", &fixture("messy"), &[]);
    assert_eq!(imported.code, 3, "{imported:?}");
    db
}

#[test]
fn colours_change_no_letter_and_reach_no_pipe_by_themselves() {
    let db = messy_shop();
    let (url, folder) = (db.url(), fixture("messy").display().to_string());
    let database = ["--database-url", url.as_str()];
    for (args, has_judgement) in [
        (vec!["verify", folder.as_str()], true),
        (vec!["--lang", "id", "verify", folder.as_str()], true),
        (vec!["schema", "check"], true),
        (vec!["mappings", "list"], false),
        (vec!["retry", "20990101-000000000-abcdef"], true),
        (vec!["--help"], true),
        (vec!["--lang", "id", "verify", "--help"], true),
        (vec!["verify", "--nonsense"], true),
    ] {
        let args = [&database, args.as_slice()].concat();
        let (by_itself, said_by_itself) = said(&args, &[]);
        let (coloured, said_coloured) = said(&[&args, ["--color", "always"].as_slice()].concat(), &[]);
        assert!(!by_itself.contains(ESCAPE) && !said_by_itself.contains(ESCAPE), "{args:?}: {by_itself}");
        assert_eq!(plain(&coloured), by_itself, "{args:?}");
        assert_eq!(plain(&said_coloured), said_by_itself, "{args:?}");
        let is_coloured = coloured.contains(ESCAPE) || said_coloured.contains(ESCAPE);
        assert_eq!(is_coloured, has_judgement, "{args:?}: {coloured}{said_coloured}");
    }
}

#[test]
fn what_a_program_reads_is_never_coloured() {
    let db = messy_shop();
    let (url, folder) = (db.url(), fixture("messy").display().to_string());
    for format in ["json", "jsonl", "junit"] {
        let args = ["--database-url", &url, "--color", "always", "--format", format, "verify", &folder];
        let (stdout, _) = said(&args, &[]);
        assert!(!stdout.is_empty() && !stdout.contains(ESCAPE), "{format}: {stdout}");
    }
    let (script, _) = said(&["--color", "always", "schema", "print", "--format", "sql"], &[]);
    assert!(!script.is_empty() && !script.contains(ESCAPE), "{script}");
}

#[test]
fn the_environment_chooses_and_what_is_typed_goes_before_it() {
    let doctor = |more: &[&str], variables: &[(&str, &str)]| {
        let args = [&["--database-url", "file:/nowhere/shop.db"], more, &["doctor"]].concat();
        said(&args, variables).0.contains(ESCAPE)
    };
    assert!(!doctor(&[], &[]));
    assert!(doctor(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!doctor(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!doctor(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(doctor(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(doctor(&[], &[("SEJOLI_MIGRATE_COLOR", "always")]));
}

#[test]
fn a_terminal_shows_colours_unless_somebody_asks_for_none() {
    let doctor = |more: &[&str], variables: &[(&str, &str)]| {
        let args = [&["--database-url", "file:/nowhere/shop.db"], more, &["doctor"]].concat();
        let printed = printed_raw(&args, variables);
        assert!(printed.contains("stop"), "{printed}");
        printed.contains("\u{1b}[1m\u{1b}[31mstop")
    };
    assert!(doctor(&[], &[]));
    assert!(!doctor(&[], &[("NO_COLOR", "1")]));
    assert!(!doctor(&["--color", "never"], &[]));
}

//! The same commands in Indonesian: nothing that people read stays English, and nothing changes for programs.

use std::collections::BTreeSet;
use std::path::Path;

use super::{State, Terminal, assert_snapshot, commands, errors, help, transcript};
use crate::support::help_pages;

/// Screens whose Indonesian text is kept as a snapshot, to be read by whoever speaks it.
const SCREENS: [&str; 19] = [
    "doctor",
    "explain-a-code",
    "import-clean",
    "import-dry-run",
    "import-messy",
    "mappings-show",
    "people-show",
    "report-messy",
    "rollback",
    "rollback-dry-run",
    "schema-check",
    "status",
    "status-of-a-run",
    "status-of-an-interrupted-run",
    "validate-messy",
    "validate-with-a-preview",
    "verify-messy",
    "verify-of-other-files",
    "error-option-unknown",
];

/// Commands whose result is a file's text or a program's input in both languages.
const FOR_PROGRAMS: [&str; 4] =
    ["schema-print-prisma", "schema-print-sql", "products-template", "report-in-indonesian"];

/// The report as plain text breaks the details of findings, which are kept in English, over lines of their own; as Markdown it
/// has the same words on one line each, which is looked at.
const WITH_DETAILS: &str = "report-as-text";

/// The snapshot of a screen in Indonesian.
fn name(of: &str) -> String {
    format!("id-{of}")
}

pub(super) fn snapshots() -> Vec<String> {
    SCREENS.iter().map(|screen| name(screen)).chain(["id-help".to_owned()]).collect()
}

/// What was printed in English, as its snapshot has it.
fn english(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/suite/snapshots/{name}.snap"));
    let text = std::fs::read_to_string(path).expect("the snapshot is there");
    text.splitn(3, "---\n").nth(2).expect("a snapshot has a head").to_owned()
}

/// The words of a line: what is written in small letters alone. Names of files, columns and people, codes, numbers and times are
/// none, and neither is a command that is to be typed.
fn words(line: &str) -> Vec<&str> {
    let is_command = ["sejoli-migrate ", "mysqldump ", "cp -- "].iter().any(|name| line.contains(name));
    if is_command || line.trim_start().starts_with("--") || is_detail(line) {
        return Vec::new();
    }
    let trimmed =
        line.split_whitespace().map(|word| word.trim_matches(|letter: char| ".,:;()\"'".contains(letter)));
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_lowercase());
    trimmed.filter(is_word).collect()
}

/// Words that stand in both languages: values of options, names of columns and of what is checked.
const NAMES: [&str; 21] = [
    "affiliates",
    "always",
    "amount",
    "auto",
    "batch-size",
    "buyer",
    "catalogue",
    "default",
    "false",
    "format",
    "jsonl",
    "junit",
    "memberships",
    "never",
    "notes",
    "orders",
    "price",
    "runs",
    "status",
    "text",
    "true",
];

/// Whether a line is what a finding says besides the meaning of its code: kept in English, and shown as it is kept.
fn is_detail(line: &str) -> bool {
    line.trim_start().starts_with("SJM-")
}

/// Lines of a text that are English, too: as many words, and the same.
fn left_english(indonesian: &str, english: &str) -> Vec<String> {
    let known: BTreeSet<Vec<&str>> = english.lines().map(words).collect();
    let commands: BTreeSet<String> = help_pages::commands().into_iter().flatten().collect();
    let is_name = |word: &str| NAMES.contains(&word) || commands.contains(word);
    // One word more than names may stand in both languages: `db`, `true`.
    let says = |words: &[&str]| words.iter().filter(|word| !is_name(word)).count() > 1;
    let again = indonesian.lines().filter(|line| says(&words(line)) && known.contains(&words(line)));
    again.map(str::to_owned).collect()
}

/// Whether a line fits a terminal, or is one of what is to be copied as a whole.
fn fits(line: &str) -> bool {
    line.chars().count() <= 80 || line.contains('/') || line.contains("sejoli-migrate ")
}

/// Runs the cases of a state with `--lang id`: a document stays as it is, and no line of a text does.
fn assert_spoken(state: State) {
    let mut left = Vec::new();
    for (case, of, args) in commands::cases().into_iter().chain(errors::cases()) {
        if of != state || FOR_PROGRAMS.contains(&case.as_str()) || case == WITH_DETAILS {
            continue;
        }
        let terminal = Terminal::new(state);
        let args = terminal.resolved(&args);
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        let spoken: Vec<&str> = ["--lang", "id"].into_iter().chain(args.iter().copied()).collect();
        let ended = terminal.run(&spoken);
        let is_document = args.contains(&"json") || args.contains(&"junit");
        if is_document {
            assert_snapshot(&case, &terminal, &transcript(&args, &ended, args.contains(&"json")));
            continue;
        }
        args.splice(0..0, ["--lang", "id"]);
        let text = transcript(&args, &ended, false);
        if SCREENS.contains(&case.as_str()) {
            assert_snapshot(&name(&case), &terminal, &text);
        }
        let before = english(&case);
        if before.lines().all(fits) {
            assert_eq!(
                ended.stdout.lines().find(|line| !fits(line)),
                None,
                "{case} is too wide for a terminal"
            );
        }
        left.extend(left_english(&text, &before).into_iter().map(|line| format!("{case}: {line}")));
    }
    assert_eq!(left, [""; 0], "these lines stay English");
}

macro_rules! spoken {
    ($($name:ident: $state:ident;)*) => {
        $(
            #[test]
            fn $name() {
                assert_spoken(State::$state);
            }
        )*
    };
}

spoken! {
    without_a_database: Nothing;
    in_an_empty_database: Schema;
    of_the_clean_shop: Clean;
    of_the_messy_shop: Messy;
    of_an_interrupted_run: Interrupted;
    of_a_backup: BackedUp;
    after_a_rollback: RolledBack;
    after_a_decision: Decided;
    of_a_decided_pair: DecidedPair;
}

#[test]
fn of_every_help_page() {
    let terminal = Terminal::new(State::Nothing);
    let mut left = Vec::new();
    for words in help_pages::commands() {
        let mut args = vec!["--lang", "id"];
        args.extend(words.iter().map(String::as_str));
        args.push("--help");
        let ended = terminal.run(&args);
        let page = help::name(&words);
        if words.is_empty() {
            assert_snapshot("id-help", &terminal, &transcript(&args, &ended, false));
        }
        assert!(ended.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ended.stdout);
        let again = left_english(&ended.stdout, &english(&page));
        left.extend(again.into_iter().map(|line| format!("{page}: {line}")));
    }
    assert_eq!(left, [""; 0], "these lines stay English");
}

/// Which language a page of help is in, by how it begins.
fn language_of(terminal: &Terminal, args: &[&str], variables: &[(&str, &str)]) -> &'static str {
    let ended = terminal.run_with(&[args, &["status", "--help"]].concat(), variables);
    match ended.stdout.starts_with("Menampilkan") {
        true => "id",
        false => "en",
    }
}

#[test]
fn the_language_is_typed_or_given_or_that_of_the_locale() {
    let terminal = Terminal::new(State::Nothing);
    let of = |args: &[&str], variables: &[(&str, &str)]| language_of(&terminal, args, variables);
    assert_eq!(of(&[], &[]), "en");
    assert_eq!(of(&[], &[("LANG", "id_ID.UTF-8")]), "id");
    assert_eq!(of(&[], &[("LC_MESSAGES", "id_ID"), ("LANG", "C.UTF-8")]), "id");
    assert_eq!(of(&[], &[("LC_ALL", "C"), ("LANG", "id_ID.UTF-8")]), "en");
    assert_eq!(of(&[], &[("SEJOLI_MIGRATE_LANG", "id")]), "id");
    assert_eq!(of(&["--lang", "en"], &[("SEJOLI_MIGRATE_LANG", "id"), ("LANG", "id_ID.UTF-8")]), "en");
    assert_eq!(of(&["--lang=id"], &[("LC_ALL", "C")]), "id");
    std::fs::write(terminal.path().join("sejoli-migrate.toml"), "lang = \"id\"\n").expect("a file");
    assert_eq!(of(&[], &[("LANG", "en_US.UTF-8")]), "id");
    assert_eq!(of(&["--lang", "en"], &[]), "en");
}

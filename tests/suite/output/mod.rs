//! What the tool prints, word for word: every help page, the text and the JSON document of every command, and the
//! main errors. The files in `tests/suite/snapshots/` are written to be read: they show an operator what to expect.
//!
//! A change of words, of a column or of a field fails here, so that none happens unseen: scripts read these documents.
//! After a change that is meant, accept all of it with one command and read the difference in the commit:
//!
//!     INSTA_UPDATE=always cargo test --locked --test suite output::
//!
//! Without that variable nothing is accepted: a snapshot that differs or is missing fails, with `CI` set or not (without
//! it, what was printed is left beside it as `.snap.new`). A snapshot that no test makes any more fails, too.
//!
//! `insta` rather than `trycmd`: a case here needs a database in a certain state and a run's id of that moment, which
//! the suite's own helpers give it, and filters by regular expression for what the clock and the machine decide.
//!
//! Only that is replaced: run ids, times of now, durations and rates, the folder of the test, random digests, and the
//! figures of the machine. A JSON document is one line; it is shown with line breaks, after a check that the line is the
//! document and nothing else.

mod commands;
mod errors;
mod help;
mod indonesian;

use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::support::help_pages::assert_promised;
use crate::support::library::{DatabaseUse, Store};
use crate::support::{AS_OF, Sheet, fixture, workspace};

/// The arguments that stand for what is only known when the test runs.
const NEWEST_RUN: &str = "RUN";
const BACKUP_FILE: &str = "BACKUP";

/// An affiliate of the messy shop who waits.
const WAITS: &str = "GERE005";

/// Two accounts of the messy shop that may be one person.
const PAIR: [&str; 2] = ["milolfin33@example.com", "kedua.milolfin33@example.com"];

/// What stands for a run's id: as long as an id, so that the columns of a table stay in their places.
const RUN_ID: &str = "YYYYMMDD-hhmmssfff-xxxxxx";

/// What has happened to the database before the command that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is no database.
    Nothing,
    /// The tables are there, and empty.
    Schema,
    /// The clean shop is imported.
    Clean,
    /// The messy shop is imported.
    Messy,
    /// The clean shop's import broke off in its settlement.
    Interrupted,
    /// The clean shop is imported and a backup is made.
    BackedUp,
    /// The clean shop was imported and is rolled back.
    RolledBack,
    /// The messy shop is imported, and a person has decided a mapping.
    Decided,
    /// The messy shop is imported, and somebody has decided of a pair of accounts.
    DecidedPair,
    /// The messy shop is imported, and its pairs are exported to a workbook.
    NotFilledIn,
    /// The messy shop is imported, its pairs are exported, and of one of them somebody has decided in the file.
    FilledIn,
}

/// A folder of the test's own in which the commands run: the database lies in it, and `fixtures` leads to the project's.
struct Terminal {
    folder: tempfile::TempDir,
    began: DateTime<Utc>,
}

/// How a command ended.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Terminal {
    fn new(state: State) -> Self {
        let terminal = Self { folder: workspace(), began: Utc::now() };
        std::os::unix::fs::symlink(fixture(""), terminal.path().join("fixtures")).expect("a link");
        let import = |name: &str, code: i32| {
            let files = format!("fixtures/{name}");
            terminal.prepare(
                code,
                &["import", "all", &files, "--create-memberships", "--as-of", AS_OF, "--out", "out"],
            );
        };
        if state != State::Nothing {
            terminal.prepare(0, &["schema", "apply"]);
        }
        match state {
            State::Nothing | State::Schema => {}
            State::Clean => import("clean", 0),
            State::Messy => import("messy", 3),
            State::Interrupted => {
                let index = "CREATE UNIQUE INDEX one_entry ON \"WalletTransaction\"(\"type\")";
                terminal.sql(index);
                import("clean", 1);
                terminal.sql("DROP INDEX one_entry");
            }
            State::BackedUp => {
                import("clean", 0);
                terminal.prepare(0, &["backup", "--out", "out"]);
            }
            State::Decided => {
                import("messy", 3);
                let reject = ["mappings", "reject", WAITS, "--why", "a test", "--by", "Rina"];
                terminal.prepare(0, &reject);
            }
            State::DecidedPair => {
                import("messy", 3);
                let why = ["--why", "two sisters", "--by", "Rina"];
                terminal.prepare(0, &[&["people", "keep-apart", PAIR[0], PAIR[1]], &why[..]].concat());
            }
            State::NotFilledIn => {
                import("messy", 3);
                terminal.prepare(0, &["people", "export", "pairs.xlsx"]);
            }
            State::FilledIn => {
                import("messy", 3);
                terminal.prepare(0, &["people", "export", "pairs.csv"]);
                terminal.fill_in("pairs.csv");
            }
            State::RolledBack => {
                import("clean", 0);
                terminal.prepare(0, &["rollback", "--last", "--yes"]);
            }
        }
        terminal
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn sql(&self, sql: &str) {
        let url = format!("file:{}", self.path().join("shop.db").display());
        Store::open(&url, DatabaseUse::Write)
            .expect("the database opens")
            .run_script(sql)
            .expect("the statement runs");
    }

    /// Decides in a file that the first account of the pair takes the other one in.
    fn fill_in(&self, name: &str) {
        let path = self.path().join(name);
        let mut sheet = Sheet::read(&path);
        let row =
            sheet.find(|cell| PAIR.contains(&cell("one").as_str()) && PAIR.contains(&cell("other").as_str()));
        sheet.set(row, "decision", PAIR[0]);
        sheet.set(row, "why", "phoned her");
        sheet.write(&path);
    }

    fn prepare(&self, code: i32, args: &[&str]) {
        let ended = self.run(args);
        assert_eq!(ended.code, code, "{args:?}: {}{}", ended.stdout, ended.stderr);
    }

    fn run(&self, args: &[&str]) -> Ended {
        self.run_with(args, &[])
    }

    /// The same with variables of the environment.
    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("COLUMNS", "80")
            .env("DATABASE_URL", "file:shop.db")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs");
        assert_promised(args, output.status.code().unwrap_or(-1));
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The names in `out` that begin so, the last one.
    fn newest(&self, begins: &str) -> String {
        let entries = std::fs::read_dir(self.path().join("out")).expect("a folder of runs");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(begins)).max().expect("there is one")
    }

    /// The command with what its placeholders stand for.
    fn resolved(&self, args: &[&str]) -> Vec<String> {
        let resolve = |arg: &&str| match *arg {
            NEWEST_RUN => self.newest("2"),
            BACKUP_FILE => format!("out/{}", self.newest("backup-")),
            arg => arg.to_owned(),
        };
        args.iter().map(resolve).collect()
    }
}

/// Runs a command in a state and compares what it prints with its snapshot.
#[track_caller]
fn assert_printed(name: &str, state: State, args: &[&str]) {
    let terminal = Terminal::new(state);
    let args = terminal.resolved(args);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ended = terminal.run(&args);
    let json = args.contains(&"json");
    assert_snapshot(name, &terminal, &transcript(&args, &ended, json));
}

/// A command and what it printed, as on a terminal.
fn transcript(args: &[&str], ended: &Ended, json: bool) -> String {
    let words = args
        .iter()
        .map(|arg| if arg.is_empty() || arg.contains(' ') { format!(" '{arg}'") } else { format!(" {arg}") });
    let mut text = format!("$ sejoli-migrate{}\n", words.collect::<String>());
    if json && !ended.stdout.is_empty() {
        let document: Value = serde_json::from_str(&ended.stdout).expect("a document");
        assert_eq!(format!("{document}\n"), ended.stdout, "the document is one line");
        text += &laid_out(&document, 0);
        text.push('\n');
    } else {
        text += &ended.stdout;
    }
    if !ended.stderr.is_empty() {
        text += "--- on stderr ---\n";
        text += &ended.stderr;
    }
    text += &format!("--- exit code {} ---\n", ended.code);
    text
}

/// The document with line breaks where a part is longer than a line.
fn laid_out(value: &Value, indent: usize) -> String {
    let short = value.to_string();
    if short.chars().count() + indent <= 110 {
        return short;
    }
    let inner = " ".repeat(indent + 2);
    let (parts, open, close): (Vec<String>, _, _) = match value {
        Value::Array(items) => (items.iter().map(|item| laid_out(item, indent + 2)).collect(), '[', ']'),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), laid_out(value, indent + 2))
            };
            (fields.iter().map(field).collect(), '{', '}')
        }
        _ => return short,
    };
    let lines: Vec<String> = parts.into_iter().map(|part| format!("{inner}{part}")).collect();
    format!("{open}\n{}\n{}{close}", lines.join(",\n"), " ".repeat(indent))
}

/// The minutes that the test has lasted, written in a form and as a clock has them that shows `shown` where it `began`:
/// only times of now are replaced, and never one of the exports.
fn minutes(shown: DateTime<Utc>, began: DateTime<Utc>, form: &str) -> String {
    let lasted = (Utc::now() - began).num_minutes() + 1;
    let minutes = (0..=lasted).map(|minutes| (shown + TimeDelta::minutes(minutes)).format(form).to_string());
    format!("(?:{})", minutes.collect::<Vec<_>>().join("|"))
}

/// What the clock and the machine decide, and the words that stand for it.
fn filters(terminal: &Terminal) -> Vec<(String, &'static str)> {
    let minutes = |form: &str| minutes(terminal.began, terminal.began, form);
    let in_jakarta = terminal.began + TimeDelta::hours(7);
    let minutes_in_jakarta = self::minutes(in_jakarta, terminal.began, "%Y-%m-%d %H:%M");
    let (compact, spaced, iso) =
        (minutes("%Y%m%d-%H%M"), minutes("%Y-%m-%d %H:%M"), minutes("%Y-%m-%dT%H:%M"));
    let folder = regex_of(&terminal.path().display().to_string());
    vec![
        (format!("{compact}\\d{{5}}-[0-9a-f]{{6}}"), RUN_ID),
        (format!("(backup|validate)-{compact}\\d{{5}}"), "${1}-[TIME]"),
        (format!("{iso}:\\d\\d(?:\\.\\d+)?(?:Z|…)"), "[TIME]"),
        (format!("{spaced}:\\d\\d(?: UTC)?"), "[TIME]"),
        (minutes_in_jakarta, "[TIME IN JAKARTA]"),
        // The same in Indonesian, also where the line ends between day and hour.
        (format!("{}\\.\\d\\d UTC", minutes("%d/%m/%Y %H.%M").replace(' ', r"\s+")), "[TIME]"),
        (self::minutes(in_jakarta, terminal.began, "%d/%m/%Y %H.%M"), "[TIME IN JAKARTA]"),
        ("[0-9.]+ bita, oleh SQLite".to_owned(), "[SIZE] bita, oleh SQLite"),
        ("selama [0-9.,]+ s".to_owned(), "selama [DURATION]"),
        ("((?:Took|Selesai dalam) )[0-9.,]+ s".to_owned(), "${1}[DURATION]"),
        ("[0-9.,]+ catatan per detik".to_owned(), "[RATE] catatan per detik"),
        ("[0-9.]+ [kMGT]B (kosong|tersedia) dari [0-9.]+ [kMGT]B".to_owned(), "[SIZE] $1 dari [SIZE]"),
        ("[0-9.]+ [kMG]B memori di sini".to_owned(), "[SIZE] memori di sini"),
        ("([Ss])ekitar \\d+ (?:detik|menit|jam)".to_owned(), "${1}ekitar [DURATION]"),
        // A row of the report's times: of its text, of its Markdown, and how long the whole run took.
        (r"(?m)^((?:Phase|catalogue|affiliates|orders|settlement|memberships) +[A-Z0-9]\w* +[A-Z0-9]\w*) +(?:Time +Records a second|[0-9.]+ s(?: +[0-9,]+)?)$".to_owned(), "$1  [TIMES]"),
        (r"\| [0-9.,]+ s \| [0-9.,]* \|".to_owned(), "| [TIMES] |"),
        (r"((?:Took|Lamanya)(?:: | \| `))[0-9.,]+ s".to_owned(), "${1}[DURATION]"),
        (folder, "[FOLDER]"),
        ("[0-9,]+ bytes, by SQLite".to_owned(), "[SIZE] bytes, by SQLite"),
        ("(\"bytes\":\\s*)[0-9]+".to_owned(), "${1}[SIZE]"),
        ("took [0-9.,]+ (?:ms|s|min|h)".to_owned(), "took [DURATION]"),
        ("[0-9.,]+ records a second".to_owned(), "[RATE] records a second"),
        ("(\"per_second\":\\s*)([0-9.]+|null)".to_owned(), "${1}[RATE]"),
        ("(\"milliseconds\":\\s*)[0-9]+".to_owned(), "${1}[MS]"),
        ("(\"digest\":\\s*)\"[0-9a-f]{16}\"".to_owned(), "${1}\"[DIGEST]\""),
        ("[0-9.]+ [kMGT]B (free|available) of [0-9.]+ [kMGT]B".to_owned(), "[SIZE] $1 of [SIZE]"),
        ("[0-9.,]+ ms\\b".to_owned(), "[LATENCY] ms"),
        ("(cores +|\"cores\",\"verdict\":\"ok\",\"found\":\")\\d+".to_owned(), "${1}[CORES]"),
        ("[0-9.]+ [kMG]B of memory here".to_owned(), "[SIZE] of memory here"),
        ("(\"memory\":\\s*)\\d+".to_owned(), "${1}[SIZE]"),
        ("([Aa])bout \\d+ (?:s|min|h)".to_owned(), "${1}bout [DURATION]"),
        ("(\"seconds\":\\s*)\\d+".to_owned(), "${1}[DURATION]"),
    ]
}

/// A text as a regular expression that finds it.
fn regex_of(text: &str) -> String {
    let escaped = text.chars().flat_map(|letter| {
        let special = !letter.is_alphanumeric() && letter.is_ascii();
        special.then_some('\\').into_iter().chain([letter])
    });
    escaped.collect()
}

#[track_caller]
fn assert_snapshot(name: &str, terminal: &Terminal, text: &str) {
    let filters = filters(terminal);
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_filters(filters.iter().map(|(regex, word)| (regex.as_str(), *word)).collect::<Vec<_>>());
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Tests of commands: the name of the snapshot, the state before, and the command.
macro_rules! printed {
    ($($name:ident: $state:ident, [$($arg:expr),* $(,)?];)*) => {
        $(
            #[test]
            fn $name() {
                super::assert_printed(&super::snapshot_name(stringify!($name)), super::State::$state, &[$($arg),*]);
            }
        )*

        /// Each with what it is named after, the state before, and the command.
        pub(super) fn cases() -> Vec<(String, super::State, Vec<&'static str>)> {
            vec![$((super::snapshot_name(stringify!($name)), super::State::$state, vec![$($arg),*])),*]
        }

        /// The snapshots of these tests.
        pub(super) fn snapshots() -> Vec<String> {
            vec![$(super::snapshot_name(stringify!($name))),*]
        }
    };
}
use printed;

/// `import_clean` is shown in `import-clean.snap`.
fn snapshot_name(test: &str) -> String {
    test.replace('_', "-")
}

/// A snapshot that no test makes would go on saying what is not printed any more. It goes when all are accepted anew.
#[test]
fn every_snapshot_is_made_by_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/snapshots");
    let made =
        [help::snapshots(), commands::snapshots(), errors::snapshots(), indonesian::snapshots()].concat();
    let accepts = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    let mut left_over = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the snapshots") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".snap")).map(str::to_owned);
        match name {
            Some(name) if made.contains(&name) => {}
            Some(_) if accepts => std::fs::remove_file(&path).expect("the snapshot is removed"),
            Some(name) => left_over.push(name),
            None => {}
        }
    }
    assert_eq!(left_over, [""; 0], "no test makes these snapshots");
}

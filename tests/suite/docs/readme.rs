//! The README and the reference: what they show is what the tool does, and where they lead something is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::page;
use crate::support::help_pages::{calls, command_of, commands};
use crate::support::library::{command_line, reference_tables};
use crate::support::{exit_code, fixture, workspace};

/// The longest README that somebody reads.
const LINES: usize = 200;

/// The documents that show commands as they are typed.
const WITH_COMMANDS: [&str; 4] = ["README.md", "docs/reference.md", "docs/runbook.md", "docs/runbook.id.md"];

/// Options of other programs that the documents name.
const OF_OTHERS: [&str; 7] = [
    "--batch",
    "--default-character-set",
    "--due-now",
    "--no-default-features",
    "--no-tablespaces",
    "--raw",
    "--single-transaction",
];

#[test]
fn the_readme_is_short() {
    let lines = page("README.md").lines().count();
    assert!(lines <= LINES, "{lines} lines: what is not needed first belongs to docs/reference.md");
}

/// The documents of the project, by their paths from its root.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["", "docs"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let path = path.strip_prefix(root).expect("a path below the root");
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// The parts of a line that stand between backticks.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Where a line leads: what stands in round brackets behind a text in square ones, outside of backticks.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let behind = line.split('`').step_by(2).flat_map(|part| part.split("](").skip(1));
    behind.filter_map(|rest| rest.split(')').next())
}

/// The name by which a heading is led to.
fn anchor(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut seen = 0;
    for document in documents() {
        let folder = Path::new(&document).parent().map_or_else(PathBuf::new, PathBuf::from);
        let text = page(&document);
        for link in text.lines().flat_map(links) {
            if link.starts_with("http") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if path.is_empty() { document.clone() } else { folder.join(path).display().to_string() };
            let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(&target);
            assert!(there.exists(), "{document}: {link}");
            if !heading.is_empty() {
                let led_to = page(&target);
                let mut headings = led_to.lines().filter(|line| line.starts_with('#'));
                let is_there = headings.any(|line| anchor(line.trim_start_matches('#')) == heading);
                assert!(is_there, "{document}: no heading of {target} is {heading}");
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} links");
}

/// The lines of a document's blocks of code, each with those that it goes on with.
fn code_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut is_fenced, mut goes_on) = (false, false);
    for line in text.lines() {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
            continue;
        }
        let Some(code) = line.strip_prefix("    ").or_else(|| is_fenced.then_some(line)) else { continue };
        let code = code.strip_prefix("$ ").unwrap_or(code).trim();
        let whole = code.trim_end_matches('\\');
        match lines.last_mut().filter(|_| goes_on) {
            Some(before) => before.push_str(whole),
            None => lines.push(whole.to_owned()),
        }
        goes_on = code.ends_with('\\');
    }
    lines
}

#[test]
fn every_command_that_the_documents_show_can_be_typed() {
    for document in WITH_COMMANDS {
        let lines = code_lines(&page(document));
        let shown = lines.iter().filter(|line| line.starts_with("sejoli-migrate "));
        let mut seen = 0;
        for call in shown.flat_map(|line| calls(line.split(" #").next().unwrap_or_default().trim_end())) {
            if let Err(error) = call.is_understood() {
                panic!("{document}: {call:?}: {error}");
            }
            seen += 1;
        }
        assert!(seen > 1, "{document} shows {seen} commands");
    }
}

#[test]
fn every_command_in_the_walk_of_the_readme_can_be_typed() {
    let names: BTreeSet<String> = commands().into_iter().filter_map(|words| words.first().cloned()).collect();
    let text = page("README.md");
    let rows = text.lines().filter(|line| line.starts_with("| ")).flat_map(spans);
    let is_command = |span: &&str| span.split(' ').next().is_some_and(|word| names.contains(word));
    let mut seen = 0;
    for call in rows.filter(is_command).flat_map(|span| calls(&format!("sejoli-migrate {span}"))) {
        if let Err(error) = call.is_understood() {
            panic!("{call:?}: {error}");
        }
        seen += 1;
    }
    assert!(seen > 10, "{seen} commands");
}

/// The options of the tool, with their dashes.
fn options() -> BTreeSet<String> {
    fn add(command: &clap::Command, all: &mut BTreeSet<String>) {
        all.extend(command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))));
        command.get_subcommands().for_each(|sub| add(sub, all));
    }
    let mut all = BTreeSet::new();
    add(&command_line(), &mut all);
    all.extend(["--help", "--version"].map(str::to_owned));
    all
}

/// The options that a document names in code.
fn options_named(text: &str) -> BTreeSet<String> {
    let in_blocks = code_lines(text);
    let in_lines: Vec<String> = text.lines().flat_map(spans).map(str::to_owned).collect();
    let words = in_blocks
        .iter()
        .chain(&in_lines)
        .flat_map(|code| code.split([' ', '=', '(', ')', ',', '[', ']', '\'']));
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}

#[test]
fn the_documents_name_no_option_that_the_tool_lacks_and_the_reference_all_of_them() {
    let known = options();
    for document in WITH_COMMANDS {
        let named = options_named(&page(document));
        let unknown: Vec<_> = named
            .iter()
            .filter(|name| !known.contains(*name) && !OF_OTHERS.contains(&name.as_str()))
            .collect();
        // What a version lacks is named where that is said.
        let lacking = ["--same-phone"].map(str::to_owned);
        assert!(unknown.iter().all(|name| lacking.contains(name)), "{document}: {unknown:?}");
    }
    let named = options_named(&reference());
    let missing: Vec<_> = known.iter().filter(|name| !named.contains(*name)).collect();
    assert!(missing.iter().all(|name| ["--help", "--version"].contains(&name.as_str())), "{missing:?}");
}

#[test]
fn the_reference_speaks_of_every_command() {
    let text = reference();
    let spans: Vec<&str> = text.lines().flat_map(spans).collect();
    for words in commands().iter().filter(|words| !words.is_empty()) {
        let name = words.join(" ");
        let is_named = |span: &&&str| **span == name || span.starts_with(&format!("{name} "));
        assert!(spans.iter().any(|span| is_named(&span)), "{name}");
    }
}

/// Where the reference lies.
const REFERENCE: &str = "docs/reference.md";

/// The reference, with the tables that the command line has now.
fn reference() -> String {
    let mut text = page(REFERENCE);
    for (name, table) in reference_tables(&command_line()) {
        let (begin, end) = (format!("<!-- {name}: written by `make catalogue` -->\n"), "<!-- end -->");
        let from = text.find(&begin).unwrap_or_else(|| panic!("no marker {begin}")) + begin.len();
        let to = from + text[from..].find(end).expect("the marker of the end");
        text.replace_range(from..to, &table);
    }
    text
}

/// `SEJOLI_WRITE_DOCS=1` writes the tables instead of comparing them (`make catalogue`).
#[test]
fn the_tables_of_the_reference_are_the_command_lines_own() {
    let now = reference();
    if std::env::var_os("SEJOLI_WRITE_DOCS").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(REFERENCE), &now)
            .expect("the page is written");
    }
    assert!(page(REFERENCE) == now, "docs/reference.md is not what `make catalogue` writes");
}

#[test]
fn the_reference_has_the_exit_codes_that_scripts_rely_on() {
    let text = reference();
    for (code, word) in [
        (exit_code::DONE, "done"),
        (exit_code::UNEXPECTED, "unexpected"),
        (exit_code::USAGE, "usage"),
        (exit_code::ROWS_LEFT, "rows-left"),
        (exit_code::VERIFICATION_FAILED, "verification-failed"),
        (exit_code::REFUSED, "refused"),
        (exit_code::INPUT, "input-unusable"),
        (exit_code::DATABASE, "database"),
        (exit_code::TERMINATED, "terminated"),
    ] {
        let row = format!("| {code} | `{word}` | ");
        assert!(text.lines().any(|line| line.starts_with(&row)), "{row}");
    }
}

/// A line of what is printed, with a word in place of each run's id.
fn without_ids(line: &str) -> String {
    let is_id = |word: &str| {
        let parts: Vec<&str> = word.trim_end_matches([',', ':']).split('-').collect();
        let are_digits = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        matches!(parts.as_slice(), [day, time, _] if are_digits(day, 8) && are_digits(time, 9))
    };
    line.split(' ').map(|word| if is_id(word) { "RUN" } else { word }).collect::<Vec<_>>().join(" ")
}

/// Whether lines are those that are shown; `…` stands for any number of them.
fn is_shown(shown: &[String], lines: &[String]) -> bool {
    match (shown, lines) {
        ([], lines) => lines.is_empty(),
        ([skip, rest @ ..], lines) if skip == "…" => {
            (0..=lines.len()).any(|at| is_shown(rest, &lines[at..]))
        }
        ([first, rest @ ..], [line, lines @ ..]) => first == line && is_shown(rest, lines),
        _ => false,
    }
}

/// The lines that are typed in the README's terminal, each with what it shows.
fn session() -> Vec<(String, Vec<String>)> {
    let text = page("README.md");
    let block =
        text.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a session");
    let mut typed: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => typed.push((command.to_owned(), Vec::new())),
            None => typed.last_mut().expect("a command comes first").1.push(without_ids(line)),
        }
    }
    typed
}

#[test]
fn the_terminal_of_the_readme_shows_what_comes() {
    let (folder, programs) = (workspace(), workspace());
    let link = |from: &Path, to: PathBuf| std::os::unix::fs::symlink(from, to).expect("a link");
    link(&fixture(""), folder.path().join("fixtures"));
    link(Path::new(env!("CARGO_BIN_EXE_sejoli-migrate")), programs.path().join("sejoli-migrate"));
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap_or_default());
    let mut exports = String::new();
    let typed = session();
    for (command, shown) in &typed {
        if command.starts_with("export ") {
            exports += &format!("{command}; ");
            continue;
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{exports}{command} 2>&1")]).current_dir(folder.path());
        let output = shell.env_clear().env("PATH", &path).stdin(Stdio::null()).output().expect("a shell");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let lines: Vec<String> = text.lines().map(without_ids).collect();
        assert!(is_shown(shown, &lines), "{command} shows\n{text}\nand the README\n{}", shown.join("\n"));
        assert_eq!(output.status.code(), Some(exit_code::DONE), "{command}: {text}");
    }
    let ran: BTreeSet<String> =
        typed.iter().flat_map(|(line, _)| calls(line)).flat_map(|call| command_of(&call.words)).collect();
    for command in ["import", "verify", "rollback"] {
        assert!(ran.contains(command), "{command} is not in the README's terminal");
    }
}

#[test]
fn a_terminal_that_shows_something_else_is_noticed() {
    let lines = |text: &str| text.lines().map(without_ids).collect::<Vec<_>>();
    let printed = lines("a\nrun 20260101-013000123-a1b2c3, done\nb\nc");
    assert!(is_shown(&lines("…\nrun 20261231-235959999-ffffff, done\n…\nc"), &printed));
    assert!(!is_shown(&lines("…\nrun 20261231-235959999-ffffff\n…"), &printed));
    assert!(!is_shown(&lines("a\n…\nb"), &printed), "a line is missing at the end");
    assert!(!is_shown(&lines("b\n…"), &printed));
}

//! What the documents say is what the code does.

mod readme;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use crate::support::library::{Cli, Code, catalogue};
use crate::support::tool;

#[test]
fn shells_and_the_manual_know_every_command() {
    let commands: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = tool(&["completions", shell]);
        assert_eq!(completions.code, 0, "{completions:?}");
        for command in &commands {
            assert!(completions.stdout.contains(command.as_str()), "{shell}: {command}");
        }
    }
    for command in &commands {
        let page = tool(&["man", command]);
        assert_eq!(page.code, 0, "{page:?}");
        let begins = format!(".TH sejoli-migrate-{command} 1");
        assert!(page.stdout.contains(&begins), "{}", page.stdout);
    }
    let page = tool(&["man", "import", "all"]).stdout;
    assert!(page.contains("sejoli\\-migrate\\-import\\-all") && page.contains("batch\\-size"), "{page}");
    let unknown = tool(&["man", "export"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
}

/// `SEJOLI_WRITE_DOCS=1` writes the page instead of comparing it (`make catalogue`).
#[test]
fn the_catalogue_of_findings_is_the_codes_own() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    if std::env::var_os("SEJOLI_WRITE_DOCS").is_some() {
        std::fs::write(&path, catalogue()).expect("the page is written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/findings.md");
    assert!(written == catalogue(), "docs/findings.md is not what `make catalogue` writes");
    let rows: Vec<&str> = written.lines().filter(|line| line.starts_with("| SJM-")).collect();
    assert_eq!(rows.len(), Code::ALL.len(), "a line for each code");
    for code in Code::ALL {
        let begins = format!("| {} |", code.info().code);
        assert_eq!(rows.iter().filter(|row| row.starts_with(&begins)).count(), 1, "{begins}");
    }
}

/// A command that an advice names is one that can be typed: it is spelled as the tool knows it.
#[test]
fn the_tool_knows_every_command_that_an_advice_names() {
    let known = Cli::command();
    let mut named = BTreeSet::new();
    for info in Code::ALL.iter().map(|code| code.info()) {
        let quoted = info.advice.split('`').skip(1).step_by(2);
        for words in quoted.filter_map(|quoted| quoted.strip_prefix("sejoli-migrate ")) {
            let mut command = &known;
            for word in words.split(' ') {
                let found = command.get_subcommands().find(|sub| sub.get_name() == word);
                command = found.unwrap_or_else(|| panic!("{}: no command is called {words}", info.code));
            }
            named.insert(words);
        }
    }
    for expected in ["grant", "mappings list", "people list", "products template", "retry"] {
        assert!(named.contains(expected), "{expected} is in no advice: {named:?}");
    }
}

/// The Rust sources below a folder of the project, as texts.
fn sources(folder: &str) -> Vec<String> {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                texts.push(std::fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    texts
}

/// The numbers that stand behind a letter in words of a text, such as 7 in `L7` or in `fn l7_…`.
fn numbers(text: &str, letter: char) -> BTreeSet<u32> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter_map(|word| word.strip_prefix(letter)?.parse().ok()).collect()
}

#[test]
fn every_lesson_is_defined_and_held_by_a_test_that_carries_its_number() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lessons.md");
    let page = std::fs::read_to_string(page).expect("docs/lessons.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| L")?.split(' ').next()?.parse().ok());
    let defined: BTreeSet<u32> = rows.collect();
    assert!(defined.len() >= 29, "{defined:?}");
    let sources: Vec<String> = ["src", "tests"].into_iter().flat_map(sources).collect();
    let cited: BTreeSet<u32> = sources.iter().flat_map(|text| numbers(text, 'L')).collect();
    assert_eq!(cited.difference(&defined).collect::<Vec<_>>(), Vec::<&u32>::new(), "cited and not defined");
    let tests = sources.iter().flat_map(|text| text.split("fn ").skip(1)).map(|rest| rest.split('(').next());
    let held: BTreeSet<u32> =
        tests.flatten().flat_map(|name| numbers(&name.replace('_', " "), 'l')).collect();
    assert_eq!(defined.difference(&held).collect::<Vec<_>>(), Vec::<&u32>::new(), "defined and not tested");
}

/// A document of the project, by its path from the root.
fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the page")
}

/// The commands of a page: its indented lines, without comments.
fn commands(path: &str) -> Vec<String> {
    let text = page(path);
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    lines.map(|line| line.split(" # ").next().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn the_runbooks_have_the_same_commands_in_both_languages_and_the_tool_knows_them() {
    let english = commands("docs/runbook.md");
    assert_eq!(english, commands("docs/runbook.id.md"));
    let known = Cli::command();
    let called = english.iter().filter_map(|line| line.strip_prefix("sejoli-migrate "));
    let names: Vec<&str> = called.filter_map(|words| words.split_whitespace().next()).collect();
    assert!(names.contains(&"extract") && names.contains(&"verify"), "{names:?}");
    for name in names {
        assert!(known.get_subcommands().any(|command| command.get_name() == name), "{name}");
    }
}

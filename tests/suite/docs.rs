//! What the documents say is what the code does.

use std::path::Path;

use clap::CommandFactory as _;
use sejoli_migrate::cli::Cli;
use sejoli_migrate::cli::render::explain::catalogue;
use sejoli_migrate::domain::finding::Code;

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

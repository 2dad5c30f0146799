//! What a person reads fits a terminal of 80 columns, in a pipe as on the terminal itself.

use crate::support::pseudo_terminal::printed;
use crate::support::{AppDatabase, Engine, fixture};

const WIDTH: usize = 80;

/// A shop's whole way, with what it prints: schema, import, verification, report and decisions.
fn printed_on_the_way(run: impl Fn(&AppDatabase, &[&str]) -> String) -> Vec<(String, String)> {
    let db = AppDatabase::bare(Engine::Sqlite);
    let (messy, clean) = (fixture("messy").display().to_string(), fixture("clean").display().to_string());
    let out = db.path("out").display().to_string();
    let import = ["--create-memberships", "--as-of", crate::support::AS_OF, "--out", &out];
    let commands: &[&[&str]] = &[
        &["schema", "apply"],
        &["schema", "check"],
        &["schema", "status"],
        &["doctor", &messy],
        &["validate", &messy, "--out", &out],
        &["products", "list", &messy],
        &[&["import", "all", messy.as_str()], import.as_slice()].concat(),
        &["verify", &messy],
        &["verify", &clean],
        &["report"],
        &["report", "--as", "text"],
        &["report", "--as", "text", "--lang", "id"],
        &["status"],
        &["mappings", "list"],
        &["mappings", "show", "GERE005"],
        &["mappings", "reject", "GERE005", "--why", "a test of the shop's own", "--by", "Rina"],
        &["people", "list"],
        &["repair", "--all", "--dry-run"],
        &["rollback", "--last", "--dry-run"],
        &["explain"],
    ];
    commands.iter().map(|args| (args.join(" "), run(&db, args))).collect()
}

/// Whether a line may be wider: a command that is to be typed, and one word, which is to be copied.
fn is_whole(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("sejoli-migrate ") || line.starts_with("cd ") || !line.contains(' ')
}

fn assert_fits(printed: &[(String, String)]) {
    let mut wide = Vec::new();
    for (command, text) in printed {
        assert!(text.lines().count() > 1, "{command}: {text}");
        let lines = text.split(['\n', '\r']).map(str::trim_end);
        let too_wide = lines.filter(|line| line.chars().count() > WIDTH && !is_whole(line));
        wide.extend(too_wide.map(|line| format!("{command}: {line}")));
    }
    assert_eq!(wide, [""; 0]);
}

#[test]
fn results_fit_in_a_pipe() {
    assert_fits(&printed_on_the_way(|db, args| db.run(args).stdout));
}

#[test]
fn results_and_messages_fit_on_a_terminal() {
    assert_fits(&printed_on_the_way(|db, args| {
        let url = db.url();
        printed(&[&["--database-url", url.as_str()], args].concat())
    }));
}

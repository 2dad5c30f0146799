//! The help of every command and subcommand.

use clap::CommandFactory as _;

use super::{State, Terminal, assert_snapshot, transcript};
use crate::support::library::Cli;

/// Every command with its subcommands, as words: `[]` is the tool itself.
pub(super) fn commands() -> Vec<Vec<String>> {
    fn add(command: &clap::Command, words: &[String], all: &mut Vec<Vec<String>>) {
        all.push(words.to_vec());
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            add(sub, &[words, &[sub.get_name().to_owned()]].concat(), all);
        }
    }
    let mut all = Vec::new();
    add(&Cli::command(), &[], &mut all);
    all
}

pub(super) fn name(words: &[String]) -> String {
    ["help".to_owned()].iter().chain(words).map(String::as_str).collect::<Vec<_>>().join("-")
}

pub(super) fn snapshots() -> Vec<String> {
    commands().iter().map(|words| name(words)).collect()
}

/// All in one test: which commands there are is only known when it runs.
#[test]
fn of_every_command() {
    let terminal = Terminal::new(State::Nothing);
    for words in commands() {
        let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
        args.push("--help");
        let ended = terminal.run(&args);
        assert_snapshot(&name(&words), &terminal, &transcript(&args, &ended, false));
    }
}

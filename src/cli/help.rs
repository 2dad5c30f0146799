//! The help of every command: what clap has of it, in the language that is spoken, and the exit codes at its end.

use std::collections::BTreeSet;

use clap::Command;

use crate::cli::{exit_codes, spoken, version};
use crate::failure::ExitCode;
use crate::language::tr;
use crate::terminal::chosen_for_clap;

/// The command line with its help complete.
pub(super) fn complete(command: Command) -> Command {
    let (command, _) = with_exit_codes(spoken::command(command), &[]);
    command.color(chosen_for_clap()).long_version(version::long())
}

/// A command whose help ends with its exit codes, and these: a command that has others below it ends like any of them.
fn with_exit_codes(mut command: Command, words: &[&str]) -> (Command, BTreeSet<u8>) {
    let mut codes: BTreeSet<u8> = ExitCode::ALL
        .into_iter()
        .filter(|code| exit_codes::can_end(words, *code))
        .map(|code| code as u8)
        .collect();
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in &names {
        command = command.mut_subcommand(name, |sub| {
            let (sub, of_it) = with_exit_codes(sub, &[words, &[name.as_str()]].concat());
            codes.extend(of_it);
            sub
        });
    }
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    (command.after_help(format!("{examples}\n\n{}", section(&codes))), codes)
}

/// The exit codes with what each says, a line each.
fn section(codes: &BTreeSet<u8>) -> String {
    let lines = ExitCode::ALL.into_iter().filter(|code| codes.contains(&(*code as u8)));
    let lines: Vec<String> = lines.map(|code| format!("  {:<3}  {}", code as u8, code.meaning())).collect();
    format!("{}\n{}", tr!("Exit codes:"), lines.join("\n"))
}

//! `completions` and `man`: what a shell and a manual know of the command line, made from itself.

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::{Cli, Context, Format};
use crate::failure::{ExitCode, Failure};
use crate::terminal::out;

/// Prints the completions of a shell.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sejoli-migrate completions bash > ~/.local/share/bash-completion/completions/sejoli-migrate"
)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints a page of the manual, for `man -l`: the tool's own, or that of a command.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate man import all > import.1 && man -l import.1")]
pub struct Man {
    /// A command, such as `import all`.
    command: Vec<String>,
}

/// Runs `completions`.
pub fn completions(args: &Completions, context: &Context) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sejoli-migrate", &mut text);
    print(String::from_utf8(text)?, context)
}

/// Runs `man`.
///
/// # Errors
/// Exit code 2 for a command that there is not.
pub fn man(args: &Man, context: &Context) -> anyhow::Result<ExitCode> {
    let mut whole = Cli::command();
    whole.build();
    let mut page: Command = whole;
    for name in &args.command {
        let Some(found) = page.find_subcommand(name) else {
            return Err(Failure::usage(format!(
                "{name}: no such command; `sejoli-migrate --help` lists them"
            )));
        };
        page = found.clone();
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    print(String::from_utf8(text)?, context)
}

fn print(text: String, context: &Context) -> anyhow::Result<ExitCode> {
    match context.format {
        Format::Text => out(&text)?,
        Format::Json => context.document("done", serde_json::json!({ "schema_version": 1, "text": text }))?,
    }
    Ok(ExitCode::Done)
}

//! `completions` and `man`: pages that are made from the command line itself.

use clap::Command;
use clap_complete::Shell;

use crate::cli::context::Context;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;

/// Prints the completions of a shell.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate completions bash > ~/.local/share/bash-completion/completions/sejoli-migrate\n  sejoli-migrate completions zsh > ~/.zfunc/_sejoli-migrate"
)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints a page of the manual, for `man -l`: the tool's own, or that of a command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate man > sejoli-migrate.1 && man -l sejoli-migrate.1\n  sejoli-migrate man import all > import.1 && man -l import.1"
)]
pub(crate) struct ManPageArgs {
    /// A command, such as `import all`.
    command: Vec<String>,
}

/// Runs `completions`; `whole` is the command line.
pub(crate) fn completions(
    args: &Completions,
    mut whole: Command,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut whole, "sejoli-migrate", &mut text);
    print(String::from_utf8(text)?, context)
}

/// Runs `man`; `whole` is the command line.
///
/// # Errors
/// Exit code 2 for a command that does not exist.
pub(crate) fn man(args: &ManPageArgs, mut whole: Command, context: &Context) -> anyhow::Result<ExitCode> {
    whole.build();
    let mut page = whole;
    for name in &args.command {
        let Some(found) = page.find_subcommand(name) else {
            return Err(Failure::usage(tr!(
                "there is no command {name}; `sejoli-migrate --help` lists all of them"
            )));
        };
        page = found.clone();
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    print(String::from_utf8(text)?, context)
}

fn print(text: String, context: &Context) -> anyhow::Result<ExitCode> {
    let document = serde_json::json!({ "schema_version": 1, "text": text });
    context.print_as_it_is(text, || Ok(document))?;
    Ok(ExitCode::Done)
}

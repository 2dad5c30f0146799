//! `completions` and `man`: pages that are made from the command line itself.

use std::fs;
use std::path::{Path, PathBuf};

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
    after_help = "Examples:\n  sejoli-migrate man > sejoli-migrate.1 && man -l sejoli-migrate.1\n  sejoli-migrate man import all > import.1 && man -l import.1\n  sejoli-migrate man --out ~/.local/share/man/man1"
)]
pub(crate) struct ManPageArgs {
    /// A command, such as `import all`.
    command: Vec<String>,
    /// Write the pages of all commands into this folder instead.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
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
/// Exit code 2 for a command that does not exist, 5 for a folder that cannot be written.
pub(crate) fn man(args: &ManPageArgs, mut whole: Command, context: &Context) -> anyhow::Result<ExitCode> {
    whole.build();
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        let written = write_pages(&whole, folder)?;
        return print(tr!("{written} pages in {}\n", folder.display()), context);
    }
    let mut page = whole;
    for name in &args.command {
        let Some(found) = page.find_subcommand(name) else {
            return Err(Failure::usage(tr!(
                "there is no command {name}; `sejoli-migrate --help` lists all of them"
            )));
        };
        page = found.clone();
    }
    print(String::from_utf8(rendered(page)?)?, context)
}

fn rendered(page: Command) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    Ok(text)
}

/// Writes the page of a command and those of its subcommands, by the names that `man` knows them by, and counts them.
fn write_pages(page: &Command, folder: &Path) -> anyhow::Result<usize> {
    let name = page.get_display_name().unwrap_or_else(|| page.get_name());
    let file = folder.join(format!("{name}.1"));
    fs::write(&file, rendered(page.clone())?).map_err(|error| unwritable(&file, &error))?;
    let below = page.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set());
    below.map(|below| write_pages(below, folder)).sum::<anyhow::Result<usize>>().map(|below| below + 1)
}

fn unwritable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    Failure::refused(tr!("{} cannot be written: {error}", path.display()))
}

fn print(text: String, context: &Context) -> anyhow::Result<ExitCode> {
    let document = serde_json::json!({ "schema_version": 1, "text": text });
    context.print_as_it_is(text, || Ok(document))?;
    Ok(ExitCode::Done)
}

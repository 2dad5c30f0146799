//! `config`: the file with the options that are the same every time, and what is in force.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Subcommand};

use crate::cli::context::Context;
use crate::cli::render;
use crate::cli::render::config::{Configuration, InForce};
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::settings::option::{SettableOption, all};
use crate::settings::{Origin, Settings, file, template};

/// Write the file with options that are the same every time; show what is in force.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sejoli-migrate config init\n  sejoli-migrate config show import all")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: ConfigAction,
}

#[derive(Debug, Subcommand)]
enum ConfigAction {
    /// Write a file with every option explained, none of them in force.
    ///
    /// Commands look for sejoli-migrate.toml in their folder and in those above. A file that is
    /// there already is not overwritten.
    #[command(
        after_help = "Examples:\n  sejoli-migrate config init\n  sejoli-migrate --config staging.toml config init"
    )]
    Init,
    /// Show which options are in force, and where each comes from.
    ///
    /// An option that is typed goes before the environment, that before DATABASE_URL of a .env in
    /// this folder, then the file's profile, the file, and the default. Passwords are not shown.
    /// With --format json every option of every command is listed.
    #[command(
        after_help = "Examples:\n  sejoli-migrate config show\n  sejoli-migrate --profile staging config show import all"
    )]
    Show {
        /// A command, such as `import all`: all of its options, also those at their defaults.
        command: Vec<String>,
    },
}

/// Runs the command; `whole` is the command line, `matches` what was typed of it.
pub(crate) fn run(
    args: &Args,
    whole: &Command,
    settings: &Settings,
    matches: &ArgMatches,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    match &args.what {
        ConfigAction::Init => init(whole, matches, context),
        ConfigAction::Show { command } => show(command, whole, settings, matches, context),
    }
}

fn init(whole: &Command, matches: &ArgMatches, context: &Context) -> anyhow::Result<ExitCode> {
    let named = matches.get_one::<PathBuf>("config").cloned();
    let path = named.unwrap_or_else(|| file::FILE_NAME.into());
    write(&path, &template::text(whole))?;
    let shown = path.display().to_string();
    let document = serde_json::json!({ "schema_version": 1, "written": shown });
    context.print(
        || tr!("{shown} was written; no option in it is in force yet\nNext: edit it, then sejoli-migrate config show\n"),
        || Ok(document),
    )?;
    Ok(ExitCode::Done)
}

/// Only its owner reads the file: it may come to hold a password.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    created.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::refused(tr!(
            "{shown} is there already and stays as it is; `sejoli-migrate --config OTHER.toml config init` writes \
             another one"
        )),
        _ => Failure::refused(tr!("{shown} cannot be written: {error}")),
    })
}

fn show(
    command: &[String],
    whole: &Command,
    settings: &Settings,
    matches: &ArgMatches,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    if !knows(whole, command) {
        return Err(Failure::usage(tr!(
            "there is no command {}; `sejoli-migrate --help` lists all of them",
            command.join(" ")
        )));
    }
    let options: Vec<InForce> = all(whole).iter().map(|option| in_force(option, settings, matches)).collect();
    let configuration =
        Configuration { file: settings.file.clone(), profile: settings.profile.clone(), options };
    let text = || render::config::text(&configuration, &command.join(" "));
    context.print(text, || render::document::versioned(None, &configuration))?;
    Ok(ExitCode::Done)
}

fn knows(whole: &Command, command: &[String]) -> bool {
    command.iter().try_fold(whole, |at, word| at.find_subcommand(word)).is_some()
}

fn in_force(option: &SettableOption, settings: &Settings, matches: &ArgMatches) -> InForce {
    let (values, origin, place) = value(option, settings, matches);
    InForce {
        command: option.command.join(" "),
        option: option.name.clone(),
        values: values.iter().map(|value| render::config::shown_value(option, value)).collect(),
        origin,
        place,
    }
}

/// The values of an option, and what gives them.
fn value(
    option: &SettableOption,
    settings: &Settings,
    matches: &ArgMatches,
) -> (Vec<String>, &'static str, Option<String>) {
    let source = option.command.is_empty().then(|| matches.value_source(&option.id)).flatten();
    let raw = || {
        let raw = matches.get_raw(&option.id).unwrap_or_default();
        raw.map(|value| value.to_string_lossy().into_owned()).collect()
    };
    let of_environment = option.variable.as_ref().and_then(|name| Some((name, std::env::var(name).ok()?)));
    match (source, of_environment, settings.of(option)) {
        (Some(ValueSource::CommandLine), ..) => {
            let values = if matches.get_raw(&option.id).is_some_and(|raw| raw.len() > 0) {
                raw()
            } else {
                vec!["true".to_owned()]
            };
            (values, "typed", None)
        }
        (_, Some((name, value)), _) => (vec![value], "environment", Some(name.clone())),
        (_, _, Some(given)) => {
            let origin = match given.origin {
                Origin::Variable(_) => "environment",
                Origin::AppEnv(_) => "env-file",
                Origin::File { .. } => "file",
            };
            (given.values.clone(), origin, Some(given.origin.to_string()))
        }
        _ => (option.default.iter().cloned().collect(), "default", None),
    }
}

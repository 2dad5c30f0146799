//! The result of `config show`.

use std::path::PathBuf;

use serde::Serialize;
use url::Url;

use crate::language::tr;
use crate::settings::option::SettableOption;
use crate::store::engines::server_url::shown;
use crate::terminal::WIDTH;

/// An option as it is in force.
#[derive(Debug, Serialize)]
pub(crate) struct InForce {
    /// The command, empty for an option of all.
    pub(crate) command: String,
    /// The option's name, without dashes.
    pub(crate) option: String,
    /// Its values, secrets hidden; none where it has none.
    pub(crate) values: Vec<String>,
    /// What gives it: typed, environment, env-file, file, default.
    pub(crate) origin: &'static str,
    /// Where exactly: a variable, a file and line.
    pub(crate) place: Option<String>,
}

/// What `config show` shows.
#[derive(Debug, Serialize)]
pub(crate) struct Configuration {
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// The profile that was chosen.
    pub(crate) profile: Option<String>,
    /// The options.
    pub(crate) options: Vec<InForce>,
}

/// What is in force, as text: the options of all commands, and those of a command, or of every command that has been
/// given one.
pub(crate) fn text(configuration: &Configuration, command: &str) -> String {
    let file = configuration.file.as_ref().map_or_else(
        || tr!("none here or in a folder above; `sejoli-migrate config init` makes one").to_owned(),
        |path| path.display().to_string(),
    );
    let mut text = tr!("File: {file}\n");
    if let Some(profile) = &configuration.profile {
        text.push_str(&tr!("Profile: {profile}\n"));
    }
    let is_shown = |option: &&InForce| match command {
        _ if option.command.is_empty() => true,
        "" => option.origin != "default",
        command => option.command == command || option.command.starts_with(&format!("{command} ")),
    };
    let mut heading = None;
    for option in configuration.options.iter().filter(is_shown) {
        if heading.replace(&option.command) != Some(&option.command) {
            let name = if option.command.is_empty() { tr!("All commands") } else { &option.command };
            text.push_str(&format!("\n{name}\n"));
        }
        text.push_str(&line(option));
    }
    text
}

/// The option with its value, and where it comes from: beside it, or below it where there is no room.
fn line(option: &InForce) -> String {
    let value = if option.values.is_empty() { tr!("(none)").to_owned() } else { option.values.join(", ") };
    let from = option.place.clone().unwrap_or_else(|| option.origin.to_owned());
    let line = format!("  {:<18} {value:<26}", option.option);
    match line.chars().count() + 2 + from.chars().count() <= WIDTH {
        true => format!("{line}  {from}\n"),
        false => format!("{}\n{:<22} {from}\n", line.trim_end(), ""),
    }
}

/// A value without what is secret in it: the password of a database, the path of an address that is told something, which
/// is often its only key, and a command that may hold one.
pub(crate) fn shown_value(option: &SettableOption, value: &str) -> String {
    match option.name.as_str() {
        "database-url" | "direct-url" => shown(value),
        "notify-url" => Url::parse(value).ok().map_or_else(hidden, |url| match url.host_str() {
            Some(host) => format!("{}://{host}/***", url.scheme()),
            None => hidden(),
        }),
        "notify-command" | "sign-command" => hidden(),
        _ => value.to_owned(),
    }
}

fn hidden() -> String {
    "***".to_owned()
}

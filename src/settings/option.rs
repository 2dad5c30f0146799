//! Which options of the command line a file or the environment may give. They are read from the command line's own
//! definitions, so that none is listed twice.

use crate::language::tr;
use clap::{Arg, ArgAction, Command};

/// Flags that are a way of working. Any other flag is a consent or a choice of the moment (`--yes`, `--dry-run`,
/// `--restart`, `--show-pii`), which nobody gives for all times: a new flag is none of these until it stands here.
const FLAGS: [&str; 2] = ["create-memberships", "quiet"];

/// Options that say what this one command is about, or who gives it. They are typed.
const TYPED: [&str; 23] = [
    "against",
    "bundle",
    "by",
    "config",
    "corrected",
    "diff",
    "exports",
    "from-plan",
    "new",
    "older-than",
    "overwrite",
    "partition",
    "person",
    "plan",
    "profile",
    "sample",
    "seed",
    "signed",
    "since",
    "status",
    "user",
    "verbose",
    "why",
];

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionValue {
    /// One value.
    One,
    /// Any number of values.
    Many,
    /// Nothing: true or false.
    Nothing,
}

/// An option that may be given by a file or by the environment.
#[derive(Clone, Debug)]
pub(crate) struct SettableOption {
    /// The words of its command; none for an option of all commands.
    pub(crate) command: Vec<String>,
    /// Its name, without dashes.
    pub(crate) name: String,
    /// What it takes.
    pub(crate) takes: OptionValue,
    /// What its value is, in one word: FILE, N.
    pub(crate) value_name: String,
    /// What it does, as `--help` says it.
    pub(crate) help: String,
    /// Its own default.
    pub(crate) default: Option<String>,
    /// The environment variable that clap reads itself.
    pub(crate) variable: Option<String>,
    /// clap's name of it.
    pub(crate) id: String,
}

impl SettableOption {
    fn of(arg: &Arg, command: &[String]) -> Option<Self> {
        let name = arg.get_long()?;
        let takes = takes(arg, name)?;
        let value_name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        let value_name = value_name.unwrap_or_else(|| arg.get_id().as_str().to_uppercase());
        // A result that is written to a file of its own is what one command is about; a folder is where all are.
        if TYPED.contains(&name) || name == "out" && value_name == "FILE" {
            return None;
        }
        let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        Some(Self {
            command: command.to_vec(),
            name: name.to_owned(),
            takes,
            value_name,
            help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
            default: default.filter(|_| takes != OptionValue::Nothing),
            variable: arg.get_env().map(|name| name.to_string_lossy().into_owned()),
            id: arg.get_id().to_string(),
        })
    }

    /// Whether it belongs to a command, or to one of its subcommands.
    pub(crate) fn is_below(&self, command: &[String]) -> bool {
        self.command.starts_with(command)
    }

    /// The environment variable by which it is given.
    pub(crate) fn variable_name(&self) -> String {
        let own = || format!("{PREFIX}{}", self.name.replace('-', "_").to_uppercase());
        self.variable.clone().unwrap_or_else(own)
    }
}

/// How the tool's own environment variables begin.
pub(crate) const PREFIX: &str = "SEJOLI_MIGRATE_";

fn takes(arg: &Arg, name: &str) -> Option<OptionValue> {
    match arg.get_action() {
        ArgAction::Set => Some(OptionValue::One),
        ArgAction::Append => Some(OptionValue::Many),
        ArgAction::SetTrue if FLAGS.contains(&name) => Some(OptionValue::Nothing),
        _ => None,
    }
}

/// The options of a command and of all below it, those of all commands first.
pub(crate) fn all(command: &Command) -> Vec<SettableOption> {
    let mut found = Vec::new();
    gather(command, &[], &mut found);
    found
}

fn gather(command: &Command, words: &[String], found: &mut Vec<SettableOption>) {
    found.extend(command.get_arguments().filter_map(|arg| SettableOption::of(arg, words)));
    for sub in command.get_subcommands() {
        gather(sub, &[words, &[sub.get_name().to_owned()]].concat(), found);
    }
}

/// Options of the command line that exist and that neither a file nor the environment may give.
pub(crate) fn is_typed(command: &Command, name: &str) -> bool {
    let own = command.get_arguments().any(|arg| arg.get_long() == Some(name));
    own || command.get_subcommands().any(|sub| is_typed(sub, name))
}

/// The options that one name means in a command: its own, or those of its subcommands.
///
/// # Errors
/// The name means different things there, or nothing: what to say of it.
pub(crate) fn named<'a>(
    options: &'a [SettableOption],
    command: &[String],
    name: &str,
) -> Result<Vec<&'a SettableOption>, String> {
    let own: Vec<_> =
        options.iter().filter(|option| option.command == command && option.name == name).collect();
    if !own.is_empty() {
        return Ok(own);
    }
    let below: Vec<_> =
        options.iter().filter(|option| option.is_below(command) && option.name == name).collect();
    match below.iter().find(|option| option.value_name != below[0].value_name) {
        None => Ok(below),
        Some(other) => Err(tr!(
            "{name} is one thing in `{}` ({}) and another in `{}` ({}): give it for a command of its own",
            below[0].command.join(" "),
            below[0].value_name,
            other.command.join(" "),
            other.value_name
        )),
    }
}

//! Which value an option has that nobody has typed, and where it comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::builder::ArgPredicate;
use clap::error::ErrorKind;
use clap::{Arg, Command};

use crate::failure::Failure;
use crate::language::tr;
use crate::settings::app_env;
use crate::settings::file::{SettingEntry, SettingValues, SettingsFile, find};
use crate::settings::nearest::meant;
use crate::settings::option::{OptionValue, PREFIX, SettableOption, all, is_typed, named};

/// Where the settings are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingsStart {
    /// The folder in which the command is typed.
    pub(crate) folder: PathBuf,
    /// The file that was named.
    pub(crate) config: Option<PathBuf>,
    /// The profile that was chosen.
    pub(crate) profile: Option<String>,
    /// The environment.
    pub(crate) variables: Vec<(String, String)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A variable of the environment.
    Variable(String),
    /// A variable of the app's `.env`.
    AppEnv(String),
    /// The file, at a line.
    File {
        /// Its path.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The profile.
        profile: Option<String>,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Variable(name) => write!(f, "{}", tr!("{name} of the environment")),
            Origin::AppEnv(name) => write!(f, "{}", tr!("{name} of .env in this folder")),
            Origin::File { path, line, profile } => {
                write!(f, "{}:{line}", path.display())?;
                profile.as_ref().map_or(Ok(()), |profile| write!(f, "{}", tr!(", profile {profile}")))
            }
        }
    }
}

/// An option with the values that a file or the environment gives it.
#[derive(Clone, Debug)]
pub(crate) struct GivenOption {
    /// The option.
    pub(crate) option: SettableOption,
    /// Its values.
    pub(crate) values: Vec<String>,
    /// Where they come from.
    pub(crate) origin: Origin,
}

/// What the file and the environment give.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// The profile that was chosen.
    pub(crate) profile: Option<String>,
    /// Every option that has a value, once for each command.
    pub(crate) given: Vec<GivenOption>,
}

impl Settings {
    /// Gathers the settings of a command line; the command is not built yet.
    ///
    /// # Errors
    /// Exit code 2: a key, a profile or a value that no option has, with its place; those of the files.
    pub(crate) fn load(command: &Command, start: &SettingsStart) -> anyhow::Result<Self> {
        let options = all(command);
        let path = start.config.clone().or_else(|| find(&start.folder));
        let file = path.as_deref().map(SettingsFile::read).transpose()?;
        let mut settings = Self { file: path, profile: start.profile.clone(), given: Vec::new() };
        settings.take_variables(command, &options, start)?;
        if let Some(file) = &file {
            settings.take_file(command, &options, file, start)?;
        } else if let Some(profile) = &start.profile {
            return Err(Failure::usage(tr!(
                "there is no profile {profile}: no {} is here or in a folder above; `sejoli-migrate config init` \
                 makes one",
                crate::settings::file::FILE_NAME
            )));
        }
        settings.take_app_env(&options, start)?;
        Ok(settings)
    }

    /// What is given to an option of a command.
    pub(crate) fn of(&self, option: &SettableOption) -> Option<&GivenOption> {
        self.given.iter().find(|given| is_same(&given.option, option))
    }

    /// What is given to an option of all commands.
    pub(crate) fn global(&self, name: &str) -> Option<String> {
        let of_all = |given: &&GivenOption| given.option.command.is_empty() && given.option.name == name;
        self.given.iter().find(of_all).and_then(|given| given.values.first().cloned())
    }

    /// The command with these settings as the defaults of its options.
    pub(crate) fn apply(&self, command: Command) -> Command {
        self.given.iter().fold(command, |command, given| with_default(command, &given.option.command, given))
    }

    /// Adds a value where nothing that goes before it has given one.
    fn add(&mut self, given: GivenOption) {
        if self.of(&given.option).is_none() {
            self.given.push(given);
        }
    }

    fn take_variables(
        &mut self,
        command: &Command,
        options: &[SettableOption],
        start: &SettingsStart,
    ) -> anyhow::Result<()> {
        for (variable, value) in start.variables.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
            let name = variable[PREFIX.len()..].replace('_', "-").to_lowercase();
            if ["config", "profile"].contains(&name.as_str()) {
                continue;
            }
            let found =
                named(options, &[], &name).map_err(|why| Failure::usage(format!("{variable}: {why}")))?;
            let found: Vec<_> = found.into_iter().filter(|option| option.variable.is_none()).collect();
            if found.is_empty() {
                let names: Vec<String> = options.iter().map(SettableOption::variable_name).collect();
                let why = unknown_variable(command, &name, variable, &names);
                return Err(Failure::usage(why));
            }
            for option in found {
                let values = variable_values(option, value);
                check(command, option, &values, variable)?;
                self.add(GivenOption {
                    option: option.clone(),
                    values,
                    origin: Origin::Variable(variable.clone()),
                });
            }
        }
        Ok(())
    }

    fn take_file(
        &mut self,
        command: &Command,
        options: &[SettableOption],
        file: &SettingsFile,
        start: &SettingsStart,
    ) -> anyhow::Result<()> {
        if let Some(profile) = start.profile.as_ref().filter(|profile| !file.profiles.contains(*profile)) {
            let known = file.profiles.iter().map(String::as_str);
            return Err(Failure::usage(tr!(
                "{} has no profile {profile}{}",
                file.path.display(),
                meant(profile, known)
            )));
        }
        let mut found = Vec::new();
        for entry in &file.entries {
            let context = EntryParser { command, options, file, start };
            found.extend(context.entry(entry)?.into_iter().map(|given| (rank(entry, start), given)));
        }
        // The chosen profile goes before the rest, and a command's own table before one that is about more.
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().filter(|(rank, _)| rank.0 < NOT_CHOSEN).for_each(|(_, given)| self.add(given));
        Ok(())
    }

    /// The `.env` gives what the app has in its environment, too. A profile that was chosen and says it goes before: who
    /// names a profile means its database.
    fn take_app_env(&mut self, options: &[SettableOption], start: &SettingsStart) -> anyhow::Result<()> {
        let variables = app_env::read(&start.folder.join(".env"))?;
        for (variable, value) in variables {
            let own = options.iter().filter(|option| option.variable.as_ref() == Some(&variable));
            for option in own {
                let chosen = self.of(option).is_some_and(
                    |given| matches!(&given.origin, Origin::File { profile, .. } if profile.is_some()),
                );
                if chosen || start.variables.iter().any(|(name, _)| *name == variable) {
                    continue;
                }
                self.given.retain(|given| !is_same(&given.option, option));
                let (values, origin) = (vec![value.clone()], Origin::AppEnv(variable.clone()));
                self.given.push(GivenOption { option: option.clone(), values, origin });
            }
        }
        Ok(())
    }
}

fn is_same(one: &SettableOption, other: &SettableOption) -> bool {
    one.command == other.command && one.id == other.id
}

/// Entries of profiles that were not chosen are read, since a mistake in them is one, and do not count.
const NOT_CHOSEN: u8 = 2;

/// What goes first: the chosen profile, then the table with the most words.
fn rank(entry: &SettingEntry, start: &SettingsStart) -> (u8, std::cmp::Reverse<usize>) {
    let of_profile = match &entry.profile {
        Some(profile) if Some(profile) == start.profile.as_ref() => 0,
        None => 1,
        Some(_) => NOT_CHOSEN,
    };
    (of_profile, std::cmp::Reverse(entry.command.len()))
}

/// A file's entry that is being understood.
struct EntryParser<'a> {
    command: &'a Command,
    options: &'a [SettableOption],
    file: &'a SettingsFile,
    start: &'a SettingsStart,
}

impl EntryParser<'_> {
    fn entry(&self, entry: &SettingEntry) -> anyhow::Result<Vec<GivenOption>> {
        let place = format!("{}:{}", self.file.path.display(), entry.line);
        let wrong = |why: String| Failure::usage(format!("{place}: {why}"));
        self.known_table(entry).map_err(wrong)?;
        let options = named(self.options, &entry.command, &entry.key).map_err(wrong)?;
        if options.is_empty() {
            return Err(wrong(self.unknown_key(entry)));
        }
        let given = |option: &&SettableOption| {
            let values = self.values(option, entry).map_err(wrong)?;
            check(self.command, option, &values, &place)?;
            let (path, profile) = (self.file.path.clone(), entry.profile.clone());
            let origin = Origin::File { path, line: entry.line, profile };
            Ok(GivenOption { option: (*option).clone(), values, origin })
        };
        options.iter().map(given).collect()
    }

    /// Whether the table is named after a command.
    fn known_table(&self, entry: &SettingEntry) -> Result<(), String> {
        let mut at = self.command;
        for (depth, word) in entry.command.iter().enumerate() {
            let Some(sub) = at.find_subcommand(word) else {
                let known = at.get_subcommands().map(Command::get_name);
                let table = entry.command[..=depth].join(".");
                return Err(tr!("[{table}] is no command{}", meant(word, known)));
            };
            at = sub;
        }
        Ok(())
    }

    fn unknown_key(&self, entry: &SettingEntry) -> String {
        let (key, table) = (&entry.key, entry.command.join(" "));
        let at = entry.command.iter().fold(self.command, |at, word| at.find_subcommand(word).unwrap_or(at));
        if is_typed(at, key) {
            return tr!("{key} is never taken from a file: type --{key} where it is meant");
        }
        let here = self.options.iter().filter(|option| option.is_below(&entry.command));
        let meant = meant(key, here.map(|option| option.name.as_str()));
        match table.is_empty() {
            true => tr!("no command has an option {key}{meant}"),
            false => tr!("`{table}` has no option {key}{meant}"),
        }
    }

    /// The values as they would be typed in the folder of the command.
    fn values(&self, option: &SettableOption, entry: &SettingEntry) -> Result<Vec<String>, String> {
        let values = match (option.takes, &entry.values) {
            (OptionValue::Nothing, SettingValues::Flag(flag)) => vec![flag.to_string()],
            (OptionValue::Nothing, _) => return Err(tr!("{} is true or false", entry.key)),
            (_, SettingValues::Flag(_)) => {
                return Err(tr!("{} takes a value ({})", entry.key, option.value_name));
            }
            (_, SettingValues::One(value)) => vec![value.clone()],
            (OptionValue::Many, SettingValues::Many(values)) => values.clone(),
            (OptionValue::One, SettingValues::Many(_)) => return Err(tr!("{} takes one value", entry.key)),
        };
        Ok(values.into_iter().map(|value| self.in_folder_of_file(option, value)).collect())
    }

    /// A path of the file counts from the file's folder, wherever the command is typed.
    fn in_folder_of_file(&self, option: &SettableOption, value: String) -> String {
        let folder = self.file.path.parent().unwrap_or(Path::new(""));
        let folder = self.start.folder.join(folder);
        if folder == self.start.folder {
            return value;
        }
        let joined = |path: &str| folder.join(path.strip_prefix("./").unwrap_or(path)).display().to_string();
        let is_path = ["FILE", "DIR", "FOLDER"].contains(&option.value_name.as_str());
        // A file that is left out may be named without its folder, wherever it lies.
        let is_name = option.name == "skip" && !value.contains('/');
        match value.strip_prefix("file:") {
            Some(path) if option.value_name == "URL" => format!("file:{}", joined(path)),
            _ if is_path && !is_name => joined(&value),
            _ => value,
        }
    }
}

fn unknown_variable(command: &Command, name: &str, variable: &str, names: &[String]) -> String {
    if is_typed(command, name) {
        let known = names.iter().find(|known| known.replace('_', "-").to_lowercase() == name);
        return match known {
            Some(known) => tr!("{variable}: this option is given by {known}"),
            None => {
                tr!("{variable}: --{name} is never taken from the environment: type it where it is meant")
            }
        };
    }
    tr!("{variable}: no command has such an option{}", meant(variable, names.iter().map(String::as_str)))
}

/// The values of a variable; several stand between commas.
fn variable_values(option: &SettableOption, value: &str) -> Vec<String> {
    match option.takes {
        OptionValue::Many => value.split(',').map(|value| value.trim().to_owned()).collect(),
        _ => vec![value.to_owned()],
    }
}

/// Has clap read the values by the option's own rules.
fn check(command: &Command, option: &SettableOption, values: &[String], place: &str) -> anyhow::Result<()> {
    if option.takes == OptionValue::Nothing {
        let known = values.iter().all(|value| ["true", "false"].contains(&value.as_str()));
        return if known {
            Ok(())
        } else {
            Err(Failure::usage(tr!("{place}: {} is true or false", option.name)))
        };
    }
    let at = option.command.iter().fold(command, |at, word| at.find_subcommand(word).unwrap_or(at));
    for value in values {
        let typed = [at.get_name().to_owned(), format!("--{}={value}", option.name)];
        let Err(error) = at.clone().subcommand_required(false).try_get_matches_from(typed) else { continue };
        if matches!(
            error.kind(),
            ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::InvalidUtf8
        ) {
            let said = error.to_string();
            let said = said.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            // What is no address may hold the key of one (L29).
            let said =
                if option.name.starts_with("notify-") { said.replace(value.as_str(), "***") } else { said };
            return Err(Failure::usage(format!("{place}: {said}")));
        }
    }
    Ok(())
}

/// The command with the values as the default of an option, which gives way to one that excludes it.
fn with_default(command: Command, words: &[String], given: &GivenOption) -> Command {
    if let [word, rest @ ..] = words {
        return command.mut_subcommand(word, |sub| with_default(sub, rest, given));
    }
    let rivals = rivals(&command, &given.option.id);
    let is_flag = given.option.takes == OptionValue::Nothing;
    command.mut_arg(&given.option.id, |arg| {
        let without = if is_flag { Some("false") } else { None };
        let arg = arg.default_values(given.values.clone());
        arg.default_value_ifs(rivals.into_iter().map(|rival| (rival, ArgPredicate::IsPresent, without)))
    })
}

/// The options that exclude an option, whichever of the two says so.
fn rivals(command: &Command, id: &str) -> Vec<String> {
    let Some(own) = command.get_arguments().find(|arg| arg.get_id() == id) else { return Vec::new() };
    let excludes = |one: &Arg, other: &Arg| {
        command.get_arg_conflicts_with(one).iter().any(|excluded| excluded.get_id() == other.get_id())
    };
    let others = command.get_arguments().filter(|arg| arg.get_id() != id);
    others
        .filter(|arg| excludes(own, arg) || excludes(arg, own))
        .map(|arg| arg.get_id().to_string())
        .collect()
}

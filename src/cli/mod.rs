//! The command line: the list of the commands, and their dispatch. Each command is a file, the texts
//! of the results are in [`render`].

mod args;
mod backup;
mod bundle;
mod bundle_archive;
mod bundle_tar;
mod bundle_zip;
mod changes;
mod clap_words;
mod config;
mod context;
mod control_totals;
mod database_state;
mod decided;
mod decision;
mod doctor;
mod exit_codes;
mod explain;
mod extract;
mod grant;
mod help;
mod import;
mod import_plan;
mod import_request;
mod interrupted;
mod invitations;
mod mappings;
mod pages;
mod people;
mod products;
mod progress;
mod progress_figures;
mod purge;
pub mod reference;
mod rehearse;
mod rejects_files;
pub mod render;
mod repair;
mod report;
mod retry;
mod review;
mod rollback;
mod run_import;
mod run_status;
mod schema;
mod spoken;
mod status;
mod take_back;
mod typed_command;
mod unlock;
mod validate;
mod verify;
mod verify_sample;
mod verify_signed;
mod version;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use url::Url;

use crate::cli::args::parse_address;
use crate::cli::context::{Context, Format};
use crate::cli::import_plan::ImportPlan;
use crate::cli::render::junit::JunitSuite;
use crate::cli::spoken::Spoken;
use crate::cli::typed_command::quoted;
use crate::domain::redaction::redact_message;
use crate::exit::of_error;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::monitor::{Monitor, Watchers};
use crate::settings::{Origin, Settings, SettingsStart};
use crate::store::engines::target::for_command;
use crate::terminal::{out, tell};

/// Moves a Sejoli shop into Eksporyuk's database, with every row and every rupiah accounted for.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    next_help_heading = "Options of every command",
    after_help = "Examples:\n  sejoli-migrate schema apply\n  sejoli-migrate import all import-data --products products.csv\n  sejoli-migrate verify import-data\n  sejoli-migrate -v import all import-data --log-file import.jsonl"
)]
pub struct Cli {
    /// The URL of the app's database, in Prisma's form; several hosts of one database have commas between them.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "file:./sejoli-migrate.db",
        value_name = "URL"
    )]
    database_url: String,
    /// How results are printed; jsonl prints an object a line, also for the progress of long commands; junit is the form
    /// of CI machines, for validate and verify.
    // A string, since `schema print` has a --format of its own: clap keeps both under one name.
    #[arg(long, global = true, default_value = "text", value_name = "FORMAT",
          value_parser = clap::builder::PossibleValuesParser::new(["text", "json", "jsonl", "junit"]))]
    format: String,
    /// The file with options that are the same every time [default: sejoli-migrate.toml here or in a folder above].
    #[arg(long, global = true, env = "SEJOLI_MIGRATE_CONFIG", hide_env = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The profile of that file that goes before the rest of it.
    #[arg(long, global = true, env = "SEJOLI_MIGRATE_PROFILE", hide_env = true, value_name = "NAME")]
    profile: Option<String>,
    /// The language of what people read [default: that of LC_ALL, LC_MESSAGES or LANG]; JSON and codes stay as they are.
    // A string, since `report invitations` has a --lang of its own. It is looked for before anything else is read.
    #[arg(long, global = true, value_name = "LANGUAGE",
          value_parser = clap::builder::PossibleValuesParser::new(["en", "id"]))]
    lang: Option<String>,
    /// Whether words of judgement are coloured; auto: where they are shown on a terminal, unless NO_COLOR is set.
    // A string, and looked for before anything else is read, as the language is.
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN",
          value_parser = clap::builder::PossibleValuesParser::new(["auto", "always", "never"]))]
    color: String,
    /// Print only results and errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show e-mail addresses and phone numbers in full.
    #[arg(long, global = true)]
    pub show_pii: bool,
    /// Log each phase, batch and new attempt on stderr (-vv: the details of each step, too); RUST_LOG overrides it.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Append the log to a file, with UTC timestamps: as text, or an object a line in a .json or .jsonl file.
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Keep a file of Prometheus metrics up to date while the command works, and at its end.
    #[arg(long, global = true, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
    /// A command of the shell that gets a JSON document as its input when a long command begins and when it ends or fails.
    #[arg(long, global = true, value_name = "COMMAND")]
    notify_command: Option<String>,
    /// An address that the same document is posted to.
    #[arg(long, global = true, value_name = "URL", value_parser = parse_address)]
    notify_url: Option<Url>,
    #[command(subcommand)]
    command: Command,
    /// What the file and the environment have given.
    #[arg(skip)]
    settings: Settings,
    /// What was typed.
    #[arg(skip)]
    matches: ArgMatches,
}

/// The command line, with its help complete: in the language that is spoken, and with exit codes at its end.
pub fn command_line() -> clap::Command {
    help::complete(Cli::command())
}

/// Why a command line cannot be followed.
#[derive(Debug)]
pub enum CommandLineError {
    /// It is none, or asks for help.
    CommandLine(clap::Error),
    /// The file or the environment give what no option takes.
    Settings(anyhow::Error),
}

#[derive(Debug, Subcommand)]
enum Command {
    Schema(schema::Args),
    Doctor(doctor::Args),
    Backup(backup::Args),
    Extract(extract::Args),
    Validate(validate::Args),
    Products(products::Args),
    Rehearse(rehearse::Args),
    Import(import::Args),
    Retry(retry::Args),
    Grant(grant::Args),
    Repair(repair::Args),
    Mappings(mappings::Args),
    People(people::Args),
    Verify(verify::Args),
    Status(status::Args),
    Rollback(rollback::Args),
    Purge(purge::Args),
    Unlock(unlock::Args),
    Report(report::Args),
    Config(config::Args),
    Explain(explain::Args),
    /// Print the completions of a shell.
    Completions(pages::Completions),
    /// Print a page of the manual.
    Man(pages::ManPageArgs),
}

impl Command {
    /// The name of the command, for the log.
    fn name(&self) -> &'static str {
        match self {
            Command::Schema(_) => "schema",
            Command::Doctor(_) => "doctor",
            Command::Backup(_) => "backup",
            Command::Extract(_) => "extract",
            Command::Validate(_) => "validate",
            Command::Products(_) => "products",
            Command::Rehearse(_) => "rehearse",
            Command::Import(_) => "import",
            Command::Retry(_) => "retry",
            Command::Grant(_) => "grant",
            Command::Repair(_) => "repair",
            Command::Mappings(_) => "mappings",
            Command::People(_) => "people",
            Command::Verify(_) => "verify",
            Command::Status(_) => "status",
            Command::Rollback(_) => "rollback",
            Command::Purge(_) => "purge",
            Command::Unlock(_) => "unlock",
            Command::Report(_) => "report",
            Command::Config(_) => "config",
            Command::Explain(_) => "explain",
            Command::Completions(_) => "completions",
            Command::Man(_) => "man",
        }
    }

    /// Whether the command takes its time: programs are told of it.
    fn is_long(&self) -> bool {
        matches!(
            self,
            Command::Backup(_)
                | Command::Extract(_)
                | Command::Validate(_)
                | Command::Rehearse(_)
                | Command::Import(_)
                | Command::Retry(_)
                | Command::Grant(_)
                | Command::Repair(_)
                | Command::Verify(_)
                | Command::Rollback(_)
                | Command::Purge(_)
        )
    }

    /// Whether the command looks at a shop, rather than at the tool itself.
    fn is_about_a_shop(&self) -> bool {
        !matches!(self, Command::Config(_) | Command::Explain(_) | Command::Completions(_) | Command::Man(_))
    }
}

impl Cli {
    /// The name of the command that was given.
    pub fn command_name(&self) -> &'static str {
        self.command.name()
    }

    /// Reads the words of a command line, the program's name first, with what the file and the environment give.
    ///
    /// # Errors
    /// The words are no command line, or ask for help; the file or the environment cannot be followed.
    pub fn read(words: &[OsString]) -> Result<Self, CommandLineError> {
        // Help is given whatever stands in the file, and in the language that it gives.
        let typed = Spoken::of_words(words);
        typed.speak(&Settings::default());
        let settings = match lenient_matches(words) {
            Some(matches) => {
                let settings = Settings::load(&Self::command(), &start(Some(&matches)))
                    .map_err(CommandLineError::Settings)?;
                typed.speak(&settings);
                settings
            }
            None => {
                typed.speak(&Settings::load(&Self::command(), &start(None)).unwrap_or_default());
                Settings::default()
            }
        };
        let mut command = settings.apply(command_line());
        let matches = command.try_get_matches_from_mut(words).map_err(CommandLineError::CommandLine)?;
        let read = Self::from_arg_matches(&matches);
        let cli = read.map_err(|error| CommandLineError::CommandLine(error.format(&mut command)))?;
        Ok(Self { settings, matches, ..cli })
    }

    /// The global options that a command which runs others hands on to them.
    fn globals_to_pass_on(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(config) = &self.config {
            words.extend(["--config".to_owned(), config.display().to_string()]);
        }
        if let Some(profile) = &self.profile {
            words.extend(["--profile".to_owned(), profile.clone()]);
        }
        words
    }

    /// The database, where it was typed, as an argument of a command that is shown.
    fn database_typed(&self) -> Option<String> {
        let source = self.matches.value_source("database_url");
        (source == Some(clap::parser::ValueSource::CommandLine)).then(|| for_command(&self.database_url))
    }

    /// The options that say where the shop is, as words of a command that is shown.
    fn whereabouts(&self) -> Vec<String> {
        let passed_on = self.globals_to_pass_on();
        let mut words: Vec<String> = passed_on.iter().map(|word| quoted(word)).collect();
        words.extend(self.database_typed().into_iter().flat_map(|url| ["--database-url".to_owned(), url]));
        words
    }

    /// Who is told of the command.
    fn watchers(&self) -> Watchers {
        if !self.command.is_long() {
            return Watchers::default();
        }
        Watchers {
            metrics_file: self.metrics_file.clone(),
            command: self.notify_command.clone(),
            url: self.notify_url.clone(),
        }
    }

    /// What a person should know of where the options come from.
    fn remarks(&self) -> Vec<String> {
        let typed = |id: &str| self.matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
        let of_url = self.settings.given.iter().find(|given| given.option.id == "database_url");
        match of_url.map(|given| &given.origin) {
            Some(origin @ Origin::AppEnv(_)) if !typed("database_url") => {
                vec![format!("database-url: {origin}")]
            }
            Some(Origin::File { profile: Some(profile), .. })
                if self.matches.value_source("database_url")
                    == Some(clap::parser::ValueSource::EnvVariable) =>
            {
                vec![tr!("note: DATABASE_URL of the environment goes before that of profile {profile}")]
            }
            _ => Vec::new(),
        }
    }
}

/// What can be read of a command line that may be none; nothing, where it asks for help.
fn lenient_matches(words: &[OsString]) -> Option<ArgMatches> {
    Cli::command().ignore_errors(true).try_get_matches_from(words).ok()
}

/// Where the settings of a command line are looked for: what cannot be read of it is left to be said later.
fn start(matches: Option<&ArgMatches>) -> SettingsStart {
    let given =
        |matches: &ArgMatches| (matches.get_one("config").cloned(), matches.get_one("profile").cloned());
    let (config, profile) = matches.map(given).unwrap_or_default();
    SettingsStart {
        folder: std::env::current_dir().unwrap_or_default(),
        config,
        profile,
        variables: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    }
}

/// Runs a command.
///
/// # Errors
/// Whatever stops the command; [`crate::exit::of_error`] knows its exit code.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let remarks = cli.remarks();
    let context = Context {
        format: Format::of_option(&cli.format),
        database_url: cli.database_url.clone(),
        quiet: cli.quiet,
        verbose: cli.verbose > 0,
        show_pii: cli.show_pii,
        whereabouts: cli.whereabouts(),
        database_typed: cli.database_typed(),
        monitor: Arc::default(),
        kept: Arc::default(),
    };
    if cli.command.is_about_a_shop() {
        remarks.iter().for_each(|remark| context.say(remark));
    }
    let result = watch(&cli, &context).and_then(|()| carry_out(&cli, &context));
    let result = result.and_then(|code| context.finish(None).map(|()| code));
    if let Err(error) = &result {
        print_failure(error, cli.command.name(), &context)?;
    }
    let code = result.as_ref().map_or_else(of_error, |code| *code);
    context.monitor.lock().unwrap_or_else(PoisonError::into_inner).end(code);
    result
}

/// Tells whoever watches that the command begins.
fn watch(cli: &Cli, context: &Context) -> anyhow::Result<()> {
    let monitor = Monitor::begin(cli.command.name(), cli.watchers())?;
    *context.monitor.lock().unwrap_or_else(PoisonError::into_inner) = monitor;
    Ok(())
}

/// Prints what has stopped the command in the form of its result; on stderr it is said in any case.
fn print_failure(error: &anyhow::Error, command: &'static str, context: &Context) -> anyhow::Result<()> {
    let message = format!("{error:#}");
    let message = if context.show_pii { message } else { redact_message(&message) };
    if context.format == Format::Junit && is_made_of_checks(command) {
        return context.print_junit(&JunitSuite::broken(command, message));
    }
    context.finish(Some(render::failure::document(of_error(error), &message, Some(command))))
}

/// Whether the result of a command has the form of CI machines.
fn is_made_of_checks(command: &str) -> bool {
    ["validate", "verify"].contains(&command)
}

/// What has stopped a command, as it is said on stderr.
pub fn failure_text(error: &anyhow::Error) -> String {
    let message = format!("{error:#}");
    tr!("error: {message}")
}

/// Says why a command line cannot be followed, in the form that it asks for, and returns the exit code.
pub fn refuse(unread: CommandLineError, words: &[OsString]) -> ExitCode {
    let (code, message) = match &unread {
        CommandLineError::CommandLine(error) if !error.use_stderr() => (ExitCode::Done, String::new()),
        CommandLineError::CommandLine(error) => (ExitCode::Usage, first_paragraph(&error.to_string())),
        CommandLineError::Settings(error) => (of_error(error), format!("{error:#}")),
    };
    let lenient = lenient_matches(words);
    let command = lenient.as_ref().and_then(ArgMatches::subcommand_name);
    let format = spoken::option_of(words, "--format").unwrap_or_default();
    if code != ExitCode::Done && ["json", "jsonl"].contains(&format.as_str()) {
        let failure = render::failure::document(code, &message, command);
        let document = match format.as_str() {
            "json" => serde_json::json!({ "schema_version": 1, "failure": failure }),
            _ => serde_json::json!({ "schema_version": 1, "event": "failed", "failure": failure }),
        };
        let _ = out(&format!("{document}\n"));
    }
    match unread {
        CommandLineError::CommandLine(error) => spoken::print(&error),
        CommandLineError::Settings(_) => tell(&tr!("error: {message}")),
    }
    code
}

/// What clap says first, in one line.
fn first_paragraph(said: &str) -> String {
    let paragraph = said.split("\n\n").next().unwrap_or_default();
    paragraph.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn carry_out(cli: &Cli, context: &Context) -> anyhow::Result<ExitCode> {
    if context.format == Format::Junit && !is_made_of_checks(cli.command.name()) {
        return Err(Failure::usage(tr!(
            "--format junit is the form of checks: `sejoli-migrate validate` and `sejoli-migrate verify` have it"
        )));
    }
    match &cli.command {
        Command::Schema(args) => schema::run(args, context),
        Command::Doctor(args) => doctor::run(args, context),
        Command::Backup(args) => backup::run(args, context),
        Command::Extract(args) => extract::run(args, context),
        Command::Validate(args) => validate::run(args, context),
        Command::Products(args) => products::run(args, context),
        Command::Rehearse(args) => rehearse::run(args, &cli.globals_to_pass_on(), context),
        Command::Import(args) => run_import(args, context),
        Command::Retry(args) => retry::run(args, context),
        Command::Grant(args) => grant::run(args, context),
        Command::Repair(args) => repair::run(args, context),
        Command::Mappings(args) => mappings::run(args, context),
        Command::People(args) => people::run(args, context),
        Command::Verify(args) => verify::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Unlock(args) => unlock::run(args, context),
        Command::Rollback(args) => rollback::run(args, context),
        Command::Purge(args) => purge::run(args, context),
        Command::Report(args) => report::run(args, context),
        Command::Config(args) => config::run(args, &command_line(), &cli.settings, &cli.matches, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Completions(args) => pages::completions(args, command_line(), context),
        Command::Man(args) => pages::man(args, command_line(), context),
    }
}

/// An import, or the one of a plan: its words are read as if they had been typed.
fn run_import(args: &import::Args, context: &Context) -> anyhow::Result<ExitCode> {
    let Some(file) = &args.from_plan else { return import::run(args, context) };
    let plan = ImportPlan::read(file)?;
    let words: Vec<OsString> = plan.words().map(OsString::from).collect();
    match Cli::read(&words).map(|cli| cli.command) {
        Ok(Command::Import(planned)) => import::run_planned(&planned, &plan, context),
        _ => Err(Failure::input(tr!("{}: the plan's command is no import", file.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}

//! What every command is given: the database, and how its results are printed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::cli::render::junit::JunitSuite;
use crate::cli::render::table::number;
use crate::failure::Failure;
use crate::language::tr;
use crate::monitor::{CommandState, Monitor};
use crate::source::discover;
use crate::source::discover::Exports;
use crate::source::file_options::FileOptions;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::queries::people::how_many;
use crate::store::session::store::Store;
use crate::terminal::{out, out_fitted, tell};

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON document with a `schema_version`.
    Json,
    /// One line of JSON for each event of the command; the last one holds the document.
    JsonLines,
    /// JUnit's XML, of the results that are made of checks.
    Junit,
}

impl Format {
    /// The format that `--format` names.
    pub(crate) fn of_option(option: &str) -> Self {
        match option {
            "json" => Self::Json,
            "jsonl" => Self::JsonLines,
            "junit" => Self::Junit,
            _ => Self::Text,
        }
    }
}

/// The global options of the command line.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The URL of the database, in Prisma's form.
    pub(crate) database_url: String,
    /// How results are printed.
    pub(crate) format: Format,
    /// Whether only results and errors are printed.
    pub(crate) quiet: bool,
    /// Whether log lines are written to stderr, between which a progress bar would be torn.
    pub(crate) verbose: bool,
    /// Whether e-mail addresses and phone numbers are printed in full.
    pub(crate) show_pii: bool,
    /// The options of this command that say where the shop is, as words of a command that is shown.
    pub(crate) whereabouts: Vec<String>,
    /// The database, where it was typed: as one word of a command that is shown.
    pub(crate) database_typed: Option<String>,
    /// What programs are told of the command.
    pub(crate) monitor: Arc<Mutex<Monitor>>,
    /// The command's document, kept until its end: a failure after it is a part of it, so that there is one document.
    pub(crate) kept: Arc<Mutex<Option<Value>>>,
}

impl Context {
    /// Opens the database.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub(crate) fn open(&self, mode: DatabaseUse) -> anyhow::Result<Store> {
        Store::open(&self.database_url, mode)
    }

    /// Opens the database to write to it, and says which one it is and how many people are in it.
    ///
    /// # Errors
    /// Those of [`Store::open`], and of counting the people.
    pub(crate) fn open_to_write(&self, mode: DatabaseUse) -> anyhow::Result<Store> {
        let mut store = self.open(mode)?;
        self.name_database(&mut store)?;
        Ok(store)
    }

    /// Says which database a command is about to write to.
    ///
    /// # Errors
    /// Those of counting the people.
    pub(crate) fn name_database(&self, store: &mut Store) -> anyhow::Result<()> {
        let people = match how_many(store)? {
            None => tr!("without the app's tables").to_owned(),
            Some(1) => tr!("1 person in it").to_owned(),
            Some(people) => tr!("{} people in it", number(people)),
        };
        self.say(&tr!("database: {}; {people}", store.describe()));
        Ok(())
    }

    /// Prints the result of a command in the format that was asked for, as text in lines that fit a terminal.
    ///
    /// # Errors
    /// The document could not be made, or stdout could not be written.
    pub(crate) fn print(
        &self,
        text: impl FnOnce() -> String,
        document: impl FnOnce() -> anyhow::Result<Value>,
    ) -> anyhow::Result<()> {
        if self.format != Format::Json {
            return self.print_event("done", text, document);
        }
        let earlier = self.kept.lock().unwrap_or_else(PoisonError::into_inner).replace(document()?);
        earlier.map_or(Ok(()), |earlier| out(&format!("{earlier}\n")))
    }

    /// Ends the command's output: a document that is kept is printed, with the failure where there is one.
    ///
    /// # Errors
    /// Stdout could not be written.
    pub(crate) fn finish(&self, failure: Option<Value>) -> anyhow::Result<()> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (self.format, kept, failure) {
            (Format::Json, Some(mut document), failure) => {
                if let Some(failure) = failure {
                    document["failure"] = failure;
                }
                out(&format!("{document}\n"))
            }
            (Format::Json, None, Some(failure)) => {
                out(&format!("{}\n", json!({ "schema_version": 1, "failure": failure })))
            }
            (Format::JsonLines, _, Some(failure)) => {
                out(&format!("{}\n", json!({ "schema_version": 1, "event": "failed", "failure": failure })))
            }
            _ => Ok(()),
        }
    }

    /// Prints a result that is made of checks, where it is asked for in the form of CI machines.
    ///
    /// # Errors
    /// Stdout could not be written.
    pub(crate) fn print_junit(&self, suite: &JunitSuite) -> anyhow::Result<()> {
        out(&suite.text()?)
    }

    /// Prints what another program reads: its lines stay as they are, however wide.
    ///
    /// # Errors
    /// Those of [`Context::print`].
    pub(crate) fn print_as_it_is(
        &self,
        text: String,
        document: impl FnOnce() -> anyhow::Result<Value>,
    ) -> anyhow::Result<()> {
        match self.format {
            Format::Text => out(&text),
            _ => self.print(String::new, document),
        }
    }

    /// Prints a result that is not the command's last one: in JSON lines, `event` says which it is.
    ///
    /// # Errors
    /// Those of [`Context::print`].
    pub(crate) fn print_event(
        &self,
        event: &str,
        text: impl FnOnce() -> String,
        document: impl FnOnce() -> anyhow::Result<Value>,
    ) -> anyhow::Result<()> {
        match self.format {
            Format::Text => out_fitted(&text()),
            Format::Junit => Err(Failure::usage(tr!(
                "--format junit is the form of checks: `sejoli-migrate validate` and `sejoli-migrate verify` have it, \
                 and this result has not"
            ))),
            Format::Json => out(&format!("{}\n", document()?)),
            Format::JsonLines => {
                out(&format!("{}\n", json!({ "schema_version": 1, "event": event, "result": document()? })))
            }
        }
    }

    /// Notes something of the command for the programs that watch it.
    pub(crate) fn note(&self, change: impl FnOnce(&mut CommandState)) {
        self.monitor.lock().unwrap_or_else(PoisonError::into_inner).note(change);
    }

    /// Prints a line on stderr, unless only results and errors are wanted.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            tell(line);
        }
    }

    /// Finds the exports among the paths of a command, and names the files that are none.
    ///
    /// # Errors
    /// Those of [`discover::discover`].
    pub(crate) fn discover(
        &self,
        paths: &[PathBuf],
        skipped: &[PathBuf],
        options: &FileOptions,
    ) -> anyhow::Result<Exports> {
        let exports = discover::discover(paths, skipped, options)?;
        for (path, why) in &exports.passed_over {
            let shown = path.display().to_string();
            let why = why.strip_prefix(&format!("{shown}: ")).unwrap_or(why);
            self.say(&tr!("passed over: {shown}: {why}"));
        }
        Ok(exports)
    }
}

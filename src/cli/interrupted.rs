//! What is said first while a run or a rollback is interrupted: that it is, and the command that goes on.

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::typed_command::quoted;
use crate::clock::now;
use crate::domain::run_kind::RunKind;
use crate::language::tr;
use crate::store::engines::target::for_command;
use crate::store::history::interrupted::newest;
use crate::store::history::runs;
use crate::store::history::runs::Invocation;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// A run or a rollback that was interrupted.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Interrupted {
    /// The run.
    run: String,
    /// RUNNING, or ROLLING_BACK.
    state: RunState,
    /// The command of the run, as its row names it.
    #[serde(skip)]
    command: String,
    /// The command that goes on, complete.
    go_on: String,
}

impl Interrupted {
    /// Looks for a run that was interrupted.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn find(store: &mut Store, context: &Context) -> anyhow::Result<Option<Self>> {
        let Some(run) = newest(store, now())? else { return Ok(None) };
        let database = for_command(&context.database_url);
        let go_on = match run.state {
            RunState::RollingBack => {
                format!("sejoli-migrate --database-url {database} rollback {} --yes", run.id)
            }
            _ => own_command(&run, &database)?,
        };
        Ok(Some(Self { run: run.id, state: run.state, command: run.command, go_on }))
    }

    /// The command that goes on.
    pub(crate) fn go_on(&self) -> &str {
        &self.go_on
    }

    /// In a sentence and a command, before everything else.
    pub(crate) fn text(&self) -> String {
        let what = match self.state {
            RunState::RollingBack => tr!("rollback of"),
            _ => RunKind::of(&self.command).noun(),
        };
        tr!(
            "INTERRUPTED: {what} run {} is not complete, and nobody is at work on it. This goes on with it:\n  {}\n\n",
            self.run,
            self.go_on
        )
    }
}

/// The text of an interrupted run, if there is one.
pub(crate) fn text(found: Option<&Interrupted>) -> String {
    found.map(Interrupted::text).unwrap_or_default()
}

/// A document with what is interrupted, `null` for nothing.
pub(crate) fn with(mut document: Value, found: Option<&Interrupted>) -> Value {
    document["interrupted"] = json!(found);
    document
}

/// The run's own command. Runs of earlier versions have not kept it.
fn own_command(run: &ImportRun, database: &str) -> anyhow::Result<String> {
    Ok(match runs::checkpoint(run)?.invoked {
        Some(Invocation { folder, arguments }) => {
            let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
            let (folder, words) = (quoted(&folder), words.join(" "));
            format!("cd {folder} && sejoli-migrate --database-url {database} {words}")
        }
        None => {
            let typed = RunKind::of(&run.command).typed();
            tr!("the command that began it: sejoli-migrate {typed} …, with the same files")
        }
    })
}

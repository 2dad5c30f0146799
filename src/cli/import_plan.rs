//! The plan of an import: what a dry run has seen, so that the import itself refuses anything else.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::cli::database_state::DatabaseState;
use crate::cli::typed_command::{invocation, without_dry_run};
use crate::clock::now;
use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::request::ImportRequest;
use crate::pipeline::write::resume::differences;
use crate::store::history::runs;
use crate::store::history::runs::Invocation;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// What a dry run has seen.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ImportPlan {
    schema_version: u32,
    /// When it was made.
    pub(crate) made_at: Millis,
    /// The release that has made it.
    tool_version: String,
    /// The import's command, without what belongs to the dry run alone.
    invoked: Invocation,
    /// Everything that the result depends on, as a run records it: files' hashes, product map, options.
    options: Value,
    /// The database.
    database: DatabaseState,
}

impl ImportPlan {
    /// The plan of a dry run that has just ended, on a database that was in this state when it began.
    ///
    /// # Errors
    /// The time of now cannot be serialised.
    pub(crate) fn of(request: &ImportRequest<'_>, database: DatabaseState) -> anyhow::Result<Self> {
        let as_of = request.parse_options.as_of;
        let mut invoked = invocation();
        invoked.arguments = without_dry_run(invoked.arguments);
        if !request.as_of_given {
            // What the dry run took for now, the import takes, too.
            invoked.arguments.extend(["--as-of".to_owned(), as_of.to_string()]);
        }
        let mut options = request.options.clone();
        options["as_of"] = serde_json::to_value(as_of)?;
        let tool_version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Self { schema_version: 1, made_at: now(), tool_version, invoked, options, database })
    }

    /// Writes it; only its owner may read it.
    ///
    /// # Errors
    /// Exit code 5: it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = NamedTempFile::new_in(folder).and_then(|mut file| {
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.persist(path).map_err(|error| error.error)
        });
        let unwritable = |error| Failure::refused(tr!("{} cannot be written: {error}", path.display()));
        written.map(drop).map_err(unwritable)
    }

    /// Reads one.
    ///
    /// # Errors
    /// Exit code 6: the file is no plan, or one of another version.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let unusable = |why: &str| Failure::input(format!("{}: {why}", path.display()));
        let bytes = fs::read(path).map_err(|error| unusable(&error.to_string()))?;
        let none = |_| unusable(tr!("no plan of a dry run; `import … --dry-run --plan FILE` makes one"));
        let plan: Self = serde_json::from_slice(&bytes).map_err(none)?;
        let release = env!("CARGO_PKG_VERSION");
        if plan.schema_version != 1 || plan.tool_version != release {
            let why = tr!("version {} has made this plan, now {release}; make a new one", plan.tool_version);
            return Err(unusable(&why));
        }
        let folder = std::env::current_dir().unwrap_or_default().display().to_string();
        if plan.invoked.folder != folder {
            let why = tr!("the plan names files from {}, now {folder}", plan.invoked.folder);
            return Err(Failure::refused(tr!("{}: {why}; go there first", path.display())));
        }
        Ok(plan)
    }

    /// The words of the import's command, with a name before them.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        std::iter::once("sejoli-migrate").chain(self.invoked.arguments.iter().map(String::as_str))
    }

    /// Refuses an import that is not the one that was planned, or a database that is not the one that was seen. An import
    /// that was interrupted goes on, whatever it has written until then.
    ///
    /// # Errors
    /// Exit code 5: what differs, by name.
    pub(crate) fn refuse_anything_else(
        &self,
        store: &mut Store,
        request: &ImportRequest<'_>,
    ) -> anyhow::Result<()> {
        let mut found = differences(&self.options, &request.options);
        let running = runs::find_by_state(store, RunState::Running)?;
        if running.iter().all(|run| run.context != request.context) {
            found.extend(self.database.differences(&DatabaseState::read(store)?));
        }
        if found.is_empty() {
            return Ok(());
        }
        Err(Failure::refused(tr!(
            "this is not what the plan of {} has seen, and nothing was written: {}. Make a new plan with \
             --dry-run --plan",
            self.made_at,
            found.join("; ")
        )))
    }
}

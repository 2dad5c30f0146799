//! The result of `rehearse`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::render::table::{number, table};
use crate::failure::ExitCode;
use crate::language::{current, tr};

/// What a rehearsal has come to.
pub(crate) struct Rehearsal {
    /// The copy, in words.
    pub(crate) database: String,
    /// The stages that were gone through.
    pub(crate) stages: Vec<RehearsedStage>,
    /// Whether the copy is still there.
    pub(crate) kept: bool,
    /// The command that lists the rows to correct.
    pub(crate) validate: String,
    /// The command of the dry run that keeps what it has seen.
    pub(crate) dry_run: String,
}

impl Rehearsal {
    /// How the command ends.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let last = self.stages.last();
        match last {
            Some(stage) if stage.differences != Some(0) => ExitCode::VerificationFailed,
            Some(stage) if stage.held + stage.rejected > 0 => ExitCode::RowsLeft,
            _ => ExitCode::Done,
        }
    }
}

/// The import of some people, and its verification.
#[derive(Clone, Debug, Default)]
pub(crate) struct RehearsedStage {
    /// The people whose rows were imported.
    pub(crate) people: usize,
    /// Whether that is the whole shop.
    pub(crate) is_everybody: bool,
    /// Rows of the files.
    read: u64,
    /// Rows that were written or changed.
    written: u64,
    /// Rows that were held.
    pub(crate) held: u64,
    /// Rows that were rejected.
    pub(crate) rejected: u64,
    /// Values that differ from the files; `None` where the verification proves nothing.
    pub(crate) differences: Option<u64>,
    import: Duration,
    verification: Duration,
}

impl RehearsedStage {
    /// A stage that begins.
    pub(crate) fn of(people: usize, is_everybody: bool) -> Self {
        Self { people, is_everybody, ..Self::default() }
    }

    /// Takes the books from the document of the import.
    pub(crate) fn take_import(&mut self, document: &Value, took: Duration) {
        let rows = |of: &str| document["total"][of]["rows"].as_u64().unwrap_or(0);
        self.read = rows("read");
        self.written = rows("created") + rows("updated");
        (self.held, self.rejected) = (rows("held"), rows("rejected"));
        self.import = took;
    }

    /// Takes what was found from the document of the verification.
    pub(crate) fn take_verification(&mut self, document: &Value, took: Duration) {
        let differences = document["differences"].as_u64();
        let holds = document["holds"].as_bool() == Some(true);
        self.differences = differences.filter(|differences| holds || *differences > 0);
        self.verification = took;
    }
}

/// A rehearsal as text.
pub(crate) fn text(rehearsal: &Rehearsal) -> String {
    let rows: Vec<Vec<String>> = rehearsal.stages.iter().map(line).collect();
    let headings = [
        tr!("people"),
        tr!("rows"),
        tr!("written"),
        tr!("held"),
        tr!("rejected"),
        tr!("differ"),
        tr!("import"),
        tr!("verify"),
    ];
    let kept = match rehearsal.kept {
        true => tr!("The copy is still there: {}", rehearsal.database),
        false => tr!("The copy was taken away again.").to_owned(),
    };
    tr!(
        "Rehearsal in {}\n\n{}\n{kept} The database itself was not written to.\n{}",
        rehearsal.database,
        table(&headings, &rows),
        next(rehearsal)
    )
}

fn line(stage: &RehearsedStage) -> Vec<String> {
    let people = number(stage.people as u64);
    let took = |time: Duration| current().span(time.as_millis() as i64);
    vec![
        if stage.is_everybody { tr!("{people} (all)") } else { people },
        number(stage.read),
        number(stage.written),
        number(stage.held),
        number(stage.rejected),
        stage.differences.map_or_else(|| tr!("unknown").to_owned(), number),
        took(stage.import),
        took(stage.verification),
    ]
}

fn next(rehearsal: &Rehearsal) -> String {
    match rehearsal.exit_code() {
        ExitCode::VerificationFailed => {
            tr!("\nThe verification failed. The same command with --keep keeps the copy, in which\n\
             `sejoli-migrate verify` says what differs.\n")
            .to_owned()
        }
        ExitCode::RowsLeft => {
            tr!("\nNext, for the rows to correct: {}\n", rehearsal.validate)
        }
        _ => tr!("\nNext: {}\n", rehearsal.dry_run),
    }
}

/// A rehearsal as a document.
pub(crate) fn document(rehearsal: &Rehearsal) -> Value {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let stages = rehearsal.stages.iter().map(|stage| {
        json!({
            "people": stage.people,
            "all": stage.is_everybody,
            "read": stage.read,
            "written": stage.written,
            "held": stage.held,
            "rejected": stage.rejected,
            "differences": stage.differences,
            "import_ms": milliseconds(stage.import),
            "verify_ms": milliseconds(stage.verification),
        })
    });
    json!({
        "schema_version": 1,
        "database": rehearsal.database,
        "stages": stages.collect::<Vec<Value>>(),
        "kept": rehearsal.kept,
    })
}

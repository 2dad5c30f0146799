//! `verify --signed`: keeps by its hash that a file was signed, and what the report says of it.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::clock::now;
use crate::domain::run_kind::RunKind;
use crate::failure::{ExitCode, Failure};
use crate::language::{Language, tr};
use crate::pipeline::write::attempts::{Attempts, with_lock};
use crate::store::engines::database_use::DatabaseUse;
use crate::store::history::signatures::{Signature, keep, of_run};
use crate::store::queries::runs::standing_newest_first;
use crate::store::schema::tables::ImportRun;
use crate::store::schema::words::RunState;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// How often a transient failure is retried.
const RETRIES: u32 = 5;

/// Keeps the hash of a signed file with the newest run that has written something.
///
/// # Errors
/// Exit code 2: nothing has been imported; 5: another command is at work, or a run is not complete; those of the file and of the database.
pub(crate) fn run(path: &Path, by: Option<&str>, context: &Context) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(path).with_context(|| tr!("reading {}", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let by = by.map(|by| by.trim().to_owned()).filter(|by| !by.is_empty());
    let signature = Signature { file: name, blake3: hash, by, at: now().to_string() };
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    let mut attempts = Attempts::new(RETRIES);
    let mut progress = ProgressDisplay::new(context);
    let run =
        with_lock(&mut store, &LockClaim::whole("verify"), &mut attempts, &mut progress, |store, _, _| {
            keep_with_newest(store, &signature)
        });
    progress.finish();
    let run = run?;
    context.print(
        || {
            let Signature { file, blake3, .. } = &signature;
            tr!(
                "{file} was signed, which is kept with run {}:\n  BLAKE3 {blake3}\nNext: sejoli-migrate report\n",
                run.id
            )
        },
        || Ok(serde_json::json!({ "schema_version": 1, "run": run.id, "signed": signature })),
    )?;
    Ok(ExitCode::Done)
}

/// A file that was signed, with the run whose rows it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedFile {
    run: String,
    #[serde(flatten)]
    signature: Signature,
}

impl SignedFile {
    /// The file's name and the beginning of its hash.
    pub(crate) fn file(&self) -> String {
        format!("{} (BLAKE3 {}…)", self.signature.file, self.hash())
    }

    fn hash(&self) -> String {
        self.signature.blake3.chars().take(16).collect()
    }

    /// That it was signed, in a sentence.
    pub(crate) fn sentence(&self, language: Language) -> String {
        let Signature { by, at, .. } = &self.signature;
        let signed = language.of("Signed", "Ditandatangani");
        let by = by.as_ref().map(|by| format!("{} {by}, ", language.of("by", "oleh"))).unwrap_or_default();
        format!("{signed}: {}, {by}{at}", self.file())
    }
}

/// The files that were signed of what the runs have written that stand, the newest run's first.
///
/// # Errors
/// Those of the database.
pub(crate) fn all(store: &mut Store) -> anyhow::Result<Vec<SignedFile>> {
    let mut signed = Vec::new();
    for run in standing_newest_first(store)? {
        let of_run = of_run(store, &run)?;
        signed.extend(of_run.into_iter().map(|signature| SignedFile { run: run.id.clone(), signature }));
    }
    Ok(signed)
}

/// A document with what was signed, if anything was.
pub(crate) fn with(mut document: Value, signed: &[SignedFile]) -> Value {
    if !signed.is_empty() {
        document["signed"] = serde_json::json!(signed);
    }
    document
}

fn keep_with_newest(store: &mut Store, signature: &Signature) -> anyhow::Result<ImportRun> {
    let standing = standing_newest_first(store)?;
    refuse_unfinished(&standing)?;
    for run in standing {
        if keep(store, &run, signature)? {
            return Ok(run);
        }
    }
    Err(Failure::usage(tr!("nothing that was imported stands in this database, so nothing was signed")))
}

/// What is not complete goes on to write: what was looked at may be something else then, and the signature would be left behind
/// with a batch that is the run's last one no more.
fn refuse_unfinished(standing: &[ImportRun]) -> anyhow::Result<()> {
    let is_unfinished = |run: &&ImportRun| matches!(run.state, RunState::Running | RunState::RollingBack);
    let Some(run) = standing.iter().find(is_unfinished) else { return Ok(()) };
    Err(Failure::refused(tr!(
        "run {} ({}) is not complete, so what was looked at may still change, and nothing was signed. \
         `sejoli-migrate status` says how it goes on; then look again, and sign",
        run.id,
        RunKind::of(&run.command).words()
    )))
}

//! Files that somebody has signed, such as a sample of people who were looked at: name, hash and time stand in the import log,
//! with the last batch of the run that wrote what was looked at. A rollback of that run takes them away.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::store::codec::record::Record as _;
use crate::store::codec::value::{JsonText, Value};
use crate::store::history::runs;
use crate::store::schema::tables::{DataImportLog, ImportRun};
use crate::store::session::store::Store;

/// A file that somebody has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signature {
    /// The file's name, without its folder.
    pub(crate) file: String,
    /// The hash of its bytes: BLAKE3, in hexadecimal digits.
    pub(crate) blake3: String,
    /// Who has signed it, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    /// When it was kept.
    pub(crate) at: String,
}

/// The member of a log line's summary that holds them.
const SIGNED: &str = "signed";

/// The line in the import log with a run's last batch; none for a run that has written nothing, or that is rolled back.
fn last_line(store: &mut Store, run: &ImportRun) -> anyhow::Result<Option<DataImportLog>> {
    let batch = runs::checkpoint(run)?.batches;
    let id = runs::row_id(&run.id, run.started_at, DataImportLog::TABLE.name, batch);
    Ok(store.select_in::<DataImportLog>("id", &[&id])?.pop())
}

fn summary(line: &DataImportLog) -> anyhow::Result<serde_json::Value> {
    let text = line.summary.as_ref().map_or("{}", |summary| summary.0.as_str());
    serde_json::from_str(text).context("a summary in DataImportLog cannot be read")
}

/// The files that were signed of what a run has written, in the order in which they were kept.
///
/// # Errors
/// Those of the database; a summary that cannot be read.
pub(crate) fn of_run(store: &mut Store, run: &ImportRun) -> anyhow::Result<Vec<Signature>> {
    let Some(line) = last_line(store, run)? else { return Ok(Vec::new()) };
    let signed = summary(&line)?.get(SIGNED).cloned();
    signed.map_or(Ok(Vec::new()), |signed| Ok(serde_json::from_value(signed)?))
}

/// Keeps a signature with a run; one of the same bytes by the same person is kept once. Returns whether there was a place for it: a run that has
/// written nothing has none.
///
/// # Errors
/// Those of the database; a summary that cannot be read.
pub(crate) fn keep(store: &mut Store, run: &ImportRun, signature: &Signature) -> anyhow::Result<bool> {
    store.transaction(|store| {
        let Some(line) = last_line(store, run)? else { return Ok(false) };
        let mut signed = of_run(store, run)?;
        if signed.iter().all(|kept| (&kept.blake3, &kept.by) != (&signature.blake3, &signature.by)) {
            signed.push(signature.clone());
            let mut summary = summary(&line)?;
            summary[SIGNED] = serde_json::to_value(signed)?;
            let value = Value::Json(JsonText(summary.to_string()));
            store.update::<DataImportLog>(&line.id, vec![("summary", value)])?;
        }
        Ok(true)
    })
}

//! How a run has read its files and by what it has written.

use serde::Serialize;
use serde_json::Value;

use crate::domain::date::{Millis, SourceZone};
use crate::store::schema::tables::ImportRun;

/// What a run has recorded of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RunDetails {
    /// The release that has written it.
    pub(crate) tool_version: String,
    /// The source's zone.
    pub(crate) zone: String,
    /// The order of dates.
    pub(crate) date_order: String,
    /// What was done with rows of one key and different content.
    pub(crate) on_duplicate: String,
    /// The time that was used as now, if it was given.
    pub(crate) as_of: Option<Millis>,
    /// For a retry, the run whose rejects it has imported.
    pub(crate) parent: Option<String>,
    /// The part of a shared import.
    pub(crate) partition: Option<String>,
    /// When what is kept of its rows was purged.
    pub(crate) purged_at: Option<Millis>,
    /// The files.
    pub(crate) files: Vec<InputFile>,
    /// The conventions by which it has written: key and word.
    pub(crate) conventions: Vec<(String, String)>,
    /// What the schema and the app's own rows have shown, as it was recorded: name and value.
    pub(crate) convention_evidence: Vec<(String, String)>,
}

/// A file that a run has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct InputFile {
    /// The kind of export.
    pub(crate) kind: String,
    /// The file's name.
    pub(crate) name: String,
    /// The BLAKE3 of its bytes.
    pub(crate) blake3: String,
}

/// Reads what a run has recorded; what a version before has not recorded stays empty.
pub(super) fn of(run: &ImportRun) -> anyhow::Result<RunDetails> {
    let options: Value = serde_json::from_str(&run.options.0).unwrap_or_default();
    let text = |key: &str| options[key].as_str().unwrap_or_default().to_owned();
    let files: Vec<(String, String, String)> =
        serde_json::from_value(options["files"].clone()).unwrap_or_default();
    let file = |(kind, name, blake3)| InputFile { kind, name, blake3 };
    let zone = Some(text("zone")).filter(|zone| !zone.is_empty());
    Ok(RunDetails {
        tool_version: run.tool_version.clone(),
        zone: zone.unwrap_or_else(|| SourceZone::JAKARTA.to_string()),
        date_order: text("date_order"),
        on_duplicate: text("on_duplicate"),
        as_of: serde_json::from_value(options["as_of"].clone()).unwrap_or_default(),
        parent: run.parent_id.clone(),
        partition: options["partition"].as_str().map(str::to_owned),
        purged_at: run.purged_at,
        files: files.into_iter().map(file).collect(),
        conventions: pairs(&options["conventions"]),
        convention_evidence: pairs(&options["convention_evidence"]),
    })
}

fn pairs(object: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let members = object.as_object().into_iter().flatten();
    members.map(|(key, value)| (key.clone(), word(value))).collect()
}

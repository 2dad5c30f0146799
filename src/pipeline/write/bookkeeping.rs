//! The rows that account for a batch beside what it writes: its before-images, its rejects, and its line in the app's
//! own import log.

use anyhow::Context as _;
use serde_json::json;

use crate::clock::now;
use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::domain::finding::decisive_finding;
use crate::domain::ids::truncate_key;
use crate::pipeline::files::outputs::reason_of;
use crate::pipeline::plan::batch_plan::Reject;
use crate::pipeline::write::phase::Phase;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{JsonText, Value};
use crate::store::history::journal::Images;
use crate::store::history::runs;
use crate::store::history::runs::Run;
use crate::store::schema::tables::{DataImportLog, ImportJournal, ImportReject};
use crate::store::schema::words::Disposition;

/// The batch's before-images as a row, if there are any.
pub(super) fn journaled(run: &Run, images: &Images) -> anyhow::Result<Vec<Vec<Value>>> {
    if images.count() == 0 {
        return Ok(Vec::new());
    }
    let batch = run.checkpoint.batches;
    let row = ImportJournal {
        id: runs::row_id(&run.id, run.started_at, ImportJournal::TABLE.name, batch),
        run_id: run.id.clone(),
        batch,
        changes: i64::try_from(images.count())?,
        images: images.encode()?,
        created_at: run.started_at,
    };
    Ok(vec![row.into_row()])
}

pub(super) fn rejected(run: &Run, phase: Phase<'_>, rejects: &[Reject]) -> anyhow::Result<Vec<Vec<Value>>> {
    let row = |reject: &Reject| {
        let Some(worst) = decisive_finding(&reject.findings) else {
            anyhow::bail!("a row was rejected without a reason");
        };
        let severity = worst.severity();
        let number = format!("{}/{}/{}", phase.kind.name(), reject.location.file, reject.location.record);
        let reason =
            reason_of(&reject.findings, Finding::reason).map(|(_, reason)| reason).unwrap_or_default();
        Ok(ImportReject {
            id: runs::row_id(&run.id, run.started_at, ImportReject::TABLE.name, number),
            run_id: run.id.clone(),
            kind: phase.kind.name().to_owned(),
            file: reject.location.of(phase.exports).map(|export| export.file.clone()).unwrap_or_default(),
            record: i64::try_from(reject.location.record)?,
            line: i64::try_from(reject.location.line)?,
            source_key: (!reject.key.is_empty()).then(|| truncate_key(&reject.key)),
            disposition: Disposition::of(severity)
                .context("a row is kept out by a finding that lets it in")?,
            code: worst.code.info().code.to_owned(),
            column: worst.column.map(str::to_owned),
            reason,
            amount: reject.amount,
            created_at: run.started_at,
        }
        .into_row())
    };
    rejects.iter().map(row).collect()
}

/// The batch as the app's own pages may show it.
pub(super) fn logged(
    run: &Run,
    phase: Phase<'_>,
    books: &Books,
    rejects: &[Reject],
    began: Millis,
) -> anyhow::Result<DataImportLog> {
    let ended = now();
    let batch = run.checkpoint.batches;
    let code = |reject: &Reject| decisive_finding(&reject.findings).map(|finding| finding.code.info().code);
    let errors = rejects.iter().take(ERRORS_SHOWN);
    let errors = errors.map(|reject| json!({ "record": reject.location.record, "code": code(reject) }));
    let errors = (!rejects.is_empty()).then(|| JsonText(json!(errors.collect::<Vec<_>>()).to_string()));
    let success = books.created.rows + books.updated.rows;
    let summary = json!({ "run": run.id, "phase": phase.name, "books": books });
    Ok(DataImportLog {
        id: runs::row_id(&run.id, run.started_at, DataImportLog::TABLE.name, batch),
        source: "SEJOLI".to_owned(),
        import_type: phase.kind.name().to_owned(),
        batch_number: batch,
        status: "COMPLETED".to_owned(),
        total_records: i64::try_from(books.read.rows)?,
        processed_count: i64::try_from(books.read.rows)?,
        success_count: i64::try_from(success)?,
        skipped_count: i64::try_from(books.unchanged.rows)?,
        error_count: i64::try_from(books.left())?,
        errors,
        summary: Some(JsonText(summary.to_string())),
        started_at: Some(began),
        completed_at: Some(ended),
        duration: Some((ended.0 - began.0) / 1000),
        created_at: began,
        updated_at: ended,
    })
}

/// Errors of a batch that its log line names; all of them are among the rejects.
const ERRORS_SHOWN: usize = 50;

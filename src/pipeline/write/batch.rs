//! One batch: its rows, its before-images, its rejects, its line in the app's import log and the
//! checkpoint, all in one transaction.

use crate::clock::now;
use anyhow::Context as _;
use serde_json::json;

use crate::domain::books::{Books, RowOutcome};
use crate::domain::date::Millis;
use crate::domain::finding::{Finding, Severity, decisive_finding, worst_severity};
use crate::domain::ids::truncate_key;
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::files::outputs::reason_of;
use crate::pipeline::plan::people::{Completion, complete};
use crate::pipeline::plan::product_ownership;
use crate::pipeline::plan::product_ownership::ProductOwner;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::pipeline::write::attempts::FailedBatch;
use crate::source::Export;
use crate::source::row_location::RowLocation;
use crate::store::codec::encoder::Encoder;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{JsonText, Value};
use crate::store::history::journal;
use crate::store::history::journal::{Change, Images, Prepared};
use crate::store::history::runs;
use crate::store::history::runs::Run;
use crate::store::schema::tables::{DataImportLog, ImportJournal, ImportReject};
use crate::store::session::lock;
use crate::store::session::store::Store;

/// A row that is not written, and why.
#[derive(Clone, Debug)]
pub struct Reject {
    /// Where it stands.
    pub place: RowLocation,
    /// The source's own key of it.
    pub key: String,
    /// What was noticed; the worst of it decides.
    pub findings: Vec<Finding>,
    /// Its amount, as far as it could be read.
    pub amount: Money,
}

/// What a batch will do, while it is being planned.
#[derive(Debug)]
pub struct Batch {
    written_at: Millis,
    changes: Vec<Change>,
    prepared: Prepared,
    rejects: Vec<Reject>,
    books: Books,
    owners: Vec<ProductOwner>,
    completions: Vec<Completion>,
    places: Vec<RowLocation>,
    noted: Vec<(RowLocation, Vec<Finding>)>,
}

/// What came of a batch.
#[derive(Debug)]
pub struct Committed {
    /// Its records.
    pub records: u64,
    /// What was noticed about them.
    pub noted: Vec<(RowLocation, Vec<Finding>)>,
}

/// What a source row itself adds to what is written.
#[derive(Clone, Debug)]
pub struct SourceCells {
    /// Its cells as JSON, the object left open.
    pub payload: String,
    /// A hash of its cells.
    pub content: u64,
}

/// What a plan says of a record: what becomes of it, or why it is held.
pub type Planned = Result<RowOutcome, Finding>;

impl Batch {
    /// An empty batch; everything of a run is written at its start.
    pub fn new(written_at: Millis) -> Self {
        Self {
            written_at,
            changes: Vec::new(),
            prepared: Prepared::default(),
            rejects: Vec::new(),
            books: Books::default(),
            owners: Vec::new(),
            completions: Vec::new(),
            places: Vec::new(),
            noted: Vec::new(),
        }
    }

    /// A batch of changes that no record stands for.
    pub fn of_changes(written_at: Millis, changes: Vec<Change>) -> Self {
        Self { changes, ..Self::new(written_at) }
    }

    /// The time that everything of this run is written at.
    pub fn written_at(&self) -> Millis {
        self.written_at
    }

    /// Adds a change.
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Adds changes.
    pub fn changes(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.changes.extend(changes);
    }

    /// Names people and products whose ownership follows from the orders of this batch.
    pub fn settle_later(&mut self, owners: impl IntoIterator<Item = ProductOwner>) {
        self.owners.extend(owners);
    }

    /// Names a user of the app in whose row something is to be filled that is empty there.
    pub fn complete_later(&mut self, completion: Completion) {
        self.completions.push(completion);
    }

    /// Enters findings into the books.
    pub fn findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            let code = finding.code.info().code;
            match self.books.findings.get_mut(code) {
                Some(count) => *count += 1,
                None => {
                    self.books.findings.insert(code.to_owned(), 1);
                }
            }
        }
    }

    /// Makes the changes ready to be written, away from the database: the batch is planned.
    ///
    /// # Errors
    /// A table that the database does not have.
    pub fn prepare(&mut self, encoder: &Encoder) -> anyhow::Result<()> {
        self.prepared = Prepared::new(encoder, std::mem::take(&mut self.changes))?;
        Ok(())
    }

    /// Takes a record through the books: what its findings reject or hold is kept as a reject, a
    /// repetition changes nothing, and `plan` decides about the rest.
    pub fn record<T>(
        &mut self,
        parsed: ParsedRow<T>,
        amount: Money,
        plan: impl FnOnce(&mut Batch, T, SourceCells, &mut Vec<Finding>) -> anyhow::Result<Planned>,
    ) -> anyhow::Result<()> {
        let ParsedRow { place, key, content, record, mut findings, payload } = parsed;
        self.books.enter(amount);
        self.places.push(place);
        let record = record.filter(|_| worst_severity(&findings) < Severity::Held);
        let planned = match record {
            Some(_) if findings.iter().any(Finding::is_repetition) => Some(RowOutcome::Unchanged),
            Some(record) => match plan(self, record, SourceCells { payload, content }, &mut findings)? {
                Ok(outcome) => Some(outcome),
                Err(finding) => {
                    findings.push(finding);
                    None
                }
            },
            None => None,
        };
        self.findings(&findings);
        if !findings.is_empty() {
            self.noted.push((place, findings.clone()));
        }
        match planned {
            Some(outcome) => self.books.close(outcome, amount),
            None => self.reject(Reject { place, key, findings, amount }),
        }
        Ok(())
    }

    /// Makes the changes that were not prepared, then those that follow from what stands there now.
    fn apply_rest(&mut self, store: &mut Store) -> anyhow::Result<Images> {
        let mut changes = std::mem::take(&mut self.changes);
        changes.extend(complete(store, std::mem::take(&mut self.completions), self.written_at)?);
        let prepared = Prepared::new(store.encoder(), changes)?;
        let mut images = journal::apply(store, prepared)?;
        let changes = product_ownership::changes(store, std::mem::take(&mut self.owners), self.written_at)?;
        let prepared = Prepared::new(store.encoder(), changes)?;
        images.append(journal::apply(store, prepared)?);
        Ok(images)
    }

    fn reject(&mut self, reject: Reject) {
        let rejected = worst_severity(&reject.findings) == Severity::Rejected;
        let outcome = if rejected { RowOutcome::Rejected } else { RowOutcome::Held };
        self.books.close(outcome, reject.amount);
        self.rejects.push(reject);
    }
}

/// Commits the batches of a run.
#[derive(Debug)]
pub struct Committer {
    /// The run, with the checkpoint of the last committed batch.
    pub run: Run,
}

/// The phase that a batch belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Phase<'a> {
    /// Its name in checkpoints.
    pub name: &'static str,
    /// What the app's import log calls it.
    pub kind: SourceKind,
    /// The files, for places.
    pub exports: &'a [&'a Export],
}

impl Committer {
    /// Commits the batch that `plan` makes in its transaction, or has made before.
    ///
    /// # Errors
    /// Whatever the plan or the database says, with the batch's rows ([`FailedBatch`]); then nothing of
    /// the batch is written.
    pub fn commit(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        plan: impl FnOnce(&mut Store) -> anyhow::Result<Batch>,
    ) -> anyhow::Result<Committed> {
        let mut places = Vec::new();
        let committed = self.commit_rows(store, phase, |store| {
            let mut batch = plan(store)?;
            places = std::mem::take(&mut batch.places);
            Ok(batch)
        });
        committed.map_err(|error| match places.is_empty() {
            true => error,
            false => error.context(FailedBatch { kind: phase.kind, places }),
        })
    }

    fn commit_rows(
        &mut self,
        store: &mut Store,
        phase: Phase<'_>,
        plan: impl FnOnce(&mut Store) -> anyhow::Result<Batch>,
    ) -> anyhow::Result<Committed> {
        let began = now();
        let mut run = self.run.clone();
        let committed = store.transaction(|store| {
            let mut batch = plan(store)?;
            let mut images = journal::apply(store, std::mem::take(&mut batch.prepared))?;
            images.append(batch.apply_rest(store)?);
            let Batch { rejects, mut books, noted, .. } = batch;
            let records = books.read.rows;
            count_tables(&mut books, &images);
            books.balance()?;
            advance(&mut run, phase.name, records, &books);
            store
                .insert_all(vec![
                    (ImportReject::TABLE, rejected(&run, phase, &rejects)?),
                    (ImportJournal::TABLE, journaled(&run, &images)?),
                    (DataImportLog::TABLE, vec![logged(&run, phase, &books, &rejects, began)?.into_row()]),
                ])
                .context("keeping the books of a batch")?;
            runs::save(store, &run, now())?;
            lock::beat(store, now())?;
            Ok(Committed { records, noted })
        })?;
        self.run = run;
        Ok(committed)
    }

    /// Notes that a phase is complete. It is kept with the next batch; until then the phase counts as
    /// one whose records are all done.
    pub fn finish_phase(&mut self, phase: &'static str) -> anyhow::Result<()> {
        let checkpoint = &mut self.run.checkpoint;
        checkpoint.books_mut(phase).balance()?;
        checkpoint.done.push(phase.to_owned());
        checkpoint.phase = None;
        checkpoint.records = 0;
        Ok(())
    }

    /// Keeps what is noted of the run, for others to see.
    ///
    /// # Errors
    /// Those of the database.
    pub fn announce(&self, store: &mut Store) -> anyhow::Result<()> {
        store.transaction(|store| {
            runs::save(store, &self.run, now())?;
            lock::beat(store, now())
        })
    }

    /// Checks the books of the whole run and marks it as done.
    pub fn finish(&mut self, store: &mut Store) -> anyhow::Result<()> {
        for (_, books) in &self.run.checkpoint.books {
            books.balance()?;
        }
        runs::finish(store, &self.run, now())
    }
}

fn advance(run: &mut Run, phase: &str, records: u64, books: &Books) {
    let checkpoint = &mut run.checkpoint;
    if checkpoint.phase.as_deref() != Some(phase) {
        checkpoint.phase = Some(phase.to_owned());
        checkpoint.records = 0;
    }
    checkpoint.records += records;
    checkpoint.batches += 1;
    checkpoint.books_mut(phase).merge(books);
}

fn count_tables(books: &mut Books, images: &Images) {
    for (table, tally) in images.tallies() {
        books.tables.entry(table.name.to_owned()).or_default().merge(tally);
    }
}

/// The batch's before-images as a row, if there are any.
fn journaled(run: &Run, images: &Images) -> anyhow::Result<Vec<Vec<Value>>> {
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

fn rejected(run: &Run, phase: Phase<'_>, rejects: &[Reject]) -> anyhow::Result<Vec<Vec<Value>>> {
    let row = |reject: &Reject| {
        let Some(worst) = decisive_finding(&reject.findings) else {
            anyhow::bail!("a row was rejected without a reason");
        };
        let severity = worst.severity();
        let number = format!("{}/{}/{}", phase.kind.name(), reject.place.file, reject.place.record);
        let reason = reason_of(&reject.findings).map(|(_, reason)| reason).unwrap_or_default();
        Ok(ImportReject {
            id: runs::row_id(&run.id, run.started_at, ImportReject::TABLE.name, number),
            run_id: run.id.clone(),
            kind: phase.kind.name().to_owned(),
            file: reject.place.of(phase.exports).map(|export| export.file.clone()).unwrap_or_default(),
            record: i64::try_from(reject.place.record)?,
            line: i64::try_from(reject.place.line)?,
            source_key: (!reject.key.is_empty()).then(|| truncate_key(&reject.key)),
            disposition: severity.to_string().to_uppercase(),
            code: worst.code.info().code.to_owned(),
            column: worst.column.map(str::to_owned),
            reason,
            amount: Some(reject.amount),
            created_at: run.started_at,
        }
        .into_row())
    };
    rejects.iter().map(row).collect()
}

/// The batch as the app's own pages may show it.
fn logged(
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
    let errors = errors.map(|reject| json!({ "record": reject.place.record, "code": code(reject) }));
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

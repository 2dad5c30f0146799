//! The books: runs, their batches and their rejects add up to each other (L2).

use crate::language::tr;
use crate::source::export_form::ExportForm;
use crate::store::schema::words::Disposition;
use std::collections::{BTreeMap, HashSet};

use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::domain::export_fields::{AffiliateCells, CommissionCells, MembershipCells, OrderCells};
use crate::domain::finding::{Code, Severity};
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::domain::run_kind::RunKind;
use crate::domain::source_kind::SourceKind;
use crate::store::codec::value::JsonText;
use crate::store::history::runs::{Checkpoint, checkpoint};
use crate::store::schema::tables::{DataImportLog, ImportReject};
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;
use crate::verify::standing_runs::StandingRun;

/// Batches that are read at once.
const PAGE: usize = 500;

/// Checks every run that stands.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    for (at, run) in context.runs.iter().enumerate() {
        let who = tr!("run {}", run.row.id);
        if run.row.state == RunState::Superseded && at + 1 < context.runs.len() {
            check.facts.push(tr!("{who}: was interrupted, and another one begun instead"));
            continue;
        }
        identity(&who, run, check);
        match checkpoint(&run.row) {
            Ok(checkpoint) => contents(store, context, run, &checkpoint, check)?,
            Err(_) => check.differ(tr!("{who}: its checkpoint cannot be read")),
        }
    }
    if context.rolled_back > 0 {
        check.facts.push(tr!("{} runs were rolled back", context.rolled_back));
    }
    Ok(())
}

/// The hash of what a run's result depends on: its options without the conventions that it has found.
fn context_digest(run: &StandingRun) -> String {
    let mut options = run.options.clone();
    if let Some(options) = options.as_object_mut() {
        options.retain(|name, _| !name.starts_with("convention"));
    }
    JsonText(options.to_string()).digest()
}

/// The columns of a run agree with each other.
fn identity(who: &str, run: &StandingRun, check: &mut VerifyCheck) {
    let row = &run.row;
    let mut hold = |holds: bool, what: &str| check.compare(holds, || format!("{who}: {what}"));
    hold(row.state == RunState::Completed, tr!("is not COMPLETED"));
    let is_import = matches!(RunKind::of(&row.command), RunKind::Import(_));
    if is_import || run.options.get("files").is_some() {
        hold(
            run.options["command"].as_str() == Some(&row.command),
            tr!("command is not that of its options"),
        );
        hold(
            run.options["parent"].as_str() == row.parent_id.as_deref(),
            tr!("parentId is not that of its options"),
        );
        hold(context_digest(run) == row.context, tr!("context and options do not belong together"));
    }
    let stamp: String = row.started_at.to_string().chars().filter(char::is_ascii_digit).collect();
    let begins = stamp.get(..8).zip(stamp.get(8..17)).map(|(day, time)| format!("{day}-{time}-"));
    let id = begins.filter(|begins| row.id.starts_with(begins.as_str()));
    hold(
        id.is_some() && row.context.get(..6).is_some_and(|context| row.id.ends_with(context)),
        tr!("id, startedAt and context do not belong together"),
    );
    let version: Vec<&str> = row.tool_version.split('.').collect();
    let is_version = version.len() == 3 && version.iter().all(|part| part.parse::<u32>().is_ok());
    hold(is_version, tr!("toolVersion is no version"));
    hold(row.finished_at == Some(row.updated_at), tr!("finishedAt and updatedAt differ"));
    hold(row.finished_at.is_some_and(|end| end >= row.started_at), tr!("finishedAt lies before startedAt"));
}

fn contents(
    store: &mut Store,
    context: &VerifyContext,
    run: &StandingRun,
    checkpoint: &Checkpoint,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let who = tr!("run {}", run.row.id);
    let mut merged: BTreeMap<String, Books> = BTreeMap::new();
    let of_run = context.rejects.rows.iter().filter(|reject| reject.run_id == run.row.id);
    let reject_keys: RejectKeys<'_> =
        of_run.map(|reject| (reject.kind.as_str(), reject.record, reject.code.as_str())).collect();
    let batches: Vec<i64> = (1..=checkpoint.batches).collect();
    for page in batches.chunks(PAGE) {
        let ids: Vec<String> = page.iter().map(|batch| log_id(run, *batch)).collect();
        let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
        let logs: Vec<DataImportLog> = store.select_in("id", &keys)?;
        check.rows += logs.len() as u64;
        check.compare(logs.len() == page.len(), || {
            tr!("{who}: {} of {} lines in DataImportLog are gone", page.len() - logs.len(), page.len())
        });
        for log in &logs {
            if run.row.purged_at.is_none() {
                errors(&reject_keys, run, log, check);
            }
            if let Some((phase, books)) = batch(run, log, check) {
                merged.entry(phase).or_default().merge(&books);
            }
        }
    }
    for (phase, books) in &checkpoint.books {
        check.compare(books.balance().is_ok(), || tr!("{who}: the books of {phase} do not balance"));
        let sum = merged.remove(phase).unwrap_or_default();
        check.compare(sum == *books, || tr!("{who}: the batches of {phase} do not add up to its books"));
        check.compare(checkpoint.is_done(phase), || tr!("{who}: {phase} is not done"));
    }
    let open = checkpoint.phase.is_some() || checkpoint.records != 0;
    check.compare(!open && merged.is_empty(), || tr!("{who}: its checkpoint is not that of a complete run"));
    match run.row.purged_at {
        None => rejects(context, run, checkpoint, check),
        Some(at) => {
            check.compare(reject_keys.is_empty(), || tr!("{who}: was purged, and has rejects"));
            check.compare(at >= run.row.started_at, || tr!("{who}: purgedAt lies before startedAt"));
        }
    }
    Ok(())
}

fn log_id(run: &StandingRun, batch: i64) -> String {
    id_for("DataImportLog", &format!("{}/{batch}", run.row.id), run.row.started_at)
}

#[derive(serde::Deserialize)]
struct Summary {
    run: String,
    phase: String,
    books: Books,
}

/// Compares the columns of one line of `DataImportLog` with its summary; returns the phase and its books.
fn batch(run: &StandingRun, log: &DataImportLog, check: &mut VerifyCheck) -> Option<(String, Books)> {
    let who = tr!("run {} batch {}", run.row.id, log.batch_number);
    let summary = log.summary.as_ref().and_then(|text| serde_json::from_str::<Summary>(&text.0).ok());
    let Some(Summary { run: id, phase, books }) = summary else {
        check.differ(tr!("{who}: DataImportLog: summary cannot be read"));
        return None;
    };
    let kind = match phase.as_str() {
        "catalogue" => "memberships",
        "settlement" | "mappings" => "affiliates",
        "identities" | "repair" | "people" => "orders",
        "follow-up" | "one-active" | "access" => "memberships",
        other => other,
    };
    check.compare(id == run.row.id, || tr!("{who}: DataImportLog: summary is another run's"));
    let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    let duration = log.started_at.zip(log.completed_at).map(|(began, ended)| (ended.0 - began.0) / 1000);
    let expected = DataImportLog {
        id: log_id(run, log.batch_number),
        source: "SEJOLI".to_owned(),
        import_type: kind.to_owned(),
        status: "COMPLETED".to_owned(),
        total_records: count(books.read.rows),
        processed_count: count(books.read.rows),
        success_count: count(books.created.rows + books.updated.rows),
        skipped_count: count(books.unchanged.rows),
        error_count: count(books.left()),
        duration,
        started_at: Some(log.created_at),
        completed_at: Some(log.updated_at),
        ..log.clone()
    };
    check.row(&who, expected, log, &["errors"]);
    let end = run.row.finished_at.unwrap_or(Millis(i64::MAX));
    let inside =
        run.row.started_at <= log.created_at && log.created_at <= log.updated_at && log.updated_at <= end;
    check.compare(inside || run.row.state != RunState::Completed, || {
        tr!("{who}: DataImportLog: times outside the run")
    });
    Some((phase, books))
}

/// The errors that a line names are rejects of its run, as many as it counts, up to 50.
fn errors(reject_keys: &RejectKeys<'_>, run: &StandingRun, log: &DataImportLog, check: &mut VerifyCheck) {
    let who = tr!("run {} batch {}", run.row.id, log.batch_number);
    let list =
        log.errors.as_ref().map_or(Ok(Vec::new()), |text| serde_json::from_str::<Vec<NamedError>>(&text.0));
    let Ok(list) = list else {
        check.differ(tr!("{who}: DataImportLog: errors cannot be read"));
        return;
    };
    let same = i64::try_from(list.len()).ok() == Some(log.error_count.min(50))
        && log.errors.is_some() != list.is_empty();
    check.compare(same, || tr!("{who}: DataImportLog: errors"));
    for named in &list {
        let known = reject_keys.contains(&(log.import_type.as_str(), named.record, named.code.as_str()));
        check.compare(known, || tr!("{who}: DataImportLog: errors names record {}, no reject", named.record));
    }
}

/// The rejects of a run by kind, record and code.
type RejectKeys<'a> = HashSet<(&'a str, i64, &'a str)>;

#[derive(serde::Deserialize)]
struct NamedError {
    record: i64,
    code: String,
}

/// The rejects of a run are as many, and come to the amounts, that its books say.
fn rejects(context: &VerifyContext, run: &StandingRun, checkpoint: &Checkpoint, check: &mut VerifyCheck) {
    let all: Vec<&ImportReject> =
        context.rejects.rows.iter().filter(|reject| reject.run_id == run.row.id).collect();
    for reject in &all {
        check.rows += 1;
        compare_reject(run, reject, check);
    }
    for (phase, books) in &checkpoint.books {
        for (disposition, tally) in [(Disposition::Held, books.held), (Disposition::Rejected, books.rejected)]
        {
            let word = disposition.as_str();
            let of_phase =
                all.iter().filter(|reject| reject.kind == *phase && reject.disposition == disposition);
            let amounts: Vec<Option<Money>> = of_phase.map(|reject| reject.amount).collect();
            let sum: Money = amounts.iter().flatten().copied().sum();
            let unreadable = amounts.iter().filter(|amount| amount.is_none()).count() as u64;
            let same =
                amounts.len() as u64 == tally.rows && sum == tally.amount && unreadable == tally.unreadable;
            check.compare(same, || {
                tr!(
                    "run {}: {} rows of {phase} {word} ({sum}, {unreadable} unreadable), by the books {} ({}, {} \
                     unreadable)",
                    run.row.id,
                    amounts.len(),
                    tally.rows,
                    tally.amount,
                    tally.unreadable
                )
            });
        }
    }
}

fn compare_reject(run: &StandingRun, reject: &ImportReject, check: &mut VerifyCheck) {
    let who = tr!("reject of {} record {}", reject.file, reject.record);
    let mut hold = |holds: bool, what: &str| check.compare(holds, || format!("{who}: {what}"));
    hold(id_fits(run, reject), tr!("id, kind, file and record do not belong together"));
    hold(reject.created_at == run.row.started_at, tr!("createdAt is not the run's time"));
    hold(reject.line > reject.record, "line");
    let code = Code::find(&reject.code).filter(|code| code.info().code == reject.code);
    let severity = code.map(|code| code.info().severity);
    hold(severity >= Some(Severity::Held), tr!("code is none that holds or rejects"));
    hold(
        severity.and_then(Disposition::of) == Some(reject.disposition),
        tr!("disposition is not the code's"),
    );
    hold(
        code.is_some_and(|code| reject.reason.contains(code.info().meaning)),
        tr!("reason is not the code's"),
    );
    hold(is_made_of_meanings(&reject.reason), "reason");
    let kind = SourceKind::IMPORTED.into_iter().find(|kind| kind.name() == reject.kind);
    let has = |column: &String| {
        kind.is_some_and(|kind| ExportForm::fields_of(kind).any(|field| field.name == column))
    };
    let known = reject.column.as_ref().is_none_or(has);
    hold(known, "column");
}

/// Whether a reject's id is made of the run, the kind, the file's place among those of its kind, and the
/// record.
fn id_fits(run: &StandingRun, reject: &ImportReject) -> bool {
    let files = run.options.get("files").and_then(|files| files.as_array());
    let of_kind = files.into_iter().flatten().filter(|file| file[0] == reject.kind.as_str());
    of_kind.enumerate().any(|(at, file)| {
        let key = format!("{}/{}/{at}/{}", run.row.id, reject.kind, reject.record);
        file[1] == reject.file.as_str() && id_for("SejoliImportReject", &key, run.row.started_at) == reject.id
    })
}

/// Whether a reason is made of sentences of the catalogue, each with or without its column before it, and
/// with or without a remark in brackets behind it.
fn is_made_of_meanings(reason: &str) -> bool {
    let named = |(column, rest)| is_column(column).then_some(rest);
    let reason = reason.split_once(": ").and_then(named).unwrap_or(reason);
    if reason.is_empty() {
        return true;
    }
    Code::ALL.iter().filter_map(|code| reason.strip_prefix(code.info().meaning)).any(|rest| {
        let plain = is_made_of_meanings(rest.strip_prefix(' ').unwrap_or(rest))
            && (rest.is_empty() || rest.starts_with(' '));
        let ends = rest.char_indices().filter(|(_, sign)| *sign == ')').map(|(at, _)| at);
        plain
            || (rest.starts_with(" (")
                && ends.into_iter().any(|at| {
                    let after = &rest[at + 1..];
                    after.is_empty()
                        || after
                            .strip_prefix(' ')
                            .is_some_and(|next| !next.is_empty() && is_made_of_meanings(next))
                }))
    })
}

/// Whether an export has a column of this name.
fn is_column(name: &str) -> bool {
    let fields =
        [OrderCells::FIELDS, CommissionCells::FIELDS, MembershipCells::FIELDS, AffiliateCells::FIELDS];
    fields.into_iter().flatten().any(|field| field.name == name)
}

//! Runs an import: attempts, run, first pass, phases in their order, and the files of the run.

use crate::domain::kept_reason;
use crate::language::tr;
use crate::store::queries;
use crate::store::schema::tables::ImportReject;
use std::collections::HashSet;
use std::path::PathBuf;

use crate::domain::commission_figures::CommissionTable;
use crate::domain::finding::{Code, Finding};
use crate::domain::source_kind::SourceKind;
use crate::domain::source_totals::SourceTotals;
use crate::failure::{ExitCode, Failure};
use crate::pipeline::conventions;
use crate::pipeline::files::findings::FindingsFile;
use crate::pipeline::files::outputs::{Reasons, RunFolder, write_product_template};
use crate::pipeline::files::rejects::write_rejects;
use crate::pipeline::import_phases::ImportPhases;
use crate::pipeline::outcome::ImportOutcome;
use crate::pipeline::phases_of_files::Decided;
use crate::pipeline::plan::foreseen_payments::ForeseenPayments;
use crate::pipeline::plan::learnt_identities::learn;
use crate::pipeline::plan::people;
use crate::pipeline::progress::Progress;
use crate::pipeline::read::first_pass::FirstPass;
use crate::pipeline::rehearsal::{RehearsalProgress, judge};
use crate::pipeline::request::ImportRequest;
use crate::pipeline::validate::unmapped;
use crate::pipeline::write::attempts::{Attempts, RefusedRows, retry_transient, with_lock};
use crate::pipeline::write::commit::Committer;
use crate::pipeline::write::resume;
use crate::pipeline::write::settle::SettlementOutcome;
use crate::pipeline::write::statistics;
use crate::row_changes;
use crate::row_changes::{ChangeSink, Direction};
use crate::source::FileNote;
use crate::store::engines::transient::transient;
use crate::store::history::runs;
use crate::store::history::runs::{Run, RunDescription};
use crate::store::queries::kept_rows::has_any;
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::companion::Companion;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// What an attempt knows from the attempts before it.
#[derive(Debug, Default)]
struct EarlierAttempts {
    /// The id of the run that this command has begun.
    own: Option<String>,
    /// The rows that the database refuses.
    refused: RefusedRows,
    /// Whether the import was rehearsed, and not too much was held or rejected.
    rehearsed: bool,
}

/// Runs an import. A dry run tells `changes` of every row before it is taken back.
///
/// # Errors
/// Whatever stops it; what was committed until then stays, and the same command goes on from there.
pub(crate) fn run(
    store: &mut Store,
    request: &mut ImportRequest<'_>,
    changes: &mut dyn ChangeSink,
    progress: &mut dyn Progress,
) -> anyhow::Result<ImportOutcome> {
    let mut attempts = Attempts::new(request.retries);
    let chosen = retry_transient(store, &mut attempts, progress, |store| {
        crate::store::migration::check::ensure_ready(store)?;
        conventions::choose(store, &request.convention_choices, request.restart)
    })?;
    progress.say(&chosen.block());
    request.adopt(&chosen)?;
    request.parse_options.longest = store.longest_source_text();
    let command = match &request.parent {
        Some(parent) => format!("retry of {parent}"),
        None => format!("import {}", request.command),
    };
    let claim = match &request.shared {
        None => LockClaim::whole(&command),
        Some(shared) => LockClaim::part(&command, shared.group(), &shared.partition.to_string()),
    };
    with_lock(store, &claim, &mut attempts, progress, |store, attempts, progress| {
        let mut learnt = EarlierAttempts::default();
        loop {
            let error = match attempt(store, request, &mut learnt, changes, progress) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if transient(&error) {
                attempts.wait_and_reconnect(store, error, progress)?;
            } else {
                learnt.refused.isolate(error)?;
            }
        }
    })
}

/// Makes one attempt, from the last checkpoint on.
fn attempt(
    store: &mut Store,
    request: &mut ImportRequest<'_>,
    learnt: &mut EarlierAttempts,
    changes: &mut dyn ChangeSink,
    progress: &mut dyn Progress,
) -> anyhow::Result<ImportOutcome> {
    if let Some(limit) = request.max_rejects.filter(|_| !learnt.rehearsed) {
        rehearse(store, request, limit, &learnt.refused, progress)?;
        learnt.rehearsed = true;
    }
    if request.dry_run {
        store.begin()?;
    }
    let outcome = resume::choose(store, request, &mut learnt.own, progress).and_then(|run| {
        if !request.as_of_given {
            request.parse_options.as_of = run.started_at;
        }
        work(store, request, run, &learnt.refused, progress)
    });
    if request.dry_run {
        let outcome = outcome.and_then(|done| {
            row_changes::of_run(store, &done.run.id, Direction::Done, &|_| false, changes).map(|()| done)
        });
        let taken_back = store.rollback();
        return outcome.and_then(|done| taken_back.map(|()| done));
    }
    outcome
}

/// Rehearses the import and refuses one of which too much would be held or rejected. One that goes on was let through
/// when it began.
fn rehearse(
    store: &mut Store,
    request: &mut ImportRequest<'_>,
    limit: u64,
    refused: &RefusedRows,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    progress.say(tr!("rehearsing the import first, for --max-rejects"));
    let mut progress = RehearsalProgress(progress);
    store.begin()?;
    let outcome = resume::choose(store, request, &mut None, &mut progress).and_then(|run| {
        if run.resumed {
            return Ok(None);
        }
        if !request.as_of_given {
            request.parse_options.as_of = run.started_at;
        }
        work(store, request, run, refused, &mut progress).map(Some)
    });
    let taken_back = store.rollback();
    let done = outcome?;
    taken_back?;
    done.map_or(Ok(()), |done| judge(&done, limit))
}

/// Reads everything, then writes batch by batch. Nothing is written before all files have been read.
fn work(
    store: &mut Store,
    request: &ImportRequest<'_>,
    mut run: Run,
    refused: &RefusedRows,
    progress: &mut dyn Progress,
) -> anyhow::Result<ImportOutcome> {
    progress.run(&run.id);
    let pool = request.parse_options.pool()?;
    let folder = RunFolder::create(&request.out, &run.id)?;
    run.checkpoint.folder = Some(folder.path().display().to_string());
    run.checkpoint.invoked = Some(request.invoked.clone());
    let mut import = ImportPhases {
        request,
        pool: &pool,
        findings: FindingsFile::create(&folder)?,
        committer: Committer { run },
        refused,
        progress,
        companion: Companion::default(),
        orders: HashSet::new(),
        linked_affiliates: HashSet::new(),
        foreseen: ForeseenPayments::default(),
        orders_state_payment: true,
        wrote_first_memberships: false,
        had_memberships: has_any(store, SourceRecordKind::Membership)?,
        members: HashSet::new(),
    };
    let mut first_pass = FirstPass::default();
    import.wait_for_first(store)?;
    first_pass.people = people::load(store, &import.committer.run.id, request.restore_deleted)?;
    learn(store, &mut first_pass.people, request.restore_deleted, |email| request.includes_buyer(email))?;
    let decisions = import.first_pass(store, &mut first_pass)?;
    let source_totals = first_pass.source_totals();
    refuse_other_totals(request, &source_totals)?;
    first_pass.forget_orders();
    for (kind, location, why) in &refused.rows {
        first_pass.add_cross_row_finding(
            *kind,
            *location,
            Finding::of_row(Code::RefusedByDatabase, why.clone()),
        );
    }
    import.findings.add_notes(request.exports, &first_pass.notes)?;
    import.check_product_map(store)?;
    let mut access = import.plans_that_open_nothing(store, &first_pass)?;
    if !import.committer.run.resumed {
        let about = RunDescription {
            command: request.command,
            context: &request.context,
            options: &request.options,
            parent: request.parent.as_deref(),
            siblings: request.siblings(),
        };
        let ImportRequest { command, parent, dry_run, .. } = request;
        tracing::info!(run = %import.committer.run.id, command, parent, dry_run, "run begun");
        runs::begin(store, &import.committer.run, about)?;
        store.confirm_batch(&import.committer.run.id, 0);
    }
    store.make_room_for(first_pass.rows)?;
    // What a crash of the server takes away is behind the checkpoint that it leaves, and is written again.
    store.let_commits_lag(true);
    let written = write_phases(store, &mut import, &mut first_pass, decisions);
    store.let_commits_lag(false);
    let (settled, opened) = written?;
    access.extend(opened);
    finish(store, request, import, &first_pass, &folder, Notices { source_totals, settled, access })
}

/// Writes phase by phase; returns what the settlement and what opening access have to say.
fn write_phases(
    store: &mut Store,
    import: &mut ImportPhases<'_>,
    first_pass: &mut FirstPass,
    decisions: Option<Decided>,
) -> anyhow::Result<(SettlementOutcome, Vec<Finding>)> {
    let request = import.request;
    if request.leads() && request.creates_memberships() {
        import.catalogue(store)?;
        import.announce(store)?;
    }
    // Orders that this run imports name new memberships by themselves.
    let may_name_new_memberships = !request.kinds.contains(&SourceKind::Orders)
        && import.has_created_memberships()
        && queries::orders::has_any(store)?;
    if request.new_product_map || may_name_new_memberships {
        import.product_kinds(store)?;
    }
    if let Some((decisions, index)) = decisions {
        import.affiliates(store, first_pass, decisions, index)?;
        import.announce(store)?;
    }
    if request.kinds.contains(&SourceKind::Orders) {
        import.orders(store, first_pass)?;
        import.announce(store)?;
        import.wait_for_orders(store)?;
    }
    if request.leads() && request.kinds.contains(&SourceKind::Commissions) {
        import.commissions(store, first_pass)?;
    }
    let settles = request.leads() && request.kinds.iter().any(|kind| *kind != SourceKind::Memberships);
    let settled = if settles { import.settle(store)? } else { SettlementOutcome::default() };
    if request.kinds.contains(&SourceKind::Memberships) {
        import.memberships(store, first_pass)?;
        import.announce(store)?;
    }
    if request.leads() && request.kinds.contains(&SourceKind::Orders) {
        import.follow_orders(store, &mut first_pass.people)?;
    }
    let changes_memberships = request.kinds.contains(&SourceKind::Memberships)
        || (request.leads() && request.kinds.contains(&SourceKind::Orders));
    if changes_memberships {
        import.one_active(store, &mut first_pass.people)?;
    }
    let opened = import.access(store)?;
    import.identities(store, &mut first_pass.people)?;
    Ok((settled, opened))
}

/// Refuses files that do not come to the totals that the operator has read off the shop (L3). Nothing is written yet.
///
/// # Errors
/// Exit code 4, with each total that differs.
fn refuse_other_totals(request: &ImportRequest<'_>, found: &SourceTotals) -> anyhow::Result<()> {
    let differences = request.expected.differences(found);
    if differences.is_empty() {
        return Ok(());
    }
    Err(Failure::with(
        ExitCode::VerificationFailed,
        tr!(
            "the files do not come to the control totals, and nothing was written: {}",
            differences.join("; ")
        ),
    ))
}

/// What was noticed of no single row.
struct Notices {
    /// What the files come to.
    source_totals: SourceTotals,
    /// By the settlement.
    settled: SettlementOutcome,
    /// Of what plans open.
    access: Vec<Finding>,
}

/// Writes the run's files, then marks the run as done: a run whose files could not be written is not complete, and
/// the same command writes them.
fn finish(
    store: &mut Store,
    request: &ImportRequest<'_>,
    mut import: ImportPhases<'_>,
    first_pass: &FirstPass,
    folder: &RunFolder,
    notices: Notices,
) -> anyhow::Result<ImportOutcome> {
    import.findings.add_without_place(&notices.settled.notes)?;
    import.findings.add_without_place(&notices.access)?;
    let mut files: Vec<PathBuf> = import.findings.finish()?.file.into_iter().collect();
    for kind in &request.kinds {
        let reasons = reasons(store, &import.committer.run, *kind)?;
        files.extend(write_rejects(folder, kind.name(), &request.exports.of(*kind), &reasons)?);
    }
    files.extend(write_product_template(folder, &first_pass.products, &request.products)?);
    let unmapped = unmapped(first_pass, &request.products);
    import.committer.finish(store)?;
    let run = import.committer.run;
    if !request.dry_run {
        statistics::refresh_after(store, &run.checkpoint);
    }
    tracing::info!(run = %run.id, batches = run.checkpoint.batches, "run ended");
    let parent = request.parent.clone();
    let about_repetition =
        |(_, note): &&(String, FileNote)| matches!(note.finding.code, Code::FileRepeated | Code::FileOrder);
    Ok(ImportOutcome {
        run,
        parent,
        dry_run: request.dry_run,
        totals: first_pass.totals.clone(),
        source_totals: notices.source_totals,
        files,
        unmapped,
        file_notes: first_pass.notes.iter().filter(about_repetition).cloned().collect(),
        notes: notices.settled.notes,
        commissions: CommissionTable::new(notices.settled.affiliates),
        access: notices.access,
    })
}

/// The reasons that the run has stored for rows of a kind that were not written, as a person reads them.
fn reasons(store: &mut Store, run: &Run, kind: SourceKind) -> anyhow::Result<Reasons> {
    let rejects = queries::rejects::of_run_and_kind(store, &run.id, kind.name())?;
    let reason = |reject: ImportReject| {
        let record = u64::try_from(reject.record)?;
        Ok(((reject.file, record), (reject.code, kept_reason::spoken(&reject.reason))))
    };
    rejects.into_iter().map(reason).collect()
}

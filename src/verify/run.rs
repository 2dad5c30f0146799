//! Runs the checks and gathers them in a report.

use anyhow::Context as _;

use crate::domain::source_kind::SourceKind;
use crate::language::tr;
use crate::source::discover::{Exports, discover};
use crate::store::queries;
use crate::store::schema::tables::SourceRecord;
use crate::store::session::row_fingerprints::RowFingerprints;
use crate::store::session::store::Store;
use crate::verify::app;
use crate::verify::app::{AppFacts, AppFigures};
use crate::verify::changed_rows::ChangedRows;
use crate::verify::context::VerifyContext;
use crate::verify::explanation::{JOURNAL, explain};
use crate::verify::jobs::{CheckResults, Jobs};
use crate::verify::journal;
use crate::verify::order_walk::{OrderListener, OrderWalk, WalkedOrders, tell_all};
use crate::verify::outcome::{closed, unreadable};
use crate::verify::people_walk;
use crate::verify::report::{VerifyCheck, VerifyReport};
use crate::verify::request::VerifyRequest;
use crate::verify::wallets;

/// Verifies a database. `second` opens another connection to it, over which half of the work is done.
///
/// # Errors
/// Exit code 6 when the files cannot be used, 7 when the database cannot. A difference is no error:
/// it is in the report.
pub fn run(
    store: &mut Store,
    second: impl FnOnce() -> anyhow::Result<Store> + Send,
    request: &VerifyRequest,
) -> anyhow::Result<VerifyReport> {
    run_beside(store, second, request, (&|_, _| Ok(()), |_| Ok(()))).map(|(report, ())| report)
}

/// Verifies a database. Who else wants to know something of it is told of all orders while they are read, and is asked a
/// `question` when all of them are known.
///
/// # Errors
/// As for [`run`]; those of the other.
pub(crate) fn run_beside<T: Send>(
    store: &mut Store,
    second: impl FnOnce() -> anyhow::Result<Store> + Send,
    request: &VerifyRequest,
    (listener, question): (OrderListener<'_>, impl FnOnce(&mut Store) -> anyhow::Result<T> + Send),
) -> anyhow::Result<(VerifyReport, T)> {
    crate::store::migration::check::ensure_ready(store)?;
    let exports = if request.paths.is_empty() {
        Exports::default()
    } else {
        discover(&request.paths, &request.skipped, &request.source)?
    };
    let mut report = VerifyReport::default();
    let context = match VerifyContext::load(store, request, &exports) {
        Ok(context) => context,
        Err(error) => {
            report.checks.push(unreadable("runs", error)?);
            tell_all(store, listener)?;
            return Ok((report, question(store)?));
        }
    };
    if context.runs.is_empty() {
        let mut check = VerifyCheck::new("runs", "runs");
        check.differ(tr!("nothing has been imported"));
        report.checks.push(check);
        tell_all(store, listener)?;
        return Ok((report, question(store)?));
    }
    let began = std::time::Instant::now();
    let (runs, files) = (context.runs.len(), exports.exports.len());
    tracing::info!(phase = "verifying", runs, files, "phase begun");
    let mut answer = None;
    let beside = |store: &mut Store| {
        answer = Some(question(store)?);
        Ok(Vec::new())
    };
    let AllChecks { mut of_files, mut of_database, changed } =
        run_checks(store, second, (&context, request), &exports, (listener, beside))?;
    let import = import_command(&exports, request);
    let mut checks: Vec<&mut VerifyCheck> = of_files.iter_mut().chain(&mut of_database).collect();
    explain(&context, &mut checks, &changed, import.as_deref());
    let no_row = of_files.iter().all(|check| check.rows == 0);
    report.checks.extend(of_files.into_iter().chain(of_database));
    if context.map.is_none() && queries::orders::has_any(store)? {
        report
            .leave_unchecked(tr!("without a product map it cannot be told what the orders' products are: \
             `sejoli-migrate retry RUN --products FILE` gives one to what was imported"));
    }
    if let Some(kind) = not_imported(&context, &exports) {
        report.fail(&tr!("the {} of these files were not imported", kind.name()));
        report.next = Some(format!("sejoli-migrate import {} {}", kind.name(), paths_of(request)));
    }
    if context.map_differs_from_files {
        report.notes.push(
            tr!("the product map among the files is not the one that was imported by, which was taken; \
             import again to use the other one")
            .to_owned(),
        );
    }
    if !exports.exports.is_empty() && no_row {
        report.fail(tr!("the files hold no row"));
    }
    if report.values() == 0 {
        report.fail(tr!("nothing was compared"));
    } else if !holds_imported_rows(store)? {
        report.fail(tr!("nothing was imported: no order, no membership, no affiliate"));
    }
    for VerifyCheck { name, rows, values, differences, .. } in &report.checks {
        tracing::info!(check = name, rows, values, differences, "check made");
    }
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(phase = "verifying", elapsed_ms, "phase ended");
    Ok((report, answer.context(tr!("the question beside the checks has no answer"))?))
}

/// What the app's pages show of everybody who was imported, whether it is right or not.
///
/// # Errors
/// Exit code 7 when the database cannot be used.
pub(crate) fn app_figures(store: &mut Store, request: &VerifyRequest) -> anyhow::Result<AppFigures> {
    crate::store::migration::check::ensure_ready(store)?;
    let context = VerifyContext::load(store, request, &Exports::default())?;
    app::figures(store, &context)
}

/// The rows that are not as imports have written them.
///
/// # Errors
/// Those of the database; a stored cell that cannot be read.
pub(crate) fn changed_rows(store: &mut Store) -> anyhow::Result<(VerifyContext, ChangedRows)> {
    let context = VerifyContext::load(store, &VerifyRequest::default(), &Exports::default())?;
    let mut check = VerifyCheck::new(JOURNAL, "rows");
    let changed = journal::check(store, &context, &RowFingerprints::default(), &mut check)?;
    Ok((context, changed))
}

/// Whether any source row was imported. Runs that have read nothing agree with an empty database in everything (L38).
fn holds_imported_rows(store: &mut Store) -> anyhow::Result<bool> {
    Ok(queries::orders::has_any(store)? || store.has_any_row::<SourceRecord>()?)
}

/// The first kind of the files that no run which stands has imported.
fn not_imported(context: &VerifyContext, exports: &Exports) -> Option<SourceKind> {
    let imported = |kind: SourceKind| {
        let mut files = context.runs.iter().filter_map(|run| run.options.get("files")?.as_array()).flatten();
        files.any(|file| file[0] == kind.name())
    };
    SourceKind::IMPORTED.into_iter().find(|kind| !exports.of(*kind).is_empty() && !imported(*kind))
}

/// The command that imports the files that were given, if any were.
fn import_command(exports: &Exports, request: &VerifyRequest) -> Option<String> {
    (!exports.exports.is_empty()).then(|| format!("sejoli-migrate import all {}", paths_of(request)))
}

fn paths_of(request: &VerifyRequest) -> String {
    let paths: Vec<String> = request.paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(" ")
}

struct AllChecks {
    of_files: Vec<VerifyCheck>,
    of_database: Vec<VerifyCheck>,
    changed: ChangedRows,
}

/// Runs all checks: last the journal, which need not read again the rows that all others have seen, and beside it what needs
/// no whole rows.
fn run_checks(
    store: &mut Store,
    second: impl FnOnce() -> anyhow::Result<Store> + Send,
    (context, request): (&VerifyContext, &VerifyRequest),
    exports: &Exports,
    (listener, beside): (
        OrderListener<'_>,
        impl FnOnce(&mut Store) -> anyhow::Result<Vec<VerifyCheck>> + Send,
    ),
) -> anyhow::Result<AllChecks> {
    let files = exports.of(SourceKind::Orders);
    let app = request.replays_app.then(|| AppFacts::load(store, context)).transpose()?;
    let walk = OrderWalk::new(context, &files, app.as_ref(), listener);
    let mut of_pages = Vec::new();
    let mut jobs = Jobs::default();
    jobs.add_sources(exports, context);
    let of_files = jobs.len();
    jobs.add_orders(&walk);
    jobs.add_check("wallets", "accounts", |store, check| wallets::check(store, context, check));
    jobs.add(|store| {
        let of_people = people_walk::check(store, context, app.as_ref())?;
        of_pages = of_people.of_pages;
        Ok(of_people.of_rows)
    });
    jobs.add_database(context);
    store.record_row_fingerprints();
    let recording = || {
        let mut second = second()?;
        second.record_row_fingerprints();
        Ok(second)
    };
    let CheckResults { mut done, seen, second } = jobs.run(store, recording)?;
    let (mut of_orders, mut changed) = (Vec::new(), ChangedRows::default());
    let mut jobs = Jobs::default();
    jobs.add(|store| {
        let WalkedOrders { of_files, sales } = walk.close(store)?;
        of_orders = of_files;
        match sales.zip(app.as_ref()) {
            Some((sales, app)) => sales.close(store, app),
            None => Ok(Vec::new()),
        }
    });
    jobs.add(beside);
    jobs.add(|store| {
        let (check, found) = journal_check(store, context, &seen)?;
        changed = found;
        Ok(vec![check])
    });
    let last = jobs.run(store, || Ok(second))?.done;
    let of_database = done.split_off(of_files).into_iter().flatten();
    let of_database = of_database.chain(of_pages).chain(last.into_iter().flatten()).collect();
    let of_files = of_orders.into_iter().chain(done.into_iter().flatten()).collect();
    Ok(AllChecks { of_files, of_database, changed })
}

/// The check of the journal, which need not read again the rows that the others have `seen`.
fn journal_check(
    store: &mut Store,
    context: &VerifyContext,
    seen: &RowFingerprints,
) -> anyhow::Result<(VerifyCheck, ChangedRows)> {
    let mut check = VerifyCheck::new(JOURNAL, "rows");
    let (changed, done) = match journal::check(store, context, seen, &mut check) {
        Ok(changed) => (changed, Ok(())),
        Err(error) => (ChangedRows::default(), Err(error)),
    };
    Ok((closed(check, done)?, changed))
}

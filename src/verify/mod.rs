//! Verification: the proof that the database holds what the exports say (L27).
//!
//! It takes a path of its own. The files are read by [`reader`], a plain sequential reader; every
//! row is parsed by the pure rules of [`crate::domain`], what it should have become is worked out
//! here a second time, and that is compared with what is stored, field by field. What no file
//! knows (ids, times of writing, books, before-images) is held against the journal and the books.
//! Each check has a file; a check that compared nothing fails.

mod affiliates;
mod books;
mod context;
pub mod controls;
mod integrity;
mod journal;
mod memberships;
mod order_workers;
mod orders;
mod reader;
mod rejects;
mod report;
mod roles;
mod totals;
mod wallets;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::domain::date::{DateOrder, Millis, SourceZone};
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::source::Export;
use crate::source::discover::{Exports, discover};
use crate::source::file_options::FileOptions;
use crate::store::codec::value::BadCell;
use crate::store::history::row_fingerprints::RowFingerprints;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::order_workers::OrderWorkers;
pub use crate::verify::report::{VerifyCheck, VerifyReport};

/// What is to be verified.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// Exports, or folders with exports; without any the database is only held against itself.
    pub paths: Vec<PathBuf>,
    /// How the files are to be taken.
    pub source: FileOptions,
    /// The product map; without it, the one among the files.
    pub products: Option<PathBuf>,
    /// The zone of dates; that of the last run if none.
    pub source_tz: Option<SourceZone>,
    /// The order of dates; that of the last run if none.
    pub date_order: Option<DateOrder>,
    /// What stands in for now; what each row's own run took if none.
    pub as_of: Option<Millis>,
}

/// Verifies a database; `beside` opens a second connection to it, over which half of the work is done.
///
/// # Errors
/// Exit code 6 when the files cannot be used, 7 when the database cannot. A difference is no error:
/// it is in the report.
pub fn run(
    store: &mut Store,
    beside: impl FnOnce() -> anyhow::Result<Store> + Send,
    request: &VerifyRequest,
) -> anyhow::Result<VerifyReport> {
    crate::store::schema::ensure_ready(store)?;
    let exports = if request.paths.is_empty() {
        Exports::default()
    } else {
        discover(&request.paths, &request.source)?
    };
    let mut report = VerifyReport::default();
    let world = match VerifyContext::load(store, request, &exports) {
        Ok(world) => world,
        Err(error) => {
            report.checks.push(unreadable("runs", error)?);
            return Ok(report);
        }
    };
    if world.runs.is_empty() {
        let mut check = VerifyCheck::new("runs", "runs");
        check.differ("nothing has been imported");
        report.checks.push(check);
        return Ok(report);
    }
    let AllChecks { of_files, of_database } = prove(store, beside, &world, &exports)?;
    let no_row = of_files.iter().all(|check| check.rows == 0);
    report.checks.extend(of_files.into_iter().chain(of_database));
    if !exports.exports.is_empty() && no_row {
        report.fail("the files hold no row");
    }
    if report.values() == 0 {
        report.fail("nothing was compared");
    }
    Ok(report)
}

/// All checks.
struct AllChecks {
    of_files: Vec<VerifyCheck>,
    of_database: Vec<VerifyCheck>,
}

/// Makes the checks: those of the sums and of the journal when all rows have been read.
fn prove(
    store: &mut Store,
    beside: impl FnOnce() -> anyhow::Result<Store> + Send,
    world: &VerifyContext,
    exports: &Exports,
) -> anyhow::Result<AllChecks> {
    let files = exports.of(SourceKind::Orders);
    let orders = (!files.is_empty()).then(|| OrderWorkers::new(world, &files));
    let mut jobs = Jobs::default();
    jobs.add_orders(orders.as_ref());
    jobs.add_sources(exports, world);
    let of_files = jobs.waiting.len();
    jobs.add_database(world);
    let CheckResults { mut done, seen, mut beside } = jobs.run(store, beside)?;
    let of_database = done.split_off(of_files);
    let (mut of_orders, of_journal) = at_once(
        || orders.map_or_else(|| Ok(Vec::new()), |orders| orders.close(store).map(Vec::from)),
        || of_journal(&mut beside, world, &seen),
    )?;
    of_orders.extend(done.into_iter().flatten());
    let of_database = of_database.into_iter().flatten().chain([of_journal]).collect();
    Ok(AllChecks { of_files: of_orders, of_database })
}

/// The check that comes last, since it need not read again what the others have seen.
fn of_journal(
    store: &mut Store,
    world: &VerifyContext,
    seen: &RowFingerprints,
) -> anyhow::Result<VerifyCheck> {
    let mut check = VerifyCheck::new("journal", "rows");
    let done = journal::check(store, world, seen, &mut check);
    closed(check, done)
}

/// Does two things at once, the second of them on a thread of its own.
fn at_once<A, B: Send>(
    one: impl FnOnce() -> anyhow::Result<A>,
    other: impl FnOnce() -> anyhow::Result<B> + Send,
) -> anyhow::Result<(A, B)> {
    std::thread::scope(|threads| {
        let other = threads.spawn(other);
        let one = one();
        let other = other.join().map_err(|_| anyhow::anyhow!("a check has panicked"))?;
        Ok((one?, other?))
    })
}

/// One or more checks that are made together.
type Job<'a> = Box<dyn FnOnce(&mut Store) -> anyhow::Result<Vec<VerifyCheck>> + Send + 'a>;

/// The checks that are to be made, each with its place in the report.
#[derive(Default)]
struct Jobs<'a> {
    waiting: VecDeque<(usize, Job<'a>)>,
}

impl<'a> Jobs<'a> {
    fn add(&mut self, job: impl FnOnce(&mut Store) -> anyhow::Result<Vec<VerifyCheck>> + Send + 'a) {
        self.waiting.push_back((self.waiting.len(), Box::new(job)));
    }

    /// The check of the orders' files, twice: it is the longest, and whoever has nothing else to do helps.
    fn add_orders<'c: 'a>(&mut self, orders: Option<&'a OrderWorkers<'c>>) {
        for crew in orders.into_iter().chain(orders) {
            self.add(move |store| crew.work(store).map(|()| Vec::new()));
        }
    }

    /// The checks of the other files, kind by kind.
    fn add_sources(&mut self, exports: &'a Exports, world: &'a VerifyContext) {
        let of = |kind| Some(exports.of(kind)).filter(|files| !files.is_empty());
        type Part = fn(&mut Store, &VerifyContext, &[&Export], &mut VerifyCheck) -> anyhow::Result<()>;
        let parts: [(SourceKind, Part); 2] =
            [(SourceKind::Affiliates, affiliates::check), (SourceKind::Memberships, memberships::check)];
        for (kind, part) in parts {
            let Some(files) = of(kind) else { continue };
            self.add(move |store| {
                let mut check = VerifyCheck::new(kind.name(), "rows");
                let done = part(store, world, &files, &mut check);
                Ok(vec![closed(check.of_rows(), done)?])
            });
        }
    }

    /// The checks of the database against itself.
    fn add_database(&mut self, world: &'a VerifyContext) {
        type Part = fn(&mut Store, &VerifyContext, &mut VerifyCheck) -> anyhow::Result<()>;
        let parts: [(&'static str, &'static str, Part); 5] = [
            ("wallets", "accounts", wallets::check),
            ("periods", "memberships", memberships::check_groups),
            ("roles", "users", roles::check),
            ("integrity", "questions", integrity::check),
            ("books", "batches", books::check),
        ];
        for (name, unit, part) in parts {
            self.add(move |store| {
                let mut check = VerifyCheck::new(name, unit);
                let done = part(store, world, &mut check);
                Ok(vec![closed(check, done)?])
            });
        }
    }

    /// Makes the checks: one connection begins with the first of them, the other one with the last, until
    /// they meet.
    fn run(
        self,
        store: &mut Store,
        beside: impl FnOnce() -> anyhow::Result<Store> + Send,
    ) -> anyhow::Result<CheckResults> {
        let waiting = Mutex::new(self.waiting);
        let forward = || waiting.lock().ok()?.pop_front();
        let backward = || waiting.lock().ok()?.pop_back();
        store.watch();
        let (mut done, (more, mut beside)) = at_once(
            || make(store, forward),
            || {
                let mut beside = beside()?;
                beside.watch();
                Ok((make(&mut beside, backward)?, beside))
            },
        )?;
        done.extend(more);
        done.sort_by_key(|(at, _)| *at);
        let mut seen = store.seen();
        seen.join(beside.seen());
        Ok(CheckResults { done: done.into_iter().map(|(_, checks)| checks).collect(), seen, beside })
    }
}

/// What came of the jobs.
struct CheckResults {
    /// Their checks, job by job.
    done: Vec<Vec<VerifyCheck>>,
    /// What was seen of rows meanwhile.
    seen: RowFingerprints,
    /// The second connection.
    beside: Store,
}

/// Makes checks as long as there is a next one.
fn make<'a>(
    store: &mut Store,
    next: impl Fn() -> Option<(usize, Job<'a>)>,
) -> anyhow::Result<Vec<(usize, Vec<VerifyCheck>)>> {
    std::iter::from_fn(next).map(|(at, job)| Ok((at, job(store)?))).collect()
}

/// A stored cell that cannot be what its column promises is a difference; any other error is one.
fn closed(mut check: VerifyCheck, done: anyhow::Result<()>) -> anyhow::Result<VerifyCheck> {
    if let Err(error) = done {
        let why = bad_cell(error)?;
        check.differ(format!("{why}; the rest of this check could not be made"));
    }
    Ok(check)
}

fn unreadable(name: &'static str, error: anyhow::Error) -> anyhow::Result<VerifyCheck> {
    let mut check = VerifyCheck::new(name, "rows");
    check.differ(bad_cell(error)?);
    Ok(check)
}

fn bad_cell(error: anyhow::Error) -> anyhow::Result<String> {
    let bad = error.chain().any(|cause| cause.is::<BadCell>() || cause.is::<serde_json::Error>())
        || error.downcast_ref::<BadCell>().is_some();
    let failed = error.downcast_ref::<Failure>().is_some();
    if bad && !failed { Ok(format!("{error:#}")) } else { Err(error) }
}

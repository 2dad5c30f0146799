//! Verification: the proof that the database holds what the exports say (L27).
//!
//! It takes a path of its own. The files are read by [`reader`], a plain sequential reader; every
//! row is parsed by the pure rules of [`crate::domain`], what it should have become is worked out
//! here a second time, and that is compared with what is stored, field by field. What no file
//! knows (ids, times of writing, books, before-images) is held against the journal and the books.
//! Each check has a file; a check that compared nothing fails.

mod affiliates;
mod books;
pub mod controls;
mod integrity;
mod journal;
mod memberships;
mod orders;
mod reader;
mod rejects;
mod report;
mod roles;
mod totals;
mod wallets;
mod world;

use std::path::PathBuf;

use crate::domain::date::{DateOrder, Millis, SourceZone};
use crate::exit_code::Failure;
use crate::source::SourceKind;
use crate::source::discover::{Exports, discover};
use crate::source::options::Options;
use crate::store::Store;
use crate::store::value::BadCell;
pub use report::{Check, Report};
use world::World;

/// What is to be verified.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Exports, or folders with exports; without any the database is only held against itself.
    pub paths: Vec<PathBuf>,
    /// How the files are to be taken.
    pub source: Options,
    /// The product map; without it, the one among the files.
    pub products: Option<PathBuf>,
    /// The zone of dates; that of the last run if none.
    pub source_tz: Option<SourceZone>,
    /// The order of dates; that of the last run if none.
    pub date_order: Option<DateOrder>,
    /// What stands in for now; what each row's own run took if none.
    pub as_of: Option<Millis>,
}

/// Verifies a database.
///
/// # Errors
/// Exit code 6 when the files cannot be used, 7 when the database cannot. A difference is no error:
/// it is in the report.
pub fn run(store: &mut Store, request: &Request) -> anyhow::Result<Report> {
    run_beside(store, None, request)
}

/// Verifies a database over two connections to it at once: one holds the files against it, the other
/// holds it against itself.
///
/// # Errors
/// As those of [`run`].
pub fn run_beside(
    store: &mut Store,
    beside: Option<&mut Store>,
    request: &Request,
) -> anyhow::Result<Report> {
    crate::store::schema::ensure_ready(store)?;
    let exports = if request.paths.is_empty() {
        Exports::default()
    } else {
        discover(&request.paths, &request.source)?
    };
    let mut report = Report::default();
    let world = match World::load(store, request, &exports) {
        Ok(world) => world,
        Err(error) => {
            report.checks.push(unreadable("runs", error)?);
            return Ok(report);
        }
    };
    if world.runs.is_empty() {
        let mut check = Check::new("runs", "runs");
        check.differ("nothing has been imported");
        report.checks.push(check);
        return Ok(report);
    }
    match beside {
        None => {
            sources(store, &exports, &world, &mut report)?;
            database(store, &world, &mut report)?;
        }
        Some(beside) => {
            let own = std::thread::scope(|scope| {
                let other = scope.spawn(|| {
                    let mut own = Report::default();
                    database(beside, &world, &mut own).map(|()| own)
                });
                let done = sources(store, &exports, &world, &mut report);
                let own = other.join().map_err(|_| anyhow::anyhow!("a check has panicked"))?;
                done.and(own)
            })?;
            report.checks.extend(own.checks);
        }
    }
    if report.values() == 0 {
        report.fail("nothing was compared");
    }
    Ok(report)
}

/// The checks of the database against itself.
fn database(store: &mut Store, world: &World, report: &mut Report) -> anyhow::Result<()> {
    type Part = fn(&mut Store, &World, &mut Check) -> anyhow::Result<()>;
    let parts: [(&'static str, &'static str, Part); 6] = [
        ("wallets", "accounts", wallets::check),
        ("periods", "memberships", memberships::check_groups),
        ("roles", "users", roles::check),
        ("integrity", "questions", integrity::check),
        ("books", "batches", books::check),
        ("journal", "rows", journal::check),
    ];
    for (name, unit, part) in parts {
        let mut check = Check::new(name, unit);
        let done = part(store, world, &mut check);
        close(report, check, done)?;
    }
    Ok(())
}

/// The checks of the files, kind by kind.
fn sources(store: &mut Store, exports: &Exports, world: &World, report: &mut Report) -> anyhow::Result<()> {
    let orders = exports.of(SourceKind::Orders);
    let affiliates = exports.of(SourceKind::Affiliates);
    let memberships = exports.of(SourceKind::Memberships);
    if !orders.is_empty() {
        let mut check = Check::new("orders", "rows");
        let mut sums = totals::Sums::default();
        let done = orders::check(store, world, &orders, &mut check, &mut sums);
        close(report, check.of_rows(), done)?;
        let mut check = Check::new("sums", "totals");
        let done = totals::check(store, world, &orders, &sums, &mut check);
        close(report, check, done)?;
    }
    if !affiliates.is_empty() {
        let mut check = Check::new("affiliates", "rows");
        let done = affiliates::check(store, world, &affiliates, &mut check);
        close(report, check.of_rows(), done)?;
    }
    if !memberships.is_empty() {
        let mut check = Check::new("memberships", "rows");
        let done = memberships::check(store, world, &memberships, &mut check);
        close(report, check.of_rows(), done)?;
    }
    if !exports.exports.is_empty() && report.checks.iter().all(|check| check.rows == 0) {
        report.fail("the files hold no row");
    }
    Ok(())
}

/// A stored cell that cannot be what its column promises is a difference; any other error is one.
fn close(report: &mut Report, mut check: Check, done: anyhow::Result<()>) -> anyhow::Result<()> {
    if let Err(error) = done {
        let why = bad_cell(error)?;
        check.differ(format!("{why}; the rest of this check could not be made"));
    }
    report.checks.push(check);
    Ok(())
}

fn unreadable(name: &'static str, error: anyhow::Error) -> anyhow::Result<Check> {
    let mut check = Check::new(name, "rows");
    check.differ(bad_cell(error)?);
    Ok(check)
}

fn bad_cell(error: anyhow::Error) -> anyhow::Result<String> {
    let bad = error.chain().any(|cause| cause.is::<BadCell>() || cause.is::<serde_json::Error>())
        || error.downcast_ref::<BadCell>().is_some();
    let failed = error.downcast_ref::<Failure>().is_some();
    if bad && !failed { Ok(format!("{error:#}")) } else { Err(error) }
}

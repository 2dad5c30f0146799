//! `status`: the runs, or one of them, from the books that the database keeps.

use crate::store::session::lock_holder::Liveness;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::cli::table::{number, table};
use crate::cli::{Context, Format};
use crate::domain::books::Books;
use crate::domain::date::Millis;
use crate::failure::{ExitCode, Failure};
use crate::store::engines::mode::Mode;
use crate::store::history::runs;
use crate::store::queries;
use crate::store::schema::tables::{ImportLock, ImportRun};
use crate::store::schema::words::RunState;
use crate::store::session::lock;
use crate::store::session::store::Store;
use crate::terminal::out;

/// The runs, or one of them: batches, counts, findings by code, rate, what is left.
///
/// Reads beside a running import. All figures stand in the database (DataImportLog,
/// SejoliImportRun), so that the app's own pages can show the same.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate status\n  sejoli-migrate status 20260101-013000123-a1b2c3 --watch"
)]
pub struct Args {
    /// One run; without it, all runs, the newest first.
    run: Option<String>,
    /// Show the run (or the newest one) again every two seconds, until it ends.
    #[arg(long)]
    watch: bool,
}

/// How often `--watch` shows a run again.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(Mode::Read)?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    if args.run.is_none() && !args.watch {
        list(&mut store, context)?;
        return Ok(ExitCode::Done);
    }
    loop {
        let Some(row) = runs::find(&mut store, args.run.as_deref())? else {
            return Err(Failure::usage(match &args.run {
                Some(id) => format!("no run {id} in this database"),
                None => "no import has been run on this database".to_owned(),
            }));
        };
        let run = RunStatus::of(&mut store, row)?;
        show(&run, context)?;
        if !args.watch || !run.is_in_progress() {
            return Ok(ExitCode::Done);
        }
        std::thread::sleep(WATCH_INTERVAL);
    }
}

/// One run as it stands.
#[derive(Debug, Serialize)]
struct RunStatus {
    run: String,
    command: String,
    /// The run whose rejects it has imported.
    parent: Option<String>,
    state: RunState,
    /// The process that works on it right now.
    at_work: Option<String>,
    started_at: Millis,
    updated_at: Millis,
    finished_at: Option<Millis>,
    /// When its before-images were deleted.
    purged_at: Option<Millis>,
    batches: i64,
    /// Records a second since the start.
    per_second: u64,
    /// How many seconds the rest of the phases that have begun will take at this rate.
    seconds_left: Option<u64>,
    phases: Vec<PhaseStatus>,
}

/// A phase of a run.
#[derive(Debug, Serialize)]
struct PhaseStatus {
    phase: String,
    /// The number of its records; `None` where it is not known, as in a part of a shared import.
    total: Option<u64>,
    /// The number of records that are still to be done.
    left: Option<u64>,
    books: Books,
}

/// Whether a holder of the lock may be the process of a run.
fn may_be_process_of(holder: &ImportLock, run: &ImportRun) -> bool {
    let options: serde_json::Value = serde_json::from_str(&run.options.0).unwrap_or_default();
    let part = options["partition"].as_str();
    part.is_none_or(|part| holder.command.ends_with(&format!(", part {part}")))
        && (holder.since >= run.started_at || holder.heartbeat >= run.updated_at)
}

impl RunStatus {
    fn of(store: &mut Store, row: ImportRun) -> anyhow::Result<Self> {
        let checkpoint = runs::checkpoint(&row)?;
        let mut holders = lock::holders(store)?.into_iter();
        let now = crate::clock::now();
        let alive =
            holders.find(|holder| may_be_process_of(holder, &row) && holder.liveness(now) != Liveness::Dead);
        let ended = matches!(row.state, RunState::Completed | RunState::Superseded | RunState::RolledBack);
        let logged = runs::logged_books(store, &row, &checkpoint)?;
        let read: u64 = logged.iter().map(|(_, books)| books.read.rows).sum();
        let took = (row.finished_at.unwrap_or(row.updated_at).0 - row.started_at.0).max(1).unsigned_abs();
        let per_second = read * 1000 / took;
        let phase = |(name, books): (String, Books)| {
            let total = checkpoint.totals.get(&name).copied();
            let left = total.map(|total| total.saturating_sub(books.read.rows));
            let left = left.or(checkpoint.is_done(&name).then_some(0));
            PhaseStatus { phase: name, total, left, books }
        };
        let phases: Vec<PhaseStatus> = logged.into_iter().map(phase).collect();
        let left: Option<u64> = phases.iter().map(|phase| phase.left).sum();
        Ok(Self {
            seconds_left: left.filter(|_| !ended).and_then(|left| left.checked_div(per_second)),
            at_work: alive.filter(|_| !ended).map(|holder| holder.holder()),
            command: row.command,
            parent: row.parent_id,
            state: row.state,
            started_at: row.started_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
            purged_at: row.purged_at,
            batches: checkpoint.batches,
            per_second,
            phases,
            run: row.id,
        })
    }

    fn is_in_progress(&self) -> bool {
        self.at_work.is_some()
    }

    /// The state as a text.
    fn description(&self) -> String {
        match (self.state, &self.at_work) {
            (RunState::Running, None) => "interrupted; the same import command goes on".to_owned(),
            (RunState::RollingBack, None) => "half undone; the same rollback goes on".to_owned(),
            (_, Some(holder)) => format!("{}: {holder}", self.state.as_str().to_lowercase()),
            (state, None) => state.as_str().to_lowercase().replace('_', " "),
        }
    }
}

/// Prints all runs.
fn list(store: &mut Store, context: &Context) -> anyhow::Result<()> {
    let rows = queries::runs::newest_first(store)?;
    let runs = rows.into_iter().map(|row| RunStatus::of(store, row)).collect::<anyhow::Result<Vec<_>>>()?;
    if context.format == Format::Json {
        return context.document("status", serde_json::json!({ "schema_version": 1, "runs": runs }));
    }
    if runs.is_empty() {
        return out("no import has been run on this database\n");
    }
    let line = |run: &RunStatus| {
        let sum =
            |pick: &dyn Fn(&Books) -> u64| number(run.phases.iter().map(|phase| pick(&phase.books)).sum());
        vec![
            run.run.clone(),
            run.command.clone(),
            sum(&|books| books.read.rows),
            sum(&|books| books.created.rows + books.updated.rows),
            sum(&|books| books.left()),
            run.description(),
        ]
    };
    let rows: Vec<Vec<String>> = runs.iter().map(line).collect();
    out(&table(&["run", "import of", "read", "written", "waiting", "state"], &rows))
}

/// Prints one run.
fn show(run: &RunStatus, context: &Context) -> anyhow::Result<()> {
    if context.format == Format::Json {
        return context.document("status", serde_json::json!({ "schema_version": 1, "run": run }));
    }
    let mut text = format!("Run {}: import of {}, {}\n", run.run, run.command, run.description());
    if let Some(parent) = &run.parent {
        writeln!(text, "What was left by run {parent}")?;
    }
    if let Some(purged_at) = run.purged_at {
        writeln!(text, "Purged {purged_at}: it cannot be rolled back")?;
    }
    let until = run.finished_at.unwrap_or(run.updated_at);
    writeln!(
        text,
        "Began {}, last batch {until}: {} batches, {} records a second\n",
        run.started_at,
        run.batches,
        number(run.per_second)
    )?;
    if let Some(seconds) = run.seconds_left {
        writeln!(text, "About {} s to go in the phases that have begun\n", number(seconds))?;
    }
    let line = |phase: &PhaseStatus| {
        let books = &phase.books;
        let counts =
            [books.read.rows, books.created.rows, books.updated.rows, books.unchanged.rows, books.left()];
        let left = phase.left.map_or("unknown".to_owned(), number);
        std::iter::once(phase.phase.clone()).chain(counts.map(number)).chain([left]).collect()
    };
    let rows: Vec<Vec<String>> = run.phases.iter().map(line).collect();
    text.push_str(&table(&["phase", "read", "created", "updated", "unchanged", "waiting", "to do"], &rows));
    let findings = run.phases.iter().flat_map(|phase| &phase.books.findings);
    for (code, count) in findings {
        writeln!(text, "  {code}  {:>8}", number(*count))?;
    }
    out(&text)
}
